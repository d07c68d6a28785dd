#!/usr/bin/env python3
"""sandbox: each process of the daemon is in a sandbox, but those that run programs of others; a map of class program takes lookup's workers out of it."""
import os
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *
from tap import *

if not os.path.exists("/proc/self/status") or "Seccomp:" not in open("/proc/self/status").read():
    skip("sandboxes", "this system does not show them")
    done_testing()


def processes(host):
    """(role and state, filtered) of all below the daemon."""
    out, kids = [], {}
    for d in os.listdir("/proc"):
        if d.isdigit():
            try:
                status = open("/proc/%s/status" % d).read()
                title = open("/proc/%s/cmdline" % d).read().rstrip("\0")
            except OSError:
                continue
            m = re.search(r"(?m)^PPid:\s*(\d+)", status)
            kids.setdefault(int(m.group(1)), []).append((int(d), title, "Seccomp:\t2" in status))
    todo = [host.process.pid]
    while todo:
        for pid, title, filtered in kids.get(todo.pop(), []):
            todo.append(pid)
            out.append((re.sub(r"^sendmail: ", "", title), filtered))
    return out


def look(what, mc, lookup_free):
    # what the masters are is known once all of them said so; workers come with the first question
    host = Host(mc=mc, access="Connect:127.0.0.9 REJECT\n")
    c = host.connect(helo="me")
    c.cmd("MAIL FROM:<root@here.test>")
    c.cmd("RCPT TO:<root>")
    c.close()
    end, seen = time.time() + 30, []
    want = {"smtpd": True, "gate": True, "resolver": True, "spool": True, "route": True, "client": True, "log": True, "auth": True}

    def wanted(title):
        """True: in a sandbox, False: free, None: either."""
        role = title.split(":")[0]
        return not lookup_free if role == "lookup" and "ready" not in title else want.get(role)

    while time.time() < end:
        seen = processes(host)
        if {"gate", "smtpd", "lookup", "spool", "route", "client", "log", "auth"} <= {t.split(":")[0] for t, _ in seen} and \
                all(filtered or not wanted(title) for title, filtered in seen):		# one that begins has its name a little before its sandbox
            break
        time.sleep(0.1)
    off = re.search(r"sandbox .*: (off|not offered|no system call filter)", host.log())
    for title, filtered in sorted(set(seen)):
        if wanted(title) is not None:
            ok(off or filtered == wanted(title), "%s: %s is %s" % (what, title, "in a sandbox" if wanted(title) else "free"))
    host.stop()


def below(parent):
    """Process ids of all below it."""
    kids, out, todo = {}, [], [parent]
    for line in subprocess.run(["ps", "-eo", "pid,ppid"], capture_output=True, text=True).stdout.splitlines()[1:]:
        pid, ppid = map(int, line.split())
        kids.setdefault(ppid, []).append(pid)
    while todo:
        out += kids.get(todo[0], [])
        todo += kids.get(todo.pop(0), [])
    return out


def closed_to(uid, pid):
    """A process of that user can neither trace it nor read it, which is the same question to the kernel."""
    child = os.fork()
    if child == 0:
        try:
            if os.getuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(uid)
            with open("/proc/%d/environ" % pid, "rb") as f:
                f.read(1)
            os._exit(1)
        except PermissionError:
            os._exit(0)
        except BaseException:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def rights():
    """Nobody of its own user looks into a role; of root's rights spool and auth have those over files."""
    host = Host(access="Connect:127.0.0.9 REJECT\n")
    c = host.connect(helo="me")
    c.cmd("MAIL FROM:<root@here.test>")
    c.cmd("RCPT TO:<root>")
    off = re.search(r"sandbox .*: (off|not offered|no system call filter)", host.log())
    open_, seen, strong = [], set(), []
    for pid in below(host.process.pid):
        with open("/proc/%d/status" % pid) as f:
            status = f.read()
        with open("/proc/%d/cmdline" % pid) as f:
            title = f.read().rstrip("\0")
        uid = int(re.search(r"(?m)^Uid:\s*(\d+)", status).group(1))
        role = re.sub(r"^sendmail: ", "", title).split(":")[0]
        seen.add(role)
        if (uid != 0 or os.getuid() != 0) and not closed_to(uid, pid):
            open_.append(title)
        caps = int(re.search(r"(?m)^CapEff:\s*(\w+)", status).group(1), 16)
        if role in ("spool", "gate", "smtpd", "route", "client", "resolver", "log", "auth") and caps & ~(0x2000041f if role == "auth" else 0x1f):
            strong.append("%s %x" % (title, caps))
    if os.getuid() != 0:
        ok(not closed_to(os.getuid(), host.process.pid), "whose own user asks is answered: the parent is no role")
    c.close()
    ok({"spool", "gate", "local", "lookup", "auth"} <= seen, "the roles are there")
    eq([] if off else open_, [], "no role can be looked into by its own user")
    eq([] if off else strong, [], "of root's rights those over files are left, and libraries' that check passwords")
    host.stop()


rights()
look("as usual", "", False)
look("with a program map", "LOCAL_CONFIG\nKprog program /bin/echo\n", True)
done_testing()
