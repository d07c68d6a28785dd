#!/usr/bin/env python3
"""DontBlameSendmail and lists that others may write: read with one word, believed about programs only with the one that ends in Safe."""
import os
import pwd
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink


def shells():
    try:
        with open("/etc/shells") as f:
            return f.read().split("\n")
    except OSError:
        return ["/bin/sh", "/bin/csh"]


def shell_ok():
    """Programs run for owners of a shell only; root's lists belong to DefaultUser."""
    return os.geteuid() == 0 or pwd.getpwuid(os.geteuid()).pw_shell in shells()


def ran(m, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end and not os.path.exists(m.path("mail/ran")):
        time.sleep(0.05)
    return os.path.exists(m.path("mail/ran"))


def site(words, mode, folder="etc"):
    m = Mta(mc="define(`confDONT_BLAME_SENDMAIL', `%s,TrustStickyBit,MapInUnsafeDirPath')\n" % words)
    m.write("program", "#!/bin/sh\ncat >%s\n" % m.path("mail/ran.new") + "mv %s %s\n" % (m.path("mail/ran.new"), m.path("mail/ran")), 0o755)
    os.makedirs(m.path(folder), exist_ok=True)
    os.chmod(m.path(folder), 0o777 if folder == "open" else 0o755)
    m.write(folder + "/list", "member\n\"|%s\"\n" % m.path("program"), mode)
    m.newaliases("list: :include:%s\npostmaster: pm\nMAILER-DAEMON: pm\n" % m.path(folder + "/list"))
    m.start()
    m.send("a@there.test", ["list@here.test"], "Subject: x\n\nhello\n")
    return m


m = site("safe", 0o644)
eq(len(m.await_mail("member")), 1, "a list that only its owner may write: its members get the mail")
eq(ran(m, 60 if shell_ok() else 1), shell_ok(), "and its programs, if its owner has a shell")
m.stop()

m = site("safe", 0o664)
ok(m.await_log(r"list.*group writable"), "a group writable list is not read")
eq(m.mail("member"), [], "nobody gets the mail")
ok(not ran(m, 0), "no program runs")
m.stop()

m = site("GroupWritableIncludeFile", 0o664)
eq(len(m.await_mail("member")), 1, "GroupWritableIncludeFile: its members get the mail")
ok(m.await_log(r"\|.*the list may be written by others"), "its programs do not, and the log says why")
ok(not ran(m, 0), "no program runs")
m.stop()

m = site("GroupWritableIncludeFile,GroupWritableIncludeFileSafe", 0o664)
eq(len(m.await_mail("member")), 1, "GroupWritableIncludeFileSafe: its members get the mail")
eq(ran(m, 60 if shell_ok() else 1), shell_ok(), "and its programs, if its owner has a shell")
m.stop()

m = site("IncludeFileInUnsafeDirPath", 0o644, "open")
eq(len(m.await_mail("member")), 1, "IncludeFileInUnsafeDirPath, a folder that all may write to: members get the mail")
ok(m.await_log(r"\|.*the list may be written by others"), "its programs do not")
m.stop()

m = site("IncludeFileInUnsafeDirPath,IncludeFileInUnsafeDirPathSafe", 0o644, "open")
eq(len(m.await_mail("member")), 1, "IncludeFileInUnsafeDirPathSafe: members get the mail")
eq(ran(m, 60 if shell_ok() else 1), shell_ok(), "and its programs, if its owner has a shell")
m.stop()

# ---- .forward: of an ordinary user with a shell if we are root and there is one, else our own
SHARED = r"\|.*the list may be written by others"
NO_SHELL = r"\|.*doesn't have a valid shell"
me = pwd.getpwuid(os.geteuid())
users = [u for u in pwd.getpwall() if u.pw_uid != 0 and u.pw_shell in shells()] if me.pw_uid == 0 else [me]
user = users[0] if users else pwd.getpwnam("nobody")
runs = user.pw_shell in shells()
sink = Sink()


def forward(words, mode, folder="etc"):
    m = Mta(mc="define(`confDONT_BLAME_SENDMAIL', `%s,TrustStickyBit,MapInUnsafeDirPath')\n" % words, smart_host=sink, local_flags="+o")
    with open(m.cf, "a") as f:
        f.write("O ForwardPath=%s\n" % m.path(folder + "/forward"))
    m.write("program", "#!/bin/sh\ncat >%s\n" % m.path("mail/ran.new") + "mv %s %s\n" % (m.path("mail/ran.new"), m.path("mail/ran")), 0o755)
    os.makedirs(m.path(folder), exist_ok=True)
    os.chmod(m.path(folder), 0o777 if folder == "open" else 0o755)
    m.write(folder + "/forward", "member@there.test\n\"|%s\"\n" % m.path("program"), mode)
    if me.pw_uid == 0:
        os.chown(m.path(folder + "/forward"), user.pw_uid, user.pw_gid)
    m.newaliases("postmaster: pm\nMAILER-DAEMON: pm\n")
    m.start()
    m.send("a@there.test", [user.pw_name + "@here.test"], "Subject: x\n\nhello\n")
    return m


def members():
    return [g for g in sink.messages if g.rcpts == ["member@there.test"]]


for words, mode, folder, read, safe in (
        ("safe", 0o644, "etc", True, True), ("safe", 0o664, "etc", False, False), ("GroupWritableForwardFile", 0o664, "etc", True, False),
        ("GroupWritableForwardFileSafe", 0o664, "etc", True, True), ("GroupWritableForwardFile,WorldWritableForwardFile", 0o666, "etc", True, False),
        ("GroupWritableForwardFileSafe", 0o666, "etc", False, False), ("safe", 0o644, "open", False, False),
        ("ForwardFileInUnsafeDirPath", 0o644, "open", True, False), ("ForwardFileInUnsafeDirPathSafe", 0o644, "open", True, True)):
    what = "%s, .forward %03o in a folder that %s may write to: " % (words, mode, "everybody" if folder == "open" else "its owner")
    sink.messages.clear()
    m = forward(words, mode, folder)
    if read:
        ok(until(members), what + "is read")
    else:
        eq(len(m.await_mail(user.pw_name)), 1, what + "is not, the mailbox has the message")
        ok(not members(), "and nobody else")
    if safe and runs:
        ok(ran(m, 60), "its program runs")
    else:
        if read:
            ok(m.await_log(NO_SHELL if safe else SHARED), "its program does not, and the log says why")
        ok(not ran(m, 0), "no program ran")
    m.stop()
done_testing()
