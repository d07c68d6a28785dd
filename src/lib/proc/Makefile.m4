bldLIBRARY(`proc', `loop.c sig.c chan.c chan_loop.c msg.c form.c child.c reexec.c logsink.c daemonize.c')
bldTESTS(`msg_test.c form_test.c loop_test.c chan_test.c child_test.c', `proc os base', `event seccomp dl')
bldFUZZ(`msg_fuzz.c form_fuzz.c', `proc base', `event')
