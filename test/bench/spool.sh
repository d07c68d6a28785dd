#!/bin/sh
#
# spool.sh - what durable acceptance and relaying cost: processor time of all processes a message, messages a second, syncs.
# Run by "sh Build bench"; README.md in this folder says what it means.

LC_ALL=C
export LC_ALL
TOP=${ANGARIUM_TOP:?run this by "sh Build bench"}
OBJ=${ANGARIUM_OBJ:?run this by "sh Build bench"}
ANGARIUM_MODULES=$OBJ/modules
export ANGARIUM_MODULES
MESSAGES=${BENCH_MESSAGES:-3000}
ROUNDS=${BENCH_ROUNDS:-3}
SIZE=${BENCH_SIZE:-2000}
M4=${M4:-$(command -v gm4 || command -v m4)}
W=$(mktemp -d "${TMPDIR:-/tmp}/angarium-bench.XXXXXX") || exit 1
chmod 755 "$W"
running= sink=

finish() {
	rc=$?
	trap - EXIT INT TERM
	[ -n "$running" ] && kill "$running" 2>/dev/null && wait "$running" 2>/dev/null
	[ -n "$sink" ] && kill "$sink" 2>/dev/null
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

for i in smtp_load smtp_sink; do
	${CC:-cc} -std=c17 -D_GNU_SOURCE -O2 -o "$W/$i" "$TOP/test/bench/$i.c" || die "cannot compile $i"
done
peer=
if [ -n "${ANGARIUM_PEER_DIR-}" ]; then
	for i in usr/libexec/sendmail/sendmail usr/sbin/sendmail usr/lib/sm.bin/sendmail sendmail; do
		[ -x "$ANGARIUM_PEER_DIR/$i" ] && peer=$ANGARIUM_PEER_DIR/$i && break
	done
	[ -n "$peer" ] || die "$ANGARIUM_PEER_DIR: no sendmail in it"
fi
# nobody is asked for names
printf 'hosts files\naliases files\n' >"$W/switch"
echo "127.0.0.1 localhost bench.example.org" >"$W/hosts"
sinkport=$(python3 "$TOP/test/lib/port.py")
"$W/smtp_sink" "$sinkport" "$W/count" &
sink=$!

# prepare SERVER JOB: a folder with configuration and queue; both servers get the same .mc
prepare() {
	D=$W/$1.$2
	mkdir "$D" "$D/queue" "$D/run"
	chmod 700 "$D/queue"
	port=$(python3 "$TOP/test/lib/port.py")
	echo "$port" >"$D/port"
	mode=background
	[ "$2" = accept ] && mode=queueonly
	cat >"$D/sendmail.mc" <<-END
		OSTYPE(\`linux')
		define(\`ALIAS_FILE', \`$D/aliases')
		define(\`QUEUE_DIR', \`$D/queue')
		define(\`STATUS_FILE', \`')
		define(\`HELP_FILE', \`')
		define(\`confPID_FILE', \`$D/run/sendmail.pid')
		define(\`confDOMAIN_NAME', \`bench.example.org')
		define(\`confTO_IDENT', \`0')
		define(\`confSERVICE_SWITCH_FILE', \`$W/switch')
		define(\`confHOSTS_FILE', \`$W/hosts')
		define(\`confDELIVERY_MODE', \`$mode')
		define(\`confQUEUE_LA', \`1000')
		define(\`confREFUSE_LA', \`1000')
		define(\`confDELAY_LA', \`0')
		define(\`confMAX_DAEMON_CHILDREN', \`0')
		define(\`confCONNECTION_RATE_THROTTLE', \`0')
		define(\`confMCI_CACHE_SIZE', \`4')
		define(\`confDONT_BLAME_SENDMAIL', \`TrustStickyBit,GroupWritableDirPathSafe')
		define(\`SMART_HOST', \`esmtp:[127.0.0.1]')
		define(\`ESMTP_MAILER_ARGS', \`TCP \$h $sinkport')
		FEATURE(\`no_default_msa')
		FEATURE(\`accept_unresolvable_domains')
		FEATURE(\`promiscuous_relay')
		DAEMON_OPTIONS(\`Name=MTA, Addr=127.0.0.1, Port=$port')
		MAILER(\`local')
		MAILER(\`smtp')
	END
	"$M4" "$TOP/cf/m4/cf.m4" "$D/sendmail.mc" >"$D/sendmail.cf" || die "m4 failed"
	echo "postmaster: root" >"$D/aliases"
	# shellcheck disable=SC2046
	$(server "$1" "$D") -bi >"$D/out" 2>&1 || { cat "$D/out" >&2; die "$1 -bi failed"; }
}

# the command line of a server, without its mode
server() {
	case $1 in
	angarium)	echo "$OBJ/sendmail/sendmail -C $2/sendmail.cf" ;;
	peer)		echo "${ANGARIUM_PEER_RUN-} env LD_LIBRARY_PATH=$(dirname "$(find "$ANGARIUM_PEER_DIR" -name 'lib*.so*' 2>/dev/null | head -1)") $peer -C $2/sendmail.cf" ;;
	esac
}

counted() {
	od -An -tu8 "$W/count" | tr -d ' '
}

# run SERVER JOB SESSIONS COUNT PER-SESSION WRAPPER: prints "seconds cpu-seconds", those of starting and stopping included
run() {
	D=$W/$1.$2
	port=$(cat "$D/port")
	rm -rf "$D/queue" "$D/usage"
	mkdir -m 700 "$D/queue"
	# shellcheck disable=SC2046,SC2086
	python3 "$TOP/test/bench/daemon.py" "$D/usage" $6 $(server "$1" "$D") -bD -q1h >"$D/out" 2>&1 &
	running=$!
	i=0
	until python3 "$TOP/test/lib/port.py" -c "$port"; do
		i=$((i + 1))
		kill -0 "$running" 2>/dev/null && [ $i -lt 1500 ] ||
		    { cat "$D/out" >&2; die "$1 does not start"; }
		sleep 0.05
	done
	sleep 0.3
	before=$(counted)
	begin=$(date +%s%N)
	"$W/smtp_load" -p "$port" -n "$4" -c "$3" -m "$5" -s "$SIZE" -t load@there.example.org >"$D/load" ||
	    { tail -5 "$D/out" >&2; die "$1: the client failed"; }
	i=0
	while [ "$2" = relay ] && [ "$(($(counted) - before))" -lt "$4" ]; do
		i=$((i + 1))
		[ $i -lt 3000 ] || die "$1 relayed $(($(counted) - before)) of $4"
		sleep 0.02
	done
	end=$(date +%s%N)
	# what a clean stop does to the queue is not part of accepting
	[ "$2" = relay ] || pkill_tree "$running"
	kill "$running" 2>/dev/null
	wait "$running"
	running=
	echo "$(((end - begin) / 1000)) $(cut -d' ' -f1,2 "$D/usage")" |
	    awk '{ printf "%.3f %.3f\n", $1 / 1000000, $2 + $3 }'
}

# every process below daemon.py, at once
pkill_tree() {
	python3 - "$1" <<-END
		import os, signal, sys
		sys.path.insert(0, "$TOP/test/bench")
		def below(pid):
		    for e in os.listdir("/proc"):
		        if e.isdigit():
		            try:
		                if int(open("/proc/%s/stat" % e).read().rsplit(")", 1)[1].split()[1]) == pid:
		                    yield int(e)
		                    yield from below(int(e))
		            except OSError:
		                pass
		for p in list(below(int(sys.argv[1]))):
		    try:
		        os.kill(p, signal.SIGKILL)
		    except OSError:
		        pass
	END
}

servers=angarium
[ -n "$peer" ] && servers="angarium peer"
for s in $servers; do
	for j in accept relay; do
		prepare $s $j
		run $s $j 1 1 1 "" >"$W/$s.$j.base" || exit 1
	done
done
echo "$MESSAGES messages of $SIZE octets a round, $ROUNDS rounds in turns; accept: DeliveryMode=queueonly; relay: through to a sink"
for job in "accept 50 $((MESSAGES / 50)) kept" "accept 1 $MESSAGES kept" "relay 50 $((MESSAGES / 50)) kept" "relay 20 1 new"; do
	# shellcheck disable=SC2086
	set -- $job
	case " ${BENCH_JOBS-accept50 accept1 relay50 relay20} " in
	*" $1$2 "*) ;;
	*) continue ;;
	esac
	for r in $(seq "$ROUNDS"); do
		for s in $servers; do
			run "$s" "$1" "$2" "$MESSAGES" "$3" "" >>"$W/$s.$1.$2.$4" || exit 1
		done
	done
	for s in $servers; do
		awk -v n="$MESSAGES" -v s="$s" -v j="$1" -v c="$2" -v k="$4" -v base="$(cut -d' ' -f2 "$W/$s.$1.base")" '{ t += $1; u += $2 - base }
			END { printf "  %-6s %2d sessions, %-4s connections: %-8s %8.1f messages/s, %6.3f ms of processor a message\n",
			    j, c, k, s, n * NR / t, u * 1000 / (n * NR) }' "$W/$s.$1.$2.$4"
	done
	[ -n "$peer" ] && paste "$W/angarium.$1.$2.$4" "$W/peer.$1.$2.$4" |
	    awk '{ a += $1; b += $3; u += $2; v += $4 }
		END { printf "         ratio: %.2f times the messages/s, %.2f times the processor time\n", b / a, u / v }'
done
if command -v strace >/dev/null 2>&1; then
	for sessions in 1 50; do
		for s in $servers; do
			run "$s" accept "$sessions" 1000 $((1000 / sessions)) "strace -f -qq -e trace=fsync,fdatasync,sync_file_range,syncfs -o $W/strace" >/dev/null || exit 1
			echo "  $s, accept, $sessions sessions: $(grep -c -E 'f(data)?sync\(|syncfs\(' "$W/strace") syncs for 1000 messages"
		done
	done
else
	echo "  (syncs are not counted: strace is not here)"
fi
