divert(-1)
dnl What all these configurations share: names and answers that do not depend on the host.
define(`confDONT_BLAME_SENDMAIL', `MapInUnsafeDirPath,ClassFileInUnsafeDirPath,GroupWritableDirPathSafe')
define(`confSERVICE_SWITCH_FILE', `@DIR@/service.switch')
define(`confHOSTS_FILE', `@DIR@/hosts')
define(`confDONT_PROBE_INTERFACES', `True')
define(`confDOMAIN_NAME', `mail.example.org')
define(`confCR_FILE', `-o @DIR@/relay-domains')
define(`confCW_FILE', `@DIR@/local-host-names')
define(`confCT_FILE', `@DIR@/trusted-users')
divert(0)dnl
