#!/usr/bin/env python3
"""xclient: a proxy that the access map trusts says who the client behind it is; nobody else can."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

P = port()
sink = Sink(number=P, address="127.0.9.1")
RULES = """
LOCAL_RULESETS
SLocal_check_vrfy
Rshown	$#error $@ 5.7.1 $: 550 $&{client_addr} $&{client_name} $&{client_port} $&{client_resolve} $&{if_addr} $&{auth_type} $&{auth_authen} $&{daemon_port} $&s
Scheck_vrfy
R$*	$: $>Local_check_vrfy $1
"""
MC = "define(`SMTP_MAILER_ARGS', `TCP $h %d')define(`ESMTP_MAILER_ARGS', `TCP $h %d')TRUST_AUTH_MECH(`XCLIENT')\n" % (P, P)
ACCESS = "XClient:127.0.0.2\tOK\nConnect:127.0.0.2\tRELAY\nConnect:192.0.2.66\tREJECT\nConnect:192.0.2.7\tRELAY\nXClient:192.0.2.99\tOK\n"
DNS = "far.test. MX 5 sink.far.test.\nsink.far.test. A 127.0.9.1\n"
host = Host(mc=MC + "FEATURE(`xclient')\n", mailers=RULES, access=ACCESS, dns=DNS, mode="background")


def proxy(*args, source="127.0.0.2"):
    """A session whose client is said to be that; the replies to XCLIENT, too."""
    c = host.connect(source, "proxy.test")
    return [c] + [c.cmd("XCLIENT " + a) for a in args]


def mail(c, to="u@far.test", text="Subject: x\r\n\r\nx\r\n"):
    for line in ("MAIL FROM:<root@here.test>", "RCPT TO:<%s>" % to, "DATA"):
        r = c.cmd(line)
        if r[:1] not in "23":
            return r
    c.send(text + ".\r\n")
    return c.reply()


# ---- nobody else
c = host.connect("127.0.0.1")
c.reply()
ok("XCLIENT" not in c.cmd("EHLO me"), "a stranger is not offered XCLIENT")
eq(c.cmd("XCLIENT ADDR=192.0.2.7"), "550 5.7.0 Insufficient authorization", "... and may not use it")
ok(host.await_log(r"XCLIENT: localhost \[127\.0\.0\.1\] is not trusted"), "... and the log says so")
like(c.cmd("VRFY shown"), r"^550 5\.7\.1 127\.0\.0\.1 localhost ", "... and he is who he was")
c.close()

# ---- the proxy
c = host.connect("127.0.0.2")
c.reply()
like(c.cmd("EHLO me"), r"(?m)^250[ -]XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT$", "a trusted proxy is")
r = c.cmd("XCLIENT ADDR=192.0.2.5 NAME=good.example PORT=4711 DESTADDR=192.0.2.200 DESTPORT=2525 LOGIN=[UNAVAILABLE]")
like(r, r"^220 mail\.here\.test ESMTP ", "XCLIENT: the session begins anew, with the greeting")
ok(host.await_log(r"XCLIENT: .*\[127\.0\.0\.2\] says: client=good\.example"), "... the log says who said what")
like(c.cmd("EHLO good.helo"), r"^250-mail\.here\.test Hello good\.example \[192\.0\.2\.5\], pleased", "... with that client")
like(c.cmd("VRFY shown"), r"^550 5\.7\.1 192\.0\.2\.5 good\.example 4711 OK 192\.0\.2\.200 2525\s*$", "... whom the rules see")
like(mail(c), r"^550 5\.7\.1 .*Relaying denied", "... and who may not relay, though the proxy might")
c.cmd("RSET")
like(mail(c, "root", "Subject: seen\r\n\r\nx\r\n"), r"^250 2\.0\.0 ", "... mail for here is taken")
ok(host.await_log(r"from=<root@here\.test>.*relay=good\.example \[192\.0\.2\.5\]"), "... from him, says the log")
like(c.cmd("XCLIENT NAME=[TEMPUNAVAIL] ADDR=IPV6:2001:db8::5"), r"^220 ", "another client over the same connection")
like(c.cmd("EHLO six"), r"Hello \[IPv6:2001:db8:(0:|:)*5\], pleased", "... with an address of IPv6")
like(c.cmd("VRFY shown"), r"^550 5\.7\.1 IPv6:2001:db8:(0:|:)*5 ?\[IPv6:2001:db8:(0:|:)*5\] ?0 TEMP ", "... and no name for now")
eq(c.cmd("MAIL FROM:<root@here.test>")[:3], "250", "a transaction")
eq(c.cmd("XCLIENT ADDR=192.0.2.5"), "503 5.5.1 MAIL transaction in progress", "... keeps XCLIENT out")
c.cmd("RSET")
for words in ("", "NAME", "ADDR=1.2.3", "ADDR=host.example", "NAME=a+0D+0ARSET", "PORT=70000", "FOO=bar", "PROTO=HTTP"):
    like(c.cmd("XCLIENT " + words), r"^501 5\.5\.4 ", "malformed: " + (words or "nothing"))
like(c.cmd("VRFY shown"), r"^550 5\.7\.1 IPv6:2001:db8:", "... and nothing has changed")
c.close()

c, r = proxy("ADDR=192.0.2.66 NAME=bad.example")
like(r, r"^220 ", "a client that check_relay refuses")
c.cmd("EHLO x")
like(c.cmd("MAIL FROM:<root@here.test>"), r"^550 5\.7\.1 Access denied", "... is refused")
like(c.cmd("XCLIENT ADDR=192.0.2.5"), r"^220 ", "... but the next need not be")
c.close()
c, r = proxy("ADDR=192.0.2.7 NAME=inside.example HELO=inside.helo PROTO=ESMTP")
like(mail(c), r"^250 2\.0\.0 ", "a client that may relay: HELO stands for the client's own")
ok(sink.await_messages(1), "...")
like(sink.messages[-1]["data"].decode(), r"(?m)^Received: from inside\.helo \(inside\.example \[192\.0\.2\.7\]\)\r\n\tby mail\.here\.test .* with ESMTP id", "... and in Received:")
c.close()
c, r = proxy("ADDR=[UNAVAILABLE] NAME=[UNAVAILABLE]")
c.cmd("EHLO x")
like(c.cmd("VRFY shown"), r"^550 5\.7\.1 0\.0\.0\.0 ?\[0\.0\.0\.0\]", "a client of whom nothing is known is nobody")
like(mail(c), r"Relaying denied", "... and may not relay")
c.close()
c, r = proxy("ADDR=192.0.2.5 NAME=good.example LOGIN=joe+40here.test")
c.cmd("EHLO x")
like(c.cmd("VRFY shown"), r" XCLIENT joe@here\.test ", "LOGIN: who proved to be somebody to the proxy")
like(mail(c), r"^250 2\.0\.0 ", "... relays, where the configuration trusts the mechanism XCLIENT")
c.close()
c, r = proxy("ADDR=192.0.2.99", source="127.0.0.1")
eq(r[:3], "550", "what an address could say if it came itself does not count for others")
c.close()
c = host.connect("127.0.0.2", "x")
c.send("XCLIENT ADDR=192.0.2.7\r\nMAIL FROM:<root@here.test>\r\n")
like(c.reply(), "^554 5.5.0 ", "commands sent behind XCLIENT, before its answer, end the session")
c.close()
host.stop()
host = Host(mc=MC, access=ACCESS, dns=DNS)
c = host.connect("127.0.0.2", "x")
like(c.cmd("XCLIENT ADDR=192.0.2.7"), r'^500 5\.5\.1 Command unrecognized: "XCLIENT ADDR=192\.0\.2\.7"', "without the FEATURE there is no such command")
c.close()
host.stop()
done_testing()
