#!/usr/bin/env python3
"""The decision about each recipient is kept with the message: in the journal, in the queue file, in mailq -v, and in the log."""
import os
import re
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink

sink = Sink()
sink.rules = [(r"RCPT To:<(later|far)", "450 4.2.0 later")]
m = Mta(mc="FEATURE(`mailertable', `hash -o %s/mailertable')\ndefine(`confJOURNAL_SEGMENT_SIZE', `262144')\n" % TMP,
        smart_host=sink, aliases="crew: later@there.test, far@other.test, here\nhere: here2\n")
TABLE = TMP + "/mailertable"


def table(text):
    with open(TABLE, "w") as f:
        f.write(text)
    import subprocess
    r = subprocess.run([os.path.join(OBJ, "makemap", "makemap"), "hash", TABLE], input=text.encode(), capture_output=True)
    if r.returncode != 0:
        bail(r.stderr.decode())


table("there.test\tesmtp:[127.0.0.1]\n")
m.start()
m.send("me@client.test", ["crew@here.test", "later@third.test"], "Subject: x\n\nx\n")
qf = m.await_qf(r"(?m)^N1$(?s:.*)\{angarium_why\}")
rule = r"[\w-]+/\d+@[\w./-]+:\d+"
like(qf, r"(?m)^\$\{angarium_why\}%s aliases\[crew\] mailertable\[there\.test\]=esmtp:\+5B127\.0\.0\.1\+5D %s\n(?:[CMQr].*\n)*R\w+:later@there\.test" % (rule, rule),
     "the queue file names list, key and rule")
like(qf, r"(?m)^\$\{angarium_why\}%s aliases\[crew\] %s\n(?:[CMQr].*\n)*R\w+:far@other\.test" % (rule, rule), "of each recipient")
like(qf, r"(?m)^\$\{angarium_why\}%s\n(?:[CMQr].*\n)*R\w+:<later@third\.test>" % rule, "of one that is no alias's, too")
ok(max(len(l) for l in qf.splitlines() if l.startswith("${angarium_why}")) < 320, "it is short")

code, text, err = m.command("-bp", "-v")
like(text, r"(?m)later@there\.test>?\n\t\t \(.*450 4\.2\.0 later\)\n\t\t \[.*aliases\[crew\] mailertable\[there\.test\]=esmtp:\S+ %s\]$" % rule, "mailq -v shows it")
code, text, err = m.command("-bp")
ok("mailertable" not in text, "mailq without -v does not")

like(m.log, r"to=later@there\.test(?:, \w+=[^,]*)*, why=.*mailertable\[there\.test\]=\S+ %s, relay=\[127\.0\.0\.1\].*, dsn=4\.2\.0, reply=450 4\.2\.0 later, stat=Deferred" % rule,
     "at LogLevel 10 and above the log says it")
like(m.log, r"(?m): alias crew@here\.test => later@there\.test, far@other\.test, here$", "and how aliases were expanded, as sendmail")
like(m.log, r"to=here2, .*, why=%s aliases\[crew\] %s aliases\[here\] %s, .*stat=Sent" % (rule, rule, rule), "a chain of aliases is a chain")
for line in m.log().splitlines():
    if " why=" in line:
        fields = dict(f.split("=", 1) for f in re.sub(r"^.*?: (?=to=)", "", line).split(", stat=")[0].split(", "))
        if not {"to", "delay", "xdelay", "mailer", "pri", "dsn"} <= set(fields):
            ok(False, "a line falls apart into its fields: " + line)

# the next try decides anew; where it comes from stays
table("other.test\tesmtp:[127.0.0.1]\n")
m.command("-q")
qf = m.await_qf(r"(?m)^N2$(?s:.*)mailertable\[other\.test\]")
like(qf, r"(?m)^\$\{angarium_why\}%s aliases\[crew\] mailertable\[other\.test\]=\S+ %s\n(?:[CMQr].*\n)*R\w+:far@other\.test" % (rule, rule), "another table, another decision")
ok("mailertable[there.test]" not in qf, "the old one is gone") or diag(qf)

# the journal has what was decided at RCPT
m.stop()
with open(m.cf) as f:
    cf = f.read()
with open(m.cf, "w") as f:
    f.write(re.sub(r"(?m)^#?O DeliveryMode=.*$", "O DeliveryMode=queueonly", re.sub(r"(?m)^O LogLevel=.*$", "O LogLevel=9", cf)))
m.start()
m.send("me@client.test", ["someone@other.test"], "Subject: j\n\nx\n")
code, text, err = m.command("-bp", "-v")
like(text, r"someone@other\.test>?\n\t\t \[mailertable\[other\.test\]=\S+ %s\]" % rule, "mail that was not tried yet has what was decided at RCPT, in the journal")
at = len(m.log())
m.command("-q")
end = time.monotonic() + 30
while "stat=" not in m.log()[at:] and time.monotonic() < end:
    time.sleep(0.05)
ok(" why=" not in m.log()[at:], "at LogLevel 9 lines are as ever")
m.stop()

# many recipients, long keys: bounded
m = Mta(smart_host=sink)
m.start()
long_ = ["%s%04d@%s.test" % ("u" * 50, i, ".".join(["d" * 60] * 2)) for i in range(300)]
sink.rules = [(r"RCPT", "450 4.2.0 later")]
m.send("me@client.test", long_, "Subject: many\n\nx\n")
qf = m.await_qf(r"(?m)^N1$")
eq(len(re.findall(r"(?m)^R\w+:", qf)), 300, "three hundred recipients")
ok(qf.count("${angarium_why}") < 5, "who share a decision share its line")
m.stop()
done_testing()
