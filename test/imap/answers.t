#!/usr/bin/env python3
"""Wrong answers between the processes of imapd: a role that lies harms itself alone; whoever has a session keeps it, and logins work once it is honest again.

Each answered request of front_int.h is lied about in each way that src/lib/proc/lie_kit.h knows, by each role that answers it, and by the checker's children."""
import os
import re
import signal
import subprocess
import sys
import threading
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from lie import *
from mailsite import *

LIAR = os.path.join(OBJ, "imapd", "liar")
BAD = (OSError, imaplib.IMAP4.error)
if not os.path.exists("/proc/self/exe"):
    skip("wrong answers", "lie_kit.h needs Linux's /proc")
    done_testing()
    sys.exit()


class Liar:
    def __init__(self):
        self.site = Site("maildir", as_root=True, extra="O FrontProcesses=1\nO RoleTimeout=1s\nO LoginTimeout=5m\nO MaxConnectionsPerIP=1000\n")
        self.lies = Lies(LIAR, self.site.path("bin"), "imapd")
        self.site.programs["imapd"] = self.lies.program

    def login(self, user="joe", tls=True):
        """A session, or None."""
        m = None
        try:
            m = (imaplib.IMAP4_SSL("127.0.0.1", self.site.ports["imaps"], ssl_context=self.site.context(), timeout=60) if tls else
                 imaplib.IMAP4("127.0.0.1", self.site.ports["imap"], timeout=60))
            m.authenticate("PLAIN", lambda _: ("\0%s\0%s" % (user, PASSWORD)).encode())
            return m
        except BAD:
            if m is not None:
                try:
                    m.shutdown()
                except OSError:
                    pass
            time.sleep(0.05)
            return None

    def drive(self, request):
        """What makes somebody ask."""
        if request in ("MECHS", "KEYS"):
            self.site.procs["imapd"].send_signal(signal.SIGHUP)
            time.sleep(0.2)
        m = self.login()
        if m is not None:
            m.logout()

    def descriptors(self, liar):
        """Descriptors that came with lies and are still open in others."""
        bad, top = [], self.site.procs["imapd"].pid
        for pid, up, title in processes():
            if (pid == top or up == top) and title != "imapd: " + liar:
                try:
                    n = lie_descriptors(pid)
                except OSError:
                    continue
                if n:
                    bad.append("%d in %s" % (n, title))
        return bad


def processes():
    return [(int(r[0]), int(r[1]), r[2].strip()) for r in
            (x.split(None, 2) for x in subprocess.run(["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True).stdout.splitlines())]


def lives(m):
    try:
        return m.noop()[0] == "OK"
    except BAD:
        return False


def one_role(d, role, requests, results):
    site = d.site
    for name, kind in requests:
        for i, way in enumerate(WAYS):
            if role == "front" or name in ("MECHS", "KEYS"):	# TLS is the front's, and it ends when it is asked in vain
                kept = [until(lambda: d.login(tls=False))]
            else:
                kept = [until(lambda: d.login(tls=t)) for t in (True, False)]
            before = len(site.log("imapd"))
            d.lies.lie(role, kind, i, 1 if name in ("MECHS", "KEYS") else 2)		# after each of those everything starts anew
            said = until(lambda: d.lies.told() > 0 or d.drive(name) or d.lies.told() > 0)
            d.lies.lie(role, kind, i, 0)
            m = until(d.login)
            went_on = all(x is not None and lives(x) for x in kept)
            new = site.log("imapd")[before:]
            expelled = set(re.findall(r"(\w+) \d+ asked what it may not", new)) - {role}
            left = [] if until(lambda: not d.descriptors(role), 10) else d.descriptors(role)
            fine = said and m is not None and went_on and not expelled and not left and site.procs["imapd"].poll() is None and "forbidden" not in new
            for x in kept + [m]:
                try:
                    x.logout()
                except (AttributeError,) + BAD:
                    pass
            if len(sys.argv) > 1:
                print("#", role, name, way, "told", bool(said), "login", m is not None, "kept", went_on, "expelled", expelled, "left", left, "%.1f" % time.monotonic(), flush=True)
            results.append((bool(fine), "%s of %s: %s" % (name, role, way), "" if fine else "told %s, login %s, kept %s, expelled %s, left %s\n%s" % (
                said, m is not None, went_on, expelled, left, new[-3000:])))


answered = subprocess.run([LIAR, "-answered"], capture_output=True, text=True).stdout
work = {}
for line in answered.splitlines():
    name, kind, role = line.split()
    work.setdefault(role, []).append((name, int(kind)))
if len(sys.argv) > 1:
    work = {r: [q for q in work[r] if len(sys.argv) < 3 or q[0] in sys.argv[2:]] for r in sys.argv[1:2]}
results, liars = {r: [] for r in work}, {r: Liar() for r in work}
for d in liars.values():
    d.site.start("imapd")		# not in the threads: a program that is being copied cannot be started
threads = [threading.Thread(target=one_role, args=(liars[r], r, work[r], results[r])) for r in work]
for t in threads:
    t.start()
for t in threads:
    t.join()
for role in work:
    eq(len(results[role]), len(work[role]) * len(WAYS), "all of %s was tried" % role)
    for good, what, why in results[role]:
        ok(good, what) or diag(why)
done_testing()
