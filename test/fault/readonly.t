#!/usr/bin/env python3
"""The queue's file system becomes read-only, or the owner's quota is used up: 4xx and a line in the log, nothing lost, and work again without a restart."""
import os
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Sink
from fault import Faulty, Traffic, settle

sink = Sink()
sink.rules = [(r"RCPT To:<later", "450 4.2.0 later")]
m = Faulty(smart_host=sink, mc="define(`confJOURNAL_SEGMENT_SIZE', `262144')\ndefine(`confJOURNAL_SEGMENTS', `3')\n"
           "define(`confMIN_QUEUE_AGE', `0')\n")
m.start()
traffic = Traffic(m, sink)
one = traffic.one

deadline = time.monotonic() + 20
while not os.path.exists(m.path("queue/journal.001")) and time.monotonic() < deadline:
    time.sleep(0.05)
eq((one("small", 500), one("large", 100000), one("later", 2000)), (250, 250, 250), "mail is taken")
for what, words in (("EROFS", "Read-only file system"), ("EDQUOT", "quota exceeded")):
    at = len(m.log())
    m.plan_state(what)
    codes = [one(kind, size) for kind, size in (("small", 500), ("large", 100000), ("later", 2000), ("small", 30000), ("large", 200000)) * 2]
    m.command("-q")
    ok(m.fired(), what + ": calls did fail")
    ok(all(c == 250 or 400 <= c < 500 for c in codes), "%s: %s" % (what, " ".join(map(str, codes))))
    ok(codes[1] != 250 and (what == "EDQUOT" or codes[0] != 250), "what cannot be kept is not acknowledged")
    like(lambda: m.log()[at:], words, "a line in the log says why")
    ok("role spool (pid" not in m.log()[at:], "no role ends over it")
    m.plan()
    end = time.monotonic() + 40
    while (one("small", 500), one("large", 100000)) != (250, 250) and time.monotonic() < end:
        time.sleep(0.1)
    ok(time.monotonic() < end, "and it goes on when it can")
sink.rules = []
ok(settle(m), "the queue gets empty")
got = [r.split("@")[0] for g in sink.messages for r in g.rcpts]
eq(sorted(set(traffic.acked) - set(got)), [], "every acknowledged message arrived (%d)" % len(traffic.acked))
diag("%d deliveries more than once" % (len(got) - len(set(got))))
ok(not m.queue("Qf"), "none was set aside")
m.stop()
done_testing()
