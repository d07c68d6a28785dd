divert(-1)
dnl
dnl nopercenthack(reject or nospecial) - a percent sign does not route.
dnl
ifelse(defn(`_ARG_'), `reject', `define(`_NO_PERCENTHACK_', `r')define(`_NEED_MACRO_MAP_', `1')',
	defn(`_ARG_'), `nospecial', `define(`_NO_PERCENTHACK_', `n')',
	`_FAULT_(`FEATURE(nopercenthack) needs an argument: reject or nospecial')')
