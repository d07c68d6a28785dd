divert(-1)
dnl
dnl access_cidr - keys of the access map may be networks of any size: Connect:10.1.32.0/19,
dnl Connect:IPv6:2001:db8::/44.  The smallest that holds an address counts.
dnl
_NEEDS_(`FEATURE(access_cidr)', `FEATURE(access_db)', `_ACCESS_TABLE_')
define(`_ACCESS_CIDR_', `1')
PUSHDIVERT(6)dnl
# the networks among the keys of the access map (a class of Angarium's)
Kaccessnets cidr -T<TMPF> access
POPDIVERT()
