divert(-1)
dnl
dnl stickyhost - user@this.host is not the same as user.
dnl
define(`_STICKY_HOST_', `1')
