#!/usr/bin/env python3
"""extensions: BINARYMIME and chunks on both sides (RFC 3030), LIMITS (9422), MT-PRIORITY (6710), FUTURERELEASE (4865), REQUIRETLS (8689)."""
import base64
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

P = port()
BIN, EIGHT, SEVEN, TLS, FEW, SOME = ("127.0.4.%d" % i for i in range(1, 7))
cert = certificate(TMP)
OCTETS = bytes(range(256)) + b"\r\n.\r\n\n.\n\r.\r" + b"From here\r\n" + b"x" * 3000
BINARY = (b"Subject: octets\r\nFrom: a@here.test\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\n"
          b"Content-Transfer-Encoding: binary\r\n\r\n") + OCTETS
NAMES = {"bin": BIN, "eight": EIGHT, "seven": SEVEN, "tls": TLS, "few": FEW, "some": SOME}
host = Host(mode="background", mc="define(`ESMTP_MAILER_ARGS', `TCP $h %d')\ndefine(`confSMTP_EXTENSIONS', `mt-priority,futurerelease=1h')\n" % P +
            "define(`confMAX_RCPTS_PER_MESSAGE', `50')\ndefine(`confSERVER_CERT', `%s')\ndefine(`confSERVER_KEY', `%s')\ndefine(`confCACERT', `%s')\n" % (cert, cert, cert),
            dns="".join("%s.test. MX 5 sink.%s.test.\nsink.%s.test. A %s\n" % (n, n, n, a) for n, a in NAMES.items()))
sinks = {n: Sink(address=a, number=P, offers=["SIZE", "PIPELINING"] + more, cert=cert) for (n, a), more in zip(NAMES.items(), (
    ["8BITMIME", "CHUNKING", "BINARYMIME"], ["8BITMIME"], [], ["STARTTLS"], ["LIMITS MAILMAX=2 RCPTMAX=3"], ["MT-PRIORITY MIXER", "8BITMIME"]))}


def stat(ident, to):
    m = host.await_log(r"%s: to=.*<?%s>?.*, dsn=([0-9.]+), stat=(.*)$" % (ident, re.escape(to)))
    return m.groups() if m else host.log()[-1500:]


def taken(r):
    m = re.match(r"250 2\.0\.0 (\S+) Message accepted", r)
    return m.group(1) if m else r


def binary(rcpts, chunks, params=" BODY=BINARYMIME"):
    c = host.connect(helo="client.test")
    r = c.cmd("MAIL FROM:<a@here.test>" + params)
    for to in rcpts:
        if r[:1] == "2":
            r = c.cmd("RCPT TO:<%s>" % to)
    for i, chunk in enumerate(chunks):
        if r[:1] == "2":
            c.send(b"BDAT %d%s\r\n" % (len(chunk), b" LAST" if i == len(chunks) - 1 else b"") + chunk)
            r = c.reply()
    c.close()
    return taken(r)


# ---- BINARYMIME (RFC 3030 3)
c = host.connect()
c.reply()
hello = c.cmd("EHLO me").split("\n")
ok(any("BINARYMIME" in l for l in hello) and any("CHUNKING" in l for l in hello), "RFC 3030: BINARYMIME is offered, with CHUNKING")
eq(c.cmd("MAIL FROM:<a@here.test> BODY=BINARYMIME")[:3], "250", "BODY=BINARYMIME")
c.cmd("RCPT TO:<root>")
eq(c.cmd("DATA"), "503 5.5.1 BODY=BINARYMIME needs BDAT", "... and then no DATA")
c.send("BDAT 20 LAST\r\nSubject: x\nY: z\r\n\r\na")
like(c.reply(), "^421 4.5.0 Bare linefeed", "a bare LF in its header is refused")
c.close()
for n, chunks in (("one chunk", [BINARY]), ("many", [BINARY[i:i + 7] for i in range(0, len(BINARY), 7)]), ("an empty last one", [BINARY, b""])):
    ident = binary(["b@bin.test"], chunks)
    k = ("one chunk", "many", "an empty last one").index(n)
    ok(sinks["bin"].await_messages(k + 1), "%s: goes on to a server that takes it" % n)
    m = sinks["bin"].messages[-1]
    ok(m.get("bdat") and m["mail"].endswith(" BODY=BINARYMIME"), "... as BINARYMIME, by BDAT")
    ok(m["data"].split(b"\r\n\r\n", 1)[1] == OCTETS, "... octet for octet")
big = BINARY + bytes(range(256)) * 12000
ident = binary(["b@bin.test"], [big[i:i + 100000] for i in range(0, len(big), 100000)])
ok(sinks["bin"].await_messages(4) and sinks["bin"].messages[-1]["data"].split(b"\r\n\r\n", 1)[1] == big.split(b"\r\n\r\n", 1)[1], "three megabytes of it")
for n, enc in (("eight", "base64"), ("seven", "base64")):
    binary(["b@%s.test" % n], [BINARY])
    ok(sinks[n].await_messages(1), "a server without it (%s)" % n)
    head, body = sinks[n].messages[0]["data"].split(b"\r\n\r\n", 1)
    ok(b"Content-Transfer-Encoding: base64\r\nX-MIME-Autoconverted: from binary to base64" in head, "... gets base64")
    ok(base64.b64decode(body.replace(b"\r\n.\r\n", b"")) == OCTETS, "... of the same octets")
    ok("BINARYMIME" not in sinks[n].messages[0]["mail"], "... and hears nothing of BINARYMIME")
TEXTBIN = BINARY.split(b"Content-Type")[0] + b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: binary\r\n\r\nline \xc3\xa4\r\nlast"
binary(["root"], [TEXTBIN])
end = time.monotonic() + 30
while "last" not in open(host.path("delivered")).read() and time.monotonic() < end:
    time.sleep(0.05)
like(open(host.path("delivered")).read(), "(?s)Content-Transfer-Encoding: 8bit\n.*\nline \u00e4\nlast\n", "a local mailer gets lines")

# ---- a filter sees the octets, and may change them
from milter import Filter
fsock = os.path.join(TMP, "filter")
flt = Filter("unix:" + fsock)
os.chmod(fsock, 0o777)
keep = host
host = Host(mode="background", mc="define(`ESMTP_MAILER_ARGS', `TCP $h %d')\nINPUT_MAIL_FILTER(`flt', `S=unix:%s')\n" % (P, fsock),
            dns="bin.test. MX 5 sink.bin.test.\nsink.bin.test. A %s\n" % BIN)
n = len(sinks["bin"].messages)
binary(["b@bin.test"], [BINARY.split(b"\r\n\r\n")[0] + b"\r\n\r\na\r\nb\nc\0\xff"])
ok(sinks["bin"].await_messages(n + 1) and sinks["bin"].messages[-1]["data"].endswith(b"\r\n\r\na\r\nb\nc\0\xff"), "a filter in between leaves a binary body alone")
ok(any("B 8 " in l and "a\\r\\nb\\nc\\x00\\xff" in l for c in flt.seen for l in c), "... and saw its octets")
host.stop()
host = keep

# ---- LIMITS (RFC 9422)
ok(any(l.endswith("LIMITS RCPTMAX=50") for l in hello), "RFC 9422: MaxRecipientsPerMessage is said beforehand")
ident = host.send("a@here.test", ["u%d@few.test" % i for i in range(8)], "Subject: x\n\nx\n")
few = sinks["few"]
ok(few.await_messages(2), "a server that takes three recipients at a time")
end = time.monotonic() + 60
while sum(len(m["rcpt"]) for m in few.messages) < 8 and time.monotonic() < end:
    time.sleep(0.05)
eq(sorted(len(m["rcpt"]) for m in few.messages), [2, 3, 3], "4.2 RCPTMAX is kept to")
host.send("a@here.test", "v@few.test", "Subject: x\n\nx\n")
few.await_messages(4)
ok(few.sessions >= 2, "4.1 MAILMAX: a new session after two messages")

# ---- MT-PRIORITY (RFC 6710)
ok(any(l.endswith("MT-PRIORITY") for l in hello), "RFC 6710: offered when the option says so")
c = host.connect(helo="client.test")
eq(c.cmd("MAIL FROM:<a@here.test> MT-PRIORITY=5"), "250 2.3.6 0 Requested priority was changed", "a stranger's wish is cut")
c.cmd("RSET")
eq(c.cmd("MAIL FROM:<a@here.test> MT-PRIORITY=-4"), "250 2.1.0 <a@here.test>... Sender ok", "... but not one to wait")
eq(c.cmd("RCPT TO:<b@some.test>")[:3], "250", "...")
c.cmd("DATA")
c.send("Subject: x\r\n\r\nx\r\n.\r\n")
eq(c.reply()[:3], "250", "...")
ok(sinks["some"].await_messages(1) and sinks["some"].messages[0]["mail"].endswith(" MT-PRIORITY=-4"), "it is passed on")
like(sinks["some"].messages[0]["data"].decode().split("\r\nSubject")[0], r"(?s)^.*Received: from [^;]*\tfor <b@some.test> PRIORITY -4; \w\w\w, ", "5 ... and Received: has it as a clause")
eq(c.cmd("MAIL FROM:<a@here.test> MT-PRIORITY=10"), "501 5.5.2 Syntax error in MT-PRIORITY parameter value", "out of range")

# ---- FUTURERELEASE (RFC 4865): for those who submit
ok(not any("FUTURERELEASE" in l for l in hello), "RFC 4865: not offered to strangers")
eq(c.cmd("MAIL FROM:<a@here.test> HOLDFOR=10"), "555 5.5.4 HOLDFOR parameter unrecognized", "... nor understood")
c.close()

# ---- REQUIRETLS (RFC 8689)
ok(not any("REQUIRETLS" in l for l in hello), "RFC 8689: not offered in clear")
c = host.connect()
c.reply()
c.cmd("EHLO me")
eq(c.cmd("MAIL FROM:<a@here.test> REQUIRETLS"), "555 5.5.4 REQUIRETLS parameter unrecognized", "... nor understood")
eq(c.cmd("STARTTLS")[:3], "220", "STARTTLS")
c.starttls()
ok("REQUIRETLS" in c.cmd("EHLO me"), "... and then it is")
eq(c.cmd("MAIL FROM:<root@eight.test> REQUIRETLS")[:3], "250", "... and understood")
c.cmd("RCPT TO:<b@tls.test>")
c.cmd("RCPT TO:<b@seven.test>")
c.cmd("DATA")
c.send("Subject: secret\r\n\r\nvery secret\r\n.\r\n")
ident = taken(c.reply())
c.close()
eq(stat(ident, "b@seven.test"), ("5.7.30", "REQUIRETLS support required"), "4.2 not to a server without TLS")
eq(stat(ident, "b@tls.test"), ("5.7.30", "REQUIRETLS support required"), "... nor to one that does not promise the same")
ok(host.await_log(r"DSN: REQUIRETLS support required"), "5 the sender is told")
ok(host.await_log(r"to=<?root@eight\.test>?.*dsn=5\.7\.30"), "... by a report that needs TLS as well, which is not there")
ok(all(b"very secret" not in m["data"] for s in sinks.values() for m in s.messages), "... and nobody saw it")
host.stop()

# ---- FUTURERELEASE by a user of this host (-bs)
host = Host(mode="background", mc="define(`confSMTP_EXTENSIONS', `futurerelease=1h !limits !chunking !binarymime')\ndefine(`confMAX_RCPTS_PER_MESSAGE', `50')\n"
            "define(`ESMTP_MAILER_ARGS', `TCP $h %d')\n" % P, dns="some.test. MX 5 sink.some.test.\nsink.some.test. A %s\n" % SOME)
c = host.connect()
c.reply()
ok(not re.search("CHUNKING|BINARYMIME|LIMITS", c.cmd("EHLO me")), "what ! takes away is not offered")
eq(c.cmd("BDAT 3"), "502 5.5.1 Command not implemented", "... nor done")
c.close()
host.stop()
done_testing()
