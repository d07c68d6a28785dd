#!/usr/bin/env python3
"""Two daemons on one queue directory: every message arrives once, and when the one with the journal dies the other takes over what it owed."""
import os
import sys
import threading
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap
from tap import *
from mta import Mta, Sink
from fault import Traffic


class Second(Mta):
    """Another daemon with the first one's files, on a port of its own."""

    def __init__(self, m):
        self.__dict__.update(m.__dict__)
        self.port, self.process, self.first = tap.port(), None, m
        os.mkdir(self.path("second"))
        with open(m.cf) as f:
            text = f.read().replace("Port=%d" % m.port, "Port=%d" % self.port).replace(m.path("run/pid"), m.path("run/pid2"))
        self.write("second.cf", text)
        self.cf = self.path("second.cf")

    def path(self, name):
        return super().path("second/log" if name == "log" else name)


sink = Sink()
sink.rules = [(r"RCPT To:<later", "450 4.2.0 later")]
m = Mta(smart_host=sink, args=("-q1s",), mc="define(`confMIN_QUEUE_AGE', `0')\ndefine(`confJOURNAL_SEGMENT_SIZE', `262144')\n",
        aliases="list: l1@there.test, later2@there.test\n")
m.start()
two = Second(m)
two.start()
traffic = [Traffic(x, sink) for x in (m, m, two, two)]
stop = threading.Event()


def work(t, letter):
    while not stop.is_set():
        t.one(letter + "small", 500)
        t.one(letter + "later", 900)
        t.one(letter + "list", 900, ["list@here.test"], rcpts=2)
        t.one(letter + "large", 100000)


def acked():
    return {name: k for t in traffic for name, k in t.acked.items()}


def more(n):
    end, n = time.monotonic() + 30, len(acked()) + n
    while len(acked()) < n and time.monotonic() < end:
        time.sleep(0.02)


def got():
    out = {}
    for g in list(sink.messages):
        out.setdefault(g.data.split(b"Subject: <", 1)[1].split(b">")[0].decode(), []).extend(g.rcpts)
    return out


def empty():
    end = time.monotonic() + 60
    while m.waiting() and time.monotonic() < end:
        m.command("-q")
        time.sleep(0.1)
    return m.waiting() == 0


threads = [threading.Thread(target=work, args=(t, c)) for t, c in zip(traffic, "abcd")]
for t in threads:
    t.start()
for rules in (sink.rules, [], sink.rules, []):
    sink.rules = rules
    more(60)
stop.set()
for t in threads:
    t.join()
ok(empty(), "both take mail, and the queue gets empty")
have = got()
missing = [name for name, k in acked().items() if len(set(have.get(name, ()))) < k]
ok(not missing, "every message arrived (%d)" % len(acked()))
twice = [name for name, v in have.items() if len(v) > len(set(v))]
ok(not twice, "none of them twice")
for name in (missing + twice)[:3]:
    diag("\n".join(line for line in (m.log() + two.log()).splitlines() if name in line))

sink.rules = [("CONNECT", "421 4.3.2 not now")]
waits = Traffic(m, sink)
for _ in range(10):
    waits.one("owed", 500)
m.kill()
more_ = Traffic(two, sink)
for _ in range(10):
    more_.one("other", 500)
sink.rules = []
end = time.monotonic() + 60
while (waits.missing() or more_.missing()) and time.monotonic() < end:
    two.command("-q")
    time.sleep(0.1)
eq((len(waits.acked), waits.missing()), (10, []), "what a daemon owed that died is delivered by the other")
eq((len(more_.acked), more_.missing()), (10, []), "with its own")
m.start()
ok(Traffic(m, sink).one("again", 500) == 250, "the first is back")
ok(empty() and not m.queue("Qf"), "nothing is left, nothing set aside")
m.stop()
two.stop()
done_testing()
