bldPROGRAM(`qtool', `qtool.c qtool_expr.c', `queue net proc mime os base', `event')
bldMAN(`qtool.8')
