bldLIBRARY(`mime', `hdr.c lex.c addr.c date.c ctype.c word.c charset.c xfer.c part.c part_find.c conv.c')
bldTESTS(`hdr_test.c addr_test.c date_test.c ctype_test.c part_test.c conv_test.c', `mime base', `')
bldFUZZ(`hdr_fuzz.c addr_fuzz.c date_fuzz.c ctype_fuzz.c part_fuzz.c conv_fuzz.c', `mime base', `')
