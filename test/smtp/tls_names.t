#!/usr/bin/env python3
"""tls_names: certificates of odd shape that a client shows - macros as recorded from sendmail 8.17 (test/compat/tls compares anew), what is in the log, and that
none of them gets more than it should."""
import os
import sys
import warnings
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from oddcert import *
from smtp import *

warnings.simplefilter("ignore", DeprecationWarning)
odd = Odd(TMP)
server = odd.make("server", odd.cn(UTF8, b"mail.here.test"), sans=(b"mail.here.test",))
LONG = "BadCertificateTooLong"
# certificate, {verify}, {cert_subject}, {cn_subject}, {cn_issuer}
TABLE = (
    ("plain", "OK", "/CN=client.test", "client.test", "The+20CA"),
    ("empty", "OK", "", "BadCertificateUnknown", "The+20CA"),
    ("nul", "OK", "/CN=good.test+5Cx00.evil.test", "BadCertificateContainsNUL", "The+20CA"),
    ("long240", "OK", "/CN=" + "L" * 240, "L" * 240, "The+20CA"),
    ("long254", "OK", LONG, "L" * 254, "The+20CA"),
    ("long255", "OK", LONG, LONG, "The+20CA"),
    ("long300", "OK", LONG, LONG, "The+20CA"),
    ("long600", "OK", LONG, LONG, "The+20CA"),
    ("longescaped", "OK", LONG, LONG, "The+20CA"),
    ("longwhole", "OK", LONG, "x", "The+20CA"),
    ("bmp", "OK", "/CN=+5Cx00J+5Cx00+5CxFC+5Cx00r+5Cx00g+5Cx00e+5Cx00n+5Cx00+20N-", "J+C3+BCrgen+20+E4+B8+AD", "The+20CA"),
    ("t61", "OK", "/CN=J+5CxFCrgen", "J+C3+BCrgen", "The+20CA"),
    ("utf8", "OK", "/CN=J+5CxC3+5CxBCrgen+20+5CxE4+5CxB8+5CxAD", "J+C3+BCrgen+20+E4+B8+AD", "The+20CA"),
    ("control", "OK", "/CN=a+5Cx01b+5Cx0D+5Cx0AX-Evil:+20yes+5Cx09c+5Cx7F", "a+01b+0D+0AX-Evil:+20yes+09c+7F", "The+20CA"),
    ("ia5", "OK", "/CN=a@b.test+5Cx0A", "a@b.test+0A", "The+20CA"),
    ("several", "OK", "/C=DE/O=Org+2BOU=unit/CN=several/emailAddress=a@b.c/DC=test", "several", "The+20CA"),
    ("twocn", "OK", "/CN=first.test/CN=second.test", "first.test", "The+20CA"),
    ("emptycn", "OK", "/CN=", "", "The+20CA"),
    ("unknownoid", "OK", "/1.2.3.4.5=value/CN=unknown", "unknown", "The+20CA"),
    ("expired", "FAIL", "/CN=expired", "expired", "The+20CA"),
    ("future", "FAIL", "/CN=future", "future", "The+20CA"),
    ("selfsigned", "FAIL", "/CN=selfsigned", "selfsigned", "selfsigned"),
    ("unknownca", "FAIL", "/CN=x", "x", "no+20such+20ca"),
    ("badsignature", "FAIL", "/CN=x", "x", "The+20CA"),
    ("purpose", "FAIL", "/CN=x", "x", "The+20CA"),
    ("critical", "FAIL", "/CN=x", "x", "The+20CA"),
    ("nameless", "FAIL", "/CN=x", "x", "BadCertificateUnknown"),
    ("issuernul", "FAIL", "/CN=x", "x", "BadCertificateContainsNUL"),
    ("deep", "OK", "/CN=x", "x", "ca12"),
    ("three", "OK", "/CN=x", "x", "ca3"),
    ("incomplete", "FAIL", "/CN=x", "x", "ca3"),
)
MACROS = ("verify", "cert_subject", "cn_subject", "cn_issuer")
SHOW = "\nLOCAL_RULESETS\nSLocal_check_vrfy\n" + "".join("R%s\t$#error $@ 5.7.1 $: 550 is $&{%s}\n" % (m, m) for m in MACROS)
SHOW += "Scheck_vrfy\nR$*\t$: $>Local_check_vrfy $1\n"
MC = "define(`confSERVER_CERT', `%s.crt')\ndefine(`confSERVER_KEY', `%s/client.key')\ndefine(`confCACERT', `%s/ca.crt')\ndefine(`confLOG_LEVEL', `14')\n" % (server, TMP, TMP)
ACCESS = "CertSubject:/CN=long\tRELAY\nCertIssuer:/CN=The+20CA\tSUBJECT\nCertSubject:/CN=client.test\tRELAY\n"
host = Host(mc=MC, mailers=SHOW, access=ACCESS)


def session(cert):
    c = host.connect("127.0.0.2", "me")
    c.cmd("STARTTLS")
    ctx = ssl._create_unverified_context()
    ctx.load_cert_chain(odd.path(cert) + ".crt", TMP + "/client.key")
    c.s = ctx.wrap_socket(c.s)
    c.buf = b""
    c.cmd("EHLO me")
    return c


for cert, *want in TABLE:
    c = session(cert)
    got = [re.sub(r"^550 5\.7\.1 is ?", "", c.cmd("VRFY " + m)).replace(" ", "") for m in MACROS]
    c.cmd("MAIL FROM:<a@here.test>")
    relay, local = c.cmd("RCPT TO:<ann@far.test>")[:3], c.cmd("RCPT TO:<root>")[:3]
    eq(dict(zip(MACROS, got)), dict(zip(MACROS, want)), cert)
    eq((relay, local), ("250" if cert == "plain" else "550", "250"), "... may relay, or not; and mail for here is taken")
    c.close()
ok("\nX-Evil" not in host.log() and "\x01" not in host.log(), "the log holds nothing that a certificate put there")
host.stop()
done_testing()
