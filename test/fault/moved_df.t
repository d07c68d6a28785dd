#!/usr/bin/env python3
"""A large message is put into a file while it is delivered, for its journal can no longer be synced, and no mark can be written anywhere: after a crash its content is there."""
import os
import sys
import threading
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Sink
from fault import Faulty, Traffic, none_aside, settle

sink = Sink()


def files(kind):
    return [f for f in os.listdir(m.path("queue")) if f.startswith(kind)]


m = Faulty(smart_host=sink, mc="define(`confJOURNAL_SEGMENT_SIZE', `262144')\n")
m.start()
t = Traffic(m, sink)
t.one("first", 500)
until(lambda: files("journal.001") and m.waiting() == 0)
m.plan("renameat", "EIO")
for _ in range(8):
    t.one("fills", 8000)
ok(m.await_log("no segment for the journal"), "the next segment cannot be made")
until(lambda: m.waiting() == 0)
permits = sink.permits = threading.Semaphore(0)		# the large one is in delivery as long as we like
eq(t.one("large", 100000), 250, "a large message is accepted")
m.plan("fdatasync", "EIO")
eq(t.one("small", 500), 451, "the journal cannot be made durable")
ok(until(lambda: files("qf")), "the large one gets a file while it is delivered")
sink.permits = None
permits.release()
ok(until(lambda: len([g for g in sink.messages if b"<large" in g.data]) == 1 and not files("qf")), "which goes when it is delivered")
m.kill()
late = os.path.exists(m.path("queue/journal.002"))		# tried again after ten seconds; then the mark stands there
m.plan()
m.start()
ok(late or m.await_log("messages in the journal"), "after a crash the journal still knows it")
ok(settle(m), "the queue gets empty")
none_aside(m)
ok(not t.missing(), "nothing is missing")
m.stop()
done_testing()
