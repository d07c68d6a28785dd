#!/usr/bin/env python3
"""limits: every size and number a client can choose has a bound, and the session goes on behind a refusal."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

host = Host(mc="define(`confMAX_MESSAGE_SIZE', `200000')\ndefine(`confMAX_RCPTS_PER_MESSAGE', `3')\ndefine(`confMAX_HOP', `5')\n"
               "define(`confMAX_HEADERS_LENGTH', `2000')\ndefine(`confPRIVACY_FLAGS', `needmailhelo,novrfy,noexpn,noetrn,noreceipts')\n"
               "define(`confBAD_RCPT_THROTTLE', `2')\n")
c = host.connect()
c.reply()
eq(c.cmd("MAIL FROM:<root@here.test>"), "503 5.0.0 Polite people say HELO first", "needmailhelo")
offers = c.cmd("EHLO me")
for word in ("DSN", "ETRN", "EXPN"):
    ok(word not in offers, "%s is not offered when it is not allowed" % word)
eq(c.cmd("VRFY root"), "252 2.5.2 Cannot VRFY user; try RCPT to attempt delivery (or try finger)", "novrfy")
eq(c.cmd("EXPN root"), "502 5.7.0 Sorry, we do not allow this operation", "noexpn")
eq(c.cmd("ETRN x"), "502 5.7.0 Sorry, we do not allow this operation", "noetrn")
eq(c.cmd("MAIL FROM:<root@here.test> RET=FULL"), "504 5.7.0 Sorry, RET not supported, we do not allow DSN", "noreceipts")
c.cmd("MAIL FROM:<root@here.test>")
for to in ("root", "daemon", "postmaster"):
    ok(c.cmd("RCPT TO:<%s>" % to).startswith("250 "), "recipient %s" % to)
eq(c.cmd("RCPT TO:<bin>"), "452 4.5.3 Too many recipients", "one more than MaxRecipientsPerMessage")
ok(c.cmd("DATA").startswith("354 "), "... the message goes on")
c.send("Subject: x\r\n\r\nx\r\n.\r\n")
like(c.reply(), "^250 2.0.0 ", "... and is accepted")
c.close()
eq(host.send("root@here.test", "root", "Subject: x\n\n" + ("y" * 60 + "\n") * 5000), "552 5.2.3 Message exceeds maximum fixed size (200000)", "MaxMessageSize")
eq(host.send("root@here.test", "root", "Subject: x\n\n" + "y" * 400000 + "\n"), "552 5.2.3 Message exceeds maximum fixed size (200000)", "... in one line")
eq(host.send("root@here.test", "root", "X: " + "y" * 5000 + "\n\nx\n"), "552 5.6.0 Headers too large (2000 max)", "MaxHeadersLength, one field")
eq(host.send("root@here.test", "root", "X: yyyyyyyyyyy\n" * 300 + "\nx\n"), "552 5.6.0 Headers too large (2000 max)", "... many fields")
eq(host.send("root@here.test", "root", "X: " + "y" * 300000 + "\n"), "552 5.6.0 Headers too large (2000 max)", "... a field without end")
eq(host.send("root@here.test", "root", "Received: x\n" * 6 + "\nx\n"), "554 5.4.6 Too many hops 6 (5 max)", "MaxHopCount")
like(host.send("root@here.test", "root", "Received: x\n" * 5 + "\nx\n"), r"^\w{14}$", "... as many as allowed")
ident = host.send("root@here.test", "root", "no header\nat all\n")
eq(host.df(ident), b"no header\nat all\n", "a message without header is body")
ident = host.send("root@here.test", "root", "")
eq(host.df(ident), b"", "an empty message")
ident = host.send("root@here.test", "root", b"A: b\nNul: a\0b\nnot a field\n\nx\0y\n")
like(host.qf(ident), "(?m)^H\\?\\?Nul: ab$", "a NUL in the header goes")
eq(host.df(ident), b"not a field\n\nx\0y\n", "a NUL in the body stays; what is no field begins the body")

c = host.connect(helo="me")
c.cmd("MAIL FROM:<root@here.test>")
t = time.monotonic()
for i in range(3):
    eq(c.cmd("RCPT TO:<nosuch%d>" % i)[:9], "550 5.1.1", "a bad recipient")
ok(time.monotonic() - t > 0.9, "BadRcptThrottle slows them down")
c.close()
# short times, in a host of their own: a busy machine must not miss them elsewhere
short = Host(mc="define(`confTO_COMMAND', `4s')\ndefine(`confTO_DATABLOCK', `2s')\n")
data = short.connect(helo="me")
data.send("MAIL FROM:<root@here.test>\r\nRCPT TO:<root>\r\nDATA\r\n")
eq([data.reply()[:3] for _ in range(3)], ["250", "250", "354"], "a message begins")
data.send("Subject: x\r\n")
begun = short.connect(helo="me")
begun.cmd("MAIL FROM:<root@here.test>")
silent = short.connect(helo="me")
eq(data.reply(), "421 4.4.1 collect: relay=localhost, from=<root@here.test>, info=read timeout", "Timeout.datablock")
ok(data.closed(), "... closes")
for c, what in ((begun, "Timeout.command in a transaction"), (silent, "Timeout.command of a silent session")):
    like(c.reply(), r"^421 4\.4\.[12] mail\.here\.test timeout waiting for input", what)
    ok(c.closed(), "... closes")
short.stop()

# no HELO at all
plain = Host(mc="define(`confSEVEN_BIT_INPUT', `true')\ndefine(`confRRT_IMPLIES_DSN', `true')\n")
c = plain.connect()
c.reply()
c.cmd("MAIL FROM:<root@here.test>")
c.cmd("RCPT TO:<root>")
c.cmd("DATA")
c.send(b"Subject: x\r\nReturn-Receipt-To: root\r\n\r\n\xc1\x8a.\x8d\r\n.\r\n")
ident = c.reply().split()[2]
like(plain.qf(ident), r"(?m)^H\?\?X-Authentication-Warning: mail\.here\.test: localhost \[127\.0\.0\.1\] didn't use HELO protocol$", "a message without HELO says so")
like(plain.qf(ident), r"(?m)^H\?\?Received: from localhost \(localhost \[127\.0\.0\.1\]\)", "... the client's name stands for it")
eq(plain.df(ident), b"A . \n", "SevenBitInput cuts the eighth bit, and makes no line ends of it")
like(plain.qf(ident), r"(?m)^RP\w*N\w*S\w*:<root>|^RP\w*S\w*N?\w*:<root>", "RrtImpliesDsn")
plain.stop()
full = Host(mc="define(`confMIN_FREE_BLOCKS', `99999999999')\n")
eq(full.send("root@here.test", "root", "Subject: x\n\nx\n"), "452 4.4.5 Insufficient disk space; try again later", "a full disk")
eq(full.send("root@here.test", "root", "Subject: x\n\nx\n" + "y\n" * 100000), "452 4.4.5 Insufficient disk space; try again later", "... and a long message")
full.stop()

# many at once, each slow
talks = [host.connect(helo="me") for _ in range(60)]
for t in talks:
    t.send("MAIL FROM:<root@here.test>\r\nRCPT TO:<root>\r\n")
eq([t.reply()[:3] + t.reply()[:3] for t in talks], ["250250"] * 60, "sixty transactions at once")
for t in talks:
    t.close()
like(host.send("root@here.test", "root", "Subject: after\n\nx\n"), r"^\w{14}$", "and the next one")
done_testing()
