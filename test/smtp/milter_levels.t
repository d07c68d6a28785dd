#!/usr/bin/env python3
"""milter_levels: each log line about filters is there from that Milter.LogLevel on from which the recorded sendmail (data/milter.levels) has it."""
import os
import sys
import threading
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *
import miltertalk

with open(miltertalk.LEVELS) as f:
    rows = [line.rstrip("\n").split(" ", 1) for line in f]
rows = [(int(level), line) for level, line in rows if "unknown=(null)" not in line]


def at(level, result):
    site = miltertalk.Site(os.path.join(TMP, "at%d" % level), [os.path.join(OBJ, "makemap", "makemap")])
    miltertalk.set_level(site, level)
    name = os.path.join(TMP, "log%d" % level)
    with open(name, "wb") as log:
        p = start([os.path.join(OBJ, "sendmail", "sendmail"), "-C", site.cf, "-bD"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                  env=dict(os.environ, ANGARIUM_LOG="stderr"))
    got, read, session = set(), [0], [None]

    def read_log():
        """Until there are as many lines as there should be."""
        want = {line for n, line in rows if n <= level and line.startswith("%s: " % session[0])} if session[0] else set()
        end, lines, seen = time.monotonic() + 30, [], set()
        while True:
            with open(name, "rb") as f:
                f.seek(read[0])
                text = f.read()
            text = text[:text.rfind(b"\n") + 1]		# whole lines
            lines += text.decode("latin-1").split("\n")
            read[0] += len(text)
            seen = {"%s: %s" % (session[0], miltertalk.clean_log(miltertalk.clean(l, site.dir))) for l in lines}
            if want <= seen or time.monotonic() > end:
                return lines
            time.sleep(0.02)

    before = set()		# a second copy of a line may come when the next session is on already
    for one in sorted(miltertalk.LEVEL_SESSIONS):
        mine = {line[len(one) + 2:] for _, line in rows if line.startswith("%s: " % one)}
        site.before_log = lambda: session.__setitem__(0, one)
        for _, _, logged in site.all(read_log, {one}):
            got |= {"%s: %s" % (one, line) for line in logged if line in mine or line not in before}
        session[0], before = None, mine
    p.terminate()
    p.wait()
    result[level] = got


result = {}
threads = [threading.Thread(target=at, args=(level, result), daemon=True) for level in (3, 8, 10, 18)]
for t in threads:
    t.start()
for t in threads:
    t.join()
for level, got in sorted(result.items()):
    want = {line for n, line in rows if n <= level}
    if not ok(got == want, "Milter.LogLevel %d: %d lines" % (level, len(want))):
        for line in sorted(want - got):
            diag("- " + line)
        for line in sorted(got - want):
            diag("+ " + line)
done_testing()
