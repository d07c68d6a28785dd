divert(-1)
dnl
dnl uucp.cogsci - UUCP neighbours of cogsci, a host of long ago: an example of a list.
dnl
divert(6)dnl
SITE(`contessa emind ferdy hoptoad nkainc well')
divert(-1)
