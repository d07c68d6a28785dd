#!/usr/bin/env python3
"""FEATURE(access_cidr): networks of any length as keys of the access map, the smallest that holds the address wins."""
import os
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
import cfdata

SENDMAIL = os.environ.get("ANGARIUM_ADDRESSES_SENDMAIL", "").split() or [os.path.join(OBJ, "sendmail", "sendmail")]
ROWS = """Connect:10.1.32.0/19	REJECT
Connect:10.1.40.0/21	OK
Connect:10.1.40.16/28	ERROR:"550 no"
Connect:10.1.40.17	RELAY
Connect:172.16.0.0/12	ERROR:5.7.1:550 private
172.18	OK
Connect:192.0.2.0/24	REJECT
Connect:128.0.0.0/1	DISCARD
Connect:IPv6:2001:db8::/32	REJECT
Connect:IPv6:2001:db8:1::/48	OK
IPv6:fe80::/16	ERROR:"550 link"
Connect:IPv6:2001:db8:2:8000::/50	ERROR:"550 fifty"
Connect:IPv6:2001:db8:2:a000::/51	RELAY
IPv6:2001:db8:2:a000::12/127	DISCARD
Connect:IPv6:3000::/5	ERROR:"550 five"
IPv6:3001:1	OK
Connect:10.200	ERROR:"550 prefix"
"""
with open(os.path.join(TMP, "site.mc"), "w") as f:
    f.write("""define(`confDONT_BLAME_SENDMAIL', `MapInUnsafeDirPath,GroupWritableDirPathSafe')
define(`confDONT_PROBE_INTERFACES', `True')define(`confDOMAIN_NAME', `mail.example.org')define(`confCR_FILE', `-o /nonesuch')
OSTYPE(`linux')
FEATURE(`access_db', `hash -T<TMPF> %s/access')
FEATURE(`access_cidr')
MAILER(`smtp')
LOCAL_RULESETS
STrelay
R$* ~ $*	$@ $>check_relay $1 $| $2
""" % TMP)
subprocess.run([os.path.join(OBJ, "makemap", "makemap"), "hash", os.path.join(TMP, "access")], input=ROWS.encode(), check=True)
cf = os.path.join(TMP, "site.cf")
rc, err = cfdata.generate(os.path.join(TMP, "site.mc"), TMP, os.path.join(TOP, "cf"), cf)
eq((rc, err), (0, ""), "made by m4")
DENIED = '$# error $@ 5 . 7 . 1 $: "550 Access denied"'
want = [
    ("10.1.32.0", DENIED), ("10.1.63.255", DENIED), ("10.1.31.255", "OK"), ("10.1.64.0", "OK"),
    ("10.1.47.255", "OK"), ("10.1.40.15", "OK"), ("10.1.40.16", '$# error $: "550 no"'), ("10.1.40.31", '$# error $: "550 no"'),
    ("10.1.40.32", "OK"), ("10.1.40.17", "RELAY"), ("172.16.0.1", '$# error $@ 5 . 7 . 1 $: 550 private'),
    ("172.31.255.255", '$# error $@ 5 . 7 . 1 $: 550 private'), ("172.18.1.1", "OK"), ("172.32.0.0", "$# discard $: discard"),
    ("192.0.2.7", DENIED), ("192.0.3.7", "$# discard $: discard"), ("127.255.0.1", "OK"), ("1.2.3.4", "OK"),
    ("IPv6:2001:db8:0:0:0:0:0:1", DENIED), ("IPv6:2001:db8:1:0:0:0:0:1", "OK"), ("IPv6:2001:db9:0:0:0:0:0:1", "OK"),
    ("IPv6:fe80:0:0:0:0:0:0:1", '$# error $: "550 link"'), ("IPv6:2001:db8:2:7fff:0:0:0:1", DENIED),
    ("IPv6:2001:db8:2:8000:0:0:0:1", '$# error $: "550 fifty"'), ("IPv6:2001:db8:2:9fff:0:0:0:1", '$# error $: "550 fifty"'),
    ("IPv6:2001:db8:2:a000:0:0:0:1", "RELAY"), ("IPv6:2001:db8:2:bfff:0:0:0:1", "RELAY"), ("IPv6:2001:db8:2:c000:0:0:0:1", DENIED),
    ("IPv6:2001:db8:2:a000:0:0:0:13", "$# discard $: discard"), ("IPv6:2001:db8:2:a000::14", "RELAY"),
    ("IPv6:37ff:0:0:0:0:0:0:1", '$# error $: "550 five"'), ("IPv6:3800:0:0:0:0:0:0:1", "OK"), ("IPv6:3001:1:0:0:0:0:0:1", "OK"),
    ("10.200.3.4", '$# error $: "550 prefix"'),
]
_, got = cfdata.answers(SENDMAIL, cf, ["Trelay c.tld ~ " + a for a, _ in want])
for (a, w), (_, g) in zip(want, got):
    eq(g, w, a)
eq(len(got), len(want), "each was answered")
done_testing()
