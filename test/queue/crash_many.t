#!/usr/bin/env python3
"""kill -9 in the middle of a message to hundreds: only those whose delivery was under way get it twice, whatever CheckpointInterval says.

At most twenty deliveries of a destination are under way, and the names of at most one sector's recipients are not written yet.
"""
import os
import re
import signal
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta

NAMES = ["u%d" % i for i in range(300)]
DONE, AGAIN = 150, 50
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
done_testing()
