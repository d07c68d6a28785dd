bldLIBRARY(`queue', `qid.c qfile.c qfile_print.c spool.c scan.c order.c')
bldTESTS(`qfile_test.c spool_test.c', `queue os base', `')
bldFUZZ(`qfile_fuzz.c', `queue base', `')
