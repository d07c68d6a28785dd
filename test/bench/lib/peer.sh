# peer.sh - how each mail server we are compared with is configured: as shipped, but on a port of the loopback, with limits that let
# our sessions in, and everything relayed to the sink.  Sourced after common.sh.
#
# ANGARIUM_PEERS is a folder that fetch_peers filled: sendmail, postfix, exim, opensmtpd, or some of them.  A peer's program runs by
# peer_run, which lays its files and D/etc over those of this host in a mount namespace of its own: root is needed, nothing is installed.

# the peers that are there
peers() {
	[ -n "${ANGARIUM_PEERS-}" ] || return 0
	for i in ${BENCH_PEERS-sendmail postfix exim opensmtpd}; do
		[ -d "$ANGARIUM_PEERS/$i" ] && echo "$i"
	done
}

peer_program() {
	case $1 in
	sendmail)	echo /usr/libexec/sendmail/sendmail ;;
	postfix)	echo /usr/lib/postfix/sbin/master ;;
	exim)		echo /usr/sbin/exim4 ;;
	opensmtpd)	echo /usr/sbin/smtpd ;;
	esac
}

peer_arguments() {
	case $1 in
	postfix)	echo "-d -c /etc/postfix" ;;
	exim)		echo "-bdf -q1h" ;;
	opensmtpd)	echo "-F" ;;
	esac
}

# peer_root FOLDER: what the peer's namespace gets in /etc besides its configuration: its users, before those of this host, which may have
# such a peer, too; a host with a full name
peer_root() {
	mkdir -p "$1/etc" "$1/spool" "$1/lib" "$1/log"
	{
		for i in 61001:postfix 61003:Debian-exim 61004:opensmtpd 61005:opensmtpq 61006:smmta 61007:smmsp; do
			echo "${i#*:}:x:${i%%:*}:${i%%:*}::/nonexistent:/usr/sbin/nologin"
		done
		getent passwd
	} >"$1/etc/passwd"
	{
		for i in 61001:postfix 61002:postdrop 61003:Debian-exim 61004:opensmtpd 61005:opensmtpq 61006:smmta 61007:smmsp; do
			echo "${i#*:}:x:${i%%:*}:"
		done
		getent group
	} >"$1/etc/group"
	printf '127.0.0.1 localhost.example.org localhost\n127.0.1.1 bench.example.org bench %s\n' "$(hostname)" >"$1/etc/hosts"
	# nobody is asked for names
	echo "nameserver 127.0.0.1" >"$1/etc/resolv.conf"
	printf 'passwd: files\ngroup: files\nhosts: files\n' >"$1/etc/nsswitch.conf"
	echo bench.example.org >"$1/etc/mailname"
	echo "postmaster: root" >"$1/etc/aliases"
}

# main.cf as Debian makes it, and nobody waits for a session: default_process_limit.  "accept": into the hold queue, which nobody looks at.
peer_conf_postfix() {
	mkdir -p "$1/etc/postfix"
	cat >"$1/etc/postfix/main.cf" <<-END
		smtpd_banner = \$myhostname ESMTP \$mail_name (Debian/GNU)
		biff = no
		append_dot_mydomain = no
		readme_directory = no
		compatibility_level = 3.6
		smtpd_relay_restrictions = permit_mynetworks permit_sasl_authenticated defer_unauth_destination
		myhostname = bench.example.org
		mydestination = localhost
		alias_maps =
		alias_database =
		relayhost = [127.0.0.1]:$sinkport
		mynetworks = 127.0.0.0/8
		inet_interfaces = 127.0.0.1
		inet_protocols = ipv4
		recipient_delimiter = +
		queue_directory = $1/queue
		data_directory = $1/data
		default_process_limit = 300
		message_size_limit = 0
		mailbox_size_limit = 0
		$([ "$2" = accept ] && echo "smtpd_client_restrictions = static:HOLD")
		$(cat "$1/extra" 2>/dev/null)
	END
	sed -e "s/^smtp  *inet /127.0.0.1:$(cat "$1/port") inet /" -e 's/^\(.*\(inet\|unix\)  *[-ny]  *[-ny]  *\)y /\1n /' \
	    "$ANGARIUM_PEERS/postfix/usr/share/postfix/master.cf.dist" >"$1/etc/postfix/master.cf"
	cp "$ANGARIUM_PEERS/postfix/etc/postfix/"*.proto "$1/etc/postfix/" 2>/dev/null
	cp "$ANGARIUM_PEERS/postfix/usr/share/postfix/dynamicmaps.cf" "$1/etc/postfix/" 2>/dev/null
	:
}

peer_empty_postfix() {
	rm -rf "$1/data"
	mkdir -m 700 "$1/data"
	chown 61001:61001 "$1/data"
	chmod 755 "$1/queue"
	for i in active bounce corrupt defer deferred flush hold incoming private saved trace; do
		mkdir -m 700 "$1/queue/$i"
		chown 61001 "$1/queue/$i"
	done
	mkdir -m 755 "$1/queue/pid"
	mkdir -m 730 "$1/queue/maildrop"
	mkdir -m 710 "$1/queue/public"
	chown 61001:61002 "$1/queue/maildrop" "$1/queue/public"
}

# a smart host, nothing else; the limits of sessions are lifted
peer_conf_exim() {
	mkdir -p "$1/etc/exim4"
	cat >"$1/etc/exim4/exim4.conf" <<-END
		primary_hostname = bench.example.org
		spool_directory = $1/queue
		log_file_path = $1/log/%slog
		pid_file_path = $1/run/exim.pid
		local_interfaces = 127.0.0.1
		daemon_smtp_ports = $(cat "$1/port")
		domainlist local_domains = localhost
		acl_smtp_rcpt = acl_check_rcpt
		acl_smtp_data = acl_check_data
		never_users = root
		host_lookup =
		rfc1413_query_timeout = 0s
		smtp_accept_max = 0
		smtp_accept_queue_per_connection = 0
		smtp_accept_max_per_connection = 0
		smtp_connect_backlog = 300
		message_size_limit = 0
		tls_advertise_hosts = ${BENCH_TLS_HOSTS-}
		$([ "$2" = accept ] && echo "queue_only = true")
		$(cat "$1/extra" 2>/dev/null)
		begin acl
		acl_check_rcpt:
		  accept hosts = 127.0.0.1
		  deny message = relay not permitted
		acl_check_data:
		  accept
		begin routers
		smarthost:
		  driver = manualroute
		  domains = ! +local_domains
		  transport = remote_smtp_smarthost
		  route_list = * 127.0.0.1::$sinkport byname
		  host_find_failed = defer
		  self = send
		  no_more
		begin transports
		remote_smtp_smarthost:
		  driver = smtp
		  allow_localhost
		begin retry
		*  *  F,2h,15m; G,16h,1h,1.5; F,4d,6h
	END
}

peer_empty_exim() {
	chown 61003:61003 "$1/queue" "$1/run" "$1/log"
}

peer_conf_opensmtpd() {
	mkdir -p "$1/etc"
	cat >"$1/etc/smtpd.conf" <<-END
		table aliases file:/etc/aliases
		$(cat "$1/extra" 2>/dev/null)
		listen on 127.0.0.1 port $(cat "$1/port") ${BENCH_OPENSMTPD_LISTEN-}
		smtp max-message-size 64M
		smtp limit max-mails 1000000
		action "relay" relay host smtp://127.0.0.1:$sinkport
		match from any for any action "relay"
	END
}

# its queue is /var/spool/smtpd, which is D/spool/smtpd
peer_empty_opensmtpd() {
	rm -rf "$1/spool"
	mkdir -p "$1/spool/smtpd" "$1/lib/opensmtpd/empty"
	chmod 711 "$1/spool/smtpd"
	mkdir -m 700 "$1/spool/smtpd/corrupt" "$1/spool/smtpd/incoming" "$1/spool/smtpd/purge" "$1/spool/smtpd/queue" "$1/spool/smtpd/temporary"
	chown 61005 "$1/spool/smtpd"/*
	mkdir -m 770 "$1/spool/smtpd/offline"
	chown 0:61005 "$1/spool/smtpd/offline"
}
