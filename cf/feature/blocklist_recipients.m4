divert(-1)
dnl
dnl blocklist_recipients - the access map refuses recipients too.
dnl
_NEEDS_(`FEATURE(blocklist_recipients)', `FEATURE(access_db)', `_ACCESS_TABLE_')
define(`_BLOCKLIST_RCPT_', `1')
