#!/usr/bin/env python3
"""The parent ends nobody for what is not his fault: the spool role waits for a disk, or goes through a large queue, for longer than Timeout.role."""
import os
import re
import sys
import threading
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from fault import *
from mta import Sink

if not os.path.exists("/proc/self/stat"):
    skip("slow disks", "faulty.c and the parent's look at who waits for one need Linux's /proc")
    done_testing()
    sys.exit()

MANY = 100			# files, each of which takes 20 ms


def spool(m):
    """Its process number and its state."""
    for pid in m.children():
        try:
            with open("/proc/%d/cmdline" % pid) as f, open("/proc/%d/stat" % pid) as g:
                title, stat = f.read(), g.read().rpartition(")")[2].split()
            if title.startswith("sendmail: spool:") and int(stat[1]) == m.process.pid:
                return pid, stat[0]
        except OSError:
            pass
    return 0, ""


def waits_for_disk(m):
    return spool(m)[1] == "D"


sink = Sink()
m = Faulty(smart_host=sink, mc="define(`confTO_ROLE', `1s')\ndefine(`confDELIVERY_MODE', `q')\n")
m.start()
t = Traffic(m, sink)
for _ in range(MANY):
    t.one("q", 100)
eq(len(t.acked), MANY, "messages wait in the queue")
m.stop()
ok(until(lambda: len(m.queue("qf")) == MANY), "as files") or diag(m.queue())
sink.rules.append(("^RCPT", "451 4.0.0 later"))

# ---- a large queue: each file is opened and read
m.plan("openat", "slow")
m.start()
ok(until(lambda: len(re.findall("stat=Deferred", m.log())) >= MANY), "a daemon finds them, and tries them all at once")
ok(m.fired(), "slowly")
pid = spool(m)[0]
eq((until(lambda: "role spool is ready, pid %d" % pid in m.log()), "has not answered" in m.log()), (True, False), "it is not ended for that")
m.plan()

# ---- a disk
m.plan("openat", "disk")
sender = threading.Thread(target=lambda: until(lambda: m.fired() or t.one("d", 200000) == 0))
sender.start()
ok(until(lambda: waits_for_disk(m)), "a call of the spool role waits for a disk")
ok(until(lambda: not waits_for_disk(m)), "and no more")
sender.join()
m.plan()
ok(go_on(m, t, restart=False), "mail is taken")
sink.rules.clear()
eq((spool(m)[0], "has not answered" in m.log()), (pid, False), "the role that waited for a disk is not ended")
eq(settle(m), True, "and all is delivered")
eq(t.missing(), [], "to everybody")
m.stop()
done_testing()
