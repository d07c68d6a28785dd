divert(-1)
dnl
dnl mailbox - make a mailbox.cf from a mailbox.mc:
dnl
dnl	m4 ../m4/mailbox.m4 mailbox.mc > mailbox.cf
dnl
dnl The .mc defines the names below and calls MAILBOX_LISTEN; nothing in it is
dnl obligatory.  The same file serves popd, imapd and mail.local.
dnl
ifdef(`_CF_DIR_',, `ifdef(`__file__',
	`define(`_CF_AT_', index(__file__, `m4/mailbox.m4'))ifelse(_CF_AT_, -1,
		`define(`_CF_DIR_', `../')',
		`define(`_CF_DIR_', substr(__file__, 0, _CF_AT_))')',
	`define(`_CF_DIR_', `../')')')
include(_CF_DIR_`m4/base.m4')divert(-1)
ifdef(`MAIL_SETTINGS_DIR',, `define(`MAIL_SETTINGS_DIR', `/etc/mail/')')
dnl
dnl MAILBOX_LISTEN(name, equates): one listener.  The equates stand in the cf file
dnl as they are given; Port, Service and TLS follow from the name if it is one of
dnl these and they are missing.
define(`_PORT_imap_', `143')	define(`_SERVICE_imap_', `imap')	define(`_TLS_imap_', `starttls')
define(`_PORT_imaps_', `993')	define(`_SERVICE_imaps_', `imap')	define(`_TLS_imaps_', `implicit')
define(`_PORT_pop3_', `110')	define(`_SERVICE_pop3_', `pop3')	define(`_TLS_pop3_', `starttls')
define(`_PORT_pop3s_', `995')	define(`_SERVICE_pop3s_', `pop3')	define(`_TLS_pop3s_', `implicit')
define(`_PORT_lmtp_', `24')	define(`_SERVICE_lmtp_', `lmtp')	define(`_TLS_lmtp_', `no')
define(`_LISTEN_', `')
define(`MAILBOX_LISTEN', `_MARK_()_LISTENER_(`$1', _STR_(shift($@)))')
define(`_LISTENER_', `define(`_LISTEN_',
defn(`_LISTEN_')`O Listen=Name=$1`'ifelse(`$2', `', `', ``, $2'')`'_GUESS_PORT_(`$1', `$2')`'_GUESS_(`$1', `$2', `Service', `_SERVICE_$1_')`'_GUESS_(`$1', `$2', `TLS', `_TLS_$1_')
')_NEED_PORT_(`$1', `$2')_NEED_(`$1', `$2', `Service', `_SERVICE_$1_')')
define(`_GUESS_', `ifelse(index(`,$2', `$3='), `-1', `ifdef(`$4', `, $3=$4')')')
define(`_GUESS_PORT_', `ifelse(index(`,$2', `Socket='), `-1', `_GUESS_(`$1', `$2', `Port', `_PORT_$1_')')')
define(`_NEED_PORT_', `ifelse(index(`,$2', `Socket='), `-1', `_NEED_(`$1', `$2', `Port', `_PORT_$1_')')')
define(`_NEED_', `ifelse(index(`,$2', `$3='), `-1', `ifdef(`$4',, `_FAULT_(
		`MAILBOX_LISTEN($1) needs a $3 (only imap, imaps, pop3, pop3s and lmtp have one of their own)')')')')
dnl
dnl What the .mc says goes to the output first; the rest follows when it has been read.
m4wrap(`include(_CF_DIR_`m4/mailbox_proto.m4')')
dnl
dnl Defaults that are always written.
define(`confMAILBOX_FORMAT', `mbox')
define(`confMAILBOX_PATH', `/var/mail/%u')
define(`confFOLDER_PATH', `%h/mail')
define(`confMAILBOX_USERS', `system')
define(`confALLOW_PLAINTEXT', `tls')
divert(0)dnl
