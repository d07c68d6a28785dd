#!/usr/bin/env python3
"""A spool that all may write to (mode 1777, as on many old systems), users of different numbers: whoever is first does not stand in the way of the others."""
import os
import stat
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mailsite import *

UIDS = {"joe": 40001, "ann": 40002} if ROOT else {"joe": os.getuid(), "ann": os.getuid()}


def public(kind):
    site = Site("mbox", as_root=True)
    os.chmod(site.spool, 0o1777)
    if ROOT:
        os.chown(site.spool, 0, 0)
        lines = open(site.path("users")).read().replace(":%d:%d:" % (OWNER.pw_uid, OWNER.pw_gid), ":UID:UID:").splitlines()
        with open(site.path("users"), "w") as f:
            f.write("".join(x.replace("UID", str(UIDS[x.split(":")[0]])) + "\n" for x in lines))
    return site


def deliver(site, user, uid=None):
    """By root, or by the user's own process, as a mailer without F=S runs it."""
    def become():
        if uid is not None and ROOT:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
    r = subprocess.run([os.path.join(OBJ, "mail.local", "mail.local"), "-C", site.cf, "-f", "a@b.test", user], input=b"Subject: x\n\nbody\n", capture_output=True,
                       preexec_fn=become, timeout=60)
    return r.returncode, "".join(x + "\n" for x in r.stderr.decode().splitlines() if not x.startswith("sandbox "))


def owner(path):
    st = os.stat(path)
    return st.st_uid, stat.S_IMODE(st.st_mode)


root = public("root")
side = os.path.join(root.spool, ".angarium")
eq([deliver(root, u) for u in ("joe", "ann", "joe")], [(0, "")] * 3, "root delivers to one user after the other")
eq(owner(os.path.join(side, "joe")), (UIDS["joe"], 0o700), "each has a side folder of his own")
eq(owner(os.path.join(side, "ann")), (UIDS["ann"], 0o700), "... each")
if ROOT:
    eq(owner(side), (0, 0o711), "and root has the folder of these")

own = public("own")
side = os.path.join(own.spool, ".angarium")
eq([deliver(own, u, UIDS[u]) for u in ("joe", "ann", "joe")], [(0, "")] * 3, "the users' own processes deliver, one after the other")
eq(owner(os.path.join(side, "ann")), (UIDS["ann"], 0o700), "the second one's side folder is his own")
if ROOT:
    eq(owner(side)[1], 0o1777, "where all may make one")
    eq(deliver(own, "ann"), (0, ""), "root goes on with what they made")
    os.rename(os.path.join(side, "ann"), os.path.join(side, "gone"))
    eq(deliver(own, "ann"), (0, ""), "and makes what is missing")
    eq(owner(side), (0, 0o711), "in a folder that is root's now")
    eq(deliver(own, "joe"), (0, ""), "in which the others find theirs")

if ROOT:
    trap = public("trap")
    side = os.path.join(trap.spool, ".angarium")
    os.symlink("/nonexistent", side)
    eq(deliver(trap, "joe"), (0, ""), "a symbolic link that somebody left there holds nobody up")
    ok(os.path.isdir(side) and not os.path.islink(side), "it is put aside")
    os.makedirs(os.path.join(side, "ann"), 0o700)
    os.chown(os.path.join(side, "ann"), 40003, 40003)
    eq(deliver(trap, "ann"), (0, ""), "neither does a side folder of somebody else's")
    eq(owner(os.path.join(side, "ann")), (UIDS["ann"], 0o700), "ann has her own")
else:
    skip("strangers in the spool", "needs users of different numbers: root")
done_testing()
