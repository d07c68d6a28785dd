#!/bin/sh
#
# smtp.sh - messages per second, processor time and syncs per message: SMTP in, mail.local out.
# Run by "sh Build bench"; README.md in this folder says what it means.

LC_ALL=C
export LC_ALL
TOP=${ANGARIUM_TOP:?run this by "sh Build bench"}
OBJ=${ANGARIUM_OBJ:?run this by "sh Build bench"}
ANGARIUM_MODULES=$OBJ/modules
export ANGARIUM_MODULES
MESSAGES=${BENCH_MESSAGES:-400}
ROUNDS=${BENCH_ROUNDS:-3}
SIZE=${BENCH_SIZE:-2000}
M4=${M4:-$(command -v gm4 || command -v m4)}
W=$(mktemp -d "${TMPDIR:-/tmp}/angarium-bench.XXXXXX") || exit 1
chmod 755 "$W"
running=

finish() {
	rc=$?
	trap - EXIT INT TERM
	[ -n "$running" ] && kill "$running" 2>/dev/null && wait "$running" 2>/dev/null
	cd / && rm -rf "$W"
	exit $rc
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

die() {
	echo "bench: $1" >&2
	exit 1
}

${CC:-cc} -std=c17 -D_GNU_SOURCE -O2 -o "$W/smtp_load" "$TOP/test/bench/smtp_load.c" ||
    die "cannot compile smtp_load"

peer=
if [ -n "${ANGARIUM_PEER_DIR-}" ]; then
	for i in usr/libexec/sendmail/sendmail usr/sbin/sendmail usr/lib/sm.bin/sendmail sendmail; do
		[ -x "$ANGARIUM_PEER_DIR/$i" ] && peer=$ANGARIUM_PEER_DIR/$i && break
	done
	[ -n "$peer" ] || die "$ANGARIUM_PEER_DIR: no sendmail in it"
fi

if [ "$(id -u)" = 0 ]; then
	uidno=$(id -u nobody) gidno=$(id -g nobody)
else
	uidno=$(id -u) gidno=$(id -g)
fi

# prepare NAME: a folder of its own with configuration and queue; both servers get the same .mc
prepare() {
	D=$W/$1
	mkdir "$D" "$D/queue" "$D/home" "$D/run"
	chmod 755 "$D" "$D/run"
	chmod 700 "$D/queue"
	port=$(python3 "$TOP/test/lib/port.py")
	echo "$port" >"$D/port"
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
	"$M4" "$TOP/cf/m4/cf.m4" "$D/sendmail.mc" >"$D/sendmail.cf" || die "m4 failed"
	"$M4" "$TOP/cf/m4/mailbox.m4" "$D/mailbox.mc" >"$D/mailbox.cf" || die "m4 failed"
	echo "postmaster: load" >"$D/aliases"
	# shellcheck disable=SC2046
	$(server "$1") -bi >"$D/out" 2>&1 || { cat "$D/out" >&2; die "$1 -bi failed"; }
}

# the command line of a server, without its mode
server() {
	case $1 in
	angarium)	echo "$OBJ/sendmail/sendmail -C $W/$1/sendmail.cf" ;;
	peer)		echo "${ANGARIUM_PEER_RUN-} env LD_LIBRARY_PATH=$(dirname "$(find "$ANGARIUM_PEER_DIR" -name 'lib*.so*' 2>/dev/null | head -1)") $peer -C $W/$1/sendmail.cf" ;;
	esac
}

delivered() {
	find "$W/$1/home" -path '*/new/*' -type f | wc -l
}

# run NAME SESSIONS COUNT WRAPPER: prints "seconds cpu-seconds"
run() {
	D=$W/$1
	port=$(cat "$D/port")
	rm -rf "$D/home/Maildir" "$D/usage"
	# shellcheck disable=SC2046,SC2086
	python3 "$TOP/test/bench/daemon.py" "$D/usage" $4 $(server "$1") -bD >"$D/out" 2>&1 &
	running=$!
	i=0
	until python3 "$TOP/test/lib/port.py" -c "$port"; do
		i=$((i + 1))
		kill -0 "$running" 2>/dev/null && [ $i -lt 1500 ] ||
		    { cat "$D/out" >&2; die "$1 does not start"; }
		sleep 0.05
	done
	begin=$(date +%s%N)
	"$W/smtp_load" -p "$port" -n "$3" -c "$2" -s "$SIZE" -t load@bench.example.org >"$D/load" ||
	    { tail -5 "$D/out" >&2; die "$1: the client failed"; }
	i=0
	while [ "$(delivered "$1")" -lt "$3" ]; do
		i=$((i + 1))
		[ $i -lt 3000 ] || die "$1 delivered $(delivered "$1") of $3"
		sleep 0.02
	done
	end=$(date +%s%N)
	kill "$running"
	wait "$running"
	running=
	echo "$(((end - begin) / 1000)) $(cut -d' ' -f1,2 "$D/usage")" |
	    awk '{ printf "%.3f %.3f\n", $1 / 1000000, $2 + $3 }'
}

prepare angarium
servers=angarium
if [ -n "$peer" ]; then
	prepare peer
	servers="angarium peer"
fi

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
	[ -n "$peer" ] && paste "$W/angarium.$sessions" "$W/peer.$sessions" |
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
