divert(-1)
dnl
dnl conncontrol(nodelay, terminate) - limit the open connections of a client by
dnl ClientConn entries of the access map.
dnl
_NEEDS_(`FEATURE(conncontrol)', `FEATURE(access_db)', `_ACCESS_TABLE_')
define(`_CONN_CONTROL_', `1')
ifelse(defn(`_ARG_'), `', `', defn(`_ARG_'), `nodelay', `ifdef(`_DELAY_CHECKS_', `define(`_CONN_NODELAY_', `1')',
	`_FAULT_(`FEATURE(conncontrol, nodelay) needs FEATURE(delay_checks) before it')')',
	`_FAULT_(`FEATURE(conncontrol) knows only nodelay as its first argument')')
ifelse(defn(`_ARG2_'), `terminate', `define(`_CONN_CODE_', `421')', `define(`_CONN_CODE_', `452')')
