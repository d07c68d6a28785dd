#!/usr/bin/env python3
"""The schedule is fair: a slow site does not hold up the others, a mass mailing does not hold up a single letter, a dead site costs few attempts."""
import os
import re
import socket
import sys
import threading
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink

N = 300
slow = Sink(addr="127.0.0.2")
slow.permits = threading.Semaphore(1)		# it takes one message, and then as many as the test says
fast = Sink(addr="127.0.0.3", port=slow.port)
m = Mta(mc="define(`ESMTP_MAILER_ARGS', `TCP $h %d')\n" % slow.port)
m.start()
s = m.smtp()
s.ehlo("client.test")


def send(sender, rcpt, name):
    s.mail(sender)
    s.rcpt(rcpt)
    return s.data("Subject: %s\r\n\r\nx\r\n" % name)[0]


codes = [send("mass@client.test", "r%d@[127.0.0.2]" % i, "mass") for i in range(N)]
eq(codes, [250] * N, "a mass mailing to a slow site is taken")
slow.wait(1)
send("one@client.test", "x@[127.0.0.3]", "elsewhere")
fast.wait(1)
eq((len(fast.messages), len(slow.messages)), (1, 1), "a letter to another site passes it")
send("one@client.test", "local@here.test", "here")
m.await_mail("local")
eq((len(m.mail("local")), len(slow.messages)), (1, 1), "so does local mail")
send("one@client.test", "letter@[127.0.0.2]", "letter")
for n in range(2, N + 2):
    slow.permits.release()
    if len(slow.wait(n)) < n or "one@client.test" in [g.sender for g in slow.messages]:
        break
senders = [g.sender for g in slow.messages]
before = senders.index("one@client.test") if "one@client.test" in senders else N
ok(before < N, "a letter to the same site does not wait for the end of it (%d of %d before it)" % (before, N))
for _ in range(N):
    slow.permits.release()
got = slow.wait(N + 1)
eq(sorted(set(r for g in got for r in g.rcpts)) == sorted(["r%d@[127.0.0.2]" % i for i in range(N)] + ["letter@[127.0.0.2]"]) and len(got), N + 1,
   "everything arrives, once")
ok(m.await_queue(0), "and nothing is left")
sessions = len([c for c in slow.commands if c.startswith("EHLO")])
ok(sessions <= N // 3, "sessions are used for several messages (%d for %d)" % (sessions, N + 1))

# a site whose server hangs up at once
dead = socket.socket()
dead.bind(("127.0.0.4", slow.port))
dead.listen(50)
count = []


def hang_up():
    while True:
        c, _ = dead.accept()
        count.append(1)
        c.close()


threading.Thread(target=hang_up, daemon=True).start()
for i in range(60):
    send("mass@client.test", "d%d@[127.0.0.4]" % i, "dead")
end = time.monotonic() + 30
while time.monotonic() < end and len(set(re.findall(r"to=<(d\d+)@\[127\.0\.0\.4\]>.*stat=Deferred", m.log()))) < 60:
    time.sleep(0.05)
eq(len(set(re.findall(r"to=<(d\d+)@\[127\.0\.0\.4\]>.*stat=Deferred", m.log()))), 60, "mail for a dead site waits")
ok(1 <= len(count) <= 12, "and costs few connections (%d)" % len(count))
s.quit()
m.stop()

# a queue run is not one message after the other
slow.permits = threading.Semaphore(0)
before = len(slow.messages), len(fast.messages)
m.start("-ODeliveryMode=q")
s = m.smtp()
s.ehlo("client.test")
codes = [send("mass@client.test", "q%d@[127.0.0.2]" % i, "queued") for i in range(30)] + [send("one@client.test", "q@[127.0.0.3]", "queued, and by its size the last of them")]
s.quit()
m.stop()
eq(codes, [250] * 31, "mail is only queued")
m.start()
fast.wait(before[1] + 1)
eq((len(fast.messages), len(slow.messages)), (before[1] + 1, before[0]), "in a queue run, too, others pass a slow site")
for _ in range(30):
    slow.permits.release()
slow.wait(before[0] + 30)
m.stop()
done_testing()
