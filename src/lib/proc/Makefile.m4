bldLIBRARY(`proc', `loop.c sig.c chan.c msg.c child.c reexec.c')
