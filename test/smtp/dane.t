#!/usr/bin/env python3
"""dane: TLSA records behind DNSSEC decide which certificate a server must have (RFC 6698, RFC 7672); what a sender wants of TLS beyond or instead (RFC 8689)."""
import hashlib
import os
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *


def openssl(*argv, **kw):
    return subprocess.run(("openssl",) + argv, check=True, capture_output=True, **kw).stdout


def hash_of(cert, selector=1, match=1):
    if selector == 1:
        data = openssl("x509", "-in", cert, "-noout", "-pubkey")
        data = openssl("pkey", "-pubin", "-outform", "DER", input=data)
    else:
        data = openssl("x509", "-in", cert, "-outform", "DER")
    return [data.hex(), hashlib.sha256(data).hexdigest(), hashlib.sha512(data).hexdigest()][match]


good, other = certificate(TMP, "mx.good.test"), certificate(TMP, "evil.test")
# a CA of our own, for usage 2
openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", TMP + "/ca.key", "-out", TMP + "/ca.crt",
        "-days", "2", "-subj", "/CN=a CA")
for name in ("mx.ta.test", "elsewhere.test"):
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", TMP + "/%s.key" % name, "-out", TMP + "/csr",
            "-subj", "/CN=x")
    with open(TMP + "/ext", "w") as f:
        f.write("subjectAltName=DNS:%s\n" % name)
    openssl("x509", "-req", "-in", TMP + "/csr", "-CA", TMP + "/ca.crt", "-CAkey", TMP + "/ca.key", "-CAcreateserial", "-days", "2", "-extfile",
            TMP + "/ext", "-out", TMP + "/%s.leaf" % name)
    with open(TMP + "/%s.crt" % name, "w") as f:
        f.write(open(TMP + "/%s.leaf" % name).read() + open(TMP + "/ca.crt").read())
    with open(TMP + "/" + name, "w") as f:
        f.write(open(TMP + "/%s.key" % name).read() + open(TMP + "/%s.crt" % name).read())

number = port()
OFFERS = ("PIPELINING", "STARTTLS", "ENHANCEDSTATUSCODES")
sinks = {"127.0.0.1": Sink(OFFERS, number=number, cert=good)}
for address, cert in (("127.0.0.3", other), ("127.0.0.4", TMP + "/mx.ta.test"), ("127.0.0.5", TMP + "/elsewhere.test")):
    sinks[address] = Sink(OFFERS, number=number, cert=cert, address=address)
sinks["127.0.0.6"] = Sink(("PIPELINING",), number=number, address="127.0.0.6")
sinks["127.0.0.7"] = Sink(OFFERS + ("REQUIRETLS",), number=number, address="127.0.0.7", cert=good)
P = "_%d._tcp." % number
SPKI, TA = hash_of(good + ".crt"), hash_of(TMP + "/ca.crt", 0)
ZONE = ""
for domain, address, tlsa in (
        ("good", "127.0.0.1", ["3 1 1 " + SPKI]), ("cert", "127.0.0.1", ["3 0 2 " + hash_of(good + ".crt", 0, 2)]),
        ("roll", "127.0.0.1", ["3 1 1 " + "00" * 32, "3 1 1 " + SPKI]), ("evil", "127.0.0.3", ["3 1 1 " + SPKI]),
        ("ta", "127.0.0.4", ["2 0 1 " + TA]), ("tawrong", "127.0.0.5", ["2 0 1 " + TA]), ("pkix", "127.0.0.3", ["1 1 1 " + SPKI]),
        ("clear", "127.0.0.6", ["3 1 1 " + SPKI]), ("none", "127.0.0.3", []), ("bogus", "127.0.0.1", ["3 1 1 " + SPKI]),
        ("odd", "127.0.0.6", ["3 1 1 00"]), ("exempt", "127.0.0.3", ["3 1 1 " + SPKI]), ("exempt2", "127.0.0.3", ["3 1 1 " + SPKI]),
        ("exempt3", "127.0.0.3", ["3 1 1 " + SPKI])):
    ZONE += "%s.test. MX 10 mx.%s.test.\nmx.%s.test. A %s\n" % (domain, domain, domain, address)
    ZONE += "".join("%smx.%s.test. TLSA %s\n" % (P, domain, t) for t in tlsa)
# an alias on the way, and two servers of which the first is an impostor
ZONE += "alias.test. MX 10 mx.alias.test.\nmx.alias.test. CNAME mx.good.test.\n"
ZONE += "shared.test. MX 10 mx.shared.test.\nmx.shared.test. A 127.0.0.1\n%smx.shared.test. CNAME %smx.good.test.\n" % (P, P)
ZONE += "safe.test. MX 10 mx.good.test.\nsafe.test. MX 20 mx.safe.test.\nmx.safe.test. A 127.0.0.7\n%smx.safe.test. TLSA 3 1 1 %s\n" % (P, SPKI)
ZONE += "half.test. MX 10 mx.half.test.\nmx.half.test. A 127.0.0.7\n"
ZONE += "two.test. MX 10 mx.evil.test.\ntwo.test. MX 20 mx.good.test.\n"
MC = """define(`confDANE', `true')
define(`SMTP_MAILER_ARGS', `TCP $h %d')define(`ESMTP_MAILER_ARGS', `TCP $h %d')
define(`confSERVER_CERT', `%s')define(`confSERVER_KEY', `%s')
""" % (number, number, good, good)
RULES = """
LOCAL_RULESETS
Stls_clt_features
Rmx.exempt.test $| $*	$: Flags=d
LOCAL_CLT_FEATURES
Rmx.exempt2.test $*	$# D
"""
host = Host(mc=MC, dns=ZONE, mode="background", signed=("%smx.bogus.test. TLSA" % P,), mailers=RULES, access="Clt_Features:mx.exempt3.test D\n")


def send(domain, field=""):
    """What the log says of one message."""
    ident = host.send("root@here.test", "u@%s.test" % domain, "Subject: x\n%s\nx\n" % field)
    m = host.await_log(r"^.*%s: to=<u@%s\.test>.*$" % (ident, domain), 30)
    return m.group(0) if m else "%s: nothing is said of %s" % (ident, domain)


for domain, what in (("good", "3 1 1"), ("cert", "3 0 2"), ("roll", "one of two records matches"), ("ta", "2 0 1: the CA, and the server's name"),
                     ("alias", "records at the end of a CNAME"), ("shared", "records that are a CNAME"), ("two", "the second server, after an impostor"),
                     ("pkix", "usage 1 cannot be used: encryption is all (RFC 7672 2.2)"), ("none", "signed, no records: as ever"),
                     ("exempt", "Flags=d of tls_clt_features"), ("exempt2", "D of clt_features"), ("exempt3", "Clt_Features: D in the access map")):
    like(send(domain), r"stat=Sent", what)
ok(host.await_log(r"STARTTLS=client, relay=mx\.good\.test\., version=TLSv1\.\d, verify=TRUSTED"), "{verify} is TRUSTED")
for domain, what, why in (("evil", "another key", r"the certificate matches no TLSA record"), ("tawrong", "the CA's, for another name", r"matches no TLSA record"),
                          ("clear", "no STARTTLS", r"STARTTLS is not to be had"), ("bogus", "a bad signature", r"cannot be looked up or validated"),
                          ("odd", "records that say nothing: encryption is wanted all the same", r"STARTTLS is not to be had")):
    like(send(domain), r"dsn=4\.7\.5.*stat=Deferred: .*" + why, what + ": deferred")
p = subprocess.run([os.path.join(OBJ, "sendmail", "sendmail"), "-C", host.cf, "-bT", "good.test", "user@evil.test", "none.test", "bogus.test"],
                   capture_output=True, text=True)
eq(p.returncode, 75, "-bT: some would not be delivered")
good, evil, none, bogus = re.split(r"(?m)^(?=\S)", p.stdout)[1:]
like(good, r"mx\.good\.test  \(preference 10, signed\)\n +TLSA +%smx\.good\.test 3 1 1 %s\n" % (re.escape(P), SPKI), "... records")
like(good, r"verify=TRUSTED\n +certificate +/CN=mx\.good\.test, by /CN=mx\.good\.test, until \d{4}-.*\n +names +mx\.good\.test\n", "... certificate")
like(good, r"proved to be this server's, by DANE\n +verdict +would be delivered over TLS to a server that is proved to be the right one\n  => mail would be delivered",
     "... verdict")
like(evil, r"verdict +Deferred: 450 4\.7\.5 DANE: .*matches no TLSA record.*\n  => mail would wait", "... of an impostor")
like(none, r"DANE +signed; no TLSA records at ", "... without records")
like(bogus, r"verdict +not tried: DANE: .*cannot be looked up or validated", "... with a bad signature")
eq([len(sinks[a].messages) for a in ("127.0.0.5", "127.0.0.6")], [0, 0], "nothing went where it should not")


def require(domain):
    """The same for a message with REQUIRETLS."""
    c = host.connect()
    c.reply()
    c.cmd("EHLO me")
    c.cmd("STARTTLS")
    c.starttls()
    c.cmd("EHLO me")
    r = [c.cmd(l) for l in ("MAIL FROM:<root@here.test> REQUIRETLS", "RCPT TO:<u@%s.test>" % domain, "DATA")]
    c.send("Subject: secret\r\nTLS-Required: No\r\n\r\nx\r\n.\r\n")
    r.append(c.reply())
    c.close()
    m = re.match(r"250 2\.0\.0 (\S+)", r[-1]) and host.await_log(r"^.*%s: to=<u@%s\.test>.*$" % (r[-1].split()[2], domain), 30)
    return m.group(0) if m else repr(r)


# REQUIRETLS (RFC 8689 4.2.1)
like(require("safe"), r"relay=mx\.safe\.test.*stat=Sent", "REQUIRETLS: the second server, which is proved by DANE and promises the same")
like(sinks["127.0.0.7"].messages[-1]["mail"], r"^MAIL From:<root@here\.test>.* REQUIRETLS", "... is told")
ok(host.await_log(r"relay=mx\.good\.test: not for a message with REQUIRETLS: it does not offer REQUIRETLS"), "... the log says why not the first")
like(require("half"), r"dsn=5\.7\.30.*stat=REQUIRETLS support required", "... it promises the same, but a certificate that nobody vouches for is no proof")
like(require("clear"), r"dsn=4\.7\.5", "... what DANE wants is wanted all the same, TLS-Required: No or not (3)")
like(send("evil"), r"dsn=4\.7\.5", "a message without a wish")
# TLS-Required: No (RFC 8689 4.3)
for domain, what in (("evil", "another key"), ("clear", "no STARTTLS"), ("bogus", "a bad signature")):
    like(send(domain, "tls-required: no\n"), r"stat=Sent", "TLS-Required: No: %s is no reason" % what)
eq([sinks[a].messages[-1]["tls"] for a in ("127.0.0.3", "127.0.0.6")], [True, False], "... though TLS is used where it can be")
like(send("evil"), r"dsn=4\.7\.5", "... the next message does not take the session that is open then")
like(send("evil", "TLS-Required: Yes\n"), r"dsn=4\.7\.5", "... another value says nothing")
like(send("evil", "TLS-Required: No\nTLS-Required: No\n"), r"dsn=4\.7\.5", "... nor do two fields")
sinks["127.0.0.3"].hooks["RCPT"] = lambda sink, line: "550 5.1.1 nobody" if "u@evil" in line else None
ident = host.send("u@exempt.test", "u@evil.test", "Subject: x\nTLS-Required: No\n\nx\n")
ok(host.await_log(r"%s: to=<u@evil\.test>.*dsn=5\.1\.1" % ident), "... refused by its host")
end = time.monotonic() + 30
while time.monotonic() < end and "<>" not in sinks["127.0.0.3"].messages[-1]["mail"]:
    time.sleep(0.05)
sinks["127.0.0.3"].hooks.clear()
like(sinks["127.0.0.3"].messages[-1]["data"].decode("latin-1").split("\r\n\r\n")[0], r"(?m)^TLS-Required: No\r?$", "... the report says the same (5)")
host.stop()
host = Host(mc=MC + "define(`confSMTP_EXTENSIONS', `!tls-required')\n", dns=ZONE, mode="background", signed=("%smx.bogus.test. TLSA" % P,))
like(send("evil", "TLS-Required: No\n"), r"dsn=4\.7\.5", "SMTPExtensions=!tls-required: the field is nobody's business")
host.stop()
host = Host(mc=MC, dns=ZONE, mode="background", trust="elsewhere.test. IN DS 1 13 2 %s\n" % ("00" * 32))
like(send("evil"), "stat=Sent", "without DNSSEC there is no DANE")
host.stop()
host = Host(mc=MC, dns=ZONE, mode="background",
            trust=". IN DS 1 13 2 %s\n" % ("00" * 32), option=" insecure=test")
like(send("evil"), "stat=Sent", "insecure=ZONE: a zone of one's own that is not signed")
host.stop()
done_testing()
