#!/usr/bin/env python3
"""Both m4 trees under both binaries: Debian's sendmail, unpacked in a side folder, and ours answer alike for every recorded
configuration and for every .mc that sendmail ships.  ANGARIUM_REFERENCE and its companions may name one that is there."""
import os
import re
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *

COMPAT = os.path.join(TOP, "test", "compat")
env = dict(os.environ)
if "ANGARIUM_REFERENCE" not in env:
    if os.geteuid() != 0:
        bail("only root can give the reference a file of hosts of its own")
    r = subprocess.run(["sh", os.path.join(COMPAT, "reference"), os.path.join(TMP, "reference")], capture_output=True, text=True)
    if r.returncode != 0:
        bail("Debian's sendmail cannot be unpacked: " + r.stderr.strip())
    env.update(x.split("=", 1) for x in r.stdout.split("\n") if x)
# folders that all may write to are no place for class files
if os.geteuid() == 0 and os.path.isdir("/run"):
    env["TMPDIR"] = "/run"
r = subprocess.run([os.path.join(COMPAT, "fourways")], env=env, capture_output=True, text=True)
n = 0
for line in r.stdout.split("\n"):
    m = re.match(r"(\S+) +(\d+ questions, 4 ways), (\d+) differ", line)
    if m:
        n += 1
        ok(m.group(3) == "0", "%s: %s" % (m.group(1), m.group(2)))
    elif line:
        diag(line)
ok(n > 100, "%d configurations" % n)
eq(r.returncode, 0, "all of them alike")
done_testing()
