#!/usr/bin/env python3
"""Coverage: the recorded questions exercise at least 70% of the rules of each configuration, by our own trace."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
import cfdata

SENDMAIL = [os.path.join(OBJ, "sendmail", "sendmail")]
FOLDER = os.path.join(TOP, "test", "cf", "data")
if not os.access(SENDMAIL[0], os.X_OK):
    bail("%s is not there: run sh Build first" % SENDMAIL[0])
cfdata.prepare(FOLDER, TMP, [os.path.join(OBJ, "makemap", "makemap")])
for name in cfdata.names(FOLDER):
    cf = os.path.join(TMP, name + ".cf")
    cfdata.generate(os.path.join(FOLDER, name + ".mc"), TMP, os.path.join(TOP, "cf"), cf)
    hit, every, missed = cfdata.coverage(SENDMAIL, cf, cfdata.questions(FOLDER, name))
    if not ok(every > 0 and hit * 100 >= every * 70, "%s: %d of %d rules (%d%%)" % (
            name, hit, every, hit * 100 // max(every, 1))):
        for r in missed[:20]:
            diag("%s: R%s\t%s" % r)
done_testing()
