divert(-1)
dnl
dnl limited_masquerade - masquerade only the domains of class M, not our own names.
dnl
define(`_LIMITED_MASQUERADE_', `1')
