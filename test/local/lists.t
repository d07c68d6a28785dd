#!/usr/bin/env python3
"""Lists and aliases that are long, or nonsense: thousands of members get their mail, what cannot be delivered comes back at once, and nobody's process is ended."""
import os
import re
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink

MANY = 6000
sink = Sink()
m = Mta(smart_host=sink)
long_name = "/" + "a" * 9000
m.write("members", "".join("member.%05d@there.test\n" % i for i in range(MANY)))
m.write("huge", "#" * 100 + "\n" + "x" * (5 << 20))
m.write("longitem", "y" * 9000 + "\nx1@there.test\n")
m.write("longprog", "\"|/bin/echo %s\"\nx2@there.test\n" % ("z" * 9000))
m.write("longinc", ":include:%s\nx3@there.test\n" % long_name)
m.write("relative", ":include:etc/list\nx4@there.test\n")
m.write("nothing", ":include:\n:include: \nx5@there.test\n")
m.write("binary", "")
with open(m.path("binary"), "wb") as f:
    f.write(bytes(range(256)) * 20 + b"\nx6@there.test\n")
m.write("none", "# nobody yet\n\n")
m.write("blank", " \n,\n")
m.write("nest", ":include:%s\n" % m.path("none"))
m.write("member", ":include:%s\nx8@there.test\n" % m.path("none"))
lists = ("none", "blank", "nest", "member", "members", "huge", "longitem", "longprog", "longinc", "relative", "nothing", "binary")
m.newaliases("postmaster: pm\nMAILER-DAEMON: pm\nrel: :include:etc/list\nempty: :include:\n"
             + "beside: l-none, x9@there.test\ntwice: l-none, l-blank\n" + "".join("l-%s: :include:%s\n" % (n, m.path(n)) for n in lists) + "longalias: %s, x7@there.test\n" % ("q" * 9000))
m.start()


def send(to):
    """Who got it at the sink, and the report that the sender got (or none)."""
    n = len(sink.messages)
    m.send("s@client.test", [to + "@here.test"], "Subject: to %s\n\nx\n" % to)
    ok(m.await_queue(0, seconds=30), "%s: nothing of it stays in the queue" % to) or diag(m.command("-bp")[1][-1500:])
    new = sink.messages[n:]
    got = sorted(r for g in new if g.rcpts != ["s@client.test"] for r in g.rcpts)
    return got, b"".join(g.data for g in new if g.rcpts == ["s@client.test"]).decode("utf-8", "replace")


got, report = send("l-members")
eq((len(got), len(set(got)), report), (MANY, MANY, ""), "a list longer than 100 KiB: each member once")
got, report = send("l-huge")
ok(got == [] and "longer than" in report, "one of five megabytes comes back, and the report says why")
for name, member in (("l-longitem", "x1"), ("l-longprog", "x2"), ("l-longinc", "x3"), ("longalias", "x7")):
    got, report = send(name)
    eq(got, [member + "@there.test"], "an item of 9,000 octets: the others get it (%s)" % name)
    like(report, r"(?s)Address too long.*Status: 5\.1\.3", "... and the sender hears of it")
for name, members in (("l-relative", ["x4@there.test"]), ("rel", []), ("l-nothing", ["x5@there.test"]), ("empty", [])):
    got, report = send(name)
    eq(got, members, "an :include: without a full path: the others get it (%s)" % name)
    like(report, r"(?s)Cannot open.*not a full path.*Status: 5\.2\.4", "... and the sender hears of it")
for name in ("l-none", "l-nest", "twice"):
    got, report = send(name)
    ok(got == [] and "leads to nobody" in report and report.count("Final-Recipient") == 1, "a list without members: the sender hears of it, once (%s)" % name) or diag(report)
for name, member in (("l-member", "x8"), ("beside", "x9")):
    eq(send(name), ([member + "@there.test"], ""), "... beside others it does not matter (%s)" % name)
got, report = send("l-binary")
ok("x6@there.test" in got, "any octets in a list: the addresses in it get it")
ok(not re.search(r"malformed|role is gone|died in|ended by", m.log()), "no process came to harm")
m.stop()
done_testing()
