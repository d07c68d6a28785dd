divert(-1)
dnl
dnl msp_nullclient(hub) - submission on a host without mail of its own: everything goes to the hub.
dnl
ifelse(defn(`_ARG_'), `', `_FAULT_(`HACK(msp_nullclient) needs the name of the hub')')
define(`confUSE_MSP', `True')
define(`confPRIVACY_FLAGS', `goaway,noetrn')
define(`_NO_MSA_', `1')define(`_DAEMON_COUNT_', `1')
define(`_DAEMONS_', `O DaemonPortOptions=Name=NoMTA, Addr=127.0.0.1, M=E
')
define(`_MSP_NULL_HUB_', defn(`_ARG_'))
DOMAIN(`debian-msp')
define(`confRUN_AS_USER', `mail')
define(`confTRUSTED_USER', `mail')
define(`QUEUE_DIR', `MSP_QUEUE_DIR')
FEATURE(`nullclient', _MSP_NULL_HUB_)
