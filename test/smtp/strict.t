#!/usr/bin/env python3
"""strict: only CR LF ends a line and only CR LF . CR LF a message; nobody talks before it is his turn; nothing can be smuggled (RFC 5321 2.3.8, 4.1.1.4)."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

host = Host()
ERROR = "554 5.5.0 SMTP protocol error"
LF = "421 4.5.0 Bare linefeed (LF) not allowed"
CR = "421 4.5.0 Bare carriage return (CR) not allowed"
EVIL = b"MAIL FROM:<evil@here.test>\r\nRCPT TO:<root>\r\nDATA\r\nSubject: smuggled\r\n\r\n"


def data(c):
    c.cmd("MAIL FROM:<root@here.test>")
    c.cmd("RCPT TO:<root>")
    return c.cmd("DATA")


for _ in range(50):                     # without a pause the greeting may win the race on a busy machine
    c = Talk(host.port)
    c.send("EHLO early\r\n")
    first = c.reply()
    if first == ERROR:
        break
    c.close()
eq(first, ERROR, "talk before the greeting")
ok(c.closed(), "... ends the session")
for first in ("EHLO x", "HELO x"):
    c = host.connect()
    c.reply()
    c.send(first + "\r\nNOOP\r\n")
    eq(c.reply(), ERROR, "a command behind %s" % first)
    ok(c.closed(), "... ends the session")
c = host.connect(helo="x")
c.send("MAIL FROM:<root@here.test>\r\nRCPT TO:<root>\r\nDATA\r\nSubject: too early\r\n\r\n.\r\n")
eq([c.reply()[:3], c.reply()[:3], c.reply()], ["250", "250", ERROR], "content before the answer to DATA")
ok(c.closed(), "... ends the session")
c = host.connect(helo="x")
c.send("MAIL FROM:<root@here.test>\r\nRCPT TO:<root>\r\nRCPT TO:<daemon>\r\nRSET\r\nNOOP\r\nDATA\r\n")
eq([c.reply()[:3] for _ in range(6)], ["250"] * 5 + ["503"], "other commands may be sent at once")
c.close()

for what, line, want in (("LF", "NOOP\n", LF), ("CR", "NO\rOP\r\n", CR), ("CR LF inside", "NOOP\r \nQUIT\r\n", LF)):
    c = host.connect(helo="x")
    c.send(line)
    eq(c.reply(), want, "a bare %s in a command" % what)
    ok(c.closed(), "... ends the session")
c = host.connect(helo="x")
eq(c.cmd("NO\0OP"), "500 5.5.2 NUL byte in command", "NUL in a command")
eq(c.cmd("NOOP"), "250 2.0.0 OK", "... and the session goes on")

before = host.queue()
for end, want in ((b"\n.\n", LF), (b"\n.\r\n", LF), (b"\r\n.\n", LF), (b"\r.\r", CR), (b"\r.\r\n", CR), (b"\r\n.\r", CR), (b"\n\n.\r\n", LF),
                  (b"\r\n.\r\r\n", CR), (b"\r\r\n.\r\n", CR), (b"\r\n\x00.\n", LF), (b"\n.\r\n.\n", LF)):
    c = host.connect(helo="x")
    data(c)
    c.send(b"Subject: one\r\n\r\ntext" + end + EVIL + b"text" + end)
    eq(c.reply(), want, "a message with %r in it" % end)
    ok(c.closed(), "... ends the session")
eq(host.queue(), before, "nothing of all that was accepted")

for part in (b"text\r\n..\r\n", b"..\r\n", b"text\r\n.\x00\r\n", b" .\r\n", b".. \r\n"):
    c = host.connect(helo="x")
    data(c)
    c.send(b"Subject: one\r\n\r\n" + part + EVIL + b".\r\n")
    m = re.match(r"250 2\.0\.0 (\S+) ", c.reply())
    ok(m, "%r does not end a message" % part)
    if m:
        ok(b"smuggled" in host.df(m.group(1)), "... what follows belongs to it")
    c.close()

c = host.connect(helo="x")
data(c)
for octet in b"Subject: slow\r\n\r\n..\r\n.\r\n":
    c.send(bytes([octet]))
like(c.reply(), "^250 2.0.0 ", "a message in pieces of one octet")
c.close()

c = host.connect()
c.reply()
eq(c.cmd("GET / HTTP/1.1"), "421 4.7.0 mail.here.test Rejecting open proxy localhost [127.0.0.1]", "a browser")
ok(c.closed(), "... is sent away")
c = host.connect()
c.reply()
eq(c.cmd("NOOP " + "x" * 5000), "421 4.7.0 mail.here.test Command too long, possible attack localhost [127.0.0.1]", "a line without end")
c = host.connect()
c.reply()
for i in range(25):
    c.cmd("XX")
eq(c.cmd("XX"), "421 4.7.0 mail.here.test Too many bad commands; closing connection", "the 26th unknown command")
ok(c.closed(), "... ends the session")
c = host.connect()
c.reply()
c.send(os.urandom(1 << 16))
ok(c.reply()[:1] in ("4", "5", ""), "garbage")
c.close()
like(host.send("root@here.test", "root", "Subject: still here\n\nx\n"), "^[0-9A-Za-z]{14}$", "the server is well")
host.stop()

paused = Host(mc="FEATURE(`greet_pause', `600')\n", access="GreetPause:127.0.0.2\t0\n")
c = Talk(paused.port)
t = time.monotonic()
like(c.reply(), "^220 ", "greet_pause: who waits is greeted")
ok(time.monotonic() - t > 0.5, "... later")
eq(c.cmd("NOOP"), "250 2.0.0 OK", "... and served")
c.close()
c = Talk(paused.port)
c.send("EHLO me\r\n")
like(c.reply(), "^554 ", "... who does not wait is refused")
c.close()
t = time.monotonic()
c = Talk(paused.port, "127.0.0.2")
like(c.reply(), "^220 ", "... the access map says who need not")
ok(time.monotonic() - t < 0.5 or os.getloadavg()[0] > 8, "... wait")
c.close()
paused.stop()

# srv_features relaxes each of these by itself
for letters, send, want in (("F", [b"EHLO x\r\nNOOP\r\n"], "250-"), ("O", [b"a\n.\n"], "250 "), ("G", [b"a\n.\r\nb\r\n.\r\n"], "250 "),
                            ("g2", [b"a\nb\r\n.\r\n"], "250 "), ("U", [b"a\rb\r\n.\r\n"], "250 "), ("u2", [b"a\rb\r\n.\r\n"], "250 ")):
    if letters == "F":
        relaxed = Host(mc="LOCAL_CONFIG\n", mailers="LOCAL_SRV_FEATURES\nR$*\t\t$# %s\n" % letters)
        c = relaxed.connect()
        c.reply()
    else:
        relaxed = Host(mailers="LOCAL_SRV_FEATURES\nR$*\t\t$# %s\n" % letters)
        c = relaxed.connect(helo="x")
        data(c)
    for s in send:
        c.send(s)
    r = c.reply()
    ok(r.startswith(want), "srv_features %s: %r" % (letters, send)) or diag(r)
    if letters == "G":
        eq(relaxed.df(r.split()[2]), b"a\n.\nb\n", "... LF ends lines, but no message")
    if letters == "g2":
        eq(relaxed.df(r.split()[2]), b"a b\n", "... becomes a blank")
    if letters == "u2":
        eq(relaxed.df(r.split()[2]), b"a b\n", "... becomes a blank")
    c.close()
    relaxed.stop()
    relaxed.dns.stop()
done_testing()
