#!/usr/bin/env python3
"""Many at one mailbox: deliveries, IMAP sessions that flag, copy and expunge, POP3 sessions - nothing is lost, torn or numbered twice."""
import os
import poplib
import random
import sys
import threading
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mailsite import *

for fmt in ("mbox", "maildir"):
    site = Site(fmt).start("imapd", "popd")
    m = site.imap()
    m.create("Kept")
    errors = []
    expunged = set()
    delivered = []
    lock = threading.Lock()
    stop = threading.Event()

    def text(i):
        return b"Subject: m%d\n\n" % i + b"".join(b"%d %d\n" % (i, k) for k in range(i % 50 + 1))

    def guard(f):
        def g(*a):
            try:
                f(*a)
            except Exception as e:      # told at the end
                errors.append("%s: %r" % (f.__name__, e))
        return g

    @guard
    def deliver(base):
        for i in range(base, base + 12):
            site.deliver(text(i))
            with lock:
                delivered.append(i)

    @guard
    def append(base):
        c = site.imap()
        for i in range(base, base + 12):
            typ, data = c.append("INBOX", "(\\Flagged)", None, text(i).replace(b"\n", b"\r\n"))
            if typ != "OK":
                errors.append("append: %r" % data)
            else:
                with lock:
                    delivered.append(i)
        c.logout()

    @guard
    def churn(seed):
        rng = random.Random(seed)
        c = site.imap()
        c.select()
        uids = {}
        for _ in range(25):
            typ, data = c.uid("FETCH", "1:*", "(BODY.PEEK[])")
            for x in data or []:
                if not isinstance(x, tuple):
                    continue
                uid = int(x[0].split(b"UID ")[1].split()[0].rstrip(b")")) if b"UID " in x[0] else None
                i = int(x[1].split(b"\r\n")[0].split(b"m")[1])
                if x[1] != text(i).replace(b"\n", b"\r\n"):
                    errors.append("message %d is torn" % i)
                if uid is not None and uids.setdefault(uid, i) != i:
                    errors.append("uid %d was %d and is %d" % (uid, uids[uid], i))
            if uids and rng.random() < 0.7:
                u = rng.choice(list(uids))
                c.uid("STORE", str(u), rng.choice(["+FLAGS", "-FLAGS"]), rng.choice(["(\\Seen)", "(\\Answered $kw)"]))
            if uids and rng.random() < 0.3:
                u = rng.choice(list(uids))
                typ, data = c.uid("COPY", str(u), "Kept")
                if typ == "OK" and data[0] and b"COPYUID" in data[0]:
                    c.uid("STORE", str(u), "+FLAGS", "(\\Deleted)")
                    c.expunge()
        c.logout()

    @guard
    def pop():
        while not stop.is_set():
            p = site.pop()
            n = p.stat()[0]
            for k in range(1, min(n, 5) + 1):
                try:
                    lines = p.retr(k)[1]
                except poplib.error_proto:
                    continue            # another session took it away
                i = int(lines[0].split(b"m")[1])
                if b"\n".join(lines) + b"\n" != text(i):
                    errors.append("pop: message %d is torn" % i)
            p.quit()

    threads = [threading.Thread(target=deliver, args=(100,)), threading.Thread(target=deliver, args=(200,)),
               threading.Thread(target=append, args=(300,)), threading.Thread(target=churn, args=(1,)),
               threading.Thread(target=churn, args=(2,))]
    reader = threading.Thread(target=pop)
    for t in threads + [reader]:
        t.start()
    for t in threads:
        t.join(120)
    stop.set()
    reader.join(60)
    if not eq(errors, [], fmt + ": no session had trouble"):
        diag(site.log("imapd") + site.log("popd"))
    there = []
    for box in ("INBOX", "Kept"):
        m.select(box)
        typ, data = m.fetch("1:*", "(UID BODY.PEEK[])")
        there += [int(x[1].split(b"\r\n")[0].split(b"m")[1]) for x in data or [] if isinstance(x, tuple)]
    eq(len(delivered), 36, fmt + ": all were delivered")
    eq(sorted(set(there)), sorted(delivered), fmt + ": each message is in one of the mailboxes")
    m.logout()
done_testing()
