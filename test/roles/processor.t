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


def await_places(m, want):
    """Session after session until each of `want`'s roles has had a process that may use just those processors.  On a busy machine hardly all of them at once; and a
    session that begins while earlier ones are not cleared away is one of many to the end."""
    end = time.monotonic() + 120
    missing = dict(want)
    while missing and time.monotonic() < end:
        with m.smtp() as s:
            for _ in range(5):
                s.sendmail("a@there.test", ["b@there.test"], "Subject: x\r\n\r\nx\r\n")
                now = places(m)
                missing = {role: where for role, where in missing.items() if where not in now.get(role, [])}
    return missing


sink = Sink()
m = Mta(smart_host=sink).start()
try:
    for processor in sorted(ALL)[:2] + sorted(ALL)[:1]:
        os.sched_setaffinity(0, {processor})
        rest = ALL - {processor}
        eq(await_places(m, {"smtpd": {processor}, "gate": {processor}, "spool": rest, "route": rest, "client": rest}), {},
           "client on processor %d: its session is there, the rest is not" % processor)
        os.sched_setaffinity(0, ALL)
    others = [m.smtp() for _ in range(3)]
    eq(await_places(m, {"smtpd": ALL, "gate": ALL, "spool": ALL, "route": ALL, "client": ALL}), {}, "three clients: anywhere")
    for s in others:
        s.quit()
finally:
    os.sched_setaffinity(0, ALL)
    m.stop()
    sink.stop()
done_testing()
