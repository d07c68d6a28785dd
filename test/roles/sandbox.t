#!/usr/bin/env python3
"""sandbox: each process of the daemon is in a sandbox, but those that run programs of others; a map of class program takes lookup's workers out of it."""
import os
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
    while time.time() < end:
        seen = processes(host)
        if {"gate", "smtpd", "lookup", "spool", "route", "client", "log", "auth"} <= {t.split(":")[0] for t, _ in seen}:
            break
        time.sleep(0.1)
    off = re.search(r"sandbox .*: (off|not offered|no system call filter)", host.log())
    for title, filtered in sorted(set(seen)):
        role = title.split(":")[0]
        if role in ("gate", "smtpd", "resolver", "spool", "route", "client", "log", "auth"):
            ok(off or filtered, "%s: %s is in a sandbox" % (what, title))
        elif role == "lookup" and "ready" not in title:
            ok(off or filtered != lookup_free, "%s: %s is %s" % (what, title, "free" if lookup_free else "in a sandbox"))
    host.stop()


look("as usual", "", False)
look("with a program map", "LOCAL_CONFIG\nKprog program /bin/echo\n", True)
done_testing()
