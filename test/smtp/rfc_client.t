#!/usr/bin/env python3
"""rfc_client: the client, by RFC and section - what a server says, what becomes of the recipient, and what went over the wire (RFC 5321, 1870, 2033, 2034, 2920,
3030, 3461, 3464, 4954, 6152, 6531, 7505, 8689, 9422)."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

number = port()
ALL = ("PIPELINING", "8BITMIME", "SIZE 100000", "DSN", "ENHANCEDSTATUSCODES")
sink = Sink(offers=ALL, number=number)
lmtp_path = os.path.join(TMP, "lmtp")
lmtp = Sink(path=lmtp_path, lmtp=True, offers=("PIPELINING", "ENHANCEDSTATUSCODES"))
os.chmod(lmtp_path, 0o777)
MAILERS = ("MAILER_DEFINITIONS\nMstore,\t\tP=[IPC], F=lsDFMmnqz, S=EnvFromSMTP/HdrFromSMTP, R=EnvToL, E=\\r\\n,\n\t\tT=DNS/RFC822/SMTP, A=FILE %s\n"
           "LOCAL_RULE_0\nR$+ < @ store . test . > $*\t$#store $@ store.test $: $1\nR$+ < @ old . test . > $*\t$#smtp $@ old.test $: $1 < @ old.test . >\n" % lmtp_path)
host = Host(mode="background", mc="define(`confMCI_CACHE_SIZE', `0')\ndefine(`confSMTPUTF8', `true')\ndefine(`ESMTP_MAILER_ARGS', `TCP $h %d')\ndefine(`SMTP_MAILER_ARGS', `TCP $h %d')\n" % (number, number),
            mailers=MAILERS, aliases="postmaster: root\nlist: u@d88.test\nowner-list: daemon\nalias: u@d89.test\n",
            dns="".join("d%d.test. MX 10 mx.d%d.test.\nmx.d%d.test. A 127.0.0.1\n" % (n, n, n) for n in range(90)) + "null.test. MX 0 .\nlost.test. MX 10 none.lost.test.\nlost.test. A 127.0.0.1\nstore.test. A 192.0.2.1\nold.test. A 127.0.0.1\n")


places = iter(range(88))		# a destination for each case: one that was out of order is left alone for a while


def send(to=("u@far.test",), hooks={}, offers=ALL, greeting="220 sink.test ESMTP", text="Subject: x\n\nx\n", sender="root@here.test", params="", where=sink):
    """Lines that came, the messages, and what the log says of each recipient ("dsn stat")."""
    place = "@d%d.test" % next(places)
    to = [one.replace("@far.test", place) for one in to]
    where.hooks, where.offers, where.greeting = dict(hooks), list(offers), greeting
    lines, messages = len(where.lines), len(where.messages)
    i = host.send(sender, list(to), text, params=params)
    out = []
    for one in to:
        m = host.await_log(r"%s: to=[^ ]*%s>?[,].*? dsn=(\S+), .*?stat=(.*)" % (i, re.escape(one) if "@" in one else r"[^,]*?d8[89].test"), 30)
        out.append("%s %s" % m.groups() if m else i)
    return where.lines[lines:], where.messages[messages:], out


def check(rfc, section, what, want, lines=None, data=None, bad=None, **kw):
    """want: of the first recipient's result; lines, data: what must, bad: what must not be among what came."""
    where = kw.get("where", sink)
    before = len(where.lines)
    got, messages, out = send(**kw)
    end = time.monotonic() + 30		# what the client said last may still be on its way
    while True:
        text = "\n".join(where.lines[before:])
        if all(re.search("(?m)" + one, text) for one in lines or []) or time.monotonic() > end:
            break
        time.sleep(0.02)
    wrong = ""
    if not re.search(want, out[0]):
        wrong = "%s, not %s" % (out, want)
    for one in lines or []:
        if not re.search("(?m)" + one, text):
            wrong = wrong or "no %s in %r" % (one, text)
    if bad and re.search("(?m)" + bad, text):
        wrong = wrong or "%s in %r" % (bad, text)
    if data and not (messages and re.search(data, messages[-1]["data"])):
        wrong = wrong or "no %r in %r" % (data, messages)
    eq(wrong, "", "RFC %s %s: %s" % (rfc, section, what))


def says(reply):
    return lambda sink, line: reply


SENT, LATER, NEVER = "^2.*Sent", "^4.*Deferred", "^5.*(Service unavailable|User unknown|Data format|Message exceeds|failed|rejected|not available|Not Found|Host unknown|does not accept)"
check("5321", "2.1, 3.1, 3.2, 3.3", "EHLO, MAIL, RCPT, DATA, QUIT in that order", SENT, [r"\AEHLO mail\.here\.test\nMAIL From:<root@here\.test>.*\nRCPT To:<u@d\d+\.test>.*\nDATA\nQUIT\Z"])
check("5321", "2.3.8, 4.1.1.4", "lines end in CR LF, the message in CR LF . CR LF", SENT, data=rb"\r\n\r\nx\r\n\.\r\n\Z")
check("5321", "3.2", "HELO where EHLO is refused, and no parameters then", SENT, ["^HELO mail", r"^MAIL From:<root@here\.test>$"], hooks={"EHLO": says("502 what")})
check("5321", "3.2", "EHLO refused for now, HELO as well: later", LATER, hooks={"EHLO": says("421 go away"), "HELO": says("421 go away")})
check("5321", "3.1, 4.1.1.10", "554 as a greeting: no service here; it hears QUIT", NEVER + "|" + LATER, [r"\AQUIT\Z"], greeting="554 no SMTP here")
check("5321", "3.2, 4.1.1.10", "EHLO and HELO refused: QUIT", NEVER, ["^HELO mail.*\nQUIT\\Z"], hooks={"EHLO": says("502 what"), "HELO": says("550 5.7.1 not you")})
check("5321", "4.1.1.10", "RSET refused: QUIT", NEVER, ["^RSET\nQUIT\\Z"], hooks={"RCPT": says("550 5.1.1 no"), "RSET": says("500 what")})
check("5321", "3.1", "421 as a greeting: later", LATER, greeting="421 sink.test busy")
check("5321", "3.9.1", "an alias keeps the sender", SENT, [r"^MAIL From:<root@here\.test>", r"^RCPT To:<u@d\d+\.test>"], to=["alias"])
sink.hooks, sink.offers, n = {}, list(ALL), len(sink.messages)
host.send("root@here.test", "list", "Subject: x\n\nx\n")
ok(sink.await_messages(n + 1) and re.match("MAIL From:<daemon@", sink.messages[-1]["mail"]), "RFC 5321 3.9.2: a list has its owner as the sender")
check("5321", "3.8", "QUIT before the connection is closed, after a refusal too", NEVER, ["^QUIT$"], hooks={"RCPT": says("550 5.1.1 no")})
check("5321", "3.8", "421 in the middle: later", LATER, hooks={"RCPT": says("421 4.3.2 shutting down")})
check("5321", "4.2", "a code that nobody knows counts by its first digit: 2yz", SENT, hooks={"RCPT": says("259 hm")})
check("5321", "4.2", "... 4yz", LATER, hooks={"RCPT": says("499 hm")})
check("5321", "4.2", "... 5yz", NEVER, hooks={"RCPT": says("599 hm")})
check("5321", "4.2", "text alone does not matter", SENT, hooks={"MAIL": says("250 5.0.0 no no no")})
check("5321", "4.2", "a reply without text", SENT, hooks={"MAIL": says("250"), "RCPT": says("250")})
check("5321", "4.2.1", "a reply of several lines", SENT, hooks={"MAIL": says("250-one\r\n250-two\r\n250 three")})
check("5321", "4.2.1", "... the first of which says what is wrong, and any the code", r"^5\.7\.26 ", hooks={"RCPT": says("550-mail without a signature\r\n550 5.7.26 https://help.test/26")})
ok(host.await_log("reply=550 mail without a signature, stat="), "... in the log, too")
check("5321", "4.2.1", "... that mixes codes is none", LATER, hooks={"MAIL": says("250-one\r\n550 two")})
check("5321", "4.2.5", "5yz behind the message: it is not taken", NEVER, hooks={".": says("554 5.6.0 no")})
check("5321", "4.2.5", "4yz behind the message: later", LATER, hooks={".": says("451 4.3.0 later")})
check("5321", "4.3.2", "354 is what DATA wants; 250 is none", LATER + "|" + NEVER, hooks={"DATA": says("250 what")}, offers=())
check("5321", "4.3.2", "5yz to MAIL", NEVER, hooks={"MAIL": says("550 5.7.1 no")})
check("5321", "4.5.2", "a dot at the beginning of a line is doubled", SENT, data=rb"\r\n\.\.\r\n\.\.x\r\n\.\r\n\Z", text="Subject: x\n\n.\n.x\n")
check("5321", "4.5.5", "the null reverse-path stays", SENT, [r"^MAIL From:<>"], sender="")
check("5321", "4.4", "our Received: is the first field", SENT, data=rb"\AReceived: from .*\r\n\tby mail\.here\.test ")
check("5321", "4.4", "no Return-Path: leaves", SENT, bad="never", data=rb"\A(?!(?s:.*)Return-Path:)", text="Return-Path: <x@y>\nSubject: x\n\nx\n")
check("5321", "4.5.3.2.7, 4.5.4.1", "a server that hangs up: later", LATER, hooks={"DATA": lambda s, l: False})
check("5321", "5.1", "MX without an address: its domain's own address is not tried", "^[45]", bad=".", to=["u@lost.test"])
check("7505", "3, 4.2", "a null MX: refused at once", "^5.1.10|^5", bad=".", to=["u@null.test"])
check("1870", "4", "SIZE is said where it is offered", SENT, [r"^MAIL From:<root@here\.test> SIZE=\d+"])
check("1870", "6.1", "more than the server takes: it hears how much, and its refusal ends it", "^5.2.3", [r"^MAIL .* SIZE=[0-9]{3}"], bad="^(RCPT|DATA)",
      hooks={"MAIL": says("552 5.2.3 too much")}, offers=("SIZE 100",), text="Subject: x\n\n" + "y" * 200 + "\n")
check("1870", "6.2", "452 to MAIL SIZE=: later", LATER, hooks={"MAIL": says("452 4.3.1 full")})
check("2034", "4", "the server's own code is the result", r"^5\.7\.26 ", hooks={"RCPT": says("550 5.7.26 who are you")})
check("2034", "4", "a code of another class than the reply's is none", r"^5\.(?!1\.5)", hooks={"RCPT": says("550 2.1.5 hm")})
check("2920", "3.1", "commands go together only where it is offered", SENT, offers=())
check("3030", "3", "without BINARYMIME the body is DATA", SENT, ["^DATA$"], bad="^BDAT", offers=("CHUNKING",) + ALL)
check("6152", "3", "8BITMIME is declared", SENT, [r"^MAIL .* BODY=8BITMIME"], text="Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n\u00e4\n".encode().decode("latin-1"),
      params=" BODY=8BITMIME")
check("6152", "3", "... converted where it is not offered", SENT, bad="BODY=", offers=("PIPELINING",), params=" BODY=8BITMIME", data=rb"\A[\0-\x7f]*\Z",
      text="Subject: x\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n\u00e4\n".encode().decode("latin-1"))
check("6531", "3.2", "an address in UTF-8 does not go to who does not offer it", r"^5\.6\.7 ", bad="^RCPT", params=" SMTPUTF8", sender="j\u00f6rg@here.test".encode().decode("latin-1"))
check("6531", "3.4", "... and does to who does", SENT, ["^MAIL .* SMTPUTF8"], offers=ALL + ("SMTPUTF8",), params=" SMTPUTF8", sender="j\u00f6rg@here.test".encode().decode("latin-1"))
check("4954", "5", "AUTH= is said where AUTH is offered", SENT, [r"^MAIL .* AUTH=<>"], offers=ALL + ("AUTH PLAIN",), params=" AUTH=someone@here.test")
check("9422", "4.2", "RCPTMAX is kept to", SENT, ["(?s)^RCPT.*^DATA.*^RCPT"], offers=("LIMITS RCPTMAX=1",), to=["u@far.test", "v@far.test"])
check("2033", "4.1", "LMTP: LHLO", SENT, [r"\ALHLO mail\.here\.test$"], bad="^EHLO|^HELO", to=["root@store.test"], where=lmtp, offers=("PIPELINING",))
check("2033", "4.2", "LMTP: a reply for each recipient behind the message", SENT, to=["root@store.test"], where=lmtp, offers=("PIPELINING",))
got, messages, out = send(to=["a@store.test", "b@store.test"], where=lmtp, offers=("PIPELINING",), hooks={".": lambda s, to: "550 5.2.2 full" if "<b" in to else "250 2.1.5 in"})
ok(re.match(SENT, out[0]) and out[1].startswith("5.2.2 "), "RFC 2033 4.2: ... each with a result of its own") or diag(str(out))
check("3464", "2.3.3", "a refused recipient is reported with the server's words", "^5.1.1", hooks={"RCPT": says("550 5.1.1 nobody here by that name")})
check("5321", "3.1, 4.2.1", "a mailer without flag a says EHLO to who says ESMTP in any line", SENT, [r"\AEHLO "], to=["u@old.test"], greeting="220-sink.test ESMTP\r\n220 hello")
check("5321", "3.1", "... and HELO to others", SENT, [r"\AHELO "], to=["u@old.test"], greeting="220-sink.test\r\n220 hello")
host.stop()
done_testing()
