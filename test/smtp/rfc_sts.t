#!/usr/bin/env python3
"""rfc_sts: RFC 8461 and RFC 8460 by section - a domain for each case: its record, its policy, its server, and what becomes of a message and of the report."""
import http.server
import json
import os
import ssl
import subprocess
import sys
import threading
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from oddcert import *
from smtp import *

while time.time() % 86400 > 86400 - 120:		# reports are of a day of UTC: it must not change meanwhile
    time.sleep(1)

odd = Odd(TMP, odd=False)
number = port()
CASES, ZONE, policies, certs, webs, asked = [], "", {}, {}, {}, []
APPLIES, NOT, WRONG = "does not name", "^2.*Sent", "not for this host|certificate"
VALID = "version: STSv1\nmode: enforce\nmax_age: 86400\nmx: $M\n"
GOOD = "v=STSv1; id=1;"


def case(section, what, want, policy="version: STSv1\nmode: enforce\nmax_age: 86400\nmx: elsewhere.test\n", txt=(GOOD,), status=200, kind="text/plain", mx="mx.$D", zone="",
         address="127.0.0.1", web=None, report=None, **cert):
    """A domain dN.test.  The policy that stands here names another server: where it applies, the message waits.  report: the result type that a report must tell."""
    global ZONE
    d = "d%d.test" % len(CASES)
    mx = mx.replace("$D", d)
    cert.setdefault("sans", (mx.encode(),))
    cert["sans"] = tuple(s.replace(b"$D", d.encode()) for s in cert["sans"])
    cert["cn"] = cert.get("cn", b"x").replace(b"$M", mx.encode())
    odd.make(d, odd.cn(UTF8, cert.pop("cn")), **cert)
    certs[mx] = odd.pair(d)
    ZONE += "%s. MX 1 %s.\n%s. A %s\nmta-sts.%s. A 127.0.0.1\n%s" % (d, mx, mx, address, d, zone.replace("$D", d))
    ZONE += "".join("_mta-sts.%s. TXT %s\n" % (d, t if t.startswith('"') else '"%s"' % t) for t in txt)
    policies[d] = (status, kind, policy.replace("$M", mx).replace("$D", d))
    webs[d] = web or "web"
    CASES.append((section, what, want, d, report))


case("3.1", "v=STSv1; id=1;", APPLIES, report="validation-failure")
case("3.1", "without the last semicolon", APPLIES, txt=("v=STSv1; id=1",))
case("3.1", "blanks around the fields", APPLIES, txt=("v=STSv1 ;  id = 20160831085700Z ; ",))
case("3.1", "a field of a time to come", APPLIES, txt=("v=STSv1; id=1; future=what;",))
case("3.1", "a record in several strings is one", APPLIES, txt=('"v=STS" "v1; id" "=1;"',))
case("3.1", "records of others beside it", APPLIES, txt=(GOOD, "v=spf1 -all", "v=STSv2; id=2;", "v=STSv10; id=3"))
case("3.1", "two records are none", NOT, txt=(GOOD, "v=STSv1; id=2;"))
case("3.1", "no id", NOT, txt=("v=STSv1;",))
case("3.1", "an id of 33 letters", NOT, txt=("v=STSv1; id=%s;" % ("1" * 33),))
case("3.1", "an id that is no word", NOT, txt=("v=STSv1; id=a-b;",))
case("3.1", "the version must come first", NOT, txt=("id=1; v=STSv1;",))
case("3.1", "another case is another version", NOT, txt=("V=STSv1; id=1;",))
case("3.1", "no record: the web server is not asked", NOT, txt=())
case("8.2", "a record behind a CNAME", APPLIES, txt=(), zone='_mta-sts.$D. CNAME _mta-sts.p.$D.\n_mta-sts.p.$D. TXT "v=STSv1; id=1;"\n')
FAR = "mx: elsewhere.test"
case("3.2", "CR LF", APPLIES, "version: STSv1\r\nmode: enforce\r\nmax_age: 86400\r\n%s\r\n" % FAR)
case("3.2", "no end of the last line", APPLIES, "version: STSv1\nmode: enforce\nmax_age: 86400\n" + FAR)
case("3.2", "blanks, and keys of a time to come", APPLIES, "version:STSv1 \nmode:   enforce\nnew-key: a b \u00e4\nmax_age:86400\n" + FAR)
case("3.2", "of two modes the first counts", APPLIES, "version: STSv1\nmode: enforce\nmode: none\nmax_age: 86400\n" + FAR)
case("3.2", "several mx", NOT, "version: STSv1\nmode: enforce\nmax_age: 86400\n%s\nmx: $M\n" % FAR)
case("3.2", "more than a year is a year", APPLIES, "version: STSv1\nmode: enforce\nmax_age: 9999999999\n" + FAR)
for text, what in (("mode: enforce\nmax_age: 86400\n" + FAR, "no version"), ("version: STSv2\nmode: enforce\nmax_age: 86400\n" + FAR, "another version"),
                   ("version: STSv1\nmax_age: 86400\n" + FAR, "no mode"), ("version: STSv1\nmode: strict\nmax_age: 86400\n" + FAR, "an unknown mode"),
                   ("version: STSv1\nmode: enforce\n" + FAR, "no max_age"), ("version: STSv1\nmode: enforce\nmax_age: soon\n" + FAR, "max_age in words"),
                   ("version: STSv1\nmode: enforce\nmax_age: 86400\n", "no mx"), ("version: STSv1\nmode: enforce\nmax_age: 86400\nmx: not a host\n", "an mx that is none"),
                   ("version: STSv1\nmode: enforce\nmax_age: 86400\nmx: *.*.test\n", "two asterisks"), ("", "nothing at all"), ("<html>\n", "a web page")):
    case("3.2", what + ": no policy", NOT, text, report="sts-policy-invalid")
case("3.3", "text/plain; charset=utf-8", APPLIES, kind="text/plain; charset=utf-8")
case("3.3", "another type is no policy", NOT, kind="text/html", report="sts-policy-fetch-error")
case("3.3", "redirects are not followed", NOT, status=301, report="sts-policy-fetch-error")
case("3.3", "404", NOT, status=404, report="sts-policy-fetch-error")
case("3.3", "500", NOT, status=500, report="sts-policy-fetch-error")
case("3.3", "more than 64 KB", NOT, "version: STSv1\nmode: enforce\nmax_age: 86400\n%s\n" % FAR + "x: y\n" * 20000, report="sts-policy-fetch-error")
case("3.3", "a web server with a certificate for others", NOT, web="webother", report="sts-webpki-invalid")
case("3.3", "... whose time is over", NOT, web="webold", report="sts-webpki-invalid")
case("3.3", "... of a CA that nobody knows", NOT, web="webself", report="sts-webpki-invalid")
case("3.4", "a subdomain has no policy", NOT, zone='_mta-sts.sub.$D. TXT "v=spf1"\n')
CASES[-1] = CASES[-1][:3] + ("sub." + CASES[-1][3], None)
ZONE += "%s. MX 1 mx.%s.\n" % (CASES[-1][3], CASES[-1][3][4:])
ENFORCE = "version: STSv1\nmode: enforce\nmax_age: 86400\n"
case("4.1", "the name, in any case", NOT, ENFORCE + "mx: MX.$D\n")
case("4.1", "*.domain", NOT, ENFORCE + "mx: *.$D\n")
case("4.1", "*.domain is not the domain", APPLIES, ENFORCE + "mx: *.$D\n", mx="$D")
case("4.1", "*.domain is one label", APPLIES, ENFORCE + "mx: *.$D\n", mx="a.b.$D")
case("4.1", "a part of a label is no pattern", NOT, ENFORCE + "mx: m*.$D\n", report="sts-policy-invalid")
case("4.2", "a certificate for the host", NOT, VALID)
case("4.2", "... for all of the domain", NOT, VALID, sans=(b"*.$D",))
case("4.2", "... for another host", WRONG, VALID, sans=(b"elsewhere.test",), report="certificate-host-mismatch")
case("4.2", "... for the domain, not the host", WRONG, VALID, sans=(b"$D",), report="certificate-host-mismatch")
case("4.2", "... with half a label", WRONG, VALID, sans=(b"m*.$D",), report="certificate-host-mismatch")
case("4.2", "... with the name beside another alternative name", WRONG, VALID, cn=b"$M", sans=(b"elsewhere.test",), report="certificate-host-mismatch")
case("4.2", "... with the name as its common name alone", WRONG, VALID, cn=b"$M", sans=(), report="certificate-host-mismatch")
case("4.2", "... whose time is over", "expired", VALID, after="250102000000Z", report="certificate-expired")
case("4.2", "... of a CA that nobody knows", "certificate|issuer", VALID, issuer=odd.cn(UTF8, b"nobody"), signer="client", report="certificate-not-trusted")
case("5", "no STARTTLS", "STARTTLS is not to be had", VALID, address="127.0.0.3", report="starttls-not-supported")
case("5", "mode testing: delivered, and told", NOT, "version: STSv1\nmode: testing\nmax_age: 86400\n" + FAR, report=None)
case("5", "mode testing, another host's certificate: delivered, and told", NOT, VALID.replace("enforce", "testing"), sans=(b"elsewhere.test",), report="certificate-host-mismatch")
case("5", "mode testing, no STARTTLS: delivered, and told", NOT, VALID.replace("enforce", "testing"), address="127.0.0.3", report="starttls-not-supported")
case("5", "mode none", NOT, "version: STSv1\nmode: none\nmax_age: 86400\n")
case("5.1", "the second MX, which the policy names", NOT, ENFORCE + "mx: mx2.$D\n", sans=(b"mx2.$D",), zone="$D. MX 2 mx2.$D.\nmx2.$D. A 127.0.0.1\n")
certs["mx2." + CASES[-1][3]] = certs["mx." + CASES[-1][3]]
every = [c[3] for c in CASES]
odd.make("web", odd.cn(UTF8, b"web"), sans=tuple(b"mta-sts." + d.encode() for d in every) + (b"reports.test",))
odd.make("webother", odd.cn(UTF8, b"web"), sans=(b"elsewhere.test",))
odd.make("webold", odd.cn(UTF8, b"web"), sans=tuple(b"mta-sts." + d.encode() for d in every), after="250102000000Z")
odd.make("webself", odd.cn(UTF8, b"web"), issuer=odd.cn(UTF8, b"web"), signer="client", sans=tuple(b"mta-sts." + d.encode() for d in every))


class Web(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        domain = self.headers["Host"].split(":")[0][8:]
        asked.append((domain, self.path))
        status, kind, text = policies.get(domain, (404, "text/plain", ""))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if status == 301:
            self.send_header("Location", "https://mta-sts.d0.test:%d/.well-known/mta-sts.txt" % web_port)
        self.end_headers()
        try:
            self.wfile.write(text.encode())
        except OSError:
            pass

    def log_message(self, *_):
        pass


def web_context(which):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    c.load_cert_chain(odd.pair(which))
    return c


contexts, named = {w: web_context(w) for w in set(webs.values()) | {"web"}}, []


def web_name(c, name, _):
    named.append(name)
    c.context = contexts[webs.get((name or "")[8:], "web")]


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):		# a client that does not like the certificate
        pass

    def finish_request(self, request, address):
        request.settimeout(60)
        super().finish_request(front.wrap_socket(request, server_side=True), address)


front = web_context("web")
front.sni_callback = web_name
server = Server(("127.0.0.1", 0), Web)
web_port = server.server_address[1]
threading.Thread(target=server.serve_forever, daemon=True).start()
odd.make("stranger", odd.cn(UTF8, b"stranger.test"))
sink = Sink(("PIPELINING", "STARTTLS", "ENHANCEDSTATUSCODES"), number=number, certs=certs, cert=odd.pair("stranger"))
plain = Sink(("PIPELINING",), number=number, address="127.0.0.3")
host = Host(mc="""define(`confSTS', `true')define(`confSTS_DIRECTORY', `@DIR@/sts')define(`confSTS_PORT', `%d')define(`confCACERT', `%s/ca.crt')
define(`confTLS_FALLBACK_TO_CLEAR', `true')define(`confMCI_CACHE_SIZE', `0')
define(`SMTP_MAILER_ARGS', `TCP $h %d')define(`ESMTP_MAILER_ARGS', `TCP $h %d')
""" % (web_port, TMP, number, number), dns=ZONE, mode="background")


def become(domain, ident):
    m = host.await_log(r"%s: to=<u@%s>.* dsn=(\S+), .*?stat=(.*)" % (re.escape(ident), re.escape(domain)))
    return "nothing is said of %s" % ident if m is None else "%s %s" % m.groups()


def send(domain):
    return host.send("root@here.test", "u@" + domain, "Subject: %s\n\nx\n" % domain)


sent = [send(c[3]) for c in CASES]
for (section, what, want, domain, _), ident in zip(CASES, sent):
    like(become(domain, ident), want if want[0] == "^" else "^4.*Deferred.*(%s)" % want, "RFC 8461 %s: %s" % (section, what))
eq({p for _, p in asked}, {"/.well-known/mta-sts.txt"}, "RFC 8461 3.3: nothing else is asked for")
eq([n for n in named if not n or not n.startswith("mta-sts.")], [], "RFC 8461 3.3, 7: the web server is told its name")
none = [c[3] for c in CASES if c[1].startswith(("no record", "a subdomain", "two records"))]
eq([d for d, _ in asked if d in none], [], "RFC 8461 3.1: ... and not asked where there is no record, or two")
eq([m["rcpt"] for m in sink.messages if m["sni"] not in certs], [], "RFC 8461 7.1: each mail server was told its name")

# ---- what is kept (5.1, 8.3, 10.2)
by = {c[1]: c[3] for c in CASES}
kept, gone, failed, over = by["v=STSv1; id=1;"], by["text/plain; charset=utf-8"], by["500"], by["several mx"]
policies[gone] = (404, "text/plain", "")
policies[over] = (200, "text/plain", "version: STSv1\nmode: none\nmax_age: 86400\n")
with open(host.path("sts", "sts." + by["CR LF"])) as f:
    text = f.read()
with open(host.path("sts", "sts." + by["CR LF"]), "w") as f:		# kept the day before yesterday
    f.write(re.sub(r"^(\S+) (\d+)", lambda m: "%s %d" % (m.group(1), int(m.group(2)) - 2 * 86400), text))
policies[by["CR LF"]] = (503, "text/plain", "")
policies[kept] = (200, "text/plain", policies[kept][2].replace("elsewhere.test", "mx." + kept))
n = len(asked)
# RFC 8460 3: who wants a report; _smtp._tls of six domains that have one
RUA = (("one address", ["v=TLSRPTv1; rua=mailto:root@here.test"], "root@here.test"),
       ("several, one that nobody knows what to do with, and a field of a time to come", ["v=TLSRPTv1;rua=mailto:root@here.test,ftp://x.test/,mailto:daemon@here.test; x=y"], "root@here.test daemon@here.test"),
       ("records of others beside it", ["v=spf1 -all", "v=TLSRPTv10; rua=mailto:ann@here.test", "v=TLSRPTv1; rua=mailto:root@here.test"], "root@here.test"),
       ("two records are none", ["v=TLSRPTv1; rua=mailto:root@here.test", "v=TLSRPTv1; rua=mailto:ann@here.test"], "wants no report"),
       ("no rua", ["v=TLSRPTv1;"], "wants no report"), ("no record", [], "wants no report"),
       ("two addresses, one that this host does not know", ["v=TLSRPTv1; rua=mailto:nobodyhere@here.test,mailto:root@here.test"], "root@here.test"),
       ("a domain without a policy", ["v=TLSRPTv1; rua=mailto:root@here.test"], "root@here.test"))
told = [c[3] for c in CASES if c[4]][:len(RUA) - 1] + [by["no record: the web server is not asked"]]
ZONE += "".join('_smtp._tls.%s. TXT "%s"\n' % (d, t) for d, (_, txt, _) in zip(told, RUA) for t in txt)
host.dns.replace(DNS + ZONE.replace('_mta-sts.%s. TXT "%s"\n' % (gone, GOOD), "").replace('_mta-sts.%s. TXT "v=STSv1; id=1;"' % kept, '_mta-sts.%s. TXT "v=STSv1; id=2;"' % kept))
host.stop()
host.start()
again = {d: send(d) for d in (kept, gone, failed, by["CR LF"])}
like(become(gone, again[gone]), "^4.*" + APPLIES, "RFC 8461 5.1: a policy is kept, though its record is gone")
like(become(kept, again[kept]), NOT, "RFC 8461 5.1: another id is another policy")
like(become(by["CR LF"], again[by["CR LF"]]), NOT, "RFC 8461 5.1: one whose time is over is gone")
like(become(failed, again[failed]), NOT, "RFC 8461 10.2: where the web server failed ...")
eq(sorted(d for d, _ in asked[n:]), sorted([kept, by["CR LF"]]), "... it is not asked again soon; nor for what is kept")
host.stop()

# ---- RFC 8460: the report of the day
p = subprocess.run([os.path.join(OBJ, "sendmail", "sendmail"), "-C", host.cf, "-bT", "report"], capture_output=True, text=True)
reports = {}
for line in p.stdout.splitlines():
    r = json.loads(line)
    reports.setdefault(r["policies"][0]["policy"]["policy-domain"], r)
for section, what, want, domain, report in CASES:
    if report:
        types = [d["result-type"] for q in reports.get(domain, {"policies": []})["policies"] for d in q.get("failure-details", [])]
        eq(types, [report], "RFC 8460 4.3: %s: %s" % (what, report))
r = reports[by["... for another host"]]
eq(sorted(r), ["contact-info", "date-range", "organization-name", "policies", "report-id"], "RFC 8460 4.4: what a report has")
like(r["date-range"]["start-datetime"] + r["date-range"]["end-datetime"], r"^(\d{4}-\d\d-\d\d)T00:00:00Z\1T23:59:59Z$", "RFC 8460 4.1: a day of UTC")
eq(sorted(r["policies"][0]), ["failure-details", "policy", "summary"], "RFC 8460 4.4: ... of a policy")
eq(sorted(r["policies"][0]["policy"]), ["mx-host", "policy-domain", "policy-string", "policy-type"], "RFC 8460 4.4: ... which")
eq(sorted(r["policies"][0]["summary"]), ["total-failure-session-count", "total-successful-session-count"], "RFC 8460 4.2: ... how many sessions")
d = r["policies"][0]["failure-details"][0]
eq(sorted(set(d) - {"failure-reason-code", "additional-information", "receiving-mx-helo"}), ["failed-session-count", "receiving-ip", "receiving-mx-hostname", "result-type", "sending-mta-ip"],
   "RFC 8460 4.4: ... and of a failure")
eq(len({x["report-id"] for x in reports.values()}), len(reports), "RFC 8460 4.4: each has a name of its own")
free = reports[by["no record: the web server is not asked"]]["policies"]
eq([(p["policy"]["policy-type"], p["policy"]["policy-string"], p["summary"]) for p in free], [("no-policy-found", [], {"total-successful-session-count": 1, "total-failure-session-count": 0})],
   "RFC 8460 4.4: a domain without a policy: no-policy-found, and its sessions with TLS")
with open(host.cf, "a") as f:
    f.write("O TLSReportAddress=tls@here.test\n")
host.start()
day = r["date-range"]["start-datetime"][:10]
p = subprocess.run([os.path.join(OBJ, "sendmail", "sendmail"), "-C", host.cf, "-bT", "mail-reports", day], capture_output=True, text=True)
for domain, (what, _, want) in zip(told, RUA):
    ok("%s: %s\n" % (domain, want) in p.stdout, "RFC 8460 3: " + what) or diag(p.stdout + p.stderr)
like(p.stderr, r"(?m)^sendmail: %s: nobodyhere@here\.test: the message was not taken" % re.escape(told[6]), "RFC 8460 5.6: ... and it is said which")
quiet = by["a subdomain has no policy"]
ok(quiet in reports and quiet not in p.stdout + p.stderr, "... of domains without a policy that want none not a word")
p = subprocess.run([os.path.join(OBJ, "sendmail", "sendmail"), "-C", host.cf, "-bT", "mail-reports", day], capture_output=True, text=True)
eq((p.returncode, p.stderr, [l for l in p.stdout.splitlines() if not l.endswith(": wants no report")]), (0, "", []), "RFC 8460 5.6: nobody hears it twice, whoever could not be reached")
host.stop()
done_testing()
