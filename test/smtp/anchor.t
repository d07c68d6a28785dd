#!/usr/bin/env python3
"""anchor: with DNSSEC trust anchors, answers for a domain that must be signed and are not are not believed - its mail waits; other mail goes."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

sink = Sink()
DNS = "".join("%s.test. MX 10 mx.%s.test.\nmx.%s.test. A 127.0.0.1\n" % (n, n, n) for n in ("secure", "plain"))
host = Host(mc="define(`ESMTP_MAILER_ARGS', `TCP $h %d')\n" % sink.port, dns=DNS, mode="interactive", start_it=False)
anchors = host.path("etc", "anchors")
with open(anchors, "w") as f:
    f.write("; a key that nobody has\nsecure.test. IN DS 12345 13 2 %s\n" % ("ab" * 32))
with open(host.cf) as f:
    cf = f.read()
with open(host.cf, "w") as f:
    f.write(re.sub(r"(?m)^(O ResolverOptions=.*)$", r"\1 anchor=" + anchors, cf))
host.start()


def stat(to):
    i = host.send("root@here.test", to, "Subject: x\n\nx\n")
    if not re.match(r"\w{14}$", i):
        return i			# refused at once
    m = host.await_log(r"%s: to=<%s>.*stat=(.*)" % (i, re.escape(to)))
    return m.group(1) if m else ""


if os.path.exists(os.path.join(OBJ, "modules", "dns_unbound.so")):
    like(stat("a@plain.test"), "^Sent ", "a domain below no anchor")
    like(stat("a@secure.test"), "^Deferred|^Transient parse error|^4[0-9][0-9] ", "a domain whose answers are not signed as its anchor says")
    eq(len(sink.messages), 1, "only one message went out")
else:
    like(stat("a@plain.test"), "^Sent ", "built without libunbound: nothing is validated, mail goes")
host.stop()
with open(anchors, "w") as f:
    f.write("this is no record\n")
host.start_failed = False
try:
    host.start()
except RuntimeError:
    host.start_failed = True
if os.path.exists(os.path.join(OBJ, "modules", "dns_unbound.so")):
    ok(host.start_failed or host.await_log("trust anchor", 30), "a file that holds no anchors is refused")
done_testing()
