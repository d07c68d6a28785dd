#!/usr/bin/env python3
"""A process of imapd and popd that hangs is noticed by the parent (RoleTimeout), ended, and started anew; a machine that stood still kills nobody."""
import os
import re
import signal
import subprocess
import sys
import threading
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mailsite import *


def roles(site, daemon):
    """{role: pid} of the processes that the parent started."""
    rows = [x.split(None, 2) for x in subprocess.run(["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True).stdout.splitlines()]
    found = [(re.match(r"%s: (\w+)$" % daemon, r[2].strip()), int(r[0])) for r in rows if int(r[1]) == site.procs[daemon].pid]
    return {m.group(1): pid for m, pid in found if m}


def all_there(site, daemon):
    return until(lambda: set(roles(site, daemon)) == {"front", "auth", "keys"})


def login(site, daemon):
    """Inside TLS, so that front, auth and keys all take part."""
    try:
        if daemon == "imapd":
            m = imaplib.IMAP4_SSL("127.0.0.1", site.ports["imaps"], ssl_context=site.context(), timeout=60)
            m.login("joe", PASSWORD)
            m.logout()
        else:
            p = poplib.POP3_SSL("127.0.0.1", site.ports["pop3s"], context=site.context(), timeout=60)
            p.user("joe")
            p.pass_(PASSWORD)
            p.quit()
        return True
    except (OSError, imaplib.IMAP4.error, poplib.error_proto):
        time.sleep(0.05)
        return False


def hangs(site, daemon, results):
    results.append((until(lambda: login(site, daemon)), "%s: logins work" % daemon))		# one whose first front never was ready ends
    for role in "front", "auth", "keys":
        if not all_there(site, daemon):
            results.append((False, "%s is there" % daemon))
            return
        pid = roles(site, daemon)[role]
        os.kill(pid, signal.SIGSTOP)
        said = site.await_log(daemon, "role %s (pid %d) has not answered for 1 s (RoleTimeout): ended" % (role, pid))
        results.append((said, "%s: %s, stopped: found out" % (daemon, role)))
        results.append((until(lambda: roles(site, daemon).get(role) not in (None, pid)), "%s: another %s is there" % (daemon, role)))
        results.append((until(lambda: not os.path.exists("/proc/%d" % pid)), "%s: and that %s is gone" % (daemon, role)))
        results.append((until(lambda: login(site, daemon)), "%s: logins work after %s" % (daemon, role)))


sites = {d: Site("maildir", as_root=True, extra="O FrontProcesses=1\nO RoleTimeout=1s\n").start(d) for d in ("imapd", "popd")}
results = {d: [] for d in sites}
threads = [threading.Thread(target=hangs, args=(sites[d], d, results[d])) for d in sites]
for t in threads:
    t.start()
for t in threads:
    t.join()
for d in sites:
    for good, what in results[d]:
        ok(good, what) or diag(sites[d].log(d)[-3000:])

# ---- nobody is ended for what is not his fault
site = sites["imapd"]
all_there(site, "imapd")
before, told = roles(site, "imapd"), site.log("imapd").count("has not answered")
everybody = [site.procs["imapd"].pid] + list(before.values())
for pid in everybody:
    os.kill(pid, signal.SIGSTOP)
time.sleep(3)
for pid in reversed(everybody):
    os.kill(pid, signal.SIGCONT)
ok(until(lambda: login(site, "imapd")), "a machine that stood still goes on")
eq(roles(site, "imapd"), before, "with the processes that it had")
eq(site.log("imapd").count("has not answered"), told, "nobody is said to hang")

# ---- a reload switches it off
with open(site.cf) as f:
    text = f.read()
with open(site.cf, "w") as f:
    f.write(text.replace("RoleTimeout=1s", "RoleTimeout=0"))
site.procs["imapd"].send_signal(signal.SIGHUP)
ok(site.await_log("imapd", "configuration taken over"), "loaded again, with RoleTimeout=0")
ok(until(lambda: not set(roles(site, "imapd").values()) & set(before.values())) and all_there(site, "imapd"), "the old ones leave")
pid = roles(site, "imapd")["auth"]
os.kill(pid, signal.SIGSTOP)
time.sleep(2.5)
eq((roles(site, "imapd").get("auth"), site.log("imapd").count("has not answered")), (pid, told), "0: for ever")
os.kill(pid, signal.SIGCONT)
done_testing()
