#!/usr/bin/env python3
"""smtputf8: addresses and headers in UTF-8, in, through and out (RFC 6531 to 6533); what the next hop lacks is refused with 5.6.7, a domain alone goes in ASCII."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

P = port()
NEW, OLD = "127.0.3.1", "127.0.3.2"


def u(s):
    """UTF-8 as the octets that go over the wire."""
    return s.encode().decode("latin-1")


ME, YOU = u("j\u00f6rg"), u("\u7528\u6237")
MSG = "Subject: %s\nFrom: %s@here.test\n\nx\n"
host = Host(mode="background", mc="define(`confSMTPUTF8', `true')\ndefine(`ESMTP_MAILER_ARGS', `TCP $h %d')\nLOCAL_DOMAIN(`m\u00fcnchen.test')\n" % P, access="From:b\u00e4d@here.test REJECT\nFrom:bl\u00f6d.test REJECT\nTo:xn--relay-kra.test RELAY\nTo:dr\u00fcben.test RELAY\n",
            aliases="postmaster: root\nroot: root@new.test\nmix: b@old.test, %s@new.test\n" % "\u7528\u6237" + "gr\u00fc\u00dfe: %s@new.test\n" % "\u7528\u6237",
            dns="new.test. MX 5 sink.new.test.\nsink.new.test. A %s\nold.test. MX 5 sink.old.test.\nsink.old.test. A %s\n" % (NEW, OLD) +
            "xn--bcher-kva.test. MX 5 sink.old.test.\nxn--fiqs8s.test. MX 5 sink.new.test.\n" +
            "".join("xn--%s.test. MX 5 sink.new.test.\n" % n for n in ("bld-tna", "mnchen-3ya", "relay-kra", "drben-lva")))
new = Sink(address=NEW, number=P, offers=["8BITMIME", "SIZE", "DSN", "SMTPUTF8"])
old = Sink(address=OLD, number=P, offers=["8BITMIME", "SIZE", "DSN"])


def send(sender, rcpts, message, params=" SMTPUTF8", rcpt_params=""):
    c = host.connect(helo="client.test")
    r = c.cmd("MAIL FROM:<%s>%s" % (sender, params))
    for to in rcpts:
        if r[:1] == "2":
            r = c.cmd("RCPT TO:<%s>%s" % (to, rcpt_params))
    if r[:1] == "2":
        r = c.cmd("DATA")
    if r[:1] == "3":
        c.send(message.replace("\n", "\r\n") + ".\r\n")
        r = c.reply()
    c.close()
    m = re.match(r"250 2\.0\.0 (\S+) ", r)
    return m.group(1) if m else r


def stat(ident, to):
    m = host.await_log(r"%s: to=.*<?%s>?.*, dsn=([0-9.]+), stat=(.*)$" % (ident, re.escape(to.encode("latin-1").decode())))
    return m.groups() if m else host.log()[-1500:]


# ---- the server (RFC 6531 3.1)
c = host.connect()
c.reply()
hello = c.cmd("EHLO me")
ok("SMTPUTF8" in hello and "8BITMIME" in hello, "3.1 SMTPUTF8 is offered, with 8BITMIME")
eq(c.cmd("MAIL FROM:<%s@here.test>" % ME), "553 5.6.7 Address needs SMTPUTF8", "3.3 an address beyond ASCII needs the parameter")
eq(c.cmd("MAIL FROM:<a\xe4@here.test> SMTPUTF8"), "553 5.6.7 Address is not UTF-8", "3.3 Latin 1 is no UTF-8")
eq(c.cmd("MAIL FROM:<a@here.test> SMTPUTF8=1"), "501 5.5.4 SMTPUTF8 takes no value", "3.4 it has no value")
eq(c.cmd("MAIL FROM:<a@here.test>")[:3], "250", "a transaction without it")
eq(c.cmd("RCPT TO:<%s@new.test>" % YOU), "553 5.6.7 Address needs SMTPUTF8", "3.3 RCPT follows MAIL")
c.cmd("RSET")
eq(c.cmd("MAIL FROM:<%s@here.test> SMTPUTF8" % ME), "250 2.1.0 <%s@here.test>... Sender ok" % ME, "3.7.4 replies have the address as it came")
eq(c.cmd("RCPT TO:<%s@here.test>" % YOU), "550 5.1.1 <%s@here.test>... User unknown" % YOU, "an unknown user")
eq(c.cmd("RCPT TO:<%s@here.test>" % u("gr\u00fc\u00dfe"))[:3], "250", "an alias in UTF-8")
c.cmd("RSET")
like(c.cmd("MAIL FROM:<%s@here.test> SMTPUTF8" % u("b\u00e4d")), "^550 5.7.1 .*Access denied", "a key of the access map in UTF-8")
eq(c.cmd("VRFY %s" % u("gr\u00fc\u00dfe")), "553 5.6.7 Address needs SMTPUTF8", "3.7.4.2 VRFY")
like(c.cmd("VRFY %s SMTPUTF8" % u("gr\u00fc\u00dfe")), "^250 2.1.5 ", "... with the parameter")
like(c.cmd("EXPN %s SMTPUTF8" % u("gr\u00fc\u00dfe")), "^250 2.1.5 <%s@new.test>" % YOU, "... and EXPN")
like(c.cmd("EXPN mix SMTPUTF8"), "(?s)250.2.1.5 <%s@new.test>.*<b@old.test>|<b@old.test>.*<%s@new.test>" % (YOU, YOU), "an alias that leads to UTF-8")
eq(c.cmd("EXPN mix"), "550 5.6.8 UTF-8 string reply is required, but not permitted by the SMTP client", "3.7.4.2 ... is not told who did not say that he reads it")
c.close()

# ---- a domain in letters and in ASCII is the same (RFC 5890 2.3.2.1)
c = host.connect("127.0.0.2", "client.test")
for domain in ("bl\u00f6d.test", "BL\u00d6D.test", "xn--bld-tna.test", "XN--BLD-TNA.test"):
    like(c.cmd("MAIL FROM:<a@%s> SMTPUTF8" % u(domain)), "^550 5.7.1 .*Access denied", "a key of the access map in letters: %s" % domain.encode("ascii", "backslashreplace").decode())
like(c.cmd("MAIL FROM:<a@%s> SMTPUTF8" % u("n\u00e4mlich.test")), "^553 5.1.8 .*<a@%s>.* a@%s does not exist" % (u("n\u00e4mlich.test"), u("n\u00e4mlich.test")), "3.7.4 what rules say may be UTF-8 then")
c.cmd("MAIL FROM:<a@here.test> SMTPUTF8")
for domain in ("m\u00fcnchen.test", "M\u00dcNCHEN.test", "xn--mnchen-3ya.test", "relay\u00e4.test", "xn--relay-kra.test", "dr\u00fcben.test", "xn--drben-lva.test"):
    eq(c.cmd("RCPT TO:<root@%s>" % u(domain))[:3], "250", "class w, or the access map, in either form: %s" % domain.encode("ascii", "backslashreplace").decode())
eq(c.cmd("RCPT TO:<nobodyhere@xn--mnchen-3ya.test>")[:9], "550 5.1.1", "... which is a domain of ours")
c.close()
r = run([os.path.join(OBJ, "sendmail/sendmail"), "-C", host.cf, "-bt"], input="3,0 root@m\u00fcnchen.test\n3,0 b@\u4e2d\u56fd.test\n")
like(r[1], r"(?s)\$# local \$: root.*\$# esmtp \$@ .* test \. \$: b", "sendmail -bt takes them")

# ---- on to a server that knows it
ident = send(ME + "@here.test", [YOU + "@new.test"], MSG % (u("\u00dcber"), ME))
ok(new.await_messages(1), "a message goes on")
m = new.messages[0]
like(m["mail"], r"^MAIL From:<%s@here\.test> .*\bSMTPUTF8$" % ME, "... with SMTPUTF8")
eq(m["rcpt"], ["RCPT To:<%s@new.test>" % YOU], "... its recipient as it was")
like(m["data"].decode("latin-1"), r"(?s)^Received: .* with UTF8SMTP id .*\r\nSubject: %s\r\nFrom: %s@here\.test\r\n" % (u("\u00dcber"), ME), "4.3 Received: says so")
eq(stat(ident, YOU + "@new.test")[0], "2.0.0", "... and the log")
send("a@here.test", ["b@new.test"], MSG % ("x", "a"))
ok(new.await_messages(2) and "SMTPUTF8" not in new.messages[1]["mail"], "what turns out to be ASCII goes without")
send("a@here.test", ["b@new.test"], MSG % ("x", "a"), rcpt_params=u(" ORCPT=utf-8;\u00e4\\x{2B}@x"))
ok(new.await_messages(3), "ORCPT of type utf-8")
eq(new.messages[2]["rcpt"], ["RCPT To:<b@new.test> ORCPT=utf-8;\\x{E4}\\x{2B}@x"], "... leaves in ASCII when nothing else needs UTF-8 (RFC 6533 3)")
send("a@here.test", ["c@" + u("\u4e2d\u56fd") + ".test"], MSG % ("x", "a"))
ok(new.await_messages(4), "a domain of letters is found by its A-label")
eq(new.messages[3]["rcpt"], ["RCPT To:<c@xn--fiqs8s.test>"], "... which every host further on can take")
send("a@here.test", ["d@" + u("\u4e2d\u56fd") + ".test"], "Subject: x\nFrom: x@%s, y@%s\n\nx\n" % (u("BL\u00d6D.test"), u("m\u00fcnchen.test")))
ok(new.await_messages(5) and ("From: x@%s, y@%s\r\n" % (u("bl\u00f6d.test"), u("m\u00fcnchen.test"))).encode("latin-1") in new.messages[4]["data"], "... but a header keeps its letters")
send("a@here.test", [u("gr\u00fc\u00dfe") + "@here.test"], MSG % ("x", "a"))
ok(new.await_messages(6) and new.messages[5]["rcpt"] == ["RCPT To:<%s@new.test>" % YOU] and new.messages[5]["mail"].endswith(" SMTPUTF8"), "an alias leads to UTF-8")

# ---- and to one that does not
n = len(new.messages)
ident = send(ME + "@new.test", [YOU + "@old.test"], MSG % ("x", "a"))
eq(stat(ident, YOU + "@old.test"), ("5.6.7", "SMTPUTF8 is required, but was not offered by host sink.old.test"), "3.2 an address that the next hop cannot take")
ok(new.await_messages(n + 1), "... is reported")
r = new.messages[-1]
like(r["mail"], "^MAIL From:<> .*SMTPUTF8", "... with SMTPUTF8 (RFC 6533)")
eq(r["rcpt"][0].split(" ")[1], "To:<%s@new.test>" % ME, "... to the sender")
text = r["data"].decode("latin-1")
for want in ("Content-Type: message/global-delivery-status", "Content-Type: message/global\r\n", "Final-Recipient: UTF-8; %s@old.test" % YOU, "Status: 5.6.7", "<%s@old.test>" % YOU):
    ok(want in text, "... has " + want.encode("ascii", "backslashreplace").decode())
ident = send("a@here.test", ["b@old.test"], MSG % (u("\u00dcber"), "a"))
eq(stat(ident, "b@old.test")[0], "5.6.7", "a header that it cannot take")
ident = send("a@here.test", ["b@old.test", YOU + "@old.test"], MSG % ("x", "a"))
eq(stat(ident, YOU + "@old.test")[0], "5.6.7", "one recipient it cannot take")
ok(old.await_messages(1) and old.messages[0]["rcpt"] == ["RCPT To:<b@old.test>"], "... does not harm the other")
send("a@here.test", ["b@" + u("b\u00fccher") + ".test"], MSG % ("x", "a"))
ok(old.await_messages(2), "a domain alone")
eq(old.messages[1]["rcpt"], ["RCPT To:<b@xn--bcher-kva.test>"], "... is said in ASCII")
ident = send("a@here.test", ["b@old.test"], MSG % (u("\u00dcber"), "a"), params="")
ok(old.await_messages(3), "8-bit headers that nobody declared pass as they always did")
ident = send("a@here.test", ["b@" + u("a\u200db") + ".test"], MSG % ("x", "a"))
eq(stat(ident, "b@" + u("a\u200db") + ".test")[0], "5.1.2", "a domain that cannot be")

# ---- submission
r = run([os.path.join(OBJ, "sendmail/sendmail"), "-C", host.cf, "-odi", "-U", "-f", "j\u00f6rg@here.test", "\u7528\u6237@new.test"], input="Subject: x\n\nx\n")
ok(new.await_messages(n + 2), "sendmail -U")
like(new.messages[-1]["mail"], r"^MAIL From:<%s@here\.test> .*SMTPUTF8$" % ME, "... asks for it")

# ---- kept in the queue
host.stop()
waiting = Host(mode="queue", mc="define(`confSMTPUTF8', `true')\n")
host = waiting
ident = send(ME + "@here.test", [YOU + "@new.test"], MSG % (u("\u00dcber"), ME))
host.stop()
like(open(host.path("queue", "qf" + ident), encoding="latin-1").read(), r"(?m)^F\w*e\w*$", "a queue file remembers it")

# ---- without the option nothing of that
host = Host(mode="queue")
c = host.connect()
c.reply()
ok("SMTPUTF8" not in c.cmd("EHLO me"), "without SmtpUTF8 it is not offered")
eq(c.cmd("MAIL FROM:<a@here.test> SMTPUTF8"), "555 5.5.4 SMTPUTF8 parameter unrecognized", "... nor understood")
eq(c.cmd("MAIL FROM:<%s@here.test>" % ME)[:3], "250", "... and 8-bit addresses are let in, as sendmail does")
c.close()
host.stop()
done_testing()
