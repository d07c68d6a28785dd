#!/usr/bin/env python3
"""The queue's file system fills up while mail is put off, leaves the journal, and the journal wants segments: nothing is lost, the answers are 4xx, no role
ends, and work goes on when there is room.  Root has a real file system of 3 MB for it, others a quota by the fault shim."""
import os
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Sink
from fault import *

if os.getuid() == 0 and "FULL_ALONE" not in os.environ and subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0:
    os.execvpe("unshare", ["unshare", "-m", sys.executable, os.path.abspath(__file__)], dict(os.environ, FULL_ALONE="1"))
rnd = rng()
sink = Sink()
LATER = [(r"RCPT To:<later", "450 4.2.0 later")]
m = Faulty(smart_host=sink, args=("-q1s",), mc="define(`confMIN_FREE_BLOCKS', `0')\ndefine(`confJOURNAL_SEGMENT_SIZE', `262144')\n"
           "define(`confJOURNAL_SEGMENTS', `6')\ndefine(`confMIN_QUEUE_AGE', `0')\n")
q = m.path("queue")
real = "FULL_ALONE" in os.environ and subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m,mode=700", "tmpfs", q], capture_output=True).returncode == 0
diag("a file system of 3 MB" if real else "none can be mounted here: calls that make something grow fail instead")


def fill():
    if not real:
        m.plan_state("EDQUOT")
        return
    with open(q + "/filler", "ab", buffering=0) as f:
        try:
            while True:
                f.write(b"x" * 4096)
        except OSError:
            pass


def relieve():
    m.plan()
    if real:
        os.unlink(q + "/filler")


try:
    m.start()
    t = Traffic(m, sink)
    go_on(m, t, False)
    for round_ in range(10 if everything() else 2):
        sink.rules, codes, at = LATER, {}, rnd.randrange(12)
        for i in range(15):
            for kind, size in (("later", rnd.choice((2000, 20000, 50000))), ("small", 3000)) + ((("later", 150000),) if i % 5 == 0 else ()):
                code = t.one(kind, size)
                codes[code] = codes.get(code, 0) + 1
            if i == at:
                fill()
        ok(all(c == 250 or 400 <= c < 500 for c in codes), "full from message %d on: %s" % (at, ", ".join("%s %d times" % x for x in sorted(codes.items()))))
        relieve()
        ok(go_on(m, t, False) and until(lambda: t.one("large", 150000) == 250), "work goes on when there is room")
        sink.rules = []
        if not ok(settle(m), "and the queue gets empty"):
            show_queue(m)
    missing = t.missing()
    if not ok(not missing, "every acknowledged message arrived (%d)" % len(t.acked)):
        diag("missing: " + " ".join(missing[:20]))
    diag("%d deliveries more than once" % t.twice())
    ok("No space left" in m.log() or "quota exceeded" in m.log(), "the log says why")
    ok("role spool (pid" not in m.log(), "no role ended")
    none_aside(m)
finally:
    m.stop()
    if real:
        subprocess.run(["umount", q])
done_testing()
