#!/usr/bin/env python3
"""What becomes of a message whose program ends with an exit code, says something, or does not read it all; as sendmail 8.17 was seen to do."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink

sink = Sink()
m = Mta(smart_host=sink, aliases="".join('e%s: "|cat >/dev/null; echo what it says; exit %s"\n' % (c, c) for c in ("1", "64", "67", "69", "75", "77"))
        + 'killed: "|cat >/dev/null; kill -9 $$"\nnoread: "|exit 0"\nhead: "|head -1 >/dev/null"\nunread: "|exit 69"\n')
m.start()
TEXT = "Subject: p\r\n\r\n" + ("x" * 70 + "\r\n") * 4000
for name, stat in (("e1", "unknown mailer error 1"), ("e64", "Command line usage error"), ("e67", "User unknown"), ("e69", "Service unavailable"),
                   ("e77", "Insufficient permission"), ("unread", "Service unavailable")):
    m.send("me@there.test", [name], TEXT if name == "unread" else "Subject: p\r\n\r\nx\r\n")
    ok(m.await_log(r'to="\|[^"]*exit %s"[^\n]*stat=%s' % (name.replace("unread", "e69")[1:], stat)), "%s: %s" % (name, stat))
for name in ("e75", "killed"):
    m.send("me@there.test", [name], "Subject: p\r\n\r\nx\r\n")
    if name == "e75":
        ok(m.await_log(r"exit 75\"[^\n]*dsn=4\.[^\n]*stat=Deferred: prog mailer \(/bin/sh\) exited with EX_TEMPFAIL"), "75: tried again later")
    else:
        ok(m.await_log(r"kill -9[^\n]*stat=(Deferred|unknown mailer error 137)"), "a program that is killed has not delivered")
for name, what in (("noread", "exit 0"), ("head", "head -1")):
    m.send("me@there.test", [name], TEXT)
    ok(m.await_log(r"%s[^\n]*stat=Sent" % what), "%s: who does not read it all and is content has it" % name)
sink.wait(6)
text = next(x.data.decode("latin-1").replace("\r\n", "\n") for x in sink.messages if "e67" in x.data.decode("latin-1"))
like(text, r"(?m)^    \(reason: User unknown\)$", "the report gives the reason")
like(text, r'(?m)^what it says\n550 5\.1\.1 "\|.*"\.\.\. User unknown$', "and what the program said")
like(text, r"(?m)^Diagnostic-Code: X-Unix; 67$", "and its exit code")
m.stop()
done_testing()
