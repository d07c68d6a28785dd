bldPROGRAM(`mail.local', `main.c deliver.c lmtp.c serve.c', `store auth net wire proc os base')
bldMAN(`mail.local.8')
bldTESTPROGRAM(`local_calls', `local_calls.c', `os base', `')
