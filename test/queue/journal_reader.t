#!/usr/bin/env python3
"""doc/spool.md describes the journal well enough for a second reader: test/queue/journal_reader.py says what sendmail -bp --journal says."""
import io
import os
import random
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tap import *
from mta import Mta, Sink
import journal_reader

seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
diag("SEED=%d" % seed)
rnd = random.Random(seed)
sink = Sink()
m = Mta(smart_host=sink, mc="define(`confJOURNAL_SEGMENT_SIZE', `262144')\ndefine(`confJOURNAL_SEGMENTS', `3')\n")
queue = m.path("queue")


def compare(name):
    code, text, err = m.command("-bp", "--journal")
    out = io.StringIO()
    journal_reader.show(queue, out)
    if not ok(code == 0 and out.getvalue() == text, name):
        mine, theirs = out.getvalue().splitlines(), text.splitlines()
        diag("%d and %d lines; exit %d %s" % (len(mine), len(theirs), code, err))
        for a, b in zip(mine, theirs):
            if a != b:
                diag("reader:   " + a)
                diag("sendmail: " + b)
                break
    return text


def listed():
    return set(line.split()[0].rstrip("*-X") for line in m.command("-bp")[1].splitlines() if line[:2] == "6A" or line[:1].isalnum() and "<" in line)


m.start()
deadline = time.monotonic() + 20
while not os.path.exists(m.path("queue/journal.001")) and time.monotonic() < deadline:
    time.sleep(0.05)
sizes = [rnd.choice((0, 1, 50, 400, 1200)) for _ in range(56)] + [1200, 0, 1, 50]		# lines; segments are begun anew, and the last of them has one of each kind
for i, lines in enumerate(sizes):
    m.send("a@client.test", ["m%d@there.test" % i] + ["also%d.%d@there.test" % (i, k) for k in range(i % 4)],
           "Subject: %d\n\n%s" % (i, ("x" * 70 + "\n") * lines))
sink.wait(60)
deadline = time.monotonic() + 20
while m.waiting() != 0 and time.monotonic() < deadline:
    time.sleep(0.05)
text = compare("messages, content in files, done marks, segments that were begun anew")
for word in ("message ", "done ", " and 3 more"):
    ok(word in text, "among them: " + word.strip())
ok(" in df" in text or " in journal.body." in text, "among them: content that stands elsewhere")
eq(journal_reader.owed(queue), [], "nothing is owed")
m.kill()

# queued only, and killed: owed
with open(m.cf) as f:
    cf = f.read()
with open(m.cf, "w") as f:
    f.write(cf.replace("#O DeliveryMode=background", "O DeliveryMode=queueonly").replace("O DeliveryMode=background", "O DeliveryMode=queueonly"))
m.start()
for i in range(6):
    m.send("b@client.test", ["q%d@there.test" % i], "Subject: q%d\n\nx\n" % i)
m.kill()
owed = set(journal_reader.owed(queue))
files = set(name[2:] for name in os.listdir(queue) if name[:2] == "qf")
eq(len(owed | files), 6, "what a crash leaves is owed")
compare("... and printed")
content = {}
for s in journal_reader.segments(queue):
    for at, r, _ in s.walk():
        if r is not None and r.type == journal_reader.MESSAGE:
            name, mode, size, text, body = journal_reader.message(r)
            content[name] = body
ok(all(content[name] == b"x\n" for name in owed), "the content is where it is said to be")

# damage
for n in range(12):
    path = rnd.choice([os.path.join(queue, name) for name in os.listdir(queue) if name[:8] == "journal." and name[8:].isdigit()])
    with open(path, "r+b") as f:
        at = rnd.randrange(os.path.getsize(path) // 3)
        f.seek(at)
        old = f.read(1)
        f.seek(at)
        f.write(bytes([old[0] ^ 1 << rnd.randrange(8)]))
compare("bits flipped at twelve places: both see the same damage")
done_testing()
