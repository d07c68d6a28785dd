#!/usr/bin/env python3
"""milter: what filters are sent, what their answers do to replies, queue and log, session by session as a recorded sendmail (data/milter.ok.xz)."""
import os
import re
import sys
import threading
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *
import miltertalk

AT_ONCE = 4		# daemons, each with filters of its own: many sessions do nothing but wait
only = sys.argv[1] if len(sys.argv) > 1 else "."
want = miltertalk.recorded()
result = {}


class Run(threading.Thread):
    def __init__(self, number):
        super().__init__(daemon=True)
        self.number, self.read = number, 0
        self.site = miltertalk.Site(os.path.join(TMP, "site%d" % number), [os.path.join(OBJ, "makemap", "makemap")])
        self.log = os.path.join(TMP, "log%d" % number)
        with open(self.log, "wb") as log:
            self.p = start([os.path.join(OBJ, "sendmail", "sendmail"), "-C", self.site.cf, "-bD"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                           env=dict(os.environ, ANGARIUM_LOG="stderr"))

    def read_log(self):
        with open(self.log, "rb") as f:
            f.seek(self.read)
            text = f.read()
        self.read += len(text)
        return text.decode("latin-1").split("\n")

    def run(self):
        names = [s[0] for s in miltertalk.sessions() if re.search(only, s[0])]
        for name, lines, _ in self.site.all(self.read_log, set(names[self.number::AT_ONCE])):
            result[name] = list(miltertalk.plain(lines))


runs = [Run(n) for n in range(AT_ONCE)]
for r in runs:
    r.start()
for r in runs:
    r.join()
for name, _, _, _ in miltertalk.sessions():
    if not re.search(only, name):
        continue
    said = result.get(name, ["the session was not finished"])
    ref = list(miltertalk.excused(name, miltertalk.plain(l for l in want.get(name, []) if not l.startswith("log: "))))
    if name == "parameters":		# recipients stand in another order
        said.sort()
        ref.sort()
    if not ok(said == ref, name):
        for line in said:
            diag(("  " if line in ref else "+ ") + line)
        for line in ref:
            if line not in said:
                diag("- " + line)
for r in runs:
    r.p.terminate()
    r.p.wait()
done_testing()
