bldPROGRAM(`smrsh', `smrsh.c', `os base', `')
bldMAN(`smrsh.8')
