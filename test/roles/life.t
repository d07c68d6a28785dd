#!/usr/bin/env python3
"""The daemon's processes: titles, pid file, reload, replacement of what dies, limits, an orderly end."""
import atexit
import os
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import threading
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import mta
from tap import *
from mta import Mta

ROLES = ["log", "resolver", "lookup", "auth", "local", "client", "route", "spool", "smtpd", "gate"]


def processes(parent):
    """(pid, title) of the direct children."""
    out = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True).stdout
    rows = [line.split(None, 2) for line in out.splitlines()[1:]]
    return [(int(r[0]), r[2]) for r in rows if len(r) == 3 and int(r[1]) == parent]


def role_pids(m):
    found = {}
    for pid, title in processes(m.process.pid):
        word = title.split(": ")[1] if title.startswith("sendmail: ") and ": " in title else ""
        if word in ROLES:
            found.setdefault(word, pid)
    return found


def banner(m):
    try:
        with socket.create_connection(("127.0.0.1", m.port), 10) as s:
            return s.makefile("rb").readline().decode()
    except OSError as e:
        return str(e)


def deliver(m, name):
    m.send("x@there.test", ["%s@here.test" % name], "Subject: %s\n\nhello\n" % name)
    return len(m.await_mail(name)) == 1


def append(m, text):
    with open(m.cf, "a") as f:
        f.write(text)


# ---- the usual day
m = Mta(aliases="".join("u%d: box\n" % i for i in range(3)))
m.start()
ok(until(lambda: sorted(role_pids(m)) == sorted(ROLES)), "every role is a process with its title")
title = subprocess.run(["ps", "-o", "args=", "-p", str(m.process.pid)], capture_output=True, text=True).stdout
like(title, "^sendmail: accepting connections", "the parent's title is sendmail's")
with open(m.path("run/pid")) as f:
    lines = f.read().split("\n")
eq(lines[0], str(m.process.pid), "first line of the pid file: the process")
like(lines[1], r"sendmail -C \S+ -bD -q1h$", "second line: the command")
like(m.log, r"starting daemon \(.*\): SMTP\+queueing@01:00:00", "the start is logged")
like(banner(m), r"^220 here\.test ESMTP ", "a banner")
ok(deliver(m, "one"), "mail is delivered")

# ---- reload
old = m.smtp()
old.ehlo("before")
append(m, "O SmtpGreetingMessage=$j RELOADED\n")
m.process.send_signal(signal.SIGHUP)
ok(until(lambda: "RELOADED" in banner(m)), "SIGHUP: the new configuration is in force")
eq(old.noop()[0], 250, "a session from before goes on")
eq(old.sendmail("a@there.test", ["old@here.test"], "Subject: old\r\n\r\nx\r\n"), {}, "and takes mail")
eq(len(m.await_mail("old")), 1, "which is delivered")
old.quit()
ok(until(lambda: len(processes(m.process.pid)) == len(ROLES)), "then the processes that were replaced are gone")
before = role_pids(m)
append(m, "O NoSuchOption=1\nR$*\t$#nonsense\nQQQ\nMbroken\n")
m.process.send_signal(signal.SIGHUP)
ok(m.await_log("stays in force"), "a configuration that does not load: the old one stays in force")
like(m.log, r"sendmail\.cf: line \d+", "and the log says why")
like(banner(m), "RELOADED", "the daemon goes on")
eq(role_pids(m), before, "with the same processes")
ok(deliver(m, "two"), "and delivers")

def alive(pid):
    """A container's first process may not reap what it inherits: a zombie is gone too."""
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# ---- what dies is replaced
for role in ROLES:
    pid = role_pids(m).get(role)
    os.kill(pid, signal.SIGKILL)
    ok(until(lambda: role_pids(m).get(role) not in (None, pid)), "%s is replaced when it dies" % role)
ok(until(lambda: banner(m).startswith("220 ")), "afterwards the daemon greets")
ok(deliver(m, "three"), "and delivers")

# ---- the end
idle = m.smtp()
idle.ehlo("idle")
kids = m.children()
m.process.terminate()
eq(m.process.wait(20), 0, "SIGTERM: an orderly end")
try:
    code = idle.noop()[0]
except Exception:
    code = 421
eq(code, 421, "an idle session is told or closed")
ok(not os.path.exists(m.path("run/pid")), "the pid file is gone")
ok(until(lambda: not any(alive(p) for p in kids)), "no process is left")
like(m.log, "stopping daemon, reason=signal", "the end is logged")

# ---- limits
m = Mta(mc="define(`confMAX_DAEMON_CHILDREN', `2')define(`confCONNECTION_RATE_THROTTLE', `50')\n")
m.start()
until(lambda: len(role_pids(m)) == len(ROLES))


def admitted():
    """A session, once connections that were here before are forgotten."""
    try:
        return m.smtp()
    except smtplib.SMTPConnectError:
        return None


a, b = until(admitted), until(admitted)
like(banner(m), r"^421 4\.3\.2 ", "MaxDaemonChildren: one more is refused")
a.quit()
ok(until(lambda: banner(m).startswith("220 ")), "until one leaves")
b.quit()
m.write("run/pid", "1\nanother daemon\n")
m.stop()
ok(os.path.exists(m.path("run/pid")), "a pid file that names another process stays")

# ---- no descriptors left
m = Mta()
m.process = subprocess.Popen(["sh", "-c", "ulimit -n 70; exec \"$@\"", "sh", mta.SENDMAIL, "-C", m.cf, "-bD"], stdin=subprocess.DEVNULL,
                             stdout=open(m.path("log"), "ab"), stderr=subprocess.STDOUT, env=dict(os.environ, ANGARIUM_LOG="1"))
ok(await_port(m.port), "a daemon with few descriptors") or diag(m.log()[-3000:])
held = []
for _ in range(90):
    s = socket.create_connection(("127.0.0.1", m.port), 10)
    held.append((s, s.makefile("rb").readline()))
ok(any(line.startswith(b"220 ") for _, line in held), "serves as many as it can")
ok(all(line[:4] in (b"220 ", b"421 ") for _, line in held) and any(line.startswith(b"421 ") for _, line in held),
   "and tells the others to come back")
for s, _ in held:
    s.close()
ok(until(lambda: banner(m).startswith("220 ")) and deliver(m, "few"), "then it goes on")
m.stop()

# ---- who speaks before the banner
m = Mta(mc="FEATURE(`greet_pause', `20000')\n")
m.start()
with socket.create_connection(("127.0.0.1", m.port), 10) as s:
    s.sendall(b"EHLO early\r\n")
    like(s.makefile("rb").readline().decode(), r"^554 ", "who speaks before the banner is not welcome")
m.stop()

# ---- a new program
m = Mta()
copy = m.path("run/sendmail")
shutil.copy(mta.SENDMAIL, copy)
os.chmod(copy, 0o755)
m.program, original = copy, mta.SENDMAIL
m.start()
until(lambda: len(role_pids(m)) == len(ROLES))
before = role_pids(m)
shutil.copy(original, copy + ".new")
os.chmod(copy + ".new", 0o755)
os.rename(copy + ".new", copy)
m.process.send_signal(signal.SIGHUP)
ok(until(lambda: len(role_pids(m)) == len(ROLES) and not set(role_pids(m).values()) & set(before.values())),
   "SIGHUP with a new program: everything starts anew, under the same process id")
ok(until(lambda: banner(m).startswith("220 ")) and deliver(m, "new"), "and works")

# ---- starts that fail
r = m.command("-bD", "-q1h", "-O", "PidFile=" + m.path("run/pid2"))
eq(r[0], 69, "an address in use: EX_UNAVAILABLE")
like(r[2], r"listen on 127\.0\.0\.1 port %d: Address already in use" % m.port, "and says which")
m.stop()
taken = socket.socket()
taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
taken.bind(("127.0.0.1", m.port))
taken.listen()
threading.Timer(0.7, taken.close).start()
m.start()
ok(until(lambda: banner(m).startswith("220 ")), "one that is given up a moment later is waited for")
m.stop()
append(m, "O NoSuchOption=1\nQQQ\nMbroken\n")
r = m.command("-bD")
eq(r[0], 78, "a broken configuration: EX_CONFIG")
like(r[2], r"sendmail\.cf: line \d+: ", "and says where")

# ---- a host without a domain
m = Mta(mc="define(`confDOMAIN_NAME', `shortie')\n").start()
ok(m.await_log(r"unable to qualify my own domain name \(shortie\) -- using short name"), "a name without a domain is told")
m.stop()

# ---- in the background
m = Mta()


def end_background(path=m.path("run/pid")):
    try:
        with open(path) as f:
            os.kill(int(f.readline()), signal.SIGTERM)
    except (OSError, ValueError):
        pass


atexit.register(end_background)
r = m.command("-bd", "-q1h")
eq(r[0], 0, "-bd comes back at once")
ok(await_port(m.port), "and serves in the background")
with open(m.path("run/pid")) as f:
    pid = int(f.readline())
ok(deliver(m, "back"), "it delivers")
os.kill(pid, signal.SIGTERM)
ok(until(lambda: not os.path.exists(m.path("run/pid"))), "SIGTERM ends it")
done_testing()
