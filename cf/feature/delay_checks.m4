divert(-1)
dnl
dnl delay_checks(friend or hater, n) - check client and sender at RCPT only.
dnl
define(`_DELAY_CHECKS_', `1')
ifelse(defn(`_ARG_'), `', `', defn(`_ARG_'), `friend', `define(`_SPAM_FRIEND_', `1')',
	defn(`_ARG_'), `hater', `define(`_SPAM_HATER_', `1')',
	defn(`_ARG_'), `n', `',
	`_FAULT_(`FEATURE(delay_checks) knows only friend and hater')')
