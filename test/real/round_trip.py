"""round_trip.py - smtplib sends, poplib and imaplib read: the body must be the same, byte for byte.

    round_trip.py SMTP-PORT POP-PORT IMAP-PORT CA USER PASSWORD ADDRESS
"""
import imaplib
import os
import poplib
import smtplib
import ssl
import sys
import time

smtp_port, pop_port, imap_port = (int(x) for x in sys.argv[1:4])
ca, user, password, address = sys.argv[4:8]
tls = ssl.create_default_context(cafile=ca)
mark = os.urandom(12).hex()
lines = [os.urandom(30).hex() for _ in range(200)]
lines += [".", "..", ".dot", "", "  blanks  ", "x" * 990, "From here", "end " + mark]
body = "\r\n".join(lines) + "\r\n"
head = "From: <you@example.org>\r\nTo: <%s>\r\nSubject: round trip %s\r\n\r\n" % (address, mark)

with smtplib.SMTP("127.0.0.1", smtp_port, timeout=30) as s:
    s.starttls(context=tls)
    s.ehlo()
    s.sendmail("you@example.org", [address], (head + body).encode())

box = imaplib.IMAP4("127.0.0.1", imap_port, timeout=30)
box.starttls(tls)
box.login(user, password)
found = None
for _ in range(300):
    box.select("INBOX", readonly=True)
    ok, data = box.uid("SEARCH", None, "SUBJECT", '"round trip %s"' % mark)
    if ok == "OK" and data and data[0]:
        found = data[0].split()[-1]
        break
    time.sleep(0.1)
if found is None:
    sys.exit("the message did not arrive")
ok, data = box.uid("FETCH", found, "(BODY.PEEK[TEXT] FLAGS INTERNALDATE RFC822.SIZE)")
got = next(part[1] for part in data if isinstance(part, tuple))
if got != body.encode():
    sys.exit("IMAP: %d bytes came back for %d" % (len(got), len(body)))
box.close()
box.logout()

pop = poplib.POP3("127.0.0.1", pop_port, timeout=30)
pop.stls(tls)
pop.user(user)
pop.pass_(password)
count = pop.stat()[0]
for n in range(count, 0, -1):
    text = b"\r\n".join(pop.retr(n)[1]) + b"\r\n"
    if mark.encode() in text:
        got = text.split(b"\r\n\r\n", 1)[1]
        if got != body.encode():
            sys.exit("POP3: %d bytes came back for %d" % (len(got), len(body)))
        break
else:
    sys.exit("POP3 does not show the message")
pop.quit()
