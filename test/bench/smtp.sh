#!/bin/sh
#
# smtp.sh - SMTP in and out: relaying messages of several sizes with several numbers of sessions, idle and slow sessions, sessions without a
# message, handshakes; the peers of ANGARIUM_PEERS beside it.  Run by "sh Build bench"; README.md in this folder says what it means.

# BENCH_CONGESTION: everything happens in a network namespace of its own (as root) with this way of TCP, whatever the machine's is
WAY=/proc/sys/net/ipv4/tcp_congestion_control
if [ -n "${BENCH_CONGESTION-}" ] && [ "$(cat $WAY)" != "$BENCH_CONGESTION" ]; then
	exec unshare -n sh -c 'ip link set lo up && echo "$1" >"$2" && exec sh "$0"' "$0" "$BENCH_CONGESTION" $WAY
fi

. "${ANGARIUM_TOP:?run this by "sh Build bench"}/test/bench/lib/common.sh"
. "$TOP/test/bench/lib/peer.sh"
ROUNDS=${BENCH_ROUNDS:-3}
JOBS=${BENCH_JOBS-relay connect burst idle busy slow tls tlsbusy}

[ ! -r $WAY ] || echo "  TCP: $(cat $WAY)"
bench_tools smtp_load smtp_sink smtp_hold
bench_sink
servers="angarium $(peers | tr '\n' ' ')"
holder=

wants() {
	case " $JOBS " in
	*" $1 "*) return 0 ;;
	esac
	return 1
}

cpu_of() {
	python3 "$TOP/test/bench/cpu.py" "$(cat "$W/$1.relay/pid")"
}

# hold SERVER SESSIONS OPTION: so many connections stay open (OPTION of smtp_hold, or tls: under TLS, in a transaction); unhold ends them
hold() {
	case $3 in
	tls)	python3 "$TOP/test/bench/tls_load.py" "$(cat "$W/$1.relay/port")" "$2" hold >"$W/held" 2>"$W/held.err" & ;;
	*)	"$W/smtp_hold" -p "$(cat "$W/$1.relay/port")" -n "$2" "$3" >"$W/held" 2>"$W/held.err" & ;;
	esac
	holder=$!
	i=0
	until grep -q ready "$W/held" 2>/dev/null; do
		i=$((i + 1))
		kill -0 $holder 2>/dev/null && [ $i -lt 6000 ] || { echo "  $1: $2 sessions cannot be held: $(cat "$W/held.err")"; return 1; }
		sleep 0.05
	done
}

unhold() {
	kill "$holder" 2>/dev/null
	wait "$holder" 2>/dev/null
}

# one SERVER SESSIONS COUNT PER-SESSION SIZE: prints "seconds cpu-seconds" of relaying COUNT, after one message in each session
one() {
	D=$W/$1.relay
	before=$(bench_counted)
	bench_load "$D" -n "$2" -c "$2" -m 1 -s "$5"
	bench_relayed "$before" "$2"
	used=$(cpu_of "$1")
	bench_load "$D" -n "$3" -c "$2" -m "$4" -s "$5"
	bench_relayed "$before" $(($2 + $3))
	echo "$(($(bench_last) - $(bench_begun "$D"))) $used $(cpu_of "$1")" | awk -v n="$3" '{ printf "%.4f %.4f %d\n", $1 / 1e9, $3 - $2, n }'
}

# share SERVER COUNT SESSIONS: how many messages it gets; who makes processes for each, or waits between them, gets fewer
share() {
	case $1 in
	angarium|postfix)	n=$2 ;;
	opensmtpd)		n=$(($2 / 100)) ;;
	*)			n=$(($2 / 25)) ;;
	esac
	echo $((n < $3 ? $3 : n))
}

# report FILE TEXT: a line for each server, from FILE.SERVER: seconds, seconds of processor, how many, of each round.  Everything is the median of the
# rounds: what is compared was measured one after the other.  With a fifth argument the line becomes a row of a table, too: FILE TEXT OCTETS SESSIONS CONNECTIONS
report() {
	for s in $servers; do
		[ -s "$1.$s" ] && sed "s/^/$s /" "$1.$s"
	done | awk -v text="$2" -v order="$servers" -v row="${5:+| $3 | $4 | $5 }" -v table="$W/table" '
		function median(name, k,    v, i, j, t) {
			for (i = 1; i <= rounds[name]; i++)
				v[i] = k == "rate" ? rate[name, i] : k == "ms" ? ms[name, i] : k == "faster" ? rate["angarium", i] / rate[name, i] : ms["angarium", i] / ms[name, i]
			for (i = 2; i <= rounds[name]; i++)
				for (j = i; j > 1 && v[j - 1] > v[j]; j--) {
					t = v[j]
					v[j] = v[j - 1]
					v[j - 1] = t
				}
			i = rounds[name]
			return i % 2 ? v[(i + 1) / 2] : (v[i / 2] + v[i / 2 + 1]) / 2
		}
		{ i = ++rounds[$1]; rate[$1, i] = $4 / $2; ms[$1, i] = $3 * 1000 / $4 }
		END {
			n = split(order, who, " ")
			for (i = 1; i <= n; i++) {
				s = who[i]
				if (!rounds[s]) {
					row = row "| "
					continue
				}
				row = row sprintf("| %.0f/s %.2f ms ", median(s, "rate"), median(s, "ms"))
				printf "  %-34s %-9s %8.1f a second, %7.3f ms of processor each", text, s, median(s, "rate"), median(s, "ms")
				if (s != "angarium" && rounds["angarium"]) {
					f = median(s, "faster")
					u = median(s, "less")
					printf "; angarium: %.2f times the rate, %.2f times the processor time", f, u
					if (!best || f < best) {
						best = f
						name = s
					}
					if (s == "postfix")
						share = sprintf("%.2f", u)
				}
				printf "\n"
			}
			if (best)
				printf "  %-34s angarium: %.2f times the rate of the best peer, %s\n", text, best, name
			if (row ~ /^\| [0-9]/)
				printf "%s| %s | %s |\n", row, best ? sprintf("%.2f", best) : "", share >table
		}'
	[ -z "${5-}" ] || cat "$W/table" >>"$W/rows"
}

if wants tls || wants tlsbusy; then
	"${OPENSSL:-openssl}" req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=bench.example.org -keyout "$W/tls.key" -out "$W/tls.crt" 2>/dev/null ||
	    die "openssl makes no certificate"
	chmod 600 "$W/tls.key"
fi
all=
for s in $servers; do
	bench_prepare "$s" relay
	bench_start "$s" "$W/$s.relay"
	echo "$running" >"$W/$s.relay/pid"
	all="$all $running"
done
running=$all

# count SIZE SESSIONS: messages of a round.  The first thousand after a pause take up to twice as long as those behind them, whoever serves: a round has more.
count() {
	if [ -n "${BENCH_MESSAGES-}" ]; then
		echo "$((BENCH_MESSAGES > $2 ? BENCH_MESSAGES : $2))"
	elif [ "$1" -ge 1000000 ]; then
		echo 300
	else
		echo 3000
	fi
}

if wants relay; then
	for size in ${BENCH_SIZES-1000 10000 1000000}; do
		for sessions in ${BENCH_SESSIONS-1 10 50 200}; do
			n=$(count "$size" "$sessions")
			for kept in ${BENCH_CONNECTIONS-kept new}; do
				for r in $(seq "$ROUNDS"); do
					for s in $servers; do
						m=$(share "$s" "$n" "$sessions")
						per=1
						[ "$kept" = kept ] && per=$(((m + sessions - 1) / sessions))
						one "$s" "$sessions" "$m" "$per" "$size" >>"$W/relay.$size.$sessions.$kept.$s" || exit 1
					done
				done
				report "$W/relay.$size.$sessions.$kept" "$size octets, $sessions sessions, $kept" "$size" "$sessions" "$kept"
			done
		done
	done
	# the same as a table: the last columns are the rate divided by the best peer's, and the processor time divided by Postfix's
	echo "| octets | sessions | connections $(printf '| %s ' $servers)| rate | processor time |"
	echo "|---|---|---$(printf '|---%.0s' $servers)|---|---|"
	cat "$W/rows"
fi

quits() {
	case $1 in
	angarium|postfix|opensmtpd)	echo "${BENCH_MESSAGES:-1000}" ;;
	*)				echo 100 ;;
	esac
}

if wants connect; then
	for r in $(seq "$ROUNDS"); do
		for s in $servers; do
			used=$(cpu_of "$s")
			begin=$(bench_now)
			bench_load "$W/$s.relay" -q -c 4 -n "$(quits "$s")"
			echo "$(($(bench_now) - begin)) $used $(cpu_of "$s") $(quits "$s")" |
			    awk '{ printf "%.4f %.4f %d\n", $1 / 1e9, $3 - $2, $4 }' >>"$W/connect.$s"
		done
	done
	report "$W/connect" "connect, EHLO, QUIT"
fi

# a connection that the listen queue has no place for is tried again after a second
if wants burst; then
	for s in $servers; do
		echo "  200 connections at once, all answered and ended, $s: $(timeout 20 "$W/smtp_load" -p "$(cat "$W/$s.relay/port")" -t a@b -q -c 200 -n 200 | cut -d' ' -f2 | grep . || echo "more than 20") s"
	done
fi

# memory SERVER SESSIONS OPTION: KiB of all processes with the sessions, less those without
memory() {
	without=$(python3 "$TOP/test/bench/memory.py" "$(cat "$W/$1.relay/pid")" | awk '{ print $(NF - 1) }')
	hold "$1" "$2" "$3" || { unhold; return 1; }
	sleep "${BENCH_CALM-5}"
	with=$(python3 "$TOP/test/bench/memory.py" "$(cat "$W/$1.relay/pid")" | awk '{ print $(NF - 1) }')
	unhold
	echo "  $2 sessions, $4: $1: $((with / 1024)) MiB in all, $(((with - without) / $2)) KiB a session"
	sleep 1
}

if wants idle; then
	memory angarium "${BENCH_IDLE-10000}" -e "silent after EHLO"
	for s in $servers; do
		[ "$s" = angarium ] || memory "$s" 100 -e "silent after EHLO"
	done
fi

if wants busy; then
	for s in $servers; do
		memory "$s" 100 -m "in a transaction"
	done
fi

if wants tlsbusy; then
	memory angarium 100 tls "in a transaction under TLS"
fi

# With them, between a round without them before and one behind; what they cost by themselves, too: nothing else happens then.
if wants slow; then
	n=${BENCH_MESSAGES:-5000}
	for r in $(seq "$ROUNDS"); do
		one angarium 10 "$n" $((n / 10 + 1)) 1000 >"$W/slow.before"
		hold angarium 500 -b || { unhold; break; }
		sleep 3
		used=$(cpu_of angarium)
		sleep 3
		echo "$used $(cpu_of angarium)" | awk '{ print ($2 - $1) * 1000 / 3 }' >"$W/slow.alone"
		one angarium 10 "$n" $((n / 10 + 1)) 1000 >"$W/slow.with"
		unhold
		sleep 1
		one angarium 10 "$n" $((n / 10 + 1)) 1000 >"$W/slow.behind"
		paste "$W/slow.before" "$W/slow.with" "$W/slow.behind" "$W/slow.alone" |
		    awk '{ print ($1 + $7) / 2 / $4, 2 * $5 / ($2 + $8), $10 }' >>"$W/slow"
	done
	for i in 1 2 3; do
		cut -d' ' -f$i "$W/slow" | sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
	done | paste - - - | awk -v n="$(wc -l <"$W/slow")" '{
		printf "  500 slow sessions beside: %.2f times the rate without them, %.2f times the processor time a message; by themselves %.2f ms of processor a second (medians of %d rounds)\n",
		    $1, $2, $3, n }'
fi

# What STARTTLS costs the server: a session with it less one without, and beside it openssl's s_server for the same handshake.
if wants tls; then
	n=${BENCH_MESSAGES:-200}
	python3 "$TOP/test/lib/port.py" >"$W/tls.port"
	"${OPENSSL:-openssl}" s_server -quiet -accept "$(cat "$W/tls.port")" -cert "$W/tls.crt" -key "$W/tls.key" >/dev/null 2>&1 &
	server=$!
	running="$all $server"
	i=0
	until python3 "$TOP/test/lib/port.py" -c "$(cat "$W/tls.port")" || [ $i -ge 200 ]; do
		i=$((i + 1))
		sleep 0.05
	done
	used_by() {
		cut -d' ' -f1 "/proc/$server/schedstat"
	}
	port=$(cat "$W/angarium.relay/port")
	for r in $(seq "$ROUNDS"); do
		for how in plain starttls; do
			python3 "$TOP/test/bench/tls_load.py" "$port" 5 $how || exit 1
			used=$(cpu_of angarium)
			python3 "$TOP/test/bench/tls_load.py" "$port" $n $how || exit 1
			echo "$used $(cpu_of angarium)" | awk -v n=$n '{ print ($2 - $1) * 1000 / n }' >>"$W/tls.$how"
		done
		used=$(used_by)
		python3 "$TOP/test/bench/tls_load.py" "$(cat "$W/tls.port")" $n direct || exit 1
		echo "$used $(used_by)" | awk -v n=$n '{ print ($2 - $1) / 1e6 / n }' >>"$W/tls.direct"
	done
	paste "$W/tls.plain" "$W/tls.starttls" "$W/tls.direct" | awk '{ print ($2 - $1) / $3, $2 - $1, $3, $1 }' | sort -n | awk '{ r[NR] = $1; a += $2; c += $3; p += $4 }
		END { printf "  STARTTLS: %.3f ms of processor more than the same session without it (%.3f ms); s_server: %.3f ms a handshake; %.2f times (median of %d rounds)\n",
		    a / NR, p / NR, c / NR, NR % 2 ? r[(NR + 1) / 2] : (r[NR / 2] + r[NR / 2 + 1]) / 2, NR }'
	kill $server
	running=$all
fi
