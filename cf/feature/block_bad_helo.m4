divert(-1)
dnl
dnl block_bad_helo - refuse clients whose HELO has no domain or claims our own name.
dnl
ifdef(`_DELAY_CHECKS_',, `_WARN_(`FEATURE(block_bad_helo) works only with FEATURE(delay_checks) before it')')
define(`_BLOCK_BAD_HELO_', `1')
_MEMBERS_(`w', `[127.0.0.1] [IPv6:0:0:0:0:0:0:0:1] [IPv6:::1]')
_MEMBERS_(`R', `127.0.0.1 IPv6:0:0:0:0:0:0:0:1 IPv6:::1')
