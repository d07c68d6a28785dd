bldPROGRAM(`makemap', `makemap.c', `map bdb os base', `db')
bldMAN(`makemap.8')
