divert(-1)
dnl
dnl greet_pause(milliseconds) - wait before the greeting, for clients that do not.
dnl
ifelse(defn(`_ARG_'), `', `ifdef(`_ACCESS_TABLE_',, `_FAULT_(`FEATURE(greet_pause) without an argument needs FEATURE(access_db) before it')')')
define(`_GREET_PAUSE_', `1')define(`_GREET_PAUSE_TIME_', defn(`_ARG_'))
