#!/usr/bin/env python3
"""mail.local -l: LMTP by hand, several recipients, virtual users, hostile input."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mailsite import *

site = Site("mbox", users=("joe", "ann", "joe@virtual.example"))


def lmtp(text, *args):
    r = site.mail_local(["-l"] + list(args), text.replace("\n", "\r\n").encode("latin-1") if isinstance(text, str) else text)
    return r.stdout.decode("latin-1").replace("\r\n", "\n").splitlines()


out = lmtp("""LHLO client
MAIL FROM:<sender@example.org> SIZE=10 BODY=8BITMIME
RCPT TO:<joe>
RCPT TO:<nosuch@example.org>
RCPT TO:<ann@example.org>
RCPT TO:<"joe"@virtual.example>
RCPT TO:<ann+detail@example.org>
DATA
Subject: lmtp

.
..
 .
MAIL FROM:<> FOO=1
MAIL FROM:<>
RSET
QUIT
""".replace("\n.\n..\n .\n", "\n..dot\nFrom x\n.\n"))
like(out[0], "^220 .* LMTP ready", "greeting")
like(out[1], "^250-", "LHLO")
ok("250-8BITMIME" in out and "250 PIPELINING" in out, "extensions")
i = out.index("250 PIPELINING") + 1
eq([x[:9] for x in out[i:i + 6]], ["250 2.5.0", "250 2.1.5", "550 5.1.1", "250 2.1.5", "250 2.1.5", "250 2.1.5"], "MAIL and RCPT")
like(out[i + 6], "^354", "DATA")
eq([x[:9] for x in out[i + 7:i + 11]], ["250 2.1.5"] * 4, "an answer for each recipient that was taken")
like(out[i + 9], "joe@virtual.example", "in order")
eq([x[:3] for x in out[i + 11:]], ["555", "250", "250", "221"], "parameters that are not known are refused")
for u in ("joe", "ann", "joe@virtual.example"):
    ok(site.mbox(u).decode().endswith("\nSubject: lmtp\n\n.dot\nFrom x\n\n"), u + " has it, the dot undone")
eq(site.mbox("ann").count(b"Subject: lmtp"), 2, "ann twice: +detail is hers")

out = lmtp("LHLO x\nMAIL FROM:<a@b>\nDATA\nRCPT TO:joe\nRCPT TO:<joe> X=1\nRCPT TO:<jo\0e>\nMAIL FROM:<a@b>\nLHLO x\nFOO\nNOOP\nVRFY joe\nQUIT\n", "-7")
ok(not any("8BITMIME" in x for x in out), "-7 does not offer 8BITMIME")
eq([x[:3] for x in out[-10:]], ["503", "501", "555", "501", "503", "503", "500", "250", "252", "221"], "wrong order and wrong syntax")
out = lmtp(b"LHLO " + b"x" * 10000 + b"\r\nLHLO x\r\nQUIT\r\n")
like(out[1], "^500 5.5.6", "a line that is too long")
like(out[-1], "^221", "and the session lives")
out = lmtp(b"LHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<joe>\r\nDATA\r\nSubject: cut")
like(out[-1], "^354", "input that ends in the middle of a message")
ok(b"Subject: cut" not in site.mbox(), "is not delivered")
out = lmtp(b"LHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<joe>\r\nDATA\r\nSubject: lf\r\n\r\na\n.\nMAIL FROM:<evil>\nx\r.\r\n.\r\nQUIT\r\n")
eq([x[:3] for x in out[-2:]], ["250", "221"], "only CR LF . CR LF ends a message")
ok(b"\na\n.\nMAIL FROM:<evil>\nx" in site.mbox(), "the rest is content")
out = lmtp("LHLO x\nMAIL FROM:<a@b>\nRCPT TO:<joe@virtual.example>\nQUIT\n", "-n")
like(out[-2], "^250", "-n keeps the domain")
out = lmtp("LHLO x\nMAIL FROM:<a@b>\nRCPT TO:<joe@elsewhere.example>\nQUIT\n", "-n")
like(out[-2], "^550", "and then it counts")
out = lmtp("LHLO x\n" + "MAIL FROM:<a@b>\n" + "RCPT TO:<joe>\n" * 1001 + "QUIT\n")
like(out[-2], "^452 4.5.3", "too many recipients")
eq(site.mail_local(["-l", "joe"]).returncode, 64, "-l takes no users")

md = Site("maildir")
site = md
out = lmtp("LHLO x\nMAIL FROM:<a@b>\nRCPT TO:<joe>\nRCPT TO:<ann>\nDATA\nSubject: m\n\nx\n.\nQUIT\n")
eq([x[:3] for x in out[-3:]], ["250", "250", "221"], "into Maildirs")
eq([len(os.listdir(md.maildir(u, "new"))) for u in ("joe", "ann")], [1, 1], "one file each")
done_testing()
