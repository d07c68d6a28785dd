#!/usr/bin/env python3
"""sts: policies of MTA-STS (RFC 8461) from DNS and a web server, kept on disk, enforced; and what is reported of it (RFC 8460)."""
import http.server
import datetime
import email
import gzip
import json
import os
import shutil
import ssl
import subprocess
import sys
import threading
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

while time.time() % 86400 > 86400 - 120:		# reports are of a day of UTC: it must not change meanwhile
    time.sleep(1)


def openssl(*argv, **kw):
    return subprocess.run(("openssl",) + argv, check=True, capture_output=True, **kw).stdout


KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
openssl("req", "-x509", *KEY, "-keyout", TMP + "/ca.key", "-out", TMP + "/ca.crt", "-days", "2", "-subj", "/CN=a CA")


def issue(name, names):
    openssl("req", *KEY, "-keyout", "%s/%s.key" % (TMP, name), "-out", TMP + "/csr", "-subj", "/CN=" + name)
    with open(TMP + "/ext", "w") as f:
        f.write("subjectAltName=" + ",".join("DNS:" + n for n in names) + "\n")
    leaf = openssl("x509", "-req", "-in", TMP + "/csr", "-CA", TMP + "/ca.crt", "-CAkey", TMP + "/ca.key", "-CAcreateserial", "-days", "2", "-extfile",
                   TMP + "/ext")
    path = "%s/%s.pem" % (TMP, name)
    with open("%s/%s.key" % (TMP, name)) as k, open(path, "wb") as f:
        f.write(k.read().encode() + leaf)
    return path


DOMAINS = ("good", "wrongmx", "wrongcert", "clear", "testing", "none", "broken", "html", "gone", "big", "moved")
web = issue("web", ["mta-sts.%s.test" % d for d in DOMAINS] + ["reports.test"])
mx = issue("mx", ["mx.%s.test" % d for d in DOMAINS])
evil = issue("evil", ["evil.test"])
policies, asked, posted, answers = {}, [], [], {}


class Web(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append((self.headers["Host"].split(":")[0], self.path))
        status, kind, text = policies.get(self.headers["Host"].split(":")[0][8:], (404, "text/plain", ""))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if status == 302:
            self.send_header("Location", "https://mta-sts.good.test:%d/.well-known/mta-sts.txt" % web_port)
        self.end_headers()
        try:
            self.wfile.write(text.encode())
        except OSError:
            pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        posted.append((self.path, self.headers["Host"], self.headers["Content-Type"], body))
        self.send_response(answers.get(self.path, 201))
        self.end_headers()
        try:
            self.wfile.write(b"thanks" * (1 << 18 if self.path == "/chatty" else 1))
        except OSError:
            pass

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web)
web_port = server.server_address[1]
ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
ctx.load_cert_chain(web)
server.socket = ctx.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()


def policy(domain, mode="enforce", hosts=None, kind="text/plain; charset=utf-8", status=200, age=86400):
    text = "version: STSv1\r\nmode: %s\r\nmax_age: %d\r\n" % (mode, age)
    text += "".join("mx: %s\r\n" % h for h in hosts or ["mx.%s.test" % domain])
    policies[domain + ".test"] = (status, kind, text)


for d in DOMAINS:
    policy(d)
policy("wrongmx", hosts=["mail.wrongmx.test", "*.x.wrongmx.test"])
policy("testing", "testing", ["other.testing.test"])
policy("none", "none")
policies["broken.test"] = (200, "text/plain", "version: STSv1\nmode: enforce\n")
policy("html", kind="text/html")
policies["big.test"] = (200, "text/plain", "version: STSv1\n" + "x: y\n" * 40000)
policy("moved", status=302)
number = port()
OFFERS = ("PIPELINING", "STARTTLS")
sinks = {a: Sink(OFFERS if c else ("PIPELINING",), number=number, address=a, cert=c)
         for a, c in (("127.0.0.1", mx), ("127.0.0.3", evil), ("127.0.0.4", None))}
AT = {"wrongcert": "127.0.0.3", "clear": "127.0.0.4", "testing": "127.0.0.3"}
ZONE = ""
for d in DOMAINS:
    ZONE += '%s.test. MX 10 mx.%s.test.\nmx.%s.test. A %s\nmta-sts.%s.test. A 127.0.0.1\n_mta-sts.%s.test. TXT "v=STSv1; id=1;"\n' % (
        d, d, d, AT.get(d, "127.0.0.1"), d, d)
ZONE += "free.test. MX 10 mx.free.test.\nmx.free.test. A 127.0.0.4\n"
host = Host(mc="""define(`confSTS', `true')define(`confSTS_DIRECTORY', `@DIR@/sts')define(`confSTS_PORT', `%d')define(`confCACERT', `%s/ca.crt')
define(`confTLS_FALLBACK_TO_CLEAR', `true')
define(`SMTP_MAILER_ARGS', `TCP $h %d')define(`ESMTP_MAILER_ARGS', `TCP $h %d')
""" % (web_port, TMP, number, number), dns=ZONE, mode="background")


def send(domain):
    """What the log says of one message."""
    ident = host.send("root@here.test", "u@%s.test" % domain, "Subject: x\n\nx\n")
    m = host.await_log(r"^.*%s: to=<u@%s\.test>.*$" % (ident, domain), 60)
    return m.group(0) if m else "%s: nothing is said of %s" % (ident, domain)


like(send("good"), "stat=Sent", "a server that the policy names, with its own certificate")
like(send("free"), "stat=Sent", "a domain without a policy")
for domain, why, what in (("wrongmx", "the policy of wrongmx.test does not name mx.wrongmx.test", "a server that the policy does not name"),
                          ("wrongcert", "MTA-STS: mx.wrongcert.test: the certificate is not for this host", "the certificate of another host"),
                          ("clear", "STARTTLS is not to be had", "no STARTTLS")):
    like(send(domain), r"dsn=4\.7\.5.*stat=Deferred: .*" + re.escape(why), what + ": deferred")
eq([len(sinks[a].messages) for a in ("127.0.0.3", "127.0.0.4")], [0, 1], "... not even tried there, and never in clear")
for domain, what in (("testing", "mode testing: logged, and delivered"), ("none", "mode none"), ("broken", "a policy without max_age is none"),
                     ("html", "a web page is no policy"), ("gone", "a policy"), ("big", "a policy without an end"), ("moved", "redirects are not followed")):
    like(send(domain), "stat=Sent", what)
ok(host.await_log(r"MTA-STS: broken\.test: sts-policy-invalid: no max_age"), "... the log says what is wrong with one")
ok(host.await_log(r"MTA-STS: moved\.test: sts-policy-fetch-error: the web server answers 302"), "... or with the web server")
eq({p for _, p in asked}, {"/.well-known/mta-sts.txt"}, "nothing else is asked for")

before = len(asked)
policies["gone.test"] = (500, "text/plain", "")
send("good")
eq(len(asked), before, "a policy is fetched once, while its id is the same")
host.dns.replace(DNS + ZONE.replace("_mta-sts.gone.test.", "_x.gone.test.").replace("mx.gone.test. A 127.0.0.1", "mx.gone.test. A 127.0.0.3"))
host.stop()
host.start()
like(send("gone"), "stat=Deferred: .*not for this host", "what was once promised holds until it expires, over a restart, without record and web server")
policy("good", hosts=["new.good.test"])
host.dns.replace(DNS + ZONE.replace('_mta-sts.good.test. TXT "v=STSv1; id=1;"', '_mta-sts.good.test. TXT "v=STSv1; id=2;"'))
host.stop()
host.start()
like(send("good"), "does not name mx.good.test", "a new id is a new policy")
p = subprocess.run([os.path.join(OBJ, "sendmail", "sendmail"), "-C", host.cf, "-bT", "wrongcert.test", "testing.test", "free.test"], capture_output=True, text=True)
like(p.stdout, r"(?m)^  MTA-STS of wrongcert\.test: mode enforce, id 1, for 86400 seconds: mx\.wrongcert\.test$", "-bT: the policy")
like(p.stdout, r"(?s)mx\.wrongcert\.test .*name +not proved: .*verdict +Deferred: 450 4\.7\.5 MTA-STS: .*=> mail would wait in the queue", "... and its verdict")
like(p.stdout, r"(?s)testing\.test: mailer.*the policy does not name this server.*=> mail would be delivered", "... mode testing")
like(p.stdout, r"(?s)free\.test: no policy\n.*STARTTLS +not offered.*would be delivered in clear", "... and no policy")
host.stop()

p = subprocess.run([os.path.join(OBJ, "sendmail", "sendmail"), "-C", host.cf, "-bT", "report"], capture_output=True, text=True)
eq(p.returncode, 0, "-bT report")
reports = {r["policies"][0]["policy"]["policy-domain"]: r for r in map(json.loads, p.stdout.splitlines())}
r = reports["wrongcert.test"]
eq(r["policies"][0]["policy"]["policy-type"], "sts", "a report of a day")
eq(r["policies"][0]["policy"]["policy-string"], ["version: STSv1", "mode: enforce", "max_age: 86400", "mx: mx.wrongcert.test"], "... the policy")
eq(r["policies"][0]["summary"], {"total-successful-session-count": 0, "total-failure-session-count": 1}, "... counts")
d = r["policies"][0]["failure-details"][0]
eq((d["result-type"], d["receiving-mx-hostname"], d["receiving-ip"], d["failed-session-count"]),
   ("certificate-host-mismatch", "mx.wrongcert.test", "127.0.0.3", 1), "... what went wrong")
ok(sum(q["summary"]["total-successful-session-count"] for q in reports["good.test"]["policies"]) >= 1, "... and what went well")
eq(reports["clear.test"]["policies"][0]["failure-details"][0]["result-type"], "starttls-not-supported", "... no STARTTLS")
eq([(p["policy"]["policy-type"], p["failure-details"][0]["result-type"], p["summary"]["total-successful-session-count"]) for p in reports["free.test"]["policies"]],
   [("no-policy-found", "starttls-not-supported", 0)], "... of a domain without a policy: no-policy-found")
# by mail, to whom wants it
day = r["date-range"]["start-datetime"][:10]
mailed = [os.path.join(OBJ, "sendmail", "sendmail"), "-C", host.cf, "-bT", "mail-reports", day]
p = subprocess.run(mailed, capture_output=True, text=True)
eq((p.returncode, p.stderr.strip()[-27:]), (78, "TLSReportAddress is not set"), "-bT mail-reports: off, unless the configuration names an address")
with open(host.cf, "a") as f:
    f.write("O TLSReportAddress=tls@here.test\n")
def wants(domain, *uris):
    return '_smtp._tls.%s.test. TXT "v=TLSRPTv1; rua=%s"\n' % (domain, ",".join(uris))


REPORTS = "https://reports.test:%d" % web_port
WANTS = "reports.test. A 127.0.0.1\nother.test. A 127.0.0.1\n"
WANTS += wants("wrongcert", "https://127.0.0.1/", "mailto:a%2Bb@free.test", "mailto:-oQ@x.test", "mailto:|prog", "mailto:u@free.test?subject=x")
WANTS += wants("clear", REPORTS + "/v1?a=b", "mailto:a@free.test", REPORTS + "/busy") + wants("testing", REPORTS.replace("reports", "other"))
WANTS += wants("good", "http://reports.test/", REPORTS + "/chatty")
answers["/busy"] = 503
host.dns.replace(DNS + ZONE + WANTS)
host.start()
p = subprocess.run(mailed, capture_output=True, text=True)
eq(p.returncode, 75, "... now it does, and says that not all went")
ok("wrongcert.test: a+b@free.test u@free.test\n" in p.stdout and "wrongmx.test: wants no report\n" in p.stdout, "... by mail, to those whose record asks for it")
like(p.stderr, r"(?m)^sendmail: clear\.test: %s/busy: the web server answers 503$" % REPORTS, "... a web server that is busy")
like(p.stderr, r"(?m)^sendmail: testing\.test: https://other\.test:\d+/: .*(certificate|subject name)", "... one that cannot prove its name")
ok("clear.test: a@free.test\n" in p.stdout and "clear.test: %s/v1?a=b\n" % REPORTS in p.stdout, "... by mail and web where both are wanted")
ok("good.test: %s/chatty\n" % REPORTS in p.stdout, "... an answer without an end is not read")
eq(sorted(x[0] for x in posted), ["/busy", "/chatty", "/v1?a=b"], "... nothing else was asked of the web server")
x = next((x for x in posted if x[0] == "/v1?a=b"), posted[0])
eq(x[1:3], ("reports.test:%d" % web_port, "application/tlsrpt+gzip"), "... RFC 8460 5.4: its type")
eq(json.loads(gzip.decompress(x[3])), dict(reports["clear.test"], **{"contact-info": "tls@here.test"}), "... compressed, the same report")
end = time.monotonic() + 30
while time.monotonic() < end and not any("tls@here" in m["mail"] and b"Report Domain: wrongcert.test" in m["data"] for m in sinks["127.0.0.4"].messages):
    time.sleep(0.05)
m = [m for m in sinks["127.0.0.4"].messages if b"Report Domain: wrongcert.test" in m["data"]][0]
like(m["mail"], "<tls@here\\.test>", "... in that name")
end = time.monotonic() + 30
while time.monotonic() < end and len([m for m in sinks["127.0.0.4"].messages if b"Report Domain: wrongcert.test" in m["data"]]) < 2:
    time.sleep(0.05)
eq(sorted(m["rcpt"][0].split("<")[1].split(">")[0] for m in sinks["127.0.0.4"].messages if b"Report Domain: wrongcert.test" in m["data"]), ["a+b@free.test", "u@free.test"], "... to both")
m = email.message_from_bytes(m["data"][:-3])
eq((m.get_content_type(), m.get_param("report-type"), m["TLS-Report-Domain"], m["TLS-Report-Submitter"], m["TLS-Required"]),
   ("multipart/report", "tlsrpt", "wrongcert.test", "mail.here.test", "No"), "... in the form of RFC 8460 5.3")
part = m.get_payload()[1]
eq((part.get_content_type(), json.loads(gzip.decompress(part.get_payload(decode=True)))), ("application/tlsrpt+gzip", dict(r, **{"contact-info": "tls@here.test"})),
   "... with the same report")
first = int(datetime.datetime.strptime(day + "+0000", "%Y-%m-%d%z").timestamp())
eq(part.get_filename(), "mail.here.test!wrongcert.test!%d!%d.json.gz" % (first, first + 86399), "... a file name as RFC 8460 5.1 wants it")
answers.clear()
before = len(posted)
p = subprocess.run(mailed, capture_output=True, text=True)
ok("wrongcert.test:" not in p.stdout and "clear.test: a@" not in p.stdout, "... once")
eq([x[0] for x in posted[before:]], ["/busy"], "... and what could not go, when it is asked again")
host.stop()
host = Host(mc="define(`confSTS', `true')define(`confSTS_DIRECTORY', `@DIR@/sts')define(`confSTS_PORT', `%d')\ndefine(`confCACERT', `%s')\n"
               "define(`SMTP_MAILER_ARGS', `TCP $h %d')define(`ESMTP_MAILER_ARGS', `TCP $h %d')\n" % (web_port, TMP + "/none.crt", number, number),
            dns=ZONE, mode="background", start_it=False)
shutil.copy(evil, TMP + "/none.crt")
host.start()
like(send("wrongmx"), "stat=Sent", "a web server that nobody vouches for has no say")
ok(host.await_log(r"MTA-STS: wrongmx\.test: sts-webpki-invalid"), "... which is logged")
host.stop()
done_testing()
