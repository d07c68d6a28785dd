#!/usr/bin/env python3
"""Several front processes: limits count for all of them together, one that dies takes only its own connections along, and a reload retires them all."""
import os
import signal
import subprocess
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mailsite import *


def fronts(site):
    rows = [x.split(None, 2) for x in subprocess.run(["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True).stdout.splitlines()]
    return {int(r[0]) for r in rows if int(r[1]) == site.procs["imapd"].pid and "front" in r[2]}


def await_fronts(site, n, without=()):
    end, got = time.monotonic() + 60, set()
    while time.monotonic() < end:
        got = fronts(site)
        if len(got) == n and not got & set(without):
            break
        time.sleep(0.02)
    return got


def connect(site, n):
    """Connections until one is refused: those that are greeted, and what the last one heard."""
    got = []
    for _ in range(n):
        r = site.raw()
        line = r.line()
        if not line.startswith("* OK"):
            r.close()
            return got, line
        got.append(r)
    return got, ""


site = Site("maildir", extra="O FrontProcesses=3\nO MaxConnectionsPerIP=12\n").start("imapd")
site.await_log("imapd", "ready")
eq(len(await_fronts(site, 3)), 3, "as many fronts as FrontProcesses says")


def fill(n):
    """n connections and what the next hears; those that closed a moment ago may still be counted."""
    end, got, last = time.monotonic() + 60, [], ""
    while len(got) < n and time.monotonic() < end:
        for r in got:
            r.close()
        got, last = connect(site, n + 3)
    return got, last


for _ in range(3):                              # whichever front accepts
    got, last = fill(12)
    eq(len(got), 12, "connections from one address are counted by all together")
    like(last, r"^\* BYE too many connections from your address", "and the next is told why")
    for r in got:
        r.close()

# one front dies
got, _ = fill(12)
before = fronts(site)
victim = min(before)
os.kill(victim, signal.SIGKILL)
ok(site.await_log("imapd", "role front died, it is started again"), "a front was killed")
alive = 0
for r in got:
    try:
        alive += " OK" in r.command("n", "NOOP")
    except OSError:
        pass
    r.close()
now = await_fronts(site, 3, [victim])
eq(len(now), 3, "and is there again")
eq(len(now & before), 2, "the others never left")
diag("%d of 12 connections lived on" % alive)
got, _ = fill(12)
eq(len(got), 12, "what the dead one had counted is forgotten")
for r in got:
    r.close()
m = None
end = time.monotonic() + 60
while m is None and time.monotonic() < end:
    try:
        m = site.imap()
    except (OSError, imaplib.IMAP4.error):
        time.sleep(0.02)
eq(m.noop()[0], "OK", "logins work")

# a reload
before = fronts(site)
with open(site.cf) as f:
    text = f.read()
with open(site.cf, "w") as f:
    f.write(text.replace("FrontProcesses=3", "FrontProcesses=2"))
site.procs["imapd"].send_signal(signal.SIGHUP)
ok(site.await_log("imapd", "configuration taken over"), "a reload")
eq(m.noop()[0], "OK", "a session goes on")
m.logout()
eq(len(await_fronts(site, 2, before)), 2, "there are as many as it says now, and the old ones leave")

site = Site("maildir", extra="O FrontProcesses=2\nO MaxConnections=7\n").start("imapd")
got, last = connect(site, 20)
eq(len(got), 7, "MaxConnections is for all together")
like(last, r"^\* BYE too many connections, try again", "and says so")
done_testing()
