#!/usr/bin/env python3
"""FEATURE(sts): what the policy of a recipient's domain allows, by the ruleset tls_rcpt."""
import os
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
import cfdata

SENDMAIL = os.environ.get("ANGARIUM_ADDRESSES_SENDMAIL", "").split() or [os.path.join(OBJ, "sendmail", "sendmail")]
ROWS = """one.tld	secure match=mx.one.tld servername=hostname
many.tld	secure match=a.many.tld:.mail.tld:b.many.tld servername=hostname
"""
with open(os.path.join(TMP, "site.mc"), "w") as f:
    f.write("""define(`confDONT_BLAME_SENDMAIL', `MapInUnsafeDirPath,GroupWritableDirPathSafe')
define(`confDONT_PROBE_INTERFACES', `True')define(`confDOMAIN_NAME', `mail.example.org')define(`confCR_FILE', `-o /nonesuch')
OSTYPE(`linux')
FEATURE(`nocanonify')
FEATURE(`sts', `hash %s/sts')
MAILER(`smtp')
""" % TMP)
subprocess.run([os.path.join(OBJ, "makemap", "makemap"), "hash", os.path.join(TMP, "sts")], input=ROWS.encode(), check=True)
cf = os.path.join(TMP, "site.cf")
rc, err = cfdata.generate(os.path.join(TMP, "site.mc"), TMP, os.path.join(TOP, "cf"), cf)
eq((rc, err), (0, ""), "made by m4")
with open(cf) as f:
    text = f.read()
for option in "StrictTransportSecurity", "SetCertAltnames":
    ok("\nO %s=true\n" % option in text, option)
HOST, CERT = " does not allow the server ", " does not allow the certificate of "


def ask(server, verify, cn, names, rcpt):
    """What tls_rcpt says."""
    lines = [".D{server_name}%s" % server, ".D{verify}%s" % verify, ".D{cn_subject}%s" % cn]
    lines += [".C{cert_altnames}%s" % n for n in names] + ["tls_rcpt " + rcpt]
    return cfdata.answers(SENDMAIL, cf, lines)[1][0][1]


for what, want, args in (
        ("a domain without a policy", None, ("mx.x.tld", "NO", "", [], "u@free.tld")),
        ("the host and its certificate", None, ("mx.one.tld", "OK", "", ["x.tld", "mx.one.tld"], "u@one.tld")),
        ("... with its name as the subject", None, ("mx.one.tld", "OK", "mx.one.tld", [], "<u@one.tld>")),
        ("... with a wildcard", None, ("mx.one.tld", "OK", "", ["*.one.tld"], "u@one.tld")),
        ("no certificate that counts", CERT, ("mx.one.tld", "FAIL", "mx.one.tld", ["mx.one.tld"], "u@one.tld")),
        ("no TLS", CERT, ("mx.one.tld", "NONE", "", [], "u@one.tld")),
        ("the certificate of another host", CERT, ("mx.one.tld", "OK", "evil.tld", ["evil.tld"], "u@one.tld")),
        ("another host", HOST, ("evil.tld", "OK", "evil.tld", ["evil.tld"], "u@one.tld")),
        ("the last of several names", None, ("b.many.tld", "OK", "", ["b.many.tld"], "u@many.tld")),
        ("a host below one of them", None, ("x.mail.tld", "OK", "", ["x.mail.tld"], "u@many.tld")),
        ("not two below it", HOST, ("y.x.mail.tld", "OK", "", ["y.x.mail.tld"], "u@many.tld")),
        ("not that one itself", HOST, ("mail.tld", "OK", "", ["mail.tld"], "u@many.tld"))):
    got = ask(*args)
    refused = got.startswith("$# error")
    good = not refused if want is None else got.startswith("$# error $@ 4 . 7 . 0") and want in got
    if not ok(good, what):
        diag(got)
done_testing()
