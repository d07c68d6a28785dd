#!/usr/bin/env python3
"""mx: where mail for a domain goes - IPv6 and IPv4, equal hosts in turn, aliases, ourselves, odd and hostile answers of DNS (RFC 5321 5.1, 5.2, RFC 7505)."""
import os
import struct
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

P = port()
ONE, TWO, ME = "127.0.8.1", "127.0.8.2", "127.0.8.3"
one, two = Sink(address=ONE, number=P), Sink(address=TWO, number=P)
me = Sink(address=ME, number=P)
me.hooks["EHLO"] = lambda s, line: "250-Mail.Here.test hello\r\n250 DSN"
try:
    six = Sink(address="::1", number=P)
except OSError:
    six = None
HOSTS = """
six.test. MX 5 sink.six.test.
sink.six.test. AAAA ::1
sink.six.test. A %(ONE)s
deaf.test. MX 5 sink.deaf.test.
sink.deaf.test. AAAA ::1
sink.deaf.test. A %(ONE)s
only4.test. MX 5 sink.only4.test.
sink.only4.test. AAAA 100::1
sink.only4.test. AAAA 100::2
sink.only4.test. AAAA 100::3
sink.only4.test. A %(ONE)s
self.test. MX 5 me.self.test.
self.test. MX 10 a.equal.test.
me.self.test. A %(ME)s
alone.test. MX 5 me.self.test.
away.test. MX 5 gone.away.test.
after.test. MX 5 gone.away.test.
after.test. MX 10 a.equal.test.
gone.away.test. A 127.0.8.9
last.test. MX 5 last.last.test.
last.last.test. A %(TWO)s
equal.test. MX 10 a.equal.test.
equal.test. MX 10 b.equal.test.
a.equal.test. A %(ONE)s
b.equal.test. A %(TWO)s
best.test. MX 10 a.equal.test.
best.test. MX 20 b.equal.test.
alias.test. CNAME best.test.
implicit.test. A %(TWO)s
mine.test. MX 5 mail.here.test.
mail.here.test. A 127.0.0.1
number.test. MX 5 127.0.8.1.
nowhere.test. MX 5 gone.nowhere.test.
partly.test. MX 5 gone.nowhere.test.
partly.test. MX 10 b.equal.test.
null.test. MX 0 .
both.test. MX 0 .
both.test. MX 10 b.equal.test.
many.test. MX 1 gone.nowhere.test.
""" % dict(ONE=ONE, TWO=TWO, ME=ME) + "".join("many.test. MX %d gone%d.nowhere.test.\n" % (i + 2, i) for i in range(60)) + "many.test. MX 90 b.equal.test.\n"
HOSTS += "".join("only%d.test. MX 5 m.only%d.test.\nm.only%d.test. A %s\n" % (i, i, i, ONE) for i in range(4))
MSG = "Subject: x\n\nx\n"


def stat(host, ident, to):
    m = host.await_log(r"%s: to=.*<?%s>?.*, dsn=([0-9.]+), ((?:reply=.*, )?stat=.*)$" % (ident, re.escape(to)))
    return m.groups() if m else ("", host.log()[-1500:])


def site(mc="", **kw):
    return Host(mode="background", mc="define(`ESMTP_MAILER_ARGS', `TCP $h %d')\ndefine(`confTO_ICONNECT', `3s')\ndefine(`confTO_CONNECT', `3s')\n" % P + mc, dns=HOSTS, **kw)


def goes(host, domain, sink, what):
    n = len(sink.messages)
    ident = host.send("a@here.test", "b@" + domain, MSG)
    ok(sink.await_messages(n + 1), what)


host = site()
if six is not None:
    goes(host, "six.test", six, "RFC 5321 5.2: IPv6 is tried first")
    six.s.shutdown(socket.SHUT_RDWR)
    six.close()
else:
    skip("RFC 5321 5.2: IPv6 is tried first", "no IPv6 on this machine")
goes(host, "deaf.test", one, "... and IPv4 when nobody is there")
goes(host, "only4.test", one, "IPv6 addresses that lead nowhere do not keep IPv4 waiting")
goes(host, "best.test", one, "RFC 5321 5.1: the lowest preference first")
goes(host, "alias.test", one, "RFC 5321 5.1: an alias is followed, then its MX")
goes(host, "implicit.test", two, "RFC 5321 5.1: no MX, the address")
goes(host, "partly.test", two, "a host without an address is passed over")
goes(host, "both.test", two, "RFC 7505 3: a null MX among others is none")
eq(stat(host, host.send("a@here.test", "b@null.test", MSG), "b@null.test")[0], "5.1.10", "RFC 7505 4.1: a null MX")
eq(stat(host, host.send("a@here.test", "b@nowhere.test", MSG), "b@nowhere.test")[0], "5.1.2", "hosts that do not exist")
eq(stat(host, host.send("a@here.test", "b@number.test", MSG), "b@number.test")[0], "5.1.2", "an address is no name of a host")
like(" ".join(stat(host, host.send("a@here.test", "b@mine.test", MSG), "b@mine.test")), "^5.3.5 .*loops back to me", "the best MX is ourselves")
said = " ".join(stat(host, host.send("a@here.test", "b@alone.test", MSG), "b@alone.test"))
like(said, r"^5\.3\.5 reply=553 5\.3\.5 me\.self\.test\. config error: mail loops back to me \(MX problem\?\), stat=Local configuration error$", "a server that has our name in EHLO is us: mail would loop")
ok(host.await_log(r"SYSERR\(root\): me\.self\.test\. config error: mail loops back to me"), "... which is told")
eq([l for l in me.lines if l[:4] in ("MAIL", "QUIT")], ["QUIT"], "... to it as well, with QUIT")
goes(host, "self.test", one, "... and the next host is asked")
like(stat(host, host.send("a@here.test", "b@many.test", MSG), "b@many.test")[0], "^(2.0.0|5.1.2|4.4.3)$", "a list without an end is cut")
ok(host.await_log(r"SYSERR\(root\): MX list for mine\.test\. points back to mail\.here\.test$"), "a list of MX that leads to ourselves is told in sendmail's words")
r = run([os.path.join(OBJ, "sendmail", "sendmail"), "-C", host.cf, "-odi", "-f", "root@here.test", "b@mine.test"], input=MSG)
eq(r[0], 70, "... and its status, where somebody waits for it")
host.stop()

# each on a connection of its own: one that is kept would take all that come after it
host = site("define(`confMCI_CACHE_SIZE', `0')\n")
del one.messages[:], two.messages[:]
for i in range(24):
    host.send("a@here.test", "b@equal.test", MSG)
    end = time.monotonic() + 60
    while len(one.messages) + len(two.messages) <= i and time.monotonic() < end:
        time.sleep(0.01)
ok(one.messages and two.messages and len(one.messages) + len(two.messages) == 24,
   "RFC 5321 5.1: equal hosts share it (%d, %d)" % (len(one.messages), len(two.messages)))
host.stop()
host = site("MODIFY_MAILER_FLAGS(`ESMTP', `+k')\ndefine(`confFALLBACK_MX', `last.test')\n")
goes(host, "alone.test", me, "mailer flag k: a server with our name is anybody")
goes(host, "away.test", two, "FallbackMXhost: where nobody is there")
goes(host, "unknown.test", two, "... and where DNS knows nothing of a domain")
eq(stat(host, host.send("a@here.test", "b@null.test", MSG), "b@null.test")[0], "5.1.10", "... not where no mail is wanted")
host.stop()
host = site("define(`confMCI_CACHE_SIZE', `0')\ndefine(`confFALLBACK_SMARTHOST', `b.equal.test')\n")
goes(host, "away.test", two, "FallbackSmartHost: where nobody is there")
goes(host, "unknown.test", two, "... and where DNS knows nothing of a domain")
n = len(two.messages)
for i, (what, hooks, greeting, want) in enumerate((("450 to RCPT", {"RCPT": lambda s, l: "450 4.7.1 greylisted"}, None, "4.7.1"), ("a connection lost", {"EHLO": lambda s, l: False}, None, "4.4.2"),
                                                  ("421 as a greeting", {}, "421 4.3.2 busy", "4.3.2"), ("554 as a greeting", {}, "554 5.7.1 not you", "5.7.1"))):
    one.hooks, one.greeting = hooks, greeting or "220 one.test ESMTP"
    eq(stat(host, host.send("a@here.test", "b@only%d.test" % i, MSG), "b@only%d.test" % i)[0], want, "FallbackSmartHost is not for what a host that was reached says: " + what)
eq(len(two.messages), n, "... it got nothing")
one.hooks, one.greeting = {"RCPT": lambda s, l: "450 4.7.1 greylisted"}, "220 one.test ESMTP"
goes(host, "after.test", two, "... but gets what one host puts off where another is away")
one.hooks = {}
host.stop()
host = site("define(`confMCI_CACHE_SIZE', `0')\ndefine(`SMART_HOST', `esmtp:[127.0.8.9]:[%s],[%s]')\n" % (ONE, TWO))
del one.messages[:], two.messages[:]
for i in range(24):
    host.send("a@here.test", "b@x.test", MSG)
    end = time.monotonic() + 60
    while len(one.messages) + len(two.messages) <= i and time.monotonic() < end:
        time.sleep(0.01)
ok(one.messages and two.messages and len(one.messages) + len(two.messages) == 24, "hosts separated by a comma share it (%d, %d), after those before a colon" % (len(one.messages), len(two.messages)))
host.stop()
host = site("define(`confTRY_NULL_MX_LIST', `true')\n")
like(" ".join(stat(host, host.send("a@here.test", "b@mine.test", MSG), "b@mine.test")), "^(5.1.2|5.3.5|4.4.3) ", "TryNullMXList: then its address is tried, and there is none")
host.stop()
host = site("FEATURE(`bestmx_is_local')\n", aliases="postmaster: root\nb: root\n")
ident = host.send("a@here.test", "b@mine.test", MSG)
eq(stat(host, ident, "root")[0] if host.await_log(ident + ": to=") else "", "2.0.0", "bestmx: a domain whose best MX we are is local")
host.stop()

# ---- a name server of the worst kind
lies = {"n": 0}
bad = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
bad.bind(("127.0.0.1", 0))


def answer(q, kind):
    head, question = q[:2], q[12:q.find(b"\0", 12) + 5]
    name = b"\xc0\x0c"
    if kind == 0:
        return os.urandom(len(q) + 50)
    if kind == 1:
        return head + b"\x81\x80" + b"\0\1\xff\xff\0\0\0\0" + question + name + b"\0\x0f\0\1\0\0\0\x3c\0\x04\0\5\xc0\x0c"
    if kind == 2:		# a pointer to itself
        return head + b"\x81\x80\0\1\0\1\0\0\0\0" + question + struct.pack(">BBHHIHH", 0xc0, 12 + len(question), 15, 1, 60, 4, 5) + b"\xc0\xff"
    if kind == 3:		# the data are longer than the packet
        return head + b"\x81\x80\0\1\0\1\0\0\0\0" + question + name + struct.pack(">HHIH", 15, 1, 60, 60000) + b"\0\5\1x\0"
    if kind == 4:		# a name with odd octets
        return head + b"\x81\x80\0\1\0\1\0\0\0\0" + question + name + struct.pack(">HHIH", 15, 1, 60, 15) + b"\0\5\x0aa\r\nRSET\r\nx\0\0"
    return q[:12]


def lying():
    while True:
        try:
            q, addr = bad.recvfrom(4096)
        except OSError:
            return
        lies["n"] += 1
        if len(q) > 16:
            bad.sendto(answer(q, lies["n"] % 6), addr)


threading.Thread(target=lying, daemon=True).start()
host = Host(mode="background", mc="define(`ESMTP_MAILER_ARGS', `TCP $h %d')\ndefine(`confBIND_OPTS', `nameserver=127.0.0.1@%d')\ndefine(`confTO_RESOLVER_RETRANS', `1s')\n"
            "define(`confTO_RESOLVER_RETRY', `1')\nFEATURE(`accept_unresolvable_domains')\nFEATURE(`nocanonify')\n" % (P, bad.getsockname()[1]))
sent = [host.send("a@here.test", "b@lie%d.test" % i, MSG) for i in range(6)]
for i, ident in enumerate(sent):
    like(stat(host, ident, "b@lie%d.test" % i)[0], r"^[45]\.", "malformed answers (%d): the message waits or comes back" % i)
ok(lies["n"] > 5, "... it was asked")
eq(host.connect(helo="x").cmd("NOOP"), "250 2.0.0 OK", "... and everybody lives")
ok("dumped core" not in host.log() and "signal" not in host.log(), "... nobody had to be started again")
host.stop()

# a port that nobody knows is 25, as with sendmail; here there is no such host, so that nobody's port 25 hears of it
host = Host(mode="background", mc="define(`ESMTP_MAILER_ARGS', `TCP $h nosuchport')\n", dns=HOSTS)
ident = host.send("a@here.test", "b@nowhere.test", MSG)
ok(host.await_log(r"%s: SYSERR\(root\): mailer esmtp: unknown port nosuchport; it is 25" % ident), "a port that nobody knows is told, and is 25")
eq(stat(host, ident, "b@nowhere.test")[0], "5.1.2", "... and the host is looked for")
host.stop()
done_testing()
