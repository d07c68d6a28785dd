divert(-1)
dnl
dnl use_client_ptr - check_relay sees the unverified name of the client.
dnl
define(`_USE_CLIENT_PTR_', `1')
