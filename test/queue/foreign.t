#!/usr/bin/env python3
"""A queue directory of an account whose files are root's, as Debian's sendmail leaves them: what waits there is delivered,
and what root writes there with our commands is that account's."""
import os
import stat
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink

if os.geteuid() != 0:
    skip("files of root in another's queue directory", "only root can make them")
    done_testing()

WHO = 65534
QF = """V8
T%(now)d
K%(now)d
N1
P30311
MDeferred: Connection refused by there.test.
Fbs
$_localhost [127.0.0.1]
$rESMTP
$smail.here.test
${daemon_flags}
${daemon_name}MTA
S<ann@here.test>
rRFC822; %(to)s@there.test
RPFD:<%(to)s@there.test>
H?P?Return-Path: <\x81g>
H??Received: from mail.here.test (localhost [127.0.0.1])
\tby mail.here.test (8.17.1.9/8.17.1.9) with ESMTP id %(id)s;
\tMon, 23 Nov 2026 14:44:23 GMT
H??From: ann@here.test
H??Subject: %(to)s
.
"""
sink = Sink()
m = Mta(smart_host=sink, mc="define(`confQUEUE_FILE_MODE', `0640')\ndefine(`confLOG_LEVEL', `9')\n")
queue = m.path("queue")
os.chown(queue, WHO, WHO)
os.chmod(queue, 0o2750)


def left(to, name):
    """A message that a sendmail left behind: root's, for the directory's group to read."""
    for kind, text in ("df", "body of %s\n" % to), ("qf", QF % {"now": time.time() - 60, "to": to, "id": name}):
        path = os.path.join(queue, kind + name)
        with open(path, "w", encoding="latin-1") as f:
            f.write(text)
        os.chown(path, 0, WHO)
        os.chmod(path, 0o640)


def whose(kind):
    """Owner and mode of the queue's files of that kind."""
    return [(s.st_uid, oct(stat.S_IMODE(s.st_mode))) for s in (os.stat(os.path.join(queue, x)) for x in sorted(os.listdir(queue)) if x.startswith(kind))]


left("one", "6ANEiNXs001275")
m.start("-q1s")
got = sink.wait(1, 30)
eq([(g.sender, g.rcpts) for g in got], [("ann@here.test", ["one@there.test"])], "the daemon delivers what waits there") or diag(m.log())
ok(m.await_queue(0), "... and its files go")
sink.rules = [("RCPT To:<two", "450 4.2.0 later")]
left("two", "6ANEiNXs001276")
ok(m.await_log(r"6ANEiNXs001276: to=<two@there\.test>.*stat=Deferred: 450"), "one that is put off")
eq(whose("qf"), [(WHO, "0o640")], "... is written anew")
m.stop()
left("three", "6ANEiNXs001277")
eq(m.command("-Qodd", "-qI6ANEiNXs001277")[0], 0, "root quarantines a message")
eq(whose("hf"), [(WHO, "0o640")], "... whose file is the directory's owner's, with QueueFileMode")
eq(m.command("-qQ", "-Q", "-qI6ANEiNXs001277")[0], 0, "and releases it")
sink.rules = []
m.start("-q1s")
eq(sorted(r for g in sink.wait(3, 30) for r in g.rcpts), ["one@there.test", "three@there.test", "two@there.test"], "all of it arrives, once") or diag(m.log())
m.stop()
sink.stop()
done_testing()
