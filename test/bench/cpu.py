"""cpu.py - the processor time that everything below a daemon.py used up to now (Linux): living processes and those that ended.

    cpu.py PID

Prints seconds.
"""
import os
import sys

from daemon import descendants

TICK = os.sysconf("SC_CLK_TCK")


def ended(pid):
    """seconds of the children of pid that it waited for"""
    with open("/proc/%d/stat" % pid) as f:
        v = f.read().rsplit(")", 1)[1].split()
    return (int(v[13]) + int(v[14])) / TICK


def living(pid):
    """seconds of pid itself, to the nanosecond"""
    total = 0
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/schedstat" % (pid, task)) as f:
            total += int(f.read().split()[0])
    return total / 1e9


top = int(sys.argv[1])
seconds = ended(top)
for p in descendants(top):
    try:
        seconds += living(p) + ended(p)
    except OSError:
        pass
print("%.6f" % seconds)
