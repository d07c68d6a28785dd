#!/usr/bin/env python3
"""access_more: tags of the access map that concern TLS, certificates, queue groups and pairs of addresses: Srv_Features, TLS_Srv_features, TLS_Clt_features, CERTISSUER,
CERTSUBJECT, Compat, QGRP - each by a real session or delivery."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

cert = certificate(TMP)
friend, issuer, stranger, other = (certificate(TMP, n) for n in ("friend", "issuer", "stranger", "other"))
cas = os.path.join(TMP, "cas.pem")
with open(cas, "w") as out:
    for c in (cert, friend, issuer, stranger, other):
        with open(c + ".crt") as f:
            out.write(f.read())
ACCESS = """Srv_Features:127.0.0.2 S
Srv_Features:127.0.0.3 l
Srv_Features:127.0.0.4 E X
Srv_Features:127.0.0.5 P
TLS_Srv_features:127.0.0.6 CertFile=%(other)s.crt;KeyFile=%(other)s.key
TLS_Srv_features:outside.test CertFile=%(friend)s.crt;KeyFile=%(friend)s.key
TLS_Clt_features:127.0.0.1 CertFile=%(friend)s.crt;KeyFile=%(friend)s.key
CERTISSUER:/CN=issuer RELAY
CERTISSUER:/CN=friend SUBJECT
CERTSUBJECT:/CN=friend RELAY
Compat:bad@here.test<@>joe@sink.test ERROR:no
Compat:odd@here.test<@>joe@sink.test TEMP:later
Compat:gone@here.test<@>joe@sink.test DISCARD
QGRP:slow.test slow
QGRP:boss@dead.test slow
""" % {"other": other, "friend": friend}
sink = Sink(offers=("STARTTLS",), cert=cert, ca=cas)
TLS = "define(`confSERVER_CERT', `%s.crt')\ndefine(`confSERVER_KEY', `%s.key')\ndefine(`confCACERT', `%s')\ndefine(`confTLS_SRV_OPTIONS', `')\n" % (cert, cert, cas)
host = Host(access=ACCESS, dns="sink.test. MX 5 mx.sink.test.\nmx.sink.test. A 127.0.0.1\nslow.test. MX 5 mx.dead.test.\ndead.test. MX 5 mx.dead.test.\nmx.dead.test. A 127.0.0.99\n", mode="interactive",
            files=(("hosts", "127.0.0.1 localhost\n127.0.0.7 outside.test\n"),), aliases="postmaster: root\njoe: root\nboss: root\n",
            mc=TLS + "FEATURE(`tls_session_features')\nFEATURE(`compat_check')\nFEATURE(`queuegroup')\nFEATURE(`accept_unresolvable_domains')\n"
            "QUEUE_GROUP(`slow', `P=@DIR@/slow, F=f')\ndefine(`ESMTP_MAILER_ARGS', `TCP $h %d')\ndefine(`confLOG_LEVEL', `14')\n" % sink.port, start_it=False)
os.mkdir(host.path("slow"), 0o700)
host.start()


def session(source, own=None):
    """Offers; with a certificate of ours the session is under TLS, and the server's certificate is told."""
    c = host.connect(source=source)
    c.reply()
    offers = c.cmd("EHLO me.test")
    if own is None:
        return c, offers
    c.cmd("STARTTLS")
    ctx = ssl.create_default_context(cafile=cas)
    ctx.check_hostname = False
    if own:
        ctx.load_cert_chain(own + ".crt", own + ".key")
    c.s = ctx.wrap_socket(c.s)
    c.buf = b""
    c.cmd("EHLO me.test")
    return c, dict(x[0] for x in c.s.getpeercert()["subject"])["commonName"]


c, offers = session("127.0.0.8")
ok("STARTTLS" in offers and "EXPN" in offers and "ETRN" in offers and "PIPELINING" in offers, "no Srv_Features: all is offered")
c, offers = session("127.0.0.2")
ok("STARTTLS" not in offers, "Srv_Features S: no STARTTLS")
like(c.cmd("STARTTLS"), "^5", "... is refused, too")
c, offers = session("127.0.0.3")
like(c.cmd("MAIL FROM:<a@here.test>"), "^530 5.7.0 Authentication required", "Srv_Features l: AUTH is demanded")
c, offers = session("127.0.0.4")
ok("ETRN" not in offers and "EXPN" not in offers, "Srv_Features E X: neither ETRN nor EXPN")
like(c.cmd("EXPN root"), "^502 ", "... nor done")
c, offers = session("127.0.0.5")
ok("PIPELINING" not in offers, "Srv_Features P: no PIPELINING")

eq(session("127.0.0.8", "")[1], "localhost", "no TLS_Srv_features: the certificate of the configuration")
eq(session("127.0.0.6", "")[1], "other", "TLS_Srv_features: another certificate, by the client's address")
eq(session("127.0.0.7", "")[1], "friend", "... by its name")

for own, reply, what in ((friend, "250 2.1.5 ", "CERTISSUER SUBJECT and CERTSUBJECT RELAY: may relay"), (issuer, "250 2.1.5 ", "CERTISSUER RELAY: may relay"),
                         (stranger, "550 5.7.1 ", "another certificate may not"), ("", "550 5.7.1 ", "no certificate may not")):
    c, _ = session("127.0.0.8", own)
    c.cmd("MAIL FROM:<a@far.test>")
    like(c.cmd("RCPT TO:<b@sink.test>"), "^" + re.escape(reply), what)

host.send("a@here.test", "b@sink.test", "Subject: x\n\nx\n")
ok(sink.await_messages(1, 5), "a message goes out") or diag(host.log()[-2500:])
eq(sink.messages[0]["client"], "friend", "TLS_Clt_features: with that certificate")

for sender, want in (("bad", r"dsn=5\.\d\.\d, .*stat="), ("odd", r"dsn=4\.7\.1, stat=later error from check_compat"), ("good", r"dsn=2\.0\.0, .*stat=Sent")):
    ident = host.send(sender + "@here.test", "joe@sink.test", "Subject: x\n\nx\n")
    ok(host.await_log(r"%s: to=.*joe.*%s" % (ident, want), 30), "Compat: %s to joe" % sender) or diag(ident + "\n" + host.log()[-1500:])
ident = host.send("gone@here.test", "joe@sink.test", "Subject: gone\n\nx\n")
ok(host.await_log(r"%s: to=.*discard" % ident, 30), "Compat: DISCARD") or diag(ident + "\n" + host.log()[-1500:])
for to, group in (("x@slow.test", "slow"), ("boss@dead.test", "slow"), ("x@dead.test", "queue")):
    ident = host.send("a@here.test", to, "Subject: x\n\nx\n")
    host.await_log(r"%s: to=.*stat=Deferred" % ident)
    flush_journal(host.path("queue"))
    eq([g for g in ("queue", "slow") if glob.glob(host.path(g, "?f" + ident))], [group], "QGRP: %s" % to)
host.stop()
done_testing()
