#!/usr/bin/env python3
"""Long content comes in faster than it is delivered: sessions wait for their file, but not for long, and nothing is lost."""
import os
import sys
import threading
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink

sink = Sink()
sink.permits = threading.Semaphore(0)
m = Mta(smart_host=sink, mc="define(`confLOG_LEVEL', `13')\n")
m.start()
LINE = r"spool: more long content comes in than is delivered: sessions wait up to a second for a file"
BODY = "Subject: long\n\n" + "x" * 70 + "\n"
BODY += ("y" * 70 + "\n") * 3000
taken, refused = [], []


def sender(k):
    for i in range(400):
        if re.search(LINE, m.log()):
            break
        try:
            m.send("me@client.test", ["r%d.%d@there.test" % (k, i)], BODY)
            taken.append("r%d.%d@there.test" % (k, i))
        except Exception as e:
            refused.append(repr(e))
            break


def all_send(first):
    threads = [threading.Thread(target=sender, args=(first + k,)) for k in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


all_send(0)
like(m.log, LINE, "a host takes nothing, and mail comes in: who brings more is told to wait")
eq(refused, [], "... and served, though nothing was delivered meanwhile")
LINE = "not this time"
more = len(taken)
for i in range(3):
    m.send("me@client.test", ["more%d@there.test" % i], BODY)
    taken.append("more%d@there.test" % i)
eq(len(taken), more + 3, "the next ones are, too")
sink.permits.release(100000)
got = sink.wait(len(taken))
eq(sorted(r for g in got for r in g.rcpts), sorted(taken), "all of them arrive, once (%d)" % len(taken))
eq({g.data.partition(b"\r\n\r\n")[2].replace(b"\r\n", b"\n") for g in got}, {BODY.partition("\n\n")[2].encode()}, "... and whole")
m.stop()
done_testing()
