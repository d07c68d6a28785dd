bldLIBRARY(`base', `str.c buf.c arena.c hash.c err.c must.c num.c status.c log.c trace.c enc.c enc_utf7.c crc32c.c utf8.c')
