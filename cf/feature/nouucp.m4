divert(-1)
dnl
dnl nouucp(reject or nospecial) - an exclamation mark does not route.
dnl
ifelse(defn(`_ARG_'), `reject', `define(`_NO_UUCP_', `r')define(`_NEED_MACRO_MAP_', `1')',
	defn(`_ARG_'), `nospecial', `define(`_NO_UUCP_', `n')',
	`_FAULT_(`FEATURE(nouucp) needs an argument: reject or nospecial')')
