#!/usr/bin/env python3
"""SafeFileEnvironment: mail goes into files below that folder, and nothing in their names, no link either, leads out of it."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta

ARCH, OUTSIDE, NEAR = (os.path.join(TMP, n) for n in ("arch", "outside", "archive"))
os.umask(0)
for d in (ARCH, OUTSIDE, NEAR, ARCH + "/sub", ARCH + "/ive"):
    os.mkdir(d, 0o777)
os.symlink("../outside", ARCH + "/link")
os.symlink("../outside/target", ARCH + "/file")
WAYS = {"plain": "/box", "whole": ARCH + "/sub/box", "twice": "//sub/./box2", "dots": "/a..b", "up": "/sub/../../outside/up", "link": "/link/box", "file": "/file",
        "near": NEAR + "/box", "self": "/..", "folder": "/sub/"}
m = Mta(mc="define(`confSAFE_FILE_ENV', `%s')\ndefine(`confTEMP_FILE_MODE', `0600')\n" % ARCH, aliases="".join("%s: %s\n" % w for w in WAYS.items()))
m.start()
m.send("me@there.test", ["%s@here.test" % n for n in WAYS], "Subject: s\n\nx\n")
for name in WAYS:
    good = name in ("plain", "whole", "twice", "dots")
    ok(m.await_log(r"to=%s,[^\n]*stat=%s" % (WAYS[name].replace("+", r"\+"), "Sent" if good else r"(?!Sent)")), "%s (%s): %s" % (name, WAYS[name].replace(TMP, ""), "taken" if good else "refused"))


def files(top):
    return sorted(os.path.relpath(os.path.join(d, f), top) for d, _, fs in os.walk(top) for f in fs if not os.path.islink(os.path.join(d, f)))


eq(files(ARCH), ["a..b", "box", "sub/box", "sub/box2"], "what was taken lies below the folder")
eq(files(OUTSIDE) + files(NEAR), [], "... and nothing outside of it")
m.stop()
done_testing()
