#!/usr/bin/env python3
"""policy: every policy ruleset is asked at the same moment, with the same macros set, as by the sendmail whose answers are in data/policy.ok."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *
import policy

ports = [port() for _ in range(8)]
cf = policy.write_cf(TMP, ports)
cert = certificate(TMP)
with open(os.path.join(TMP, "log"), "wb") as log:
    start([os.path.join(OBJ, "sendmail", "sendmail"), "-C", cf, "-bD"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
          env=dict(os.environ, ANGARIUM_LOG="stderr"))
with open(policy.OK, encoding="latin-1") as f:
    want = f.read().splitlines()
got = list(policy.ask(ports, cert))
eq(len(got), len(want), "as many answers as were recorded")
for g, w in zip(got, want):
    eq(g, w, w.split(" -> ")[0])
done_testing()
