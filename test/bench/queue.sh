#!/bin/sh
#
# queue.sh - a long queue: how soon after a start mail is accepted and the schedule complete, how long mailq takes, what memory all roles hold,
# and how fast the queue is drained to a sink, Postfix beside it.  Run by "sh Build bench"; README.md in this folder says what it means.

. "${ANGARIUM_TOP:?run this by "sh Build bench"}/test/bench/lib/common.sh"
. "$TOP/test/bench/lib/peer.sh"
QUEUE=${BENCH_QUEUE:-20000}
SIZE=${BENCH_SIZE:-2000}
BENCH_SETTLE=0
BENCH_PEERS=$(for i in ${BENCH_PEERS-postfix}; do [ "$i" = postfix ] && echo "$i"; done)

bench_tools smtp_load smtp_sink
bench_sink

# seconds FROM: since that moment
seconds() {
	echo "$(($(bench_now) - $1))" | awk '{ printf "%.2f", $1 / 1e9 }'
}

# fill SERVER: its queue has all messages, nothing runs; the queue is that of job relay
fill() {
	D=$W/$1.accept
	bench_start "$1" "$D"
	bench_load "$D" -n "$QUEUE" -c 50 -m 100 -s "$SIZE"
	begin=$(bench_now)
	bench_stop "$D"
	[ "$1" = angarium ] && echo "  angarium, a clean stop with $QUEUE messages: $(seconds "$begin") s"
	rm -rf "$W/$1.relay/queue"
	mv "$D/queue" "$W/$1.relay/queue"
	# what was held is as if it had just come
	[ "$1" = postfix ] && mv "$W/$1.relay/queue/hold" "$W/$1.relay/queue/incoming.new" &&
	    rmdir "$W/$1.relay/queue/incoming" && mv "$W/$1.relay/queue/incoming.new" "$W/$1.relay/queue/incoming" &&
	    mkdir -m 700 "$W/$1.relay/queue/hold" && chown 61001 "$W/$1.relay/queue/hold"
	:
}

# how long until the queue is listed; the last line has their number
list() {
	begin=$(bench_now)
	last=$($OBJ/sendmail/sendmail -C "$W/angarium.accept/sendmail.cf" -bp | tail -1)
	echo "  angarium, mailq | tail -1, $1: $(seconds "$begin") s ($last)"
}

# drain SERVER: a daemon is started, one message is sent at once, and the queue goes to the sink
drain() {
	D=$W/$1.relay
	before=$(bench_counted)
	begin=$(bench_now)
	BENCH_NO_WAIT=yes bench_start "$1" "$D"
	bench_load "$D" -n 1 -c 1 -m 1 -s "$SIZE" -w 20000
	echo "  $1, a first message accepted after the start: $(seconds "$begin") s"
	bench_relayed "$before" $((QUEUE + 1))
	end=$(bench_now)
	bench_stop "$D"
	echo "$(((end - begin) / 1000)) $cpu" | awk -v n="$QUEUE" -v s="$1" '{ printf "  %s, draining: %.0f messages/s, %.3f ms of processor a message\n", s, n * 1e6 / $1, $2 * 1000 / n }'
}

echo "a queue of $QUEUE messages of $SIZE octets"
for s in angarium $(peers); do
	for j in accept relay; do
		bench_prepare "$s" "$j"
	done
	fill "$s"
	if [ "$s" = angarium ]; then
		D=$W/angarium.accept
		mv "$W/angarium.relay/queue" "$D/queue"
		list "no daemon runs"
		begin=$(bench_now)
		BENCH_NO_WAIT=yes BENCH_RUN_QUEUE=no bench_start angarium "$D"
		bench_load "$D" -n 1 -c 1 -m 1 -s "$SIZE" -w 20000
		echo "  angarium, a first message accepted after the start, no queue runs: $(seconds "$begin") s"
		list "daemon runs"
		python3 "$TOP/test/bench/memory.py" "$running" "  angarium, memory of all roles"
		bench_stop "$D"
		rm -rf "$W/angarium.relay/queue"
		mv "$D/queue" "$W/angarium.relay/queue"
	fi
	drain "$s"
done
