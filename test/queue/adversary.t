#!/usr/bin/env python3
"""What somebody would do who wants to lose mail: junk in each line of a qf, the queue taken away, 5,000 recipients, reports of reports, runs upon runs."""
import os
import re
import shutil
import subprocess
import sys
import threading
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink
from fault import Traffic, none_aside, rng

rnd = rng()
sink = Sink()
MC = "define(`confMIN_QUEUE_AGE', `0')\ndefine(`confMAX_RCPTS_PER_MESSAGE', `10000')\n"
m = Mta(smart_host=sink, mc=MC, aliases="list: l1@there.test, l2@there.test\n")
q = m.path("queue/")


def commands(n, *argv):
    return [subprocess.Popen([m.program, "-C", m.cf] + list(argv), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                             env=dict(os.environ, ANGARIUM_LOG="stderr")) for _ in range(n)]


# junk, in each line of a good file, once; whatever it is taken for, nobody else suffers and nothing is thrown away
GOOD = ["V8", "T%d" % (time.time() - 60), "K%d" % (time.time() - 30), "N1", "P30000", "I254/0/77", "MDeferred", "F8d", "$_root@localhost", "${daemon_flags}c u",
        "S<s@client.test>", "Zenv", "As@client.test", "rRFC822; j@there.test", "Qrfc822;j@there.test", "RPFD:<j@there.test>", "H?P?Return-Path: <\x81g>",
        "H??Received: from x\n\tby y; Sun, 22 Nov 2026 03:09:47 GMT", "H??Subject: junk", "."]
JUNK = ["", "\x00", "nonsense", "\t", "\xff\xfe", "%s%n%n", "R" * 100000, ".", "S<>", "R|/bin/false", "T-1", "N99999999999999999999", "C:evil", "d/etc", "q", "!"]
n = 0
for i in range(len(GOOD)):
    for junk in rnd.sample(JUNK, 3) + [GOOD[i][0] + rnd.choice(JUNK), GOOD[i][:1]]:
        n += 1
        with open(q + "df6AMjunk00%04d" % n, "w") as f:
            f.write("junk\n")
        with open(q + "qf6AMjunk00%04d" % n, "w", encoding="latin-1") as f:
            f.write("\n".join(GOOD[:i] + [junk] + GOOD[i + 1:]) + "\n")
        os.chmod(q + "qf6AMjunk00%04d" % n, 0o600)
m.start("-q1s")
t = Traffic(m, sink)
ok(t.one("beside", 500) == 250 and t.await_arrival(), "mail goes on beside %d files with junk" % n)
m.command("-q")
ok(until(lambda: not any(f.startswith("qf6AMjunk") for f in os.listdir(q))), "each of them comes to its end")
left = [f for f in os.listdir(q) if f.startswith("qf6AMjunk")]
for f in left[:3]:
    diag(f + ": " + open(q + f, encoding="latin-1").read()[:300])
aside = [f for f in os.listdir(q) if f.startswith("Qf6AMjunk")]
ok(len(aside) > n // 3 and all("df" + f[2:] in os.listdir(q) for f in aside), "what cannot be read is kept, with its content: %d" % len(aside))
ok(not re.search(r"signal \d+|broken promise|exit code [1-9]", m.log()), "no role ended of it")
for f in os.listdir(q):
    if "6AMjunk" in f:
        os.unlink(q + f)

# 5,000 recipients in one message; the same Message-Id twice
n = len(sink.messages)
s = m.smtp()
s.ehlo()
s.docmd("MAIL FROM:<a@client.test>")
codes = [s.docmd("RCPT TO:<r%d@there.test>" % i)[0] for i in range(5000)]
code = s.data("Subject: <many>\r\n\r\nx\r\n")[0]
s.quit()
eq((set(codes), code), ({250}, 250), "5,000 recipients are taken")
def many():
    return [r for g in sink.messages[n:] for r in g.rcpts if re.match(r"r\d+@", r)]      # junk that was put off may come meanwhile


ok(until(lambda: len(many()) >= 5000), "and all get it")
rcpts = many()
eq((len(rcpts), len(set(rcpts))), (5000, 5000), "each once")
n = len(sink.messages)
for _ in range(2):
    m.send("a@client.test", ["same@there.test"], "Message-Id: <one@client.test>\nSubject: same\n\nx\n")
ok(until(lambda: len(sink.messages) == n + 2), "the same Message-Id twice is two messages")

# runs upon runs, while the daemon delivers
with sink.cond:
    sink.messages[:] = []
t = Traffic(m, sink)
sink.rules = [("RCPT", "450 4.2.0 later")]
sink.delay = 0.02
for _ in range(60):
    t.one("runs", 700)
for _ in range(10):
    t.one("list", 900, ["list@here.test"], 2)
until(lambda: m.log().count("stat=Deferred") >= 70)
sink.rules = []
for _ in range(3):
    for p in commands(3, "-q"):
        p.wait(60)
ok(until(lambda: not t.missing() and m.waiting() == 0), "three queue runs at a time beside the daemon's: all arrive")
sink.delay = 0
eq(t.twice(), 0, "nothing came twice")

# reports: of what cannot be returned at once, and of reports
m.stop()
m2 = Mta(smart_host=sink, mc=MC + "define(`confTO_QUEUERETURN', `0')\n")
m2.start()
sink.rules = [("RCPT To:<bad", "550 5.1.1 no such user"), ("RCPT To:<s@client", "550 5.1.1 nor he"), ("RCPT To:<slow", "450 4.2.0 later")]
m2.send("s@client.test", ["bad@there.test"], "Subject: <bounce>\n\nx\n")
box = m2.await_mail("postmaster-box")
ok(len(box) == 1 and "<bounce>" in box[0], "a report that nobody takes comes to the postmaster, once")
m2.send("t@client.test", ["slow@there.test"], "Subject: <slow>\n\nx\n")
ok(until(lambda: [g.rcpts for g in sink.messages if g.sender == "" and g.rcpts == ["t@client.test"]]), "Timeout.queuereturn=0: what is deferred is returned at once")
ok(until(lambda: m2.waiting() == 0), "and does not stay")
sink.rules = []

# the queue directory changes its owner, or goes away, under a daemon
queue = m2.path("queue")
t2 = Traffic(m2, sink)
if os.geteuid() == 0:
    os.chown(queue, 65534, 65534)
    ok(t2.one("owner", 500) in (250, 451, 452), "the owner of the queue changes: an answer")
    os.chown(queue, 0, 0)
else:
    os.chmod(queue, 0o500)
    ok(t2.one("owner", 500) in (250, 451, 452), "the queue cannot be written to any more: an answer")
    os.chmod(queue, 0o700)
os.rename(queue, queue + ".away")
codes = [t2.one("away", 500), t2.one("away", 100000)]
ok(all(c in (250, 421, 451, 452) for c in codes), "the queue is moved away: %r" % codes)
os.rename(queue + ".away", queue)
ok(until(lambda: t2.one("back", 500) == 250), "it is back: mail is taken")
ok(until(lambda: m2.command("-q") and not t2.missing()), "whatever was acknowledged arrives (%d)" % len(t2.acked))
m2.kill()
m2.start()
ok(until(lambda: m2.command("-q") and not t2.missing()), "and after a crash")
shutil.rmtree(queue)
codes = [t2.one("gone", 500) for _ in range(3)] + [t2.one("gone", 100000)]
ok(all(c in (250, 421, 451, 452) for c in codes), "the queue is removed: %r" % codes)
ok(until(lambda: not t2.missing()), "what was acknowledged all the same is delivered")
m2.stop()
done_testing()
