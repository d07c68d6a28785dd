#!/bin/sh
#
# spool.sh - what durable acceptance and relaying cost: processor time of all processes a message, messages a second, syncs.
# Run by "sh Build bench"; README.md in this folder says what it means.  bench/queue.sh measures a long queue.

. "${ANGARIUM_TOP:?run this by "sh Build bench"}/test/bench/lib/common.sh"
. "$TOP/test/bench/lib/peer.sh"
MESSAGES=${BENCH_MESSAGES:-3000}
ROUNDS=${BENCH_ROUNDS:-3}
SIZE=${BENCH_SIZE:-2000}

bench_tools smtp_load smtp_sink
bench_sink
servers="angarium $(peers | tr '\n' ' ')"

# run SERVER JOB SESSIONS COUNT PER-SESSION WRAPPER: prints "seconds cpu-seconds"; the load comes after a few messages in each session, so that
# the server has the processes it wants; COUNT 0 is that alone
run() {
	D=$W/$1.$2
	bench_empty "$1" "$D"
	bench_start "$1" "$D" "$6"
	before=$(bench_counted)
	bench_load "$D" -n $(($3 * 2)) -c "$3" -m "$(($5 < 2 ? $5 : 2))" -s "$SIZE"
	[ "$2" = relay ] && bench_relayed "$before" $(($3 * 2))
	begin=$(bench_now)
	[ "$4" = 0 ] || bench_load "$D" -n "$4" -c "$3" -m "$5" -s "$SIZE"
	[ "$2" = relay ] && bench_relayed "$before" $(($3 * 2 + $4))
	end=$(bench_now)
	# what a clean stop does to the queue is not part of accepting
	bench_stop "$D" "$([ "$2" = relay ] || echo kill)"
	echo "$(((end - begin) / 1000)) $cpu" | awk '{ printf "%.3f %.3f\n", $1 / 1000000, $2 }'
}

for s in $servers; do
	for j in accept relay; do
		bench_prepare $s $j
	done
done
echo "$MESSAGES messages of $SIZE octets a round, $ROUNDS rounds in turns; accept: nothing is delivered; relay: through to a sink"
for job in "accept 50 $((MESSAGES / 50)) kept" "accept 1 $MESSAGES kept" "relay 50 $((MESSAGES / 50)) kept" "relay 20 1 new"; do
	# shellcheck disable=SC2086
	set -- $job
	case " ${BENCH_JOBS-accept50 accept1 relay50 relay20} " in
	*" $1$2 "*) ;;
	*) continue ;;
	esac
	for r in $(seq "$ROUNDS"); do
		for s in $servers; do
			base=$(run "$s" "$1" "$2" 0 "$3" "" | cut -d' ' -f2) || exit 1
			all=$(run "$s" "$1" "$2" "$MESSAGES" "$3" "") || exit 1
			echo "$all $base" >>"$W/$s.$1.$2.$4"
		done
	done
	for s in $servers; do
		paste "$W/$s.$1.$2.$4" "$W/angarium.$1.$2.$4" | awk -v n="$MESSAGES" -v s="$s" -v j="$1" -v c="$2" -v k="$4" '
			{ t += $1; u += $2 - $3; ta += $4; ua += $5 - $6 }
			END {
				printf "  %-6s %2d sessions, %-4s connections: %-9s %8.1f messages/s, %6.3f ms of processor a message", j, c, k, s, n * NR / t, u * 1000 / (n * NR)
				if (s != "angarium")
					printf "; angarium has %.2f times the messages/s, %.2f times the processor time", t / ta, ua / u
				printf "\n"
			}'
	done
done
if command -v strace >/dev/null 2>&1; then
	for sessions in 1 50; do
		for s in $servers; do
			run "$s" accept "$sessions" $((1000 - sessions * 2)) $((1000 / sessions)) "strace -f -qq -e trace=fsync,fdatasync,sync_file_range,syncfs -o $W/strace" >/dev/null || exit 1
			echo "  $s, accept, $sessions sessions: $(grep -c -E 'f(data)?sync\(|syncfs\(' "$W/strace") syncs for 1000 messages"
		done
	done
else
	echo "  (syncs are not counted: strace is not here)"
fi
