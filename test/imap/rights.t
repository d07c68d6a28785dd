#!/usr/bin/env python3
"""Whose rights a session has.  As root: daemons drop what they do not need, sessions become the user, root's folder gets mailbox, side folder and lock.
As an ordinary user: nobody else's mail can be reached."""
import os
import re
import subprocess
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mailsite import *


def children(pid):
    out = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,uid=,args="], capture_output=True, text=True).stdout
    rows = [x.split(None, 3) for x in out.splitlines()]
    return {r[3]: (int(r[0]), int(r[2])) for r in rows if int(r[1]) == pid}


def pick(kids, word):
    return next((v for k, v in kids.items() if word in k), (0, -1))


site = Site("mbox", as_root=True)
site.start("imapd", "popd")
main = site.procs["imapd"].pid
end = time.monotonic() + 10
while time.monotonic() < end and len(children(main)) < 2:
    time.sleep(0.05)
me = os.getuid()
site.deliver(b"Subject: one\n\nbody\n")
m = site.imap()
eq(m.select()[1], [b"1"], "a message is there")
kids = children(main)
eq(pick(kids, "front")[1], OWNER.pw_uid if ROOT else me, "front has no rights")
eq(pick(kids, "auth")[1], OWNER.pw_uid if ROOT else me, "nor has auth")
eq(pick(children(pick(kids, "auth")[0]), "checker")[1], me, "who checks passwords has those it was started with")
eq(pick(kids, "session")[1], OWNER.pw_uid, "the session is the user")
front, auth, session = pick(kids, "front")[0], pick(kids, "auth")[0], pick(kids, "session")[0]
if os.path.exists("/proc/%d/status" % front):
    for name, pid in (("front", front), ("auth", auth), ("session", session)):
        with open("/proc/%d/status" % pid) as f:
            st = dict(x.rstrip("\n").split(":\t", 1) for x in f if ":\t" in x)
        # a build with sanitizers has no sandbox, and says so
        off = re.search(r"sandbox %s: (off|not offered|no system call filter)" % name, site.log("imapd"))
        ok(off or st.get("NoNewPrivs", "1") == "1", name + " can gain no rights")
        ok(off or st.get("Seccomp", "2") == "2", name + " is in a sandbox")
        eq(st["CapEff"].lstrip("0"), "", name + " has no capabilities")
        ok(not ROOT or st["Groups"].split() in ([], [str(OWNER.pw_gid)]), name + " has no further groups")
else:
    skip("rights of processes", "this system does not show them")
st = os.stat(site.mbox_path())
eq((st.st_uid, st.st_mode & 0o777), (OWNER.pw_uid, 0o600), "the mailbox is the user's alone")
st = os.stat(os.path.join(site.spool, ".angarium", "joe"))
eq((st.st_uid, st.st_mode & 0o777), (OWNER.pw_uid, 0o700), "so is its side folder")
m.store("1", "+FLAGS", "(\\Deleted \\Seen)")
m.expunge()
eq(site.mbox(), b"", "a session can change a mailbox in a folder that is not its own")
ok(not os.path.exists(site.mbox_path() + ".lock"), "and leaves no lock")
typ, data = m.append("INBOX", "(\\Seen)", None, b"Subject: mine\r\n\r\ny\r\n")
eq(typ, "OK", "and append to it")
m.create("Sub/Box")
ok(os.path.exists(os.path.join(site.home, "joe/mail/Sub/Box")), "folders are in the home")
m.logout()
p = site.pop()
p.dele(1)
p.quit()
eq(site.mbox(), b"", "POP3 as well")

# users that may have no session
with open(site.path("users"), "a") as f:
    f.write("boss:%s:0:0::%s/joe\n" % (HASH, site.home))
    f.write("other:%s:%d:%d::%s/joe\n" % (HASH, OWNER.pw_uid + 1, OWNER.pw_gid, site.home))
    f.write("broken:%s:x:y:z\n" % HASH)
    f.write("nopass::%d:%d::%s/joe\n" % (OWNER.pw_uid, OWNER.pw_gid, site.home))
    f.write("locked:!%s:%d:%d::%s/joe\n" % (HASH, OWNER.pw_uid, OWNER.pw_gid, site.home))


def login(user, password=PASSWORD):
    m = site.imap(login=False)
    try:
        return m.login(user, password)[0]
    except m.error as e:
        return str(e)
    finally:
        m.shutdown()


like(login("boss"), "NO|UNAVAILABLE|not possible", "root has no session")
like(login("broken"), "UNAVAILABLE|AUTHENTICATIONFAILED|not possible", "nor has who is written wrongly")
like(login("nopass", ""), "AUTHENTICATIONFAILED|BAD", "nor who has no password")
like(login("locked"), "AUTHENTICATIONFAILED", "nor who is locked out")
like(login("../joe"), "AUTHENTICATIONFAILED", "a path is no user")
if not ROOT:
    like(login("other"), "UNAVAILABLE|not possible", "nor another's id, where we are not root")
else:
    eq(login("other"), "OK", "another's id has one, where we are root")
eq(login("joe"), "OK", "joe still can")
done_testing()
