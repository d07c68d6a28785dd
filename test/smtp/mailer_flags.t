#!/usr/bin/env python3
"""mailer_flags: what letters of F= change in what the next hop or a program gets, as sendmail 8.17 showed it; each with a mailer of its own."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

P = port()
MAILERS = {"none": "", "six": "6", "seven": "7", "eight": "8", "three": "73", "nulls": "1", "escape": "E", "blank": "b", "path": "p", "null": "g", "verb": "I",
           "low": "R", "last": "l", "domain": "C", "bare": "d", "long": "L", "dots": "X", "small": ""}
sink = Sink(number=P, offers=["SIZE", "DSN", "PIPELINING"])
RULES = "LOCAL_RULE_0\n" + "".join("R$+ < @ %s.net . > $*\t$#n%s $@ [127.0.0.1] $: $1 < @ %s.net . > $2\nR$+ < @ %s.prog . > $*\t$#p%s $@ %s.prog $: $1\n" % ((n,) * 6)
                                   for n in MAILERS)
DEFS = "MAILER_DEFINITIONS\n" + "".join(
    "Mn%s, P=[IPC], F=mDFMuXa%s, S=EnvFromSMTP/HdrFromSMTP, R=EnvToSMTP, E=\\r\\n, T=DNS/RFC822/SMTP, A=TCP $h %d\n"
    "Mp%s, P=/bin/sh, F=DFMn%s, S=EnvFromSMTP/HdrFromSMTP, R=EnvToSMTP, E=\\n, A=sh -c cat>>@DIR@/out/program.%s;echo>>@DIR@/out/done.%s $u\n"
    % (n, f, P, n, f, n, n) for n, f in MAILERS.items()).replace("Mnsmall,", "Mnsmall, M=500,")
RULES += "R$+ < @ nice.prog . > $*\t$#pnice $@ nice.prog $: $1\n"
DEFS += "Mpnice, P=/bin/sh, F=DFMn, N=5, D=/nonexistent:@DIR@/out, E=\\n, A=sh -c nice>program.nice;pwd>>program.nice;cat>/dev/null;echo>>done.nice $u\n"
GONE = [path + flag for path in ("absent", "plain", "garbage") for flag in "lq"]
for path in ("absent", "plain", "garbage"):		# programs that cannot be started
    for flag in "lq":
        RULES += "R$+ < @ %s%s.prog . > $*\t$#p%s%s $@ there $: $1\n" % ((path, flag) * 2)
        DEFS += "Mp%s%s, P=@DIR@/%s, F=DFMn%s, E=\\n, A=x $u\n" % (path, flag, path, flag)
# the sender's own mailer has flag C where his domain says so
host = Host(mode="background", mc="LOCAL_CONFIG\nCPnet prog\ndefine(`confDONT_PRUNE_ROUTES', `true')\n",
            mailers=RULES + DEFS, dns="".join("%s.net. A 127.0.0.1\n%s.prog. A 127.0.0.1\n" % (n, n) for n in [*MAILERS, "nice", *GONE]))
os.mkdir(host.path("out"))
os.chmod(host.path("out"), 0o777)
MIME = ("To: x, Joe <joe> (cm), z@far.test\nFrom: a@none.net\nSubject: h\u00e4llo\nMIME-Version: 1.0\nContent-Type: text/plain; charset=iso-8859-1\n\n"
        "h\u00e4llo !\"#$@\nFrom me\n.dot\n").encode("latin-1")
PLAIN = b"Subject: x\nFrom: a@none.net\n\nFrom me\n.dot\nnul<\x00>\n" + b"z" * 1000 + b"\n"


def net(name, message, sender="a@none.net", params="", to="b"):
    """(the message, header, body) as the server got it."""
    n = len(sink.messages)
    r = host.send(sender, "%s@%s.net" % (to, name), message, params=params)
    if r[:1] in "45" and " " in r or not sink.await_messages(n + 1, 20):
        return {"mail": r + host.log()[-1500:], "rcpt": [""], "peer_port": 0}, "", ""
    m = sink.messages[n]
    head, body = m["data"].decode("latin-1").replace("\r\n", "\n").split("\n\n", 1)
    return m, head, body[:-2]


def prog(name, message, sender="a@none.net"):
    mark = host.path("out", "done." + name)
    for f in glob.glob(host.path("out", "program." + name + "*")) + glob.glob(mark):
        os.unlink(f)
    host.send(sender, "b@%s.prog" % name, message)
    end = time.monotonic() + 20
    while not os.path.exists(mark) and time.monotonic() < end:
        time.sleep(0.02)
    with open(host.path("out", "program." + name), encoding="latin-1") as f:
        head, body = f.read().split("\n\n", 1)
    return head, body


def field(head, name):
    return re.search(r"(?mi)^%s: (.*(?:\n[ \t].*)*)|\Z" % name, head).group(1)


TEXT = "h\u00e4llo !\"#$@\nFrom me\n..dot\n"
m, head, body = net("none", MIME)
eq(field(head, "Content-Transfer-Encoding"), "quoted-printable", "a server without 8BITMIME gets MIME encoded")
m, head, body = net("eight", MIME)
eq((field(head, "Content-Transfer-Encoding"), body), (None, TEXT), "8: it gets what there is")
m, head, body = net("six", MIME)
eq((field(head, "Subject"), body.split("\n")[0]), ("hdllo", 'h=E4llo !"#$@'), "6: a header of seven bits, above encoded content too")
m, head, body = net("three", MIME)
eq(body.split("\n")[0], "h=E4llo =21=22=23=24=40", "3: what EBCDIC has elsewhere is encoded")
head, body = prog("none", MIME)
eq((field(head, "Subject"), body), ("h\u00e4llo", TEXT.replace("..", ".")), "a program gets what there is")
head, body = prog("six", MIME)
eq((field(head, "Subject"), body), ("hdllo", TEXT.replace("..", ".")), "6: but for the header")
head, body = prog("seven", MIME)
eq((field(head, "Subject"), field(head, "Content-Transfer-Encoding"), body.split("\n")[0]), ("hdllo", "quoted-printable", 'h=E4llo !"#$@'),
   "7: a program gets MIME encoded")
eq(prog("dots", MIME)[1], TEXT, "X: dots are doubled")
eq(prog("escape", PLAIN)[1].split("\n")[0], ">From me", "E: From at the beginning of a line")
eq(net("escape", PLAIN)[2].split("\n")[0], ">From me", "E: to servers, too")
eq(prog("nulls", PLAIN)[1].split("\n")[2], "nul<>", "1: NUL is left out")
lines = prog("long", PLAIN)[1].split("\n")
eq((len(lines[3]), lines[3][-1], lines[4]), (990, "!", " " + "z" * 11), "L: lines of 990, for programs, too")
eq(prog("blank", PLAIN)[1][-3:], "z\n\n", "b: a blank line at the end")
host.send("a@none.net", "b@nice.prog", PLAIN)
end = time.monotonic() + 20
while not os.path.exists(host.path("out", "done.nice")) and time.monotonic() < end:
    time.sleep(0.02)
with open(host.path("out", "program.nice")) as f:
    eq(f.read(), "%d\n%s\n" % (min(19, os.nice(0) + 5), host.path("out")), "N= and D=: how modest, and where")
eq(net("path", PLAIN)[0]["mail"].split(" SIZE")[0], "MAIL From:<@mail.here.test:a@none.net>", "p: a reverse path that begins here")
eq(net("path", PLAIN, sender="")[0]["mail"].split(" SIZE")[0], "MAIL From:<>", "p: there is none to the null sender")
eq(net("null", PLAIN, sender="")[0]["mail"].split(" SIZE")[0], "MAIL From:<MAILER-DAEMON@mail.here.test>", "g: the null sender has a name")
sink.lines.clear()
net("verb", PLAIN)
eq([l for l in sink.lines[:3] if l[:4] in ("EHLO", "VERB")], ["EHLO mail.here.test", "VERB"], "I: VERB is said")
m, head, body = net("last", PLAIN, params=" RET=HDRS")
ok("RET=HDRS" in m["mail"], "l: RET goes on ...")
n = len(sink.messages)
c = host.connect(helo="x")
for line in ("MAIL FROM:<a@none.net>", "RCPT TO:<b@last.net> NOTIFY=SUCCESS", "DATA"):
    c.cmd(line)
c.send("Subject: x\r\n\r\nx\r\n.\r\n")
c.reply()
c.close()
sink.await_messages(n + 2)
eq(sorted(m["rcpt"][0] for m in sink.messages[n:]), ["RCPT To:<a@none.net>", "RCPT To:<b@last.net>"], "l: ... but success is reported here")
m, head, body = net("none", MIME, sender="a@domain.net")
eq(field(head, "To"), "x@domain.net, Joe <joe@domain.net> (cm), z@far.test", "C: his domain, on what has none")
m, head, body = net("domain", MIME)
eq(field(head, "To"), "x@mail.here.test, Joe <joe@mail.here.test> (cm), z@far.test", "C: is a flag of the sender's mailer, not of this one")
# M= is an equate, not a flag: its mailer is at hand
n = len(sink.messages)
ident = host.send("a@small.net", "b@small.net", b"Subject: x\nFrom: a@none.net\n\n" + b"y\n" * 400)
like(str(host.await_log(r"%s: to=.*, dsn=(\S+), (?:reply=.*, )?stat=(.*)$" % ident).groups()), r"'5\.3\.4', 'Message is too large; 500 bytes max", "M=: too large")
ok(sink.await_messages(n + 1), "M=: does not hold for what is said about it")
ok(b"Message is too large" in sink.messages[n]["data"], "... which says so")
if os.geteuid() == 0:
    m, head, body = net("low", PLAIN)
    ok(0 < m["peer_port"] < 1024, "R: from a port that only root may have")
else:
    ident = host.send("a@none.net", "b@low.net", PLAIN)
    ok(host.await_log(r"%s: to=.*stat=Deferred: " % ident), "R: without root there is no such port, and the message waits")
for path, mode, data in (("absent", None, b""), ("plain", 0o644, b"#!/bin/sh\n"), ("garbage", 0o755, b"\1\2\3\4")):
    if mode is not None:
        with open(host.path(path), "wb") as f:
            f.write(data)
        os.chmod(host.path(path), mode)
    for flag, want, about in (("l", r"dsn=4\.\d\.\d, stat=Operating system error", "waits with F=l"), ("q", r"dsn=5\.\d\.\d, stat=(?!System)", "is returned without")):
        ident = host.send("a@none.net", "b@%s%s.prog" % (path, flag), "Subject: x\n\nx\n")
        ok(host.await_log(r"%s: to=<?b@%s%s.prog.*%s" % (ident, path, flag, want), 20), "a program that cannot be executed (%s) %s" % (path, about))
        ok(host.await_log(r"%s: mailer p%s%s: " % (ident, path, flag), 20), "... the log tells why")
done_testing()
