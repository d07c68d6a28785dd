#!/usr/bin/env python3
"""The power goes: only what was synced is left (and, at random, sectors and names of the rest).  Whatever got its 250 arrives all the same."""
import os
import smtplib
import sys
import threading
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink
from fault import Disk, Faulty, everything, put, rng, settle

rnd = rng()
mc = ("define(`confJOURNAL_SEGMENT_SIZE', `262144')\ndefine(`confJOURNAL_SEGMENTS', `6')\ndefine(`confMIN_QUEUE_AGE', `0')\n")
sink = Sink()
sink.rules = [(r"RCPT To:<later", "450 4.2.0 later")]
m = Faulty(smart_host=sink, mc=mc, args=("-q1s",))
m.log_calls()
m.start()
acked, lock, messages = {}, threading.Lock(), 60


def sender(k):
    s = smtplib.SMTP("127.0.0.1", m.port, local_hostname="client.test", timeout=60)
    for i in range(messages):
        name = "%s%d.%d" % ("later" if i % 7 == 3 else "m", k, i)
        size = 100000 if i % 11 == 5 else rnd.choice((10, 2000, 20000))
        s.sendmail("a@client.test", [name + "@there.test"], "Subject: %s\r\n\r\n%s" % (name, ("x" * 70 + "\r\n") * (size // 72)))
        with lock:
            acked[name] = time.monotonic_ns()
    s.quit()


threads = [threading.Thread(target=sender, args=(k,), daemon=True) for k in range(5)]
for t in threads:
    t.start()
for t in threads:
    t.join(60)
sink.rules = []
time.sleep(1.5)
queue_ino = os.stat(m.path("queue")).st_ino
m.stop()
calls = m.calls()
ok(len(acked) == 5 * messages, "%d messages accepted, %d changes to files written down" % (len(acked), len(calls)))
generations = sum(c.name == "openat" and b"journal." in c.data and b".new" in c.data for c in calls)
diag("%d segments made, %d syncs" % (generations, sum(c.name in ("fsync", "fdatasync") for c in calls)))
m.state.close()

disk = Disk(calls, queue_ino)
for round_ in range(40 if everything() else 3):
    upto = rnd.randrange(len(calls) // 20, len(calls)) if round_ else len(calls) // 2
    when = calls[upto - 1].time
    extra = rnd if round_ % 2 else None
    state = disk.state(upto, extra)
    owed = {n for n, t in acked.items() if t <= when}
    there = {r.split("@")[0] for g in sink.messages if g.at <= when for r in g.rcpts}
    after = Sink()
    again = Mta(smart_host=after, mc=mc, args=("-q1s",))
    put(again.path("queue"), state)
    again.start()
    empty = settle(again, 60)
    got = [r.split("@")[0] for g in after.messages for r in g.rcpts]
    missing = sorted(owed - there - set(got))
    late = [n for n in got if n in there]
    what = "power cut after %d of %d calls%s: %d acknowledged, %d of them owed" % (
        upto, len(calls), ", some of the rest on the disk" if extra else "", len(owed), len(owed - there))
    if not ok(not missing and empty, what):
        diag("missing: " + " ".join(missing[:20]))
        diag(" ".join(sorted("%s:%d" % (k.decode(), len(v)) for k, v in state.items())))
        diag(again.log()[-2000:])
    if late:
        diag("%d arrived twice" % len(late))
    if not all(g.data.endswith(b"x\r\n") or g.data.endswith(b"\r\n\r\n") for g in after.messages):
        ok(False, "a message arrived damaged")
    again.stop()
    after.stop()
done_testing()
