#!/usr/bin/env python3
"""IDLE: what happens in the mailbox is told while the client waits: deliveries, other sessions' flags and expunges, other programs."""
import os
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mailsite import *

QUOTED = '"' + PASSWORD.replace("\\", "\\\\").replace('"', '\\"') + '"'

for fmt in ("mbox", "maildir"):
    for as_root in (False, True) if ROOT and fmt == "mbox" else (False,):
        site = Site(fmt, as_root=as_root).start("imapd", "popd")
        site.deliver(b"Subject: one\n\nx\n")
        r = site.raw()
        r.line()
        if " OK" not in r.command("a", "LOGIN joe " + QUOTED):
            bail("login failed")
        r.command("s", "SELECT INBOX")
        r.send("i IDLE\r\n")
        like(r.line(), r"^\+", fmt + ": IDLE")
        t0 = time.monotonic()
        for n in range(2, 7):
            site.deliver(b"Subject: %d\n\nx\n" % n)
            like(r.until("* %d EXISTS" % n), "EXISTS", "delivery %d is told" % n)
        diag("%s: five deliveries, each told before the next: %.2f s" % (fmt, time.monotonic() - t0))
        m = site.imap()
        m.select()
        m.store("2", "+FLAGS", "(\\Flagged)")
        like(r.until("* 2 FETCH"), r"\\Flagged", "flags that another session sets")
        m.store("3", "+FLAGS", "(work)")
        like(r.until("* 3 FETCH"), "work", "and keywords")
        m.store("4", "+FLAGS", "(\\Deleted)")
        r.until("* 4 FETCH")
        m.expunge()
        like(r.until("* 4 EXPUNGE"), "EXPUNGE", "what it expunges")
        m.append("INBOX", None, None, b"Subject: put\r\n\r\ny\r\n")
        like(r.until("* 6 EXISTS"), "EXISTS", "what it appends")
        m.logout()
        p = site.pop()
        p.dele(1)
        p.quit()
        like(r.until("* 1 EXPUNGE"), "EXPUNGE", "what a POP3 session deletes")
        if fmt == "mbox":                       # another program, which writes the file anew
            os.rename(site.mbox_path(), site.path("old"))
            with open(site.path("old"), "rb") as f:
                text = f.read()
            with open(site.path("new"), "wb") as f:
                f.write(text)
            os.chmod(site.path("new"), 0o600)
            if ROOT:
                os.chown(site.path("new"), OWNER.pw_uid, OWNER.pw_gid)
            os.rename(site.path("new"), site.mbox_path())
        site.deliver(b"Subject: after\n\nz\n")
        like(r.until("* 6 EXISTS"), "EXISTS", "a delivery after all that")
        r.send("DONE\r\n")
        like(r.until("i "), "i OK", "DONE ends it")
        r.command("c", "CLOSE")
        r.send("j IDLE\r\n")
        like(r.line(), r"^\+", "IDLE without a mailbox")
        site.deliver(b"Subject: unseen\n\nz\n")
        r.send("DONE\r\nk NOOP\r\n")
        got = r.until("k ")
        like(got, "j OK(.|\n)*k OK", "is told nothing")
        ok("EXISTS" not in got, "at all")
        r.close()
        log = site.log("imapd")
        ok("forbidden" not in log and "ERROR" not in log, "no process broke its bounds")
done_testing()
