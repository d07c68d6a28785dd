#!/usr/bin/env python3
"""StatusFile: what is counted, and what mailstats makes of it."""
import os
import re
import subprocess
import sys
import tempfile
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap
from tap import *
from mta import Mta, Sink

MAILSTATS = os.path.join(tap.OBJ, "mailstats", "mailstats")
d = tempfile.mkdtemp(dir=tap.TMP)
os.chmod(d, 0o755)
stats = os.path.join(d, "statistics")
sink = Sink()
m = Mta(mc="define(`STATUS_FILE', `%s')\n" % stats, smart_host=sink,
        mc_end="LOCAL_RULESETS\nSLocal_check_rcpt\nR$* no@ $*	$#error $@ 5.7.1 $: \"550 no\"\n")


def mailstats(*argv):
    r = subprocess.run([MAILSTATS, "-C", m.cf] + list(argv), capture_output=True, text=True, timeout=60)
    return r.returncode, r.stdout, r.stderr


def rows():
    """name -> numbers"""
    out = {}
    for line in mailstats("-P")[1].split("\n")[1:]:
        w = line.split()
        if w and w[0] not in "TC":
            out[w[-1]] = tuple(map(int, w[1:-1]))
        elif w:
            out[w[0]] = tuple(map(int, w[1:]))
    return out


code, out, err = mailstats()
eq((code, out), (66, ""), "no file")
like(err, r"^mailstats: \S+statistics: No such file or directory$", "is said")
m.start()
m.send("a@client.test", ["b@there.test"], "Subject: none\n\nx\n")
sink.wait(1)
m.stop()
ok(not os.path.exists(stats), "and none is made")
open(stats, "w").close()
os.chmod(stats, 0o600)
m.start()
m.send("a@client.test", ["b@there.test", "c@there.test"], "Subject: two\n\n" + ("x" * 60 + "\n") * 50)
m.send("u@here.test", ["v@here.test"], "Subject: local\n\nx\n")
try:
    m.send("a@client.test", ["no@there.test"], "Subject: refused\n\nx\n")
except Exception:
    pass
sink.wait(2)
m.await_mail("v")
m.await_queue(0)
m.stop()
got = rows()
eq((got["esmtp"][0], got["esmtp"][2], got["esmtp"][4]), (1, 1, 1), "messages from, to, and refused for a mailer")
ok(4 <= got["esmtp"][1] <= 6 and 4 <= got["esmtp"][3] <= 6, "kilobytes (%s)" % (got["esmtp"],))
eq(got["local"][0:4:2], (1, 1), "the local mailer")
eq(got["C"], (3, 1, 1), "connections taken, made, refused")
eq(got["T"][0], 2, "the sum")
code, out, err = mailstats()
like(out, r"\AStatistics from \w+ \w+ +\d+ [\d:]+ \d+\n M   msgsfr  bytes_from   msgsto    bytes_to  msgsrej msgsdis msgsqur  Mailer\n"
     r"(?: *\d+ +\d+ +\d+K +\d+ +\d+K +\d+ +\d+ +\d+  \w+\n)+={69}\n T .*\n C +3 +1 +1\n\Z", "for people")
mailstats("-p")
eq(rows()["T"][0], 0, "-p begins anew")
with open(stats, "w") as f:
    f.write("something else\n")
code, out, err = mailstats()
ok(code == 71 and "incorrect magic number" in err, "another file is not taken for one")
m.start()
m.send("a@client.test", ["b@there.test"], "Subject: none\n\nx\n")
sink.wait(3)
m.stop()
eq(open(stats).read(), "something else\n", "nor written into")

# what commands bring is counted, too
open(stats, "w").close()
eq(m.command("-odi", "-f", "u@here.test", "v@here.test", input="Subject: command\n\nx\n")[0], 0, "a command sends mail")
eq([rows()["local"][k] for k in (0, 2)], [1, 1], "one more message from and to local users")
done_testing()
