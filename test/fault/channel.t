#!/usr/bin/env python3
"""Reading from a neighbour fails once on each channel of the spool role, then on those of every other role: roles that live on are joined again, and mail
flows without a restart; so it does when gate or smtpd die in the middle of a session."""
import os
import re
import smtplib
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Sink
from fault import *

rnd = rng()
sink = Sink()
m = Faulty(smart_host=sink, mc="define(`confMIN_QUEUE_AGE', `0')\n")
m.start()
t = Traffic(m, sink)


def work():
    for _ in range(3):
        t.one("small", 500)


def calm():
    return t.await_arrival() and await_calm(m.counts, 3, 0.05)


work()
calm()
m.plan()
work()
calm()
usual = m.counts()["recvmsg"]
chosen = range(1, usual + 1) if everything() else sorted(rnd.sample(range(1, usual + 1), 4))
fired, stuck = 0, []
for k in chosen:
    m.plan("recvmsg", "EIO", k)
    work()
    fired += m.fired()
    m.plan()
    if not go_on(m, t, False) or not t.await_arrival():
        stuck.append(k)
        show_queue(m)
        break
ok(not stuck, "mail flows after each of %d breaks at the spool" % len(chosen))
NEVER = 1 << 40
for role in ("gate", "smtpd", "route", "client", "local", "lookup", "resolver"):
    m.plan("recvmsg", "EIO", NEVER, role)
    work()
    calm()
    usual = m.counts()["recvmsg"]
    broke = 0
    for k in range(1, usual + 1) if everything() else sorted(rnd.sample(range(1, usual + 1), min(usual, 4 if role in ("gate", "smtpd") else 2))):
        m.plan("recvmsg", "EIO", k, role)
        try:
            with m.smtp() as s:			# a session that is there already
                s.docmd("EHLO client.test")
                work()
                s.docmd("NOOP")
        except (OSError, smtplib.SMTPException):
            work()
        for _ in range(10):			# several frames may have come in one read: until there were k of them
            if m.fired():
                break
            work()
        broke += m.fired()
        m.plan()
        if not go_on(m, t, False) or not t.await_arrival():
            stuck.append((role, k))
            show_queue(m)
            break
    fired += broke
    ok(not stuck and (broke or usual < 3), "mail flows after %d breaks at %s (it reads %d times)" % (broke, role, usual))
ok(fired > 0, "there were some: %d" % fired)
ok(settle(m), "the queue gets empty")
ok(not t.missing(), "every acknowledged message arrived (%d)" % len(t.acked))
diag(", ".join(sorted(set(re.findall(r"roles \w+ and \w+ lost each other", m.log())))))
none_aside(m)
m.stop()
done_testing()
