"""rules.py - run `sendmail -bt` on many addresses and on none; print processor and wall time.

    rules.py CF COUNT NAME PROGRAM [ARG ...] [-- NAME PROGRAM ...]

Programs take turns, so that a busy machine troubles them alike.  The same -bt input for all; their output is thrown away.
"""
import os
import random
import resource
import subprocess
import sys
import tempfile
import time

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
USERS = ["user", "first.last", "root", "a%b", "list-request", "user+detail", "x=y", '"quoted name"', "UPPER"]
HOSTS = ["example.com", "sub.example.org", "localhost", "host.example.net", "a.b.c.d.example.com", "nosuch.test"]


def addresses(n):
    rnd = random.Random(1)
    lines = []
    for _ in range(n):
        a = rnd.choice(USERS) + "@" + rnd.choice(HOSTS)
        if rnd.random() < 0.3:
            a = '"A Name" <%s> (comment)' % a
        lines.append(rnd.choice(["3,0 ", "/parse ", "/try esmtp "]) + a)
    return ("\n".join(lines) + "\n").encode()


def keys(n):
    """Of a map: three of four are there."""
    rnd = random.Random(1)
    entries = int(os.environ["BENCH_ENTRIES"])
    lines = []
    for _ in range(n):
        i = rnd.randrange(1, entries + entries // 3)
        lines.append("/map big user%d@host%d.example.org" % (i, i % 977))
    return ("\n".join(lines) + "\n").encode()


def run(command, cf, stdin):
    with tempfile.TemporaryFile() as f:
        f.write(stdin)
        f.seek(0)
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        subprocess.run(command + ["-bt", "-C", cf], stdin=f, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def main():
    cf, count, rest = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    programs, part = [], []
    for word in rest + ["--"]:
        if word == "--":
            programs.append((part[0], part[1:]))
            part = []
        else:
            part.append(word)
    text = keys(count) if os.environ.get("BENCH_KIND") == "map" else addresses(count)
    best = {}
    for _ in range(ROUNDS):
        for name, command in programs:
            for kind, stdin in (("load", b""), ("addresses", text)):
                got = run(command, cf, stdin)
                best[name, kind] = min(best.get((name, kind), (1e9, 1e9)), got)
    for name, _ in programs:
        load, work = best[name, "load"], best[name, "addresses"]
        print("%-10s start and quit: %5.1f ms (%4.1f ms CPU); %7.0f addresses a CPU second, %7.0f a second" % (
            name, load[1] * 1000, load[0] * 1000, count / max(work[0] - load[0], 1e-6), count / work[1]))
    if len(programs) > 1:
        a, b = best[programs[0][0], "addresses"], best[programs[1][0], "addresses"]
        print("ratio      %.1f by processor time, %.1f by the clock" % (b[0] / a[0], b[1] / a[1]))


main()
