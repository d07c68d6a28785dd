#!/usr/bin/env python3
"""rfc_dane: RFC 7672 by section - a domain for each case: what its TLSA records say, what its server shows, and whether a message goes there."""
import hashlib
import os
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from oddcert import *
from smtp import *

odd = Odd(TMP, odd=False)
KEY, CA_KEY = odd.public["client"], odd.public["ca"]


def der(what):
    with open(odd.path(what) + ".crt") as f:
        return ssl.PEM_cert_to_DER_cert(f.read().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n")


odd.make("other", odd.cn(UTF8, b"another CA"), issuer=odd.cn(UTF8, b"another CA"), signer="client", ca=True, key="client")


def tlsa(usage, selector, match, what, wrong=False):
    """A record for certificate `what`; of the CA, where the usage is one for a CA; or of others."""
    ca = usage in (0, 2)
    data = (KEY if ca == wrong else CA_KEY) if selector == 1 else der("other" if wrong else "ca" if ca else what)
    return "%d %d %d %s" % (usage, selector, match, {0: data.hex(), 1: hashlib.sha256(data).hexdigest(), 2: hashlib.sha512(data).hexdigest()}[match])


number = port()
P = "_%d._tcp." % number
CASES, ZONE, BAD, certs = [], "", [], {}
PROVED, UNPROVED, MISMATCH, LOST, CLEAR = "verify=TRUSTED", "verify=", "matches no TLSA record", "cannot be looked up or validated", "STARTTLS is not to be had"


def case(section, what, want, records=(), address="127.0.0.1", zone=None, at=None, cn=b"x", **cert):
    """
    A host hN.test, its certificate made as `cert` says (sans: for its own name if not said), with these records (functions of the certificate's name, or text) at
    its name or `at`; the zone of it may be said otherwise: text, $H is the host's name.
    """
    global ZONE
    h = "h%d" % len(CASES)
    host = h + ".test"
    cert.setdefault("sans", (host.encode(),))
    cert["sans"] = tuple(s.replace(b"$H", host.encode()) for s in cert["sans"])
    odd.make(h, odd.cn(UTF8, cn.replace(b"$H", host.encode())) if cn else name(), **cert)
    certs[at.replace("$H", host) if at else host] = odd.pair(h)
    ZONE += (zone or "$H. A %s\n" % address).replace("$H", host).replace("$P", P)
    for r in records:
        ZONE += "%s%s. TLSA %s\n" % (P, (at or "$H").replace("$H", host), r(h) if callable(r) else r)
    CASES.append((section, what, want, host))


def ee(selector=1, match=1, wrong=False):
    return lambda h: tlsa(3, selector, match, h, wrong)


def ta(selector=0, match=1, wrong=False):
    return lambda h: tlsa(2, selector, match, h, wrong)


WITH_CA = dict(chain=("ca",))
case("2.1.1", "a secure domain, a host that is its own mail server", PROVED, [ee()])
case("2.1.1", "a secure domain without records: as ever", "verify=FAIL")
case("2.1.1", "an insecure zone: its records say nothing", "verify=FAIL", [ee(wrong=True)], zone="$H. MX 1 mx.$H.plain.\nmx.$H.plain. A 127.0.0.1\n", at="mx.$H.plain")
case("2.1.1", "a bogus MX: later", "^4", [ee()], zone="$H. MX 1 mx.$H.\nmx.$H. A 127.0.0.1\n", at="mx.$H")
BAD.append(CASES[-1][3] + ". MX")
case("2.1.2", "a bogus address: later", "^4", [ee()])
BAD.append(CASES[-1][3] + ". A")
case("2.1.2", "bogus TLSA records: later, not without", LOST, [ee()])
BAD.append(P + CASES[-1][3] + ". TLSA")
case("2.2", "records, and no STARTTLS: later", CLEAR, [ee()], address="127.0.0.3")
case("2.2", "records, and no TLS behind STARTTLS: later, TLSFallbacktoClear or not", "handshake failed", [ee()], address="127.0.0.4")
case("2.2", "no records, and no TLS behind STARTTLS: that is for TLSFallbacktoClear", "^2.*Sent", address="127.0.0.4")
case("2.2", "records that cannot be used: TLS, whoever it is", "verify=FAIL", ["3 1 1 00"])
case("2.2", "... and TLS is a must", CLEAR, ["3 1 1 00"], address="127.0.0.3")
case("2.2.1", "a secure MX, and a host in an insecure zone", "verify=FAIL", [ee(wrong=True)], zone="$H. MX 1 mx.$H.plain.\nmx.$H.plain. A 127.0.0.1\n", at="mx.$H.plain")
case("2.2.1", "an MX of an insecure domain: who says so might be anybody", "verify=FAIL", [ee(wrong=True)], zone="$H.plain. MX 1 mx.$H.\nmx.$H. A 127.0.0.1\n", at="mx.$H")
CASES[-1] = CASES[-1][:3] + (CASES[-1][3] + ".plain",)
case("2.2.1", "the second MX, after one that does not match", PROVED, [ee()],
     zone="$H. MX 1 bad.$H.\n$H. MX 2 mx.$H.\nbad.$H. A 127.0.0.1\nmx.$H. A 127.0.0.1\n$Pbad.$H. TLSA 3 1 1 %s\n" % ("00" * 32), at="mx.$H")
case("2.2.2", "an alias in an insecure zone: records of the alias' own name", MISMATCH, [ee(wrong=True)], zone="$H. MX 1 mx.$H.\nmx.$H. CNAME a.$H.plain.\na.$H.plain. A 127.0.0.1\n", at="mx.$H")
case("2.2.2", "... that match", PROVED, [ee()], zone="$H. MX 1 mx.$H.\nmx.$H. CNAME a.$H.plain.\na.$H.plain. A 127.0.0.1\n", at="mx.$H")
case("2.2.3", "an alias: records where it leads to come first", PROVED, [ee()], zone="$H. MX 1 mx.$H.\nmx.$H. CNAME end.$H.\nend.$H. A 127.0.0.1\n$Pmx.$H. TLSA 3 1 1 %s\n" % ("00" * 32), at="end.$H")
case("2.2.3", "... and those of the name itself when there are none", PROVED, [ee()], zone="$H. MX 1 mx.$H.\nmx.$H. CNAME end.$H.\nend.$H. A 127.0.0.1\n", at="mx.$H")
case("2.2.3", "records behind a CNAME of their own", MISMATCH, [], zone="$H. A 127.0.0.1\n$P$H. CNAME tlsa.$H.\ntlsa.$H. TLSA 3 1 1 %s\n" % ("00" * 32))
for usage, make in ((3, ee), (2, ta)):
    section = "3.1.1" if usage == 3 else "3.1.2"
    for selector in (0, 1):
        for match in (0, 1, 2):
            chain = WITH_CA if usage == 2 else {}
            case(section, "%d %d %d" % (usage, selector, match), PROVED, [make(selector, match)], **chain)
            case(section, "%d %d %d of another" % (usage, selector, match), MISMATCH, [make(selector, match, wrong=True)], **chain)
case("3.1.1", "usage 3: dates do not matter", PROVED, [ee()], after="250102000000Z")
case("3.1.1", "usage 3: nor do names", PROVED, [ee()], cn=None, sans=(b"elsewhere.test",))
case("3.1.2", "usage 2: dates do", MISMATCH, [ta()], after="250102000000Z", **WITH_CA)
case("3.1.2", "usage 2: the server has to show its CA", MISMATCH, [ta()])
for usage, selector, match in ((0, 0, 1), (1, 1, 1), (255, 1, 1), (3, 7, 1), (3, 1, 9)):
    case("3.1.3" if usage < 2 else "2.2", "%d %d %d cannot be used: TLS, whoever it is" % (usage, selector, match), "verify=FAIL", ["%d %d %d %s" % (usage, selector, match, "00" * 32)])
case("3.1.3", "... beside one that can: that one counts", MISMATCH, ["1 1 1 " + "00" * 32, ee(wrong=True)])
case("3.1", "one of several matches", PROVED, ["3 1 1 " + "00" * 32, ee(), "2 0 1 " + "00" * 32])
case("3.2.2", "usage 2: the host's name", MISMATCH, [ta()], sans=(b"elsewhere.test",), **WITH_CA)
case("3.2.2", "... or that of the domain, whose MX is secure", PROVED, [ta()], zone="$H. MX 1 mx.$H.\nmx.$H. A 127.0.0.1\n", at="mx.$H", sans=(b"$H",), **WITH_CA)
case("3.2.2", "... or that of the alias", PROVED, [ta()], zone="$H. MX 1 mx.$H.\nmx.$H. CNAME end.$H.\nend.$H. A 127.0.0.1\n", at="end.$H", sans=(b"mx.$H",), **WITH_CA)
WILD = dict(zone="$H. MX 1 mx.$H.\nmx.$H. A 127.0.0.1\n", at="mx.$H", **WITH_CA)
case("3.2.3", "*.domain", PROVED, [ta()], sans=(b"*.$H",), **WILD)
case("3.2.3", "m*.domain", MISMATCH, [ta()], sans=(b"m*.$H",), **WILD)
case("3.2.3", "*.test", MISMATCH, [ta()], sans=(b"*.test",), **WILD)
case("3.2.3", "mx.*.test", MISMATCH, [ta()], sans=(b"mx.*.test",), **WILD)
case("3.2.3", "a NUL behind the name", MISMATCH, [ta()], sans=(b"mx.$H\0.evil.test",), **WILD)
case("3.2.3", "the common name, without alternative names", PROVED, [ta()], cn=b"mx.$H", sans=(), **WILD)
case("3.2.3", "... but not beside others", MISMATCH, [ta()], cn=b"mx.$H", sans=(b"other.test",), **WILD)
case("5", "the strongest digest counts: SHA-512 of another", MISMATCH, [ee(1, 1), ee(1, 2, wrong=True)])
case("5", "... SHA-256 of another beside it", PROVED, [ee(1, 1, wrong=True), ee(1, 2)])
OFFERS = ("PIPELINING", "STARTTLS", "ENHANCEDSTATUSCODES")
odd.make("stranger", odd.cn(UTF8, b"stranger.test"))
sinks = {"127.0.0.1": Sink(OFFERS, number=number, certs=certs, cert=odd.pair("stranger")), "127.0.0.3": Sink(("PIPELINING",), number=number, address="127.0.0.3"),
         "127.0.0.4": Sink(OFFERS, number=number, address="127.0.0.4")}
host = Host(mc="""define(`confDANE', `true')define(`confTLS_FALLBACK_TO_CLEAR', `true')define(`confMCI_CACHE_SIZE', `0')
define(`SMTP_MAILER_ARGS', `TCP $h %d')define(`ESMTP_MAILER_ARGS', `TCP $h %d')
""" % (number, number), dns=ZONE, mode="background", signed=BAD, option=" insecure=plain")
sent = [host.send("root@here.test", "u@" + domain, "Subject: %s\n\nx\n" % domain) for _, _, _, domain in CASES]
for (section, what, want, domain), ident in zip(CASES, sent):
    m = host.await_log(r"%s: to=<u@%s>.* dsn=(\S+), .*?stat=(.*)" % (re.escape(ident), re.escape(domain)))
    got = "nothing is said of %s" % ident if m is None else "%s %s" % m.groups()
    if got.startswith("2"):
        relay = re.search(r" relay=(\S+?)\.? ", m.group(0)).group(1)
        got += " " + ([""] + re.findall(r"STARTTLS=client, relay=%s\.?, .*(verify=\w+)" % re.escape(relay), host.log()))[-1]
    like(got, want if want[0] == "^" else "^[24].*" + want, "RFC 7672 %s: %s" % (section, what))
went = [m for m in sinks["127.0.0.1"].messages]
eq([m for m in went if not m["tls"]], [], "RFC 7672 2.2: nothing went in clear there")
eq([m["rcpt"] for m in went if m["sni"] not in certs], [], "RFC 7672 8.1: each server was told its name, the one that the records stand at")
eq(len(sinks["127.0.0.3"].messages), 0, "RFC 7672 2.2: nothing went where STARTTLS is not to be had")
eq(len(sinks["127.0.0.4"].messages), 1, "RFC 7672 2.2: ... and one message, without records, where TLS does not come about")
host.stop()
done_testing()
