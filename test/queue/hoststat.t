#!/usr/bin/env python3
"""HostStatusDirectory: who writes it, what -bh and -bH make of it, and that a host known to be down is left alone by other processes."""
import os
import re
import subprocess
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap
from tap import *
from mta import Mta, Sink

sink = Sink(addr="127.0.0.2")
mc = "define(`confHOST_STATUS_DIRECTORY', `.hoststat')\ndefine(`ESMTP_MAILER_ARGS', `TCP $h %d')\n" % sink.port
m = Mta(mc=mc, args=())
code, out, err = m.command("-bh")
ok("Cannot use HostStatusDirectory" in err and out == "", "a directory that is not there is named")
os.mkdir(m.path("queue/.hoststat"))
m.start()


def hosts(*argv):
    code, out, err = m.command("-bh", *argv)
    return code, out


def record(name):
    return open(m.path("queue/.hoststat/" + name)).read()


def written(host):
    """The record follows the log line."""
    end = time.monotonic() + 20
    while time.monotonic() < end and not (os.path.exists(m.path("queue/.hoststat/" + host)) and record(host).endswith("\n.\n")):
        time.sleep(0.05)


m.send("a@client.test", ["b@[127.0.0.2]"], "Subject: up\n\nx\n")
sink.wait(1)
ok(m.await_queue(0), "a message goes out")
written("2./0./0./127")
like(record("2./0./0./127"), r"\AV0\nE0\nH0\nS0\nD2\.0\.0\nR250 2\.0\.0 ok\nU\d+\n\.\n\Z", "the host's record is in sendmail's form")
code, out = hosts()
like(out, r"\A -------------- Hostname --------------- How long ago ---------Results---------\n"
     r" 127\.0\.0\.2                                   00:00:\d\d 250 2\.0\.0 ok\n\Z", "-bh prints it in sendmail's shape")

# down: 127.0.0.9 has no server on that port
m.send("a@client.test", ["b@[127.0.0.9]"], "Subject: down\n\nx\n")
ok(m.await_log(r"to=<b@\[127\.0\.0\.9\]>.*stat=Deferred: Connection refused by"), "a host that is down")
written("9./0./0./127")
like(record("9./0./0./127"), r"\AV0\nE\d+\nH0\nS75\nD4\.4\.1\nRDeferred: Connection refused by .*\nU\d+\n\.\n\Z", "is written down")
like(hosts()[1], r"\n 127\.0\.0\.9 +00:00:\d\d Deferred: Connection refu\n", "cut to the width of a screen")
like(hosts("-v")[1], r"\n 127\.0\.0\.9 +00:00:\d\d Deferred: Connection refused by \S+\n", "or in full length with -v")
name = os.path.join(m.dir, "hoststat")
os.symlink(os.path.join(tap.OBJ, "sendmail", "sendmail"), name)
out = subprocess.run([name, "-C", m.cf], capture_output=True, text=True, timeout=60).stdout
like(out, r" 127\.0\.0\.9 ", "hoststat is a name of it")
name = os.path.join(m.dir, "purgestat")
os.symlink(os.path.join(tap.OBJ, "sendmail", "sendmail"), name)
eq(subprocess.run([name, "-C", m.cf], capture_output=True, text=True, timeout=60).returncode, 0, "purgestat is one, too")

# another process leaves it alone
before = len(re.findall("Connection refused", m.log()))
m.stop()
os.utime(m.path("queue/.hoststat/9./0./0./127"))
with open(m.path("queue/.hoststat/9./0./0./127"), "w") as f:
    f.write("V0\nE111\nH0\nS75\nD4.4.1\nRDeferred: told by another process\nU%d\n.\n" % time.time())
code, out, err = m.command("-q", env=dict(os.environ, ANGARIUM_LOG="stderr"))
like(err, r"stat=Deferred: told by another process", "a queue run does not try a host that another process found down")
eq(len(m.queue()), 1, "its message waits")
plain = open(m.cf).read()
with open(m.cf, "w") as f:
    f.write(re.sub(r"(?m)^(Mesmtp,.*F=)", r"\1W", plain))
code, out, err = m.command("-q", env=dict(os.environ, ANGARIUM_LOG="stderr"))
like(err, r"stat=Deferred: Connection refused", "mailer flag W: what is written down is not looked at")
with open(m.path("queue/.hoststat/9./0./0./127"), "w") as f:
    f.write("V0\nE111\nH0\nS75\nD4.4.1\nRDeferred: told by another process\nU%d\n.\n" % time.time())
with open(m.cf, "w") as f:
    f.write(plain)
code, out, err = m.command("-qRb@", env=dict(os.environ, ANGARIUM_LOG="stderr"))
like(err, r"stat=Deferred: Connection refused", "but it does when the message is asked for")

# purge
path = m.path("queue/.hoststat/9./0./0./127")
eq(m.command("-bH")[0], 0, "-bH")
ok(os.path.exists(path), "keeps what is fresh")
os.utime(path, (1, 1))
m.command("-bH")
ok(not os.path.exists(path) and not os.path.exists(os.path.dirname(path)) and os.path.exists(m.path("queue/.hoststat/2./0./0./127")),
   "and removes what is older than Timeout.hoststatus")
with open(m.path("queue/.hoststat/2./0./0./127"), "w") as f:
    f.write("junk\n")
code, out, err = m.command("-bh")
ok(code != 0 and "could not read status file" in err, "junk is complained of")

# one at a time
os.unlink(m.path("queue/.hoststat/2./0./0./127"))
lock = subprocess.Popen([sys.executable, "-c", """
import fcntl, os, sys, time
f = open(sys.argv[1], "w")
fcntl.flock(f, fcntl.LOCK_EX)
print("locked", flush=True)
sys.stdin.read()
""", m.path("queue/.hoststat/2./0./0./127")], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
lock.stdout.readline()
m.start("-OSingleThreadDelivery=true")
m.send("a@client.test", ["c@[127.0.0.2]"], "Subject: single\n\nx\n")
ok(m.await_log(r"to=<c@\[127\.0\.0\.2\]>.*SingleThreadDelivery"), "SingleThreadDelivery: not while another process talks with the host")
like(hosts()[1], r"(?m)^\*127\.0\.0\.2 ", "which -bh marks with an asterisk")
lock.stdin.close()
lock.wait(20)
n = len(sink.messages)
for i in range(5):
    m.send("a@client.test", ["d%d@[127.0.0.2]" % i], "Subject: one by one\n\nx\n")
eq(len(sink.wait(n + 5)), n + 5, "then one after the other")
m.stop()
done_testing()
