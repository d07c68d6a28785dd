bldPROGRAM(`mailstats', `mailstats.c', `queue mime os base', `')
bldMAN(`mailstats.8')
