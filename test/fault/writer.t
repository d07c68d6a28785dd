#!/usr/bin/env python3
"""The process that writes to disk dies once a message's new qf has its name: other queue runs leave that alone, nobody gets it twice, none is set aside."""
import os
import smtplib
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Sink
from fault import Faulty, settle

sink = Sink()
m = Faulty(smart_host=sink, mc="define(`confMIN_QUEUE_AGE', `0')\n", args=("-q1s",),
           aliases="list: l1@there.test, later2@there.test\n")
m.start()


def got(rcpt, subject):
    return len([g for g in sink.messages if rcpt in g.rcpts and b"Subject: " + subject.encode() + b"\r\n" in g.data])


def waits(n):
    return lambda: m.log().count("trying again") >= n


m.send("a@client.test", ["first@there.test"], "Subject: first\n\nx\n")
until(lambda: any(f.startswith("journal.0") and not f.endswith(".new") for f in os.listdir(m.path("queue"))) and m.waiting() == 0)
m.plan()
for case, first in (("from the journal", False), ("a second time", True)):
    for action in ("kill-after", "kill"):
        subject = "%s-%s" % (action, "file" if first else "journal")
        sink.rules = [(r"RCPT To:<l", "450 4.2.0 later")] if first else [(r"RCPT To:<later", "450 4.2.0 later")]
        n = m.log().count("trying again")
        if first:					# it has a qf already when one of its recipients is delivered to
            m.send("a@client.test", ["list@here.test"], "Subject: %s\n\nx\n" % subject)
            until(lambda: len(m.queue()) == 1)
            sink.rules = [(r"RCPT To:<later", "450 4.2.0 later")]
            m.plan("renameat", action)
        else:
            m.plan("renameat", action)
            m.send("a@client.test", ["list@here.test"], "Subject: %s\n\nx\n" % subject)
        ok(until(waits(n + 1)), "%s, %s: what was delivered could not be written down" % (case, action))
        m.plan()
        sink.rules = []
        for _ in range(3):
            m.command("-q")
        ok(settle(m, 30), "%s, %s: the queue gets empty" % (case, action))
        eq([got(r, subject) for r in ("l1@there.test", "later2@there.test")], [1, 1], "%s, %s: everybody got it once" % (case, action))
ok(not m.queue("Qf"), "none was set aside")
if m.queue("Qf"):
    for q in m.queue("Qf"):
        diag(q + "\n" + "\n".join(line for line in m.log().splitlines() if q[2:] in line))
m.stop()
done_testing()
