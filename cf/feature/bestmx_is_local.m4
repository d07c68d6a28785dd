divert(-1)
dnl
dnl bestmx_is_local(domains) - a host whose best mail exchanger is this one is local.
dnl
define(`_BESTMX_', `1')
PUSHDIVERT(6)dnl
Kbestmx bestmx
ifelse(defn(`_ARG_'), `', `', `CB`'_ARG_
define(`_BESTMX_CLASS_', `1')')dnl
POPDIVERT
