#!/usr/bin/env python3
"""A queue directory that was moved, and segments of another host's journal laid beside ours: all of it is delivered, once."""
import os
import re
import shutil
import struct
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tap import *
from mta import Mta, Sink
import journal_reader

MC = "define(`confJOURNAL_SEGMENT_SIZE', `262144')\ndefine(`confJOURNAL_SEGMENTS', `6')\n"
sink = Sink()


def delivery_mode(m, mode):
    with open(m.cf) as f:
        cf = f.read()
    with open(m.cf, "w") as f:
        f.write(re.sub(r"(?m)^#?O DeliveryMode=.*$", "O DeliveryMode=" + mode, cf))


def left_behind(name):
    """A queue of five messages in the journal, whose host is gone."""
    m = Mta(smart_host=sink, mc=MC)
    delivery_mode(m, "queueonly")
    m.start()
    end = time.monotonic() + 20
    while not os.path.exists(m.path("queue/journal.001")) and time.monotonic() < end:
        time.sleep(0.05)
    for i in range(20):
        m.send("a@client.test", ["%s%d@there.test" % (name, i)], "Subject: x\n\nx\n")
        if len(journal_reader.owed(m.path("queue"))) == 5:
            break
    m.kill()
    delivery_mode(m, "background")
    return m


def emptied(m, n):
    end = time.monotonic() + 30
    while (m.waiting() != 0 or len(sink.messages) < n) and time.monotonic() < end:
        time.sleep(0.05)
    return m.waiting() == 0


a, b, c = left_behind("a"), left_behind("b"), left_behind("c")
sent = [int(m.waiting()) for m in (a, b, c)]
shutil.move(a.path("queue"), a.path("elsewhere"))
os.mkdir(a.path("queue"))
with open(a.cf) as f:
    cf = f.read().replace(a.path("queue"), a.path("elsewhere"))
with open(a.cf, "w") as f:
    f.write(cf)
a.start()
ok(emptied(a, sent[0]), "a queue that was moved is taken up")
a.stop()
eq(len(sink.messages), sent[0], "with all it held")

# two hosts may have begun a segment in the same second: the same generation
with open(b.path("queue/journal.001"), "rb") as f:
    gen = journal_reader.head(f.read(), 0).gen
with open(c.path("queue/journal.001"), "rb") as f:
    image = bytearray(f.read())
for at in range(0, len(image), journal_reader.SECTOR):
    if journal_reader.head(bytes(image[at:at + 64]), 0) or journal_reader.head(bytes(image), at):
        image[at + 8:at + 16] = struct.pack("<Q", gen)
        image[at + 60:at + 64] = struct.pack("<I", journal_reader.crc32c(bytes(image[at:at + 60])))
with open(b.path("queue/journal.005"), "wb") as f:
    f.write(image)
os.chmod(b.path("queue/journal.005"), 0o600)
for name in os.listdir(c.path("queue")):
    if name[:2] in ("qf", "df"):
        shutil.copy(c.path("queue/" + name), b.path("queue/" + name))
eq(b.waiting(), sent[1] + sent[2], "another host's segment is seen")
b.start()
ok(emptied(b, sum(sent)), "and taken up")
b.kill()
eq(b.waiting(), 0, "its done marks count")
b.start()
b.send("a@client.test", ["last@there.test"], "Subject: x\n\nx\n")
ok(emptied(b, sum(sent) + 1), "nothing of it comes again after a restart")
b.stop()
got = sorted(r for g in sink.messages for r in g.rcpts)
eq((len(got), len(set(got))), (sum(sent) + 1, sum(sent) + 1), "each message once")
done_testing()
