#!/usr/bin/env python3
"""announced: what SIZE= says is believed only so far as to have a file ready - long, short and none at all, in turns, and cut off: each message is what was
sent, and nothing else is left."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

host = Host()
LONG = "".join("%07d of a long message, line after line of it\n" % i for i in range(8000))
LESS = LONG[:LONG.index("0004000")]


def begin(said):
    c = host.connect()
    c.reply()
    c.cmd("EHLO me")
    mail(c, said)
    return c


def mail(c, said):
    c.cmd("MAIL FROM:<root@here.test>" + (" SIZE=%d" % said if said else ""))
    c.cmd("RCPT TO:<root>")


def data(c, text):
    r = c.cmd("DATA")
    if not r.startswith("354"):
        return r
    return c.cmd("Subject: x\r\n\r\n" + text.replace("\n", "\r\n") + ".")


def same(reply, text, what):
    m = re.match(r"250 2\.0\.0 (\S+) Message accepted", reply)
    ok(m is not None and host.df(m.group(1)).decode() == text, what) or diag(reply)


c = begin(len(LONG))
same(data(c, LONG), LONG, "as long as was said")
for said, text, what in ((1000000, "short\n", "a short one that was said to be long"), (0, "short too\n", "a short one behind it, of which nothing was said"),
                         (1000000, "", "none at all that was said to be long"), (1, LONG, "a long one that was said to be short"),
                         (131073, "x" * 990 + "\n", "a short one again"), (0, LONG, "a long one of which nothing was said")):
    mail(c, said)
    same(data(c, text), text, what)
n = len(host.queue())
mail(c, 1000000)
like(c.cmd("RSET"), "^250", "RSET before DATA ...")
mail(c, 1000000)
like(c.cmd("DATA"), "^354", "... and the connection lost behind it")
c.close()
c = begin(1000000)
like(c.cmd("DATA"), "^354", "... and in the middle of the content")
c.send("Subject: x\r\n\r\n" + LONG.replace("\n", "\r\n"))
c.close()
c = begin(1000000)
same(data(c, LESS), LESS, "the next one is what it is")
ok(until(lambda: not [f for f in os.listdir(host.path("queue")) if f[:2] in ("df", "tf") and f[2:] not in " ".join(host.queue())]), "nothing is left of those")
eq(len(host.queue()), n + 1, "... nor a message")
host.stop()
done_testing()
