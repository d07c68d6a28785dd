#!/usr/bin/env python3
"""A role that hangs is noticed by the parent (Timeout.role), ended, and started anew; what was acknowledged is delivered; a machine that stood still kills nobody."""
import os
import re
import signal
import smtplib
import subprocess
import sys
import threading
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta

GROUPS = [["spool", "gate", "lookup"], ["smtpd", "resolver", "route"], ["client", "local", "auth"], ["sts", "keys", "log", "tally"]]
EVERY_ROLE = ("define(`confSTS', `True')define(`confSTS_DIRECTORY', `@DIR@/sts')define(`confSERVER_CERT', `@DIR@/cert')define(`confSERVER_KEY', `@DIR@/key')\n"
              "LOCAL_CONFIG\nKhits tally -w1h\n")


def roles(m):
    """{role: pid} of the processes that the parent started."""
    found = {}
    for pid in m.children():
        try:
            with open("/proc/%d/stat" % pid) as f:
                parent = int(f.read().rpartition(")")[2].split()[1])
            with open("/proc/%d/cmdline" % pid) as f:
                title = f.read()
        except OSError:
            continue
        word = re.match(r"sendmail: (\w+): ", title)
        if parent == m.process.pid and word:
            found[word.group(1)] = pid
    return found


def start(mc):
    m = Mta(mc_end=mc, args=("-q1s",))	# what was in the hands of one that was ended is tried again
    os.mkdir(m.path("sts"), 0o777)
    subprocess.check_call(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=here.test",
                           "-keyout", m.path("key"), "-out", m.path("cert")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.chmod(m.path("sts"), 0o777)
    text = open(m.cf).read().replace("@DIR@", m.dir)
    m.write("etc/sendmail.cf", text)
    return m.start()


class Sender(threading.Thread):
    """Mail all the time; `taken` are the messages that got their 250."""

    def __init__(self, m):
        super().__init__(daemon=True)
        self.m, self.taken, self.n, self.on = m, [], 0, True

    def run(self):
        while self.on:
            self.n += 1
            try:
                with smtplib.SMTP("127.0.0.1", self.m.port, local_hostname="client.test", timeout=5) as s:
                    s.sendmail("a@there.test", ["box@here.test"], "Subject: number %d.\r\n\r\nx\r\n" % self.n)
                self.taken.append(self.n)
            except (OSError, smtplib.SMTPException):
                pass
            time.sleep(0.02)

    def lost(self):
        have = set(map(int, re.findall(r"^Subject: number (\d+)\.", "\n".join(self.m.mail("box")), re.M)))
        return [n for n in self.taken if n not in have]


def replaced(m, role, pid):
    """It is found out, ended and replaced by one that answers."""
    said = r"role %s \(pid %d\) has not answered for 1 s \(Timeout\.role\): ended" % (role, pid)
    return (m.await_log(said) and m.await_log(r"role %s \(pid %d\) ended: signal 6" % (role, pid)) and
            until(lambda: roles(m).get(role) not in (None, pid)))


def group(names, results):
    m = start("define(`confTO_ROLE', `1s')" + EVERY_ROLE)
    if not until(lambda: set(names) <= set(roles(m))):
        results.append((False, "roles %s are there" % names))
        return
    sender = Sender(m)
    sender.start()
    until(lambda: len(sender.taken) > 3)
    for role in names:
        pid = roles(m)[role]
        os.kill(pid, signal.SIGSTOP)
        results.append((replaced(m, role, pid), "%s, stopped: found out, ended, replaced" % role))
        n = len(sender.taken)
        results.append((until(lambda: len(sender.taken) > n), "mail is taken after %s" % role))
    sender.on = False
    sender.join()
    if not until(lambda: not sender.lost()):
        diag(m.log()[-6000:])
    results.append((not sender.lost(), "of %s: what was acknowledged is delivered" % ", ".join(names)))
    m.stop()


results, threads = [], []
for names in GROUPS:
    threads.append(threading.Thread(target=group, args=(names, results)))
    threads[-1].start()
for t in threads:
    t.join()
for good, what in results:
    ok(good, what)

# ---- nobody is ended for what is not his fault
m = start("define(`confTO_ROLE', `1s')")
until(lambda: len(roles(m)) == 10)
before = roles(m)
everybody = [m.process.pid] + m.children()
for pid in everybody:
    os.kill(pid, signal.SIGSTOP)
time.sleep(3)
for pid in reversed(everybody):
    os.kill(pid, signal.SIGCONT)
m.send("a@there.test", ["still@here.test"], "Subject: x\n\nx\n")
ok(m.await_mail("still"), "a machine that stood still goes on")
eq(roles(m), before, "with the processes that it had")
ok("has not answered" not in m.log(), "nobody is said to hang")

# ---- a reload switches it off
m.write("etc/sendmail.cf", open(m.cf).read().replace("O Timeout.role=1s", "O Timeout.role=0"))
m.process.send_signal(signal.SIGHUP)
ok(m.await_log("was loaded again"), "loaded again, with Timeout.role=0")
pid = roles(m)["resolver"]
os.kill(pid, signal.SIGSTOP)
time.sleep(2.5)
eq((roles(m).get("resolver"), "has not answered" in m.log()), (pid, False), "0: for ever")
os.kill(pid, signal.SIGCONT)
m.stop()
done_testing()
