bldPROGRAM(`rmail', `rmail.c', `os base', `')
bldMAN(`rmail.8')
