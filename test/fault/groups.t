#!/usr/bin/env python3
"""Twenty queue groups on two file systems, runs of single groups beside the daemon's, and at random moments another configuration of them by SIGHUP, a stop or
a kill: whatever was acknowledged arrives, and twice only after a kill.  An ordinary user has one file system for it."""
import os
import re
import signal
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink
from fault import *

if os.getuid() == 0 and "GROUPS_ALONE" not in os.environ and subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0:
    os.execvpe("unshare", ["unshare", "-m", sys.executable, os.path.abspath(__file__)], dict(os.environ, GROUPS_ALONE="1"))
GROUPS = 20
rnd = rng()
sink = Sink()
LATER = [(r"RCPT To:<later", "450 4.2.0 later")]
m = Mta(smart_host=sink, args=("-q1s",), mc="define(`confMIN_QUEUE_AGE', `0')\ndefine(`confJOURNAL_SEGMENT_SIZE', `262144')\n"
        "QUEUE_GROUP(`mqueue', `P=@Q@/main*, F=f')\n",
        mc_end="LOCAL_RULESETS\nSqueuegroup\n" + "".join("R$* @ g%d.test $*\t$# g%d\n" % (i, i) for i in range(GROUPS)))
other = m.path("queue/other")
os.mkdir(other, 0o700)
mounted = "GROUPS_ALONE" in os.environ and subprocess.run(["mount", "-t", "tmpfs", "-o", "size=30m,mode=700", "tmpfs", other], capture_output=True).returncode == 0
diag("two file systems" if mounted else "one file system: none can be mounted here")
base = re.sub(r"(?m)^O QueueDirectory=.*$", "O QueueDirectory=" + m.path("queue/main*"), open(m.cf).read().replace("@Q@", m.path("queue")))
dirs = [m.path("queue/" + n) for n in ("main1", "main2")] + [m.path("queue/%sg%d" % ("other/" if i % 2 else "", i)) for i in range(GROUPS)]
for d in dirs:
    os.mkdir(d, 0o700)


def configure(used):
    """The groups in another order, with other limits; rules name those below `used`."""
    text = base
    for i in range(used, GROUPS):
        text = re.sub(r"(?m)^R\$\* @ g%d\.test.*\n" % i, "", text)
    for i in rnd.sample(range(GROUPS), GROUPS):
        text += "Qg%d, P=%s, F=f, R=%d, r=%d, I=%ds, J=%d\n" % (i, dirs[2 + i], rnd.choice((1, 2, 5)), rnd.choice((1, 2, 100)), rnd.choice((1, 2)), rnd.choice((0, 3)))
    with open(m.cf, "w") as f:
        f.write(text)


def restart(how):
    if how == "SIGHUP":
        configure(rnd.choice((5, 12, GROUPS)))
        m.process.send_signal(signal.SIGHUP)
        return
    (m.kill if how == "kill" else m.stop)()
    configure(rnd.choice((5, 12, GROUPS)))
    m.start()


def work():
    runs = []
    for i in range(20):
        n, kind = rnd.randrange(1, 6), rnd.choice(("later", "small"))
        to = ["%s%d.%d@g%d.test" % (kind, t.n + 1, j, rnd.randrange(GROUPS + 2)) for j in range(n)]
        t.one(kind, rnd.choice((500, 5000, 120000)), to, n)
        if i % 8 == 3:
            runs.append(subprocess.Popen([m.program, "-C", m.cf, "-qGg%d" % rnd.randrange(GROUPS // 2)], stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL, env=dict(os.environ, ANGARIUM_LOG="stderr")))
    return runs


try:
    configure(GROUPS)
    m.start()
    t, killed = Traffic(m, sink), 0
    for round_ in range(20 if everything() else 2):
        sink.rules, sink.delay = [] if round_ % 2 else LATER, 0.01
        runs, how = work(), rnd.choice(("SIGHUP", "kill", "stop"))
        killed += how == "kill"
        restart(how)
        for r in runs:
            r.wait(60)
        ok(go_on(m, t, False), "%s: work goes on" % how)
    sink.rules, sink.delay = [], 0
    if not ok(settle(m), "the queue gets empty"):
        show_queue(m)
    missing = t.missing()
    if not ok(not missing, "every acknowledged message arrived (%d)" % len(t.acked)):
        diag("missing: " + " ".join(missing[:20]))
    ok(killed or t.twice() == 0, "%d deliveries more than once, after %d kills" % (t.twice(), killed))
    ok(not [f for d in dirs for f in os.listdir(d) if f.startswith("Qf")], "none was set aside")
    ok(not re.search(r"role \w+ \(pid \d+\) ended", m.log()), "no role ended")
finally:
    m.stop()
    if mounted:
        subprocess.run(["umount", other])
done_testing()
