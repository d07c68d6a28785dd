#!/usr/bin/env python3
"""next_mx: whom one MX host puts off, at any step, the next one gets in the same try, and nobody else; what a host refuses for good is not asked of another."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

P = port()
one, two = Sink(address="127.0.9.1", number=P), Sink(address="127.0.9.2", number=P)
host = Host(mode="background", mc="define(`ESMTP_MAILER_ARGS', `TCP $h %d')\ndefine(`confMIN_QUEUE_AGE', `0')\n" % P,
            dns="to.test. MX 5 one.to.test.\nto.test. MX 10 two.to.test.\none.to.test. A 127.0.9.1\ntwo.to.test. A 127.0.9.2\ndown.to.test. A 127.0.9.3\n"
                "lost.test. MX 5 one.to.test.\nlost.test. MX 10 two.to.test.\nunwilling.test. MX 5 one.to.test.\nunwilling.test. MX 10 two.to.test.\n"
                "late.test. MX 5 one.to.test.\nlate.test. MX 10 down.to.test.\nlast.test. MX 5 one.to.test.\nlast.test. MX 10 down.to.test.\nalone.test. MX 5 one.to.test.\n")
MSG = "Subject: x\n\nx\n"


def send(what, hooks, rcpts=("b@to.test",), greeting="220 one.test ESMTP"):
    """One message, which the first host does not take as it is; what the log says of each recipient, and who has what."""
    one.hooks, one.greeting = hooks, greeting
    before = len(one.messages), len(two.messages)
    ident = host.send("a@here.test", list(rcpts), MSG)
    said = {}
    for r in rcpts:
        m = host.await_log(r"%s: to=[^=]*<?%s>?[,>].*?relay=(.*?), dsn=([0-9.]+),(?: reply=.*?,)? stat=(.*)$" % (ident, re.escape(r)))
        said[r] = m.groups() if m else ("", "", host.log()[-1000:])
    got = [sorted(re.search("<(.*)@", x).group(1) for x in m["rcpt"]) for m in one.messages[before[0]:] if m["data"] != b".\r\n"], \
        [sorted(re.search("<(.*)@", x).group(1) for x in m["rcpt"]) for m in two.messages[before[1]:]]
    if len(rcpts) == 1:
        eq(got, ([], [["b"]]), what)
        return said[rcpts[0]]
    return said, got


for what, hooks in (("421 to MAIL", {"MAIL": lambda s, l: "421 4.3.2 going down"}), ("451 to MAIL", {"MAIL": lambda s, l: "451 4.3.0 not now"}),
                    ("450 to RCPT", {"RCPT": lambda s, l: "450 4.7.1 greylisted"}), ("452 to DATA", {"DATA": lambda s, l: "452 4.3.1 full"}),
                    ("451 to the content", {".": lambda s, l: "451 4.3.0 later"}), ("a connection lost at RCPT", {"RCPT": lambda s, l: False}),
                    ("... at DATA", {"DATA": lambda s, l: False}), ("... behind the dot", {".": lambda s, l: False})):
    eq(send("%s: the next host has it" % what, hooks), ("two.to.test. [127.0.9.2]", "2.0.0", "Sent (taken)"), "... and the log says who")
one.hooks, one.greeting = {}, "220 one.test ESMTP"
n = len(one.messages)
host.send("a@here.test", "b@to.test", MSG)
ok(one.await_messages(n + 1, 10), "the next message is the first host's again") or diag(host.log()[-1500:])
said, got = send("", {"RCPT": lambda s, l: "450 4.2.0 later" if "<half" in l else "550 5.1.1 no" if "<bad" in l else None},
                 rcpts=("b@to.test", "half@to.test", "bad@to.test"))
eq(got, ([["b"]], [["half"]]), "each recipient by itself: taken here, put off there; nobody twice")
eq(said["b@to.test"], ("one.to.test. [127.0.9.1]", "2.0.0", "Sent (taken)"), "log: the first host took one")
eq(said["half@to.test"], ("two.to.test. [127.0.9.2]", "2.0.0", "Sent (taken)"), "log: the second took another")
eq(said["bad@to.test"], ("one.to.test. [127.0.9.1]", "5.1.1", "User unknown"), "log: who was refused stays so")

eq(send("a connection lost at EHLO: the next host has it", {"EHLO": lambda s, l: False}, ["b@lost.test"]), ("two.to.test. [127.0.9.2]", "2.0.0", "Sent (taken)"), "... and the log says who")
eq(send("554 as a greeting: the next host is asked", {}, ["b@unwilling.test"], greeting="554 5.7.1 not you"), ("two.to.test. [127.0.9.2]", "2.0.0", "Sent (taken)"), "... and takes it")

one.hooks, one.greeting = {"RCPT": lambda s, l: "450 4.7.1 greylisted"}, "220 one.test ESMTP"
ident = host.send("a@here.test", "c@last.test", MSG)
m = host.await_log(r"%s: to=.*relay=(.*?), dsn=(.*?), reply=(.*?), stat=(.*)$" % ident)
eq(m and m.groups(), ("one.to.test. [127.0.9.1]", "4.7.1", "450 4.7.1 greylisted", "Deferred: 450 4.7.1 greylisted"),
   "the next one is away: what the first said counts")
one.hooks, one.greeting = {}, "554 5.7.1 not you"
ident = host.send("a@here.test", "d@alone.test", MSG)
m = host.await_log(r"%s: to=.*relay=(.*?), dsn=(.*?), reply=(.*?), stat=(.*)$" % ident)
eq(m and m.groups(), ("one.to.test. [127.0.9.1]", "5.7.1", "554 5.7.1 not you", "Service unavailable"), "554 of the only host: it comes back, as with sendmail")
ident = host.send("a@here.test", "e@late.test", MSG)
m = host.await_log(r"%s: to=.*, dsn=(.*?), (?:reply=.*?, )?stat=(.*)$" % ident)
like(m and m.group(1), "^4", "554 of one, the other away: it waits")
host.stop()
done_testing()
