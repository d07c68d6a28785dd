divert(-1)
dnl
dnl check_cert_altnames - alternative names in a certificate count too.
dnl
define(`confSET_CERT_ALTNAMES', `true')
define(`_CERT_ALTNAMES_', `1')
