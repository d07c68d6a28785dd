#!/usr/bin/env python3
"""milter: what filters are sent, what their answers do to replies, queue and log, session by session as a recorded sendmail (data/milter.ok.xz)."""
import difflib
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
result, logged = {}, {}


def split(name):
    """What was recorded of a session: its lines, and those of the log."""
    lines = want.get(name, [])
    return ([l for l in lines if not l.startswith("log: ")], list(miltertalk.excused_log(name, (l[5:] for l in lines if l.startswith("log: ")))))


class Run(threading.Thread):
    def __init__(self, number):
        super().__init__(daemon=True)
        self.number, self.read, self.lines = number, 0, 0
        self.site = miltertalk.Site(os.path.join(TMP, "site%d" % number), [os.path.join(OBJ, "makemap", "makemap")])
        self.log = os.path.join(TMP, "log%d" % number)
        with open(self.log, "wb") as log:
            self.p = start([os.path.join(OBJ, "sendmail", "sendmail"), "-C", self.site.cf, "-bD"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                           env=dict(os.environ, ANGARIUM_LOG="stderr"))

    def read_log(self):
        """What came since, waiting for as many lines about filters as there are to be: the last ones are written when the client is gone."""
        end, lines = time.monotonic() + 30, []
        while True:
            with open(self.log, "rb") as f:
                f.seek(self.read)
                text = f.read()
            text = text[:text.rfind(b"\n") + 1]		# whole lines
            lines += text.decode("latin-1").split("\n")
            self.read += len(text)
            if len([l for l in lines if miltertalk.LOGGED.search(l)]) >= self.lines or time.monotonic() > end:
                return lines
            time.sleep(0.02)

    def run(self):
        names = [s[0] for s in miltertalk.sessions() if re.search(only, s[0])]
        for name in names[self.number::AT_ONCE]:
            self.site.before_log = lambda: setattr(self, "lines", len(split(name)[1]) + len(miltertalk.more_log(name)))
            for _, lines, log in self.site.all(self.read_log, {name}):
                result[name], logged[name] = list(miltertalk.plain(lines)), miltertalk.plain_log(name, log)
            self.lines = 0


runs = [Run(n) for n in range(AT_ONCE)]
for r in runs:
    r.start()
for r in runs:
    r.join()
for name, _, _, _ in miltertalk.sessions():
    if not re.search(only, name):
        continue
    said = result.get(name, ["the session was not finished"])
    ref, ref_log = split(name)
    ref = list(miltertalk.excused(name, miltertalk.plain(ref)))
    if name == "parameters":		# recipients stand in another order
        said.sort()
        ref.sort()
    if not ok(said == ref, name):
        for line in said:
            diag(("  " if line in ref else "+ ") + line)
        for line in ref:
            if line not in said:
                diag("- " + line)
    if not ok(logged.get(name) == ref_log, name + ": the log"):
        for line in difflib.ndiff(ref_log, logged.get(name, [])):
            diag(line)
for r in runs:
    r.p.terminate()
    r.p.wait()
done_testing()
