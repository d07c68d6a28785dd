#!/usr/bin/env python3
"""PrivacyOptions of reports and of the command: nobodyreturn, noactualrecipient, restrictmailq, restrictqrun, restrictexpand; what SMTP has of them is in test/smtp/privacy.t."""
import os
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink, Submit

sink = Sink()
sink.rules.append(("(?i)RCPT.*<bad", "550 5.1.1 no such user"))
python = sys.executable if os.access(sys.executable, os.X_OK) and os.getuid() != 0 else "/usr/bin/python3"
ordinary = [python, os.path.join(TOP, "test", "lib", "asuser.py"), os.path.join(OBJ, "sendmail", "sendmail")]


def report(*words):
    m = Mta(smart_host=sink, mc="define(`confPRIVACY_FLAGS', `%s')\n" % ",".join(words))
    n = len(sink.messages)
    m.command("-odi", "-i", "-f", "ann@green.test", "bad@there.test", input="Subject: header\n\nthe body\n")
    return m, sink.wait(n + 1)[n].data.decode().replace("\r\n", "\n")


m, text = report("public")
ok("\nSubject: header\n\nthe body\n" in text and "\nX-Actual-Recipient: rfc822; bad@there.test\n" in text, "a report has the message, and whom it was for")
m, text = report("nobodyreturn", "restrictmailq")
ok("\nSubject: header\n" in text and "the body" not in text and "\nX-Actual-Recipient: " in text, "nobodyreturn: the header alone comes back")
eq(m.command("-bp")[0], 0, "restrictmailq: root, or who owns the queue, sees it")
if os.getuid() == 0:
    r = subprocess.run(ordinary + ["-C", m.cf, "-bp"], capture_output=True, text=True)
    like(r.stdout + r.stderr, "You are not permitted to see the queue", "... others do not")
for words, said in (("public", False), ("restrictqrun", True)):
    m = Mta(mc="define(`confPRIVACY_FLAGS', `%s')\n" % words)
    eq(m.command("-q")[::2], (0, ""), words + ": root, or who owns the queue, runs it")
    if os.getuid() == 0:
        os.chmod(m.path("queue"), 0o777)		# a mode that would let anybody
        for how in ["-q"], ["-qI6AM3uCeM027054"], ["-q1h"] if said else ["-q"], ["-Q", "-q"] if said else ["-q"]:
            r = subprocess.run(ordinary + ["-C", m.cf] + how, capture_output=True, text=True, timeout=60)
            eq((r.stdout == "You do not have permission to process the queue\n", r.returncode == 77), (said, said), "... others, %s: %s" % (" ".join(how), words)) or diag(r.stdout + r.stderr)
_, text = report("noactualrecipient")
ok("the body" in text and "X-Actual-Recipient" not in text and "\nFinal-Recipient: " in text, "noactualrecipient: programs are not told whom it was for")

for words, shown in (("public", True), ("restrictexpand", False)):
    s = Submit(int(sink.port), mc="define(`confTRUSTED_USER', `daemon')\n")
    with open(s.cf, "a") as f:
        f.write("O PrivacyOptions=%s\n" % words)
    n = len(sink.messages)
    r = subprocess.run(ordinary + ["-C", s.cf, "-v", "-i", "x@there.test"], input="Subject: v\n\nx\n", capture_output=True, text=True)
    sink.wait(n + 1)
    eq((">>> MAIL" in r.stdout, r.returncode), (shown, 0), "-v of an ordinary user with PrivacyOptions=" + words) or diag(r.stdout + r.stderr)
done_testing()
