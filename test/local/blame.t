#!/usr/bin/env python3
"""DontBlameSendmail and lists that others may write: read with one word, believed about programs only with the one that ends in Safe."""
import os
import pwd
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta


def shell_ok():
    """Programs run for owners of a shell only; root's lists belong to DefaultUser."""
    try:
        with open("/etc/shells") as f:
            shells = f.read().split("\n")
    except OSError:
        shells = ["/bin/sh", "/bin/csh"]
    return os.geteuid() == 0 or pwd.getpwuid(os.geteuid()).pw_shell in shells


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
done_testing()
