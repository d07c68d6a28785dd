divert(-1)
dnl
dnl blacklist_recipients - the old name of blocklist_recipients.
dnl
_WARN_(`FEATURE(blacklist_recipients) is now called blocklist_recipients')
include(_CF_DIR_`feature/blocklist_recipients.m4')
