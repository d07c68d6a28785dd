divert(-1)
dnl
dnl EECS.Berkeley.EDU - an example of long ago: hosts of one site.
dnl
DOMAIN(`Berkeley.EDU')
MASQUERADE_AS(`EECS.Berkeley.EDU')
