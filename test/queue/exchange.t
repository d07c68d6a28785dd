#!/usr/bin/env python3
"""Queue files are sendmail's: one that a sendmail left behind is delivered, in a plain queue, in split directories, as an ordinary user's."""
import os
import re
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink

sink = Sink(esmtp=("8BITMIME", "DSN", "ENHANCEDSTATUSCODES", "SIZE"))
now = int(time.time())

# as sendmail 8.17 writes them
PLAIN = """V8
T%d
K0
N0
P120108
B8BITMIME
MDeferred: Connection refused by mx.there.test.
F8bdns
$_root@localhost
${daemon_flags}c u
Sme@client.test
Zenv+2B1
Ame@client.test
MDeferred: Connection refused by mx.there.test.
rRFC822; y@there.test
RPNSF:y@there.test
Qrfc822;a+2Bb@c.d
rRFC822; x@there.test
RPFD:<x@there.test>
H?P?Return-Path: <\x81g>
H??Received: (from root@localhost)
\tby test.example.org (8.17.1.9/8.17.1.9) id 6AM39l5A029459;
\tSun, 22 Nov 2026 03:09:47 GMT
H?D?Date: Sun, 22 Nov 2026 03:09:47 GMT
H?M?Message-Id: <202611220309.6AM39l5A029459@test.example.org>
H??From: A <a@there.test>
H??To: x@there.test, y@there.test
H??Subject: h\xc3\xff\x84
H??X-Foo:  two
\tfolded
H??Return-Path: <junk@x.test>
.
""" % (now - 100)
ALIASED = """V8
T%d
K%d
N1
P270108
F8bs
$_root@localhost
Sbob@there.test
Clist:1:0:list
rRFC822; list@here.test
RFDA:"|cat > %%s"
rRFC822; list@here.test
RFDA:z@there.test
H??Subject: list
.
""" % (now - 100, now - 90)


def put(m, where, id_, qf, df):
    for kind, text in (("qf", qf), ("df", df)):
        name = m.path("queue/" + where % kind + kind + id_)
        with open(name, "wb") as f:
            f.write(text.encode("latin-1"))
        os.chmod(name, 0o600)


m = Mta(smart_host=sink)
os.mkdir(m.path("o"))
os.chmod(m.path("o"), 0o1777)
out = m.path("o/out")
with open(m.path("etc/aliases"), "a") as f:
    f.write('list: "|cat > %s"\n' % out)
m.newaliases()
put(m, "%.0s", "6AM39l5A029459", PLAIN, "body\xe4\n.line\n")
put(m, "%.0s", "6AM39l5A029460", ALIASED % out, "to a list\n")
code, text, err = m.command("-bp")
like(text, r"(?s)6AM39l5A029459 +12 .* me@client\.test\n +8BITMIME   \(Deferred: Connection refused by mx\.there\.test\.\)\n"
     r"\t\t\t\t\t y@there\.test\n\t\t\t\t\t <x@there\.test>\n.*Total requests: 2", "mailq shows what is there")
code, text, err = m.command("-bp", "-v")
like(text, r'(?s)-Priority-.*    120108 .*\(---list:1:0:list---\)\n\t\t\t\t\t\t"\|cat > ', "-v shows priorities and controlling users")
m.start()
got = sink.wait(2)
eq(sorted(g.sender for g in got), ["bob@there.test", "me@client.test"], "what a sendmail left behind is delivered")
one = [g for g in got if g.sender == "me@client.test"][0]
eq(sorted(one.rcpts), ["x@there.test", "y@there.test"], "to all that are left")
like(" ".join(one.options), r"BODY=8BITMIME.*RET=HDRS ENVID=env\+2B1", "with its parameters")
like(" ".join(one.options), r"NOTIFY=SUCCESS,FAILURE", "NOTIFY")
like(" ".join(one.options), r"ORCPT=rfc822;a\+2Bb@c\.d", "and ORCPT")
data = one.data.replace(b"\r\n", b"\n")
ok(data.startswith(b"Received: (from root@localhost)\n\tby test.example.org"), "the header is as it was")
ok(b"\nSubject: h\xc3\x84\nX-Foo:  two\n\tfolded\n\nbody\xe4\n.line\n" in data, "to the byte")
ok(b"Return-Path" not in data, "without a Return-Path on its way")
end = time.monotonic() + 10
while time.monotonic() < end and not os.path.exists(out):
    time.sleep(0.05)
ok(os.path.exists(out), "its program runs, for the alias names it still")
ok(m.await_queue(0) and m.await_queue(0, "df"), "and the queue is empty")
m.stop()

# a program that nobody names: a queue file alone gives no rights
evil = m.path("evil")
put(m, "%.0s", "6AM39l5A029461", (ALIASED % evil), "x\n")
os.chmod(m.path("queue/qf6AM39l5A029461"), 0o666)
m.start()
ok(m.await_log("6AM39l5A029461: to=.*is not named by list any more"), "a program in a queue file that others may write is not run")
ok(not os.path.exists(evil), "really not")
m.stop()

# split directories, each with qf and df folders or not
m = Mta(smart_host=sink, mc="")
q = m.path("queue")
os.mkdir(q + "/q1", 0o700)
os.mkdir(q + "/q2", 0o700)
os.mkdir(q + "/q2/qf", 0o700)
os.mkdir(q + "/q2/df", 0o700)
with open(m.cf) as f:
    cf = f.read()
with open(m.cf, "w") as f:
    f.write(re.sub(r"(?m)^O QueueDirectory=.*$", "O QueueDirectory=%s/q*" % q, cf))
put(m, "q1/%.0s", "6AM39l5A029462", PLAIN.replace("y@", "d1@").replace("x@", "d1@"), "one\n")
put(m, "q2/%s/", "6AM39l5A029463", PLAIN.replace("y@", "d2@").replace("x@", "d2@"), "two\n")
n = len(sink.messages)
code, text, err = m.command("-bp")
like(text, r"(?s)/q[12] \(1 request\).*/q[12] \(1 request\).*Total requests: 2", "mailq knows q*")
m.start()
eq(len(sink.wait(n + 2)), n + 2, "mail in split directories is delivered")
m.kill()
put(m, "q1/%.0s", "6AM39l5A029464", PLAIN.replace("y@", "d3@").replace("x@", "d3@").replace("\nN0\n", "\nN0\ndq2\n"), "three\n")
os.rename(q + "/q1/df6AM39l5A029464", q + "/q2/df/df6AM39l5A029464")
os.utime(q + "/q2/df/df6AM39l5A029464", (now - 400000, now - 400000))
sink.rules = [("RCPT", "450 4.2.0 later")]
m.start("-q1h")
ok(m.await_log("6AM39l5A029464: to=.*stat=Deferred"), "content in another directory, as after a split on several file systems, is found")
m.stop()
with open(q + "/q1/qf6AM39l5A029464", "rb") as f:
    ok(b"\nd" not in f.read(), "and brought to its qf")
ok(os.path.exists(q + "/q1/df6AM39l5A029464") and not os.path.exists(q + "/q2/df/df6AM39l5A029464"), "once")
sink.rules = []
m.start()
m.command("-q")
ok(sink.wait(n + 3)[-1].data.endswith(b"three\r\n"), "whole")
n += 1
put(m, "q1/%.0s", "6AM39l5A029465", PLAIN.replace("y@", "d4@").replace("x@", "d4@").replace("Sme@client.test", "SMAILER-DAEMON").replace("F8bdns", "Fdnsr"), "four\n")
m.command("-q")
eq(sink.wait(n + 3)[-1].sender, "", "a report that waits has no sender, whatever its qf says")
n += 1
m.send("a@client.test", ["b@there.test", "c@there.test"], "Subject: new\n\nx\n")
eq(len(sink.wait(n + 3)), n + 3, "and new mail taken")
m.stop()
done_testing()
