# config.sh - the configuration and the daemons of try.sh, which reads this file.
# Knows D (the folder, where we stand), TOP, OBJ, M4, the ports, USERNAME, PASSWORD, UIDNO, GIDNO, ME.

write_config() {
	cat >etc/sendmail.mc <<END
VERSIONID(\`try: one host, one demo user')
OSTYPE(\`linux')
define(\`ALIAS_FILE', \`$D/etc/aliases')
define(\`QUEUE_DIR', \`$D/queue')
define(\`STATUS_FILE', \`$D/log/statistics')
define(\`HELP_FILE', \`')
define(\`confPID_FILE', \`$D/run/sendmail.pid')
define(\`confDOMAIN_NAME', \`localhost')
define(\`confCACERT', \`$D/certs/ca.pem')
define(\`confCACERT_PATH', \`$D/certs')
define(\`confSERVER_CERT', \`$D/certs/server.pem')
define(\`confSERVER_KEY', \`$D/certs/server.key')
define(\`confCLIENT_CERT', \`$D/certs/server.pem')
define(\`confCLIENT_KEY', \`$D/certs/server.key')
define(\`confDONT_BLAME_SENDMAIL', \`GroupReadableKeyFile,ForwardFileInUnsafeDirPath')
define(\`confFORWARD_PATH', \`')
define(\`confTO_IDENT', \`0')
define(\`confCW_FILE', \`-o $D/etc/local-host-names')
define(\`confTRUSTED_USERS', \`$ME')
FEATURE(\`use_cw_file')
FEATURE(\`no_default_msa')
FEATURE(\`accept_unresolvable_domains')
FEATURE(\`access_db', \`hash -o $D/etc/access.db')
FEATURE(\`local_lmtp', \`$OBJ/mail.local/mail.local', \`mail.local -l -C $D/etc/mailbox.cf')
MODIFY_MAILER_FLAGS(\`LOCAL', \`-w')
DAEMON_OPTIONS(\`Name=MTA, Addr=127.0.0.1, Port=$SMTP')
MAILER(\`local')
MAILER(\`smtp')
END
	cat >etc/submit.mc <<END
VERSIONID(\`try: submission')
OSTYPE(\`linux')
define(\`MSP_QUEUE_DIR', \`$D/clientqueue')
define(\`STATUS_FILE', \`')
define(\`confPID_FILE', \`$D/run/submit.pid')
define(\`confDOMAIN_NAME', \`localhost')
define(\`confRUN_AS_USER', \`$ME')
define(\`confTRUSTED_USER', \`$ME')
define(\`RELAY_MAILER_ARGS', \`TCP \$h $SMTP')
FEATURE(\`msp', \`[127.0.0.1]')
END
	cat >etc/mailbox.mc <<END
VERSIONID(\`try: one demo user, Maildir')
define(\`confMAILBOX_FORMAT', \`maildir')
define(\`confMAILBOX_PATH', \`%h/Maildir')
define(\`confFOLDER_PATH', \`%h/Maildir')
define(\`confMAILBOX_USERS', \`file:$D/etc/passwords')
define(\`confVIRTUAL_USERS', \`$D/etc/virtual-users')
define(\`confSERVER_CERT', \`$D/certs/server.pem')
define(\`confSERVER_KEY', \`$D/certs/server.key')
define(\`confHOST_NAME', \`localhost')
define(\`confPID_FILE', \`')
define(\`confSOCKET_DIR', \`$D/run')
MAILBOX_LISTEN(\`pop3', \`Addr=127.0.0.1, Port=$POP')
MAILBOX_LISTEN(\`imap', \`Addr=127.0.0.1, Port=$IMAP')
END
	echo "$USERNAME:$UIDNO:$GIDNO:$D/home/$USERNAME" >etc/virtual-users
	echo "$USERNAME:$(openssl passwd -6 "$PASSWORD")" >etc/passwords
	chmod 600 etc/passwords
	printf 'postmaster: %s\nMAILER-DAEMON: postmaster\n' "$USERNAME" >etc/aliases
	printf 'localhost\n' >etc/local-host-names
	printf 'example.net\tREJECT\n' >etc/access
	for c in sendmail submit; do
		"$M4" "$TOP/cf/m4/cf.m4" etc/$c.mc >etc/$c.cf 2>log/m4-$c ||
		    fail "m4 could not make $c.cf: $(cat log/m4-$c)"
	done
	"$M4" "$TOP/cf/m4/mailbox.m4" etc/mailbox.mc >etc/mailbox.cf 2>log/m4-mailbox ||
	    fail "m4 could not make mailbox.cf: $(cat log/m4-mailbox)"
	chmod 644 etc/*.cf
	"$OBJ/makemap/makemap" -C etc/sendmail.cf hash etc/access.db <etc/access 2>log/makemap ||
	    fail "makemap: $(cat log/makemap)"
	"$OBJ/sendmail/sendmail" -C "$D/etc/sendmail.cf" -bi >log/newaliases 2>&1 ||
	    fail "sendmail -bi: $(cat log/newaliases)"
}

start_daemons() {
	"$OBJ/sendmail/sendmail" -C "$D/etc/sendmail.cf" -bD -q1m >log/sendmail 2>&1 &
	SENDMAIL_PID=$!
	"$OBJ/popd/popd" -C "$D/etc/mailbox.cf" -D >log/popd 2>&1 &
	POPD_PID=$!
	"$OBJ/imapd/imapd" -C "$D/etc/mailbox.cf" -D >log/imapd 2>&1 &
	IMAPD_PID=$!
	pids="$SENDMAIL_PID $POPD_PID $IMAPD_PID"
}
