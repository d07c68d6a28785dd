#!/usr/bin/env python3
"""Requests for memory fail, one after the other, in each role: nothing acknowledged is lost, answers are 4xx, and work goes on in the same spool role."""
import os
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Sink
from fault import *

# roles, and at how many of their requests one fails (all: check-long)
ROLES = (("spool", 400), ("route", 60), ("client", 60), ("local", 40), ("smtpd", 80), ("gate", 40), ("lookup", 40), ("resolver", 20),
         ("log", 20), ("auth", 10), ("keys", 10), ("parent", 40))
rnd = rng()
sink = Sink()
sink.rules = [(r"RCPT To:<later", "450 4.2.0 later")]
m = Faulty(smart_host=sink, mc="define(`confJOURNAL_SEGMENT_SIZE', `262144')\ndefine(`confJOURNAL_SEGMENTS', `6')\n"
           "define(`confMIN_QUEUE_AGE', `0')\n", aliases="list: l1@there.test, later2@there.test\n")
m.start()
t = Traffic(m, sink)
answers, stuck, asleep, slow, fired = {}, [], [], [], {}


def work():
    return [t.one("small", 500, ["ann@here.test"]), t.one("small", 500), t.one("large", 100000), t.one("later", 2000),
            t.one("list", 900, ["list@here.test"], rcpts=2)]


work()
points = []
for role, most in ROLES:
    m.plan_memory(role, 0)
    work()
    await_calm(m.memory)
    usual = m.memory()
    if not everything():
        most = max(1, most // 10)
    chosen = range(1, usual + 1) if usual <= most else rnd.sample(range(1, usual + 1), most)
    points += [(role, k, rnd.choice((1, 1, 1, 5, 50))) for k in chosen]
    diag("%s: %d requests for memory in five messages" % (role, usual))
if not any(role == "spool" for role, _, _ in points):
    skip("memory", "this build gives memory in a way of its own (a sanitizer): none can be refused")
    m.stop()
    done_testing()
    sys.exit()
for role, k, many in points:
    m.plan_memory(role, k, many)
    start = time.monotonic()
    codes = work()
    await_calm(m.memory)
    if time.monotonic() - start > 20:
        slow.append("%s %d (%d): %r in %d s" % (role, k, many, codes, time.monotonic() - start))
        diag("slow: " + slow[-1])
    if m.fired():
        fired[role] = fired.get(role, 0) + 1
    m.plan()
    for c in codes:
        answers[c] = answers.get(c, 0) + 1
    bad = [c for c in codes if c and c != 250 and not 400 <= c < 500]
    if bad:
        ok(False, "%s, request %d (%d in a row): the answer is 4xx" % (role, k, many))
        diag(repr(codes))
    if m.process.poll() is not None:
        ok(False, "%s, request %d (%d in a row): the daemon goes on" % (role, k, many))
        diag(m.log()[-1500:])
        m.start()
    if not go_on(m, t):
        stuck.append((role, k, many))
        break
    if not t.await_arrival(90):		# accepted, but does anything leave the house?  Workers that died before their first answer are forked up to half a minute later
        asleep.append("%s %d (%d)" % (role, k, many))
        ok(False, "%s, request %d (%d in a row): what was accepted is delivered" % (role, k, many))
        show_queue(m, 2)
        if os.environ.get("STOPHERE"):
            time.sleep(100000)
        m.kill()
        m.start()
m.plan_memory("-", 0)
ok(not stuck, "work goes on after each of %d points; reached: %s" % (len(points), ", ".join("%s %d" % x for x in sorted(fired.items()))))
for p in stuck:
    diag("not after %s %d (%d)" % p)
    diag(m.log()[-3000:])
ok(sum(fired.values()) > len(points) // 3, "requests did fail")
ended = len([line for line in m.log().splitlines() if "role spool" in line and "ended: exit code" in line])
ok(ended == 0, "the spool role has a reserve: it never ended for lack of memory")
diag("it ended %d times" % ended)
diag("answers: " + ", ".join("%s %d times" % x for x in sorted(answers.items())))
sink.rules = []
if not ok(settle(m), "the queue gets empty"):
    show_queue(m)
got, whole = t.arrived()
ok(whole, "what arrived is whole")
missing = t.missing()
ok(not missing, "every acknowledged message arrived, with all its recipients (%d)" % len(t.acked))
if missing:
    diag("missing: " + " ".join(missing[:40]))
    for name in missing[:3]:
        diag("\n".join([line for line in m.log().splitlines() if name + "@" in line][:10]))
diag("%d arrived, %d deliveries more than once" % (len(got), t.twice()))
none_aside(m)
if os.environ.get("KEEPLOG"): open(os.environ["KEEPLOG"], "w").write(m.log())
m.stop()
done_testing()
