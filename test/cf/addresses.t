#!/usr/bin/env python3
"""Addresses: our sendmail -bt gives, for every recorded question, the answer of a real sendmail, to the token."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
import cfdata

SENDMAIL = os.environ.get("ANGARIUM_ADDRESSES_SENDMAIL", "").split() or [os.path.join(OBJ, "sendmail", "sendmail")]
MAKEMAP = [os.path.join(OBJ, "makemap", "makemap")]
FOLDER = os.path.join(TOP, "test", "cf", "data")

for p in SENDMAIL[0], MAKEMAP[0]:
    if not os.access(p, os.X_OK):
        bail("%s is not there: run sh Build first" % p)
cfdata.prepare(FOLDER, TMP, MAKEMAP)
total = 0
recorded = cfdata.kept(FOLDER)
addresses = set()
for name in cfdata.names(FOLDER):
    cf = os.path.join(TMP, name + ".cf")
    rc, err = cfdata.generate(os.path.join(FOLDER, name + ".mc"), TMP, os.path.join(TOP, "cf"), cf)
    if not eq((rc, "\n".join(x for x in err.splitlines() if "warning: " not in x)), (0, ""), name + ": made by m4"):
        continue
    lines = cfdata.questions(FOLDER, name)
    head, got = cfdata.answers(SENDMAIL, cf, lines)
    want = [a.replace("@DIR@", TMP) for a in recorded.get(name, [])]
    if not eq(len(got), len(want), name + ": as many answers as questions"):
        diag(head)
        continue
    differ = [(q, a, w) for (q, a), w in zip(got, want) if a != w]
    if differ and "LUSER_RELAY" in open(os.path.join(FOLDER, name + ".mc")).read():       # it asks for accounts: those of this host are not those of that one
        odd = set(q for q, _, _ in differ)
        rename = cfdata.renamed(odd)
        _, got = cfdata.answers(SENDMAIL, cf, [rename(x) if x in odd else x for x in lines])
        asked = [x for x in lines if not cfdata.SILENT.match(x)]
        want = [rename(w) if q in odd else w for q, w in zip(asked, want)]
        differ = [(q, a, w) for (q, a), w in zip(got, want) if a != w]
    if not ok(not differ, "%s: %d answers" % (name, len(want))):
        for q, a, w in differ[:int(os.environ.get("ANGARIUM_SHOW", "10"))]:
            diag("%s\n  got:  %s\n  want: %s" % (q, a, w))
        diag("%d of %d differ" % (len(differ), len(want)))
    total += len(want)
    addresses.update(cfdata.address(q) for q, _ in got)
n = len(cfdata.names(FOLDER))
ok(n >= 60 and len(addresses) >= 5000, "%d answers, %d distinct addresses in %d configurations" % (total, len(addresses), n))
done_testing()
