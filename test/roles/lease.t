#!/usr/bin/env python3
"""Workers that are lent (decision 0044): mail goes past sleeping masters; deaths, reloads and an end in the middle lose nothing."""
import collections
import os
import signal
import smtplib
import subprocess
import sys
import threading
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink

sink = Sink()
m = Mta(smart_host=sink, args=("-q1s",), mc="define(`confMIN_QUEUE_AGE', `0')\ndefine(`confTO_HOSTSTATUS', `1s')\n")
m.start()
sent = []


def processes():
    """(pid, parent, title) of all that are alive."""
    out = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True).stdout
    rows = [line.split(None, 2) for line in out.splitlines()[1:]]
    return [(int(r[0]), int(r[1]), r[2]) for r in rows if len(r) == 3 and "defunct" not in r[2]]


def masters(*roles):
    return [pid for pid, parent, title in processes()
            if parent == m.process.pid and any(title.startswith("sendmail: %s: ready" % r) for r in roles)]


def victims(role):
    """The workers that have served: those that die before they answered anything make their master slow to start others."""
    parents = masters(role)
    mine = [(pid, title) for pid, parent, title in processes() if parent in parents]
    busy = [pid for pid, title in mine if not title.endswith(": idle")]
    return busy or [pid for pid, _ in mine[:1]]


def post(name):
    m.send("a@client.test", [name + "@there.test"], "Subject: %s\n\nhello\n" % name)
    sent.append(name)


def burst(name):
    """One message after the other, so that each goes the way of the one before: whoever took it will be lent."""
    for k in range(15):
        post("%s.%d" % (name, k))
        until(lambda: sent[-1] in arrived())


def arrived():
    with sink.cond:
        return [r.split("@")[0] for g in sink.messages for r in g.rcpts]


def signal_all(pids, what):
    for p in pids:
        try:
            os.kill(p, what)
        except ProcessLookupError:
            pass


def past(*roles):
    """Does a message arrive while these masters sleep?  On a slow machine nobody asks so much that a worker is lent to him, or it is back: more than once."""
    for i in range(30):
        burst("burst-%s-%d" % (roles[0], i))
        name = "past-%s-%d" % (roles[0], i)
        asleep = masters(*roles)
        poster = threading.Thread(target=post, args=(name,))
        signal_all(asleep, signal.SIGSTOP)
        poster.start()
        end = time.monotonic() + 2
        while name not in arrived() and time.monotonic() < end:
            time.sleep(0.01)
        there = name in arrived()
        signal_all(asleep, signal.SIGCONT)
        poster.join(60)
        if there:
            return len(asleep) == len(roles)
    return False


ok(past("route", "client"), "mail is routed and delivered while the masters of route and client sleep")
ok(past("smtpd"), "and comes in while that of smtpd does")
ok(until(lambda: set(sent) <= set(arrived())), "all of it arrives")
eq(len(arrived()), len(sent), "once")

# ---- death with a question open
for role in ("client", "route", "smtpd"):
    burst("before-%s" % role)
    if role == "client":
        sink.permits = threading.Semaphore(0)
        post("held")
        ok(until(lambda: sink.commands[-1].startswith("DATA")), "a message is in the middle of its delivery")
    signal_all(victims(role), signal.SIGKILL)
    if role == "client":
        sink.permits = None
    ok(until(lambda: set(sent) <= set(arrived())), "workers of %s are killed: everything arrives" % role)


def goes_on():
    """The first connection may still have been for one that was dying."""
    try:
        post("end")
        return True
    except (OSError, smtplib.SMTPException):
        return False


ok(until(goes_on), "mail is taken again")
ok(until(lambda: "end" in arrived()), "and goes out")

# ---- reload and stop while mail comes in
stop, acked, lock = threading.Event(), [], threading.Lock()


def sender(n):
    i = 0
    while not stop.is_set():
        name = "load%d.%d" % (n, i)
        i += 1
        try:
            m.send("a@client.test", [name + "@there.test"], "Subject: %s\n\nhello\n" % name)
            with lock:
                acked.append(name)
        except (OSError, smtplib.SMTPException):
            time.sleep(0.02)


threads = [threading.Thread(target=sender, args=(n,), daemon=True) for n in range(2)]
for t in threads:
    t.start()
for i in range(3):
    n, log = len(acked) + 20, len(m.log())
    ok(until(lambda: len(acked) >= n), "mail comes in")
    m.process.send_signal(signal.SIGHUP)
    ok(until(lambda: "was loaded again" in m.log()[log:]), "reload %d" % (i + 1))
n = len(acked) + 20
ok(until(lambda: len(acked) >= n), "and still comes in")
ok(until(lambda: len(masters("route")) == len(masters("client")) == len(masters("smtpd")) == 1), "the masters of before are gone")
m.stop()
m.start()
n = len(acked) + 5
ok(until(lambda: len(acked) >= n), "after a stop, too")
stop.set()
for t in threads:
    t.join(60)
ok(until(lambda: set(acked) <= set(arrived())), "every message that was taken arrived")
of = collections.Counter(arrived())
eq([x for x in acked if of[x] > 1], [], "none twice")
m.stop()
sink.stop()
done_testing()
