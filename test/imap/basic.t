#!/usr/bin/env python3
"""What every client does: log in, select, fetch, store, search, copy, append, expunge - on mbox and Maildir."""
import imaplib
import os
import re
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mailsite import *

M1 = b"From: Joe <joe@example.org>\nTo: ann@example.org\nSubject: first\nDate: Tue, 1 Jul 2003 10:52:37 +0200\nMessage-Id: <1@example.org>\n\nbody one\n"
M2 = b"From: ann@example.org\nSubject: second\nDate: Wed, 2 Jul 2003 10:52:37 +0200\n\nbody two\n.\nFrom here\n"


def crlf(m):
    return m.replace(b"\n", b"\r\n")


for fmt in ("mbox", "maildir"):
    site = Site(fmt).start("imapd")
    site.deliver(M1)
    site.deliver(M2)
    m = site.imap()
    eq(m.select()[1], [b"2"], fmt + ": two messages")
    eq(m.response("RECENT")[1], [b"2"], fmt + ": both are recent")
    typ, data = m.fetch("1", "(BODY.PEEK[])")
    eq(data[0][1], crlf(M1), fmt + ": the first comes back byte for byte")
    typ, data = m.fetch("2", "(FLAGS RFC822.SIZE BODY.PEEK[])")
    eq(data[0][1], crlf(M2), fmt + ": the second too")
    ok(b"RFC822.SIZE %d" % len(crlf(M2)) in data[0][0], fmt + ": with its size")
    typ, data = m.fetch("1:*", "(UID FLAGS)")
    ok(b"\\Seen" not in data[0], fmt + ": PEEK leaves it unseen")
    m.fetch("1", "(BODY[TEXT])")
    typ, data = m.fetch("1", "(FLAGS)")
    ok(b"\\Seen" in data[0], fmt + ": BODY[TEXT] makes it seen")
    typ, data = m.fetch("1", "(ENVELOPE)")
    like(data[0].decode(), r'ENVELOPE \("Tue, 1 Jul 2003 10:52:37 \+0200" "first" \(\("Joe" NIL "joe" "example.org"\)\)'
         r' \(\("Joe" NIL "joe" "example.org"\)\) \(\("Joe" NIL "joe" "example.org"\)\) \(\(NIL NIL "ann" "example.org"\)\) NIL NIL NIL'
         r' "<1@example.org>"\)', fmt + ": envelope")
    typ, data = m.fetch("1", "(BODYSTRUCTURE)")
    like(data[0].decode().upper(), r'BODYSTRUCTURE \("TEXT" "PLAIN" \("CHARSET" "US-ASCII"\) NIL NIL "7BIT" 10 1', fmt + ": structure")
    typ, data = m.fetch("2", "(BODY.PEEK[HEADER.FIELDS (SUBJECT X-NONE)])")
    eq(data[0][1], b"Subject: second\r\n\r\n", fmt + ": chosen fields")
    typ, data = m.fetch("2", "(BODY.PEEK[]<5.10>)")
    eq(data[0][1], crlf(M2)[5:15], fmt + ": a part of it")
    ok(b"BODY[]<5>" in data[0][0], fmt + ": named so")
    eq(m.search(None, "SUBJECT", "SECO")[1], [b"2"], fmt + ": search by subject")
    eq(m.search(None, "BODY", "one", "SEEN")[1], [b"1"], fmt + ": search in bodies")
    eq(m.search(None, "OR", "FROM", "joe", "NOT", "TEXT", "body")[1], [b"1"], fmt + ": search OR NOT")
    eq(m.search(None, "SENTSINCE", "2-Jul-2003")[1], [b"2"], fmt + ": search by date")
    typ, data = m.store("2", "+FLAGS", "(\\Flagged $work)")
    like(data[0].decode(), r"\\Flagged.*\$work", fmt + ": flags and a keyword are stored")
    eq(m.search(None, "KEYWORD", "$WORK")[1], [b"2"], fmt + ": and found")
    eq(m.create("Archive")[0], "OK", fmt + ": a mailbox is made")
    eq(m.create("Archive")[0], "NO", fmt + ": but once")
    typ, data = m.copy("1:2", "Archive")
    eq(typ, "OK", fmt + ": copied")
    like(data[0].decode(), r"COPYUID \d+ 1:2 1:2", fmt + ": told where to")
    typ, data = m.copy("1", "Nowhere")
    like(data[0].decode(), r"TRYCREATE", fmt + ": no such mailbox")
    typ, data = m.append("Archive", "(\\Draft)", '"17-Jul-1996 02:44:25 -0700"', crlf(b"Subject: third\n\nthree\n"))
    eq(typ, "OK", fmt + ": appended")
    like(data[0].decode(), r"APPENDUID \d+ 3", fmt + ": as uid 3")
    typ, data = m.status("Archive", "(MESSAGES UNSEEN UIDNEXT)")
    like(data[0].decode(), r"MESSAGES 3 UIDNEXT 4 UNSEEN 2|MESSAGES 3 UNSEEN 2 UIDNEXT 4", fmt + ": status")
    m.select("Archive", readonly=True)
    typ, data = m.fetch("3", "(INTERNALDATE FLAGS BODY.PEEK[])")
    eq(imaplib.Internaldate2tuple(data[0][0])[:5] is not None and time.mktime(imaplib.Internaldate2tuple(data[0][0])), 837596665.0,
       fmt + ": with its date")
    ok(b"\\Draft" in data[0][0], fmt + ": and its flag")
    eq(data[0][1], b"Subject: third\r\n\r\nthree\r\n", fmt + ": and its bytes")
    eq(m.store("1", "+FLAGS", "(\\Deleted)")[0], "NO", fmt + ": nothing is stored after EXAMINE")
    m.select()
    m.store("1", "+FLAGS", "(\\Deleted)")
    eq(m.expunge()[1], [b"1"], fmt + ": expunged")
    eq(m.fetch("1", "(UID)")[1], [b"1 (UID 2)"], fmt + ": the other one has its uid still")
    eq(m.logout()[0], "BYE", fmt + ": good bye")
    m = site.imap()
    m.select()
    typ, data = m.fetch("1:*", "(UID FLAGS BODY.PEEK[])")
    like(data[0][0].decode(), r"UID 2 .*\\Flagged.*\$work", fmt + ": flags and uid are there in the next session")
    eq(data[0][1], crlf(M2), fmt + ": and the message")
    typ, data = m.list()
    ok(any(re.search(rb'\) "/" "?Archive"?$', x) for x in data), fmt + ": LIST shows the mailbox")
    m.logout()
# what writers that died left behind is swept
for name, age in (("old", 40 * 3600), ("young", 3600)):
    path = site.maildir(sub="tmp/" + name)
    with open(path, "w") as f:
        f.write("half")
    if ROOT:
        os.chown(path, OWNER.pw_uid, OWNER.pw_gid)
    os.utime(path, (time.time() - age,) * 2)
m = site.imap()
m.select()
eq(os.listdir(site.maildir(sub="tmp")), ["young"], "a day and a half old leftovers in tmp/ are removed")
m.logout()
done_testing()
