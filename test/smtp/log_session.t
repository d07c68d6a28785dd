#!/usr/bin/env python3
"""log_session: lines about a session, from one end to the other as sendmail 8.17 wrote them for the same commands: each has the id that the next message has; refusals are as
those who read logs for them (fail2ban, logwatch) want them; what slows a client down is said when it begins."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

host = Host(mc="define(`confLOG_LEVEL', `14')\ndefine(`confMAX_NOOP_COMMANDS', `2')\nFEATURE(`ratecontrol', `', `terminate')\n",
            access="Connect:127.0.0.9 REJECT\nClientRate:127.0.0.8 1\nClientRate: 0\nFrom:bad@far.test REJECT\n", dns="far.test. A 127.0.0.1\n", aliases="postmaster: root\nlist: root, daemon\n")
ID = r"(\w{14}): "
HERE = r"localhost \[127\.0\.0\.1\]"


def logged(regex, what, ident=None):
    """The line is there, whole; its id."""
    m = host.await_log(r"sendmail\[\d+\]: " + regex + "$")
    ok(m and (ident is None or m.group(1) == ident), what) or diag((ident or "") + "\n" + host.log()[-3000:])
    return m.group(1) if m and m.groups() else None


def session(*lines, source=None):
    c = host.connect(source)
    out = [c.reply()] + [c.cmd(line) for line in lines]
    c.close()
    return out


# ---- one id from the first line on
c = host.connect(helo="me")
for line in ("VRFY daemon", "EXPN list", "ETRN here.test", "ETRN #nosuch"):
    c.cmd(line)
c.cmd("MAIL FROM:<ann@far.test>")
c.cmd("RCPT TO:<nosuchuser@here.test>")
c.cmd("RSET")
c.cmd("VRFY bin")
one = logged(ID + HERE + ": VRFY daemon", "VRFY")
for what in ("EXPN list", "ETRN here.test", "ETRN #nosuch"):
    logged(ID + HERE + ": " + what, what, one)
logged(ID + r"<nosuchuser@here\.test>\.\.\. User unknown", "an unknown user: the same id", one)
logged(ID + r"from=<ann@far\.test>, size=0, class=0, nrcpts=0, proto=ESMTP, daemon=MTA, relay=" + HERE, "the message that came to nothing, too", one)
ok(logged(ID + HERE + ": VRFY bin", "behind it ...") not in (None, one), "... another one begins")
c.close()

# ---- what comes too often: from the time it is slowed down
for lines, what in ((["EHLO a"] * 3, "HELO/EHLO, count=3"), (["EHLO a"] + ["NOOP"] * 2, "NOOP, count=2"), (["EHLO a"] + ["VRFY root", "EXPN root"] * 3, "EXPN, count=6")):
    begun = time.monotonic()
    session(*lines)
    ok(time.monotonic() - begun >= 0.9, "%s: answered late" % what)
    logged(ID + HERE + ": possible SMTP attack: command=" + what, "... and said")
session("EHLO a", "RSET", "RSET", "HELP", "HELP", "RSET")
eq(len(re.findall("command=(RSET|HELP)", host.log())), 0, "RSET and HELP are not counted")

# ---- sessions that are none
session("GET / HTTP/1.1")
logged(ID + HERE + r": probable open proxy: command=GET / HTTP/1\.1", "HTTP")
session("EHLO a", "QUIT")
logged(ID + HERE + " did not issue MAIL/EXPN/VRFY/ETRN during connection to MTA", "nothing was wanted")
for verb in ("EHLO", "HELO"):
    session(verb + " x\r\nNOOP")
    logged(ID + "rejecting server %s from %s due to traffic before response" % (verb, HERE), "too early behind " + verb)
session("EHLO <x>")
logged(ID + r"invalid domain name \(<x>\) from " + HERE, "a name that is none")
for end, line in (("", "unexpected close"), ("bare\nline\r\n.\r\n", r"Bare linefeed \(LF\) not allowed, where=body, status=tempfail")):
    c = host.connect(helo="me")
    for command in ("MAIL FROM:<ann@far.test>", "RCPT TO:<root>", "DATA"):
        c.cmd(command)
    c.send("Subject: x\r\n\r\n" + end)
    if end:
        c.reply()
    c.close()
    logged(ID + r"collect: relay=localhost, from=<ann@far\.test>, info=" + line, "a message that does not end: " + line[:20])
logged(ID + "collect: premature EOM: unexpected close", "... said twice where the client was lost")

# ---- refusals end where sendmail's end
said = session("EHLO me", "MAIL FROM:<ann@far.test>", source="127.0.0.9")
eq(said[1].split("\n")[1:], ["250 ENHANCEDSTATUSCODES"], "who was refused at the door is offered nothing")
logged(r"ruleset=check_relay, arg1=\[127\.0\.0\.9\], arg2=127\.0\.0\.9, relay=\[127\.0\.0\.9\], reject=550 5\.7\.1 Access denied", "refused at the door")
for _ in range(2):
    session("EHLO me", source="127.0.0.8")
logged(r"ruleset=check_relay, arg1=\[127\.0\.0\.8\], arg2=127\.0\.0\.8, relay=\[127\.0\.0\.8\], reject=421 4\.3\.2 Connection rate limit exceeded\.", "... for coming too often")
session("EHLO me", "MAIL FROM:<bad@far.test>")
logged(ID + r"ruleset=check_mail, arg1=<bad@far\.test>, relay=" + HERE + r", reject=550 5\.7\.1 <bad@far\.test>\.\.\. Access denied", "a sender")
session("EHLO me", "MAIL FROM:<a@far.test>", "RCPT TO:<x@elsewhere.test>", source="127.0.0.2")
logged(ID + r"ruleset=check_rcpt, arg1=<x@elsewhere\.test>, relay=outside\.test \[127\.0\.0\.2\], reject=550 5\.7\.1 <x@elsewhere\.test>\.\.\. Relaying denied", "a recipient")
eq(re.findall(r"\[127\.0\.0\.9\] did not issue", host.log()), [], "who was refused and wanted to send is not said to have wanted nothing")
host.stop()
done_testing()
