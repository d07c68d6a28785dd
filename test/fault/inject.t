#!/usr/bin/env python3
"""Each call of the spool to the system fails once, breaks off, or is its process's last: whatever got its 250 arrives, and work goes on."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Sink
from fault import *

rnd = rng()
sink = Sink()
sink.rules = [(r"RCPT To:<later", "450 4.2.0 later")]
m = Faulty(smart_host=sink, mc="define(`confJOURNAL_SEGMENT_SIZE', `262144')\ndefine(`confJOURNAL_SEGMENTS', `6')\n"
           "define(`confMIN_QUEUE_AGE', `0')\n")
m.start()
t = Traffic(m, sink)
answers, stuck = {}, []


def work():
    return [t.one("small", 500), t.one("large", 100000), t.one("later", 2000), t.one("later", 100000)]


work()
await_calm(m.counts, 1, 0.06)
m.plan()
work()
await_calm(m.counts, 1, 0.06)
usual = m.counts()
diag("calls for four messages: " + ", ".join("%s %d" % (c, usual[c]) for c in CALLS if usual[c]))
points = [(c, a, k) for c in CALLS for k in range(1, usual[c] + 1) for a in ACTIONS
          if not (a == "short" and c not in ("write", "pwrite")) and not (c == "recvmsg" and a not in ("EIO", "kill"))]
points += [("openat", "EIO", usual["openat"] + 3), ("pwrite", "ENOSPC", usual["pwrite"] + 5)]
chosen = points if everything() else rnd.sample(points, max(1, len(points) // 10))
fired = 0
for call, action, nth in chosen:
    m.plan(call, action, nth)
    codes = work()
    await_calm(m.counts, 1, 0.06)
    hit = m.fired()
    fired += hit
    m.plan()
    for c in codes:
        answers[c] = answers.get(c, 0) + 1
    bad = [c for c in codes if c and c != 250 and not 400 <= c < 500]
    if bad:
        ok(False, "%s %s %d: the answer is 4xx" % (call, action, nth))
        diag(repr(codes))
    if not go_on(m, t, action.startswith("kill")) or not t.await_arrival():
        stuck.append((call, action, nth))
        break
ok(not stuck, "work goes on after each of %d points, %d of them reached" % (len(chosen), fired))
for p in stuck:
    diag("not after %s %s %d" % p)
    diag(m.log()[-3000:])
ok(fired > len(chosen) // 3, "calls did fail")
diag("answers: " + ", ".join("%s %d times" % x for x in sorted(answers.items())))
sink.rules = []
if not ok(settle(m), "the queue gets empty"):
    show_queue(m)
got, whole = t.arrived()
missing = t.missing()
ok(not missing, "every acknowledged message arrived (%d)" % len(t.acked))
if missing:
    diag("missing: " + " ".join(missing[:40]))
    diag(" ".join(os.listdir(m.path("queue"))))
    for name in missing[:3]:
        diag("\n".join([line for line in m.log().splitlines() if name + "@" in line][:10]))
diag("%d arrived, %d deliveries more than once" % (len(got), t.twice()))
ok(whole, "and whole")
none_aside(m)
m.stop()
done_testing()
