#!/usr/bin/env python3
"""bdat: messages in chunks (RFC 3030) - cut anywhere, dots and all; refusals keep the session in step; nothing is smuggled."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

host = Host(mc="define(`confMAX_MESSAGE_SIZE', `100000')\n")
c = host.connect()
c.reply()
ok("CHUNKING" in c.cmd("EHLO me"), "CHUNKING is offered")
TEXT = "Subject: in pieces\r\n\r\n.one\r\n..two\r\n.\r\nthree\r\n"


def begin():
    c.cmd("MAIL FROM:<root@here.test>")
    c.cmd("RCPT TO:<root>")


def bdat(data, last=False):
    c.send("BDAT %d%s\r\n%s" % (len(data), " LAST" if last else "", data))
    return c.reply()


def body(reply):
    m = re.match(r"250 2\.0\.0 (\S+) Message accepted", reply)
    return host.df(m.group(1)).decode() if m else reply


BODY = ".one\n..two\n.\nthree\n"
begin()
eq(body(bdat(TEXT, True)), BODY, "one chunk")
begin()
for i, ch in enumerate(TEXT):
    r = bdat(ch)
    if r != "250 2.0.0 1 octets received":
        break
eq(r, "250 2.0.0 1 octets received", "chunks of one octet")
eq(body(bdat("", True)), BODY, "... and an empty last one")
begin()
c.send("BDAT 10\r\n" + TEXT[:10] + "BDAT %d LAST\r\n" % (len(TEXT) - 10) + TEXT[10:] + "NOOP\r\n")
eq(c.reply(), "250 2.0.0 10 octets received", "chunks in one go")
eq(body(c.reply()), BODY, "... the message")
eq(c.reply(), "250 2.0.0 OK", "... and the command behind it")
begin()
eq(body(bdat("Subject: x\r\n\r\nno line end", True)), "no line end\n", "the last line gets its end")
begin()
bdat("Subject: x\r\n")
eq(c.cmd("DATA"), "503 5.5.0 DATA after BDAT", "DATA after BDAT")
eq(c.cmd("RCPT TO:<root>"), "503 5.5.0 RCPT after BDAT", "RCPT after BDAT")
eq(c.cmd("RSET"), "250 2.0.0 Reset state", "RSET forgets the chunks")
eq(bdat("MAIL FROM:<evil@here.test>\r\n"), "503 5.0.0 Need MAIL command", "a chunk out of order is read, not obeyed")
c.cmd("MAIL FROM:<root@here.test>")
eq(bdat("RSET\r\n", True), "503 5.0.0 Need RCPT (recipient)", "... nor without a recipient")
c.cmd("RCPT TO:<root>")
eq(bdat("Subject: x\r\n\r\n" + "y" * 70000 + "\r\n"), "250 2.0.0 70016 octets received", "a long chunk")
c.send("BDAT 70002\r\n")
eq(c.reply(), "552 5.2.3 Message exceeds maximum fixed size (100000)", "too much in all: refused before it comes")
c.send("MAIL FROM:<evil@here.test>\r\n" * 2500 + "y" * 2)
eq(c.cmd("NOOP"), "250 2.0.0 OK", "... what comes is thrown away, and the session is in step")
eq(bdat("z", True), "503 5.5.0 An earlier BDAT was refused", "... nor does anything follow")
c.cmd("RSET")
begin()
c.send("BDAT 100001 LAST\r\n")
eq(c.reply(), "552 5.2.3 Message exceeds maximum fixed size (100000)", "so is a first and last one")
c.send("y" * 100001)
begin()
eq(bdat("Subject: x\r\n\r\n" + "y" * 99984 + "\r\n", True)[:9], "250 2.0.0", "... and another message may follow; the limit itself is allowed")
begin()
c.send("BDAT 4000000000000000000 LAST\r\n")
eq(c.reply(), "552 5.2.3 Message exceeds maximum fixed size (100000)", "more than anybody sends")
ok(c.closed(), "... ends the session")
c = host.connect(helo="me")
begin()
like(bdat("Subject: x\r\n\r\na\n.\r\nb\r\n", True), "^421 4.5.0 Bare linefeed", "a bare LF is refused here, too")
ok(c.closed(), "... and ends the session")
c = host.connect(helo="me")
begin()
like(c.cmd("BDAT many"), "^421 5.5.4 ", "without a size the session cannot go on")
c.close()
eq(len(host.queue()), 5, "five messages came in")
host.stop()
done_testing()
