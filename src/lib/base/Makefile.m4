bldLIBRARY(`base', `str.c buf.c fmt.c arena.c hash.c err.c must.c num.c status.c log.c trace.c out.c enc.c enc_utf7.c crc32c.c utf8.c mac.c near.c')
bldTESTS(`str_test.c buf_test.c fmt_test.c arena_test.c num_test.c log_test.c enc_test.c mac_test.c', `base', `')
bldFUZZ(`enc_fuzz.c num_fuzz.c utf8_fuzz.c', `base', `')
