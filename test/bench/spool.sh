#!/bin/sh
#
# spool.sh [PART [COUNT [ROUNDS]]] - what the spool costs: durable acceptance, relaying, draining a long queue, starting with one; processor time
# of all processes a message, messages a second, syncs, and the ratio to each peer: the median of rounds that take turns.
# Run by "sh Build bench"; README.md in this folder says what it means.
#
# PART: accept (50 kept sessions), accept1 (one), relay (50 kept), new (20 sessions, a connection for each message), syncs, drain, start.

. "${ANGARIUM_TOP:?run this by "sh Build bench"}/test/bench/lib/common.sh"
. "$TOP/test/bench/lib/peer.sh"
. "$TOP/test/bench/lib/queue.sh"
PARTS=${1:-${BENCH_JOBS-accept accept1 relay new syncs drain start}}
MESSAGES=${2:-${BENCH_MESSAGES:-3000}}
QUEUE=${2:-${BENCH_QUEUE:-20000}}
ROUNDS=${3:-${BENCH_ROUNDS:-3}}
SIZE=${BENCH_SIZE:-2000}

bench_tools smtp_load smtp_sink
bench_sink
all="angarium $(peers | tr '\n' ' ')"

# servers that can: the queue of the others has no way to be filled and then drained
queued() {
	for i in $all; do
		case $i in
		angarium|postfix)	echo "$i" ;;
		esac
	done
}

# run SERVER JOB SESSIONS COUNT PER-SESSION WRAPPER: prints "seconds cpu-seconds"; the load comes after a few messages in each session, so that
# the server has the processes it wants; COUNT 0 is that alone
run() {
	D=$W/$1.$2
	bench_empty "$1" "$D"
	bench_start "$1" "$D" "$6"
	before=$(bench_counted)
	bench_load "$D" -n $(($3 * 2)) -c "$3" -m "$(($5 < 2 ? $5 : 2))" -s "$SIZE"
	[ "$2" = relay ] && bench_relayed "$before" $(($3 * 2))
	took=0
	if [ "$4" != 0 ]; then
		bench_load "$D" -n "$4" -c "$3" -m "$5" -s "$SIZE"
		took=$(cut -d' ' -f2 "$D/load")
		if [ "$2" = relay ]; then
			bench_relayed "$before" $(($3 * 2 + $4))
			took=$(echo "$(bench_last) $(bench_begun "$D")" | awk '{ print ($1 - $2) / 1e9 }')
		fi
	fi
	# what a clean stop does to the queue is not part of accepting
	bench_stop "$D" "$([ "$2" = relay ] || echo kill)"
	echo "$took $cpu" | awk '{ printf "%.3f %.3f\n", $1, $2 }'
}

# report WHAT COUNT SERVER ...: of the rounds in $W/SERVER.times, "seconds cpu-seconds" each: medians, and the medians of the ratios in each round
report() {
	what=$1 count=$2
	shift 2
	for s in "$@"; do
		paste "$W/$s.times" "$W/angarium.times" | awk -v n="$count" -v s="$s" -v what="$what" '
			function median(v, k,    i, j, t) {
				for (i = 2; i <= k; i++)
					for (j = i; j > 1 && v[j] < v[j - 1]; j--) {
						t = v[j]
						v[j] = v[j - 1]
						v[j - 1] = t
					}
				return k % 2 ? v[(k + 1) / 2] : (v[k / 2] + v[k / 2 + 1]) / 2
			}
			{
				width = NF / 2
				rate[NR] = n / $1
				cpu[NR] = $2
				r[NR] = $1 / $(width + 1)
				c[NR] = $(width + 2) > 0 ? $2 / $(width + 2) : 1
			}
			END {
				printf "  %s: %-9s %8.1f messages/s, %6.3f ms of processor a message", what, s, median(rate, NR), median(cpu, NR) * 1000 / n
				if (s != "angarium")
					printf "; angarium has %.2f times the messages/s, %.2f times the processor time", median(r, NR), 1 / median(c, NR)
				printf "\n"
			}'
	done
}

# part_load WHAT JOB SESSIONS PER-SESSION
part_load() {
	for s in $all; do
		: >"$W/$s.times"
	done
	for r in $(seq "$ROUNDS"); do
		for s in $all; do
			base=$(run "$s" "$2" "$3" 0 "$4" "" | cut -d' ' -f2) || exit 1
			all_of=$(run "$s" "$2" "$3" "$MESSAGES" "$4" "") || exit 1
			echo "$all_of $base" | awk '{ printf "%.3f %.3f\n", $1, $2 - $3 }' >>"$W/$s.times"
		done
	done
	# shellcheck disable=SC2086
	report "$1" "$MESSAGES" $all
}

part_syncs() {
	command -v strace >/dev/null 2>&1 || { echo "  (syncs are not counted: strace is not here)"; return; }
	for sessions in 1 50; do
		for s in $all; do
			run "$s" accept "$sessions" $((1000 - sessions * 2)) $((1000 / sessions)) "strace -f -qq -e trace=fsync,fdatasync,sync_file_range,syncfs -o $W/strace" >/dev/null || exit 1
			echo "  $s, accept, $sessions sessions: $(grep -c -E 'f(data)?sync\(|syncfs\(' "$W/strace") syncs for 1000 messages"
		done
	done
}

# fills the queue of each that has none yet
fill() {
	for s in "$@"; do
		[ -d "$W/$s.full" ] || queue_fill "$s" "$QUEUE"
	done
}

part_drain() {
	servers=$(queued)
	# shellcheck disable=SC2086
	fill $servers
	for s in $servers; do
		: >"$W/$s.times"
	done
	for r in $(seq "$ROUNDS"); do
		for s in $servers; do
			queue_drain "$s" "$QUEUE" >>"$W/$s.times" || exit 1
		done
	done
	# shellcheck disable=SC2086
	report "drain $QUEUE" "$QUEUE" $servers
	for s in $servers; do
		echo "  $s, a first message accepted after the start: $(cut -d' ' -f3 "$W/$s.times" | sort -n | tr '\n' ' ')s"
	done
}

part_start() {
	fill angarium
	: >"$W/first"
	for r in $(seq "$ROUNDS"); do
		queue_starts "$r"
	done
	echo "  angarium, a first message accepted after the start, $QUEUE queued, no queue runs: $(sort -n "$W/first" | tr '\n' ' ')s"
}

for s in $all; do
	for j in accept relay; do
		bench_prepare "$s" "$j"
	done
done
echo "$PARTS: $MESSAGES messages of $SIZE octets, queues of $QUEUE; $ROUNDS rounds in turns, medians"
for part in $PARTS; do
	case $part in
	accept)		part_load "accept, 50 sessions" accept 50 $((MESSAGES / 50)) ;;
	accept1)	part_load "accept, 1 session" accept 1 "$MESSAGES" ;;
	relay)		part_load "relay, 50 kept sessions" relay 50 $((MESSAGES / 50)) ;;
	new)		part_load "relay, new connections" relay 20 1 ;;
	syncs)		part_syncs ;;
	drain)		part_drain ;;
	start)		part_start ;;
	*)		[ $# -eq 0 ] || die "$part: no such part" ;;	# BENCH_JOBS may be meant for another benchmark
	esac
done
