#!/usr/bin/env python3
"""A message whose try goes on for long holds its segment: when the journal has no other room it gets files meanwhile, and is delivered once."""
import os
import sys
import threading
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink

hold = threading.Event()


class Late(str):
    """A reply that comes when it may."""

    def startswith(self, *a):
        hold.wait(90)
        return super().startswith(*a)


sink = Sink()
sink.rules = [(r"RCPT To:<stuck", Late("250 2.1.5 ok"))]
m = Mta(smart_host=sink, mc="define(`confJOURNAL_SEGMENT_SIZE', `262144')\ndefine(`confJOURNAL_SEGMENTS', `4')\ndefine(`confMIN_QUEUE_AGE', `0')\n")
m.start()
ok(m.await_log("spool: the journal takes messages"), "there is room for mail")
m.send("a@client.test", ["stuck@there.test"], "Subject: stuck\n\nx\n")


def files():
    """Texts of queue files; on a busy machine others are not delivered yet, and move, too."""
    out = []
    for f in os.listdir(m.path("queue")):
        try:
            if f.startswith("qf"):
                out.append(open(m.path("queue/" + f), encoding="latin-1").read())
        except FileNotFoundError:
            pass
    return out


end = time.monotonic() + 60
sent = 0
s = m.smtp()
while not any("stuck" in f for f in files()) and time.monotonic() < end:
    s.sendmail("a@client.test", ["n%d@there.test" % sent], "Subject: %d\r\n\r\n%s" % (sent, "x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * 200))
    sent += 1
s.quit()
ok(len(files()) >= 1, "what stands in the way gets files (after %d others)" % sent)
ok(any("stuck" in f for f in files()), "the one whose try goes on")
ok(len([f for f in os.listdir(m.path("queue")) if f.startswith("journal.0")]) <= 4, "and there are no more segments than allowed")
hold.set()
ok(m.await_queue(0), "all are delivered")
got = [r for g in sink.messages for r in g.rcpts]
eq((len(got), len(set(got)), "stuck@there.test" in got), (sent + 1, sent + 1, True), "once")
m.stop()
done_testing()
