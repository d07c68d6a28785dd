bldPROGRAM(`makemap', `makemap.c mapprog.c', `map bdb os base', `dl')
bldPROGRAM(`editmap', `editmap.c mapprog.c', `map bdb os base', `dl')
bldPROGRAM(`praliases', `praliases.c mapprog.c', `map bdb os base', `dl')
bldMAN(`makemap.8 editmap.8 praliases.8')
