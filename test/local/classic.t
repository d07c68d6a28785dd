#!/usr/bin/env python3
"""mail.local's classic command line: mbox form, From_ quoting, locks, exit codes, options, Maildir."""
import os
import re
import subprocess
import sys
import threading
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mailsite import *

site = Site("mbox")
r = site.mail_local(["-f", "joe@example.org", "joe"], b"Subject: hi\n\nFrom me\nbody\n\nFrom you\n>From x\n\n\nFrom\nlast no newline")
eq(r.returncode, 0, "delivered")
text = site.mbox().decode()
like(text, r"\AFrom joe@example\.org (Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ 0-9]\d \d\d:\d\d:\d\d \d{4}\n", "From_ line")
eq(text.split("\n", 1)[1], "Subject: hi\n\n>From me\nbody\n\n>From you\n>From x\n\n\nFrom\nlast no newline\n\n",
   "lines that could be mistaken are quoted, an empty line ends it")
eq(os.stat(site.mbox_path()).st_mode & 0o777, 0o600, "for its owner alone")
r = site.mail_local(["-r", "<>", "-d", "joe"], b"Status: RO\nX-Status: D\nSubject: x\nStatusX: y\n folded\nX-UID: 5\n folded\n\nStatus: body\n")
eq(site.mbox().decode().split("\n\nFrom ")[-1].split("\n", 1)[1], "Subject: x\nStatusX: y\n folded\n\nStatus: body\n\n",
   "fields that are the mailbox's own do not come from outside")
eq(site.mail_local(["nosuch.user"], b"x\n").returncode, 67, "unknown user: EX_NOUSER")
r = site.mail_local(["nosuch.user", "joe", "ann"], b"Subject: several\n\nx\n")
eq(r.returncode, 67, "several users: the failure is told")
like(r.stderr.decode(), "nosuch.user: User unknown", "and whose it is")
ok(b"Subject: several" in site.mbox() and b"Subject: several" in site.mbox("ann"), "the others have it")
eq(site.mail_local([], b"").returncode, 64, "no user: usage")
eq(site.mail_local(["-Z", "joe"], b"").returncode, 64, "unknown option: usage")
eq(site.mail_local(["-D", "ldap", "joe"], b"x\n").returncode, 69, "another data base is not there")
eq(site.mail_local(["../joe"], b"x\n").returncode, 67, "a path is no user")
eq(site.mail_local(["-f", "a b\nFrom x", "ann"], b"Subject: s\n\nx\n").returncode, 0, "an odd sender")
ok(b"\nFrom a-b-From-x " in site.mbox("ann"), "is made harmless in the From_ line")

# what is not a mailbox of his is left alone
os.rename(site.mbox_path("ann"), site.path("aside"))
os.symlink(site.path("aside"), site.mbox_path("ann"))
eq(site.mail_local(["ann"], b"x\n").returncode, 73, "a symbolic link is refused")
os.unlink(site.mbox_path("ann"))
os.link(site.path("aside"), site.mbox_path("ann"))
eq(site.mail_local(["ann"], b"x\n").returncode, 73, "a file with two names is refused")
os.unlink(site.mbox_path("ann"))

# locks
with open(site.mbox_path("joe") + ".lock", "w") as f:
    f.write("999999\n")
t0 = time.monotonic()
eq(site.mail_local(["joe"], b"Subject: stale\n\nx\n").returncode, 0, "a lock of a dead process is stale")
ok(not os.path.exists(site.mbox_path("joe") + ".lock"), "no lock is left behind")
holder = subprocess.Popen(["sleep", "60"])


def begin(text):
    """A delivery that is under way: the child that has become joe is there."""
    p = subprocess.Popen([os.path.join(OBJ, "mail.local", "mail.local"), "-C", site.cf, "joe"], stdin=subprocess.PIPE, preexec_fn=become_owner)
    p.stdin.write(text)
    p.stdin.close()
    end = time.monotonic() + 60
    while time.monotonic() < end and p.poll() is None:
        rows = subprocess.run(["ps", "-A", "-o", "ppid="], capture_output=True, text=True).stdout.split()
        if str(p.pid) in rows:
            break
    return p


with open(site.mbox_path("joe") + ".lock", "w") as f:
    f.write("%d\n" % holder.pid)
got = []
p = begin(b"Subject: waits\n\nx\n")
ok(p.poll() is None and b"Subject: waits" not in site.mbox(), "a live lock is waited for")
os.unlink(site.mbox_path("joe") + ".lock")
eq(p.wait(60), 0, "until it goes")
holder.kill()
holder.wait()
import fcntl
with open(site.mbox_path("joe"), "r+") as f:
    fcntl.lockf(f, fcntl.LOCK_EX)
    p = begin(b"Subject: fcntl\n\nx\n")
    ok(p.poll() is None and b"Subject: fcntl" not in site.mbox(), "a kernel lock is waited for")
eq(p.wait(60), 0, "until it goes")
ok(b"Subject: fcntl" in site.mbox(), "and then it is delivered")

# many at a time
before = site.mbox().count(b"\n\nFrom ") + 1
procs = [threading.Thread(target=lambda i=i: got.append(site.mail_local(["joe"], b"Subject: n%d\n\n" % i + b"x%d\n" % i * 2000).returncode))
         for i in range(12)]
for t in procs:
    t.start()
for t in procs:
    t.join(60)
eq(got, [0] * 12, "twelve at a time are delivered")
parts = site.mbox().split(b"\n\nFrom ")
eq(len(parts), before + 12, "each one whole")
ok(all(re.search(rb"Subject: n%d\n\n(x%d\n){1999}x%d\Z" % (i, i, i), p + b"" if not p.endswith(b"\n\n") else p[:-2])
       for i in range(12) for p in parts if b"Subject: n%d\n" % i in p), "and not mixed")

# -h, -p, -H
r = site.mail_local(["-h", "mbox", "joe"], b"Subject: home\n\nx\n")
eq(r.returncode, 0, "-h delivers")
with open(os.path.join(site.home, "joe", "mbox"), "rb") as f:
    ok(b"Subject: home" in f.read(), "into a file of the home folder")
eq(site.mail_local(["-h", "../x", "joe"], b"x\n").returncode, 64, "and nowhere else")
os.makedirs(site.path("hashed/j/o"))
if ROOT:
    for p in ("hashed", "hashed/j", "hashed/j/o"):
        os.chown(site.path(p), OWNER.pw_uid, OWNER.pw_gid)
eq(site.mail_local(["-p", site.path("hashed"), "-H", "u2", "joe"], b"Subject: hashed\n\nx\n").returncode, 0, "-p and -H u2")
ok(os.path.exists(site.path("hashed/j/o/joe")), "j/o/joe")

# a full disk is a temporary failure, and the mailbox stays as it was
before = site.mbox()


def limited():
    import resource
    import signal
    become_owner()
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 1000, len(before) + 1000))


r = subprocess.run([os.path.join(OBJ, "mail.local", "mail.local"), "-C", site.cf, "joe"], input=b"Subject: big\n\n" + b"y" * 5000,
                   capture_output=True, preexec_fn=limited, timeout=60)
eq(r.returncode, 75, "a limit on the file: temporary failure")
eq(site.mbox(), before, "and nothing is left of it")
r = subprocess.run([os.path.join(OBJ, "mail.local", "mail.local"), "-C", site.cf, "-b", "joe"], input=b"Subject: big\n\n" + b"y" * 5000,
                   capture_output=True, preexec_fn=limited, timeout=60)
eq(r.returncode, 73, "permanent with -b")

with open(site.path("bad.cf"), "w") as f:
    f.write("# x\nO MailboxFormat=mbox\nO NoSuchThing=1\n")
r = subprocess.run([os.path.join(OBJ, "mail.local", "mail.local"), "-C", site.path("bad.cf"), "joe"], input=b"x", capture_output=True)
eq(r.returncode, 78, "a wrong mailbox.cf")
like(r.stderr.decode(), r"bad\.cf: line 3: there is no option \"NoSuchThing\"", "is told with its line")

md = Site("maildir")
md.deliver(b"Subject: md\n\nx\r\ny\n")
files = os.listdir(md.maildir(sub="new"))
eq(len(files), 1, "Maildir: one file in new")
like(files[0], r"^\d+\.\w+\.[^,:]+,S=17,W=21$", "its name has both sizes")
with open(md.maildir(sub="new/" + files[0]), "rb") as f:
    eq(f.read(), b"Subject: md\n\nx\ny\n", "its bytes, line ends made even")
eq(os.listdir(md.maildir(sub="tmp")), [], "nothing is left in tmp")
done_testing()
