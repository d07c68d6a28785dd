divert(-1)
dnl
dnl virtusertable(map) - whole domains of addresses that belong to other users.
dnl
define(`_VIRTUSER_TABLE_', `1')
_MAP_(`virtuser', defn(`_ARG_'), `virtusertable', `virtuser')
define(`_NEED_MACRO_MAP_', `1')
