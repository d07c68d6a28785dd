divert(-1)
dnl
dnl access_cidr - keys of the access map may be networks of any size: Connect:10.1.32.0/19, and for
dnl IPv6 those that end between two groups: Connect:IPv6:2001:db8::/32.
dnl
_NEEDS_(`FEATURE(access_cidr)', `FEATURE(access_db)', `_ACCESS_TABLE_')
define(`_ACCESS_CIDR_', `1')
