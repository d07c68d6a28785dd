# queue.sh - a long queue: filling it once, starting with it, draining it to the sink.  Sourced after common.sh and peer.sh.
#
# What queue_fill made is $W/SERVER.full; each round works on a copy of it.

# seconds FROM: since that moment
seconds() {
	echo "$(($(bench_now) - $1))" | awk '{ printf "%.2f", $1 / 1e9 }'
}

# queue_fill SERVER COUNT: its queue has so many messages
queue_fill() {
	D=$W/$1.accept
	bench_empty "$1" "$D"
	BENCH_SETTLE=0 bench_start "$1" "$D"
	bench_load "$D" -n "$2" -c 50 -m 100 -s "$SIZE"
	begin=$(bench_now)
	bench_stop "$D"
	[ "$1" = angarium ] && echo "  angarium, a clean stop with $2 messages: $(seconds "$begin") s"
	rm -rf "$W/$1.full"
	mv "$D/queue" "$W/$1.full"
	# what was held is as if it had just come
	[ "$1" = postfix ] && mv "$W/$1.full/hold" "$W/$1.full/incoming.new" &&
	    rmdir "$W/$1.full/incoming" && mv "$W/$1.full/incoming.new" "$W/$1.full/incoming" &&
	    mkdir -m 700 "$W/$1.full/hold" && chown 61001 "$W/$1.full/hold"
	:
}

# queue_take SERVER JOB: that folder has a copy of the full queue; what was written before is on the disk
queue_take() {
	rm -rf "$W/$1.$2/queue"
	cp -a "$W/$1.full" "$W/$1.$2/queue"
	sync
}

# queue_drain SERVER COUNT: prints "seconds cpu-seconds seconds-until-the-first-was-accepted": a daemon is started, one message is sent at once,
# and the queue goes to the sink
queue_drain() {
	D=$W/$1.relay
	queue_take "$1" relay
	before=$(bench_counted)
	begin=$(bench_now)
	BENCH_NO_WAIT=yes bench_start "$1" "$D"
	bench_load "$D" -n 1 -c 1 -m 1 -s "$SIZE" -w 20000
	first=$(seconds "$begin")
	bench_relayed "$before" $(($2 + 1))
	end=$(bench_now)
	bench_stop "$D"
	rm -rf "$D/queue"
	echo "$(((end - begin) / 1000)) $cpu $first" | awk '{ printf "%.3f %.3f %s\n", $1 / 1e6, $2, $3 }'
}

# queue_list WHEN: how long until the queue is listed; the last line has their number
queue_list() {
	begin=$(bench_now)
	last=$($OBJ/sendmail/sendmail -C "$W/angarium.accept/sendmail.cf" -bp | tail -1)
	echo "  angarium, mailq | tail -1, $1: $(seconds "$begin") s ($last)"
}

# queue_starts ROUND: ours with the full queue, nothing is delivered
queue_starts() {
	D=$W/angarium.accept
	queue_take angarium accept
	[ "$1" != 1 ] || queue_list "no daemon runs"
	begin=$(bench_now)
	BENCH_NO_WAIT=yes BENCH_RUN_QUEUE=no bench_start angarium "$D"
	bench_load "$D" -n 1 -c 1 -m 1 -s "$SIZE" -w 20000
	seconds "$begin" >>"$W/first"
	echo >>"$W/first"
	if [ "$1" = 1 ]; then
		queue_list "daemon runs"
		python3 "$TOP/test/bench/memory.py" "$running" "  angarium, memory of all roles"
	fi
	bench_stop "$D"
}
