#!/usr/bin/env python3
"""Long content that stands in a file of the journal's own, under no name of its message: whenever the process ends, it arrives once or more, whole; it moves into files like other mail."""
import os
import re
import sys
import threading
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Sink
from fault import Faulty, everything, settle

sink = Sink()
m = Faulty(smart_host=sink, mc="define(`confMIN_QUEUE_AGE', `0')\n", aliases="owner-list: boss@there.test\nlist: l1@there.test, l2@there.test\n")
sent = {}


def big(name, to=None):
    """0 or the code of a refusal."""
    text = "".join("%s line %d%s\n" % (name, k, "." * (k % 70)) for k in range(3000 + 100 * len(sent)))
    sent[name] = text.encode()
    try:
        m.send("a@client.test", to or ["%s@there.test" % name], "Subject: <%s>\n\n%s" % (name, text))
        return 0
    except Exception as e:
        return int((re.findall(r"\b[45]\d\d\b", str(e)) or ["1"])[0])


def copies(name):
    return [g.data.replace(b"\r\n", b"\n").split(b"\n\n", 1)[1] for g in sink.messages if b"Subject: <%s>" % name.encode() in g.data]


def whole(name, n=1):
    got = copies(name)
    return len(got) >= n and all(g == sent[name] for g in got)


def files(kind):
    return sorted(f for f in os.listdir(m.path("queue")) if f.startswith(kind))


def placed(name):
    """The file that the journal says holds it; "" for one of its own name, None: there is no such record."""
    for line in reversed(m.command("-bp", "--journal")[1].splitlines()):
        found = re.search(r"message \S+ ., \d+ octets in (\S+), from .*<%s@" % name, line)
        if found:
            return "" if found.group(1) == "df" else found.group(1)
    return None


def hold(on):
    """Deliveries stop in the middle, as long as we like."""
    if on:
        sink.permits = threading.Semaphore(0)
    else:
        permits, sink.permits = sink.permits, None
        for _ in range(50):
            permits.release()


def place_one(kind, before=lambda: None, to=None):
    """A message whose content stands in a file of the journal's own, and that file.  Such files are kept, and free again, a moment after their messages are over."""
    for i in range(20):
        if i % 2 or not files("journal.body"):
            big("%sfirst%d" % (kind, i))
            after()
            until(lambda: files("journal.body"), 2)
        name = "%s%d" % (kind, i)
        before()
        if big(name, to and [to]) == 0:
            until(lambda: placed("list" if to else name) is not None)
            where = placed("list" if to else name)
            if where:
                return name, where
        after()
    before()
    return name, None


def after():
    """Back to where nothing is wrong, and nothing waits."""
    m.plan()
    sink.rules = []
    if sink.permits:
        hold(False)
    return settle(m) and until(lambda: not files("df"))


m.start()
until(lambda: files("journal.001"))
held, place = place_one("held", lambda: hold(True))
if not place:
    skip("content without a name", "no file is kept on this system")
    hold(False)
    m.stop()
    done_testing()
    sys.exit(0)
ok(place in files("journal.body"), "a long message stands in a file of the journal's own (%s)" % place)
ok(until(lambda: not files("df") + files("qf")), "and has none of its name")
m.kill()
hold(False)
m.start()
ok(until(lambda: whole(held)) and settle(m), "after a crash it is delivered from there")

m.plan("fdatasync", "EIO", role="smtpd")
code = big("unsynced")
ok(m.fired() and 400 <= code < 500, "content that cannot be synced is not accepted (%d)" % code)
m.plan()
eq(copies("unsynced"), [], "and goes nowhere")
ok(until(lambda: not files("df")), "nothing is left of it")

# the first try fails: it gets files
steps = [None, ("linkat", "kill-after"), ("renameat", "kill")]
if everything():
    steps += [("linkat", "EIO"), ("linkat", "kill"), ("unlinkat", "kill"), ("renameat", "kill-after"), ("fsync", "kill"), ("pwrite", "kill"), ("pwrite", "kill-after")]
for i, step in enumerate(steps):
    def before():
        sink.rules = [(r"^\.$", "450 4.2.0 later")]
        hold(True)
    name, was = place_one("spilt%d." % i, before)
    if step:
        m.plan(*step)
    hold(False)
    ok(was and until(lambda: files("qf") or (step and m.fired())), "%s: from %s it moves into files" % (step, was))
    if not step:
        qf = files("qf")[0]
        with open(m.path("queue/df" + qf[2:]), "rb") as f:
            ok(f.read() == sent[name], "the df is its content")
    ok(after() and until(lambda: whole(name)), "%s: it is delivered, whole" % (step,))

name, was = place_one("split", lambda: hold(True), "list@here.test")
hold(False)
ok(was and until(lambda: whole(name)) and settle(m), "a message to a list with an owner is split: its content arrives (%s)" % was)

# nobody has the journal: a queue run by hand
name, was = place_one("byhand", lambda: hold(True))
m.kill()
hold(False)
m.command("-q")
ok(was and until(lambda: whole(name)), "without a daemon a queue run delivers it")
eq(files("journal.body"), [], "and nothing stays behind")

# what is not the content
m.start()
_, was = place_one("lost", lambda: hold(True))
m.kill()
os.truncate(m.path("queue/" + was), 100)
hold(False)
m.start()
ok(until(lambda: files("Qf")), "a file that is too short is not taken for the content")
eq(files("journal.bad"), [was.replace("body", "bad.body")], "and is kept for people")

# in the middle of its way into files: under its own name already, and the name is not the journal's any more
name, was = place_one("short", lambda: hold(True))
m.kill()
ident = re.search(r"message (\S+) ., \d+ octets in %s, from .*<%s@" % (re.escape(was), name), m.command("-bp", "--journal")[1]).group(1)
before = files("Qf")
os.rename(m.path("queue/" + was), m.path("queue/df" + ident))
os.truncate(m.path("queue/df" + ident), 100)
hold(False)
m.start()
ok(until(lambda: files("Qf") != before), "nor is a df that is too short")
ok("journal.bad.df" + ident in files("journal.bad"), "which is kept, too")

big("last")
ok(until(lambda: whole("last")) and settle(m), "the others go on")
ok(all(whole(name, 0) for name in sent), "everything arrived as it was sent")
m.stop()
eq(files("journal.body"), [], "no such file is left at the end")
done_testing()
