#!/usr/bin/env python3
"""FEATURE(access_cidr) in a daemon: the smallest network that holds the client's address decides, and a map that was made again counts."""
import os
import signal
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *
import access

MAKEMAP = [os.path.join(OBJ, "makemap", "makemap")]
access.CONFIGURATIONS["cidr"] = "FEATURE(`access_cidr')\n"
number = port()
cf = access.prepare(TMP, "cidr", number, MAKEMAP)
where = os.path.dirname(cf)


def rows(text):
    subprocess.run(MAKEMAP + ["-C", cf, "hash", os.path.join(where, "access.db")], input=text, text=True, check=True)


def said(source):
    c = access.connect(number, source)
    c.reply()
    c.cmd("EHLO me.test")
    r = c.cmd("MAIL FROM:<good@far.test>")
    c.send("QUIT\r\n")
    c.close()
    return r


rows("Connect:127.0.0.0/22\tERROR:\"550 wide\"\nConnect:127.0.2.16/28\tOK\nConnect:127.0.2.19/32\tERROR:\"550 one\"\n127.0.2.20\tREJECT\n")
with open(os.path.join(TMP, "log"), "wb") as log:
    p = start([os.path.join(OBJ, "sendmail", "sendmail"), "-C", cf, "-bD"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
              env=dict(os.environ, ANGARIUM_LOG="stderr"))
for source, want in (("127.0.1.9", "550 5.0.0 wide"), ("127.0.2.17", "250 "), ("127.0.2.19", "550 5.0.0 one"), ("127.0.2.20", "550 5.7.1 "),
                     ("127.0.2.33", "550 5.0.0 wide"), ("127.0.4.1", "250 ")):
    r = said(source)
    ok(r.startswith(want), "%s: %s" % (source, want)) or diag(r)
rows("Connect:127.0.0.0/22\tOK\n")
for _ in range(300):
    r = said("127.0.1.9")
    if r.startswith("250 "):
        break
    time.sleep(0.1)
ok(r.startswith("250 "), "the map was made again") or diag(r)
p.send_signal(signal.SIGUSR1)
for _ in range(300):
    with open(os.path.join(TMP, "log"), encoding="latin-1") as f:
        text = f.read()
    if "end of state" in text:
        break
    time.sleep(0.1)
like(text, r"role gate: pid \d+", "SIGUSR1: the roles are logged")
ok(p.poll() is None and said("127.0.2.17").startswith("250 "), "and it lives on")
p.terminate()
p.wait()
done_testing()
