bldLIBRARY(`front', `parent.c parent_gen.c parent_session.c role.c auth_role.c auth_exchange.c auth_child.c auth_guess.c front_role.c login.c session.c')
