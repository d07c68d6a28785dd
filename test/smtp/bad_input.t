#!/usr/bin/env python3
"""bad_input: malformed commands and content, each by name: line ends and NUL in every command, HTTP's verbs, parameters that are none, nesting without an end.
What is taken goes on to one host as one message, or not at all; the session says so in order, or ends."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

cert = certificate(TMP)
if os.geteuid() == 0:
    os.chmod(cert, 0o600)
sink = Sink(offers=("PIPELINING", "SIZE"))
host = Host(mode="background", mc="define(`SMART_HOST', `esmtp:[127.0.0.1]')\ndefine(`ESMTP_MAILER_ARGS', `TCP $h %d')\ndefine(`confSERVER_CERT', `%s')\ndefine(`confSERVER_KEY', `%s')\n"
            "define(`confMAX_MESSAGE_SIZE', `1000000')\n" % (sink.port, cert, cert),
            mailers="LOCAL_SRV_FEATURES\nR$*\t$: $&{client_addr}\nR127.0.0.7\t$# h\n")
EVIL = "MAIL FROM:<evil@here.test>"


def talk(*pieces, source=None, tls=False):
    """Replies to these pieces, sent one after the other, until the session ends."""
    c = host.connect(source)
    c.reply()
    if tls:
        c.cmd("STARTTLS")
        c.starttls()
    out = []
    for p in pieces:
        try:
            c.send(p)
            out.append(c.reply())
        except OSError:
            out.append("")
        if out[-1] == "" or out[-1].startswith("421"):
            break
    c.close()
    return out


# ---- line ends and NUL, in commands (RFC 5321 2.3.8) ----
NAMES = {"LF": "\n", "CR": "\r", "CR CR LF": "\r\r\n", "LF CR": "\n\r", "LF . CR LF": "\n.\r\n", "CR . CR": "\r.\r", "CR LF . LF": "\r\n.\n", "CR CR LF . CR LF": "\r\r\n.\r\n", "LF . LF": "\n.\n",
         "VT": "\v", "FF": "\f", "NEL": "\x85"}
for name, end in NAMES.items():
    bad = []
    for line in ("NOOP", "EHLO x", "MAIL FROM:<a@here.test>", "RSET", "VRFY root"):
        r = talk("EHLO me\r\n", line + end + EVIL + "\r\n", "RCPT TO:<u@far.test>\r\n")
        # whatever was made of the line: the second command did not become one
        if r[-1][:3] == "250" and len(r) == 3 and line != "MAIL FROM:<a@here.test>":
            bad.append("%s: %r" % (line, r))
        if any("evil@here.test" in x and x.startswith("250 2.1.0") for x in r[1:2]):
            bad.append("%s: %r" % (line, r))
    eq(bad, [], "%s in a command does not make two of it" % name)
for at in ("\0NOOP", "NO\0OP", "NOOP\0", "MAIL FROM:<a\0@here.test>", "MAIL FROM:<a@here.test>\0", "MAIL FROM:<a@here.test> SIZE=1\0"):
    r = talk("EHLO me\r\n", at + "\r\n", "NOOP\r\n")
    eq(r[1:], ["500 5.5.2 NUL byte in command", "250 2.0.0 OK"], "NUL: %r" % at)

# ---- HTTP and others that speak something else ----
for verb in ("GET / HTTP/1.1", "POST / HTTP/1.1", "CONNECT mx.far.test:25 HTTP/1.1", "USER anonymous"):
    like(talk(verb + "\r\n", "EHLO x\r\n")[-1], r"^421 4\.7\.0 ", "%s ends the session" % verb.split()[0])
    like(talk(verb + "\r\n", tls=True)[-1], r"^421 4\.7\.0 ", "... under TLS")
    like(talk("EHLO me\r\n", verb + "\r\n", source="127.0.0.7")[-1], r"^421 4\.7\.0 ", "... later in a session, with h of srv_features")
like(talk("EHLO me\r\n", "GET / HTTP/1.1\r\n")[-1], "^500 5.5.1 ", "... and without, it is no command")
r = talk("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nEHLO me\r\n" + EVIL + "\r\nRCPT TO:<u@far.test>\r\nDATA\r\nSubject: evil\r\n\r\n.\r\nQUIT\r\n")
ok(all(not x.startswith("2") for x in r), "a form that a browser sends delivers nothing")
c = host.connect()
c.reply()
c.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xaa" * 200 + b"\r\n")
r = c.reply()
c.close()
ok(r[:1] != "2", "TLS where none was agreed on")

# ---- parameters that are none ----
for p, want in (("SIZE=abc", "501"), ("SIZE=-1", "552 5.2.3 Message size invalid"), ("SIZE=1e9", "501"), ("SIZE=+5", "501"), ("SIZE=99999999999999999999999", "501|552"), ("SIZE= 5", "501|555"), ("SIZE", "501"),
                ("BODY=", "501"), ("BODY=8BITMIME BODY=7BIT", "501|250"), ("RET=", "501"), ("ENVID=", "250|501"), ("ENVID=+", "501"), ("AUTH=", "250|501"), ("=x", "555|501"), ("X=", "555"), ("SMTPUTF8=1", "501|555"),
                ("SIZE=1\tBODY=7BIT", "250|501|555"), ("A" * 1500, "501|555|421"), ("BY=1;", "501"), ("HOLDFOR=x", "501|555")):
    like(talk("EHLO me\r\n", "MAIL FROM:<a@here.test> %s\r\n" % p)[-1], "^(%s)" % want, "MAIL with %s" % p[:30])
for a in ("<", ">", "<>>", "<<a@here.test>>", "<a@here.test", "a@here.test>", "<a@@here.test>", "<@>", "<a@>", "<a@b@c>", "<a,b@here.test>", "<a@here.test>,<b@here.test>", '<"a@here.test>', "<(a)b(c@here.test>",
          "<a\\@here.test>", "<a@[1.2.3>", "<a@[1.2.3.4]x>", "< >", "<;>", "<a b@here.test>", "<%s@here.test>" % ("(" * 200)):
    r = talk("EHLO me\r\n", "RSET\r\n", "MAIL FROM:%s\r\n" % a, "NOOP\r\n")
    ok(re.match(r"(250|501|553|554|555|451) ", r[2]) and r[3:] in (["250 2.0.0 OK"],), "MAIL FROM:%s is answered, and the session in step" % a[:30]) or diag(str(r))

# ---- what stands between STARTTLS and the end of the handshake ----
for behind in (EVIL + "\r\n", "\r\n", "NOOP\r\n" * 100, "\0" * 50):
    c = host.connect(helo="me")
    c.send("STARTTLS\r\n" + behind)
    r = c.reply()
    try:
        c.starttls()
        r = c.cmd("NOOP")
        r2 = c.cmd("RCPT TO:<u@far.test>")
    except OSError as e:
        r, r2 = "ended", "503 " + str(e)
    c.close()
    ok(r in ("250 2.0.0 OK", "ended") and r2.startswith("503 "), "behind STARTTLS in clear: %r" % behind[:20]) or diag(r + r2)

# ---- MIME without an end: to a host that takes seven bits ----
DEEP = "".join("Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(3000))
RFC822 = "Content-Type: message/rfc822\r\n\r\n" * 3000
for name, body in (("multiparts", DEEP), ("messages", RFC822), ("boundaries of blanks", 'Content-Type: multipart/mixed; boundary="  "\r\n\r\n--  \r\n\r\n' * 100),
                   ("a boundary of 5,000 octets", "Content-Type: multipart/mixed; boundary=%s\r\n\r\n--%s\r\n\r\nx" % ("b" * 5000, "b" * 5000)),
                   ("10,000 parameters", "Content-Type: text/plain" + "".join(";\r\n a%d=b" % i for i in range(2500)) + "\r\n\r\nx")):
    n = len(sink.messages)
    i = host.send("root@here.test", "u@far.test", ("MIME-Version: 1.0\r\n" + body + "\r\n\xe4\xf6\r\n").replace("\r\n", "\n"), params=" BODY=8BITMIME")
    if len(i) == 14:
        m = host.await_log(r"%s: to=.*stat=(.*)" % i)
        ok(m and re.match("Sent|Service unavailable|Data format", m.group(1)), "MIME, %s: it goes, or is refused" % name) or diag(str(m and m.group(0)))
    else:
        like(i, "^55[24] ", "MIME, %s: refused" % name)
like(host.send("root@here.test", "u@far.test", "Subject: last\n\nx\n"), r"^\w{14}$", "the server is well")
ok(host.await_log("(?s)%s.*stat=Sent" % "from=<root@here.test>"), "... and delivers")
ok(all("evil" not in (m["mail"] or "") for m in sink.messages), "nothing evil went out")
eq([l for l in host.log().splitlines() if "ended: signal" in l or "panic" in l], [], "nothing died")
host.stop()
done_testing()
