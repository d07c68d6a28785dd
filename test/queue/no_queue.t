#!/usr/bin/env python3
"""Commands where the queue directory is not there, or is somebody else's: each says so at once, in sendmail's words, with sendmail's exit code."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta

COMMANDS = (["-q"], ["-bp"], ["-odq", "root"], ["-t"], ["-bs"])
TEXT = "To: root\nSubject: x\n\nx\n"
m = Mta()
q = m.path("queue")
os.rmdir(q)
for argv in COMMANDS:
    code, out, err = m.command(*argv, input=TEXT)
    said = "can not chdir(%s/): No such file or directory" % q
    eq((code, (out if argv == ["-bs"] else err).rstrip()), (78, ("451 4.0.0 " if argv == ["-bs"] else "") + said), " ".join(argv) + ": no queue directory")
code, out, err = m.command("-bd")
eq((code, err.rstrip().split(": ", 1)[1]), (78, said), "a daemon does not start")
os.mkdir(q, 0o700)
other = dict(user=65534, group=65534, extra_groups=[]) if os.getuid() == 0 else {}
if not other:
    os.chmod(q, 0)
for argv in COMMANDS:
    code, out, err = m.command(*argv, input=TEXT, **other)
    eq(code, 77, " ".join(argv) + ": a queue directory of somebody else's")
    like(err + out, r"(?s)can not chdir\(%s/\): Permission denied.*Program mode requires special privileges, e\.g\., root or TrustedUser\.|"
         r"Program mode requires.*can not chdir\(%s/\): Permission denied" % (q, q), "... and what it takes")
os.chmod(q, 0o700)
eq(m.command("-q")[0], 0, "with the queue directory back all is well")
done_testing()
