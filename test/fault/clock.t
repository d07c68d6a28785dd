#!/usr/bin/env python3
"""The clock jumps a day ahead, and back: what waits is tried at its usual pace, arrives once, and nobody is told anything twice."""
import os
import re
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Sink
from fault import *

sink = Sink()
LATER = [(r"RCPT To:<later", "450 4.2.0 later")]
sink.rules = LATER
m = Faulty(smart_host=sink, args=("-q1s",), mc="define(`confMIN_QUEUE_AGE', `0')\n")
m.start()
t = Traffic(m, sink)


def tries():
    return len(re.findall(r"to=<later\d+@there.test>.*stat=Deferred", m.log()))


def pace(what):
    """All five are tried three times more, one run after the other."""
    n, begin = tries(), time.monotonic()
    ok(until(lambda: tries() >= n + 15), "%s: what waits is tried" % what)
    runs = time.monotonic() - begin + 2
    ok(tries() - n <= 5 * runs, "%s: at its pace: %d tries in %.1f s" % (what, tries() - n, runs - 2))
    ok(t.one("small", 500) == 250 and t.await_arrival(), "%s: new mail is delivered" % what)


for _ in range(5):
    t.one("later", 900)
until(lambda: tries() >= 10)
m.set_clock(86400)
pace("a day ahead")
m.set_clock(0)
pace("a day back")
m.set_clock(86400)
pace("ahead again")
until(lambda: m.log().count(": done; ") >= 3)	# what has come is marked as done
m.kill()
m.set_clock(0)
m.start()
pace("back, with another daemon")
m.set_clock(-86400)
pace("a day behind")
m.set_clock(0)
sink.rules = []
ok(until(lambda: not t.missing()), "everything arrives")
ok(until(lambda: m.waiting() == 0), "the queue gets empty")
got = [g.rcpts[0] for g in sink.messages if b"Subject: <" in g.data[:2000] and g.rcpts[0].endswith("@there.test")]
eq(len(got), len(set(got)), "nothing came twice")
warned = [x for g in sink.messages if g.rcpts == ["a@client.test"] for x in re.findall(rb"later\d+@there.test", g.data.split(b"\n\n")[0])]
reports = len([g for g in sink.messages if g.rcpts == ["a@client.test"]])
ok(reports <= 5, "at most one warning for each that waited (%d)" % reports)
none_aside(m)
m.stop()
done_testing()
