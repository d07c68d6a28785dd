#!/bin/sh
#
# maildir.sh - messages per second, processor time and syncs per message: SMTP in, mail.local out into a Maildir; sendmail beside it.
# Run by "sh Build bench"; README.md in this folder says what it means.

. "${ANGARIUM_TOP:?run this by "sh Build bench"}/test/bench/lib/common.sh"
. "$TOP/test/bench/lib/peer.sh"
MESSAGES=${BENCH_MESSAGES:-400}
ROUNDS=${BENCH_ROUNDS:-3}
SIZE=${BENCH_SIZE:-2000}
bench_tools smtp_load
servers=angarium
case " $(peers | tr '\n' ' ') " in
*" sendmail "*)	servers="angarium sendmail" ;;
esac

if [ "$(id -u)" = 0 ]; then
	uidno=$(id -u nobody) gidno=$(id -g nobody)
else
	uidno=$(id -u) gidno=$(id -g)
fi

# prepare NAME: a folder of its own with configuration and queue; both servers get the same .mc
prepare() {
	D=$W/$1
	mkdir "$D" "$D/home" "$D/run"
	chmod 755 "$D" "$D/run"
	mkdir -m 700 "$D/queue"
	port=$(python3 "$TOP/test/lib/port.py")
	echo "$port" >"$D/port"
	[ "$1" = angarium ] || peer_root "$D"
	echo "load:$uidno:$gidno:$D/home" >"$D/virtual-users"
	chown "$uidno:$gidno" "$D/home" 2>/dev/null
	cat >"$D/mailbox.mc" <<-END
		define(\`confMAILBOX_FORMAT', \`maildir')
		define(\`confMAILBOX_PATH', \`%h/Maildir')
		define(\`confFOLDER_PATH', \`%h/Maildir')
		define(\`confVIRTUAL_USERS', \`$D/virtual-users')
		MAILBOX_LISTEN(\`pop3')
	END
	cat >"$D/sendmail.mc" <<-END
		OSTYPE(\`linux')
		define(\`ALIAS_FILE', \`$D/aliases')
		define(\`QUEUE_DIR', \`$D/queue')
		define(\`STATUS_FILE', \`')
		define(\`HELP_FILE', \`')
		define(\`confPID_FILE', \`$D/run/sendmail.pid')
		define(\`confDOMAIN_NAME', \`bench.example.org')
		define(\`confTO_IDENT', \`0')
		define(\`confFORWARD_PATH', \`')
		define(\`confQUEUE_LA', \`1000')
		define(\`confREFUSE_LA', \`1000')
		define(\`confDELAY_LA', \`0')
		define(\`confCONNECTION_RATE_THROTTLE', \`0')
		define(\`confDONT_BLAME_SENDMAIL', \`TrustStickyBit,GroupWritableDirPathSafe')
		FEATURE(\`no_default_msa')
		FEATURE(\`accept_unresolvable_domains')
		FEATURE(\`local_lmtp', \`$OBJ/mail.local/mail.local', \`mail.local -l -C $D/mailbox.cf')
		MODIFY_MAILER_FLAGS(\`LOCAL', \`-w')
		DAEMON_OPTIONS(\`Name=MTA, Addr=127.0.0.1, Port=$port')
		MAILER(\`local')
		MAILER(\`smtp')
	END
	"$M4" "$TOP/cf/m4/cf.m4" "$D/sendmail.mc" >"$D/sendmail.cf" 2>"$D/out" || die "m4 failed"
	"$M4" "$TOP/cf/m4/mailbox.m4" "$D/mailbox.mc" >"$D/mailbox.cf" || die "m4 failed"
	echo "postmaster: load" >"$D/aliases"
	# shellcheck disable=SC2046
	$(server_program "$1" "$D") -C "$D/sendmail.cf" -bi >"$D/out" 2>&1 || { cat "$D/out" >&2; die "$1 -bi failed"; }
}

delivered() {
	find "$W/$1/home" -path '*/new/*' -type f | wc -l
}

# run NAME SESSIONS COUNT WRAPPER: prints "seconds cpu-seconds"
run() {
	D=$W/$1
	rm -rf "$D/home/Maildir"
	bench_start "$1" "$D" "$4"
	begin=$(bench_now)
	bench_load "$D" -t load@bench.example.org -c "$2" -n "$3" -s "$SIZE"
	i=0
	while [ "$(delivered "$1")" -lt "$3" ]; do
		i=$((i + 1))
		[ $i -lt 3000 ] || die "$1 delivered $(delivered "$1") of $3"
		sleep 0.02
	done
	end=$(bench_now)
	bench_stop "$D"
	echo "$(((end - begin) / 1000)) $cpu" | awk '{ printf "%.3f %.3f\n", $1 / 1000000, $2 }'
}

for s in $servers; do
	prepare "$s"
done
echo "SMTP to Maildir, $MESSAGES messages of $SIZE bytes a round, $ROUNDS rounds in turns"
for sessions in 1 20; do
	for r in $(seq "$ROUNDS"); do
		for s in $servers; do
			run "$s" "$sessions" "$MESSAGES" "" >>"$W/$s.$sessions" || exit 1
		done
	done
	for s in $servers; do
		awk -v n="$MESSAGES" -v s="$s" -v c="$sessions" '{ t += $1; u += $2 }
			END { printf "  %-9s %2d sessions: %7.1f messages/s, %6.2f ms of processor a message\n",
			    s, c, n * NR / t, u * 1000 / (n * NR) }' "$W/$s.$sessions"
	done
	[ "$servers" = angarium ] || paste "$W/angarium.$sessions" "$W/sendmail.$sessions" |
	    awk -v c="$sessions" '{ a += $1; b += $3; u += $2; v += $4 }
		END { printf "  ratio     %2d sessions: %.2f times the messages/s, %.2f times the processor time\n",
		    c, b / a, u / v }'
done
if command -v strace >/dev/null 2>&1; then
	for sessions in 1 20; do
		for s in $servers; do
			run "$s" "$sessions" 100 "strace -f -qq -e trace=fsync,fdatasync,sync_file_range,syncfs -o $W/$s/strace" >/dev/null || exit 1
			echo "  $s $sessions sessions: $(grep -c -E 'f(data)?sync\(|syncfs\(' "$W/$s/strace") syncs for 100 messages, those of mail.local included"
		done
	done
else
	echo "  (syncs are not counted: strace is not here)"
fi
