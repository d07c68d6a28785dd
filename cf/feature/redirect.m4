divert(-1)
dnl
dnl redirect - mail for user.REDIRECT is refused with the new address.
dnl
define(`_REDIRECT_', `1')
define(`_PSEUDO_DOMAINS_', ifdef(`_PSEUDO_DOMAINS_', `defn(`_PSEUDO_DOMAINS_')')`CPREDIRECT
')
