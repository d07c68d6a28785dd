#!/usr/bin/env python3
"""starttls: the session begins anew under TLS, and nothing that was said in clear gets across (RFC 3207 4.2, 6)."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

cert = certificate(TMP)
if os.geteuid() == 0:
    os.chmod(cert + ".key", 0o600)
host = Host(mc="define(`confSERVER_CERT', `%s.crt')\ndefine(`confSERVER_KEY', `%s.key')\ndefine(`confCACERT', `%s.crt')\n" % (cert, cert, cert))
c = host.connect(helo="clear")
ok("STARTTLS" in c.cmd("EHLO clear"), "STARTTLS is offered")
eq(c.cmd("STARTTLS now"), "501 5.5.2 Syntax error (no parameters allowed)", "STARTTLS takes no parameter")
c.cmd("MAIL FROM:<root@here.test>")
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

c = host.connect(helo="clear")
c.send("STARTTLS\r\nMAIL FROM:<evil@here.test>\r\nRSET\r\n")
eq(c.reply(), "220 2.0.0 Ready to start TLS", "STARTTLS with commands behind it")
try:
    c.starttls()
    eq(c.cmd("NOOP"), "250 2.0.0 OK", "what stood behind it is dropped: the next answer is to the next command")
    eq(c.cmd("RCPT TO:<root>"), "503 5.0.0 Need MAIL before RCPT", "... no transaction began")
except OSError:
    ok(True, "the handshake fails")
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
