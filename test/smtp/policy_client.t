#!/usr/bin/env python3
"""policy_client: the rulesets that are asked about a server (try_tls, tls_server, tls_rcpt, check_compat) see what the recorded sendmail shows them,
and TLS requirements of the access map hold for servers and clients."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *
import policy

cert = certificate(TMP)
os.mkdir(os.path.join(TMP, "queue"), 0o700)
with open(policy.CLIENT_OK, encoding="latin-1") as f:
    want = f.read().splitlines()
got = list(policy.ask_client(TMP, cert, [os.path.join(OBJ, "sendmail", "sendmail")]))
eq(len(got), len(want), "as many answers as were recorded")
for g, w in zip(got, want):
    eq(g, w, w.split(" -> ")[0])

# the access map, through a whole configuration
tls = Sink(offers=("PIPELINING", "STARTTLS"), cert=cert)
clear = Sink(offers=("PIPELINING",))
broken = Sink(offers=("PIPELINING", "STARTTLS"), cert=cert)
broken.hooks["STAR"] = lambda sink, line: "454 4.7.0 not now"
ACCESS = """Try_TLS:mx.notls.test NO
TLS_Srv:mx.must.test ENCR:56
TLS_Srv:mx.strong.test ENCR:1000
TLS_Srv:mx.verify.test VERIFY:56
TLS_Srv:mx.perm.test PERM+ENCR:56
TLS_Srv:mx.cn.test VERIFY:56+CN:else.where
TLS_Rcpt:secret@plain.test ENCR:56
TLS_Clt:127.0.0.3 ENCR:56
"""
NAMES = ("notls", "must", "strong", "verify", "perm", "cn", "plain")
DNS = "".join("%s.test. MX 10 mx.%s.test\nmx.%s.test. A 127.0.0.1\n" % (n, n, n) for n in NAMES)


def host_for(sink):
    return Host(mc="define(`confSERVER_CERT', `%s.crt')\ndefine(`confSERVER_KEY', `%s.key')\ndefine(`confCACERT', `%s.crt')\n"
                   "define(`confTLS_SRV_OPTIONS', `')\n"
                   "define(`confDELIVERY_MODE', `interactive')\ndefine(`ESMTP_MAILER_ARGS', `TCP $h %d')\n" % (cert, cert, cert, sink.port),
                access=ACCESS, dns=DNS, mode="interactive")


def goes(host, sink, to):
    """What becomes of a message: "TLS", "clear", or the text of the log."""
    n = len(sink.messages)
    ident = host.send("root@here.test", to, "Subject: x\n\nx\n")
    m = host.await_log(r"%s: to=<%s>.*dsn=(\S+), (?:reply=.*, )?stat=(.*)" % (ident, re.escape(to)))
    if len(sink.messages) > n:
        return "TLS" if sink.messages[-1]["tls"] else "clear"
    return "%s %s" % (m.group(1), m.group(2)) if m else "nothing"


host = host_for(tls)
eq(goes(host, tls, "a@must.test"), "TLS", "TLS_Srv:ENCR, and there is TLS")
eq(goes(host, tls, "a@notls.test"), "clear", "Try_TLS:NO")
like(goes(host, tls, "a@strong.test"), r"^4\.7\.0 Deferred: 454 4\.7\.0 encryption too weak 256 less than 1000$", "TLS_Srv:ENCR:1000")
eq(goes(host, tls, "a@verify.test"), "TLS", "TLS_Srv:VERIFY, and the certificate is known")
like(goes(host, tls, "a@cn.test"), r"^4\.7\.0 Deferred: 454 4\.7\.0 CN localhost does not match else\.where$", "TLS_Srv:VERIFY+CN")
eq(goes(host, tls, "secret@plain.test"), "TLS", "TLS_Rcpt:ENCR")

c = host.connect("127.0.0.3", "me")
like(c.cmd("MAIL FROM:<root@here.test>"), r"^454 4\.7\.0 encryption too weak 0 less than 56$", "TLS_Clt:ENCR, a client in clear")
c.cmd("STARTTLS")
c.starttls(cert + ".crt")
c.cmd("EHLO me")
like(c.cmd("MAIL FROM:<root@here.test>"), "^250 2.1.0 ", "... and under TLS")
c.close()
host.stop()

host = host_for(clear)
like(goes(host, clear, "a@must.test"), r"^4\.7\.0 Deferred: 454 4\.7\.0 encryption too weak 0 less than 56$", "TLS_Srv:ENCR, and no STARTTLS")
like(goes(host, clear, "a@verify.test"), r"^4\.7\.0 Deferred: 454 4\.7\.0 other side does not support STARTTLS$", "TLS_Srv:VERIFY")
like(goes(host, clear, "a@perm.test"), r"^5\.7\.0 ", "TLS_Srv:PERM+ENCR is a failure for good")
eq(goes(host, clear, "b@plain.test"), "clear", "another recipient of that domain")
like(goes(host, clear, "secret@plain.test"), r"^4\.7\.0 Deferred: 454 4\.7\.0 encryption too weak 0 less than 56$", "TLS_Rcpt:ENCR")
host.stop()
done_testing()
