#!/usr/bin/env python3
"""door: what is asked at the door and limits of sessions, by real connections: greet_pause, ident, names of clients, check_other, block_bad_helo, badmx, useless
commands, numbers of connections, the load."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

DNS = """
1.0.0.127.in-addr.arpa. PTR localhost.
2.0.0.127.in-addr.arpa. PTR outside.test.
outside.test. A 127.0.0.2
3.0.0.127.in-addr.arpa. PTR forged.test.
forged.test. A 192.0.2.3
far.test. A 127.0.0.1
good.test. MX 10 mx.good.test.
mx.good.test. A 192.0.2.9
bad.test. MX 10 mx.bad.test.
mx.bad.test. A 127.0.0.9
"""
UNRESOLVED = "FEATURE(`accept_unresolvable_domains')\n"


def mail(host, sender="ann@far.test", rcpt="root@here.test", source="127.0.0.2", helo="client.example"):
    c = host.connect(source=source)
    out = [c.reply(), c.cmd("EHLO " + helo)]
    for line in ("MAIL FROM:<%s>" % sender, "RCPT TO:<%s>" % rcpt):
        out.append(c.cmd(line))
        if out[-1][:1] != "2":
            break
    c.close()
    return out[-1]


# greet_pause, by the access map, and early talkers
host = Host(mc="FEATURE(`greet_pause', `60000')\n", dns=DNS, access="GreetPause:127.0.0.1 0\nGreetPause:127.0.0.4 100\n")
c = Talk(host.port, "127.0.0.2")
c.send("EHLO early\r\n")
eq(c.reply(), "554 mail.here.test ESMTP not accepting messages", "greet_pause: an early talker")
ok(c.closed(), "... is sent away")
like(Talk(host.port, "127.0.0.4").reply(), "^220 ", "GreetPause: a short one")
ok(host.await_log(r"rejecting commands from outside\.test \[127\.0\.0\.2\] due to pre-greeting traffic after \d+ seconds"), "the log tells")
waiting = [Talk(host.port, "127.0.0.2") for _ in range(30)]
like(mail(host, source="127.0.0.1"), "^250 ", "who waits holds up nobody")
for t in waiting:
    t.close()
host.stop()

# tarpit
host = Host(mc="FEATURE(`tarpit')\n" + UNRESOLVED, dns=DNS, access="Tarpit:127.0.0.2 1\n")
t = time.monotonic()
like(mail(host, source="127.0.0.2"), "^250 ", "tarpit: mail comes in")
ok(time.monotonic() - t >= 4, "... four replies late")
c = Talk(host.port, "127.0.0.2")
c.send("EHLO me\r\n")
eq(c.reply(), "554 mail.here.test ESMTP not accepting messages", "... not from early talkers")
like(mail(host, source="127.0.0.1"), "^250 ", "... others are not held")
host.stop()

# names of clients
host = Host(mc="FEATURE(`require_rdns')\n" + UNRESOLVED, dns=DNS, files=(("hosts", "127.0.0.1 localhost\n"),))
like(mail(host), "^250 ", "require_rdns: a name that leads back")
eq(mail(host, source="127.0.0.3"), "451 4.1.8 Possibly forged hostname for 127.0.0.3", "... one that does not")
eq(mail(host, source="127.0.0.4"), "550 5.7.1 Fix reverse DNS for 127.0.0.4", "... none")
host.stop()

host = Host(mc="FEATURE(`delay_checks')\nFEATURE(`block_bad_helo')\nFEATURE(`check_other')\nFEATURE(`badmx')\ndefine(`confMAX_NOOP_COMMANDS', `3')\n", dns=DNS)
eq(mail(host, "a@good.test", helo="plain"), "550 5.7.1 <root@here.test>... bogus HELO name used: plain", "block_bad_helo: a name without a dot")
eq(mail(host, "a@good.test", helo="here.test"), "550 5.7.1 <root@here.test>... bogus HELO name used: here.test", "... our own")
like(mail(host, "a@good.test", helo="[127.0.0.2]"), "^250 ", "... an address")
like(mail(host, sender="a@good.test"), "^250 ", "badmx: a good one")
eq(mail(host, sender="a@bad.test"), "550 5.1.2 <root@here.test>... Illegal MX record for host bad.test.", "... an impossible one")
c = host.connect(helo="client.example")
eq(c.cmd("Subject: hello"), "421 4.7.0 bad command", "check_other: a header is no command")
c.close()
c = host.connect(helo="client.example")
for i in range(4):
    eq(c.cmd("NOOP"), "250 2.0.0 OK", "a useless command")
c.close()
host.stop()

# one connection more than MaxDaemonChildren
host = Host(mc="define(`confMAX_DAEMON_CHILDREN', `3')\n", dns=DNS)
talks = [Talk(host.port) for _ in range(3)]
end = time.monotonic() + 30
said = [t.reply() for t in talks]
while "421" not in said and time.monotonic() < end and not any(s.startswith("421") for s in said):
    talks.append(Talk(host.port))
    said.append(talks[-1].reply())
like(said[-1], r"^421 4\.3\.2 too many open connections|^421 ", "MaxDaemonChildren")
ok(sum(s.startswith("220 ") for s in said) <= 3, "... is kept")
for t in talks:
    t.close()
end = time.monotonic() + 30
while time.monotonic() < end:
    c = Talk(host.port)
    r = c.reply()
    c.close()
    if r.startswith("220"):
        break
    time.sleep(0.1)
like(r, "^220 ", "... and then the next ones come in")
like(host.log, r"rejecting connections on daemon MTA: 3 children, max 3", "... with a line in the log")
host.stop()

host = Host(mc="define(`confCONNECTION_RATE_THROTTLE', `2')\n", dns=DNS)
talks = [Talk(host.port) for _ in range(6)]
eq([t.reply()[:3] for t in talks], ["220"] * 6, "ConnectionRateThrottle: those above it wait, and come in")
for t in talks:
    t.close()
host.stop()

# ident: only root can stand in for such a server
if os.geteuid() == 0:
    try:
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("127.0.0.2", 113))
        s.listen(20)
    except OSError:
        s = None
else:
    s = None
if s is None:
    skip("ident", "only root can be an ident server, and only one at a time")
else:
    asked = []

    def serve():
        while True:
            try:
                c, _ = s.accept()
            except OSError:
                return
            line = c.recv(100).decode()
            asked.append(line)
            c.sendall(("%s : USERID : UNIX : joe\r\n" % line.strip()).encode())
            c.close()

    threading.Thread(target=serve, daemon=True).start()
    host = Host(mc=UNRESOLVED + "define(`confTO_IDENT', `10s')\n", dns=DNS)
    like(mail(host), "^250 ", "a client with an ident server")
    like(asked[0] if asked else "", r"^\d+, %d\r\n$" % host.port, "... which is asked about both ports")
    c = host.connect("127.0.0.2", "client.example")
    c.cmd("MAIL FROM:<ann@far.test>")
    c.cmd("RCPT TO:<root@here.test>")
    c.cmd("DATA")
    c.send("Subject: x\r\n\r\n.\r\n")
    ident = c.reply().split()[2]
    like(host.qf(ident), r"(?m)^H\?\?Received: from client\.example \(joe@outside\.test \[127\.0\.0\.2\]\)", "... and believed in Received:")
    for _ in range(6):				# one that speaks at once goes to a session as soon as that is known
        c = Talk(host.port, "127.0.0.2")
        c.reply()
        c.cmd("EHLO client.example")
        c.cmd("QUIT")
        c.close()
    n = len(asked)
    c = host.connect("127.0.0.2", "client.example")
    for line in ("MAIL FROM:<ann@far.test>", "RCPT TO:<root@here.test>", "DATA"):
        c.cmd(line)
    c.send("Subject: x\r\n\r\n.\r\n")
    like(host.qf(c.reply().split()[2]), r"(?m)^H\?\?Received: from client\.example \(joe@outside\.test \[127\.0\.0\.2\]\)", "... of a client that comes again and again, too")
    eq(len(asked), n + 1, "... for each of its connections")
    like(mail(host, source="127.0.0.4"), "^250 ", "a client without one is not held up")
    s.close()
    c.close()
    out = [mail(host, source="127.0.0.2") for _ in range(4)]
    ok(all(x.startswith("250 ") for x in out), "... nor one whose server is gone") or diag(out)
    host.stop()
done_testing()
