#!/bin/sh
#
# gate.sh - what is asked before mail is taken, and what that costs: relaying with a filter that lets everything pass, beside relaying without.
# Run by "sh Build bench"; README.md in this folder says what it means.

. "${ANGARIUM_TOP:?run this by "sh Build bench"}/test/bench/lib/common.sh"
. "$TOP/test/bench/lib/peer.sh"
MESSAGES=${BENCH_MESSAGES:-3000}
ROUNDS=${BENCH_ROUNDS:-3}
SIZE=${BENCH_SIZE:-2000}
JOBS=${BENCH_JOBS-filter}

bench_tools smtp_load smtp_sink milter_noop
bench_sink

# filters STEPS: the no-op filter, negotiating so; $filter is its process
filters() {
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
	begin=$(bench_now)
	bench_load "$1" -n "$MESSAGES" -c "$2" -m "$3" -s "$SIZE"
	bench_relayed "$before" $(($2 * 2 + MESSAGES))
	end=$(bench_now)
	bench_stop "$1" kill
	echo "$end $begin" | awk -v n="$MESSAGES" '{ printf "%.1f\n", n * 1000000000 / ($1 - $2) }'
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

echo "$MESSAGES messages of $SIZE octets a round, $ROUNDS rounds in turns"
for j in $JOBS; do
	"job_$j"
done
