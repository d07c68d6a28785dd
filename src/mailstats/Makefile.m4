bldPROGRAM(`mailstats', `mailstats.c', `queue os base', `')
bldMAN(`mailstats.8')
