#!/usr/bin/env python3
"""starttls: the session begins anew under TLS, and nothing that was said in clear gets across (RFC 3207 4.2, 6)."""
import os
import warnings
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

warnings.simplefilter("ignore", DeprecationWarning)

cert = certificate(TMP)
if os.geteuid() == 0:
    os.chmod(cert + ".key", 0o600)
host = Host(mc="define(`confSERVER_CERT', `%s.crt')\ndefine(`confSERVER_KEY', `%s.key')\ndefine(`confCACERT', `%s.crt')\n" % (cert, cert, cert))
c = host.connect(helo="clear")
ok("STARTTLS" in c.cmd("EHLO clear"), "STARTTLS is offered")
eq(c.cmd("STARTTLS now"), "501 5.5.2 Syntax error (no parameters allowed)", "STARTTLS takes no parameter")
c.cmd("MAIL FROM:<root@here.test>")
eq(c.cmd("STARTTLS"), "503 5.5.0 TLS not permitted during a mail transaction", "STARTTLS comes between messages")
c.cmd("RSET")
eq(c.cmd("STARTTLS"), "220 2.0.0 Ready to start TLS", "STARTTLS")
c.starttls(cert + ".crt")
eq(c.cmd("RCPT TO:<root>"), "503 5.0.0 Need MAIL before RCPT", "the transaction is gone")
ok("STARTTLS" not in c.cmd("EHLO tls"), "it is not offered again")
eq(c.cmd("STARTTLS"), "503 5.5.0 TLS already active", "... and not done again")
c.cmd("MAIL FROM:<root@here.test>")
c.cmd("RCPT TO:<root>")
c.cmd("DATA")
c.send("Subject: x\r\n\r\n" + ("y" * 70 + "\r\n") * 3000 + ".\r\n")
m = re.match(r"250 2\.0\.0 (\S+) ", c.reply())
ok(m, "a message under TLS")
like(host.qf(m.group(1)), r"(?s)with ESMTPS id \S+\n\t\(version=TLSv1\.[23] cipher=\S+ bits=\d+ verify=\w+\)", "... Received: says so")
ok(host.await_log(r"STARTTLS=server, relay=localhost \[127\.0\.0\.1\], version=TLSv1"), "... and the log")
eq(c.cmd("QUIT")[:3], "221", "QUIT")

def offered(where, **kw):
    """Version and cipher of a handshake, or the error."""
    c = where.connect(helo="clear")
    c.cmd("STARTTLS")
    ctx = ssl._create_unverified_context()
    for k, v in kw.items():
        if k == "cert":
            ctx.load_cert_chain(v)
        else:
            setattr(ctx, k, v)
    try:
        c.s = ctx.wrap_socket(c.s)
        c.cmd("EHLO me")
        r = c.s.version(), c.s.cipher()[0], c.cmd("VRFY shown")
    except OSError as e:
        r = str(e)
    c.close()
    return r


eq(offered(host)[0], "TLSv1.3", "TLS 1.3 where both can")
old = dict(maximum_version=ssl.TLSVersion.TLSv1_1, minimum_version=ssl.TLSVersion.TLSv1)
ok(isinstance(offered(host, **old), str), "nothing older than TLS 1.2 is spoken")
SHOW = """
LOCAL_RULESETS
SLocal_check_vrfy
Rshown	$#error $@ 5.7.1 $: 550 v=$&{verify} md5=$&{cert_md5} fp=$&{cert_fp} cn=$&{cn_subject}
Scheck_vrfy
R$*	$: $>Local_check_vrfy $1
"""
tuned = Host(mc="define(`confSERVER_CERT', `%s.crt')\ndefine(`confSERVER_KEY', `%s.key')\ndefine(`confCACERT', `%s.crt')\n"
                "define(`confSERVER_SSL_OPTIONS', `+SSL_OP_NO_TLSv1_3 NO_TICKET')\n" % (cert, cert, cert), mailers=SHOW + """
Stls_srv_features
R$* $| 127.0.0.1	$: CipherList=ECDHE-ECDSA-AES128-GCM-SHA256; Flags=d
R$* $| 127.0.0.2	$: CertFile=/etc/passwd
LOCAL_SRV_FEATURES
R$*	$: $&{client_addr}
R127.0.0.4	$# V
""")
r = offered(tuned, cert=cert)
eq(r[:2], ("TLSv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256"), "ServerSSLOptions, and CipherList of tls_srv_features")
like(r[2], r"^550 5\.7\.1 v= OK md5= [0-9A-F]{2}(:[0-9A-F]{2}){15} fp= cn= localhost$", "the client's certificate in macros")
c = tuned.connect("127.0.0.2", "me")
like(c.cmd("STARTTLS"), "^421 4.7.0 ", "features that cannot be had end the session")
c = tuned.connect("127.0.0.4", "me")
c.cmd("STARTTLS")
ctx = ssl._create_unverified_context()
ctx.load_cert_chain(cert)
c.s = ctx.wrap_socket(c.s)
like(c.cmd("VRFY shown"), "^550 5.7.1 v= NOT ", "srv_features V: no certificate is asked for")
tuned.stop()
bad = Host(mc="define(`confSERVER_CERT', `%s.crt')\ndefine(`confSERVER_KEY', `%s.key')\ndefine(`confSERVER_SSL_OPTIONS', `NO_SUCH_THING')\n"
              "define(`confCERT_FINGERPRINT_ALGORITHM', `sha256')\n" % (cert, cert))
ok(bad.await_log("STARTTLS=server, error: TLS: ServerSSLOptions: unknown option NO_SUCH_THING; the other words count"), "an unknown option is named")
bad.stop()

smtps = port()
wrapped = Host(mc="define(`confSERVER_CERT', `%s.crt')\ndefine(`confSERVER_KEY', `%s.key')\ndefine(`confCACERT', `%s.crt')\n"
                  "DAEMON_OPTIONS(`Name=SMTPS, Addr=127.0.0.1, Port=%d, M=s')\n" % (cert, cert, cert, smtps))
c = Talk(smtps)
c.starttls(cert + ".crt")
like(c.reply(), "^220 mail\\.here\\.test ESMTP ", "implicit TLS (M=s): the greeting comes behind the handshake")
ok("STARTTLS" not in c.cmd("EHLO me"), "... STARTTLS is not offered there")
c.cmd("MAIL FROM:<root@here.test>")
c.cmd("RCPT TO:<root>")
c.cmd("DATA")
c.send("Subject: x\r\n\r\nx\r\n.\r\n")
like(c.reply(), "^250 2\\.0\\.0 ", "... a message")
c.close()
c = Talk(smtps)
c.send("EHLO in.clear\r\n")
ok(c.line()[:1] not in ("2", "5"), "clear text there ends the connection")
c.close()
wrapped.stop()

c = host.connect(helo="clear")
c.send("STARTTLS\r\nMAIL FROM:<evil@here.test>\r\nRSET\r\n")
eq(c.reply(), "220 2.0.0 Ready to start TLS", "STARTTLS with commands behind it")
try:
    c.starttls()
    done = ""
except OSError as e:
    done = str(e)
eq(done, "", "... which came in one piece with it and are dropped: the handshake comes about")
eq(c.cmd("NOOP"), "250 2.0.0 OK", "... the next answer is to the next command")
eq(c.cmd("RCPT TO:<root>"), "503 5.0.0 Need MAIL before RCPT", "... no transaction began")
c.close()
c = host.connect(helo="clear")
c.cmd("STARTTLS")
c.send("this is no handshake\r\n" * 10)
ok(c.line()[:1] not in ("2", "3", "5"), "garbage instead of a handshake ends the session")
c.close()
like(host.send("root@here.test", "root", "Subject: x\n\nx\n"), r"^\w{14}$", "in clear it works too")
host.stop()
host = Host(mc="define(`confSERVER_CERT', `%s/none')\ndefine(`confSERVER_KEY', `%s/none')\n" % (TMP, TMP))
c = host.connect(helo="x")
ok("STARTTLS" not in c.cmd("EHLO x"), "without a usable certificate it is not offered")
eq(c.cmd("STARTTLS")[:9], "454 4.3.3", "... and refused")
ok(host.await_log("STARTTLS=server, error"), "... and the log says why")
done_testing()
