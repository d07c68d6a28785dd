"""memory.py - the memory that a process and everything below it hold (Linux).

    memory.py PID [TEXT]

Prints "TEXT: N processes, P KiB", each page counted once however many processes share it (the sum of Pss), without that of PID itself.
"""
import os
import sys

from daemon import descendants


def pss(pid):
    try:
        with open("/proc/%d/smaps_rollup" % pid) as f:
            for line in f:
                if line.startswith("Pss:"):
                    return int(line.split()[1])
    except OSError:
        pass
    return 0


all_of_them = descendants(int(sys.argv[1]))
by_name = {}
for p in all_of_them:
    try:
        with open("/proc/%d/cmdline" % p, "rb") as f:
            name = f.read().replace(b"\0", b" ").decode("ascii", "replace").strip()
    except OSError:
        continue
    by_name[p] = (pss(p), name)
print("%s: %d processes, %d KiB" % (sys.argv[2] if len(sys.argv) > 2 else "memory", len(by_name), sum(v[0] for v in by_name.values())))
if os.environ.get("BENCH_VERBOSE"):
    for v in sorted(by_name.values(), reverse=True):
        print("    %7d KiB  %s" % v)
