#!/usr/bin/env python3
"""What no client should do: the answers are BAD or NO, or the connection is closed cleanly, and the daemon lives."""
import os
import socket
import ssl
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mailsite import *

site = Site("maildir").start("imapd")
site.deliver(b"Subject: one\n\nbody\n")
QUOTED = '"' + PASSWORD.replace("\\", "\\\\").replace('"', '\\"') + '"'


def session(select=True):
    r = site.raw()
    r.line()
    like(r.command("a", "LOGIN joe " + QUOTED), r"a OK", "logged in") if select is None else r_login(r)
    if select:
        r.command("s", "SELECT INBOX")
    return r


def r_login(r):
    if " OK" not in r.command("a", "LOGIN joe " + QUOTED):
        bail("login failed")


# before login
r = site.raw()
like(r.line(), r"^\* OK \[CAPABILITY IMAP4rev1", "greeting")
for bad, want in (("FETCH 1 BODY[]", "BAD"), ("SELECT INBOX", "BAD"), ("LOGIN joe", "BAD"), ("LOGIN joe wrong", "NO"),
                  ("LOGIN \"joe\" \"un", "BAD"), ("AUTHENTICATE FOO", "(BAD|NO)"), ("AUTHENTICATE PLAIN !!!!", "(BAD|NO)"),
                  ("AUTHENTICATE PLAIN AAAA", "(BAD|NO)"), ("NOOP x", "BAD")):
    like(r.command("x", bad), r"x %s|\* BAD" % want, "before login: %s" % bad)
r.close()
r = site.raw()
r.line()
r.send("\r\n(\r\n+\r\n\0\r\nx NOOP\r\n")
like(r.until("x "), "x OK", "nonsense is answered, and the session lives")
r.send("y LOGIN {3}\r\n")
like(r.line(), r"^\+", "a literal is asked for")
r.send("joe {%d}\r\n" % len(PASSWORD))
like(r.line(), r"^\+", "the next too")
r.send(PASSWORD + "\r\n")
like(r.until("y "), "y OK", "login by literals")
r.close()
r = site.raw()
r.line()
r.send("z LOGIN {3+}\r\njoe {%d+}\r\n%s\r\nn NOOP\r\n" % (len(PASSWORD), PASSWORD))
like(r.until("n "), "z OK(.|\n)*n OK", "login by literals that nobody waits for, and a command behind it in one packet")
r.close()
r = site.raw()
r.line()
r.send("z LOGIN {99999999999+}\r\n")
like(r.eof(), r"(?i)bye|bad|too", "a large literal before login ends the connection")
r = site.raw()
r.line()
try:
    r.send("z LOGIN " + "x" * 200000)
    r.send("\r\n")
except OSError:
    pass                                # closed already
ok(len(r.eof()) < 500, "an endless line before login ends the connection")
r = site.raw()
r.line()
t0 = time.monotonic()
for i in range(3):
    last = r.command("w%d" % i, "LOGIN joe wrong%d" % i)
like(last + r.eof(), "NO", "three wrong guesses")
ok(time.monotonic() - t0 > 2, "are answered slowly")

# STARTTLS: what came in clear behind it is dropped
r = site.raw()
r.line()
r.send("s STARTTLS\r\nevil LOGIN joe x\r\n")
like(r.until("s "), "s OK", "STARTTLS")
tls = site.context().wrap_socket(r.s, server_hostname="localhost")
tls.sendall(b"c CAPABILITY\r\n")
got = b""
while b"c OK" not in got:
    got += tls.recv(4096)
ok(b"evil" not in got, "a command that was slipped in before TLS is not run")
ok(b"STARTTLS" not in got, "no STARTTLS inside TLS")
tls.sendall(b"d STARTTLS\r\n")
ok(b"BAD" in tls.recv(4096), "twice is refused")
tls.close()
s = socket.create_connection(("127.0.0.1", site.ports["imaps"]), 30)
s.sendall(b"a LOGIN joe x\r\n")
try:
    s.recv(4096)
    s.recv(4096)
except OSError:
    pass
s.close()
tls = site.context().wrap_socket(socket.create_connection(("127.0.0.1", site.ports["imaps"]), 30), server_hostname="localhost")
ok(tls.recv(4096).startswith(b"* OK"), "clear text on the TLS port hurts nobody")
tls.close()

# after login
for i, bad in enumerate(("FETCH", "FETCH 1", "FETCH 0 FLAGS", "FETCH 5 FLAGS", "FETCH 1:x FLAGS", "FETCH 1 (FLAGS", "FETCH 1 BODY[", "FETCH 1 BODY[0]",
            "FETCH 1 BODY[1..2]", "FETCH 1 BODY[]<0>", "FETCH 1 BODY[]<0.0>", "FETCH 1 BODY[HEADER.FIELDS ()]", "FETCH 1 NOSUCH",
            "FETCH 99999999999999999999 FLAGS", "FETCH 1 BODY[99999999999.1]", "STORE 1 FLAGS", "STORE 1 +FLAGS (", "STORE 1 FOO (\\Seen)",
            "SEARCH", "SEARCH FOO", "SEARCH (", "SEARCH NOT", "SEARCH OR SEEN", "SEARCH SINCE yesterday", "SEARCH LARGER x",
            "SEARCH " + "(" * 1000 + "ALL" + ")" * 1000, "SEARCH " + "NOT " * 1000 + "ALL", "COPY 1", "UID", "UID NOOP", "UID FOO", "STATUS INBOX",
            "STATUS INBOX ()", "STATUS INBOX (FOO)", "LIST", "LIST \"\"", "CREATE", "CREATE &AAA", "APPEND INBOX", "APPEND INBOX x {5+}\r\nabcde",
            "EXPUNGE 1", "CLOSE 1", "FOO", "NOOP NOOP", "FETCH 1 \"un", "LOGIN joe x", "CREATE \"a\0b\"")):
    if i % 8 == 0:                      # too many bad ones end a session
        r = session()
    like(r.command("x", bad), r"x BAD|\* BAD|x NO", "refused: %s" % bad[:40].replace("\0", "NUL").replace("\r\n", " "))
r = session()
for odd, want in (("SEARCH CHARSET X-NONE TEXT x", "BADCHARSET"), ("CREATE ../../etc/x", "NO"), ("CREATE /etc/x", "NO"), ("CREATE a//b", "NO"),
                  ("CREATE \"" + "x" * 5000 + "\"", "NO"), ("DELETE INBOX", "NO"), ("RENAME nosuch x", "NO"),
                  ("STATUS nosuch (MESSAGES)", "NO"), ("COPY 1 nosuch", "TRYCREATE"), ("SELECT ../ann/Maildir", "NO")):
    like(r.command("x", odd), want, "NO: %s" % odd[:40])
r.close()
r = session()
r.send("x FETCH 1 {%d}\r\n" % (1 << 40))
like(r.until("x "), "x (BAD|NO)", "a literal too large for any command")
like(r.command("y", "NOOP"), "y OK", "and the session lives")
r.send("x APPEND INBOX {%d}\r\n" % (1 << 40))
like(r.until("x "), "x NO.*TOOBIG|x NO|x BAD", "a message that is too large")
r.send("x APPEND INBOX {10}\r\n")
like(r.line(), r"^\+", "a message is asked for")
r.send("\0" * 10 + "\r\n")
like(r.until("x "), "x (BAD|NO)", "NUL in a message")
like(r.command("y", "NOOP"), "y OK", "the session lives")
r.send("x APPEND nosuch {10+}\r\n0123456789\r\ny NOOP\r\n")
like(r.until("y "), r"x NO(.|\n)*y OK", "a message for no mailbox is thrown away")
r.send("x APPEND INBOX {20}\r\n")
r.line()
r.send("Subject: half")
r.close()
r = session()
like(r.command("x", "STATUS INBOX (MESSAGES)"), "MESSAGES 1", "half a message is none")
r.send("x NOOP " + "y" * 200000 + "\r\n")
r.eof()                                 # it ends with BYE, or a reset if more was under way
r = session(False)
like(r.command("s", "SELECT INBOX"), "1 EXISTS", "and the next goes on")
r.send("i IDLE\r\n")
like(r.line(), r"^\+", "IDLE")
site.deliver(b"Subject: two\n\nx\n")
like(r.until("* 2 EXISTS"), "EXISTS", "mail that comes is told")
r.send("FOO\r\n")
like(r.until("i "), "i BAD", "only DONE ends it")
r.send("x" * 65536)
r.s.shutdown(socket.SHUT_WR)
r.eof()
r.close()

# many connections from one address, and the limit
site2 = Site("maildir", extra="O MaxConnectionsPerIP=5\nO LoginTimeout=2s\n").start("imapd")
many = [site2.raw() for _ in range(5)]
greeted = [x.line().startswith("* OK") for x in many]
over = site2.raw()
like(over.line(), r"^\* BYE", "one connection too many from an address")
for x in many:
    x.close()


def room():
    global late
    late = site2.raw()
    return late.line().startswith("* OK")


ok(until(room), "and when others went there is room")
like(late.eof(), r"^\* BYE", "who does not log in is sent away")
m = site.imap()
eq(m.select()[1], [b"2"], "after all that the daemon works")
m.logout()
log = site.log("imapd")
ok("forbidden" not in log and "died" not in log and "ERROR" not in log, "no process broke its bounds")
done_testing()
