divert(-1)
dnl
dnl nullclient(hub) - a host without mail of its own: everything goes to the hub, and
dnl all addresses are those of the hub.
dnl
ifelse(defn(`_ARG_'), `', `_FAULT_(`FEATURE(nullclient) needs the name of the hub')')
define(`_NULL_CLIENT_', `1')
define(`_NO_ALIASES_', `1')
undefine(`ALIAS_FILE')
define(`_HUB_', defn(`_ARG_'))
define(`MAIL_HUB', `_HUB_')
define(`SMART_HOST', `_HUB_')
define(`MASQUERADE_NAME', `_HUB_')
define(`confFORWARD_PATH', `')
define(`confFROM_HEADER', `<$g>')
define(`_MASQUERADE_ENVELOPE_', `1')
FEATURE(`allmasquerade')
ifdef(`_MAILER_local_',, `MAILER(`local')')
ifdef(`_MAILER_smtp_',, `MAILER(`smtp')')
