divert(-1)
dnl
dnl debian - Debian: sensible-mda delivers, state is in /var/lib/sendmail.
dnl
_DEFAULT_(`confEBINDIR', `/usr/lib/sm.bin')
_DEFAULT_(`LOCAL_MAILER_PATH', `/usr/sbin/sensible-mda')
_DEFAULT_(`LOCAL_MAILER_FLAGS', `Pn9S')
_DEFAULT_(`LOCAL_MAILER_ARGS', `sensible-mda $g $u $h ${client_addr}')
_DEFAULT_(`PROCMAIL_MAILER_PATH', `/usr/bin/procmail')
_DEFAULT_(`STATUS_FILE', `/var/lib/sendmail/sendmail.st')
_DEFAULT_(`confHOST_STATUS_DIRECTORY', `/var/lib/sendmail/host_status')
_DEFAULT_(`confDEAD_LETTER_DROP', `/var/lib/sendmail/dead.letter')
_DEFAULT_(`confDEF_USER_ID', `mail:mail')
_DEFAULT_(`confME_TOO', `True')
_DEFAULT_(`confMUST_QUOTE_CHARS', `.')
