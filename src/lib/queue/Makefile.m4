bldLIBRARY(`queue', `qid.c qfile.c qfile_print.c spool.c spool_spare.c spool_place.c scan.c order.c hostst.c stats.c jrec.c journal.c journal_disk.c journal_replay.c journal_flush.c')
bldTESTS(`qfile_test.c spool_test.c hostst_test.c stats_test.c jrec_test.c journal_test.c', `queue mime os base', `')
bldFUZZ(`qfile_fuzz.c hostst_fuzz.c jrec_fuzz.c', `queue mime os base', `')
