divert(-1)
dnl
dnl msp(host, MSA) - the configuration of the submission program: everything goes to
dnl the daemon on this host (or the given one), by SMTP or, with MSA, to port 587.
dnl
define(`_NO_ALIASES_', `1')
define(`_MSP_', `1')
undefine(`ALIAS_FILE')
define(`confFORWARD_PATH', `')
define(`confPRIVACY_FLAGS', `goaway,noetrn,restrictqrun')
_DEFAULT_(`confQUEUE_FILE_MODE', `0660')
define(`confUSE_MSP', `True')
define(`confDONT_PROBE_INTERFACES', `True')
define(`confDELIVERY_MODE', `i')
_DEFAULT_(`MSP_QUEUE_DIR', `/var/spool/clientmqueue')
define(`QUEUE_DIR', `MSP_QUEUE_DIR')
dnl A file that the ostype named is that of the daemon; ours stands beside it.
_DEFAULT_(`STATUS_FILE', `MSP_QUEUE_DIR/sm-client.st')
define(`_STATUS_AT_', eval(len(STATUS_FILE) - len(`sendmail.st')))
ifelse(eval(_STATUS_AT_ >= 0), `1', `ifelse(substr(STATUS_FILE, _STATUS_AT_), `sendmail.st', `define(`STATUS_FILE', substr(STATUS_FILE, `0', _STATUS_AT_)`'sm-client.st)')')
_DEFAULT_(`confPID_FILE', `MSP_QUEUE_DIR/sm-client.pid')
_DEFAULT_(`confRUN_AS_USER', `smmsp')
_DEFAULT_(`confTRUSTED_USER', `smmsp')
define(`_NO_MSA_', `1')define(`_DAEMON_COUNT_', `1')
define(`_DAEMONS_', `O DaemonPortOptions=Name=NoMTA, Addr=127.0.0.1, M=E
')
define(`_MTA_HOST_', ifelse(defn(`_ARG_'), `', ``[localhost]'', `defn(`_ARG_')'))
PUSHDIVERT(6)dnl

# the daemon that takes our mail
D{MTAHost}_MTA_HOST_
POPDIVERT
define(`_EXTRA_SMTP_FLAGS_', `k5')
define(`_EXTRA_RELAY_FLAGS_', `k')
define(`LOCAL_MAILER_PATH', `[IPC]')
define(`_LOCAL_BASE_FLAGS_', `lmDFMuXkw5')
define(`LOCAL_MAILER_FLAGS', `')
define(`LOCAL_MAILER_DSN_DIAGNOSTIC_CODE', `SMTP')
define(`LOCAL_SHELL_PATH', `[IPC]')
define(`_SHELL_BASE_FLAGS_', `lmDFMuXk5')
define(`LOCAL_SHELL_FLAGS', `')
define(`LOCAL_MAILER_ARGS', `TCP $h')
define(`LOCAL_SHELL_ARGS', `TCP $h')
ifelse(defn(`_ARG2_'), `MSA', `define(`RELAY_MAILER_ARGS', `TCP $h 587')')
ifdef(`_MAILER_local_',, `MAILER(`local')')
ifdef(`_MAILER_smtp_',, `MAILER(`smtp')')
