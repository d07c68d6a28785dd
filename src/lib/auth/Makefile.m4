bldLIBRARY(`auth', `mbconf.c mbuser.c cred.c sasl.c')
bldMODULE(`sasl', `sasl_cyrus.c', `base', `sasl')
bldFUZZ(`mbconf_fuzz.c', `auth os base', `')
bldMAN(`mailbox.cf.5')
