divert(-1)
dnl
dnl CS.Berkeley.EDU - an example of long ago: hosts of one site.
dnl
DOMAIN(`Berkeley.EDU')
define(`confUSERDB_SPEC', `/usr/sww/share/lib/users.cs.db,/usr/sww/share/lib/users.eecs.db')
