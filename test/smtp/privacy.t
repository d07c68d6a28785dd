#!/usr/bin/env python3
"""privacy: VRFY, EXPN, ETRN, HELP, VERB and MAIL under every value of PrivacyOptions that a session meets, each on a daemon of its own."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

ALIASES = "postmaster: root\nlist: root, daemon\n"
# option: the line, before and after EHLO, and the replies that are wanted
INTRO = "503 5.0.0 I demand that you introduce yourself first"
CASES = {
    "public": [("VRFY root", "250", "250"), ("EXPN list", "250", "250"), ("ETRN here.test", "250", "250"), ("MAIL FROM:<a@here.test>", "250", "250"), ("HELP", "214", "214")],
    "needmailhelo": [("MAIL FROM:<a@here.test>", "503 5.0.0 Polite people say HELO first", "250"), ("VRFY root", "250", "250")],
    "needvrfyhelo": [("VRFY root", INTRO, "250"), ("EXPN list", "250", "250")],
    "needexpnhelo": [("EXPN list", INTRO, "250"), ("VRFY root", "250", "250")],
    "novrfy": [("VRFY root", "252 2.5.2 Cannot VRFY user; try RCPT to attempt delivery (or try finger)", "252 2.5.2 "), ("VRFY nobodyhere", "252", "252")],
    "novrfy,needvrfyhelo": [("VRFY root", "252 2.5.2 ", "252 2.5.2 ")],
    "noexpn": [("EXPN list", "502 5.7.0 Sorry, we do not allow this operation", "502 5.7.0 "), ("VRFY root", "250", "250")],
    "noetrn": [("ETRN here.test", "502 5.7.0 Sorry, we do not allow this operation", "502 5.7.0 ")],
    "noverb": [("VERB", "502 5.7.0 Verbose unavailable", "502 5.7.0 ")],
    "goaway": [("MAIL FROM:<a@here.test>", "503", "250"), ("VRFY root", "503|252", "252"), ("EXPN list", "502|503", "502"), ("VERB", "502", "502")],
    "noreceipts": [("NOOP", "250", "250")],
}
WORDS = {"noexpn": ("EXPN", False), "goaway": ("EXPN", False), "noetrn": ("ETRN", False), "noreceipts": ("DSN", False), "public": ("EXPN", True)}
for option, lines in CASES.items():
    host = Host(mc="define(`confPRIVACY_FLAGS', `%s')\n" % option, aliases=ALIASES)
    for line, before, after in lines:
        c = host.connect()
        c.reply()
        like(c.cmd(line), "^(%s)" % (before if "|" in before else re.escape(before)), "%s: %s before EHLO" % (option, line))
        c.cmd("RSET")
        c.cmd("EHLO client.test")
        like(c.cmd(line), "^(%s)" % after, "... and behind it")
        c.close()
    if option in WORDS:
        word, there = WORDS[option]
        c = host.connect()
        c.reply()
        eq(re.search(r"(?m)^250[- ]%s$" % word, c.cmd("EHLO x")) is not None, there, "%s: EHLO %s %s" % (option, "offers" if there else "does not offer", word))
        if option == "noreceipts":
            c.cmd("MAIL FROM:<a@here.test>")
            eq(c.cmd("RCPT TO:<root> NOTIFY=SUCCESS"), "504 5.7.0 Sorry, NOTIFY not supported, we do not allow DSN", "noreceipts: NOTIFY is refused")
        c.close()
    host.stop()

# ---- authwarnings: a client that did not say HELO is named in the message
host = Host(mc="define(`confPRIVACY_FLAGS', `authwarnings')\n", aliases=ALIASES)
c = host.connect()
c.reply()
c.cmd("MAIL FROM:<a@here.test>")
c.cmd("RCPT TO:<root>")
c.cmd("DATA")
c.send("Subject: x\r\n\r\nx\r\n.\r\n")
m = re.match(r"250 2\.0\.0 (\S+) ", c.reply())
like(host.qf(m.group(1)), r"X-Authentication-Warning: mail\.here\.test: localhost \[127\.0\.0\.1\] didn't use HELO protocol", "authwarnings: a field says so")
ok(host.await_log(r"%s: Authentication-Warning: mail\.here\.test: localhost \[127\.0\.0\.1\] didn't use HELO protocol$" % m.group(1)), "... and so does the log")
host.stop()
done_testing()
