#!/usr/bin/env python3
"""kill -9 of a role, or of all, at random moments under load: whatever was acknowledged arrives.  ANGARIUM_FAULTS=all makes it 100 rounds."""
import os
import random
import signal
import smtplib
import sys
import threading
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink
from fault import everything, rng, settle

rnd = rng()
sink = Sink()
sink.rules = [(r"RCPT To:<later", "450 4.2.0 later")]
m = Mta(smart_host=sink, args=("-q1h",), mc="define(`confMIN_QUEUE_AGE', `0')\ndefine(`confJOURNAL_SEGMENT_SIZE', `262144')\n"
        "define(`confJOURNAL_SEGMENTS', `8')\n")
acked, stop, lock = set(), threading.Event(), threading.Lock()


def sender(n):
    own, i = random.Random(n), 0
    while not stop.is_set():
        try:
            s = smtplib.SMTP("127.0.0.1", m.port, local_hostname="client.test", timeout=60)
            for _ in range(own.randrange(1, 6)):
                i += 1
                name = "%s%d.%d" % ("later" if i % 10 == 7 else "m", n, i)
                size = own.choice((10, 1000, 1000, 30000, 100000))
                s.sendmail("a@client.test", [name + "@there.test"], "Subject: %s\r\n\r\n%s" % (name, ("x" * 70 + "\r\n") * (size // 72)))
                with lock:
                    acked.add(name)
                time.sleep(own.random() * 0.02)
            s.quit()
        except (OSError, smtplib.SMTPException):
            time.sleep(0.02)


def victims(name):
    out = []
    for p in m.children():
        try:
            with open("/proc/%d/cmdline" % p, "rb") as f:
                if name in f.read().decode("latin-1"):
                    out.append(p)
        except OSError:
            pass
    return out


m.start()
threads = [threading.Thread(target=sender, args=(n,), daemon=True) for n in range(3)]
for t in threads:
    t.start()
done = {}
for round_ in range(100 if everything() else 6):
    n, end = len(acked) + rnd.randrange(3, 12), time.monotonic() + 20
    while len(acked) < n and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(rnd.random() * 0.1)
    who = rnd.choice(("all", "all", "spool", "spool", "sync of the journal", "segments of the journal", "route", "client", "local", "smtpd"))
    done[who] = done.get(who, 0) + 1
    if who == "all":
        m.kill()
        m.start()
        continue
    for p in victims(who):
        try:
            os.kill(p, signal.SIGKILL)
        except ProcessLookupError:
            pass
    if round_ % 5 == 4:			# the parent waits longer after each of many ends in a row
        m.kill()
        m.start()
stop.set()
for t in threads:
    t.join(60)
diag("killed: " + ", ".join("%s %d times" % x for x in sorted(done.items())))
sink.rules = []
ok(settle(m, 120), "the queue gets empty")
got = [r.split("@")[0] for g in sink.messages for r in g.rcpts]
missing = sorted(acked - set(got))
ok(not missing, "every acknowledged message arrived (%d)" % len(acked))
if missing:
    diag("missing: " + " ".join(missing[:40]))
    diag(" ".join(os.listdir(m.path("queue"))))
    for name in missing[:3]:
        diag("\n".join([line for line in m.log().splitlines() if name + "@" in line][:10]))
diag("%d arrived, %d twice" % (len(set(got)), len(got) - len(set(got))))
ok(all(b"\r\n\r\n" in g.data for g in sink.messages), "and whole")
ok(not m.queue("Qf"), "none was set aside")
m.stop()
done_testing()
