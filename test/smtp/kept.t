#!/usr/bin/env python3
"""A session that is kept for the next message: whatever ends it before that has begun costs the message a new connection, not a wait; and its last reply in the log."""
import os
import re
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink


def run(what, first, esmtp=("PIPELINING", "ENHANCEDSTATUSCODES")):
    """The second of two messages over one session, whose MAIL is answered by `first` this time."""
    sink = Sink(esmtp=esmtp)
    m = Mta(smart_host=sink, mc="define(`confMCI_CACHE_TIMEOUT', `60s')").start()
    try:
        for n in (1, 2):
            if n == 2:
                sink.rules = iter([("^MAIL", first)])	# once
            m.send("a@here.test", ["b%d@there.test" % n], "Subject: %d\n\nx\n" % n)
            m.await_log(r"to=<b%d@there\.test>.*stat=" % n)
        log = m.log()
        said = [c for c in sink.commands if c[:4] in ("EHLO", "MAIL")]
        return log.count("stat=Sent"), log.count("stat=Deferred"), [c[:4] for c in said]
    finally:
        m.stop()
        sink.stop()


for esmtp in (("PIPELINING", "ENHANCEDSTATUSCODES"), ("ENHANCEDSTATUSCODES",)):
    eq(run("kept", "250 2.1.0 ok", esmtp), (2, 0, ["EHLO", "MAIL", "MAIL"]), "both go over one session: " + " ".join(esmtp))
    eq(run("421", "421 4.3.2 enough", esmtp), (2, 0, ["EHLO", "MAIL", "MAIL", "EHLO", "MAIL"]), "421 to the second MAIL: it goes again at once")
    eq(run("451", "451 4.7.1 later", esmtp), (1, 1, ["EHLO", "MAIL", "MAIL"]), "451: it waits")

# ---- the last reply in the log: its enhanced code is left out where the server says that it is one, and something stands behind it
for esmtp, reply, want in ((("ENHANCEDSTATUSCODES",), "250 2.0.0 taken", "Sent (taken)"), (("ENHANCEDSTATUSCODES",), "250 2.0.0", "Sent (2.0.0)"),
                           ((), "250 2.0.0 taken", "Sent (2.0.0 taken)"), ((), "250 taken", "Sent (taken)")):
    sink = Sink(esmtp=esmtp)
    sink.rules = [(r"^\.$", reply)]
    m = Mta(smart_host=sink).start()
    m.send("a@here.test", ["b@there.test"], "Subject: x\n\nx\n")
    m.await_log(r"to=<b@there\.test>.*stat=")
    eq(re.findall(r"to=<b@there\.test>.*stat=(.*)", m.log()), [want], "%s, %s" % (reply, "ENHANCEDSTATUSCODES" if esmtp else "not offered"))
    m.stop()
    sink.stop()
done_testing()
