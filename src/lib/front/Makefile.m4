bldLIBRARY(`front', `parent.c parent_gen.c parent_session.c parent_ping.c share.c role.c auth_role.c auth_exchange.c auth_child.c auth_guess.c front_role.c front_body.c front_sign.c keys_role.c login.c login_io.c login_auth.c session.c')
bldTESTS(`hostile_test.c confined_test.c share_test.c front_body_test.c', `front store auth net proc mime wire os base', `event dl crypt seccomp')
bldTESTPROGRAM(`front_calls', `front_calls.c', `front store auth net proc mime wire os base', `event dl crypt seccomp')
bldFUZZ(`front_body_fuzz.c', `front proc base', `event')
