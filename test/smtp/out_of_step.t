#!/usr/bin/env python3
"""out_of_step: a server that answers more than it was asked: no reply is taken for that of another recipient, mail is kept; one that takes leave (421) hears QUIT."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

P = port()
sink = Sink(address="127.0.10.1", number=P)
host = Host(mode="background", mc="define(`ESMTP_MAILER_ARGS', `TCP $h %d')\ndefine(`confMCI_CACHE_SIZE', `0')\n" % P,
            dns="sink.to.test. A 127.0.10.1\n" + "".join("d%d.test. MX 5 sink.to.test.\n" % i for i in range(30)))
MSG = "Subject: x\n\nx\n"
OFFERS = list(sink.offers)
PLAIN = [o for o in OFFERS if o != "PIPELINING"]
domains = iter(range(30))		# one each: a host that is down is not asked again soon
WORD = "Deferred: sink.to.test does not speak SMTP (replies that are none to our commands)"


def send(hooks, rcpts, offers):
    """What the log says of each, in their order."""
    sink.hooks, sink.offers = hooks, offers
    domain = "d%d.test" % next(domains)
    ident = host.send("a@here.test", ["%s@%s" % (r, domain) for r in rcpts], MSG)
    said = []
    for r in rcpts:
        m = host.await_log(r"%s: to=[^=]*<?%s@%s>?[,>].*?, dsn=([0-9.]+),(?: reply=.*?,)? stat=(.*)$" % (ident, r, domain))
        said.append(m.groups() if m else ("", host.log()[-1000:]))
    return said


kept = ("4.5.0", WORD)
extra = {"RCPT": lambda s, l: "250 2.1.5 ok\r\n550 5.1.1 extra" if "<b@" in l else None}
eq(send(extra, "bc", OFFERS), [kept, kept], "one reply too many to the first of two, pipelined: the second is not refused for it, both wait")
eq(send(extra, "bc", PLAIN), [kept, kept], "... one command after the other")
eq(send(extra, "b", PLAIN), [kept], "... before DATA")
eq(send({"RCPT": lambda s, l: "550 5.1.1 no\r\n550 5.1.1 no" if "<b@" in l else None}, "bc", PLAIN), [kept, kept], "... a refusal said twice")
eq(send({"MAIL": lambda s, l: "250 2.1.0 ok\r\n250 2.1.0 ok"}, "b", OFFERS), [kept], "... to MAIL")
eq(send({"MAIL": lambda s, l: "354 go"}, "b", OFFERS), [kept], "354 to MAIL")
eq(send({"RCPT": lambda s, l: "354 go"}, "b", OFFERS), [kept], "354 to RCPT")
eq(send({"DATA": lambda s, l: "250 2.0.0 ok"}, "b", PLAIN), [kept], "250 to DATA")
eq(send(extra, "bc", OFFERS + ["CHUNKING"]), [kept, kept], "one too many before BDAT")
eq(sink.messages, [], "nobody got anything")
eq(send({"RCPT": lambda s, l: "550 5.1.1 no", "DATA": lambda s, l: "503 5.5.1 nobody\r\n421 4.7.0 too many errors"}, "bc", OFFERS), [("5.1.1", "User unknown")] * 2,
   "a farewell behind the replies is no such thing")
eq(send({}, "bc", OFFERS), [("2.0.0", "Sent (taken)")] * 2, "who answers as he is asked gets mail")

for step in ("greeting", "EHLO", "MAIL", "RCPT", "DATA", "."):
    sink.greeting = "421 4.3.2 down" if step == "greeting" else "220 sink.test ESMTP"
    n = sink.lines.count("QUIT")
    said = send({step: lambda s, l: "421 4.3.2 down"}, "b", PLAIN)
    eq(said, [("4.3.2", "Deferred: 421 4.3.2 down")], "421 (%s): it waits" % step)
    end = time.monotonic() + 20
    while sink.lines.count("QUIT") == n and time.monotonic() < end:
        time.sleep(0.05)
    eq(sink.lines.count("QUIT"), n + 1, "... and the server hears QUIT, as from sendmail")
host.stop()
done_testing()
