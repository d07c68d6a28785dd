#!/usr/bin/env python3
"""Several queue directories, and a daemon that died: who puts its journal into files without it looks for long content, and for files that are there
already, in all of them."""
import glob
import os
import re
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink

sink = Sink()
m = Mta(smart_host=sink, mc="define(`confDELIVERY_MODE', `queueonly')\ndefine(`confMIN_QUEUE_AGE', `0')\n")
text = open(m.cf).read()
with open(m.cf, "w") as f:
    f.write(re.sub(r"(?m)^O QueueDirectory=.*$", "O QueueDirectory=" + m.path("queue/q*"), text))
for d in ("q1", "q2/qf", "q2/df", "q3"):
    os.makedirs(m.path("queue/" + d), 0o700)


def files(kind):
    return [f for d in ("q1", "q2", "q2/qf", "q2/df", "q3") for f in glob.glob(m.path("queue/%s/%sf?*" % (d, kind)))]


m.start()
names = []


def takes():
    """The very first get files: the journal has no segment yet."""
    names.append("first%d@there.test" % len(names))
    before = len(files("q"))
    m.send("s@client.test", names[-1:], "Subject: first\n\nx\n")
    return len(files("q")) == before


until(takes)
early = len(files("q"))
for i in range(12):
    names.append("m%d@there.test" % i)
    m.send("s@client.test", names[-1:], "Subject: <%d>\n\n%s" % (i, ("y" * 70 + "\n") * (1500 if i % 2 else 2)))
m.kill()
ok(len(files("q")) == early, "all is in the journal")
dirs = {re.sub("/df$", "", os.path.dirname(f)) for f in files("d")}
ok(len(dirs) > 1, "long content is in several directories (%d)" % len(dirs))
out = m.command("-bp")[1]
eq(sorted(set(re.findall(r"\w+\d+@there\.test", out))), sorted(names), "mailq shows it")

# one of them was put into files, durably, and only the mark in the journal is missing
lone = [f for f in files("d") if "/q1/" not in f and os.path.getsize(f) > 50000][0]
name = os.path.basename(lone)[2:]
listed = m.command("-bp", "--journal")[1]
qf = lone.replace("/df/", "/qf/").replace("df" + name, "qf" + name)
record = open(glob.glob(m.path("queue/q1/journal.001"))[0], "rb").read()
at = record.find(b"V8\n", record.find(name.encode()))
with open(qf, "wb") as f:
    f.write(record[at:record.index(b"\n.\n", at) + 3])
os.chmod(qf, 0o600)

# content that is nowhere: its record stays, the others go
gone = [f for f in files("d") if f != lone and os.path.getsize(f) > 50000][0]
os.rename(gone, m.path("content"))
code, out, err = m.command("-q")
ok("is in none of the directories" in err, "content that is missing is named")
got = [r for g in sink.wait(len(names) - 1) for r in g.rcpts]
eq((len(got), len(set(got))), (len(names) - 1, len(names) - 1), "all the others are delivered, once")
ok(not files("Q"), "none is set aside")
os.rename(m.path("content"), gone)
m.command("-q")
got = [r for g in sink.wait(len(names)) for r in g.rcpts]
eq(sorted(got), sorted(names), "and that one when its content is back")
eq((files("q"), files("d")), ([], []), "the directories are empty")
m.command("-q")
m.start()
m.send("s@client.test", ["last@there.test"], "Subject: last\n\nx\n")
m.command("-q")
eq([r for g in sink.wait(len(names) + 1) for r in g.rcpts][len(names):], ["last@there.test"], "and a daemon goes on from there")
m.stop()
done_testing()
