#!/usr/bin/env python3
"""What a report says, word by word, as a sendmail says it: exit codes of programs, files, unknown users behind an alias, lists, receipts, old age."""
import os
import re
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink

# exit code: what the transcript says, with the address or without, the status, the reason
EXITS = {64: ("500 5.0.0", False, "5.5.4", "Command line usage error"), 67: ("550 5.1.1", True, "5.1.1", "User unknown"),
         69: ("554 5.0.0", False, "5.5.0", "Service unavailable"), 77: ("550 5.0.0", True, "5.3.0", "Insufficient permission"),
         3: ("554 5.3.0", False, "5.0.0", "unknown mailer error 3")}
sink = Sink()
sink.rules = [("RCPT.*<bad", "550 5.1.1 no such user"), ("RCPT.*<wait", "451 4.7.1 greylisted")]
m = Mta(smart_host=sink, mc="define(`confTO_QUEUERETURN', `1s')\ndefine(`LOCAL_MAILER_FLAGS', `Pn9')\n",
        aliases="bob: bob-box\n" + "".join("x%d: \"|cat >/dev/null; echo said; exit %d\"\n" % (x, x) for x in EXITS) +
        "file: /nonexist/file\naway: bad@there.test\ndeep: x67\nlist: l1@there.test, l2@there.test\nowner-list: bob\ntwo: t1@there.test, t2@there.test\n")
m.start()
count = 0


def report(to, *options, sender="bob@here.test", box="bob-box", of=None):
    """The parts of the report about a message to that address: what people read, and what programs read of the recipient."""
    global count
    m.send(sender, [to], "Subject: s\n\nbody\n", [], list(options))
    count += 1
    return parts(m.await_mail(box, count, 20)[-1])


def parts(text):
    people = re.search(r"(?s)(   -----.*?)\n\n--", text)
    return text, people.group(1) if people else None, re.sub(r"Last-Attempt-Date: .*\n", "", re.search(r"(?s)\n(Final-Recipient.*?\n)\n--", text).group(1))


FAILED = "   ----- The following addresses had permanent fatal errors -----\n"
SENT = "   ----- The following addresses had successful delivery notifications -----\n"
SESSION = "   ----- Transcript of session follows -----\n"
for x, (code, named, status, text) in EXITS.items():
    program = "|cat >/dev/null; echo said; exit %d" % x
    _, people, programs = report("x%d@here.test" % x)
    eq(people, FAILED + '"%s"\n    (reason: %s)\n    (expanded from: <x%d@here.test>)\n\n' % (program, "3" if x == 3 else text, x) + SESSION +
       "said\n%s %s%s" % (code, '"%s"... ' % program if named else "", text), "exit code %d, for people" % x)
    eq(programs, "Final-Recipient: RFC822; x%d@here.test\nX-Actual-Recipient: X-Unix; %s\nAction: failed\nStatus: %s\nDiagnostic-Code: X-Unix; %d\n" %
       (x, program, status, x), "and for programs")
_, people, programs = report("file@here.test")
ok("    (reason: Can't create output)\n    (expanded from: <file@here.test>)\n" in people and "\n550 5.0.0 /nonexist/file... Can't create output" in people, "a file that cannot be written")
ok("X-Actual-Recipient: X-Unix; /nonexist/file\n" in programs and "Diagnostic-Code: X-Unix; 73\n" in programs, "is one of exit code 73")
text, people, programs = report("away@here.test")
ok(people.startswith(FAILED + "bad@there.test\n    (reason: 550 5.1.1 no such user)\n    (expanded from: <away@here.test>)\n\n" + SESSION) and
   people.endswith("\n550 5.1.1 bad@there.test... User unknown"), "an unknown user elsewhere, behind an alias")
ok(programs.startswith("Final-Recipient: RFC822; away@here.test\nX-Actual-Recipient: rfc822; bad@there.test\nAction: failed\nStatus: 5.1.1\n"), "for programs")
like(text, r"(?m)^From: Mail Delivery Subsystem <MAILER-DAEMON>\nMessage-Id: <\d{12}\.\w{14}@here\.test>\nTo: <bob@here\.test>\n", "the header")
like(text, r"(?m)^Received: from localhost \(localhost\)\n\tby here\.test \(\S+/\S+\) id \w{14};$", "how it was received")
ok("\nReturn-Path: <bob@here.test>\nReceived: from client.test " in text, "what comes back begins with the sender")
ok("\nReceived-From-MTA: DNS; localhost\n" in text, "the host it came from, by the name of its address")
_, people, _ = report("deep@here.test")
ok("    (expanded from: x67)\n" in people, "an alias behind an alias is named as it stands there")
m.send("bob@here.test", ["somebody@here.test"], "Subject: s\n\nbody\n", [], ["NOTIFY=SUCCESS"])
count += 1
_, people, programs = parts(m.await_mail("bob-box", count, 20)[-1])
eq(people, SENT + "<somebody@here.test>  (successfully delivered to mailbox)\n\n" + SESSION + "<somebody@here.test>... Successfully delivered", "a receipt")
m.send("bob@here.test", ["good@there.test"], "Subject: s\n\nbody\n", [], ["NOTIFY=SUCCESS"])
count += 1
_, people, programs = parts(m.await_mail("bob-box", count, 20)[-1])
eq(people, SENT + "<good@there.test>  (relayed to non-DSN-aware mailer)\n\n" + SESSION + "<good@there.test>... relayed; expect no further notifications", "of a host that knows none")
m.send("bob@here.test", ["list@here.test"], "Subject: s\n\nbody\n", [], ["NOTIFY=SUCCESS"])
count += 1
_, people, programs = parts(m.await_mail("bob-box", count, 20)[-1])
eq(people, SENT + "<list@here.test>  (successfully delivered to mailing list)\n\n" + SESSION + "<list@here.test>... expanded to multiple addresses", "a list with an owner")
eq(programs, "Final-Recipient: RFC822; list@here.test\nX-Actual-Recipient: rfc822; list@here.test\nAction: delivered (to mailing list)\nStatus: 2.0.0\n", "ends the sender's part in it")
m.send("bob@here.test", ["wait@there.test"], "Subject: s\n\nbody\n")
m.await_log(r"to=<wait@there\.test>.*stat=Deferred")
import time
end = time.monotonic() + 40
while time.monotonic() < end and len(m.mail("bob-box")) <= count:
    time.sleep(0.3)
    m.command("-q", "-OMinQueueAge=0")
_, people, _ = parts(m.await_mail("bob-box", count + 1)[-1])
ok(people.startswith(FAILED + "<wait@there.test>\n    (reason: 451 4.7.1 greylisted)\n\n") and
   people.endswith("\n<wait@there.test>... Deferred: 451 4.7.1 greylisted\nMessage could not be delivered for 1 second\nMessage will be deleted from queue"), "old age: what held it up")
before = len(m.mail("postmaster-box"))
m.send("", ["bad@there.test"], "Subject: s\n\nbody\n")
text = m.await_mail("postmaster-box", before + 1)[-1]
ok("\nTo: postmaster\n" in text and "\nSubject: Postmaster notify: see transcript for details\nAuto-Submitted: auto-generated (postmaster-notification)\n" in text and
   re.search(r"\nwith id \w{14}\n", text), "nobody to tell: the postmaster hears of it")
# what comes without a sender is MAILER-DAEMON's on this host
boxes = m.mail("bob-box")
ok(boxes and all(b.startswith("Return-Path: <MAILER-DAEMON>\n") or "\nReturn-Path: <MAILER-DAEMON>\n" in b.split("\n\n")[0] for b in boxes), "Return-Path: of reports, as a mailbox of this host has it") or \
    diag(repr(boxes[:1])[:300])
m.stop()
m = Mta(mc="FEATURE(`always_add_domain')\ndefine(`LOCAL_MAILER_FLAGS', `Pn9')\n")
with open(m.cf) as f:
    cf = f.read()
m.write("etc/sendmail.cf", cf.replace("/mail $u $g", "/mail $u$f $g"))
m.start()
m.send("", ["bob-box"], "Subject: nobody's\n\nx\n")
like((m.await_mail("bob-box") or [""])[-1], r"(?m)^Return-Path: <MAILER-DAEMON@here\.test>$", "... and has the domain that the local mailer adds, as other names do; $f is empty")
m.stop()
sink.stop()
done_testing()
