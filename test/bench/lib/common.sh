# common.sh - what the benchmarks share: their folder, the client and the sink, starting and stopping a server, its processor time.
# Sourced by the *.sh of test/bench; "sh Build bench" sets ANGARIUM_TOP and ANGARIUM_OBJ.
#
# A server is "angarium" or a peer (lib/peer.sh).  For each there is a folder $W/SERVER.JOB with its configuration, made by bench_prepare.

LC_ALL=C
export LC_ALL
TOP=${ANGARIUM_TOP:?run this by "sh Build bench"}
OBJ=${ANGARIUM_OBJ:?run this by "sh Build bench"}
ANGARIUM_MODULES=$OBJ/modules
export ANGARIUM_MODULES
M4=${M4:-$(command -v gm4 || command -v m4)}
W=$(mktemp -d "${TMPDIR:-/tmp}/angarium-bench.XXXXXX") || exit 1
chmod 755 "$W"
running= sink= sinkport=

bench_finish() {
	rc=$?
	trap - EXIT INT TERM
	# shellcheck disable=SC2086
	[ -n "$running" ] && kill $running 2>/dev/null && wait $running 2>/dev/null
	[ -n "$sink" ] && kill "$sink" 2>/dev/null
	cd / && [ -z "${BENCH_KEEP-}" ] && rm -rf "$W"
	exit $rc
}
trap bench_finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

die() {
	echo "bench: $1" >&2
	exit 1
}

# bench_tools NAME ...: compiles programs of this folder into $W
bench_tools() {
	for i in "$@"; do
		${CC:-cc} -std=c17 -D_GNU_SOURCE -O2 -o "$W/$i" "$TOP/test/bench/$i.c" || die "cannot compile $i"
	done
}

# a server that takes all mail and counts it in $W/count
bench_sink() {
	sinkport=$(python3 "$TOP/test/lib/port.py")
	"$W/smtp_sink" "$sinkport" "$W/count" &
	sink=$!
}

bench_counted() {
	od -An -tu8 -N8 "$W/count" | tr -d ' '
}

# bench_start SERVER FOLDER WRAPPER: starts it and waits until it answers; its output goes to FOLDER/out
bench_start() {
	rm -f "$2/usage"
	# shellcheck disable=SC2046,SC2086
	python3 "$TOP/test/bench/daemon.py" "$2/usage" $3 $(server_command "$1" "$2") >"$2/out" 2>&1 &
	running=$!
	[ -z "${BENCH_NO_WAIT-}" ] || return 0		# the client will (smtp_load -w)
	port=$(cat "$2/port")
	i=0
	until python3 "$TOP/test/lib/port.py" -c "$port"; do
		i=$((i + 1))
		kill -0 "$running" 2>/dev/null && [ $i -lt 1500 ] ||
		    { cat "$2/out" >&2; die "$1 does not start"; }
		sleep 0.05
	done
	sleep "${BENCH_SETTLE-0.3}"
}

# bench_stop FOLDER [kill]: ends it ("kill": all of its processes at once, without what a clean stop does); $cpu: seconds of processor time of all
bench_stop() {
	[ "${2-}" = kill ] && kill -USR1 "$running" 2>/dev/null
	kill "$running" 2>/dev/null
	wait "$running"
	running=
	cpu=$(awk '{ printf "%.3f\n", $1 + $2 }' "$1/usage")
}

# bench_load FOLDER ARGUMENT ...: the client against the server of that folder
bench_load() {
	D=$1
	shift
	"$W/smtp_load" -p "$(cat "$D/port")" -t load@there.example.org "$@" >"$D/load" ||
	    { tail -5 "$D/out" >&2; die "$D: the client failed"; }
}

# bench_relayed FROM COUNT: waits until the sink has COUNT more than FROM
bench_relayed() {
	i=0
	while [ "$(($(bench_counted) - $1))" -lt "$2" ]; do
		i=$((i + 1))
		[ $i -lt "${BENCH_PATIENCE-30000}" ] || { [ -z "${BENCH_HOOK-}" ] || eval "$BENCH_HOOK"; die "relayed $(($(bench_counted) - $1)) of $2"; }
		sleep 0.05
	done
}

# When the last message came to the sink, and when the last client of a folder began, nanoseconds on one clock: the time between them has
# neither the start of programs nor the waiting of bench_relayed in it.
bench_last() {
	od -An -tu8 -j8 -N8 "$W/count" | tr -d ' '
}

bench_begun() {
	cut -d' ' -f3 "$1/load"
}

# nanoseconds, for differences
bench_now() {
	date +%s%N
}

# bench_mc FOLDER JOB: the .mc that sendmail and angarium both get; JOB "accept" delivers nothing
bench_mc() {
	mode=background
	[ "$2" = accept ] && mode=queueonly
	# nobody is asked for names
	printf 'hosts files\naliases files\n' >"$1/switch"
	echo "127.0.0.1 localhost bench.example.org" >"$1/hosts"
	[ ! -f "$W/tls.key" ] || cat <<-END
		define(\`confSERVER_CERT', \`$W/tls.crt')
		define(\`confSERVER_KEY', \`$W/tls.key')
	END
	cat <<-END
		OSTYPE(\`linux')
		define(\`ALIAS_FILE', \`$1/aliases')
		define(\`QUEUE_DIR', \`$1/queue')
		define(\`STATUS_FILE', \`')
		define(\`HELP_FILE', \`')
		define(\`confPID_FILE', \`$1/run/sendmail.pid')
		define(\`confDOMAIN_NAME', \`bench.example.org')
		define(\`confTO_IDENT', \`0')
		define(\`confSERVICE_SWITCH_FILE', \`$1/switch')
		define(\`confHOSTS_FILE', \`$1/hosts')
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
		DAEMON_OPTIONS(\`Name=MTA, Addr=127.0.0.1, Port=$(cat "$1/port")')
		MAILER(\`local')
		MAILER(\`smtp')
	END
}

# bench_prepare SERVER JOB: the folder $W/SERVER.JOB, with a port, a configuration and an empty queue
bench_prepare() {
	D=$W/$1.$2
	mkdir "$D" "$D/run"
	chmod 755 "$D"
	python3 "$TOP/test/lib/port.py" >"$D/port"
	case $1 in
	angarium|sendmail)
		bench_mc "$D" "$2" >"$D/sendmail.mc"
		"$M4" "$TOP/cf/m4/cf.m4" "$D/sendmail.mc" >"$D/sendmail.cf" 2>"$D/out" || die "m4 failed"
		echo "postmaster: root" >"$D/aliases" ;;
	*)
		"peer_conf_$1" "$D" "$2" ;;
	esac
	[ "$1" = angarium ] || peer_root "$D"
	bench_empty "$1" "$D"
	case $1 in
	angarium|sendmail)
		# shellcheck disable=SC2046
		$(server_program "$1" "$D") -C "$D/sendmail.cf" -bi >"$D/out" 2>&1 || { cat "$D/out" >&2; die "$1 -bi failed"; } ;;
	esac
}

# bench_empty SERVER FOLDER: its queue is empty
bench_empty() {
	rm -rf "$2/queue"
	mkdir -m 700 "$2/queue"
	case $1 in
	angarium|sendmail)	;;
	*)			"peer_empty_$1" "$2" ;;
	esac
}

# server_program SERVER FOLDER: the words that start its program
server_program() {
	case $1 in
	angarium)	echo "$OBJ/sendmail/sendmail" ;;
	*)		echo "$TOP/test/bench/peer_run $ANGARIUM_PEERS/$1 $2 $(peer_program "$1")" ;;
	esac
}

# server_command SERVER FOLDER: the same with the arguments of a daemon that stays in the foreground
server_command() {
	case $1 in
	angarium|sendmail)	echo "$(server_program "$1" "$2") -C $2/sendmail.cf -bD $([ "${BENCH_RUN_QUEUE-}" = no ] || echo -q1h)" ;;
	*)			echo "$(server_program "$1" "$2") $(peer_arguments "$1" "$2")" ;;
	esac
}
