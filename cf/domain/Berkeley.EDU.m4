divert(-1)
dnl
dnl Berkeley.EDU - an example of long ago: hosts of one site.
dnl
DOMAIN(`berkeley-only')
define(`UUCP_RELAY', `uucp-relay.Berkeley.EDU')
define(`BITNET_RELAY', `bitnet-relay.Berkeley.EDU')
define(`confCW_FILE', `-o /etc/sendmail.cw')
define(`confDONT_INIT_GROUPS', `True')
FEATURE(`redirect')
FEATURE(`use_cw_file')
FEATURE(`stickyhost')
