#!/usr/bin/env python3
"""Requests for memory fail, one after the other, in each role: nothing acknowledged is lost, answers are 4xx, and work goes on."""
import os
import re
import smtplib
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Sink
from fault import Faulty, everything, rng, settle

# roles, and at how many of their requests one fails (all: check-long)
ROLES = (("spool", 400), ("route", 60), ("client", 60), ("local", 40), ("smtpd", 80), ("gate", 40), ("lookup", 40), ("resolver", 20),
         ("log", 20), ("auth", 10), ("keys", 10), ("parent", 40))
rnd = rng()
sink = Sink()
sink.rules = [(r"RCPT To:<later", "450 4.2.0 later")]
m = Faulty(smart_host=sink, mc="define(`confJOURNAL_SEGMENT_SIZE', `262144')\ndefine(`confJOURNAL_SEGMENTS', `6')\n"
           "define(`confMIN_QUEUE_AGE', `0')\n", aliases="list: l1@there.test, later2@there.test\n")
m.start()
acked, answers, n, stuck, slow, fired = {}, {}, 0, [], [], {}


def one(kind, size, to=None):
    """Send one message; its reply."""
    global n
    n += 1
    name = "%s%d" % (kind, n)
    try:
        s = smtplib.SMTP("127.0.0.1", m.port, local_hostname="client.test", timeout=60)
        try:
            s.sendmail("a@client.test", to or [name + "@there.test"], "Subject: <%s>\r\n\r\n%s" % (name, ("x" * 70 + "\r\n") * (size // 72)))
            acked[name] = 2 if kind == "list" else 1
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
    return [one("small", 500, ["ann@here.test"]), one("small", 500), one("large", 100000), one("later", 2000), one("list", 900, ["list@here.test"])]


def await_calm():
    last, same, end = None, 0, time.monotonic() + 5
    while time.monotonic() < end and same < 3:
        now = m.memory()
        same = same + 1 if now == last else 0
        last = now
        time.sleep(0.02)


work()
points = []
for role, most in ROLES:
    m.plan_memory(role, 0)
    work()
    await_calm()
    usual = m.memory()
    if not everything():
        most = max(1, most // 10)
    chosen = range(1, usual + 1) if usual <= most else rnd.sample(range(1, usual + 1), most)
    points += [(role, k, rnd.choice((1, 1, 1, 5, 50))) for k in chosen]
    diag("%s: %d requests for memory in five messages" % (role, usual))
if not any(role == "spool" for role, _, _ in points):
    skip("memory", "this build gives memory in a way of its own (a sanitizer): none can be refused")
    m.stop()
    done_testing()
    sys.exit()
for role, k, many in points:
    m.plan_memory(role, k, many)
    start = time.monotonic()
    codes = work()
    await_calm()
    if time.monotonic() - start > 20:
        slow.append("%s %d (%d): %r in %d s" % (role, k, many, codes, time.monotonic() - start))
        diag("slow: " + slow[-1])
    if m.fired():
        fired[role] = fired.get(role, 0) + 1
    m.plan()
    for c in codes:
        answers[c] = answers.get(c, 0) + 1
    bad = [c for c in codes if c and c != 250 and not 400 <= c < 500]
    if bad:
        ok(False, "%s, request %d (%d in a row): the answer is 4xx" % (role, k, many))
        diag(repr(codes))
    if m.process.poll() is not None:
        ok(False, "%s, request %d (%d in a row): the daemon goes on" % (role, k, many))
        diag(m.log()[-1500:])
        m.start()
    begin = time.monotonic()
    end = begin + 30
    while one("probe", 500) != 250 and time.monotonic() < end:
        time.sleep(0.05)
        if time.monotonic() > begin + 1:		# the parent waits longer after each of many ends in a row
            m.kill()
            m.start()
            begin = end
    if time.monotonic() >= end:
        stuck.append((role, k, many))
        break
m.plan_memory("-", 0)
ok(not stuck, "work goes on after each of %d points; reached: %s" % (len(points), ", ".join("%s %d" % x for x in sorted(fired.items()))))
for p in stuck:
    diag("not after %s %d (%d)" % p)
    diag(m.log()[-3000:])
ok(sum(fired.values()) > len(points) // 3, "requests did fail")
diag("answers: " + ", ".join("%s %d times" % x for x in sorted(answers.items())))
sink.rules = []
if not ok(settle(m), "the queue gets empty"):
    left = m.command("-bp", "-v")[1]
    diag(left[-2000:])
    for i in re.findall(r"(?m)^(\w{14,}) ", left)[:4]:
        diag("\n".join(line for line in m.log().splitlines() if i in line))
    diag("\n".join([line for line in m.log().splitlines() if ": to=" not in line and ": from=" not in line and "done;" not in line][-40:]))
got = {}
for text in m.mail("ann"):
    if "Subject: <" in text and text.endswith("x\n"):
        got[text.split("Subject: <", 1)[1].split(">")[0]] = {"ann"}
    else:
        ok(False, "what the local mailer got is whole")
        diag(text[:1000])
for g in sink.messages:
    name = g.data.split(b"Subject: <", 1)[1].split(b">")[0].decode()
    got.setdefault(name, set()).update(g.rcpts)
missing = sorted(name for name, k in acked.items() if len(got.get(name, ())) < k)
ok(not missing, "every acknowledged message arrived, with all its recipients (%d)" % len(acked))
if missing:
    diag("missing: " + " ".join(missing[:40]))
    for name in missing[:3]:
        diag("\n".join([line for line in m.log().splitlines() if name + "@" in line][:10]))
diag("%d arrived, %d deliveries more than once" % (len(got), len(sink.messages) + len(m.mail("ann")) - len(got)))
if not ok(not m.queue("Qf"), "none was set aside"):
    for q in m.queue("Qf"):
        diag(q + "\n" + "\n".join(line for line in m.log().splitlines() if q[2:] in line))
        with open(m.path("queue/" + q), errors="replace") as f:
            diag(f.read()[-600:])
if os.environ.get("KEEPLOG"): open(os.environ["KEEPLOG"], "w").write(m.log())
m.stop()
done_testing()
