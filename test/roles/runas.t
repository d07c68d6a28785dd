#!/usr/bin/env python3
"""RunAsUser, TrustedUser, RoleUser: as whom the daemon's processes run. Root's matter: an ordinary user sees that nothing changes."""
import os
import pwd
import subprocess
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import mta
from tap import *
from mta import Mta

ROOT = os.geteuid() == 0
USER = pwd.getpwnam("nobody")


def owners(m, roots=()):
    """title -> uid of the parent's children, once all are there and have become who they are to be"""
    end = time.monotonic() + 60
    found = {}
    while time.monotonic() < end and (len(found) < 10 or (ROOT and any(u == 0 for r, u in found.items() if r not in roots))):
        out = subprocess.run(["ps", "-eo", "pid,ppid,uid,args"], capture_output=True, text=True).stdout
        rows = [x.split(None, 3) for x in out.splitlines()[1:]]
        found = {r[3].split(": ")[1]: int(r[2]) for r in rows if len(r) == 4 and r[1] == str(m.process.pid) and r[3].count(": ") > 0}
        time.sleep(0.05)
    return found


def own(m, uid, gid):
    for path, dirs, files in os.walk(m.dir):
        for name in [path] + [os.path.join(path, x) for x in files]:
            os.chown(name, uid, gid)


# ---- RunAsUser
m = Mta()
with open(m.cf, "a") as f:
    f.write("O RunAsUser=nobody:%d\n" % USER.pw_gid)
if ROOT:
    own(m, USER.pw_uid, USER.pw_gid)
m.start()
found = owners(m)
want = USER.pw_uid if ROOT else os.geteuid()
eq(sorted(found.items()), sorted((r, want) for r in
   ("log", "resolver", "lookup", "auth", "local", "client", "route", "spool", "smtpd", "gate")), "RunAsUser: every role runs as that user")
eq(m.send("a@there.test", ["one@here.test"], "Subject: x\n\nhello\n"), {}, "mail is taken")
got = m.await_mail("one")
eq(len(got), 1, "and delivered")
files = [f for f in os.listdir(m.path("mail")) if f.startswith("one.")]
eq([os.stat(m.path("mail/" + f)).st_uid for f in files], [want], "by a mailer that runs as that user")
m.stop()

# ---- RoleUser
m = Mta()
with open(m.cf, "a") as f:
    f.write("O RoleUser=nobody:%d\n" % USER.pw_gid)
m.start()
found = owners(m, ("local", "spool"))
if ROOT:
    eq(found.get("local"), 0, "RoleUser: local becomes whoever it has to")
    eq(found.get("spool"), os.stat(m.path("queue")).st_uid, "spool is the queue's owner")
    eq(sorted(set(found[r] for r in ("gate", "smtpd", "route", "client", "resolver", "lookup", "log"))), [USER.pw_uid], "all others are that user")
else:
    eq(set(found.values()), {os.geteuid()}, "an ordinary user's roles are his")
    skip("spool is the queue's owner", "roles change users for root alone")
    skip("all others are RoleUser", "roles change users for root alone")
m.stop()
m = Mta()
with open(m.cf, "a") as f:
    f.write("O RoleUser=root\n")
r = m.command("-bD") if ROOT else (78, "", "RoleUser: roles must not run as root")
eq(r[0], 78, "roles that run as root: EX_CONFIG")
like(r[2], "RoleUser: roles must not run as root", "and says so")
m = Mta()
with open(m.cf, "a") as f:
    f.write("O RunAsUser=no-such-user-here\n")
r = m.command("-bD")
eq(r[0], 78, "a user who is not there: EX_CONFIG")
like(r[2], "option RunAsUser: unknown user no-such-user-here", "and says so")

# ---- TrustedUser: his map files are believed, others' are not by default
m = Mta()
m.write("etc/table", "word found\n")
with open(m.path("etc/table")) as f:
    subprocess.check_call([os.path.join(OBJ, "makemap", "makemap"), "-C", m.cf, "hash", m.path("etc/table")], stdin=f)
with open(m.cf, "a") as f:
    f.write("O TrustedUser=nobody\n")
r = subprocess.run([mta.SENDMAIL, "-C", m.cf, "-bi"], capture_output=True, text=True)
eq(r.returncode, 0, "newaliases with a TrustedUser") or diag(r.stderr)
if ROOT:
    eq(os.stat(m.path("etc/aliases.db")).st_uid, USER.pw_uid, "the alias database is his")
else:
    eq(os.stat(m.path("etc/aliases.db")).st_uid, os.geteuid(), "the alias database is ours")
done_testing()
