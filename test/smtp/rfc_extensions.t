#!/usr/bin/env python3
"""rfc_extensions: what the server says to each extension, by RFC and section (1870, 1985, 2034, 2852, 2920, 3030, 3461, 4865, 4954, 6152, 6409, 6531, 6710, 8689, 9422)."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

cert = certificate(TMP)
MSA, BARE = port(), port()
host = Host(mc="define(`confMAX_MESSAGE_SIZE', `100000')\ndefine(`confMAX_RCPTS_PER_MESSAGE', `5')\ndefine(`confSMTPUTF8', `true')\ndefine(`confDELIVER_BY_MIN', `30')\n"
            "define(`confSMTP_EXTENSIONS', `mt-priority futurerelease=1h')\ndefine(`confSERVER_CERT', `%s')\ndefine(`confSERVER_KEY', `%s')\ndefine(`confCACERT', `%s')\n" % (cert, cert, cert) +
            "DAEMON_OPTIONS(`Name=MSA, Addr=127.0.0.1, Port=%d, M=E')\nDAEMON_OPTIONS(`Name=BARE, Addr=127.0.0.1, Port=%d, M=aS')\n" % (MSA, BARE))
MAIL, RCPT, RSET = ("MAIL FROM:<a@here.test>", "250"), ("RCPT TO:<root@here.test>", "250"), ("RSET", "250")
U = "j\u00f6rg".encode().decode("latin-1")


def mail(params, want):
    return ("MAIL FROM:<a@here.test> " + params, want)


def rcpt(params, want):
    return ("RCPT TO:<root@here.test> " + params, want)


def message(text="Subject: x\r\n\r\nx", want="250"):
    return [("DATA", "354"), (text + "\r\n.", want)]


# RFC, section, what, word that EHLO must have (or None), lines, start TLS first
SESSIONS = [
    ("1870", "3", "SIZE is offered with the limit", "SIZE 100000", []),
    ("1870", "4", "a size within it", "SIZE", [mail("SIZE=99999", "250")]),
    ("1870", "5", "more than the parameter's digits", "SIZE", [mail("SIZE=" + "9" * 21, "552|501")]),
    ("1870", "5", "no number", "SIZE", [mail("SIZE=abc", "501"), mail("SIZE=", "501"), mail("SIZE", "501"), mail("SIZE=1 2", "501|555"), mail("SIZE=0x10", "501")]),
    ("1870", "6.1", "too large: refused at MAIL", "SIZE", [mail("SIZE=100001", "552 5.2.3")]),
    ("1870", "6.3", "too large after all: at the end", "SIZE", [mail("SIZE=10", "250"), RCPT] + message("x\r\n" + "y" * 120000, "552 5.2.3")),
    ("1985", "5", "ETRN needs a node", "ETRN", [("ETRN", "500|501")]),
    ("1985", "5.1", "ETRN starts a queue run", "ETRN", [("ETRN here.test", "250|251|252|253"), ("ETRN @here.test", "250|251|252|253"), ("ETRN #mqueue", "250|251|252|253")]),
    ("1985", "5.3", "a queue that is not there", "ETRN", [("ETRN #nosuch", "459")]),
    ("2034", "4", "replies carry their code", "ENHANCEDSTATUSCODES", [mail("", r"250 2\.1\.0 "), rcpt("", r"250 2\.1\.5 "), ("RCPT TO:<nobodyhere@here.test>", r"550 5\.1\.1 "), ("RSET", r"250 2\.0\.0 ")]),
    ("2852", "4", "DELIVERBY with the shortest time", "DELIVERBY 30", [mail("BY=60;R", "250"), RSET, mail("BY=60;NT", "250"), RSET, mail("BY=-60;N", "250")]),
    ("2852", "4.1.2", "return by a time that is over", "DELIVERBY", [mail("BY=0;R", "501"), mail("BY=-1;R", "501")]),
    ("2852", "4.1.2", "malformed", "DELIVERBY", [mail("BY=60", "501"), mail("BY=;R", "501"), mail("BY=60;Q", "501"), mail("BY=60;RX", "501"), mail("BY=9999999999;R", "501")]),
    ("2852", "4.1.3", "less than the shortest time", "DELIVERBY", [mail("BY=10;R", "555|501")]),
    ("2920", "3.1", "PIPELINING is offered", "PIPELINING", [("MAIL FROM:<a@here.test>\r\nRCPT TO:<root@here.test>\r\nRSET", "250"), ("NOOP", "250")]),
    ("3030", "2", "CHUNKING", "CHUNKING", [MAIL, RCPT, ("BDAT 14\r\nSubject: x\r\n", "250"), ("BDAT 3 LAST\r\nx", "250 2.0.0")]),
    ("3030", "2", "BDAT needs a size", "CHUNKING", [MAIL, RCPT, ("BDAT", "421|501")]),
    ("3030", "2", "BDAT without a recipient", "CHUNKING", [MAIL, ("BDAT 0 LAST", "503")]),
    ("3030", "2", "BDAT 0 LAST", "CHUNKING", [MAIL, RCPT, ("BDAT 0 LAST", "250")]),
    ("3030", "2", "DATA after BDAT", "CHUNKING", [MAIL, RCPT, ("BDAT 0", "250"), ("DATA", "503"), RSET, MAIL]),
    ("3030", "3", "BINARYMIME", "BINARYMIME", [mail("BODY=BINARYMIME", "250"), RCPT, ("DATA", "503"), ("BDAT 0 LAST", "250")]),
    ("3461", "4.1", "NOTIFY", "DSN", [MAIL, rcpt("NOTIFY=SUCCESS,FAILURE,DELAY", "250"), RSET, MAIL, rcpt("NOTIFY=NEVER", "250")]),
    ("3461", "4.1", "NOTIFY, malformed", "DSN", [MAIL, rcpt("NOTIFY=NEVER,SUCCESS", "501"), rcpt("NOTIFY=", "501"), rcpt("NOTIFY=MAYBE", "501"), rcpt("NOTIFY=NEVER NOTIFY=NEVER", "501")]),
    ("3461", "4.2", "ORCPT", "DSN", [MAIL, rcpt("ORCPT=rfc822;a+2Bb@x.test", "250")]),
    ("3461", "4.2", "ORCPT, malformed", "DSN", [MAIL, rcpt("ORCPT=a@x", "501"), rcpt("ORCPT=rfc822;", "501"), rcpt("ORCPT=rfc822;a+0D+0Ab", "501"), rcpt("ORCPT=rfc822;" + "x" * 600, "501")]),
    ("3461", "4.3", "RET", "DSN", [mail("RET=HDRS", "250"), RSET, mail("RET=full", "250"), RSET, mail("RET=SOME", "501"), mail("RET=FULL RET=FULL", "501")]),
    ("3461", "4.4", "ENVID", "DSN", [mail("ENVID=a+3Db", "250"), RSET, mail("ENVID=+zz", "501"), mail("ENVID=" + "x" * 101, "501"), mail("ENVID=a ENVID=b", "501")]),
    ("4865", "4", "FUTURERELEASE is for those who submit", None, [mail("HOLDFOR=60", "555"), mail("HOLDUNTIL=2030-01-01T00:00:00Z", "555")]),
    ("4954", "4", "AUTH of an unknown mechanism", None, [("AUTH XFROB", "50[0-9]|538")]),
    ("4954", "4.1", "AUTH inside of a transaction", None, [MAIL, ("AUTH PLAIN", "503|50[0-9]")]),
    ("4954", "5", "AUTH= of MAIL", None, [mail("AUTH=<>", "250"), RSET, mail("AUTH=a+40b", "250"), RSET, mail("AUTH=+zz", "501")]),
    ("5321", "4.5.3.1.10", "too many recipients: those that were taken stay", None, [MAIL] + [("RCPT TO:<%s>" % u, "250") for u in ("root", "daemon", "bin", "sys", "mail")] + [("RCPT TO:<nobody>", "452 4.5.3")] + message()),
    ("6152", "3", "8BITMIME", "8BITMIME", [mail("BODY=8BITMIME", "250"), RCPT] + message("Subject: x\r\n\r\n\xe4")),
    ("6152", "2", "BODY, malformed", "8BITMIME", [mail("BODY=9BIT", "501"), mail("BODY", "501"), mail("BODY=", "501")]),
    ("6409", "5.1", "the port of submission asks for a domain", None, [("MAIL FROM:<a>", "250|553")]),
    ("6531", "3.1", "SMTPUTF8", "SMTPUTF8", [("MAIL FROM:<%s@here.test> SMTPUTF8" % U, "250"), ("RCPT TO:<%s@here.test>" % U, "550 5.1.1")]),
    ("6531", "3.2", "BODY with it", "SMTPUTF8", [("MAIL FROM:<%s@here.test> SMTPUTF8 BODY=8BITMIME" % U, "250")]),
    ("6531", "3.5", "not asked for", "SMTPUTF8", [("MAIL FROM:<%s@here.test>" % U, "553 5.6.7"), MAIL, ("RCPT TO:<%s@here.test>" % U, "553 5.6.7")]),
    ("6531", "3.7.4.2", "VRFY", "SMTPUTF8", [("VRFY %s SMTPUTF8" % U, "550"), ("VRFY %s" % U, "553 5.6.7")]),
    ("6710", "3", "MT-PRIORITY", "MT-PRIORITY", [mail("MT-PRIORITY=0", "250 2.1.0"), RSET, mail("MT-PRIORITY=-9", "250"), RSET, mail("MT-PRIORITY=9", r"250 2\.3\.6 0 ")]),
    ("6710", "6", "MT-PRIORITY, malformed", "MT-PRIORITY", [mail("MT-PRIORITY=10", "501"), mail("MT-PRIORITY=x", "501"), mail("MT-PRIORITY=+1", "501"), mail("MT-PRIORITY", "501")]),
    ("8689", "4.1", "REQUIRETLS is not offered in clear", None, [mail("REQUIRETLS", "555")]),
    ("9422", "4.2", "RCPTMAX is kept to", "LIMITS RCPTMAX=5", [MAIL] + [("RCPT TO:<root+%d@here.test>" % i, "250|550") for i in range(3)] + [("RCPT TO:<root@here.test>", "250")]),
]
for rfc, section, about, word, lines in SESSIONS:
    c = host.connect()
    c.reply()
    hello = c.cmd("EHLO client.test")
    wrong = "" if word is None or re.search(r"(?m)^250[- ]%s( |$)" % re.escape(word), hello) else "EHLO has no " + word
    for line, want in lines:
        if wrong:
            break
        reply = c.cmd(line)
        while line.count("\r\n") > 1 and line.startswith("MAIL") and len(reply) > 2 and line.count("\r\n") > 0:
            line = line.split("\r\n", 1)[1]
            c.reply()
        if not re.match(want, reply):
            wrong = "%s: %r, not %s" % (line[:70], reply[:200], want)
    eq(wrong, "", "RFC %s %s: %s" % (rfc, section, about))
    c.close()

idents = [host.send("a@here.test", "root@here.test", "Subject: x\n\nx\n", params=p) for p in ("", " MT-PRIORITY=-2")]
places = [int(re.search(r"(?m)^P(-?\d+)$", host.qf(i)).group(1)) for i in idents]
eq(places[1] - places[0], 2 * 10 * 1800, "RFC 6710: MT-PRIORITY=-2 counts like Precedence of -20 (ClassFactor 1800)")
ok(host.await_log(r"%s: to=.* pri=%d," % (idents[1], places[1])), "... in the log, too")

# ---- each reply but those of EHLO, HELO and DATA has its code (RFC 2034 4), also the bad ones
c = host.connect()
c.reply()
c.cmd("EHLO x")
for line in ("NOOP", "RSET", "VRFY root", "VRFY nobodyhere", "EXPN postmaster", "FOO", "MAIL", "MAIL FROM:<a", "RCPT TO:<x>", "DATA", "BDAT 0", "HELP", "ETRN #x", "AUTH X", "TURN", "MAIL FROM:<a@here.test> X=1", "QUIT"):
    r = c.cmd(line)
    like(r.split("\n")[-1], r"^([245])\d\d[ -]\1\.\d{1,3}\.\d{1,3} ", "RFC 2034 4: the reply to %s" % line)
c.close()

# ---- TLS (RFC 3207, 8689)
c = host.connect()
c.reply()
ok("STARTTLS" in c.cmd("EHLO x"), "RFC 3207 4: STARTTLS is offered")
eq(c.cmd("STARTTLS now")[:3], "501", "RFC 3207 4: it takes no argument")
c.send("STARTTLS\r\nMAIL FROM:<evil@here.test>\r\n")
eq(c.reply()[:3], "220", "RFC 3207 4.2: what stands behind it ...")
c.starttls()
eq(c.cmd("RCPT TO:<root@here.test>")[:3], "503", "... was dropped")
hello = c.cmd("EHLO x")
ok("STARTTLS" not in hello, "RFC 3207 4.2: not offered again")
ok("REQUIRETLS" in hello, "RFC 8689 4.1: REQUIRETLS is offered")
eq(c.cmd("MAIL FROM:<a@here.test> REQUIRETLS")[:3], "250", "RFC 8689 4.1: and taken")
c.close()

# ---- other doors
for number, word, there in ((MSA, "ETRN", False), (BARE, "STARTTLS", False), (host.port, "ETRN", True)):
    c = Talk(number)
    c.reply()
    eq(word in c.cmd("EHLO x"), there, "RFC 6409: %s at a daemon with its modifiers" % word)
    if number == BARE:
        eq(c.cmd("MAIL FROM:<a@here.test>"), "530 5.7.0 Authentication required", "RFC 4954 6: 530 where AUTH has to come first")
        eq(c.cmd("NOOP")[:3] + c.cmd("RSET")[:3], "250250", "... but for NOOP, RSET")
    c.close()
host.stop()
done_testing()
