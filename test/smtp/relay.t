#!/usr/bin/env python3
"""relay: strangers may send to our users only; the access map, DNS and rules of a site decide the rest."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

host = Host(mc="RELAY_DOMAIN(`friend.test')\nFEATURE(`blocklist_recipients')\n",
            mailers="""LOCAL_RULESETS
HSubject: $>CheckSubject
SCheckSubject
R$* buy $*\t\t$#error $@ 5.7.1 $: "550 No adverts"
R$* vanish $*\t\t$#discard $: discard
SLocal_check_relay
R$* $| 127.0.0.9\t$#error $@ 5.7.1 $: "550 Go away"
R$* $| 127.0.0.8\t$#error $@ 4.7.1 $: "421 Not now"
R$* $| 127.0.0.7\t$#discard $: discard
Scheck_data
R3\t\t\t$#error $@ 5.7.1 $: "550 Not three"
Scheck_eoh
R$- $| $-\t\t$: $(arith l $@ 9 $@ $1 $)
RTRUE\t\t\t$#error $@ 5.7.1 $: "550 Too many fields"
Scheck_vrfy
Rdaemon\t\t$#error $@ 5.7.1 $: "550 Not him"
""",
            dns="friend.test. A 192.0.2.1\nsender.test. MX 10 mail.sender.test.\nmail.sender.test. A 192.0.2.2\nfar.test. A 192.0.2.3\n"
                "9.0.0.127.in-addr.arpa. PTR liar.test.\nliar.test. A 192.0.2.9\n",
            access="From:spammer@sender.test\tREJECT\nFrom:slow@sender.test\tERROR:4.2.1:450 come back later\nTo:blocked@\tERROR:5.2.1:550 mailbox closed\n"
                   "Connect:127.0.0.6\tRELAY\nFrom:silent@sender.test\tDISCARD\nFrom:odd@sender.test\tQUARANTINE:looks odd\n")
S = "127.0.0.2"			# a stranger with a good name
MSG = "Subject: x\n\nx\n"

c = host.connect(S)
c.reply()
eq(c.cmd("EHLO me").split("\n")[0], "250-mail.here.test Hello outside.test [127.0.0.2], pleased to meet you", "the client's name is looked up")
c.close()
for to, want in (("a@far.test", "550 5.7.1 <a@far.test>... Relaying denied"), ("a%far.test@here.test", "550 5.7.1 <a%far.test@here.test>... Relaying denied"),
                 ("@here.test:a@far.test", "550 5.7.1 <@here.test:a@far.test>... Relaying denied"), ("a@[192.0.2.7]", "550 5.7.1 <a@[192.0.2.7]>... Relaying denied"),
                 ('"a@far.test"@here.test', None), ("far!a@here.test", None), ("nosuchusr@here.test", "550 5.1.1 <nosuchusr@here.test>... User unknown"),
                 ("blocked@here.test", "550 5.2.1 <blocked@here.test>... mailbox closed")):
    r = host.send("a@sender.test", to, MSG, S)
    if want is None:
        ok(r.startswith("55"), "a stranger's mail to %s is refused" % to) or diag(r)
    else:
        eq(r, want, "a stranger's mail to %s" % to)
for to, source in (("root@here.test", S), ("root", S), ("a@friend.test", S), ("a@far.test", None), ("a@far.test", "127.0.0.6")):
    like(host.send("a@sender.test", to, MSG, source), r"^\w{14}$", "mail to %s from %s is accepted" % (to, source))
eq(host.send("spammer@sender.test", "root", MSG, S), "550 5.7.1 <spammer@sender.test>... Access denied", "a sender the access map rejects")
eq(host.send("slow@sender.test", "root", MSG, S), "450 4.2.1 <slow@sender.test>... come back later", "... or puts off")
eq(host.send("a@nodomain.test", "root", MSG, S), "553 5.1.8 <a@nodomain.test>... Domain of sender address a@nodomain.test does not exist", "a sender whose domain does not exist")
n = len(host.queue())
like(host.send("silent@sender.test", "root", MSG, S), r"^\w{14}$", "$#discard accepts ...")
like(host.send("a@sender.test", "root", "Subject: please vanish now\n\nx\n", S), r"^\w{14}$", "... for a header too ...")
like(host.send("a@sender.test", "root", MSG, "127.0.0.7"), r"^\w{14}$", "... for a client too ...")
eq(len(host.queue()), n, "... and forgets")
ident = host.send("odd@sender.test", "root", MSG, S)
ok(host.await_log(r"%s: .*quarantine=looks odd" % ident), "a quarantined message is logged so")
q = [f for f in os.listdir(host.path("queue")) if f.endswith(ident) and f[0] in "qh"]
ok(q, "... and kept")
if q:
    with open(host.path("queue", q[0]), encoding="latin-1") as f:
        like(f.read(), "(?m)^qlooks odd$", "... with its reason")
eq(host.send("a@sender.test", "root", "Subject: please buy this\n\nx\n", S), "550 5.7.1 No adverts", "a header check")
eq(host.send("a@sender.test", "root", "".join("X-%d: y\n" % i for i in range(20)) + "\nx\n", S), "550 5.7.1 Too many fields", "check_eoh")
eq(host.send("a@sender.test", ["root", "daemon", "postmaster"], MSG, S), "550 5.7.1 Not three", "check_data")
c = host.connect(S, "me")
eq(c.cmd("VRFY daemon"), "550 5.7.1 Not him", "check_vrfy")
c.close()

c = host.connect("127.0.0.9")
like(c.reply(), "^220 mail\\.here\\.test ESMTP ", "check_relay rejects: the greeting says nothing yet")
c.cmd("EHLO me")
eq(c.cmd("MAIL FROM:<a@sender.test>"), "550 5.7.1 Go away", "... MAIL")
eq(c.cmd("NOOP"), "250 2.0.0 OK", "... NOOP")
eq(c.cmd("QUIT"), "221 2.0.0 mail.here.test closing connection", "... QUIT")
c = host.connect("127.0.0.8")
eq(c.reply(), "421 4.7.1 Not now", "check_relay with 421")
ok(c.closed(), "... closes the connection")
m = host.await_log(r"ruleset=check_rcpt, arg1=<a@far\.test>, relay=outside\.test \[127\.0\.0\.2\], reject=550 5\.7\.1 <a@far\.test>\.\.\. Relaying denied")
ok(m, "the log says who was refused and why")
done_testing()
