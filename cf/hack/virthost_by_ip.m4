divert(-1)
dnl
dnl virthost_by_ip - the greeting shows the name that belongs to the address the client
dnl has connected to.
dnl
define(`confSMTP_LOGIN_MSG', `$?{if_name}${if_name}$|$j$. Sendmail $v/$Z; $b; (No UCE/UBE) $?{client_addr}logging access from: ${client_name}(${client_resolve})-$_$.')
