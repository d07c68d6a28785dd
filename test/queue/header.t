#!/usr/bin/env python3
"""The header on its way out: addresses rewritten for the mailer, everything else as it came; mailers that wait for demand."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink

sink = Sink()
m = Mta(smart_host=sink, mc="MASQUERADE_AS(`masq.test')\nFEATURE(`masquerade_envelope')\n")
m.start()
m.send("joe@here.test", ["x@there.test"], """From: "Joe Doe" <joe> (home)
To: Ann (the one) <ann>, bob, "C, D" <c@d.test>, e@f.test,
\tlonglonglonglonglonglonglonglonglong1@longlonglonglong.test, longlonglonglonglonglonglonglonglong2@longlonglonglong.test
Cc: group: a, b;
Reply-To: r@s.test
Bcc: secret@x.test
Subject:  two  blanks
 folded

x
""")
g = sink.wait(1)[0]
text = g.data.decode().replace("\r\n", "\n")
eq(g.sender, "joe@masq.test", "the sender is masqueraded")
ok('\nFrom: "Joe Doe" <joe@masq.test> (home)\n' in text, "so is From:, phrase and comment stay")
ok('\nTo: Ann (the one) <ann@here.test>, bob@here.test, "C, D" <c@d.test>, e@f.test,\n        long' in text, "unqualified recipients get a domain")
ok(all(len(line) <= 80 for line in text.splitlines()), "and long lists are folded")
ok("\nCc: group: a@here.test, b@here.test;\n" in text, "members of a group, too")
ok("Bcc" not in text, "Bcc: goes")
ok("\nSubject:  two  blanks\n folded\n" in text, "other fields stay byte for byte")
m.send("joe@here.test", ["x@there.test"], "To: x@there.test,\n   y@there.test\nX-Y:z\n\nx\n")
ok(b"\r\nTo: x@there.test,\r\n   y@there.test\r\nX-Y:z\r\n" in sink.wait(2)[1].data, "a list in which nothing changes is left as it is")
m.send("joe@here.test", ["x@there.test"], "Bcc: secret@x.test\nSubject: blind\n\nx\n")
ok(b"\r\nBcc:\r\n" in sink.wait(3)[2].data and b"secret" not in sink.messages[2].data, "Bcc: of a message that names nobody else is empty, by SMTP, too")
m.stop()

# dsmtp: only on demand
m = Mta(mc="define(`DSMTP_MAILER_ARGS', `TCP $h %d')\ndefine(`SMART_HOST', `dsmtp:[127.0.0.1]')\n" % sink.port)
m.start()
m.send("joe@here.test", ["x@there.test"], "Subject: wait\n\nx\n")
ok(m.await_log("mailer=dsmtp|on demand only") and m.await_queue(1), "a mailer with F=% waits")
m.command("-q")
eq(len(sink.messages), 3, "a queue run does not move it")
m.command("-qRthere.test")
eq(len(sink.wait(4)), 4, "-qR does")
m.stop()
done_testing()
