#!/usr/bin/env python3
"""A long journal is read after a start while mail is taken, and all is killed in the middle of it, again and again: everything acknowledged arrives, once."""
import os
import smtplib
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink
from fault import everything, rng, settle

rnd = rng()
sink = Sink()
m = Mta(smart_host=sink, args=(), mc="define(`confDELIVERY_MODE', `queueonly')\ndefine(`confMIN_QUEUE_AGE', `0')\n"
        "define(`confJOURNAL_SEGMENT_SIZE', `262144')\ndefine(`confJOURNAL_SEGMENTS', `32')\n")
acked, tried = set(), 0


def send(many, patience=30):
    """Until that many are acknowledged, or the connection ends."""
    global tried
    end = time.monotonic() + patience
    while time.monotonic() < end:
        try:
            s = smtplib.SMTP("127.0.0.1", m.port, local_hostname="client.test", timeout=30)
            break
        except (OSError, smtplib.SMTPException):
            time.sleep(0.002)
    for _ in range(many):
        tried += 1
        name = "m%d" % tried
        s.sendmail("a@client.test", [name + "@there.test"], "Subject: %s\r\n\r\n%s" % (name, ("x" * 70 + "\r\n") * rnd.choice((1, 30, 60, 400))))
        acked.add(name)
    s.close()


m.start()
send(300)
m.kill()
segments = len([f for f in os.listdir(m.path("queue")) if f.startswith("journal.0")])
ok(segments >= 5, "a journal of several segments (%d)" % segments)
before = len(acked)
for _ in range(40 if everything() else 6):
    m.start()
    send(1 + rnd.randrange(3))
    time.sleep(rnd.choice((0, 0, 0.002, 0.01)))
    m.kill()
ok(len(acked) > before, "mail is taken after each start (%d)" % (len(acked) - before))
m.start()
m.stop()				# a clean stop in the middle: some of it are files then
ok(m.queue() or os.path.exists(m.path("queue/journal.001")), "the queue is there after a clean stop")
m.args = ["-q1h"]
m.start()
send(3)
ok(settle(m, 120), "the queue gets empty")
got = [r.split("@")[0] for g in sink.messages for r in g.rcpts]
ok(acked <= set(got), "every acknowledged message arrived (%d)" % len(acked))
eq(len(got), len(set(got)), "and none of them twice")
m.stop()
done_testing()
