#!/usr/bin/env python3
"""Maps, class files, alias files, :include: and .forward in safe and unsafe folders, with each word of DontBlameSendmail: read or refused as recorded from
sendmail (data/blame.ok, test/compat/blame)."""
import os
import shutil
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
import blame

HERE = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(HERE, "data", "blame.ok")) as f:
    want = f.read().splitlines()
# A mount of its own: the folders of a test stand in /tmp, and nothing there is safe.
PROGRAM = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs none /mnt && exec "$@"', "sh", sys.executable,
           os.path.join(TOP, "test", "lib", "blame.py"), "/mnt", os.path.join(OBJ, "sendmail", "sendmail"), os.path.join(OBJ, "makemap", "makemap")]
if os.geteuid() != 0:
    skip("the folders of root", "an ordinary user reads what he likes: nobody is protected from himself")
elif shutil.which("unshare") is None or subprocess.run(PROGRAM[:4] + ["mount -t tmpfs none /mnt"], capture_output=True).returncode != 0:
    skip("the folders of root", "no mount namespace can be had here")
else:
    got = subprocess.run(PROGRAM, capture_output=True, text=True, timeout=300)
    if got.stderr:
        diag(got.stderr[-1000:])
    lines = got.stdout.splitlines()
    eq(len(lines), len(want), "as many answers as were recorded")
    for place in sorted({w[:13] for w in want}):
        eq([x for x in lines if x.startswith(place)], [x for x in want if x.startswith(place)], "%s: each of %d words" % (place, len(blame.WORDS)))
done_testing()
