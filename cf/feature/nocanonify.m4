divert(-1)
dnl
dnl nocanonify(canonify_hosts) - host names are not looked up to be completed.
dnl
define(`_NO_CANONIFY_', `1')
ifelse(defn(`_ARG_'), `canonify_hosts', `define(`_CANONIFY_HOSTS_', `1')',
	defn(`_ARG_'), `', `', `_FAULT_(`FEATURE(nocanonify) knows only the argument canonify_hosts')')
