divert(-1)
dnl
dnl masquerade_entire_domain - domains below those of class M are masqueraded too.
dnl
define(`_MASQUERADE_ENTIRE_DOMAIN_', `1')
