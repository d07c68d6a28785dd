#!/usr/bin/env python3
"""commands: replies to each verb and parameter are sendmail's, in and out of order (RFC 5321 4.1, 4.2, 4.3)."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

host = Host(mc="define(`confMAX_MESSAGE_SIZE', `100000')", aliases="postmaster: root\nmlist: root, daemon\ntwice: mlist, root, mlist\nself: self, root\nround: round2\nround2: round\nprog: \"|/bin/cat\"\n")

c = host.connect()
like(c.reply(), r"^220 mail\.here\.test ESMTP \S+ .*; \w\w\w, \d+ \w\w\w \d+ ", "greeting")
eq(c.cmd("NOOP"), "250 2.0.0 OK", "NOOP before EHLO")
eq(c.cmd("RCPT TO:<root>"), "503 5.0.0 Need MAIL before RCPT", "RCPT before MAIL")
eq(c.cmd("DATA"), "503 5.0.0 Need MAIL command", "DATA before MAIL")
eq(c.cmd("EHLO"), "501 5.0.0 EHLO requires domain address", "EHLO without a name")
eq(c.cmd("EHLO foo bar"), "501 5.0.0 Invalid domain name", "EHLO with two names")
lines = c.cmd("EHLO foo_bar.com").split("\n")
eq(lines[0], "250-mail.here.test Hello localhost [127.0.0.1], pleased to meet you", "EHLO")
eq([l[4:] for l in lines[1:]], ["ENHANCEDSTATUSCODES", "PIPELINING", "EXPN", "8BITMIME", "SIZE 100000", "CHUNKING", "BINARYMIME", "DSN", "ETRN", "DELIVERBY", "HELP"], "what EHLO offers")
for line, want in (
        ("XYZZY", '500 5.5.1 Command unrecognized: "XYZZY"'), ("", '500 5.5.1 Command unrecognized: ""'),
        ("TURN", '502 5.5.1 Command not implemented: "TURN"'),
        (" NOOP", "250 2.0.0 OK"), ("noop x", "250 2.0.0 OK"), ("VRFY", "501 5.5.2 Argument required"),
        ("VRFY nosuchusr", "550 5.1.1 nosuchusr... User unknown"), ("VRFY mlist", "250 2.1.5 <mlist@mail.here.test>"),
        ("EXPN prog", "250 2.1.5 <|/bin/cat>"), ("ETRN", "500 5.5.2 Parameter required"),
        ("ETRN foo", "250 2.0.0 Queuing for node foo started"), ("ETRN #foo", "459 4.5.4 Queue foo unknown"),
        ("RSET", "250 2.0.0 Reset state")):
    eq(c.cmd(line), want, "'%s'" % line)
for verb in ("VRFY", "EXPN"):
    for a, what in (("|x", "programs"), ("\"|x\"", "programs"), ("<|x>", "programs"), ("/x", "files"), ("x </x>", "files"), (":include:/etc/passwd", ":include:s")):
        c.close()
        c = host.connect(helo="x.test")		# these are slowed down after a few
        eq(c.cmd("%s %s" % (verb, a)), "550 5.7.1 %s... Cannot mail directly to %s" % (a, what), "'%s %s'" % (verb, a))
like(c.cmd("VRFY root"), r"^250 2\.1\.5 (\w+ )?<root@mail\.here\.test>$", "VRFY of a user")
eq(len(c.cmd("EXPN mlist").split("\n")), 2, "EXPN of a list")
c.close()
c = host.connect(helo="x.test")
eq(len(c.cmd("EXPN twice").split("\n")), 2, "... who is in it twice is told once")
eq(c.cmd("EXPN self").split("\n")[-1], "250 2.1.5 <self@mail.here.test>", "... of one that names itself")
eq(c.cmd("EXPN round"), "554 5.4.6 aliasing/forwarding loop broken", "... of a loop")
for line, want in (("EXPN root, mlist", ["daemon <daemon", "root <root"]), ("VRFY root,daemon", ["daemon <daemon", "root <root"])):
    got = c.cmd(line).split("\n")
    eq([(l[:9], w in l) for l, w in zip(got, want)] + [len(got)], [("250-2.1.5", True), ("250 2.1.5", True), 2], line)
c.close()
c = host.connect(helo="x.test")
for line, want in (("VRFY nobody1,root,nobody2", "550 5.1.1 nobody2... User unknown"), ("EXPN nobody1,mlist", "550 5.1.1 nobody1... User unknown"),
                   ("VRFY (x)", "554 5.5.2 Nothing to VRFY"), ("EXPN (x)", "554 5.5.2 Nothing to EXPN")):
    eq(c.cmd(line), want, line)
c.close()
c = host.connect(helo="x.test")
for line, want in (("VRFY <>", "550 5.1.1 <>... User unknown"), ("EXPN <>", "550 5.1.1 <>... User unknown"), ('EXPN ""', '553 5.1.3 ""... User address required'),
                   ("STARTTLS x", "501 5.5.2 Syntax error (no parameters allowed)"), ("STARTTLS", "454 4.3.3 TLS not available after start")):
    eq(c.cmd(line), want, line)
eq(c.cmd("HELP NOOP"), "214-2.0.0 NOOP\n214-2.0.0 \tDo nothing.\n214 2.0.0 End of HELP info", "HELP of a verb")
eq(c.cmd("QUIT"), "221 2.0.0 mail.here.test closing connection", "QUIT")
ok(c.closed(), "... and it is over")

c = host.connect(helo="x.test")
for line in ("XUSR", "DEBUG", "WIZ", "XCONNECT", "LHLO x"):
    eq(c.cmd(line), '500 5.5.1 Command unrecognized: "%s"' % line, line)
for line in ("SEND FROM:<a@b>", "SAML FROM:<a@b>", "SOML FROM:<a@b>", "TURN"):
    eq(c.cmd(line), '502 5.5.1 Command not implemented: "%s"' % line, line)
c.close()
c = host.connect(helo="x.test")
for p, want in (
        ("SIZE=abc", "501 5.5.4 Syntax error in SIZE parameter value"), ("SIZE", "501 5.5.2 SIZE requires a value"),
        ("SIZE=99999999999999999999", "552 5.2.3 Message size exceeds maximum value"), ("SIZE=-1", "552 5.2.3 Message size invalid"),
        ("SIZE=200000", "552 5.2.3 Message size exceeds fixed maximum message size (100000)"), ("BODY=foo", "501 5.5.4 Unknown BODY type foo"),
        ("FOO", "555 5.5.4 FOO parameter unrecognized"), ("RET=foo", '501 5.5.2 Bad argument "foo" to RET'),
        ("RET=FULL RET=HDRS", "501 5.5.0 Duplicate RET parameter"), ("ENVID=a+zz", "501 5.5.4 Syntax error in ENVID parameter value"),
        ("BY=abc", "501 5.5.2 BY= missing ';'"), ("BY=0;R", "501 5.5.4 mode R requires BY time > 0"),
        ("AUTH=<>", "250 2.1.0 <root@here.test>... Sender ok"),
        ("SIZE=10 BODY=8BITMIME RET=HDRS ENVID=ab+40c BY=120;NT", "250 2.1.0 <root@here.test>... Sender ok")):
    eq(c.cmd("MAIL FROM:<root@here.test> " + p), want, "MAIL " + p)
    c.cmd("RSET")
for a, want in (
        ("<root@here.test", "553 5.0.0 <root@here.test... Unbalanced '<'"), ("root@here.test>", "553 5.0.0 root@here.test>... Unbalanced '>'"),
        ("<>", "250 2.1.0 <>... Sender ok"), ("root", "553 5.5.4 root... Domain name required for sender address root"),
        ("<a@nowhere.test>", "553 5.1.8 <a@nowhere.test>... Domain of sender address a@nowhere.test does not exist")):
    eq(c.cmd("MAIL FROM:" + a), want, "MAIL FROM:" + a)
    c.cmd("RSET")
eq(c.cmd("MAIL TO:<x>"), '501 5.5.2 Syntax error in parameters scanning "TO"', "MAIL TO")
c.cmd("MAIL FROM:<root@here.test>")
eq(c.cmd("MAIL FROM:<root@here.test>"), "503 5.5.0 Sender already specified", "a second MAIL")
eq(c.cmd("DATA"), "503 5.0.0 Need RCPT (recipient)", "DATA without a recipient")
for a, want in (
        ("<nosuchusr>", "550 5.1.1 <nosuchusr>... User unknown"), ("<nosuchusr@here.test>", "550 5.1.1 <nosuchusr@here.test>... User unknown"),
        ("<>", "553 5.0.0 <>... User address required"), ("<|/bin/cat>", "550 5.7.1 <|/bin/cat>... Cannot mail directly to programs"),
        ("</etc/passwd>", "550 5.7.1 </etc/passwd>... Cannot mail directly to files"),
        ("<:include:/etc/passwd>", "550 5.7.1 <:include:/etc/passwd>... Cannot mail directly to :include:s"),
        ("<root> NOTIFY=NEVER,SUCCESS", '501 5.5.4 Bad argument "NEVER"  to NOTIFY'),
        ("<root> ORCPT=root", "501 5.5.4 Syntax error in ORCPT parameter value"), ("<root> FOO=BAR", "555 5.5.4 FOO parameter unrecognized"),
        ("<root@>", "553 5.1.3 <root@>... Hostname required"), ("<prog>", "250 2.1.5 <prog>... Recipient ok (will queue)"),
        ("<root> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;r+2Bx", "250 2.1.5 <root>... Recipient ok (will queue)"),
        ("<root@[127.0.0.1]>", "250 2.1.5 <root@[127.0.0.1]>... Recipient ok (will queue)"),
        ("<postmaster>", "250 2.1.5 <postmaster>... Recipient ok (will queue)")):
    eq(c.cmd("RCPT TO:" + a), want, "RCPT TO:" + a)
c.cmd("EHLO again")
eq(c.cmd("RCPT TO:<root>"), "503 5.0.0 Need MAIL before RCPT", "EHLO ends a transaction")
c.close()

ident = host.send("root@here.test", ["root", "daemon"], "Subject: x\nX-Folded: a\n\tb\nBcc: y\nTo: z\n\n.dot\nl\303\266ng\n")
ok(ident in host.queue(), "a message is in the queue")
like(host.await_log(r"%s: from=.*" % ident).group(0), r"from=<root@here\.test>, size=\d+, class=0, nrcpts=2, msgid=<[^>]+>, proto=ESMTP, daemon=MTA, relay=localhost \[127\.0\.0\.1\]$",
     "... and the log says so")
qf = host.qf(ident)
for part in ("S<root@here.test>\n", "$rESMTP\n", "$sclient.test\n", "$_localhost [127.0.0.1]\n", "RPFD:<root>\n", "RPFD:<daemon>\n", "H??Subject: x\n",
             "H??X-Folded: a\n\tb\n", "H?P?Return-Path: <\x81g>\n", "H?F?From: root@", "\nF8b"):
    ok(part in qf, "its qf has %r" % part)
like(qf, r"(?m)^H\?\?Received: from client\.test \(localhost \[127\.0\.0\.1\]\)\n\tby mail\.here\.test \(.*\) with ESMTP id %s;\n\t\w\w\w, " % ident, "Received:")
like(qf, r"(?m)^H\?M\?Message-Id: <\d{12}\.%s@mail\.here\.test>$" % ident, "Message-Id:")
eq(host.df(ident), ".dot\nl\303\266ng\n".encode("utf-8"), "its content, dots undone")
big = "x" * 70 + "\n"
ident = host.send("root@here.test", "root", "Subject: big\n\n" + big * 1300)
eq(host.df(ident).decode(), big * 1300, "more than 64 KiB went through a df")
done_testing()
