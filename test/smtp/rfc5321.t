#!/usr/bin/env python3
"""rfc5321: the server, section by section of RFC 5321 - a table of what is said and what has to come back."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

host = Host(mc="define(`confMAX_MESSAGE_SIZE', `200000')\n", aliases="postmaster: root\nlist: root, daemon\n")
L64, D255 = "l" * 64, ".".join(["d" * 60] * 4) + ".test"
HELLO = ("EHLO client.test", "250")
MAIL = ("MAIL FROM:<a@here.test>", "250")
RCPT = ("RCPT TO:<root@here.test>", "250")

# section, what it is about, and a session: lines to send, each with the regular expression of its reply (the first line for EHLO)
SESSIONS = [
    ("2.1", "the order EHLO MAIL RCPT DATA", [HELLO, MAIL, RCPT, ("DATA", "354"), (".", "250")]),
    ("2.3.5", "HELO takes a domain", [("HELO client.test", r"250 mail\.here\.test ")]),
    ("2.3.8", "CR LF ends a line, nothing else", [HELLO, ("NOOP\rNOOP", "421 4.5.0")]),
    ("2.3.11", "domains in any case", [HELLO, MAIL, ("RCPT TO:<root@HERE.Test>", "250")]),
    ("2.4", "verbs and parameters in any case", [("eHlO client.test", "250"), ("mAiL fRoM:<a@here.test> bOdY=8bItMiMe", "250"), ("rcpt to:<root@here.test>", "250")]),
    ("2.4", "EHLO's words in any case", [("ehlo CLIENT.TEST", "250")]),
    ("3.1", "QUIT before anything", [("QUIT", "221")]),
    ("3.2", "EHLO a second time forgets the transaction", [HELLO, MAIL, RCPT, HELLO, ("DATA", "503")]),
    ("3.2", "HELO after EHLO", [HELLO, ("HELO client.test", "250"), MAIL]),
    ("3.3", "RCPT needs MAIL", [HELLO, ("RCPT TO:<root@here.test>", "503")]),
    ("3.3", "DATA needs RCPT", [HELLO, MAIL, ("DATA", "503")]),
    ("3.3", "MAIL inside of a transaction", [HELLO, MAIL, ("MAIL FROM:<b@here.test>", "503")]),
    ("3.3", "a refused RCPT does not end the transaction", [HELLO, MAIL, ("RCPT TO:<nobodyhere@here.test>", "550 5.1.1"), RCPT, ("DATA", "354"), (".", "250")]),
    ("3.3", "all recipients refused: DATA is", [HELLO, MAIL, ("RCPT TO:<nobodyhere@here.test>", "550"), ("DATA", "503")]),
    ("3.3", "source routes are accepted and not used", [HELLO, MAIL, ("RCPT TO:<@relay.test:root@here.test>", "250|550 5.7.1")]),
    ("3.5.1", "VRFY of a user", [HELLO, ("VRFY root", "250|252")]),
    ("3.5.1", "VRFY of nobody", [HELLO, ("VRFY nobodyhere", "550")]),
    ("3.5.2", "EXPN of a list", [HELLO, ("EXPN list", "250")]),
    ("3.5.3", "VRFY needs an argument", [HELLO, ("VRFY", "501")]),
    ("3.6.2", "no relay for strangers", [HELLO, MAIL, ("RCPT TO:<b@elsewhere.test>", "550 5.7.1|250")]),
    ("3.8", "nothing is accepted after QUIT", [HELLO, ("QUIT", "221"), ("NOOP", "^$")]),
    ("4.1.1", "an unknown verb", [HELLO, ("XFROBNICATE", "500")]),
    ("4.1.1.1", "EHLO without an argument", [("EHLO", "501")]),
    ("4.1.1.1", "EHLO with an address literal", [("EHLO [127.0.0.1]", "250")]),
    ("4.1.1.1", "EHLO with an IPv6 literal", [("EHLO [IPv6:::1]", "250")]),
    ("4.1.1.1", "EHLO with junk", [("EHLO foo bar", "501")]),
    ("4.1.1.2", "MAIL without FROM:", [HELLO, ("MAIL", "501"), ("MAIL a@here.test", "501"), ("MAIL TO:<a@here.test>", "501")]),
    ("4.1.1.2", "an unknown parameter", [HELLO, ("MAIL FROM:<a@here.test> FOO=bar", "555")]),
    ("4.1.1.3", "RCPT without TO:", [HELLO, MAIL, ("RCPT", "501"), ("RCPT root@here.test", "501"), ("RCPT FROM:<root@here.test>", "501")]),
    ("4.1.1.3", "an empty forward-path", [HELLO, MAIL, ("RCPT TO:<>", "553|501")]),
    ("4.1.1.3", "an unknown parameter of RCPT", [HELLO, MAIL, ("RCPT TO:<root@here.test> FOO", "555")]),
    ("4.1.1.4", "DATA takes no argument, and bears one", [HELLO, MAIL, RCPT, ("DATA", "354"), ("x\r\n.", "250")]),
    ("4.1.1.5", "RSET at any time", [("RSET", "250"), HELLO, ("RSET", "250"), MAIL, RCPT, ("RSET", "250"), ("DATA", "503"), MAIL]),
    ("4.1.1.6", "VRFY in a transaction changes nothing", [HELLO, MAIL, ("VRFY root", "250|252"), RCPT, ("VRFY nobodyhere", "550"), ("DATA", "354"), (".", "250")]),
    ("4.1.1.7", "EXPN in a transaction changes nothing, and needs an argument", [HELLO, MAIL, ("EXPN list", "250"), RCPT, ("EXPN", "501"), ("DATA", "354"), (".", "250")]),
    ("4.1.1.8", "HELP", [("HELP", "214"), HELLO, ("HELP MAIL", "214")]),
    ("4.1.1.9", "NOOP, with a string too", [("NOOP", "250"), HELLO, ("NOOP ignored words", "250"), MAIL, ("NOOP", "250"), RCPT]),
    ("4.1.1.10", "QUIT in a transaction drops it", [HELLO, MAIL, RCPT, ("QUIT", "221")]),
    ("4.1.2", "a quoted local part", [HELLO, MAIL, ('RCPT TO:<"root"@here.test>', "250")]),
    ("4.1.2", "a quoted local part with a blank", [HELLO, MAIL, ('RCPT TO:<"no body"@here.test>', "550 5.1.1")]),
    ("4.1.2", "a domain literal", [HELLO, MAIL, ("RCPT TO:<root@[127.0.0.1]>", "250|550")]),
    ("4.1.2", "control characters in an address", [HELLO, ("MAIL FROM:<a\x01@here.test>", "553|501")]),
    ("4.1.2", "an angle bracket too few", [HELLO, ("MAIL FROM:<a@here.test", "553|501")]),
    ("4.1.3", "address literals (one that DNS has no name for is refused, as by sendmail)", [HELLO, ("MAIL FROM:<a@[127.0.0.1]>", "250"), ("RSET", "250"), ("MAIL FROM:<a@[IPv6:2001:db8::1]>", "250|553 5.1.8"), ("RSET", "250"),
                                   ("MAIL FROM:<a@[127.0.0.1>", "553|501")]),
    ("4.1.4", "a name in EHLO that nobody knows is no reason to refuse", [("EHLO nowhere.invalid", "250"), MAIL, RCPT]),
    ("4.1.4", "NOOP, HELP, VRFY, RSET, QUIT before EHLO", [("NOOP", "250"), ("HELP", "214"), ("VRFY root", "250|252|503"), ("RSET", "250"), ("QUIT", "221")]),
    ("4.1.4", "EHLO in the middle is as RSET", [HELLO, MAIL, RCPT, HELLO, RCPT[:1] + ("503",)]),
    ("4.1.4", "MAIL without EHLO is let in, as sendmail has it", [MAIL]),
    ("4.2.4", "502 for what is not there", [HELLO, ("TURN", "502"), ("SEND FROM:<a@here.test>", "502")]),
    ("4.3.2", "the same command twice", [HELLO, MAIL, RCPT, RCPT, ("DATA", "354"), (".", "250"), ("DATA", "503")]),
    ("4.5.1", "the least that there must be", [HELLO, ("HELO client.test", "250"), ("NOOP", "250"), ("VRFY root", "250|252"), MAIL, RCPT, ("RSET", "250"), MAIL, RCPT, ("DATA", "354"), (".", "250"), ("QUIT", "221")]),
    ("4.5.1", "postmaster without a domain", [HELLO, MAIL, ("RCPT TO:<postmaster>", "250")]),
    ("4.5.1", "Postmaster in any case", [HELLO, MAIL, ("RCPT TO:<PostMaster@here.test>", "250")]),
    ("4.5.2", "a dot is taken off, one is added", [HELLO, MAIL, RCPT, ("DATA", "354"), ("Subject: dots\r\n\r\n..\r\n...\r\n.", "250")]),
    ("4.5.3.1.1", "a local part of 64 octets", [HELLO, MAIL, ("RCPT TO:<%s@here.test>" % L64, "550 5.1.1")]),
    ("4.5.3.1.2", "a domain of 255 octets", [HELLO, ("MAIL FROM:<a@%s>" % D255[-250:].lstrip("."), "250|553|451")]),
    ("4.5.3.1.3", "a path of 256 octets", [HELLO, MAIL, ("RCPT TO:<%s@here.test>" % ("p" * 244), "550|553")]),
    ("4.5.3.1.4", "a command line of 512 octets", [HELLO, ("NOOP " + "x" * 505, "250")]),
    ("4.5.3.1.4", "a command line without an end", [HELLO, ("NOOP " + "x" * 5000, "421")]),
    ("4.5.3.1.6", "a text line of 1000 octets", [HELLO, MAIL, RCPT, ("DATA", "354"), ("Subject: x\r\n\r\n" + "y" * 998 + "\r\n.", "250")]),
    ("4.5.3.1.7", "a message of 64K", [HELLO, MAIL, RCPT, ("DATA", "354"), ("Subject: x\r\n\r\n" + ("y" * 70 + "\r\n") * 1000 + ".", "250")]),
    ("4.5.3.1.9", "a message beyond the limit", [HELLO, ("MAIL FROM:<a@here.test> SIZE=300000", "552"), MAIL, RCPT, ("DATA", "354"),
                                                 ("Subject: x\r\n\r\n" + ("y" * 70 + "\r\n") * 3000 + ".", "552")]),
    ("4.5.3.1.8", "100 recipients", [HELLO, MAIL] + [("RCPT TO:<root+%d@here.test>" % i, "250|550") for i in range(100)] + [RCPT, ("DATA", "354"), (".", "250")]),
    ("4.5.5", "the null reverse-path", [HELLO, ("MAIL FROM:<>", "250"), RCPT]),
    ("6.1", "what was said 250 to is in the queue", [HELLO, MAIL, RCPT, ("DATA", "354"), ("Subject: kept\r\n\r\nx\r\n.", "250 2.0.0 ")]),
    ("7.3", "VRFY does not say more than it must about nobody", [HELLO, ("VRFY <nobody here>", "55[03]|252|501")]),
    ("7.9", "HTTP is cut off", [("GET / HTTP/1.0", "421")]),
    ("appendix F.2", "no source route from the inside out", [HELLO, ("MAIL FROM:<@x.test:a@here.test>", "250|553")]),
]
for section, about, lines in SESSIONS:
    c = host.connect()
    c.reply()
    said, wrong = [], ""
    for line, want in lines:
        reply = c.cmd(line)
        if not re.match(want, reply):
            wrong = "%s: %r, not %s" % (line[:60], reply[:200], want)
            break
    eq(wrong, "", "%s %s" % (section, about))
    c.close()

# ---- what a table cannot say
c = host.connect()
like(c.reply(), r"^220 mail\.here\.test ", "4.3.1 the greeting names us")
r = c.cmd("EHLO client.test").split("\n")
like(r[0], r"^250-mail\.here\.test Hello ", "4.1.1.1 EHLO's first line names us, then extensions follow, one a line")
ok(all(re.match(r"250[- ][A-Z0-9][A-Za-z0-9-]*( [!-~]+)*$", l) for l in r[1:]), "4.1.1.1 ... as keywords and parameters")
ok(r[-1].startswith("250 ") and all(l.startswith("250-") for l in r[:-1]), "4.2.1 lines of one reply have one code, and a hyphen but the last")
c.cmd("MAIL FROM:<a@here.test>")
c.cmd("RCPT TO:<root@here.test>")
c.cmd("DATA")
c.send("Received: from x by y; Mon, 1 Jan 2001 00:00:00 +0000\r\nReturn-Path: <evil@x>\r\nSubject: trace\r\n\r\n..dot\r\n.\r\n")
m = re.match(r"250 2\.0\.0 (\S+) ", c.reply())
ok(m, "a message")
qf = host.qf(m.group(1)) if m else ""
like(qf, r"(?s)H\?*\w*\?*Received: from client\.test .*\n\tby mail\.here\.test .* with ESMTP id \S+\n.*Received: from x by y", "4.4 our Received: stands in front of theirs")
like(qf, r"(?m)^S<a@here\.test>", "4.4 the reverse-path is kept")
eq(host.df(m.group(1)), b".dot\n", "4.5.2 transparency")
c.close()
c = host.connect(helo="x")
c.cmd("MAIL FROM:<a@here.test>")
c.cmd("RCPT TO:<root@here.test>")
c.cmd("DATA")
n = len(host.queue())
c.send("Subject: torn\r\n\r\nhalf a li")
c.close()
ok(host.await_log(r"collect: relay=localhost, from=<a@here\.test>, info="), "4.1.1.4 a client that goes in the middle is noticed")
eq(len(host.queue()), n, "4.1.1.4 a message without its end is dropped")
c = host.connect(helo="x")
c.send("MAIL FROM:<a@here.test>\r\nRCPT TO:<root@here.test>\r\nNOOP\r\nRSET\r\n")
eq([c.reply()[:3] for _ in range(4)], ["250"] * 4, "RFC 2920 3.2 commands in one go are answered in order")
c.close()
hops = host.send("a@here.test", "root@here.test", "".join("Received: from h%d by i; Mon, 1 Jan 2001 00:00:00 +0000\n" % i for i in range(30)) + "Subject: loop\n\nx\n")
like(hops, "^554 5.4.6 ", "6.3 a message that goes round in circles")
host.stop()
done_testing()
