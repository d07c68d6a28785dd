bldPROGRAM(`qtool', `qtool.c', `queue net proc mime os base', `event')
bldMAN(`qtool.8')
