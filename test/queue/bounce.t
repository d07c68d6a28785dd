#!/usr/bin/env python3
"""Failures come back as multipart/report; NOTIFY, RET, ENVID and ORCPT are honoured; double bounces go to the postmaster, and no further."""
import email
import os
import re
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink

sink = Sink()
sink.rules = [("RCPT.*<bad", "550 5.1.1 <bad@there.test>... no such user here"), ("RCPT.*<refuse-all", "554 5.7.1 no")]
m = Mta(smart_host=sink, aliases="sender: sender-box\nlost: bad@there.test\ngroup: g1@there.test, g2@there.test\n"
        "owned: o1@there.test, o2@there.test\nowner-owned: keeper\n")
m.start()


def parts(text):
    msg = email.message_from_string(text)
    return msg, [p for p in msg.walk() if not p.is_multipart() or p.get_content_type() != "multipart/report"]


m.send("sender@here.test", ["bad@there.test", "good@there.test"], "Subject: mine\n\nsecret body\n",
       ["ret=FULL", "envid=QQ+2B1"], ["NOTIFY=FAILURE", "ORCPT=rfc822;first+2Bbad@orig.test"])
eq(sink.wait(1)[0].rcpts, ["good@there.test"], "the other recipient gets the message")
got = m.await_mail("sender-box")
eq(len(got), 1, "the sender gets a report")
msg, _ = parts(got[0])
eq(msg.get_content_type(), "multipart/report", "a multipart/report")
eq(msg.get_param("report-type"), "delivery-status", "of a delivery status")
eq(msg["Subject"], "Returned mail: see transcript for details", "with the usual subject")
like(msg["From"], r"^Mail Delivery Subsystem <MAILER-DAEMON>$", "from the mailer daemon, as the local mailer writes it")
like(msg["Auto-Submitted"], "auto-generated", "marked as automatic")
text, status, back = msg.get_payload()
like(text.get_payload(), r"(?s)permanent fatal errors.*<bad@there\.test>.*no such user here.*Transcript of session", "people can read what happened")
eq(status.get_content_type(), "message/delivery-status", "programs, too")
per_message, per_rcpt = [str(x) for x in status.get_payload()][:2]
like(per_message, r"Original-Envelope-Id: QQ\+1\nReporting-MTA: dns; here\.test", "with envelope id and host")
like(per_message, r"Arrival-Date: \w+, \d+ \w+ \d+", "and date")
like(per_rcpt, r"Original-Recipient: rfc822; ?first\+bad@orig\.test\nFinal-Recipient: RFC822; bad@there\.test\nX-Actual-Recipient: rfc822; bad@there\.test\n", "original and final recipient")
like(per_rcpt, r"Action: failed\nStatus: 5\.1\.1\n", "action and status")
like(per_rcpt, r"Diagnostic-Code: SMTP; 550 5\.1\.1 <bad@there\.test>", "and the host's words")
eq(back.get_content_type(), "message/rfc822", "the message comes back")
like(str(back), r"(?s)Subject: mine\n.*secret body", "whole")
ok(m.await_queue(0), "nothing stays in the queue")

m.send("sender@here.test", ["bad@there.test"], "Subject: hdrs\n\nsecret body\n", ["ret=HDRS"])
got = m.await_mail("sender-box", 2)
msg, _ = parts(got[1])
eq(msg.get_payload()[2].get_content_type(), "text/rfc822-headers", "RET=HDRS gives the header back")
ok("Subject: hdrs" in got[1] and "secret body" not in got[1], "and not the body")

m.send("sender@here.test", ["bad@there.test"], "Subject: never\n\nx\n", [], ["NOTIFY=NEVER"])
ok(m.await_log(r"(?s)(stat=User unknown.*){3}") and m.await_queue(0), "NOTIFY=NEVER: the message fails")
m.send("sender@here.test", ["good2@there.test"], "Subject: ok\n\nx\n", [], ["NOTIFY=SUCCESS,FAILURE"])
got = m.await_mail("sender-box", 3)
eq(len(got), 3, "silently; NOTIFY=SUCCESS: a receipt comes")
ok("Subject: Return receipt" in got[2] and "Action: relayed (to non-DSN-aware mailer)\nStatus: 2.1.5\n" in got[2], "that says relayed")
ok("never" not in got[2], "about the right message")

m.send("sender@here.test", ["lost@here.test"], "Subject: alias\n\nx\n")
got = m.await_mail("sender-box", 4)
ok(len(got) == 4 and "Final-Recipient: RFC822; lost@here.test" in got[3] and
   "X-Actual-Recipient: rfc822; bad@there.test" in got[3], "an alias is the final recipient, where it led the actual one")

m.send("sender@here.test", ["somebody@here.test"], "Subject: s\n\nx\n", [], ["NOTIFY=SUCCESS"])
got = m.await_mail("sender-box", 5)
ok(len(got) == 5 and "Action: delivered (to mailbox)" in got[4] and "somebody@here.test" in got[4], "a local recipient: delivered")
m.send("sender@here.test", ["group@here.test"], "Subject: s\n\nx\n", [], ["NOTIFY=SUCCESS"])
got = m.await_mail("sender-box", 6)
ok(len(got) == 6 and "Action: expanded (to multi-recipient alias)" in got[5] and "group@here.test" in got[5] and "g1@" not in got[5], "a list: expanded, and no word of its members")
for n, size in ((7, 10), (8, 100000)):
    m.send("sender@here.test", ["owned@here.test"], "Subject: s\n\n" + "y" * 60 + ("\n" + "z" * 70) * (size // 70) + "\n", [], ["NOTIFY=SUCCESS"])
    got = m.await_mail("sender-box", n)
    ok(len(got) == n and "Action: delivered (to mailing list)\nStatus: 2.0.0\n" in got[-1] and "owned@here.test" in got[-1], "a list with an owner: delivered, with %d bytes of content" % size)

m.send("refuse-all@there.test", ["bad@there.test"], "Subject: double\n\nx\n")
got = m.await_mail("postmaster-box")
eq(len(got), 1, "a report that cannot be delivered goes to the postmaster")
ok("Returned mail" in got[0] and "refuse-all@there.test" in got[0], "and says whose it was")
m.send("", ["bad@there.test"], "Subject: null\n\nx\n")
eq(len(m.await_mail("postmaster-box", 2)), 2, "so does a failed message without a sender")
ok(m.await_queue(0), "the queue is empty")
sink.rules.append(("RCPT.*<slow", "450 4.2.0 later"))
m.send("slow@there.test", ["bad@there.test"], "Subject: slow\n\nx\n")
m.send("", ["slow@there.test"], "Subject: a stranger's\n\nx\n")
ok(m.await_log(r"(?s)(to=<slow@there\.test>.*stat=Deferred.*){2}"), "a report waits")
said = m.command("-bp")[1]
ok(len(re.findall(r"(?m)^\w{14}[ *].* MAILER-DAEMON$", said)) == 1 and len(re.findall(r"(?m)^\w{14}[ *].* <>$", said)) == 1,
   "mailq calls its sender MAILER-DAEMON, and not that of what came without one") or diag(said)
m.stop()

# nobody hears of a failure of a double bounce
m2 = Mta(smart_host=sink, mc="define(`confDOUBLE_BOUNCE_ADDRESS', `bad@there.test')\n")
m2.start()
m2.send("", ["bad@there.test"], "Subject: null\n\nx\n")
ok(m2.await_log("kept as Qf"), "a double bounce that fails is kept for people")
ok(m2.await_queue(0), "and the queue is empty")
m2.stop()

# what a site may say itself
m3 = Mta(smart_host=sink, aliases="sender: sender-box\nkeeper: keeper-box\ncopy: copy-box\n",
         mc="define(`confERROR_MESSAGE', `@DIR@/etc/errors')\ndefine(`confUSE_ERRORS_TO', `True')\ndefine(`confCOPY_ERRORS_TO', `copy@$j')\n"
            "define(`confTO_QUEUEWARN', `1s')\n")
text = open(m3.cf).read().replace("@DIR@", m3.dir)
open(m3.cf, "w").write(text)
m3.write("etc/errors", "Ask the postmaster of $j,\nroom 12.\n")
m3.start()
m3.send("sender@here.test", ["bad@there.test"], "Subject: x\nErrors-To: Keeper <keeper@here.test>, other-box@here.test\n\nx\n")
got = m3.await_mail("keeper-box")
ok(len(got) == 1 and "Ask the postmaster of here.test,\nroom 12.\n\nThe original message" in got[0], "ErrorHeader stands in front, with macros")
eq((len(m3.await_mail("other-box")), len(m3.await_mail("copy-box")), len(m3.mail("sender-box"))), (1, 1, 0), "UseErrorsTo, and PostmasterCopy")
copy = m3.mail("copy-box")[0]
ok("Subject: Postmaster notify: see transcript for details" in copy and "text/rfc822-headers" in copy and "\nSubject: x\n" in copy
   and "\n\nx\n" not in copy, "the postmaster's is another, with the header only")
ok("\n\nx\n" in got[0], "the sender's has the body")
m3.send("sender@here.test", ["bad@there.test"], "Subject: x\nPrecedence: junk\n\nx\n")
eq((len(m3.await_mail("sender-box")), len(m3.mail("copy-box"))), (1, 1), "no copies about junk")
ok(m3.await_log(r"done; delay=00:00:0\d, ntries=1"), "LogLevel above 10: the end of a message")
sink.rules.append(("RCPT.*<wait", "450 4.2.0 <wait>... come back"))
m3.send("sender@here.test", ["wait@there.test"], "Subject: wait\n\nsecret\n")
m3.await_log(r"to=<wait@there.test>.*stat=Deferred")
m3.command("-q", "-OMinQueueAge=0")
import time
end = time.monotonic() + 30
while time.monotonic() < end and len(m3.mail("sender-box")) < 2:
    time.sleep(0.3)
    m3.command("-q")
got = m3.mail("sender-box")
ok(len(got) == 2 and "Warning: message still undelivered after" in got[1] and "Will keep trying until message is 5 days old\n" in got[1], "a warning says for how long")
ok("Action: delayed" in got[1] and "Status: 4.2.0" in got[1] and "Will-Retry-Until:" in got[1] and "secret" not in got[1], "and does not return the body")
m3.stop()
done_testing()
