#!/usr/bin/env python3
"""Corners of RFC 3501 that clients stumble over: parts that are messages, joined parameters, messages that vanish, copies of many."""
import os
import re
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mailsite import *

NEST = (b"Subject: outer\r\nMIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\n"
        b"Subject: inner\r\nTo: ann@example.org\r\n\r\ninner body\r\n")
PARAM = (b"Subject: long name\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain;\r\n"
         b" x-plain*0=\"ab\"; x-plain*1=cd;\r\n x-hole*1=left\r\nContent-Disposition: attachment;\r\n filename*0*=utf-8''%C3%A4;\r\n"
         b" filename*1=\"b c\"; filename*2*=%C3%B6.txt\r\n\r\nx\r\n--b--\r\n")
PLAIN = b"Subject: plain\r\n\r\nbody\r\n"

for fmt in ("mbox", "maildir"):
    site = Site(fmt).start("imapd")
    m = site.imap()
    for text in (NEST, PARAM, PLAIN):
        m.append("INBOX", None, None, text)
    m.select()

    def fetch(n, what):
        typ, data = m.fetch(n, "(%s)" % what)
        return data[0][1] if isinstance(data[0], tuple) else data[0]

    # parts
    eq(fetch("1", "BODY.PEEK[1]"), b"Subject: inner\r\nTo: ann@example.org\r\n\r\ninner body\r\n", fmt + ": part 1 of a message that is a message")
    eq(fetch("1", "BODY.PEEK[1.HEADER]"), b"Subject: inner\r\nTo: ann@example.org\r\n\r\n", fmt + ": its header is that of the inner one")
    eq(fetch("1", "BODY.PEEK[1.TEXT]"), b"inner body\r\n", fmt + ": and so is its text")
    eq(fetch("1", "BODY.PEEK[1.HEADER.FIELDS (Subject)]"), b"Subject: inner\r\n\r\n", fmt + ": and so are fields")
    eq(fetch("1", "BODY.PEEK[HEADER.FIELDS (Subject)]"), b"Subject: outer\r\n\r\n", fmt + ": without a part number it is the outer one")
    like(fetch("3", "BODY.PEEK[1.HEADER]").decode(), r'BODY\[1\.HEADER\] ""\)$', fmt + ": a part that is no message has no header of its own")
    eq(fetch("3", "BODY.PEEK[HEADER]<3.4>"), b"ject", fmt + ": a piece of the header")
    like(fetch("2", "BODYSTRUCTURE").decode(), r'"x-plain" "abcd" "x-hole\*1" "left"\)', fmt + ": continued parameters are joined, one without a start is left")
    like(fetch("2", "BODYSTRUCTURE").decode(), r'"filename\*" "utf-8\'\'%C3%A4b%20c%C3%B6\.txt"', fmt + ": and with them what is encoded")

    # a message that goes while it is asked for
    for i in range(4):
        m.append("INBOX", None, None, b"Subject: v%d\r\n\r\nbody %d\r\n" % (i, i))
    m.noop()
    other = site.imap()
    other.select()
    other.store("5", "+FLAGS", "(\\Deleted)")
    other.expunge()
    typ, data = m.fetch("4:7", "(UID BODY.PEEK[])")
    data = m.response("FETCH")[1]
    texts = [x[1] for x in data if isinstance(x, tuple)]
    eq(len(texts), 3, fmt + ": those that are left are told whole, and nothing of the one that went")
    ok(not any(b"NIL" in (x[0] if isinstance(x, tuple) else x) for x in data), fmt + ": no NIL where a client reads a literal")
    eq(typ, "NO", fmt + ": and NO at the end")
    m.noop()
    eq(m.response("EXPUNGE")[1][-1:], [b"5"], fmt + ": then its EXPUNGE is told")

    # flags that two sessions change: what came in with an own change is told, too
    other.noop()
    m.noop()
    other.store("2", "+FLAGS", "(\\Answered)")
    m.store("1", "+FLAGS", "(\\Flagged)")
    m.response("FETCH")
    m.noop()
    like(b" ".join(x or b"" for x in m.response("FETCH")[1]).decode(), r"^2 \(FLAGS \([^)]*\\Answered", fmt + ": another session's flag is told after an own change")
    m.noop()
    eq(m.response("FETCH")[1], [None], fmt + ": once")

    # names
    m.create("INBOX/sub")
    m.create("inbox/other")

    def names(reference, pattern):
        return sorted(re.sub(rb'^.*"/" ', b"", x).strip(b'"') for x in m.list(reference, pattern)[1] if x)

    eq(names('""', '"*"'), [b"INBOX", b"INBOX/other", b"INBOX/sub"], fmt + ": mailboxes below INBOX are listed")
    eq(names('""', '"inb*"'), [b"INBOX", b"INBOX/other", b"INBOX/sub"], fmt + ": the case of INBOX does not matter in a pattern")
    eq(names('""', "iNbOx/%"), [b"INBOX/other", b"INBOX/sub"], fmt + ": nor above others")
    eq(names('"INBOX/"', "s%"), [b"INBOX/sub"], fmt + ": a reference stands in front")
    eq(m.list('"INBOX/"', '""')[1], [b'(\\Noselect) "/" ""'], fmt + ": an empty name asks for the separator, whatever the reference")

    # many at once, with flags and keywords
    m.create("Many")
    for i in range(40):
        m.append("INBOX", "(\\Seen $k%d)" % (i % 3), None, b"Subject: c%d\r\n\r\nFrom me\r\n.\r\n\r\nFrom %d\r\n" % (i, i))
    m.noop()
    n = int(m.select()[1][0])
    typ, data = m.copy("1:*", "Many")
    lo, hi = re.search(rb"COPYUID \d+ \S+ (\d+):(\d+)", data[0]).groups()
    eq(int(hi) - int(lo) + 1, n, fmt + ": a copy of many has a uid for each")
    typ, here = m.fetch("1:*", "(FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])")
    m.select("Many")
    typ, there = m.fetch("1:*", "(FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])")

    def plain(data):
        return [(re.sub(rb"\\Recent ?", b"", x[0]).replace(b" )", b")"), x[1]) for x in data if isinstance(x, tuple)]

    def flags_of(x):
        return sorted(re.search(rb"FLAGS \(([^)]*)\)", x).group(1).split())

    eq([(flags_of(a), re.sub(rb"FLAGS \([^)]*\)", b"", a), b) for a, b in plain(there)],
       [(flags_of(a), re.sub(rb"FLAGS \([^)]*\)", b"", a), b) for a, b in plain(here)], fmt + ": in order, with flags, keywords, dates and bytes")
    m.select()
    typ, data = m._simple_command("MOVE", "10:20", "Many")
    eq(typ, "OK", fmt + ": many are moved")
    eq(int(m.select()[1][0]), n - 11, fmt + ": and gone here")
    eq(int(m.select("Many")[1][0]), n + 11, fmt + ": and there")
    m.logout()
    other.logout()

# an mbox that was brought from a system with other line ends
site = Site("mbox").start("imapd")
m = site.imap()
m.create("old/one")
path = os.path.join(site.home, "joe", "mail", "old", "two")
with open(path, "wb") as f:
    for i in range(3):
        f.write(b"From a@example.org Tue Jul  1 10:52:37 2003\r\nSubject: w%d\r\n\r\nbody\r\n\r\n" % i)
if ROOT:
    os.chown(path, OWNER.pw_uid, OWNER.pw_gid)
eq(m.select("old/two")[1], [b"3"], "an mbox with CRLF is one")
eq(m.fetch("2", "(BODY.PEEK[])")[1][0][1], b"Subject: w1\r\n\r\nbody\r\n", "its messages are read")
m.append("old/two", None, None, b"Subject: w3\r\n\r\nnew\r\n")
m.store("1,3", "+FLAGS", "(\\Deleted)")
m.store("2", "+FLAGS", "(\\Flagged)")
m.expunge()
m.close()
eq(m.select("old/two")[1], [b"2"], "changed")
eq([x[1] for x in m.fetch("1:*", "(BODY.PEEK[])")[1] if isinstance(x, tuple)],
   [b"Subject: w1\r\n\r\nbody\r\n", b"Subject: w3\r\n\r\nnew\r\n"], "and added to")
eq(m.search(None, "FLAGGED")[1], [b"1"], "with their flags")
# and one without the empty line at its end: who stands in front keeps his uid when its last message goes
path = os.path.join(site.home, "joe", "mail", "old", "three")
with open(path, "wb") as f:
    f.write(b"From a@example.org Tue Jul  1 10:52:37 2003\nSubject: x0\n\nbody\n\nFrom a@example.org Tue Jul  1 10:52:37 2003\nSubject: x1\n\nbody\n")
if ROOT:
    os.chown(path, OWNER.pw_uid, OWNER.pw_gid)
m.select("old/three")
m.append("old/three", None, None, b"Subject: x2\r\n\r\nnew\r\n")
m.store("2", "+FLAGS", "(\\Deleted)")
m.expunge()
eq([re.sub(rb" BODY.*", b"", x[0]) + x[1] for x in m.fetch("1:*", "(UID BODY.PEEK[TEXT])")[1] if isinstance(x, tuple)],
   [b"1 (UID 1body\r\n", b"2 (UID 3new\r\n"], "an empty line that was added goes with its message")
m.logout()

# a message in a Maildir that another program writes into is another message: its size and bytes fit again
site = Site("maildir").start("imapd")
for i in range(3):
    site.deliver(b"Subject: e%d\n\n" % i + b"line\n" * 20)
m = site.imap()
m.select()
cur = site.maildir(sub="cur")
for name in os.listdir(cur):
    with open(os.path.join(cur, name), "rb") as f:
        text = f.read()
    if b"e0" in text or b"e2" in text:
        with open(os.path.join(cur, name), "wb") as f:      # one gets shorter, one longer
            f.write(text[:40] if b"e0" in text else text + b"more\n")
eq(m.uid("FETCH", "1:3", "(BODY.PEEK[])")[0], "NO", "messages that another program changed are gone")
eq(len([x for x in m.response("FETCH")[1] if isinstance(x, tuple)]), 1, "the other one is told")
m.noop()
typ, data = m.uid("FETCH", "1:*", "(UID RFC822.SIZE BODY.PEEK[])")
eq(sorted((int(re.search(rb"UID (\d+)", x[0]).group(1)), int(re.search(rb"SIZE (\d+)", x[0]).group(1)) == len(x[1]), x[1][9:11])
          for x in data if isinstance(x, tuple)), [(2, True, b"e1"), (4, True, b"e0"), (5, True, b"e2")], "and come back with new uids and their sizes")
m.logout()

# a Maildir that Dovecot served keeps its uidvalidity, uids and keywords
site = Site("maildir")
box = site.maildir()
os.makedirs(box)
for sub in ("cur", "new", "tmp"):
    os.mkdir(os.path.join(box, sub))
names = ["1000000%03d.M1P%d.old" % (50 - i, i) for i in range(6)]     # their order is not that of their uids
for i, name in enumerate(names):
    sub = "new/" + name if i == 5 else "cur/" + name + ":2,Sab" if i == 1 else "cur/" + name + ":2,"
    with open(os.path.join(box, sub), "w") as f:
        f.write("Subject: o%d\n\nbody\n" % i)
with open(os.path.join(box, "dovecot-uidlist"), "w") as f:
    f.write("3 V1234567890 N60 Gabc\n10 :%s\n12 W17 :%s:2,S\n20 :%s\n31 :nosuch\n40 :%s\nnonsense\n" % tuple(names[:4]))
with open(os.path.join(box, "dovecot-keywords"), "w") as f:
    f.write("0 $Label1\n1 junk\n")
with open(os.path.join(box, "subscriptions"), "w") as f:
    f.write("V\t2\n\nLists\ta b\nSent\n&AOQ-\n")
if ROOT:
    for path, dirs, files in os.walk(box):
        for x in [path] + [os.path.join(path, y) for y in files]:
            os.chown(x, OWNER.pw_uid, OWNER.pw_gid)
site.start("imapd")
m = site.imap()
m.select()
eq(m.response("UIDVALIDITY")[1], [b"1234567890"], "uidvalidity is that of dovecot-uidlist")
eq(m.response("UIDNEXT")[1], [b"62"], "uidnext is behind it")
typ, data = m.fetch("1:*", "(UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
eq([(int(re.search(rb"UID (\d+)", x[0]).group(1)), x[1][9:11]) for x in data if isinstance(x, tuple)],
   [(10, b"o0"), (12, b"o1"), (20, b"o2"), (40, b"o3"), (60, b"o5"), (61, b"o4")], "so are uids; those it did not know come behind, as they arrived")
eq(sorted(re.sub(rb'^.*"/" ', b"", x).strip(b'"') for x in m.lsub()[1]), [b"&AOQ-", b"Lists/a b", b"Sent"], "and subscriptions")
like(data[2][0].decode(), r"FLAGS \(\\Seen \$Label1 junk\)", "keywords are there")
ok(b"Recent" not in data[0][0] and b"Recent" in data[8][0], "only what nobody was told of is recent")
m.append("INBOX", None, None, b"Subject: n\r\n\r\nx\r\n")
m.logout()
m = site.imap()
m.select()
eq(m.response("UIDVALIDITY")[1] + m.uid("SEARCH", None, "ALL")[1], [b"1234567890", b"10 12 20 40 60 61 62"], "and stay")
m.logout()

# charsets: the session can load no converter where it is, and knows them
site = Site("maildir").start("imapd")
m = site.imap()
WORDS = (("koi8-r", "\u041f\u0440\u0438\u0432\u0435\u0442"), ("windows-1251", "\u043c\u0438\u0440"), ("iso-8859-2", "\u0142\u00f3d\u017a"),
         ("iso-8859-7", "\u03ba\u03b1\u03bb"), ("shift_jis", "\u65e5\u672c"), ("iso-2022-jp", "\u3059\u307f\u307e"), ("gb18030", "\u4e2d\u6587"),
         ("big5", "\u4e2d\u83ef"), ("euc-kr", "\ud55c\uad6d"), ("iso-8859-15", "\u20ac"))
for name, word in WORDS:
    m.append("INBOX", None, None, b"Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=" + name.encode() +
             b"\r\nContent-Transfer-Encoding: 8bit\r\n\r\nxx " + word.encode(name) + b" xx\r\n")
m.select()
for i, (name, word) in enumerate(WORDS):
    m.literal = word.encode()
    eq(m.search("UTF-8", "UID 1:99 BODY")[1], [b"%d" % (i + 1)], "a word in %s is found" % name)
m.literal = "\u041f\u0420\u0438".encode("koi8-r")
eq(m.search("KOI8-R", "TEXT")[1], [b"1"], "and looked for in another charset and case")
eq(m._simple_command("NOOP", "")[0], "OK", "a blank at the end of a line")
m.literal = None
eq(m._simple_command("SEARCH", "SEEN", "")[0], "OK", "of a SEARCH, too")
for i in range(4):
    m.store("1", "+FLAGS", "(%s)" % " ".join("k%d" % k for k in range(i * 16, i * 16 + 16)))
like(m.store("1", "+FLAGS", "(k99)")[1][0].decode(), r"^\[LIMIT\]", "more keywords than a mailbox holds: NO [LIMIT]")
m.select()
like(m.response("PERMANENTFLAGS")[1][0].decode(), r"k63\)", "and then no new ones are offered")
m.logout()
done_testing()
