#!/usr/bin/env python3
"""kill -9 in the middle of a message to hundreds: only those whose delivery was under way get it twice, whatever CheckpointInterval says.

At most twenty deliveries of a destination are under way, and the names of at most one sector's recipients are not written yet.
"""
import os
import re
import signal
import subprocess
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, SENDMAIL

NAMES = ["u%d" % i for i in range(300)]
DONE, AGAIN = 150, 50
ALONE = 60
MC = "define(`confCHECKPOINT_INTERVAL', `10000')\ndefine(`confMIN_QUEUE_AGE', `0')\n"
DELIVER = """#!/bin/sh
[ -e "$1/go" ] || exit 75
n=0
while [ -e "$1/$2.$n.mail" ]; do n=$((n + 1)); done
cat >"$1/$2.$n.tmp" && mv "$1/$2.$n.tmp" "$1/$2.$n.mail"
"""


def users(m):
    return [f.split(".")[0] for f in os.listdir(m.path("mail")) if f.endswith(".mail")]


def kill_spool(m):
    for p in m.children():
        try:
            with open("/proc/%d/cmdline" % p, "rb") as f:
                if b"spool: " in f.read():
                    os.kill(p, signal.SIGKILL)
        except OSError:
            pass


def kill_all(m):
    m.kill()
    m.start()


def run(what, rcpts, kill, aliases="", first=True):
    m = Mta(mc=MC, aliases=aliases, args=("-q1s",))
    m.write("deliver", DELIVER, 0o755)
    if first:
        m.write("mail/go", "")
    m.start()
    m.await_log("the journal takes messages")
    m.send("a@client.test", rcpts, "Subject: many\n\nx\n")
    if not first:
        m.await_qf(r"(?m)^N[1-9]")
        m.write("mail/go", "")
    until(lambda: len(users(m)) >= DONE)
    kill(m)
    had = len(users(m))
    ok(m.await_queue(0, seconds=120), what + ": it is delivered to the end")
    got = users(m)
    eq(sorted(set(got)), sorted(NAMES), "... to everybody")
    ok(had >= DONE and len(got) - len(NAMES) <= AGAIN, "... and of %d who had it before, only to %d twice" % (had, len(got) - len(NAMES)))
    m.stop()
    return m


run("the spool role is killed", [n + "@here.test" for n in NAMES], kill_spool)
run("all roles are killed, a list", ["crowd@here.test"], kill_all, "crowd: " + ", ".join(NAMES) + "\n")
run("the spool role is killed in a queue run", [n + "@here.test" for n in NAMES], kill_spool, first=False)


known = {}


def below(top):
    """The processes that a run started, also those whose parent has died: the folder of the configuration is in no title, so they are kept in mind."""
    found = known.setdefault(top, {top})
    for line in subprocess.run(["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True).stdout.splitlines():
        pid, up, stat = line.split(None, 2)
        if int(up) in found:
            found.add(int(pid))
    alive = []
    for pid in found:
        try:
            with open("/proc/%d/stat" % pid) as f:
                if f.read().rpartition(")")[2].split()[0] != "Z":
                    alive.append(pid)
        except OSError:
            pass
    return alive


def spool_of(top):
    """The role that keeps the queue, and its helpers."""
    out = []
    for pid in below(top):
        try:
            with open("/proc/%d/cmdline" % pid) as f:
                if "spool" in f.read():
                    out.append(pid)
        except OSError:
            pass
    return out


def alone(what, victim):
    """No daemon, no journal: `sendmail -q`, of which a part or everything dies.  What was done is written into the qf each CheckpointInterval (10) recipients."""
    m = Mta(mc="define(`confMIN_QUEUE_AGE', `0')\n")
    m.write("deliver", DELIVER, 0o755)
    m.write("mail/go", "")
    rc, _, err = m.command("-odq", "-f", "a@client.test", *[n + "@here.test" for n in NAMES], input="Subject: many\n\nx\n")
    eq((rc, err), (0, ""), what + ": a message to many waits")
    run_ = subprocess.Popen([SENDMAIL, "-C", m.cf, "-q"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: len(users(m)) >= DONE)
    for pid in victim(run_.pid):
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass
    run_.wait()
    quiet = until(lambda: not below(run_.pid), 20)
    ok(quiet, "... of the run nobody is left")
    time.sleep(0.2)
    had = len(users(m))
    again = 0
    while m.waiting() and again < 5:
        m.command("-q")
        again += 1
    got = users(m)
    eq(sorted(set(got)), sorted(NAMES), "... the next run delivers to everybody")
    ok(had >= DONE and len(got) - len(NAMES) <= ALONE, "... and of %d who had it before, only to %d twice" % (had, len(got) - len(NAMES)))
    eq((m.waiting(), m.queue("Qf"), again <= 2), (0, [], True), "... and nothing is left")


alone("all of sendmail -q is killed", below)
alone("its parent is killed", lambda top: [top] if below(top) else [])
alone("its spool is killed", spool_of)
done_testing()
