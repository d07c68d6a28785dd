#!/usr/bin/env python3
"""access: each tag of the access map, driven through real sessions, is answered word for word as the recorded sendmail answered (data/access.ok)."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *
import access

with open(access.OK, encoding="latin-1") as f:
    want = f.read().splitlines()
got = []
for name in access.CONFIGURATIONS:
    number = port()
    cf = access.prepare(TMP, name, number, [os.path.join(OBJ, "makemap", "makemap")])
    with open(os.path.join(TMP, "log." + name), "wb") as log:
        p = start([os.path.join(OBJ, "sendmail", "sendmail"), "-C", cf, "-bD"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                  env=dict(os.environ, ANGARIUM_LOG="stderr"))
    got += access.ask(name, number)
    p.terminate()
    p.wait()
eq(len(got), len(want), "as many answers as were recorded")
for g, w in zip(got, want):
    eq(g, w, w.split(" -> ")[0])
done_testing()
