#!/usr/bin/env python3
"""With one session its smtpd keeps to the processor of the client, gate too, and those who deliver make room; with three sessions everybody may run anywhere."""
import os
import re
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink

ALL = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
with open(os.path.join(OBJ, "os_conf.h")) as f:
    MADE = "HAVE_INCOMING_CPU 1" in f.read()
if len(ALL) < 2 or not MADE:
    skip("where a session runs", "it takes two processors, and a system that says where packets come in")
    done_testing()
    sys.exit()


def places(m):
    """{role: [processors that a process of it may use]}; the workers of a role that has some, without their master."""
    found = {}
    for pid in m.children():
        try:
            with open("/proc/%d/cmdline" % pid) as f:
                title = f.read().rstrip("\0 ")
            word = re.match(r"sendmail: (\w+): (.*)", title)
            if word and not (word.group(1) in ("smtpd", "route", "client") and word.group(2) == "ready") and "sync" not in title and "segments" not in title:
                found.setdefault(word.group(1), []).append(os.sched_getaffinity(pid))
        except (OSError, UnicodeDecodeError):
            pass
    return found


def await_places(m, s, want):
    """Message after message until each of `want`'s roles has a process that may use just those processors."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        s.sendmail("a@there.test", ["b@there.test"], "Subject: x\r\n\r\nx\r\n")
        now = places(m)
        missing = {role: now.get(role) for role, where in want.items() if where not in now.get(role, [])}
        if not missing:
            return {}
    return missing


sink = Sink()
m = Mta(smart_host=sink).start()
try:
    for processor in sorted(ALL)[:2] + sorted(ALL)[:1]:
        os.sched_setaffinity(0, {processor})
        m.smtp().quit()			# gate follows the second one
        s = m.smtp()
        rest = ALL - {processor}
        eq(await_places(m, s, {"smtpd": {processor}, "gate": {processor}, "spool": rest, "route": rest, "client": rest}), {},
           "client on processor %d: its session is there, the rest is not" % processor)
        os.sched_setaffinity(0, ALL)
        s.quit()
    others = [m.smtp() for _ in range(3)]
    eq(await_places(m, others[2], {"smtpd": ALL, "gate": ALL, "spool": ALL, "route": ALL, "client": ALL}), {}, "three clients: anywhere")
    for s in others:
        s.quit()
finally:
    os.sched_setaffinity(0, ALL)
    m.stop()
    sink.stop()
done_testing()
