#!/usr/bin/env python3
"""Coverage: the recorded questions exercise at least 70% of the rules of each configuration, by our own trace.

With ANGARIUM_COVERAGE=all every question is asked, not only until 70% are reached, and what is missed is told."""
import concurrent.futures
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
import cfdata

SENDMAIL = [os.path.join(OBJ, "sendmail", "sendmail")]
FOLDER = os.path.join(TOP, "test", "cf", "data")
ALL = os.environ.get("ANGARIUM_COVERAGE") == "all"


def measure(name):
    cf = os.path.join(TMP, name + ".cf")
    cfdata.generate(os.path.join(FOLDER, name + ".mc"), TMP, os.path.join(TOP, "cf"), cf)
    return (name,) + cfdata.coverage(SENDMAIL, cf, cfdata.questions(FOLDER, name), not ALL)


if not os.access(SENDMAIL[0], os.X_OK):
    bail("%s is not there: run sh Build first" % SENDMAIL[0])
cfdata.prepare(FOLDER, TMP, [os.path.join(OBJ, "makemap", "makemap")])
with concurrent.futures.ProcessPoolExecutor(2) as pool:
    for name, hit, every, missed in pool.map(measure, cfdata.names(FOLDER)):
        if not ok(every > 0 and hit * 100 >= every * 70, "%s: %s%d of %d rules (%d%%)" % (
                name, "" if ALL else "at least ", hit, every, hit * 100 // max(every, 1))) or ALL:
            for r in missed if ALL else missed[:20]:
                diag("%s: R%s\t%s" % r)
done_testing()
