#!/usr/bin/env python3
"""Queue runs over a part of the queue, quarantined mail, mailq's selections and orders, and CheckpointInterval."""
import os
import re
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink

sink = Sink()
m = Mta(smart_host=sink)
now = int(time.time())


def put(id_, sender, rcpts, extra="", kind="qf", age=100, pri=30000):
    text = "V8\nT%d\nK%d\nN1\nP%d\n%sS<%s>\n%sH??Subject: %s\n.\n" % (
        now - age, now - 50, pri, extra, sender, "".join("RPFD:<%s>\n" % r for r in rcpts), id_)
    for k, t in ((kind, text), ("df", "x\n")):
        with open(m.path("queue/" + k + id_), "w") as f:
            f.write(t)
        os.chmod(m.path("queue/" + k + id_), 0o600)


def ids(text):
    return re.findall(r"(?m)^(\w{14})", text)


put("6AMaaaaaa00001", "one@client.test", ["a@red.test"], pri=30003, age=300)
put("6AMaaaaaa00002", "two@client.test", ["b@blue.test"], pri=30002, age=100)
put("6AMaaaaaa00003", "three@client.test", ["c@blue.test", "d@red.test"], pri=30001, age=200)
put("6AMaaaaaa00004", "four@client.test", ["e@red.test"], "qvirus found\n", "hf")
eq(ids(m.command("-bp")[1]), ["6AMaaaaaa00003", "6AMaaaaaa00002", "6AMaaaaaa00001"], "mailq is ordered by priority")
code, out, err = m.command("-odi", "-i", "mine@green.test", input="Subject: mine\n\nx\n")
ok(code == 0 and len(sink.messages) == 1 and len(m.queue()) == 3, "a command delivers its own message, and leaves the rest of the queue alone")
del sink.messages[:]
eq(ids(m.command("-bp", "-OQueueSortOrder=time")[1]), ["6AMaaaaaa00001", "6AMaaaaaa00003", "6AMaaaaaa00002"], "or by time")
eq(ids(m.command("-bp", "-OQueueSortOrder=filename")[1]), ["6AMaaaaaa00001", "6AMaaaaaa00002", "6AMaaaaaa00003"], "or by name")
eq(ids(m.command("-bp", "-qRblue")[1]), ["6AMaaaaaa00003", "6AMaaaaaa00002"], "-qR chooses recipients")
eq(ids(m.command("-bp", "-q!Rblue")[1]), ["6AMaaaaaa00001"], "! the others")
eq(ids(m.command("-bp", "-qSTWO")[1]), ["6AMaaaaaa00002"], "-qS senders, in any case")
like(m.command("-bp", "-OMinQueueAge=1h")[1], r"(?m)^6AMaaaaaa00001- ", "mailq marks those that are too young")
like(m.command("-bP")[1], r"\A\S+/queue: entries=3\n\t\tTotal requests: 3\n\Z", "-bP counts")
out = m.command("-bp", "-qQ")[1]
ok(ids(out) == ["6AMaaaaaa00004"] and "\n     QUARANTINE: virus found\n" in out, "-qQ shows what is quarantined")

# a message that nobody tried yet is not for a run that does not ask for it
put("6AMaaaaaa00005", "five@client.test", ["f@red.test"])
text = open(m.path("queue/qf6AMaaaaaa00005")).read().replace("\nN1\n", "\nN0\n").replace("\nK%d\n" % (now - 50), "\nK0\n")
with open(m.path("queue/qf6AMaaaaaa00005"), "w") as f:
    f.write(text)
for args in (["-qRnothing"], ["-q", "-qRnothing"], ["-qRnothing", "-q"]):
    code, out, err = m.command(*args)
    ok(code == 0 and not sink.messages and "qf6AMaaaaaa00005" in m.queue(), " ".join(args) + ": nothing is asked for, nothing is sent")
eq(m.command("-qL"), (0, "", ""), "-qL: lost files are nobody's turn")
eq(m.command("-qGnone"), (0, "Queue group none unknown\n", ""), "-qG with a group that is none says so")
ok(not sink.messages, "... and nothing is sent")
code, out, err = m.command("-v", "-q", "-qRf@red")
like(out, r"\A\nRunning \S+/queue/6AMaaaaaa00005 \(sequence 1 of 1\)\n<?f@red\.test>?\.\.\. Connecting", "-v shows what is run")
eq(len(sink.messages), 1, "... and it is sent")
del sink.messages[:]
code, out, err = m.command("-Qlooks odd", "-qSone")
ok(code == 0 and ids(m.command("-bp", "-qQodd")[1]) == ["6AMaaaaaa00001"] and "qf6AMaaaaaa00001" not in m.queue(), "-Q quarantines")
code, out, err = m.command("-qQ", "-Q", "other", "-qSone")
ok(code == 0 and ids(m.command("-bp", "-qQother")[1]) == ["6AMaaaaaa00001"], "-Q takes a reason that stands by itself")
code, out, err = m.command("-qQ", "-Q", "-qSone")
ok(code == 0 and "qf6AMaaaaaa00001" in m.queue() and ids(m.command("-bp", "-qQ")[1]) == ["6AMaaaaaa00004"], "and releases")
code, out, err = m.command("-qRb@blue")
eq((code, [g.rcpts for g in sink.wait(1)]), (0, [["b@blue.test"]]), "-qR runs one message")
code, out, err = m.command("-qI00003", "-qSthree")
got = sorted(r for g in sink.wait(2)[1:] for r in g.rcpts)
ok(m.await_queue(1) and got == ["c@blue.test", "d@red.test"], "selections may be joined")
code, out, err = m.command("-qI00003")
eq((code, len(sink.messages)), (0, 2), "nothing to select is no error")
m.command("-q")
eq((len(sink.wait(3)), m.queue(), m.queue("hf")), (3, [], ["hf6AMaaaaaa00004"]), "-q runs all but the quarantined")
put("6AMaaaaaa00006", "six@client.test", ["g@red.test"])
m.command("-qQnothing like it")
eq((len(sink.messages), len(m.queue()), len(m.queue("hf"))), (3, 1, 1), "-qQ runs what was quarantined for that reason, and nothing else")
sink.rules.append(("(?i)RCPT TO:<e@", "451 4.2.0 later"))
m.command("-qQvirus")
eq((len(sink.messages), m.queue(), m.queue("hf")), (3, ["qf6AMaaaaaa00006"], ["hf6AMaaaaaa00004"]), "... what stays in the queue stays locked up")
del sink.rules[:]
m.command("-qQ")
eq(([g.rcpts for g in sink.wait(4)[3:]], m.queue(), m.queue("hf")), ([["e@red.test"]], ["qf6AMaaaaaa00006"], []), "... what is sent is gone")
m.command("-q")
sink.wait(5)
del sink.messages[3:]

# the order of a run: one attempt at a time shows it
def order(option):
    n = len(sink.messages)
    for i, (age, pri) in enumerate(((100, 30003), (300, 30002), (200, 30001))):
        put("6AMcccccc%05d" % i, "s@client.test", ["o%d@red.test" % i], age=age, pri=pri)
    m.command("-q", "-OQueueSortOrder=" + option)
    sink.wait(n + 3)
    return "".join(r[1] for g in sink.messages[n:] for r in g.rcpts)


started = order("time"), order("filename"), order("priority")
ok(all(sorted(x) == list("012") for x in started), "QueueSortOrder: each order runs everything (%s %s %s)" % started)

# two runners at one time
for i in range(30):
    put("6AMbbbbbb%05d" % i, "s@client.test", ["r%d@red.test" % i])
a = start([os.path.join(OBJ, "sendmail", "sendmail"), "-C", m.cf, "-q"])
b = start([os.path.join(OBJ, "sendmail", "sendmail"), "-C", m.cf, "-q"])
eq((a.wait(60), b.wait(60)), (0, 0), "two queue runs at one time end well")
if m.queue():
    m.command("-q")
got = [r for g in sink.messages[12:] for r in g.rcpts]
eq((len(got), len(set(got)), m.queue()), (30, 30, []), "and deliver each message once")

# a crash in a message with many recipients
slow = """#!/bin/sh
case $2 in u7[789])
	while [ ! -e "$1/go" ]; do sleep 0.05; done ;;		# so that it is not over before it is written down
esac
cat >"$1/$2.$$.tmp" && mv "$1/$2.$$.tmp" "$1/$2.$$.mail"
"""
names = ["u%d" % i for i in range(80)]
c = Mta(aliases="crowd: " + ", ".join(names) + "\n")
c.write("deliver", slow, 0o755)
c.start()
c.send("a@client.test", ["crowd@here.test"], "Subject: many\n\nx\n")
count = lambda: len([f for f in os.listdir(c.path("mail")) if f.endswith(".mail")])


def owed():
    """Who is in the qf."""
    out = set()
    for f in c.queue():
        try:
            with open(c.path("queue/" + f), encoding="latin-1") as fh:
                out |= set(re.findall(r"(?m)^R[A-Z]*:<?(u\d+)", fh.read()))
        except OSError:
            pass
    return out


until(lambda: count() >= 45 and 0 < len(owed()) <= 60)
c.kill()
before, left = count(), owed()
c.write("mail/go", "")
c.start()
ok(c.await_queue(0, seconds=120), "a message is delivered to the end after a crash")
users = [f.split(".")[0] for f in os.listdir(c.path("mail")) if f.endswith(".mail")]
ok(set(users) == set(names), "to everybody")
twice = {u for u in users if users.count(u) > 1}
ok(0 < len(left) <= 60 and twice <= left, "and twice only to those of the %d who had it that were not written down: %d" % (before, len(twice)))
c.stop()
done_testing()
