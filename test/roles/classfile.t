#!/usr/bin/env python3
"""Members of classes from files, programs and maps: as the daemon, which opens them as root, and as commands see them."""
import os
import signal
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import mta
from tap import *
from mta import Mta

ROOT = os.geteuid() == 0
MAKEMAP = os.path.join(OBJ, "makemap", "makemap")


def is_ours(m, domain):
    """Is the domain ours? Then it has no such user; mail for others is relayed for this client."""
    s = m.smtp()
    s.ehlo("x")
    s.mail("a@there.test")
    code, text = s.rcpt("nosuchuser@" + domain)
    s.quit()
    if code not in (250, 550):
        diag(text)
    return code == 550


def until_ours(m, domain):
    return until(lambda: is_ours(m, domain))


def add(m, text):
    with open(m.cf, "a") as f:
        f.write(text)


def bt(cf, question, *asuser):
    p = subprocess.run(list(asuser) + [mta.SENDMAIL, "-bt", "-C", cf], input=question + "\n", capture_output=True, text=True)
    return p.stdout, p.stderr


m = Mta(local_flags="+w")
m.write("etc/names", "# ours\nprivate.test\nsecond.test\n", 0o600)
m.write("etc/table", "one.test: x y\ntwo.test: z\n", 0o600)
m.write("etc/say", "#!/bin/sh\necho program.test other words\n", 0o755)
m.write("etc/fail", "#!/bin/sh\nexit 7\n", 0o755)
m.write("etc/db", "vhosts\tmapped.test also.test\n", 0o600)
with open(m.path("etc/db")) as f:
    subprocess.check_call([MAKEMAP, "hash", m.path("etc/db")], stdin=f)
os.chmod(m.path("etc/db.db"), 0o600)
etc = m.path("etc")
add(m, "Fw%s/names\nFw%s/table %%[^:]\nFw|%s/say\nFwvhosts@hash:%s/db\nFw-o %s/none\nFw-o |%s/fail\nFw-o vhosts@hash:%s/nothing\n"
    % ((etc,) * 7))
m.start()
for name, why in (("private.test", "a file that only its owner may read"), ("two.test", "a format behind the name"),
                  ("program.test", "a program"), ("also.test", "a map that only its owner may read")):
    ok(is_ours(m, name), "the daemon: " + why)
ok(not is_ours(m, "z"), "the format took the first word only")
ok(not is_ours(m, "words"), "of a program's line one word is taken")

# ---- reload reads them again, or goes on with what it had
m.write("etc/names", "third.test\n", 0o600)
m.process.send_signal(signal.SIGHUP)
ok(until_ours(m, "third.test"), "SIGHUP: the file is read again")
ok(not is_ours(m, "private.test"), "and the old member is gone")
os.rename(m.path("etc/names"), m.path("etc/gone"))
m.process.send_signal(signal.SIGHUP)
ok(m.await_log("stays in force"), "a file that is missing at a reload: the old configuration stays in force")
like(m.log, r"sendmail\.cf: line \d+: fileclass: cannot open '%s/names': No such file or directory" % etc, "and the log says which")
ok(is_ours(m, "third.test"), "with its members")
os.rename(m.path("etc/gone"), m.path("etc/names"))

# ---- what others may write
os.mkdir(m.path("open"))
m.write("open/c", "anyone.test\n")
os.chmod(m.path("open"), 0o777)
os.symlink("c", m.path("open/link"))
add(m, "#line 71 \"site.mc\"\nFw%s\n" % m.path("open/c"))
m.process.send_signal(signal.SIGHUP)
if ROOT:
    ok(m.await_log(r"line \d+: fileclass: cannot open '%s': %s: folder is world writable \(site\.mc:71\)"
                   % (m.path("open/c"), m.path("open"))), "root: a world writable folder is refused, with the line of the .mc")
    ok(not is_ours(m, "anyone.test"), "its names are not ours")
else:
    ok(until_ours(m, "anyone.test"), "an ordinary user may read what he likes")
    skip("the names of a file in an unsafe folder", "there is nobody to protect from an ordinary user")
m.stop()

# ---- commands
cf = m.path("etc/small.cf")


def small(text, question="$={x}", *asuser):
    m.write("etc/small.cf", "V10/Berkeley\nMlocal, P=/bin/true, F=l, A=x\nMprog, P=/bin/true, F=l, A=x\nO DontBlameSendmail=TrustStickyBit\n" + text, 0o644)
    return bt(cf, question, *asuser)


out, err = small("F{x}%s\n" % m.path("open/link"))
like(err, r"line 5: fileclass: cannot open .*: Symbolic links not allowed", "a link in a folder that others may write to")
out, err = small("O DontBlameSendmail=ClassFileInUnsafeDirPath,LinkedClassFileInWritableDir\nF{x}%s\n" % m.path("open/link"))
eq(err, "", "DontBlameSendmail allows both")
like(out, "anyone.test", "and it is read")
out, err = small("F{x}%s\nO DontBlameSendmail=ClassFileInUnsafeDirPath\n" % m.path("open/c"))
eq("world writable" in err, ROOT, "but only for lines behind it")
out, err = small("F{x}%s\n" % etc)
like(err, "Regular files only", "a folder is no file")
os.mkfifo(m.path("etc/fifo"))
out, err = small("F{x}%s/fifo\n" % etc)
like(err, "Regular files only", "nor is a pipe, and nobody waits for it")
out, err = small("F{x}|%s/fail\n" % etc)
like(err, r"line 5: fileclass: F\{x\}: program failed: .*/fail: exit status 7", "a program that fails is an error")
out, err = small("F{x}key@hash:%s/none\n" % etc)
like(err, r"line 5: fileclass: F\{x\}: map open failed: ", "so is a map that cannot be opened")
out, err = small("F{x}nobody@hash:%s/db\n" % etc)
eq(err, "", "a key that is not there is none")
out, err = small("F{x}\"%s/names\" %%[^.]\n" % etc)
like(out, r"(?m)^(> )?third$", "a name in quotes")
r = subprocess.run([mta.SENDMAIL, "-C", cf, "-bv", "x"], capture_output=True, text=True)
small("F{x}/no/such/file\n")
r = subprocess.run([mta.SENDMAIL, "-C", cf, "-bv", "x"], capture_output=True, text=True)
eq(r.returncode, 71, "a class file that is missing: EX_OSERR")
if ROOT:
    nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    if subprocess.run(nobody + ("true",)).returncode == 0:
        out, err = small("F{x}%s/names\n" % etc, "$={x}", *nobody)
        like(err, "cannot open '%s/names': Permission denied" % etc, "an ordinary user's command reads as that user")

done_testing()
