bldPROGRAM(`makemap', `makemap.c', `map bdb net os base', `db')
bldMAN(`makemap.8')
