bldLIBRARY(`map', `map.c map_args.c map_bdb.c map_build.c map_cidr.c map_dns.c map_ldap.c map_mod.c map_pcre.c map_pure.c map_regex.c map_secret.c map_seq.c map_sock.c
	map_sql.c map_stab.c map_tally.c map_text.c map_trace.c map_udb.c map_user.c map_value.c ldapspec.c rows.c socketmap.c sqlquery.c')
bldMODULE(`map_ldap', `mod_ldap.c map_value.c ldapspec.c', `os base', `ldap')
bldMODULE(`map_pcre', `mod_pcre.c', `os base', `pcre2')
bldMODULE(`map_sqlite', `mod_sqlite.c map_value.c', `os base', `sqlite')
bldMODULE(`map_pgsql', `mod_pgsql.c map_value.c', `os base', `pq')
bldTESTS(`map_test.c map_dns_test.c rows_test.c mapspec_test.c cidr_test.c', `map bdb net proc os base', `event dl')
bldFUZZ(`socketmap_fuzz.c ldapspec_fuzz.c sqlquery_fuzz.c', `map bdb os base', `dl')
bldFUZZ(`cidr_fuzz.c', `map bdb net proc rule wire mime os base', `event resolv dl seccomp')
