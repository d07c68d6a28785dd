bldPROGRAM(`qtool', `qtool.c', `queue net proc os base', `event')
bldMAN(`qtool.8')
