bldLIBRARY(`queue', `qid.c qfile.c qfile_print.c spool.c scan.c order.c')
bldTESTS(`qfile_test.c', `queue base', `')
bldFUZZ(`qfile_fuzz.c', `queue base', `')
