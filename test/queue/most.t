#!/usr/bin/env python3
"""As many recipients as a message may have, by SMTP and in another system's queue file, who all fail: each is reported once, in reports of a bounded size, and nothing stays."""
import collections
import os
import smtplib
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink

LONG = "x" * 60
sink = Sink()
sink.rules = [("RCPT", "550 5.1.1 nobody of that name is here, nor was there ever one")]
m = Mta(smart_host=sink, mc="define(`confMAX_RCPTS_PER_MESSAGE', `0')\ndefine(`confMIN_QUEUE_AGE', `0')\n",
        mc_end="LOCAL_RULE_0\nR$* < @ $+ . gone . test . > $*\t$#error $@ 5.1.2 $: 550 nobody goes there any more\n")


def reports(box, what):
    """When nothing waits any more: who was reported to that mailbox, in how many reports."""
    ok(until(lambda: m.mail(box) and m.waiting() == 0, 120), what + ": nothing stays in the queue")
    texts = m.mail(box)
    told = collections.Counter(line for text in texts for line in text.split("\n") if line.startswith("Final-Recipient: "))
    eq(set(told.values()), {1}, "each who failed is reported once")
    ok(all(len(t) < 32 << 20 for t in texts), "in reports of a bounded size: %d" % len(texts))
    return len(told), len(texts)


m.start()
s = smtplib.SMTP("127.0.0.1", m.port, timeout=60)
s.ehlo("x")
s.mail("bob@here.test")
taken, code = 0, 250
while code == 250 and taken < 100000:
    s.send(b"".join(b"RCPT TO:<user%06d@%s.far.test>\r\n" % (taken + i, LONG.encode()) for i in range(200)))
    for i in range(200):
        code, text = s.getreply()
        taken += code == 250
eq((code, text[:5]), (452, b"4.5.3"), "an envelope is full at last: %d recipients" % taken)
ok(taken > 20000, "which are many")
eq(s.data(b"Subject: x\r\n\r\nx\r\n")[0], 250, "and it is taken")
s.quit()
told, n = reports("bob", "by SMTP")
eq((told, n > 1), (taken, True), "nobody is left out")
m.stop()

COUNT = 90000
with open(m.path("queue/df6AMmost000001"), "w") as f:
    f.write("x\n")
with open(m.path("queue/qf6AMmost000001"), "w") as f:
    f.write("V8\nT%d\nK0\nN0\nP30000\nI254/0/77\nF8\nS<ann@here.test>\n" % time.time())
    f.writelines("RPFD:<user%06d@%s.gone.test>\n" % (i, LONG) for i in range(COUNT))
    f.write("H??Subject: x\n.\n")
os.chmod(m.path("queue/qf6AMmost000001"), 0o600)
m.start()
m.command("-q")
told, n = reports("ann", "in another system's queue file of %d" % COUNT)
eq((told, n > 4), (COUNT, True), "nobody is left out")
log = m.log()
ok(not any(x in log for x in ("out of memory", "put back into the queue", "too long: ended")), "no role had troubles with it")
m.stop()
done_testing()
