#!/bin/sh
#
# gate.sh - what is asked before mail is taken, and what that costs: relaying with a filter that lets everything pass, beside relaying without.
# Run by "sh Build bench"; README.md in this folder says what it means.

. "${ANGARIUM_TOP:?run this by "sh Build bench"}/test/bench/lib/common.sh"
. "$TOP/test/bench/lib/peer.sh"
MESSAGES=${BENCH_MESSAGES:-3000}
ROUNDS=${BENCH_ROUNDS:-3}
SIZE=${BENCH_SIZE:-2000}
JOBS=${BENCH_JOBS-filter flood}
FLOOD=${BENCH_FLOOD:-10000}

bench_tools smtp_load smtp_sink milter_noop
bench_sink

# filters STEPS: the no-op filter, negotiating so; $filter is its process
filters() {
	rm -f "$W/filter"
	"$W/milter_noop" "$W/filter" "$1" &
	filter=$!
	i=0
	until [ -S "$W/filter" ]; do
		i=$((i + 1))
		[ $i -lt 500 ] || die "the filter does not start"
		sleep 0.02
	done
	chmod 666 "$W/filter"
}

# relay FOLDER SESSIONS PER-SESSION: messages a second, through to the sink
relay() {
	bench_empty angarium "$1"
	bench_start angarium "$1" ""
	before=$(bench_counted)
	bench_load "$1" -n $(($2 * 2)) -c "$2" -m "$(($3 < 2 ? $3 : 2))" -s "$SIZE"
	bench_relayed "$before" $(($2 * 2))
	bench_load "$1" -n "$MESSAGES" -c "$2" -m "$3" -s "$SIZE"
	bench_relayed "$before" $(($2 * 2 + MESSAGES))
	bench_stop "$1" kill
	echo "$(bench_last) $(bench_begun "$1")" | awk -v n="$MESSAGES" '{ printf "%.1f\n", n * 1000000000 / ($1 - $2) }'
}

# filter: three configurations in turns: no filter; one that is asked everything; one that wants the message alone, as many do
job_filter() {
	for j in none all some; do
		bench_prepare angarium $j
		[ $j = none ] && continue
		echo "INPUT_MAIL_FILTER(\`noop', \`S=local:$W/filter, F=T')" >>"$W/angarium.$j/sendmail.mc"
		"$M4" "$TOP/cf/m4/cf.m4" "$W/angarium.$j/sendmail.mc" >"$W/angarium.$j/sendmail.cf" 2>"$W/angarium.$j/out" || die "m4 failed"
	done
	for how in "50 kept" "20 new"; do
		# shellcheck disable=SC2086
		set -- $how
		per=$([ "$2" = kept ] && echo $((MESSAGES / $1)) || echo 1)
		: >"$W/rates"
		for r in $(seq "$ROUNDS"); do
			none=$(relay "$W/angarium.none" "$1" "$per") || exit 1
			filters 0
			all=$(relay "$W/angarium.all" "$1" "$per") || exit 1
			kill "$filter"
			wait "$filter" 2>/dev/null
			filters ff0cf
			some=$(relay "$W/angarium.some" "$1" "$per") || exit 1
			kill "$filter"
			wait "$filter" 2>/dev/null
			echo "$none $all $some" >>"$W/rates"
		done
		awk -v c="$1" -v k="$2" '{ n += $1; a += $2; s += $3 } END {
			printf "  relay, %2d sessions, %-4s connections: %7.1f messages/s without a filter; %7.1f (%.2f of it) with one that is asked everything; %7.1f (%.2f) with one that wants the message only\n",
			    c, k, n / NR, a / NR, a / n, s / NR, s / n }' "$W/rates"
	done
}

# memory: what the daemon and all it started have, in KiB that are theirs alone (shared pages are divided)
memory() {
	python3 "$TOP/test/bench/memory.py" "$running" | awk '{ print $4; exit }'
}

# flood: relaying with and without connections that say nothing, or talk before they are greeted
job_flood() {
	bench_prepare angarium flood
	# strangers have to wait before they are greeted; the client that relays has not
	printf 'LOCAL_RULESETS\nSgreet_pause\nR$* $| 127.0.0.1\t$# 0\nR$*\t\t\t$# 2000\n' >>"$W/angarium.flood/sendmail.mc"
	"$M4" "$TOP/cf/m4/cf.m4" "$W/angarium.flood/sendmail.mc" >"$W/angarium.flood/sendmail.cf" 2>"$W/angarium.flood/out" || die "m4 failed"
	for how in silent early; do
		: >"$W/rates"
		for r in $(seq "$ROUNDS"); do
			rate=
			for n in 0 "$FLOOD"; do
				bench_empty angarium "$W/angarium.flood"
				bench_start angarium "$W/angarium.flood" ""
				before=$(bench_counted)
				bench_load "$W/angarium.flood" -n 100 -c 20 -m 5 -s "$SIZE"
				bench_relayed "$before" 100
				idle=$(memory)
				flooder=
				if [ "$n" != 0 ]; then
					python3 "$TOP/test/bench/flood.py" "$(cat "$W/angarium.flood/port")" "$n" "$how" 10000 >"$W/flood" &
					flooder=$!
					sleep 0.5
					until grep -q ready "$W/flood"; do sleep 0.2; done
					full=$(memory)
				fi
				bench_load "$W/angarium.flood" -n "$MESSAGES" -c 20 -m 50 -s "$SIZE"
				bench_relayed "$before" $((MESSAGES + 100))
				[ -n "$flooder" ] && { kill "$flooder"; wait "$flooder" 2>/dev/null; }
				bench_stop "$W/angarium.flood" kill
				rate="$rate $(echo "$(bench_last) $(bench_begun "$W/angarium.flood")" | awk -v n="$MESSAGES" '{ printf "%.1f", n * 1000000000 / ($1 - $2) }')"
			done
			echo "$rate $((full - idle))" >>"$W/rates"
			cat "$W/flood"
		done
		awk -v h="$how" -v f="$FLOOD" '{ n += $1; w += $2; m += $3 } END {
			printf "  %d %-6s connections: %6.1f MiB; relay %7.1f messages/s without them, %7.1f (%.2f of it) with them\n", f, h, m / NR / 1024, n / NR, w / NR, w / n }' "$W/rates"
	done
}

echo "$MESSAGES messages of $SIZE octets a round, $ROUNDS rounds in turns"
for j in $JOBS; do
	"job_$j"
done
