#!/usr/bin/env python3
"""modifiers: what M= of DAEMON_OPTIONS changes in a session, as recorded from sendmail."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

ETRN, NO_ETRN = "250 2.0.0 Queuing for node x started", "502 5.7.0 Sorry, we do not allow this operation"
JOE, NO_JOE = "250 2.1.0 <joe>... Sender ok", "553 5.5.4 <joe>... Domain name required for sender address joe"
LOCAL, NO_LOCAL = "250 2.1.0 <joe@localhost>... Sender ok", "553 5.5.4 <joe@localhost>... Real domain name required for sender address"
AUTH = "530 5.7.0 Authentication required"
# modifier: a client of ours, a stranger: MAIL FROM:<joe>, <joe@localhost>, ETRN, STARTTLS
TLS, NO_TLS = "454 4.3.3 TLS not available after start", "503 5.5.0 TLS not available"
WANT = {
    "": (NO_JOE, LOCAL, NO_JOE, NO_LOCAL, ETRN, TLS),
    "a": (AUTH, AUTH, AUTH, AUTH, ETRN, TLS),
    "E": (NO_JOE, LOCAL, NO_JOE, NO_LOCAL, NO_ETRN, TLS),
    "f": (NO_JOE, LOCAL, NO_JOE, NO_LOCAL, ETRN, TLS),
    "u": (JOE, LOCAL, JOE, LOCAL, ETRN, TLS),
    "r": (NO_JOE, LOCAL, NO_JOE, NO_LOCAL, ETRN, TLS),
    "S": (NO_JOE, LOCAL, NO_JOE, NO_LOCAL, ETRN, NO_TLS),
    "C": (NO_JOE, LOCAL, NO_JOE, NO_LOCAL, ETRN, TLS),
    "c": (NO_JOE, LOCAL, NO_JOE, NO_LOCAL, ETRN, TLS),
}
ports = {m: port() for m in WANT if m}
host = Host(mc="FEATURE(`accept_unresolvable_domains')\n" + "".join(
    "DAEMON_OPTIONS(`Name=D%s, Addr=127.0.0.1, Port=%d, M=%s')\n" % (m, p, m) for m, p in ports.items()) +
    "DAEMON_OPTIONS(`Name=queueonly, Addr=127.0.0.1, Port=%d, children=2, delivery=queueonly')\n" % ports.setdefault("children", port()) +
    "DAEMON_OPTIONS(`Name=optional, Addr=192.0.2.250, Port=%d, M=O')\n" % port())
for m, want in WANT.items():
    got = []
    for source in (None, "127.0.0.2"):
        c = Talk(ports.get(m, host.port), source)
        c.reply()
        c.cmd("EHLO me.example")
        for line in ("MAIL FROM:<joe>", "MAIL FROM:<joe@localhost>"):
            got.append(c.cmd(line))
            c.cmd("RSET")
        if source:
            got += [c.cmd("ETRN x"), c.cmd("STARTTLS")]
        c.close()
    for g, w, what in zip(got, want, ("an unqualified sender", "a sender at localhost", "a stranger's unqualified sender", "a stranger's sender at localhost", "ETRN", "STARTTLS")):
        eq(g, w, "M=%s: %s" % (m, what))
like(Talk(host.port).reply(), "^220 ", "M=O: an address that is not here is no reason not to start")
talks = [Talk(ports["children"]) for _ in range(2)]
eq([t.reply()[:3] for t in talks], ["220", "220"], "children=2: two come in")
like(Talk(ports["children"]).reply(), "^421 ", "... and no third")
like(Talk(host.port).reply(), "^220 ", "... while another daemon takes more")
for t in talks:
    t.close()
host.stop()
done_testing()
