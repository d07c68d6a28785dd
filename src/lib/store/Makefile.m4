bldLIBRARY(`store', `store.c names.c view.c copy.c state.c uidline.c uidlist.c fbox.c crlf.c lfcopy.c mem.c mem_faults.c mbox.c mbox_box.c mbox_append.c mbox_rewrite.c mbox_scan.c mbox_lock.c mbox_undo.c maildir.c maildir_box.c maildir_append.c maildir_copy.c maildir_import.c dovelist.c mdname.c tokens.c spool.c')
bldTESTS(`store_test.c store_box_test.c mbox_crash_test.c tokens_test.c', `store os base', `')
bldFUZZ(`uidline_fuzz.c mbox_scan_fuzz.c mdname_fuzz.c dovelist_fuzz.c', `store os base', `')
