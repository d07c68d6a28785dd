#!/usr/bin/env python3
"""near: while there are few sessions, they and gate run on the processor where their client's packets come in (os/near.c); with more of them anywhere."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

cpus = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
if sys.platform != "linux" or len(cpus) < 2:
    skip("where sessions run", "this needs Linux and two processors")
    done_testing()
    sys.exit(0)
host = Host()


def begin():
    t = Talk(host.port)
    t.reply()
    t.cmd("EHLO me.test")
    return t


def message(t):
    """The process that took a message, as its log line has it."""
    for line in ("MAIL FROM:<root@here.test>", "RCPT TO:<root@here.test>", "DATA"):
        t.cmd(line)
    r = t.cmd("Subject: near\r\n\r\n.")
    qid = re.match(r"250 2\.0\.0 (\S+) ", r)
    line = qid and host.await_log(r"\[(\d+)\]: %s: from=" % qid[1])
    return (int(line[1]), r) if line else (None, r + host.log())


def places(pid, want):
    """the processors that it may use, as soon as they are these"""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        now = os.sched_getaffinity(pid)
        if now == want:
            break
        time.sleep(0.01)
    return sorted(now)


def gate():
    for p in os.listdir("/proc"):
        try:
            with open("/proc/%s/cmdline" % p) as f, open("/proc/%s/stat" % p) as g:
                if "gate: accepting" in f.read() and int(g.read().rsplit(")", 1)[1].split()[1]) == host.process.pid:
                    return int(p)
        except (OSError, ValueError):
            pass
    return None


for cpu in cpus[:2] + cpus[:1]:
    os.sched_setaffinity(0, {cpu})
    t = begin()
    pid, said = message(t)
    ok(pid, "a client on processor %d sends a message" % cpu) or diag(said)
    eq(places(pid, {cpu}), [cpu], "... to a process that runs there")
    eq(places(gate(), {cpu}), [cpu], "... and gate does")
    t.cmd("QUIT")
    t.close()

talks = [begin() for _ in range(6)]
os.sched_setaffinity(0, set(cpus))
pid, said = message(talks[-1])
ok(pid, "the last one of six sends a message") or diag(said)
eq(places(pid, set(cpus)), cpus, "... to a process that may run anywhere")
eq(places(gate(), set(cpus)), cpus, "... as gate may")
for t in talks:
    t.cmd("QUIT")
    t.close()

host.stop()
done_testing()
