divert(-1)
dnl
dnl uucp.old.arpa - UUCP neighbours of arpa, a host of long ago: an example of a list.
dnl
divert(6)dnl
SITE(`endotsew fateman interlan metron')
divert(-1)
