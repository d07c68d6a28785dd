#!/usr/bin/env python3
"""A process of imapd or popd dies in the middle: sessions go on that do not live in it, who was not logged in is told, logins work again, and locks are gone."""
import os
import re
import signal
import subprocess
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mailsite import *


def processes():
    return [(int(r[0]), int(r[1]), r[2].strip()) for r in
            (x.split(None, 2) for x in subprocess.run(["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True).stdout.splitlines())]


def find(site, daemon, title, child_of=None):
    """Process numbers of this title."""
    parent = site.procs[daemon].pid if child_of is None else child_of
    return [pid for pid, up, args in processes() if up == parent and args == "%s: %s" % (daemon, title)]


def patiently(what):
    """It works in the end."""
    for _ in range(1200):
        try:
            return what()
        except (OSError, imaplib.IMAP4.error, poplib.error_proto):
            time.sleep(0.05)
    return None


def tls_imap(site, user="joe"):
    m = imaplib.IMAP4_SSL("127.0.0.1", site.ports["imaps"], ssl_context=site.context(), timeout=60)
    m.login(user, PASSWORD)
    m.select()
    return m


def tls_pop(site, user="ann"):
    p = poplib.POP3_SSL("127.0.0.1", site.ports["pop3s"], context=site.context(), timeout=60)
    p.user(user)
    p.pass_(PASSWORD)
    return p


def lives(m):
    try:
        return (m.noop()[0] == "OK" if isinstance(m, imaplib.IMAP4) else m.noop().startswith(b"+OK"))
    except (OSError, imaplib.IMAP4.error, poplib.error_proto):
        return False


site = Site("mbox", as_root=True, extra="O FrontProcesses=2\nO LoginTimeout=5m\n").start("imapd", "popd")
for u in "joe", "ann":
    site.deliver(b"Subject: one\n\nbody\n", user=u)
for daemon, login, port_name in ("imapd", tls_imap, "imap"), ("popd", tls_pop, "pop3"):
    # ---- auth, the checker and keys: nobody's session is theirs
    for role in "auth", "checker", "keys":
        m = patiently(lambda: login(site))
        ok(m is not None and lives(m), "%s: a session in TLS" % daemon)
        r = site.raw(port_name)
        r.line()
        auth = find(site, daemon, "auth")[-1]
        victim = find(site, daemon, "auth checker", auth)[0] if role == "checker" else find(site, daemon, role)[-1]
        before = site.log(daemon).count("died, it is started again")
        os.kill(victim, signal.SIGKILL)
        ok(until(lambda: site.log(daemon).count("died, it is started again") > before), "%s: %s was killed" % (daemon, role))
        ok(lives(m), "%s: the session goes on" % daemon)
        if role != "keys":
            like(r.eof(), r"^(\* BYE|-ERR) .", "%s: who was not logged in is told" % daemon)
        r.close()
        n = patiently(lambda: login(site, "ann" if daemon == "imapd" else "joe"))
        ok(n is not None, "%s: a login after the death of %s" % (daemon, role))
        ok(lives(m), "%s: and the session from before goes on" % daemon)
        for x in m, n:
            x.logout() if daemon == "imapd" else x.quit()
        ok(until(lambda: [len(find(site, daemon, t)) for t in ("front", "auth", "keys")] == [2, 1, 1]), "%s: no process is left over" % daemon) or \
            diag("\n".join(str(x) for x in processes() if x[1] == site.procs[daemon].pid))
    ok(site.procs[daemon].poll() is None, "%s lives" % daemon)

# ---- a session that dies holding the lock of its mailbox
m = patiently(lambda: tls_imap(site))
other = patiently(lambda: (lambda x: (x.login("ann", PASSWORD), x)[1])(imaplib.IMAP4("127.0.0.1", site.ports["imap"], timeout=60)))
pop = patiently(lambda: (lambda p: (p.user("joe"), p.pass_(PASSWORD), p)[2])(poplib.POP3("127.0.0.1", site.ports["pop3"], timeout=60)))
victim = find(site, "imapd", "session joe")
eq(len(victim), 1, "a session of joe's")
os.kill(victim[0], signal.SIGKILL)
try:
    m.noop()
    ended = False
except (OSError, imaplib.IMAP4.error):
    ended = True
ok(ended, "was killed: its client hears the end")
ok(lives(other) and lives(pop), "nobody else does")
victim = find(site, "popd", "session joe")
os.kill(victim[0], signal.SIGKILL)
ok(until(lambda: not os.path.exists(site.mbox_path() + ".lock")), "no lock is left")
site.deliver(b"Subject: two\n\nbody\n")
m = patiently(lambda: tls_imap(site))
eq(m.select()[1], [b"2"], "mail comes in and is read")
m.logout()
other.logout()

# ---- a front: those who are relayed by it end, those without TLS do not
plain = [patiently(lambda: site.imap()) for _ in range(3)]
for pid in find(site, "imapd", "front"):
    os.kill(pid, signal.SIGKILL)
ok(all(lives(x) for x in plain), "both fronts were killed: sessions without TLS go on")
m = patiently(lambda: tls_imap(site))
eq(m.select()[1], [b"2"], "and there are new ones")
for x in plain + [m]:
    x.logout()
ok(until(lambda: [len(find(site, "imapd", t)) for t in ("front", "auth", "keys", "session joe")] == [2, 1, 1, 0]), "no process is left over")
done_testing()
