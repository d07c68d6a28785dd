#!/usr/bin/env python3
"""The journal: mail that is delivered at once never becomes a file, what waits does, commands see it all, and another daemon takes over."""
import os
import re
import subprocess
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink, SENDMAIL
from fault import Faulty

sink = Sink()
sink.rules = [(r"RCPT To:<later", "450 4.2.0 later")]


def names(m):
    """Files of queue messages that were made since the log began."""
    return [c.data.split(b"/")[0].decode() for c in m.calls() if c.name == "openat" and re.match(rb"[a-z]f", c.data)]


def await_segment(m):
    """The daemon of a new queue has made one: before, mail goes into files."""
    if not m.await_log("spool: the journal takes messages"):
        diag("no segment: " + m.log())


m = Faulty(smart_host=sink, mc="define(`confMIN_QUEUE_AGE', `0')\n")
m.start()
await_segment(m)
m.log_calls()
m.plan()
for i in range(5):
    m.send("a@client.test", ["now%d@there.test" % i], "Subject: %d\n\nx\n" % i)
sink.wait(5)
ok(m.await_queue(0), "delivered at the first try")
eq(names(m), [], "without a file of its own")
n = m.counts()
ok(n["fdatasync"] <= 5 + 3 and n["fsync"] == 0, "each with one sync of data (%d, and %d of files)" % (n["fdatasync"], n["fsync"]))
m.log_calls()
m.send("a@client.test", ["big@there.test"], "Subject: big\n\n" + ("x" * 70 + "\n") * 2000)
sink.wait(6)
ok(m.await_queue(0), "long content")
eq([n[:2] for n in names(m)], ["df"], "has a df, and no qf")
end = time.monotonic() + 10
while m.queue("df") and time.monotonic() < end:
    time.sleep(0.1)
eq(m.queue("df"), [], "which goes when its mark is durable")
n = len(sink.messages)
sent = []
for i, lines in enumerate((4000, 1200, 5000, 1000)):		# a used file never shows what stood in it before, whichever was longer
    sent.append("".join("%s%d line %d%s\n" % ("." * (k % 3), i, k, "." * (k % 70)) for k in range(lines * (1 + i % 2))))
    m.send("a@client.test", ["used%d@there.test" % i], "Subject: used\n\n" + sent[-1])
    ok(m.await_queue(0), "more long content")
    end = time.monotonic() + 10
    while m.queue("df") and time.monotonic() < end:
        time.sleep(0.05)
got = [g.data.replace(b"\r\n", b"\n").split(b"\n\n", 1)[1].decode() for g in sink.wait(n + 4)[n:]]
ok(got == sent, "arrives as it was sent, from files used again")
spares = [f for f in os.listdir(m.path("queue")) if f.startswith(("journal.df.", "journal.body."))]
ok(all(os.path.getsize(m.path("queue/" + f)) <= 1 << 20 for f in spares), "which are of bounded length in between (%d)" % len(spares))
m.send("a@client.test", ["later@there.test"], "Subject: later\n\nx\n")
ok(m.await_queue(1) and len(m.queue("df")) == 1, "after a failed try it has files")
sink.rules = []
m.command("-q")
ok(m.await_queue(0) and sink.messages[-1].rcpts == ["later@there.test"], "and a queue run delivers it")
m.stop()
eq([f for f in os.listdir(m.path("queue")) if f.startswith(("journal.df.", "journal.body."))], [], "no empty file stays behind")

# only queued
q = Mta(smart_host=sink, mc="define(`confDELIVERY_MODE', `queueonly')\ndefine(`confMIN_QUEUE_AGE', `0')\n")
q.start()
await_segment(q)
for i in range(4):
    q.send("a@client.test", ["q%d@there.test" % i], "Subject: %d\n\n%s\n" % (i, "x" * 10 * i))
files = [f for f in os.listdir(q.path("queue")) if re.match("[a-z]f", f)]
eq(files, [], "queue-only mail waits in the journal")
out = q.command("-bp")[1]
ok(len(re.findall(r"(?m)^\s+<q\d@there\.test>", out)) == 4 and "Total requests: 4" in out, "mailq shows it")
ok(len(re.findall(r"(?m)q2@there\.test", q.command("-bp", "-qRq2")[1])) == 1, "and looks for a part of it")
like(q.command("-bp", "--journal")[1], r"journal\.001  generation \d+\n +512  \S+ \S+  message \w+ q, \d+ octets, from <a@client\.test> to <q0@there\.test>\n",
     "--journal prints the records")
q.command("-Qbad", "-qRq3")
eq(len(q.queue("hf")), 1, "-Q works on it")
n = len(sink.messages)
q.command("-qRq1")
eq(sorted(r for g in sink.wait(n + 1)[n:] for r in g.rcpts), ["q1@there.test"], "-qR beside a daemon delivers some of it")
q.send("a@client.test", ["q9@there.test"], "Subject: 9\n\nx\n")
q.stop()
eq(len(q.queue()), 3, "a clean stop leaves files, as another sendmail reads them")
eq(re.findall(r"Total requests: (\d+)", q.command("-bp")[1]), ["3"], "each counted once")
n = len(sink.messages)
q.command("-q")
eq(sorted(r for g in sink.wait(n + 3)[n:] for r in g.rcpts), ["q0@there.test", "q2@there.test", "q9@there.test"], "and they are delivered once")

# a daemon that died, and a queue run without one
q.start()
q.send("a@client.test", ["dead1@there.test"], "Subject: 1\n\nx\n")
q.send("a@client.test", ["dead2@there.test"], "Subject: 2\n\n" + ("x" * 70 + "\n") * 2000)
q.kill()
like(q.command("-bp")[1], r"Total requests: 2\n", "mailq reads the journal of a daemon that died")
n = len(sink.messages)
q.command("-q")
eq(sorted(r for g in sink.wait(n + 2)[n:] for r in g.rcpts), ["dead1@there.test", "dead2@there.test"], "a queue run delivers it")
eq(q.waiting(), 0, "once")

# two daemons on one queue
other = q.path("etc/other.cf")
with open(q.cf) as f:
    text = f.read()
port2 = port()
with open(other, "w") as f:
    f.write(re.sub(r"Port=\d+", "Port=%d" % port2, text).replace("/run/pid", "/run/pid2"))
q.start()			# its segments are there from the start now
q.send("a@client.test", ["first@there.test"], "Subject: 1\n\nx\n")	# now the journal is his
second = start([SENDMAIL, "-C", other, "-bD", "-q1h"], stdin=subprocess.DEVNULL, stdout=q.logfile, stderr=q.logfile,
               env=dict(os.environ, ANGARIUM_LOG="stderr"))
ok(await_port(port2), "a second daemon on the queue starts")
q.port = port2
q.send("a@client.test", ["second@there.test"], "Subject: 2\n\nx\n")
like(q.command("-bp")[1], r"Total requests: 2\n", "both take mail")
n = len(sink.messages)
q.kill()
end = time.monotonic() + 20
while "messages in the journal" not in q.log() and time.monotonic() < end:
    time.sleep(0.1)
like(q.log, r"spool: 1 messages in the journal", "when the first one dies the second takes its journal over")
q.command("-q")
eq(sorted(r for g in sink.wait(n + 2)[n:] for r in g.rcpts), ["first@there.test", "second@there.test"], "nothing is lost, nothing comes twice")
second.terminate()
second.wait(60)

# SuperSafe=false, and no journal at all
for mc, what in (("define(`confSAFE_QUEUE', `false')\n", "SuperSafe=false"), ("define(`confJOURNAL_SEGMENTS', `0')\n", "JournalSegments=0")):
    f = Faulty(smart_host=sink, mc=mc)
    f.start()
    if "SAFE" in mc:
        await_segment(f)
    f.plan()
    n = len(sink.messages)
    f.send("a@client.test", ["x@there.test"], "Subject: x\n\nx\n")
    c = f.counts()
    if "SAFE" in mc:
        ok(c["fdatasync"] == 0, what + ": acknowledged without a sync")
    else:
        ok(c["fsync"] + c["fdatasync"] >= 3 and not os.path.exists(f.path("queue/journal.001")), what + ": files")
    eq(len(sink.wait(n + 1)), n + 1, "and delivered")
    f.stop()
done_testing()
