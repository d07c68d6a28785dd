#!/usr/bin/env python3
"""tls_access: what TLS_Srv, TLS_Clt and TLS_Rcpt of the access map make of each value of {verify}: as recorded from sendmail 8.17's rules."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

ACCESS = """TLS_Srv:verify.test	VERIFY
TLS_Srv:strong.test	VERIFY:256
TLS_Srv:perm.test	PERM+VERIFY:112
TLS_Srv:temp.test	TEMP+ENCR:256
TLS_Srv:encr.test	ENCR:112
TLS_Srv:cn.test	VERIFY:112+CN
TLS_Srv:other.test	VERIFY:112+CN:else.where
TLS_Srv:cs.test	VERIFY+CS:/CN=cs.test
TLS_Srv:ci.test	VERIFY+CI:/CN=The+20CA
TLS_Srv:all.test	PERM+VERIFY:112+CN:all.test++CS:/CN=all.test++CI:/CN=Other
TLS_Clt:verify.test	VERIFY
TLS_Clt:encr.test	PERM+ENCR:112
TLS_Rcpt:u@verify.test	VERIFY+CN:mx.else.test
TLS_Rcpt:encr.test	ENCR:256
TLS_Rcpt:first.last@	ENCR:256
"""
# ruleset, {verify}, {cipher_bits}, host: code and text, or nothing where it may go on
CASES = [
    ("tls_server", "OK", 256, "verify.test", ""), ("tls_server", "TRUSTED", 256, "verify.test", ""),
    ("tls_server", "NO", 256, "verify.test", "4.7.0 454 not authenticated"), ("tls_server", "NOT", 256, "verify.test", "4.7.0 454 no authentication requested"),
    ("tls_server", "NONE", 0, "verify.test", "4.7.0 454 other side does not support STARTTLS"), ("tls_server", "FAIL", 256, "verify.test", "4.7.0 454 authentication failed"),
    ("tls_server", "TEMP", 0, "verify.test", "4.7.0 454 authentication failure"), ("tls_server", "PROTOCOL", 0, "verify.test", "4.7.0 454 STARTTLS failed."),
    ("tls_server", "SOFTWARE", 0, "nobody.test", "4.7.0 454 TLS handshake failed."), ("tls_server", "CONFIG", 0, "nobody.test", "4.7.0 454 STARTTLS temporarily not possible."),
    ("tls_server", "CLEAR", 0, "verify.test", "4.7.0 454 STARTTLS disabled locally"), ("tls_server", "CLEAR", 0, "nobody.test", ""),
    ("tls_server", "CLEAR", 0, "perm.test", "5.7.0 503 STARTTLS disabled locally"), ("tls_server", "CLEAR", 0, "encr.test", "4.7.0 454 encryption too weak 0 less than 112"),
    ("tls_server", "OK", 128, "strong.test", "4.7.0 454 encryption too weak 128 less than 256"), ("tls_server", "FAIL", 256, "perm.test", "5.7.0 503 authentication failed"),
    ("tls_server", "FAIL", 128, "temp.test", "4.7.0 403 encryption too weak 128 less than 256"), ("tls_server", "FAIL", 256, "temp.test", ""),
    ("tls_server", "OK", 256, "cn.test", ""), ("tls_server", "OK", 256, "other.test", "4.7.0 454 CN cn does not match else.where"),
    ("tls_server", "OK", 256, "cs.test", ""), ("tls_server", "OK", 256, "ci.test", ""), ("tls_server", "OK", 256, "all.test", "5.7.0 503 Cert Issuer /CN=The+20CA does not match /CN=Other"),
    ("tls_client", "", "", "verify.test", "4.7.0 454 authentication required"), ("tls_client", "NO", 256, "verify.test", "4.7.0 454 not authenticated"),
    ("tls_client", "OK", 256, "verify.test", ""), ("tls_client", "NONE", 0, "encr.test", "5.7.0 503 encryption too weak 0 less than 112"),
    ("tls_rcpt", "CLEAR", 0, "u@verify.test", "4.7.0 454 STARTTLS disabled locally"), ("tls_rcpt", "OK", 256, "u@verify.test", "4.7.0 454 CN cn does not match mx.else.test"),
    ("tls_rcpt", "OK", 128, "x@encr.test", "4.7.0 454 encryption too weak 128 less than 256"), ("tls_rcpt", "NO", 256, "x@encr.test", ""), ("tls_rcpt", "NONE", 0, "x@verify.test", ""),
    ("tls_rcpt", "OK", 128, "first.last@else.test", "4.7.0 454 encryption too weak 128 less than 256"),
    ("tls_rcpt", "OK", 128, "first.last", "4.7.0 454 encryption too weak 128 less than 256"), ("tls_rcpt", "OK", 128, "first", ""),
]
host = Host(start_it=False, access=ACCESS, mailers="LOCAL_RULESETS\nSTranslate\nR$* $$| $*\t$: $1 $| $2\n")
lines = []
for ruleset, verify, bits, name, _ in CASES:
    cn = name if ruleset == "tls_server" and name not in ("other.test",) else "cn"
    for macro, value in (("server_name", name), ("server_addr", "192.0.2.7"), ("client_name", name), ("client_addr", "192.0.2.8"), ("verify", verify), ("cipher_bits", bits),
                         ("cn_subject", cn), ("cn_issuer", "The+20CA"), ("cert_subject", "/CN=" + cn), ("cert_issuer", "/CN=The+20CA")):
        lines.append(".D{%s}%s" % (macro, value))
    lines.append({"tls_rcpt": "tls_rcpt " + name, "tls_server": "tls_server " + verify, "tls_client": "Translate,tls_client %s $| MAIL" % verify}[ruleset])
code, out, err = run([os.path.join(OBJ, "sendmail", "sendmail"), "-C", host.cf, "-bt"], input="\n".join(lines) + "\n")
asked = [c for c in re.split(r"(?m)^(?:> )+", out) if re.search(r"(?m)^tls_\w+ +input:", c)]
answers = [re.findall(r"(?m)^tls_\w+ +returns: (.*)$", c)[-1] for c in asked if "returns" in c]
eq(len(answers), len(CASES), "each has an answer")
for (ruleset, verify, bits, name, want), got in zip(CASES, answers):
    m = re.match(r"\$# ?error \$@ ([\d. ]+) \$: (.*)$", got)
    said = "" if m is None else re.sub(r"\s+", " ", "%s %s" % (m.group(1).replace(" ", ""), m.group(2).replace('"', ""))).strip()
    eq(re.sub(r" ?([./=+]) ?(?=\S|$)", r"\1", said), re.sub(r" ?([./=+]) ?(?=\S|$)", r"\1", want), "%s %s, {verify}=%s, %s bits" % (ruleset, name, verify, bits))
done_testing()
