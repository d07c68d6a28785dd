#!/usr/bin/env python3
"""Ten thousand recipients: each gets the message once; what is delivered quickly makes no files; what is put off is written down, and goes later."""
import collections
import os
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink

N = 10000
sink = Sink()
m = Mta(smart_host=sink, mc="define(`confMAX_RCPTS_PER_MESSAGE', `0')\ndefine(`confMIN_QUEUE_AGE', `0')\n")
m.start()
deadline = time.monotonic() + 20
while not os.path.exists(m.path("queue/journal.001")) and time.monotonic() < deadline:
    time.sleep(0.05)


def mass(prefix, count):
    s = m.smtp()
    s.ehlo()
    s.mail("a@client.test")
    for i in range(count):
        s.docmd("RCPT", "TO:<%s%d@d%d.test>" % (prefix, i, i % 50))
    code = s.data(b"Subject: many\r\n\r\nx\r\n")[0]
    s.quit()
    return code


def arrived(prefix, count):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        got = [r for g in sink.messages for r in g.rcpts if r.startswith(prefix)]
        if len(got) >= count and m.waiting() == 0:
            break
        time.sleep(0.1)
    return collections.Counter(got)


eq(mass("u", N), 250, "a message to %d is taken" % N)
got = arrived("u", N)
eq((len(got), set(got.values())), (N, {1}), "each of them gets it once")
ok("role spool (pid" not in m.log(), "and no role ended over it")
sink.rules = [(r"RCPT To:<v\d*7@", "450 4.2.0 later")]
eq(mass("v", 2000), 250, "another, of whom a tenth is put off")
text = m.await_qf(r"(?m)^N1$")
eq(text.count("@d") // 2, 200, "they stand in the queue file, and nobody else")
sink.rules = []
m.command("-q")
got = arrived("v", 2000)
eq((len(got), set(got.values())), (2000, {1}), "each of these gets it once, too")
m.stop()
done_testing()
