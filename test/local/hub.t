#!/usr/bin/env python3
"""hub: where local names go, those with a detail and those of nobody, with MAIL_HUB, LOCAL_RELAY, LUSER_RELAY and two of them - as sendmail 8.17 told by -bv."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

HUB, LOC, LUS, JOE = ("define(`%s', `%s')\n" % d for d in (
    ("MAIL_HUB", "relay:hub.test"), ("LOCAL_RELAY", "relay:loc.test"), ("LUSER_RELAY", "relay:lus.test"), ("LUSER_RELAY", "local:root")))
PLUS, KEEP, STICKY = ("FEATURE(`%s')\n" % f for f in ("preserve_local_plus_detail", "preserve_luser_host", "stickyhost"))
TRIPLE = "LOCAL_RULE_0\nRgone + det < @ here.test . >\t$#local $@ kept.test $: gone\n"
NAMES = ("root", "root+det", "root+a+b", "root+", "gone", "gone+det", "gone+det@here.test", "alias+x", "detail+y", "\\root", "\\gone", "\\alias")
# for each of NAMES: mailer, host, user; "@hub" stands for what a relay gets; None: not asked
TABLE = (
    ("MAIL_HUB", HUB, ("root@hub", "root+det@hub", "root+a+b@hub", "root+@hub", "gone@hub", "gone+det@hub", "gone+det@hub", "b@far", "root+x@hub", "\\root@hub", "\\gone@hub", "\\alias@hub")),
    ("LOCAL_RELAY", LOC, ("root@loc", "root+det@loc", "root+a+b@loc", "root+@loc", "gone@loc", "gone+det@loc", "gone+det@loc", "b@far", "root+x@loc", "\\root@loc", "\\gone@loc", "\\alias@loc")),
    ("LUSER_RELAY", LUS, ("root", "root det", "root a+b", "root", "gone@lus", "gone+det@lus", "gone+det@lus", "b@far", "root x", "\\root", "\\gone@lus", "\\alias@lus")),
    ("LUSER_RELAY here", JOE, ("root", "root det", "root a+b", "root", "root gone", "root gone+det", "root gone+det", "b@far", "root x", None, None, None)),
    ("MAIL_HUB and LUSER_RELAY", HUB + LUS, ("root@hub", "root+det@hub", "root+a+b@hub", "root+@hub", "gone@lus", "gone+det@lus", "gone+det@lus", "b@far", "root+x@hub", None, None, None)),
    ("LOCAL_RELAY and LUSER_RELAY", LOC + LUS, ("root@loc", "root+det@loc", "root+a+b@loc", "root+@loc", "gone@lus", "gone+det@lus", "gone+det@lus", "b@far", "root+x@loc", None, None, None)),
    ("MAIL_HUB, stickyhost", HUB + STICKY, ("root@hub", "root+det@hub", "root+a+b@hub", "root+@hub", "gone@hub", "gone+det@hub", "gone+det@here.test hub", "b@far", "root+x@hub", "\\root@hub", "\\gone@hub", "\\alias@hub")),
    ("LUSER_RELAY, preserve_local_plus_detail", LUS + PLUS, ("root", None, None, None, "gone@lus", "gone+det@lus", "gone+det@lus", None, None, None, None, None)),
    ("LUSER_RELAY, preserve_luser_host", LUS + KEEP, ("root", "root det", "root a+b", "root", "gone@lus", "gone+det@lus", "gone+det@lus", "b@far", "root x", None, None, None)),
    ("LUSER_RELAY, preserve_luser_host, a triple with a host", LUS + KEEP + TRIPLE, ("root", "root det", None, None, "gone@lus", "gone+det@lus", "gone@kept.test lus", None, None, None, None, None)),
)


def told(host, name):
    code, out, err = run([os.path.join(OBJ, "sendmail", "sendmail"), "-C", host.cf, "-bv", name], env=dict(os.environ, ANGARIUM_LOG="stderr"))
    m = re.search(r"deliverable: mailer (\w+), (?:host ([^,]*), )?user (.*)$", out, re.M)
    if not m:
        return out + err
    mailer, to, user = m.group(1), m.group(2), m.group(3)
    if mailer == "local":
        return user + (" " + to if to else "")
    to = to.replace(".test", "")
    return user[:-5] if user.endswith("@" + to + ".test") else user + " " + to


for about, mc, want in TABLE:
    host = Host(mc=mc, aliases="postmaster: root\nalias: b@far.test\ndetail: root+x\n", start_it=False)
    got = [None if w is None else told(host, name) for name, w in zip(NAMES, want)]
    eq(got, list(want), about)
done_testing()
