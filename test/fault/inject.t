#!/usr/bin/env python3
"""Each call of the spool to the system fails once, breaks off, or is its process's last: whatever got its 250 arrives, and work goes on."""
import os
import smtplib
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Sink
from fault import Faulty, CALLS, ACTIONS, everything, rng, settle

rnd = rng()
sink = Sink()
sink.rules = [(r"RCPT To:<later", "450 4.2.0 later")]
m = Faulty(smart_host=sink, mc="define(`confJOURNAL_SEGMENT_SIZE', `262144')\ndefine(`confJOURNAL_SEGMENTS', `6')\n"
           "define(`confMIN_QUEUE_AGE', `0')\n")
m.start()
acked, answers, n, stuck = set(), {}, 0, []


def one(kind, size):
    """Send one message; its reply."""
    global n
    n += 1
    name = "%s%d" % (kind, n)
    try:
        s = smtplib.SMTP("127.0.0.1", m.port, local_hostname="client.test", timeout=60)
        try:
            s.sendmail("a@client.test", [name + "@there.test"], "Subject: %s\r\n\r\n%s" % (name, ("x" * 70 + "\r\n") * (size // 72)))
            acked.add(name)
            return 250
        finally:
            s.close()
    except smtplib.SMTPResponseException as e:
        return e.smtp_code
    except smtplib.SMTPRecipientsRefused as e:
        return list(e.recipients.values())[0][0]
    except (OSError, smtplib.SMTPException):
        return 0


def work():
    return [one("small", 500), one("large", 100000), one("later", 2000)]


def await_calm():
    """What is going on behind the answers comes to its end."""
    last, end = None, time.monotonic() + 5
    while time.monotonic() < end:
        now = m.counts()
        if now == last:
            return
        last = now
        time.sleep(0.06)


work()
await_calm()
m.plan()
work()
await_calm()
usual = m.counts()
diag("calls for three messages: " + ", ".join("%s %d" % (c, usual[c]) for c in CALLS if usual[c]))
points = [(c, a, k) for c in CALLS for k in range(1, usual[c] + 1) for a in ACTIONS
          if not (a == "short" and c not in ("write", "pwrite"))]
points += [("openat", "EIO", usual["openat"] + 3), ("pwrite", "ENOSPC", usual["pwrite"] + 5)]
chosen = points if everything() else rnd.sample(points, max(1, len(points) // 10))
fired = 0
for call, action, nth in chosen:
    m.plan(call, action, nth)
    codes = work()
    await_calm()
    hit = m.fired()
    fired += hit
    m.plan()
    for c in codes:
        answers[c] = answers.get(c, 0) + 1
    bad = [c for c in codes if c and c != 250 and not 400 <= c < 500]
    if bad:
        ok(False, "%s %s %d: the answer is 4xx" % (call, action, nth))
        diag(repr(codes))
    begin = time.monotonic()
    end = begin + 30
    while one("probe", 500) != 250 and time.monotonic() < end:
        time.sleep(0.05)
        if action.startswith("kill") and time.monotonic() > begin + 1:		# the parent waits longer after each of many ends in a row
            m.kill()
            m.start()
            begin = end
    if time.monotonic() >= end:
        stuck.append((call, action, nth))
        break
ok(not stuck, "work goes on after each of %d points, %d of them reached" % (len(chosen), fired))
for p in stuck:
    diag("not after %s %s %d" % p)
    diag(m.log()[-3000:])
ok(fired > len(chosen) // 3, "calls did fail")
diag("answers: " + ", ".join("%s %d times" % x for x in sorted(answers.items())))
sink.rules = []
ok(settle(m), "the queue gets empty")
got = [r.split("@")[0] for g in sink.messages for r in g.rcpts]
missing = sorted(acked - set(got))
ok(not missing, "every acknowledged message arrived (%d)" % len(acked))
if missing:
    diag("missing: " + " ".join(missing[:40]))
    diag(" ".join(os.listdir(m.path("queue"))))
    for name in missing[:3]:
        diag("\n".join([line for line in m.log().splitlines() if name + "@" in line][:10]))
diag("%d arrived, %d twice" % (len(set(got)), len(got) - len(set(got))))
ok(all(g.data.startswith(b"Received:") and g.data.endswith(b"x\r\n") or b"probe" in g.data for g in sink.messages), "and whole")
if not ok(not m.queue("Qf"), "none was set aside"):
    for q in m.queue("Qf"):
        diag("\n".join(line for line in m.log().splitlines() if q[2:] in line))
m.stop()
done_testing()
