divert(-1)
dnl
dnl ratecontrol(nodelay, terminate) - limit the connections of a client per time by
dnl ClientRate entries of the access map.
dnl
_NEEDS_(`FEATURE(ratecontrol)', `FEATURE(access_db)', `_ACCESS_TABLE_')
define(`_RATE_CONTROL_', `1')
ifelse(defn(`_ARG_'), `', `', defn(`_ARG_'), `nodelay', `ifdef(`_DELAY_CHECKS_', `define(`_RATE_NODELAY_', `1')',
	`_FAULT_(`FEATURE(ratecontrol, nodelay) needs FEATURE(delay_checks) before it')')',
	`_FAULT_(`FEATURE(ratecontrol) knows only nodelay as its first argument')')
ifelse(defn(`_ARG2_'), `terminate', `define(`_RATE_CODE_', `421')', `define(`_RATE_CODE_', `452')')
