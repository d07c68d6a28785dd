#!/usr/bin/env python3
"""eightbit: 8-bit content for servers that take less (RFC 6152 3) - every EightBitMode, as sendmail answered; BODY=7BIT; mailboxes get text back."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *
import quopri

P = port()
OLD, NEW, MBOX = "127.0.2.1", "127.0.2.2", "127.0.2.3"
MIME = "Subject: x\nFrom: root@here.test\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
TEXT = "foo \u00e4\u00f6 and a lot more ascii text here so that it is few =3D\n"
QP = b"foo =C3=A4=C3=B6 and a lot more ascii text here so that it is few =3D3D\r\n"
PLAIN = "Subject: x\nFrom: root@here.test\n\n"
AS_IS = TEXT.encode().replace(b"\n", b"\r\n")
sinks = {"old": Sink(address=OLD, number=P, offers=["SIZE"]), "new": Sink(address=NEW, number=P, offers=["SIZE", "8BITMIME"])}


def site(mode, mc=""):
    return Host(mode="background", mc="define(`ESMTP_MAILER_ARGS', `TCP $h %d')\ndefine(`confEIGHT_BIT_HANDLING', `%s')\n" % (P, mode) + mc,
                dns="old.test. MX 5 sink.old.test.\nsink.old.test. A %s\nnew.test. MX 5 sink.new.test.\nsink.new.test. A %s\n" % (OLD, NEW))


def sent(host, to, message, params):
    """(BODY=, fields of MIME, content) as the server got them."""
    sink = sinks[to]
    n = len(sink.messages)
    r = host.send("a@here.test", "b@%s.test" % to, message, params=params)
    if r[:1] in "45" and " " in r:
        return r
    if not sink.await_messages(n + 1):
        return host.log()[-2000:]
    m = sink.messages[-1]
    head, body = m["data"].split(b"\r\n\r\n", 1)
    fields = [l.split(":")[0] for l in head.decode("latin-1").split("\r\n") if re.match("(?i)(mime-|content-|x-mime)", l)]
    body = re.sub(rb"\r\n\.\r\n$", b"\r\n", body)
    return (re.search(r"BODY=(\S+)|$", m["mail"]).group(1), re.search(r"(?i)content-transfer-encoding: (\S+)|$", head.decode("latin-1")).group(1),
            len(fields), body)


SEVEN = bytes(c & 0x7f for c in AS_IS)
CASES = [
    # mode, server, MIME, parameter: BODY=, encoding, MIME fields, content
    ("p", "old", True, "", (None, "quoted-printable", 4, QP)),
    ("p", "old", True, " BODY=8BITMIME", (None, "quoted-printable", 4, QP)),
    ("p", "old", True, " BODY=7BIT", (None, "8bit", 3, SEVEN)),
    ("p", "old", False, "", (None, None, 0, AS_IS)),
    ("p", "old", False, " BODY=8BITMIME", (None, "quoted-printable", 4, QP)),
    ("p", "new", True, "", (None, "8bit", 3, AS_IS)),
    ("p", "new", True, " BODY=8BITMIME", ("8BITMIME", "8bit", 3, AS_IS)),
    ("p", "new", True, " BODY=7BIT", ("7BIT", "8bit", 3, SEVEN)),
    ("p", "new", False, "", (None, None, 0, AS_IS)),
    ("p", "new", False, " BODY=8BITMIME", ("8BITMIME", None, 0, AS_IS)),
    ("m", "old", False, "", (None, "quoted-printable", 4, QP)),
    ("m", "new", True, "", ("8BITMIME", "8bit", 3, AS_IS)),
    ("m", "new", False, "", ("8BITMIME", "8bit", 3, AS_IS)),
    ("s", "old", True, "", (None, "quoted-printable", 4, QP)),
    ("s", "new", True, "", (None, "8bit", 3, AS_IS)),
    ("s", "new", False, " BODY=8BITMIME", ("8BITMIME", None, 0, AS_IS)),
    ("s", "new", False, "", "554 5.6.1 Eight bit data not allowed"),
]
LMTP = """import sys
out = open(sys.argv[1], "ab", 0)
def say(s):
    sys.stdout.write(s + "\\r\\n")
    sys.stdout.flush()
say("220 x")
for line in sys.stdin.buffer:
    if line[:4] == b"DATA":
        say("354 x")
        for line in sys.stdin.buffer:
            out.write(line)
            if line == b".\\r\\n":
                break
    out.write(line)
    say("221 x" if line[:4] == b"QUIT" else "250 x")
"""


def delivered(what):
    end = time.monotonic() + 30
    while True:
        text = open(host.path("delivered"), encoding="latin-1", newline="").read()
        if re.search(what, text) or time.monotonic() > end:
            return text
        time.sleep(0.02)


def submit(message, *args):
    return run([os.path.join(OBJ, "sendmail/sendmail"), "-C", host.cf, "-odi"] + list(args), input=message)


for mode in "pms":
    host = site(mode, "define(`LOCAL_MAILER_CHARSET', `x-ours')\ndefine(`SMTP_MAILER_CHARSET', `x-theirs')\n")
    for case in CASES:
        if case[0] == mode:
            eq(sent(host, case[1], (MIME if case[2] else PLAIN) + TEXT, case[3]), case[4],
               "mode %s, server %s, %s%s" % (mode, case[1], "MIME" if case[2] else "plain", case[3]))
    if mode == "p":
        big = "".join("line %d \u00e4 and more of it, so that it is few\n" % i for i in range(20000))
        got = sent(host, "old", MIME + big, " BODY=8BITMIME")
        eq(got[1], "quoted-printable", "a message of a megabyte")
        ok(quopri.decodestring(got[3].replace(b"\r\n", b"\n")) == big.encode(), "... decodes to what it was")
        parts = ("Subject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: 8bit\n\n--b\nContent-Type: text/plain\n\n" +
                 TEXT + "--b\nContent-Type: application/x\n\n\u00e4\u00f6\u00e4\n--b\nContent-Type: multipart/signed; boundary=c\n\n--c\n\n\u00e4\n--c--\n--b--\n")
        got = sent(host, "old", parts, "")
        ok(QP in got[3] and b"w6TDtsOk\r\n--b" in got[3] and b"\r\n\xc3\xa4\r\n--c--" in got[3], "parts each by themselves, a signed one left alone")
        eq(got[1], None, "... the multipart itself has no encoding any more")
        log = host.log()
        host.send("a@here.test", "root", MIME.replace("8bit", "quoted-printable") + "a=C3=A4=\nb\n")
        text = delivered("a\u00c3\u00a4b").encode("latin-1").decode()
        like(text, r"(?s)Content-Transfer-Encoding: 8bit\nX-MIME-Autoconverted: from quoted-printable to 8bit by mail\.here\.test id \S+\n\na\u00e4b\n",
             "a mailer with F=9 gets its text back (limited 7 to 8 bit conversion)")
        host.send("a@here.test", "root", MIME.replace("8bit", "base64").replace(": x", ": footer") + "YQ==\n-- \na footer that a list put here\n")
        like(delivered("a footer"), r"(?s)Subject: footer\n.*-Encoding: base64\n\nYQ==\n-- \na footer", "... but only what is clean")
        n = len(sinks["old"].messages)
        SIGNED = "Subject: \u00e4\nMIME-Version: 1.0\nContent-Transfer-Encoding: 8bit\nContent-Type: text/plain\n\nseven\n"
        host.send("a@here.test", "b@old.test", SIGNED, params=" BODY=8BITMIME")
        ok(sinks["old"].await_messages(n + 1) and SIGNED.replace("\n", "\r\n").encode() in sinks["old"].messages[-1]["data"], "what is of seven bits already stays as it is, for signatures")
    if mode == "m":
        for sender, charset in (("a@here.test", "x-ours"), ("a@new.test", "x-theirs"), ("", "x-ours")):
            n = len(sinks["old"].messages)
            host.send(sender, "b@old.test", PLAIN + TEXT)
            ok(sinks["old"].await_messages(n + 1) and ("charset=%s\r\n" % charset).encode() in sinks["old"].messages[-1]["data"], "C= is that of the sender's mailer: <%s>" % sender)
        host.send("a@here.test", "root", PLAIN.replace(": x", ": local") + TEXT)
        like(delivered(r"local\n(.+\n)+\nfoo"), r"Subject: local\n(.+\n)+MIME-Version: 1.0\nContent-Type: text/plain; charset=x-ours\nContent-Transfer-Encoding: 8bit\n\n", "a local mailer gets the fields of MIME, too")
    if mode == "s":
        for header, code in (("", 65), ("MIME-Version: 1.0\n", 0)):
            r = submit("Subject: \u00e4\n" + header + "\nx\n", "-fa@here.test", "b@new.test")
            ok((r[0] != 0) == (code != 0) and ("Eight bit data not allowed" in r[1] + r[2]) == (code != 0), "mode s: 8 bits in the header count" + (", but in MIME" if header else ""))
    host.stop()

# ---- a mailer that speaks LMTP without 8BITMIME
host = Host(mode="background", mc="define(`LOCAL_MAILER_FLAGS', `z')\ndefine(`LOCAL_MAILER_PATH', `%s')\ndefine(`LOCAL_MAILER_ARGS', `python @DIR@/etc/lmtp @DIR@/delivered')\n" % sys.executable,
            files=(("lmtp", LMTP),))
host.send("a@here.test", "root", MIME + TEXT)
like(delivered("QUIT"), r"MAIL From:<a@here.test>\r\n(.*\r\n)*Content-Transfer-Encoding: quoted-printable\r\n(.*\r\n)*\r\nfoo =C3=A4", "RFC 2033 5: LMTP without 8BITMIME, converted")
host.stop()
done_testing()
