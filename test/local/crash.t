#!/usr/bin/env python3
"""Killed in the middle: whatever instant a delivery or a rewrite of an mbox dies at, the next opener finds all of it or none."""
import os
import poplib
import random
import signal
import subprocess
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mailsite import *

rng = random.Random(7)


def message(i, size):
    return b"Subject: m%d\n\n" % i + b"".join(b"%d line %d\n" % (i, k) for k in range(size))


site = Site("mbox").start("imapd", "popd")
whole = {}
for i in range(6):
    whole[i] = message(i, 3000)
    site.deliver(whole[i])


def check(name, must, may=()):
    """Every message that is there is whole; those in `must` are there."""
    p = site.pop()
    found = []
    for n in range(1, p.stat()[0] + 1):
        lines = p.retr(n)[1]
        i = int(lines[0].split(b"m")[1])
        if b"\n".join(lines) + b"\n" != whole[i]:
            ok(False, "%s: message %d is torn" % (name, i))
            return None
        found.append(i)
    p.quit()
    good = all(i in found for i in must) and all(i in must or i in may for i in found) and len(set(found)) == len(found)
    if not good:
        ok(False, "%s: found %r, must %r" % (name, found, list(must)))
        return None
    return found


def limit(n):
    """The process dies at the first byte it writes behind n."""
    def f():
        import resource
        become_owner()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (n, n))
    return f


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


# a delivery that is killed while it writes: the mailbox grows beyond the limit, the temporary files do not
size = len(site.mbox())
torn = 0
for step in range(0, 30):
    i = 100 + step
    whole[i] = message(i, 300)
    cut = size + rng.randrange(1, len(whole[i]) + 40)
    r = subprocess.run([os.path.join(OBJ, "mail.local", "mail.local"), "-C", site.cf, "joe"], input=whole[i], capture_output=True,
                       preexec_fn=limit(cut), timeout=60)
    if r.returncode == 0:
        bail("a delivery survived its limit")
    torn += len(site.mbox()) > size
    if step % 5 == 4 and check("delivery", range(6)) is None:
        done_testing()
ok(torn > 10, "deliveries died in the middle (%d of 30 left a torn end)" % torn)
ok(check("delivery", range(6)) is not None, "and the next opener cut it off")
ok(site.mbox().endswith(whole[5] + b"\n"), "the last whole message is the end again")
site.deliver(message(6, 10))
whole[6] = message(6, 10)
ok(check("delivery", range(7)) is not None, "and mail goes on")

# the next to come after a torn end may be a delivery
whole[7], whole[8] = message(7, 500), message(8, 5)
subprocess.run([os.path.join(OBJ, "mail.local", "mail.local"), "-C", site.cf, "joe"], input=whole[7], capture_output=True,
               preexec_fn=limit(len(site.mbox()) + 2000), timeout=60)
site.deliver(whole[8])
ok(check("delivery behind a torn end", [0, 1, 2, 3, 4, 5, 6, 8]) is not None, "a delivery cuts it off as well")

# sessions that rewrite, killed at odd moments
must = [0, 1, 2, 3, 4, 5, 6, 8]
kills = hits = 0
undo = os.path.join(site.spool, ".angarium", "joe", "undo")
for step in range(40):
    m = site.imap()
    m.select()
    n = int(m.status("INBOX", "(MESSAGES)")[1][0].split()[-1].rstrip(b")"))
    rows = [x.split(None, 2) for x in subprocess.run(["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True).stdout.splitlines()]
    kids = [int(r[0]) for r in rows if int(r[1]) == site.procs["imapd"].pid and "session" in r[2]]
    session = kids[0]
    what = step % 2
    m.store("1:%d" % n, "-FLAGS", "(\\Deleted)")       # a mark that a killed step left
    m.store("1:%d" % n, "+FLAGS" if step % 4 < 2 else "-FLAGS", "(\\Answered)" if step % 3 else "(\\Flagged \\Seen)")
    if what == 1:
        m.store("1", "+FLAGS", "(\\Deleted)")
    tag = m._new_tag()
    m.send(tag + b" CLOSE\r\n")
    for _ in range(rng.randrange(2000)):                # an odd moment, or the one at which a change is under way
        if os.path.getsize(undo) > 0 and rng.random() < 0.2:
            break
    try:
        os.kill(session, signal.SIGKILL)
        kills += 1
    except OSError:
        pass
    hits += os.path.getsize(undo) > 0
    try:
        m.shutdown()
    except OSError:
        pass
    while alive(session):
        pass
    got = check("step %d" % step, [] if what else must, must)
    if got is None:
        break
    if what == 1:
        if len(got) < len(must) - 1 or got != [x for x in must if x in got]:
            ok(False, "more is gone than was deleted: %r of %r" % (got, must))
            break
        must = got
        if len(must) < 8:
            k = 200 + step
            whole[k] = message(k, 2000)
            site.deliver(whole[k])
            must = must + [k]
else:
    ok(True, "forty rewrites, %d killed, %d of them in the middle: every message is whole" % (kills, hits))
ok(not os.path.exists(site.mbox_path() + ".lock") or check("lock", must) is not None, "a lock of the dead shuts nobody out")
done_testing()
