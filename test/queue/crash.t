#!/usr/bin/env python3
"""kill -9 of everything, or of one role, under load: whatever was acknowledged arrives, and junk in the queue harms nobody else."""
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink
import smtplib

seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
diag("SEED=%d" % seed)
rnd = random.Random(seed)
sink = Sink()
m = Mta(smart_host=sink, args=("-q1h",), mc="define(`confMIN_QUEUE_AGE', `0')\n")
acked, stop, lock = set(), threading.Event(), threading.Lock()


def sender(n):
    i = 0
    while not stop.is_set():
        i += 1
        name = "m%d.%d" % (n, i)
        size = rnd.choice((10, 1000, 100000))
        try:
            s = smtplib.SMTP("127.0.0.1", m.port, local_hostname="client.test", timeout=60)
            s.sendmail("a@client.test", [name + "@there.test"], "Subject: %s\r\n\r\n%s" % (name, ("x" * 70 + "\r\n") * (size // 70)))
            with lock:
                acked.add(name)
            s.quit()
        except (OSError, smtplib.SMTPException):
            time.sleep(0.02)


def more(n):
    """Wait until n more messages were accepted: a busy machine takes its time."""
    end, n = time.monotonic() + 30, len(acked) + n
    while len(acked) < n and time.monotonic() < end:
        time.sleep(0.02)


threads = [threading.Thread(target=sender, args=(n,), daemon=True) for n in range(3)]
m.start()
for t in threads:
    t.start()
for round_ in range(3):
    more(8)
    time.sleep(0.1 + rnd.random() * 0.5)
    m.kill()
    m.start()
roles = []
for victim in ("spool", "route", "client", "sync", "local"):
    more(6)
    time.sleep(0.1 + rnd.random() * 0.3)
    for p in m.children():
        try:
            with open("/proc/%d/cmdline" % p, "rb") as f:
                line = f.read().decode("latin-1")
        except OSError:
            continue
        if victim in line:
            try:
                os.kill(p, signal.SIGKILL)
                roles.append(victim)
            except ProcessLookupError:
                pass
more(6)
stop.set()
for t in threads:
    t.join(60)
ok(len(acked) > 50, "messages were accepted under fire (%d)" % len(acked))
ok(len(set(roles)) >= 4, "roles were killed: " + " ".join(roles))
end = time.monotonic() + 90
while time.monotonic() < end and m.waiting():
    m.command("-q")
got = [r.split("@")[0] for g in sink.messages for r in g.rcpts]
missing = acked - set(got)
ok(not missing, "every acknowledged message arrived")
if missing:
    diag("missing: %s" % " ".join(sorted(missing)))
    diag("queue: %s" % " ".join(m.queue() + m.queue("df") + m.queue("Qf") + m.queue("tf")))
    diag(m.log()[-3000:])
diag("%d acknowledged, %d arrived, %d twice" % (len(acked), len(set(got)), len(got) - len(set(got))))
for g in sink.messages:
    if not re.search(rb"Subject: %s\r\n\r\n(x{70}\r\n)*$" % g.rcpts[0].split("@")[0].encode(), g.data):
        ok(False, "a message arrived damaged: " + g.rcpts[0])
        break
else:
    ok(True, "none of them damaged")
ok(m.queue() == [], "the queue is empty")
ok(m.queue("Qf") == [], "no message was set aside")
m.stop()

# junk in the queue
q = m.path("queue/")
for name, text in (("qf6AM39l5A000001", "V8\nT1795316987\nnonsense\n"), ("df6AM39l5A000001", "x\n"), ("qf6AM39l5A000002", ""),
                   ("qf6AM39l5A000003", "V8\nT1\nS<a>\nRPFD:<b@there.test>\n.\n"), ("tf6AM39l5A000004", "V8\n"), ("df6AM39l5A000005", "orphan\n")):
    with open(q + name, "w") as f:
        f.write(text)
    os.chmod(q + name, 0o600)
os.utime(q + "tf6AM39l5A000004", (1, 1))
n = len(sink.messages)
m.start()
m.send("a@client.test", ["after@there.test"], "Subject: after\n\nx\n")
eq(len(sink.wait(n + 1)), n + 1, "mail goes on beside junk")
m.command("-q")
ok("Qf6AM39l5A000001" in m.queue("Qf"), "a file that cannot be read is kept as Qf")
ok("Qf6AM39l5A000003" in m.queue("Qf"), "so is one without its content")
ok("tf6AM39l5A000004" not in m.queue("tf"), "the rest of a dead writer is removed")
ok("df6AM39l5A000005" in m.queue("df"), "content without an envelope stays for some days")
m.stop()
done_testing()
