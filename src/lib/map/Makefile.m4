bldLIBRARY(`map', `map.c map_args.c map_bdb.c map_text.c map_seq.c map_user.c map_pure.c map_regex.c map_dns.c map_build.c')
bldTESTS(`map_test.c', `map bdb net proc os base', `db event dl')
