#!/usr/bin/env python3
"""kill -9 of a role at the very moment of a log line, each role at each kind of line: what was acknowledged arrives, nothing is set aside."""
import os
import re
import signal
import sys
import threading
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink
from fault import *

ROLES = ("spool", "sync", "route", "client", "local", "smtpd", "gate", "lookup", "resolver", "log", "parent")
LINES = {"from": r"from=<a@", "sent": r"stat=Sent", "deferred": r"stat=Deferred", "local": r"to=<?ann.*stat=Sent", "alias": r"alias list", "clone": r"clone: owner",
         "failed": r"dsn=5", "dsn": r": DSN: ", "done": r"done; delay"}
rnd = rng()
sink = Sink()
RULES = [(r"RCPT To:<later", "450 4.2.0 later"), (r"RCPT To:<bad", "550 5.1.1 no")]
m = Mta(smart_host=sink, args=("-q1s",), mc="define(`confMIN_QUEUE_AGE', `0')\ndefine(`confLOG_LEVEL', `14')\ndefine(`confJOURNAL_SEGMENT_SIZE', `262144')\n",
        aliases="list: l1@there.test, later2@there.test\nowned: o1@there.test, bad2@there.test\nowner-owned: ann@here.test\n")
m.start()
t = Traffic(m, sink)


class Killer(threading.Thread):
    """Follows the log; at the first line of that kind everything with that title dies."""

    def __init__(self, role, line):
        super().__init__(daemon=True)
        self.role, self.line, self.at, self.killed, self.stop = role, re.compile(line.encode()), os.path.getsize(m.path("log")), 0, False
        self.victims = [m.process.pid] if role == "parent" else [p for p in m.children() if self.mine(p)]

    def mine(self, p):
        try:
            with open("/proc/%d/cmdline" % p, "rb") as f:
                return self.role.encode() in f.read().replace(b"\0", b" ").split(b".cf")[-1]
        except OSError:
            return False

    def run(self):
        with open(m.path("log"), "rb") as f:
            f.seek(self.at)
            while not self.stop:
                if not self.line.search(f.read()):
                    time.sleep(0.0005)
                    continue
                for p in self.victims:
                    try:
                        os.kill(p, signal.SIGKILL)
                        self.killed += 1
                    except ProcessLookupError:
                        pass
                return


def work():
    for kind, to, n in (("small", None, 1), ("ann", ["ann@here.test"], 1), ("list", ["list@here.test"], 2), ("later", None, 1), ("large", None, 1)):
        t.one(kind, 100000 if kind == "large" else 600, to, n)
    t.one("owned", 500, ["owned@here.test"], 1)
    t.one("bad", 500, ["bad@there.test"], 0)


points = [(r, x) for r in ROLES for x in LINES]
chosen = points if everything() else rnd.sample(points, 8)
hit, stuck = 0, []
for role, kind in chosen:
    sink.rules = RULES
    k = Killer(role, LINES[kind])
    k.start()
    work()
    sink.rules = RULES[1:]
    end = time.monotonic() + 1
    while not k.killed and time.monotonic() < end:
        time.sleep(0.01)
    k.stop = True
    k.join()
    hit += k.killed > 0
    if role == "parent" and k.killed:
        m.process.wait(30)
        m.start()
    if not go_on(m, t, seconds=40):
        stuck.append((role, kind))
    elif not t.await_arrival(3):		# the parent waits longer after each of many ends in a row
        m.kill()
        m.start()
        if t.await_arrival(60):
            continue
        stuck.append((role, kind))
        show_queue(m)
        break
ok(not stuck, "work goes on after each of %d kills; %d came about %s" % (len(chosen), hit, stuck))
sink.rules = RULES[1:]
if not ok(settle(m), "the queue gets empty"):
    show_queue(m)
missing = t.missing()
ok(not missing, "every acknowledged message arrived (%d), %d deliveries more than once" % (len(t.acked), t.twice()))
for name in missing[:3]:
    diag(name + "\n" + "\n".join([line for line in m.log().splitlines() if name + "@" in line][:10]))
none_aside(m)
m.stop()
done_testing()
