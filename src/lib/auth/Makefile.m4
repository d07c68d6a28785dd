bldLIBRARY(`auth', `mbconf.c mbuser.c')
