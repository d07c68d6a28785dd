#!/usr/bin/env python3
"""Queue groups: where a message lies, how it is divided, and whose turn it is: Path, Runners, Interval, Jobs, recipients, ruleset queuegroup, Q= of a mailer."""
import glob
import os
import re
import signal
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink

sink = Sink()
held = r"RCPT.*<(slow|few|never)"
sink.rules = [(held, "450 4.2.0 come back later")]


class Grouped(Mta):
    def __init__(self, mc="", groups="", **kw):
        super().__init__(mc=mc + "QUEUE_GROUP(`mqueue', `P=@Q@/main*, F=f')\n" + groups, **kw)
        text = open(self.cf).read().replace("@Q@", self.path("queue"))
        text = re.sub(r"(?m)^O QueueDirectory=.*$", "O QueueDirectory=" + self.path("queue/main*"), text)
        open(self.cf, "w").write(text)
        for d in set(re.findall(r"P=\S*/queue/([a-z*]+)", text)):
            for n in (("1", "2") if d.endswith("*") else ("",)):
                os.mkdir(self.path("queue/" + d.rstrip("*") + n), 0o700)

    def files(self, pattern, kind="qf"):
        flush_journal(self.path("queue/main1"))
        return [os.path.basename(f) for f in glob.glob(self.path("queue/%s/%s*" % (pattern, kind)))]

    def await_files(self, pattern, n, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end and len(self.files(pattern)) != n:
            time.sleep(0.05)
        return len(self.files(pattern))

    def rcpts(self, pattern):
        out = []
        for f in glob.glob(self.path("queue/%s/qf*" % pattern)):
            text = open(f, encoding="latin-1").read()
            out.append(",".join(sorted(re.findall(r"(?m)^R[A-Z]*:<?([^>\n]*)", text))))
        return sorted(out)


rules = """LOCAL_RULESETS
Squeuegroup
R$* @ slow.test $*	$# slow
R$* @ few.test $*	$# few
R$* @ never.test $*	$# never
"""
groups = ("QUEUE_GROUP(`slow', `P=@Q@/slow*, F=f, R=4')\nQUEUE_GROUP(`few', `P=@Q@/few, r=2, F=f')\n"
          "QUEUE_GROUP(`never', `P=@Q@/never, R=0')\n")
m = Grouped(groups=groups, mc_end=rules, smart_host=sink, aliases="all: a@slow.test, b@few.test\n")
m.start()
m.send("s@client.test", ["slow@slow.test"], "Subject: 1\n\nx\n")
eq(m.await_files("slow[12]", 1), 1, "a message lies in its group's directories")
text = open(glob.glob(m.path("queue/slow?/qf*"))[0], encoding="latin-1").read()
like(text, r"(?m)^Gslow$", "and names its group")
eq((m.files("main*"), len(m.files("slow?", "df"))), ([], 1), "content beside it")
m.send("s@client.test", ["slow@slow.test"], "Subject: large\n\n" + ("y" * 70 + "\n") * 2000)
eq((m.await_files("slow[12]", 2), len(m.files("slow?", "df")), m.files("main*", "df")), (2, 2, []), "long content, too")
dirs = set(os.path.dirname(f) for f in glob.glob(m.path("queue/slow?/qf*")))
eq(len(dirs), 2, "a group's directories take turns")

m.send("s@client.test", ["few1@few.test", "slow2@slow.test", "few2@few.test", "fine@fine.test", "few3@few.test"], "Subject: 2\n\nx\n")
m.await_files("few", 2)
m.await_files("slow?", 3)
eq(m.rcpts("few"), ["few1@few.test,few2@few.test", "few3@few.test"], "recipients are divided among groups, and by r=")
eq(m.rcpts("slow?"), ["slow2@slow.test", "slow@slow.test", "slow@slow.test"], "each in its own")
eq([g.rcpts for g in sink.wait(1)], [["fine@fine.test"]], "and whoever can be reached has it")

# a run of one group
sink.rules = []
end = time.monotonic() + 30
while m.files("few") and time.monotonic() < end:	# the daemon may still have them locked
    code, out, err = m.command("-qGfew")
eq((code, m.files("few"), len(m.files("slow?"))), (0, [], 3), "-qG runs one group alone")
m.command("-q")
eq((m.await_files("slow?", 0), m.files("main?")), (0, []), "-q runs them all")
m.stop()

# nobody runs it
sink.rules = [(held, "450 4.2.0 come back later")]
m.start()
n = len(sink.messages)
m.send("s@client.test", ["never@never.test"], "Subject: 3\n\nx\n")
eq(m.await_files("never", 1), 1, "a group without runners takes mail")
sink.rules = []
m.command("-q")
eq((len(m.files("never")), len(sink.messages)), (1, n), "-q leaves it")
code, out, err = m.command("-bp", "-qGnever")
like(out, r"never@never\.test(?s:.*)Total requests: 1", "mailq -qG")
m.command("-qGnever")
eq((m.await_files("never", 0), len(sink.wait(n + 1))), (0, n + 1), "-qG runs it")
m.stop()

# only queued: divided at once
q = Grouped(groups=groups, mc_end=rules, smart_host=sink, mc="define(`confDELIVERY_MODE', `queueonly')\n")
q.start()
q.send("s@client.test", ["a1@few.test", "a2@slow.test", "a3@few.test", "a4@few.test", "a5@fine.test"], "Subject: 4\n\nx\n")
divided = (["a1@few.test,a3@few.test", "a4@few.test"], ["a2@slow.test"], ["a5@fine.test"])
parts = lambda: q.files("*") and (q.rcpts("few"), q.rcpts("slow?"), q.rcpts("main?"))
until(lambda: parts() == divided)		# new parts are there before the old one is rewritten
eq(parts(), divided, "queue-only mail is divided, too")
q.stop()
n = len(sink.messages)
q.command("-q")
eq((sorted(r for g in sink.wait(n + 4)[n:] for r in g.rcpts)), ["a%d@%s.test" % x for x in ((1, "few"), (2, "slow"), (3, "few"), (4, "few"), (5, "fine"))],
   "and delivered by a run")

# an interval of its own, and jobs
i = Grouped(groups="QUEUE_GROUP(`slow', `P=@Q@/slow*, F=f, I=1s, J=2')\n", mc_end=rules, smart_host=sink, args=("-q1h",))
sink.rules = [(held, "450 4.2.0 come back later")]
i.start()
for k in range(5):
    i.send("s@client.test", ["slow%d@slow.test" % k], "Subject: %d\n\nx\n" % k)
ok(i.await_files("slow?", 5) == 5 and i.await_log(r"(?s)(?:to=<slow\d@slow\.test>.*?){9}"), "a group with an interval of its own is run by it")
n = len(sink.messages)
sink.rules = []
eq((len(sink.wait(n + 5)), i.await_files("slow?", 0)), (n + 5, 0), "and comes to its end with few jobs in each run")
i.stop()

# another configuration
r = Grouped(groups="QUEUE_GROUP(`slow', `P=@Q@/slow*, F=f')\n", mc_end=rules, smart_host=sink)
sink.rules = [(held, "450 4.2.0 come back later")]
r.start()
r.send("s@client.test", ["slow@slow.test"], "Subject: 7\n\nx\n")
r.await_files("slow?", 1)
with open(r.cf, "a") as f:
    f.write("Qmore, P=%s/few\n" % r.path("queue"))
os.mkdir(r.path("queue/few"), 0o700)
r.process.send_signal(signal.SIGHUP)
ok(r.await_log("queue group more: no directory", 30), "SIGHUP with a group whose directory is new: it is said, until the next start")
n = len(sink.messages)
sink.rules = []
end = time.monotonic() + 30
while r.files("slow?") and time.monotonic() < end:
    r.command("-qGslow")
eq((len(sink.wait(n + 1)), r.files("slow?")), (n + 1, []), "and what waits is delivered")
r.send("s@client.test", ["again@slow.test"], "Subject: 8\n\nx\n")
eq(len(sink.wait(n + 2)), n + 2, "as is what comes")
r.stop()

# Q= of a mailer
a = Grouped(groups="QUEUE_GROUP(`slow', `P=@Q@/slow*, F=f')\n", smart_host=sink, mc="define(`ESMTP_MAILER_QGRP', `slow')\n")
sink.rules = [(r"RCPT", "450 4.2.0 later")]
a.start()
a.send("s@client.test", ["x@any.test"], "Subject: 5\n\nx\n")
eq(a.await_files("slow?", 1), 1, "Q= of the mailer chooses the group")
a.stop()

# niceness of queue runs
w = Mta(mc="define(`confNICE_QUEUE_RUN', `5')\n")
w.write("deliver", """#!/bin/sh
nice >"$1/nice"
cat >/dev/null
[ -f "$1/again" ] || { touch "$1/again"; exit 75; }
""", 0o755)
w.start()
w.send("s@client.test", ["who@here.test"], "Subject: 6\n\nx\n")
w.await_queue(1)
w.await_log("stat=Deferred|dsn=4")
first = int(open(w.path("mail/nice")).read())
end = time.monotonic() + 30
while w.queue() and time.monotonic() < end:
    w.command("-q")
eq(int(open(w.path("mail/nice")).read()), min(19, first + 5), "NiceQueueRun: deliveries of queue runs are more modest")
w.stop()
kept = Sink()
kept.rules = [("RCPT", "450 4.2.0 later")]
w = Mta(smart_host=kept, mc="define(`confNICE_QUEUE_RUN', `5')\ndefine(`confMIN_QUEUE_AGE', `0')\n")
w.start()
for i in range(30):
    w.send("s@client.test", ["k%d@there.test" % i], "Subject: kept\n\nx\n")
end = time.monotonic() + 30
while w.log().count("stat=Deferred") < 30 and time.monotonic() < end:
    time.sleep(0.05)
kept.rules = []
with kept.cond:
    kept.commands[:] = []
kept.delay = 0.01
end = time.monotonic() + 30
while len(kept.messages) < 30 and time.monotonic() < end:	# the daemon may still have some of them locked
    w.command("-q")
eq(len(kept.wait(30)), 30, "many for one host in a modest run")
ok(len([c for c in kept.commands if c.startswith("EHLO")]) < 25, "share its sessions: %d" % len([c for c in kept.commands if c.startswith("EHLO")]))
w.stop()
done_testing()
