divert(-1)
dnl
dnl nodns - a host without a name service: names come from files.
dnl
define(`confSERVICE_SWITCH_FILE', MAIL_SETTINGS_DIR`'service.switch-nodns)
define(`confDONT_PROBE_INTERFACES', `True')
