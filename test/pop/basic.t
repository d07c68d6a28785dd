#!/usr/bin/env python3
"""POP3 as poplib speaks it: every command, on mbox and Maildir; what is deleted goes at QUIT and only then."""
import os
import poplib
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mailsite import *


def refused(f, *args):
    try:
        f(*args)
        return ""
    except poplib.error_proto as e:
        return str(e)


for fmt in ("mbox", "maildir"):
    site = Site(fmt).start("popd")
    p = site.pop(login=False)
    like(p.getwelcome().decode(), r"^\+OK", fmt + ": greeting")
    capa = p.capa()
    ok("TOP" in capa and "UIDL" in capa and "STLS" in capa and "USER" in capa and "PLAIN" in capa["SASL"], fmt + ": CAPA")
    like(refused(p._shortcmd, "STAT"), "ERR", fmt + ": nothing before login")
    p.user("joe")
    like(refused(p.pass_, "wrong"), "AUTH", fmt + ": wrong password")
    p.user("joe")
    p.pass_(PASSWORD)
    eq(p.stat(), (0, 0), fmt + ": an empty mailbox")
    like(refused(p.retr, 1), "no such message", fmt + ": nothing to read")
    p.quit()
    site.deliver(b"Subject: one\n\nbody\n.dot\n..\nlast without newline")
    site.deliver(b"Subject: two\nX-Long: a\n b\n\nl1\nl2\nl3\n")
    site.deliver(b"Subject: three\n")
    p = site.pop()
    one = b"Subject: one\r\n\r\nbody\r\n.dot\r\n..\r\nlast without newline" + (b"\r\n" if fmt == "mbox" else b"")
    two = b"Subject: two\r\nX-Long: a\r\n b\r\n\r\nl1\r\nl2\r\nl3\r\n"
    eq(p.stat(), (3, len(one) + len(two) + 16), fmt + ": STAT counts octets")
    eq(p.list()[1][1], b"2 %d" % len(two), fmt + ": LIST")
    like(p.list(3).decode(), r"^\+OK 3 16", fmt + ": LIST 3")
    eq(b"\r\n".join(p.retr(1)[1]) + (b"\r\n" if fmt == "mbox" else b""), one, fmt + ": RETR, dots undone")
    eq(b"\r\n".join(p.retr(2)[1]) + b"\r\n", two, fmt + ": RETR 2")
    eq(p.top(2, 1)[1], [b"Subject: two", b"X-Long: a", b" b", b"", b"l1"], fmt + ": TOP 2 1")
    eq(p.top(2, 0)[1], [b"Subject: two", b"X-Long: a", b" b", b""], fmt + ": TOP 2 0")
    eq(p.top(3, 10)[1], [b"Subject: three"], fmt + ": TOP of a message without a body")
    uidl = p.uidl()[1]
    eq(len(set(uidl)), 3, fmt + ": UIDL")
    p.dele(1)
    like(refused(p.retr, 1), "deleted", fmt + ": what is deleted is not read")
    like(refused(p.dele, 1), "deleted", fmt + ": nor deleted again")
    eq(p.stat()[0], 2, fmt + ": nor counted")
    p.rset()
    eq(p.stat()[0], 3, fmt + ": RSET")
    p.dele(1)
    p.close()                           # without QUIT
    p = site.pop()
    eq(p.stat()[0], 3, fmt + ": without QUIT nothing goes")
    eq(p.uidl()[1], uidl, fmt + ": UIDL is the same")
    p.dele(2)
    site.deliver(b"Subject: four\n\nx\n")
    eq(p.stat()[0], 2, fmt + ": what comes meanwhile is not seen")
    p.quit()
    p = site.pop()
    got = p.uidl()[1]
    eq([x.split()[1] for x in got[:2]], [uidl[0].split()[1], uidl[2].split()[1]], fmt + ": QUIT took the second")
    eq(p.retr(3)[1][0], b"Subject: four", fmt + ": and left what came meanwhile")
    like(refused(p._shortcmd, "RETR"), "ERR", fmt + ": RETR of nothing")
    like(refused(p._shortcmd, "RETR 99999999999999999999"), "ERR", fmt + ": RETR of too much")
    like(refused(p._shortcmd, "TOP 1"), "ERR", fmt + ": TOP of half")
    like(refused(p._shortcmd, "FOO"), "unknown command", fmt + ": unknown command")
    p.quit()

r = site.raw("pop3s")
r.close()
s = poplib.POP3_SSL("127.0.0.1", site.ports["pop3s"], context=site.context(), timeout=30)
s.user("joe")
s.pass_(PASSWORD)
eq(s.stat()[0], 3, "POP3 over implicit TLS")
s.quit()
p = site.pop(login=False)
p.stls(site.context())
ok("STLS" not in p.capa(), "inside TLS there is no STLS")
p.user("joe")
p.pass_(PASSWORD)
eq(p.retr(3)[1][0], b"Subject: four", "POP3 over STLS")
p.quit()

r = site.raw("pop3")
r.line()
r.send("USER joe\r\nPASS %s\r\nSTAT\r\nLIST 1\r\nQUIT\r\n" % PASSWORD)
text = r.eof()
eq(text.count("+OK"), 5, "everything in one packet (PIPELINING)")
r = site.raw("pop3")
r.line()
r.send("AUTH\r\n")
ok("PLAIN" in r.until("."), "AUTH lists mechanisms")
import base64
r.send("AUTH PLAIN %s\r\n" % base64.b64encode(b"\0joe\0" + PASSWORD.encode()).decode())
like(r.line(), r"^\+OK 3", "AUTH PLAIN with an initial response")
r.send("QUIT\r\n")
r = site.raw("pop3")
r.line()
r.send("AUTH LOGIN\r\n")
eq(r.line(), "+ VXNlcm5hbWU6\r\n", "AUTH LOGIN asks for the name")
r.send("am9l\r\n")
eq(r.line(), "+ UGFzc3dvcmQ6\r\n", "and the password")
r.send("*\r\n")
like(r.line(), "-ERR", "given up")
r.send("QUIT\r\n")
like(r.line(), r"^\+OK", "and alive")
done_testing()
