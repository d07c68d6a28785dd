divert(-1)
dnl
dnl debian_auth - the account that this host has at others is in one file.
dnl
define(`confDEF_AUTH_INFO', MAIL_SETTINGS_DIR`'default-auth-info)
PUSHDIVERT(9)dnl

# trusted users (class t) may name any sender
SLocal_trust_auth
R$*			$: $&{auth_authen}
R$=t			$# OK
POPDIVERT
