#!/usr/bin/env python3
"""client: hosts in order, what a server offers is used, each recipient has an answer of its own, content goes out unharmed (RFC 5321 3.3, 5.1, 2920)."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

P = port()
cert = certificate(TMP)
MSG = "Subject: x\nFrom: root@here.test\n\nx\n"
HOSTS = {"one": "127.0.1.1", "old": "127.0.1.2", "rude": "127.0.1.3", "busy": "127.0.1.4", "tls": "127.0.1.5", "small": "127.0.1.6", "odd": "127.0.1.7",
         "hang": "127.0.1.8", "batch": "127.0.1.9", "slow": "127.0.1.10"}
host = Host(mode="background", mc="define(`ESMTP_MAILER_ARGS', `TCP $h %d')\ndefine(`confTO_INITIAL', `8s')\ndefine(`confTO_HELO', `3s')\n" % P,
            dns="".join("%s.test. MX 10 sink.%s.test.\nsink.%s.test. A %s\n" % (n, n, n, a) for n, a in HOSTS.items()) + """
two.test. MX 10 dead.two.test.
two.test. MX 20 sink.one.test.
two.test. MX 30 sink.old.test.
null.test. MX 0 .
loop.test. MX 10 mail.here.test.
mail.here.test. A 127.0.0.1
backup.test. MX 10 sink.one.test.
backup.test. MX 20 mail.here.test.
dead.two.test. A 127.0.1.99
plain.test. A 127.0.1.1
""")
sinks = {n: Sink(address=a, number=P) for n, a in HOSTS.items()}
one = sinks["one"]


def stat(ident, to, seconds=60):
    m = host.await_log(r"%s: to=.*<?%s>?.*, dsn=([0-9.]+), (?:reply=.*, )?stat=(.*)$" % (ident, re.escape(to)), seconds)
    return (m.group(1), m.group(2)) if m else ("", host.log()[-1500:])


# ---- what is said
ident = host.send("a@here.test", ["b@one.test", "c@one.test"], "Subject: dots\nFrom: a@here.test\n\n.one\n..two\n.\nl\303\266ng\n" + "z" * 2000 + "\n",
                  params=" BODY=8BITMIME RET=HDRS ENVID=e+2B1")
ok(one.await_messages(1), "a message arrives")
m = one.messages[0]
eq(m["helo"], "EHLO mail.here.test", "we say who we are")
like(m["mail"], r"^MAIL From:<a@here\.test> SIZE=\d+ BODY=8BITMIME RET=HDRS ENVID=e\+2B1$", "MAIL uses what is offered")
eq(sorted(m["rcpt"]), ["RCPT To:<b@one.test>", "RCPT To:<c@one.test>"], "two recipients of one host are one transaction")
head, body = m["data"].split(b"\r\n\r\n", 1)
like(head.decode("latin-1"), r"^Received: from client\.test \(localhost \[127\.0\.0\.1\]\)\r\n\tby mail\.here\.test ", "Received: stands in front")
ok(b"Return-Path" not in head and b"Bcc" not in head, "no Return-Path: on the way")
eq(body, ("..one\r\n...two\r\n..\r\n" + "l\303\266ng\r\n").encode() + b"z" * 989 + b"!\r\n " + b"z" * 988 + b"!\r\n " + b"z" * 23 + b"\r\n.\r\n",
   "dots doubled, lines of at most 990")
eq(stat(ident, "b@one.test"), ("2.0.0", "Sent (taken)"), "stat= has the server's words")
host.send("a@here.test", "b@one.test", MSG, params="")
one.await_messages(2)
eq(one.sessions, 1, "the second message goes over the same session")
c = host.connect(helo="x")
c.cmd("MAIL FROM:<> ENVID=z")
c.cmd("RCPT TO:<d@one.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;d+2Bx@orig.test")
c.cmd("DATA")
c.send("Subject: dsn\r\n\r\nx\r\n.\r\n")
c.reply()
c.close()
one.await_messages(3)
eq(one.messages[2]["mail"].split(" SIZE")[0], "MAIL From:<>", "the null sender")
eq(one.messages[2]["rcpt"], ["RCPT To:<d@one.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;d+2Bx@orig.test"], "DSN parameters are passed on")

# ---- other servers
old = sinks["old"]
old.hooks["EHLO"] = lambda s, line: "502 5.5.1 what is EHLO"
ident = host.send("a@here.test", "b@old.test", MSG)
ok(old.await_messages(1), "a server without EHLO")
eq((old.messages[0]["helo"], old.messages[0]["mail"]), ("HELO mail.here.test", "MAIL From:<a@here.test>"), "... gets HELO, and no parameters")
tls = sinks["tls"]
tls.cert, tls.offers = cert, ["STARTTLS", "PIPELINING"]
host.send("a@here.test", "b@tls.test", MSG)
ok(tls.await_messages(1) and tls.messages[0]["tls"], "STARTTLS is used where it is offered")
ok(host.await_log(r"STARTTLS=client, relay=sink\.tls\.test\., version=TLSv1"), "... and logged")
tls.hooks["STAR"] = lambda s, line: "454 4.3.3 not today"
host.send("a@here.test", "b@tls.test", MSG)
small = sinks["small"]
small.offers = ["SIZE 1000"]
small.hooks["MAIL"] = lambda s, line: "552 5.2.3 too much" if int((re.search(" SIZE=([0-9]+)", line) or [0, 0])[1]) > 1000 else None
ident = host.send("a@here.test", "b@small.test", MSG + "x" * 2000 + "\n")
eq(stat(ident, "b@small.test"), ("5.2.3", "Service unavailable"), "a server hears the size, and decides")
small.hooks.clear()
n = len(small.messages)
ident = host.send("a@here.test", "c@small.test", MSG + "x" * 2000 + "\n")
eq((stat(ident, "c@small.test")[0], len(small.messages)), ("2.0.0", n + 1), "... as sendmail lets it: one that says less than it takes")

# ---- each recipient by itself
rude = sinks["rude"]
rude.hooks["RCPT"] = lambda s, line: "550 5.1.1 <x>: no such user" if "no@" in line else "450 4.2.0 later" if "later@" in line else None
ident = host.send("a@here.test", ["no@rude.test", "later@rude.test", "yes@rude.test"], MSG)
eq(stat(ident, "no@rude.test"), ("5.1.1", "User unknown"), "one is refused")
eq(stat(ident, "later@rude.test"), ("4.2.0", "Deferred: 450 4.2.0 later"), "... one put off")
eq(stat(ident, "yes@rude.test"), ("2.0.0", "Sent (taken)"), "... one delivered")
rude.hooks["RCPT"] = lambda s, line: "550 5.7.1 nobody"
n = len(rude.messages)
ident = host.send("a@here.test", "p@rude.test", MSG)
eq(stat(ident, "p@rude.test")[0], "5.7.1", "all refused, DATA was pipelined")
eq(len(rude.messages), n, "... nothing was delivered")
busy = sinks["busy"]
busy.hooks["."] = lambda s, line: "451 4.3.0 try again"
ident = host.send("a@here.test", "b@busy.test", MSG)
eq(stat(ident, "b@busy.test"), ("4.3.0", "Deferred: 451 4.3.0 try again"), "a refusal for now after DATA")
busy.hooks["."] = lambda s, line: "250 2.0.0 %s end" % ("y" * 400)
ident = host.send("a@here.test", "s@busy.test", MSG)
eq(stat(ident, "s@busy.test"), ("2.0.0", "Sent (" + "y" * 94 + "..." + "y" * 95 + " end)"), "long words of a server: the log has their beginning and their end, as sendmail's")
busy.hooks = {"RCPT": lambda s, line: "550 5.1.1 %s end" % ("z" * 400)}
ident = host.send("a@here.test", "t@busy.test", MSG)
m = host.await_log(r"%s: to=.*, reply=(.*), stat=User unknown$" % ident)
eq(m and m.group(1), "550 5.1.1 " + "z" * 90 + "..." + "z" * 96 + " end", "... those of a refusal, too")
busy.hooks = {"MAIL": lambda s, line: "553 5.1.8 not you"}
ident = host.send("a@here.test", "q@busy.test", MSG)
eq(stat(ident, "q@busy.test")[0], "5.1.8", "MAIL refused")
busy.hooks = {"MAIL": lambda s, line: "421 4.3.2 going down"}
ident = host.send("a@here.test", "r@busy.test", MSG)
like(stat(ident, "r@busy.test")[1], "^Deferred: 421 4.3.2 going down", "421 in a transaction")

# ---- broken ones
odd = sinks["odd"]
odd.hooks["EHLO"] = lambda s, line: "250-" + "x" * 100000
ident = host.send("a@here.test", "b@odd.test", MSG)
like(stat(ident, "b@odd.test")[1], "^Deferred: .*(does not speak SMTP|Connection)", "an endless line")
odd.hooks["EHLO"] = lambda s, line: "\r\n".join(["250-more"] * 3000 + ["250 x"])
ident = host.send("a@here.test", "c@odd.test", MSG)
like(stat(ident, "c@odd.test")[1], "^Deferred: ", "an endless reply")
odd.greeting = "HTTP/1.1 400 Bad Request"
ident = host.send("a@here.test", "d@odd.test", MSG)
like(stat(ident, "d@odd.test")[1], "^Deferred: ", "another protocol")
slow = sinks["slow"]
slow.hooks["EHLO"] = lambda s, line: time.sleep(9)
ident = host.send("a@here.test", "b@slow.test", MSG)
like(stat(ident, "b@slow.test")[1], "^Deferred: Connection timed out with sink.slow.test", "a server that does not answer")
hang = sinks["hang"]
hang.hooks["."] = lambda s, line: False
ident = host.send("a@here.test", "b@hang.test", MSG)
like(stat(ident, "b@hang.test")[1], "^Deferred: ", "a server that hangs up after the message")

# ---- MX
n = len(one.messages)
ident = host.send("a@here.test", "b@two.test", MSG)
ok(one.await_messages(n + 1), "the second MX takes it when the first is dead")
ident = host.send("a@here.test", "b@backup.test", MSG)
ok(one.await_messages(n + 2), "we are the second MX: the first is tried")
ident = host.send("a@here.test", "b@plain.test", MSG)
ok(one.await_messages(n + 3), "no MX: the address itself")
ident = host.send("a@here.test", "b@[127.0.1.1]", MSG)
ok(one.await_messages(n + 4), "an address literal")
eq(stat(host.send("a@here.test", "b@null.test", MSG), "b@null.test"), ("5.1.10", "Service unavailable"), "a null MX (RFC 7505)")
like(" ".join(stat(host.send("a@here.test", "b@loop.test", MSG), "b@loop.test")), "^5.3.5 .*Local configuration error", "the best MX is ourselves")
eq(stat(host.send("a@here.test", "b@nodomain.test", MSG), "b@nodomain.test")[0], "5.1.2", "a domain that does not exist")
like(stat(host.send("a@here.test", "b@[127.0.1.98]", MSG), "b@[127.0.1.98]")[1], r"^Deferred: Connection refused by \[127\.0\.1\.98\]", "nobody listens")

# ---- many
batch = sinks["batch"]
c = host.connect(helo="x")
c.send("MAIL FROM:<a@here.test>\r\n" + "".join("RCPT TO:<u%d@batch.test>\r\n" % i for i in range(250)) + "DATA\r\n")
eq([c.reply()[:3] for _ in range(252)], ["250"] * 251 + ["354"], "250 recipients at once")
c.send("Subject: many\r\n\r\n" + "0123456789" * 7 + "\r\n" + ("0123456789" * 7 + "\r\n") * 5000 + ".\r\n")
eq(c.reply()[:3], "250", "a long message for them")
end = time.monotonic() + 60
while sum(len(m["rcpt"]) for m in list(batch.messages)) < 250 and time.monotonic() < end:
    time.sleep(0.05)
eq(sum(len(m["rcpt"]) for m in batch.messages), 250, "all are reached")
ok(all(m["data"].endswith(b"789\r\n.\r\n") and len(m["data"]) > 360000 for m in batch.messages), "... with the whole content")
done_testing()
