divert(-1)
dnl
dnl uucp.ucbarpa - UUCP neighbours of ucbarpa, a host of long ago: an example of a list.
dnl
divert(6)dnl
divert(-1)
