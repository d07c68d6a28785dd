# site.sh - a private mail host: sendmail, popd and imapd with one demo user, for tests and `sh Build try'.
# It asks no name server of the world and sends nothing out.
#
# The reader has set TOP and OBJ, and calls
#
#	site_make DIR		certificates, .mc files, .cf files, maps, aliases in DIR
#	site_start		start the daemons and wait until they listen
#	site_stop		end them
#
# which set SITE (the folder), SITE_SMTP SITE_POP SITE_IMAP (ports of 127.0.0.1), SITE_USER SITE_PASSWORD
# SITE_TO (the address), SITE_PIDS.  The private authority is $SITE/certs/ca.pem.  Before site_make,
# SITE_MC and SITE_MAILBOX_MC may hold more lines for the .mc files (SITE_MC stands before MAILER()).
# A function that fails prints why on stderr and returns 1.

ANGARIUM_MODULES=${ANGARIUM_MODULES:-$OBJ/modules}
export ANGARIUM_MODULES

site_fail() {
	printf 'site: %s\n' "$*" >&2
	return 1
}

site_port() {
	python3 "$TOP/test/lib/port.py"
}

# A test authority, and a certificate for localhost, 127.0.0.1 and mail.example.com signed by it.
site_certs() {
	(
		cd "$SITE/certs" || exit 1
		ec="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
		# shellcheck disable=SC2086
		openssl req -x509 $ec -days 2 -subj "/CN=Angarium test authority" \
		    -addext "keyUsage=critical,keyCertSign,cRLSign" -keyout ca.key -out ca.pem &&
		openssl req $ec -subj "/CN=mail.example.com" -keyout server.key -out server.csr &&
		printf '%s\n' 'subjectAltName=DNS:localhost,DNS:mail.example.com,IP:127.0.0.1' \
		    'extendedKeyUsage=serverAuth,clientAuth' >ext &&
		openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
		    -extfile ext -out server.pem && chmod 600 ca.key server.key
	) >"$SITE/log/openssl" 2>&1 || site_fail "openssl made no certificates: $(tail -3 "$SITE/log/openssl")"
}

site_write_mc() {
	cat >"$SITE/etc/sendmail.mc" <<END
VERSIONID(\`a private host with one demo user')
OSTYPE(\`linux')
define(\`ALIAS_FILE', \`$SITE/etc/aliases')
define(\`QUEUE_DIR', \`$SITE/queue')
define(\`STATUS_FILE', \`')
define(\`HELP_FILE', \`')
define(\`confPID_FILE', \`$SITE/run/sendmail.pid')
define(\`confDOMAIN_NAME', \`mail.example.com')
define(\`confCACERT', \`$SITE/certs/ca.pem')
define(\`confCACERT_PATH', \`$SITE/certs')
define(\`confSERVER_CERT', \`$SITE/certs/server.pem')
define(\`confSERVER_KEY', \`$SITE/certs/server.key')
define(\`confCLIENT_CERT', \`$SITE/certs/server.pem')
define(\`confCLIENT_KEY', \`$SITE/certs/server.key')
define(\`confFORWARD_PATH', \`')
define(\`confTO_IDENT', \`0')
define(\`confQUEUE_LA', \`1000')
define(\`confREFUSE_LA', \`1000')
define(\`confBIND_OPTS', \`nameserver=127.0.0.1@$SITE_DNS')
define(\`confDONT_PROBE_INTERFACES', \`True')
dnl the site may lie below /tmp
define(\`confDONT_BLAME_SENDMAIL', \`TrustStickyBit')
define(\`confCW_FILE', \`$SITE/etc/local-host-names')
dnl nothing leaves this host: what is not for it ends here
define(\`SMART_HOST', \`outside:nowhere')
FEATURE(\`use_cw_file')
FEATURE(\`no_default_msa')
FEATURE(\`accept_unresolvable_domains')
FEATURE(\`access_db', \`hash -T<TMPF> $SITE/etc/access.db')
FEATURE(\`local_lmtp', \`$OBJ/mail.local/mail.local', \`mail.local -l -C $SITE/etc/mailbox.cf')
MODIFY_MAILER_FLAGS(\`LOCAL', \`-w')
DAEMON_OPTIONS(\`Name=MTA, Addr=127.0.0.1, Port=$SITE_SMTP')
${SITE_MC-}
MAILER(\`local')
MAILER(\`smtp')
MAILER_DEFINITIONS
Moutside,	P=/bin/sh, F=lsDFMmn, T=DNS/RFC822/X-Unix, A=sh -c cat>/dev/null \$u
END
	cat >"$SITE/etc/submit.mc" <<END
VERSIONID(\`submission on the private host')
OSTYPE(\`linux')
define(\`MSP_QUEUE_DIR', \`$SITE/clientqueue')
define(\`STATUS_FILE', \`')
define(\`confPID_FILE', \`$SITE/run/submit.pid')
define(\`confDOMAIN_NAME', \`mail.example.com')
define(\`confRUN_AS_USER', \`$(id -un)')
define(\`confTRUSTED_USER', \`$(id -un)')
define(\`confTO_IDENT', \`0')
define(\`confQUEUE_LA', \`1000')
define(\`confREFUSE_LA', \`1000')
define(\`confBIND_OPTS', \`nameserver=127.0.0.1@$SITE_DNS')
define(\`confDONT_PROBE_INTERFACES', \`True')
define(\`RELAY_MAILER_ARGS', \`TCP \$h $SITE_SMTP')
FEATURE(\`msp', \`[127.0.0.1]')
END
	cat >"$SITE/etc/mailbox.mc" <<END
VERSIONID(\`one demo user with a Maildir')
define(\`confMAILBOX_FORMAT', \`maildir')
define(\`confMAILBOX_PATH', \`%h/Maildir')
define(\`confFOLDER_PATH', \`%h/Maildir')
define(\`confMAILBOX_USERS', \`file:$SITE/etc/passwords')
define(\`confSERVER_CERT', \`$SITE/certs/server.pem')
define(\`confSERVER_KEY', \`$SITE/certs/server.key')
define(\`confHOST_NAME', \`mail.example.com')
define(\`confSOCKET_DIR', \`$SITE/run')
${SITE_MAILBOX_MC-}
MAILBOX_LISTEN(\`pop3', \`Addr=127.0.0.1, Port=$SITE_POP')
MAILBOX_LISTEN(\`imap', \`Addr=127.0.0.1, Port=$SITE_IMAP')
END
}

# site_m4 WHAT FROM TO: one .mc to its .cf
site_m4() {
	"${M4:-m4}" "$TOP/cf/m4/$1.m4" "$SITE/etc/$2.mc" >"$SITE/etc/$2.cf" 2>"$SITE/log/m4" ||
	    site_fail "m4 could not make $2.cf: $(cat "$SITE/log/m4")"
}

site_make() {
	SITE=$1
	mkdir -p "$SITE" && chmod 755 "$SITE" || return 1
	for i in run log queue clientqueue etc home certs; do
		mkdir "$SITE/$i" || return 1
	done
	chmod 700 "$SITE/queue" "$SITE/clientqueue"
	SITE_USER=demo
	SITE_PASSWORD=$(openssl rand -hex 8)
	SITE_TO=$SITE_USER@example.com
	SITE_SMTP=$(site_port) && SITE_POP=$(site_port) && SITE_IMAP=$(site_port) || return 1
	SITE_DNS=$(site_port)
	SITE_PIDS=
	# mailboxes belong to an ordinary user: to nobody, if we are root
	if [ "$(id -u)" = 0 ]; then
		site_who="$(id -u nobody):$(id -g nobody)"
	else
		site_who="$(id -u):$(id -g)"
	fi
	mkdir "$SITE/home/$SITE_USER"
	[ "$(id -u)" != 0 ] || chown -R "$site_who" "$SITE/home/$SITE_USER"
	site_certs || return 1
	site_write_mc
	echo "$SITE_USER:$(openssl passwd -6 "$SITE_PASSWORD"):$site_who::$SITE/home/$SITE_USER" \
	    >"$SITE/etc/passwords"
	chmod 600 "$SITE/etc/passwords"
	printf 'postmaster: %s\nMAILER-DAEMON: postmaster\n' "$SITE_USER" >"$SITE/etc/aliases"
	printf 'example.com\n' >"$SITE/etc/local-host-names"
	printf 'spammer.example\tREJECT\n' >"$SITE/etc/access"
	site_m4 cf sendmail && site_m4 cf submit && site_m4 mailbox mailbox || return 1
	"$OBJ/makemap/makemap" -C "$SITE/etc/sendmail.cf" hash "$SITE/etc/access.db" \
	    <"$SITE/etc/access" >"$SITE/log/makemap" 2>&1 ||
	    site_fail "makemap: $(cat "$SITE/log/makemap")" || return 1
	"$OBJ/sendmail/sendmail" -C "$SITE/etc/sendmail.cf" -bi >"$SITE/log/newaliases" 2>&1 ||
	    site_fail "newaliases: $(cat "$SITE/log/newaliases")"
}

# site_daemon NAME PORT COMMAND...: start it, wait for its port; its process id is in site_pid
site_daemon() {
	site_name=$1
	site_at=$2
	shift 2
	ANGARIUM_LOG=stderr "$@" </dev/null >>"$SITE/log/$site_name" 2>&1 &
	site_pid=$!
	SITE_PIDS="$SITE_PIDS $site_pid"
	site_n=0
	until python3 "$TOP/test/lib/port.py" -c "$site_at"; do
		site_n=$((site_n + 1))
		kill -0 "$site_pid" 2>/dev/null || {
			site_fail "$site_name ended at its start: $(tail -5 "$SITE/log/$site_name")"
			return 1
		}
		[ $site_n -lt 200 ] || {
			site_fail "$site_name does not listen: $(tail -5 "$SITE/log/$site_name")"
			return 1
		}
		sleep 0.05
	done
}

site_start() {
	python3 "$TOP/test/lib/nodns.py" "$SITE_DNS" </dev/null >"$SITE/log/nodns" 2>&1 &
	SITE_PIDS="$SITE_PIDS $!"
	site_daemon sendmail "$SITE_SMTP" "$OBJ/sendmail/sendmail" -C "$SITE/etc/sendmail.cf" -bD -q1m &&
	    SITE_SENDMAIL_PID=$site_pid &&
	    site_daemon popd "$SITE_POP" "$OBJ/popd/popd" -C "$SITE/etc/mailbox.cf" -D &&
	    SITE_POPD_PID=$site_pid &&
	    site_daemon imapd "$SITE_IMAP" "$OBJ/imapd/imapd" -C "$SITE/etc/mailbox.cf" -D &&
	    SITE_IMAPD_PID=$site_pid
}

site_stop() {
	for site_p in $SITE_PIDS; do
		kill "$site_p" 2>/dev/null
	done
	for site_p in $SITE_PIDS; do
		site_n=0
		while kill -0 "$site_p" 2>/dev/null && [ $site_n -lt 100 ]; do
			site_n=$((site_n + 1))
			sleep 0.05
		done
		kill -9 "$site_p" 2>/dev/null
		wait "$site_p" 2>/dev/null
	done
	SITE_PIDS=
}
