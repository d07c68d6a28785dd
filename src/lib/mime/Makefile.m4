bldLIBRARY(`mime', `hdr.c lex.c addr.c date.c ctype.c word.c charset.c xfer.c part.c part_find.c')
