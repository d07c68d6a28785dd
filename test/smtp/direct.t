#!/usr/bin/env python3
"""direct: a client that spoke at once the last time goes to a session as it comes (gate_direct.c); it is asked what anybody is, and nothing is lost when it is silent."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

DNS = "2.0.0.127.in-addr.arpa. PTR outside.test.\noutside.test. A 127.0.0.2\n"
BANNER = r"^220 mail\.here\.test ESMTP "
host = Host(mc="FEATURE(`greet_pause', `0')\ndefine(`confLOG_LEVEL', `10')\nFEATURE(`accept_unresolvable_domains')\n", dns=DNS, access="To:root OK\n")


def access(text):
    code, out, err = run([os.path.join(OBJ, "makemap", "makemap"), "-C", host.cf, "hash", host.path("etc", "access.db")], input=text)
    if code:
        raise RuntimeError(out + err)


def quick(n=8):
    """Connections that speak at once; what the last one was told."""
    out = []
    for _ in range(n):
        c = Talk(host.port, "127.0.0.2")
        out.append(c.reply())
        out.append(c.cmd("EHLO me.test"))
        c.cmd("QUIT")
        c.close()
    return out


out = quick()
ok(all(re.match(BANNER, x) for x in out[::2]) and all(x.startswith("250-mail.here.test Hello outside.test [127.0.0.2]") for x in out[1::2]),
   "one connection after the other is greeted, and known by its name") or diag(out)
ok(host.await_log(r"(?s)(outside\.test \[127\.0\.0\.2\] did not issue MAIL.*){8}"), "all of them are over")
eq(len(re.findall(r"connect from outside\.test \[127\.0\.0\.2\]", host.log())), 8, "each is logged once")

c = Talk(host.port, "127.0.0.2")
like(c.reply(), BANNER, "one that is silent then is greeted, too")
time.sleep(0.3)					# longer than a worker waits for it
c.send("EH")
time.sleep(0.1)
c.send("LO slow.test\r\n")
like(c.reply(), r"^250-mail\.here\.test Hello outside\.test ", "... and is answered when it speaks")
like(c.cmd("MAIL FROM:<a@far.test>"), "^250 2.1.0 ", "... as anybody")
like(c.cmd("RCPT TO:<root@here.test>"), "^250 2.1.5 ", "... to the end")
c.close()

quick()
c = Talk(host.port, "127.0.0.2")
like(c.reply(), BANNER, "one that goes without a word")
time.sleep(0.2)
n = len(re.findall("did not issue MAIL", host.log()))
c.close()
ok(host.await_log(r"(?s)(did not issue MAIL.*){%d}" % (n + 1)), "... is logged as such")

quick()
talks = [Talk(host.port, "127.0.0.2") for _ in range(40)]
ok(all(re.match(BANNER, t.reply()) for t in talks), "forty at once, all silent, are greeted")
like(quick(1)[1], "^250-", "... and hold up nobody")
ok(all(t.cmd("NOOP") == "250 2.0.0 OK" for t in talks), "... and speak later")
for t in talks:
    t.close()

for entry, want in (("Connect:127.0.0.2 REJECT", "^550 5.7.1 Access denied"), ("Connect:127.0.0.2 ERROR:\"421 4.3.2 Not now\"", "^421 4.3.2 Not now")):
    quick()
    access("To:root OK\n" + entry + "\n")
    c = Talk(host.port, "127.0.0.2")
    first = c.reply()
    like(first if want.startswith("^421") else c.cmd("EHLO me.test") and c.cmd("MAIL FROM:<a@far.test>"), want, "who is to be refused now is: " + entry)
    c.close()
    access("To:root OK\n")
    like(quick(2)[-1], "^250-", "... and let in again")

quick()
access("To:root OK\nGreetPause:127.0.0.2 60000\n")
c = Talk(host.port, "127.0.0.2")
c.send("EHLO early\r\n")
eq(c.reply(), "554 mail.here.test ESMTP not accepting messages", "a pause that is asked for now is made: it spoke too early")
c.close()
host.stop()
done_testing()
