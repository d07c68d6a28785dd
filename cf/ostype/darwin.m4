divert(-1)
dnl
dnl darwin - macOS.
dnl
_DEFAULT_(`LOCAL_MAILER_PATH', `/usr/libexec/mail.local')
MODIFY_MAILER_FLAGS(`LOCAL', `+S')
_DEFAULT_(`UUCP_MAILER_ARGS', `uux - -r -z -a$g $h!rmail ($u)')
_DEFAULT_(`confDONT_BLAME_SENDMAIL', `AssumeSafeChown,GroupWritableDirPathSafe')
_DEFAULT_(`STATUS_FILE', `/var/log/sendmail.st')
