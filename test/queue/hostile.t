#!/usr/bin/env python3
"""Values that are too long for a queue file, or would be another line of it: refused where they come in, with a word that says which; no role ends."""
import os
import re
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink
from fault import none_aside

LONG = "x" * 9000
sink = Sink()
m = Mta(smart_host=sink, mc="define(`confMAX_HEADERS_LENGTH', `1000000')\n")
m.start()


def submit(args, text="Subject: s\n\nx\n"):
    r = subprocess.run([m.program, "-C", m.cf, "-Am"] + args, input=text, capture_output=True, text=True, timeout=60,
                       env=dict(os.environ, ANGARIUM_LOG="stderr"))
    return r.returncode, " ".join(re.findall(r"(?m)^sendmail: (.*)$", r.stderr))


for mode in ("-odi", "-odq"):
    eq(submit([mode, "-f" + LONG + "@x.test", "u@there.test"])[0], 64, "%s: a sender that is too long" % mode)
    for args, text, words in ((["-V" + LONG, "u@there.test"], None, "ENVID= is too long for the queue"),
                              (["-p" + LONG, "u@there.test"], None, "the macro r is too long for the queue"),
                              (["-t"], "To: " + LONG + "@there.test\n\nx\n", "a recipient is too long for the queue")):
        eq(submit([mode] + args, text or "Subject: s\n\nx\n"), (65, "message not accepted: " + words), "%s: %s" % (mode, words))
    code, said = submit([mode, "-f", "a\nRPFD:<evil@there.test>\n@x.test", "u@there.test"])
    ok(code in (65, 0) and "evil@there.test>" not in said, "%s: a line break in the sender (%d %s)" % (mode, code, said))
    eq(submit([mode, "-F" + LONG, "u@there.test"]), (0, ""), "%s: a long name is the header's" % mode)
    eq(submit([mode, "-t"], "To: u@there.test\nSubject: " + LONG * 5 + "\n" + "X" * 9000 + ": a\n\nx\n"), (0, ""), "%s: so are long fields" % mode)
m.command("-q")
got = sink.wait(4)
ok(not [r for g in got for r in g.rcpts if "evil" in r], "nobody else got anything: %r" % sorted({r for g in got for r in g.rcpts}))
eq(len([g for g in got if len(g.data) > 45000]), 2, "long fields arrive")

# a session: what its parameters may hold
s = m.smtp()
s.ehlo()
junk = ["MAIL FROM:<%s@client.test>" % ("a" * 1500), "MAIL FROM:<a@client.test> ENVID=" + "e" * 1500, "MAIL FROM:<a@client.test> AUTH=" + "a" * 1500,
        "MAIL FROM:<a@client.test> ENVID=a+0ARPFD:<evil@there.test>", "MAIL FROM:<a@client.test> AUTH=a+0ARPFD:+3Cevil@there.test+3E"]
for line in junk:
    code = s.docmd(line)[0]
    if code == 250:
        s.docmd("RCPT TO:<u@there.test> ORCPT=rfc822;" + "o" * 400)
        code = s.data("Subject: s\r\n\r\nx\r\n")[0]
    ok(code == 250 or 400 <= code < 600, "an answer to %s...: %d" % (line[:45], code))
    s.docmd("RSET")
for line in ("RCPT TO:<%s@there.test>" % ("r" * 1500), "RCPT TO:<u@there.test> ORCPT=rfc822;" + "o" * 1500, "RCPT TO:<u@there.test> ORCPT=rfc822;a+0AR:x"):
    s.docmd("MAIL FROM:<a@client.test>")
    code = s.docmd(line)[0]
    if code == 250:
        code = s.data("Subject: s\r\n\r\nx\r\n")[0]
    ok(code == 250 or 400 <= code < 600, "an answer to %s...: %d" % (line[:45], code))
    s.docmd("RSET")
s.quit()
m.send("a@client.test", ["last@there.test"], "Subject: last\n\nx\n")
ok(sink.wait(len(got) + 1) and until(lambda: ["last@there.test"] in [g.rcpts for g in sink.messages]), "mail goes on")
ok(not [r for g in sink.messages for r in g.rcpts if "evil" in r], "to whom it was sent")
ok(not re.search(r"ended: exit code|malformed request|broken promise|signal \d+", m.log()), "no role ended")
none_aside(m)
m.stop()
done_testing()
