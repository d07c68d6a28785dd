#!/usr/bin/env python3
"""tls_client: what a delivery does with TLS: certificates of its own, what the rules want of a server, FEATURE(sts) by a map, clear text where it is allowed."""
import os
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *


def openssl(*argv, **kw):
    return subprocess.run(("openssl",) + argv, check=True, capture_output=True, **kw).stdout


KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
openssl("req", "-x509", *KEY, "-keyout", TMP + "/ca.key", "-out", TMP + "/ca.crt", "-days", "2", "-subj", "/CN=a CA")


def issue(name, names, folder=TMP):
    p = os.path.join(folder, name)
    openssl("req", *KEY, "-keyout", p + ".key", "-out", TMP + "/csr", "-subj", "/CN=" + name)
    with open(TMP + "/ext", "w") as f:
        f.write("subjectAltName=" + ",".join("DNS:" + n for n in names) + "\n")
    leaf = openssl("x509", "-req", "-in", TMP + "/csr", "-CA", TMP + "/ca.crt", "-CAkey", TMP + "/ca.key", "-CAcreateserial", "-days", "2", "-extfile",
                   TMP + "/ext")
    with open(p + ".crt", "wb") as f:
        f.write(leaf)
    os.chmod(p + ".key", 0o600)
    with open(p + ".key") as k, open(p, "wb") as f:
        f.write(k.read().encode() + leaf)
    return p


mine, other = issue("mail.here.test", ["mail.here.test"]), issue("other.here.test", ["other.here.test"])
named, alt, evil = issue("mx.named.test", ["mx.named.test"]), issue("a host", ["x.test", "mx.alt.test"]), issue("evil.test", ["evil.test"])
number = port()
OFFERS = ("PIPELINING", "STARTTLS")
sinks = {a: Sink(OFFERS if c else ("PIPELINING",), number=number, address=a, cert=c, ca=TMP + "/ca.crt")
         for a, c in (("127.0.0.1", named), ("127.0.0.3", alt), ("127.0.0.4", evil), ("127.0.0.5", None), ("127.0.0.6", evil))}



sinks["127.0.0.6"].cert = None			# says yes to STARTTLS, and then speaks no TLS
ZONE = "me.test. MX 1 mail.here.test.\nmail.here.test. A 127.0.0.1\n" + "".join("%s.test. MX 10 mx.%s.test.\nmx.%s.test. A %s\n" % (d, d, d, a) for d, a in (
    ("named", "127.0.0.1"), ("special", "127.0.0.1"), ("alt", "127.0.0.3"), ("evil", "127.0.0.4"), ("clear", "127.0.0.5"), ("broken", "127.0.0.6"),
    ("said", "127.0.0.6"), ("ciphers", "127.0.0.1"), ("options", "127.0.0.1"), ("nocert", "127.0.0.1"), ("must", "127.0.0.5"), ("no", "127.0.0.1")))
MC = """define(`confCLIENT_CERT', `%s.crt')define(`confCLIENT_KEY', `%s.key')define(`confCACERT', `%s/ca.crt')
define(`SMTP_MAILER_ARGS', `TCP $h %d')define(`ESMTP_MAILER_ARGS', `TCP $h %d')define(`confTLS_FALLBACK_TO_CLEAR', `true')
""" % (mine, mine, TMP, number, number)
RULES = """
LOCAL_RULESETS
LOCAL_TLS_SERVER
R$*	$: $1 $| $&{server_name}
RCLEAR $| mx.said.test	$#error $@ 4.7.1 $: 450 verify is CLEAR
Stls_clt_features
Rmx.special.test $| $*	$: CertFile=%s.crt; KeyFile=%s.key; CipherList=ECDHE-ECDSA-AES256-GCM-SHA384; Options=+SSL_OP_NO_TLSv1_3
Rmx.ciphers.test $| $*	$: CipherList=NOSUCH
Rmx.options.test $| $*	$: Options=SSL_OP_NOSUCH
Rmx.nocert.test $| $*	$: CertFile=%s/nofile; KeyFile=%s/nofile
""" % (other, other, TMP, TMP)
ACCESS = "TLS_Srv:mx.must.test\tENCR:112\nTry_TLS:mx.no.test\tNO\n"
STS = "".join("%s.test\tsecure match=mx.%s.test servername=hostname\n" % (d, d) for d in ("named", "alt", "evil", "clear"))
host = Host(mc=MC + "define(`confMCI_CACHE_SIZE', `0')\n", dns=ZONE, mode="background", mailers=RULES, access=ACCESS)


def send(where, domain):
    """What the log says of one message."""
    before = sum(len(s.messages) for s in sinks.values())
    ident = where.send("root@here.test", "u@%s.test" % domain, "Subject: %s\n\nx\n" % domain)
    m = where.await_log(r"^.*%s: to=<u@%s\.test>.*$" % (ident, domain), 60)
    if m and "stat=Sent" in m.group(0):
        until(lambda: sum(len(s.messages) for s in sinks.values()) > before, 10)      # the server's side of it may be noted a little later
    return m.group(0) if m else "%s: nothing is said of %s" % (ident, domain)


like(send(host, "named"), "stat=Sent", "a delivery")
eq(sinks["127.0.0.1"].messages[-1].get("client"), "mail.here.test", "... with our certificate, whose key is in role keys")
ok(host.await_log(r"STARTTLS=client, relay=mx\.named\.test\., version=TLSv1\.\d, verify=OK"), "... and theirs is good")
ok(not sinks["127.0.0.1"].messages[-1]["resumed"], "... a new session of TLS")
like(send(host, "named"), "stat=Sent", "another delivery, over a connection of its own")
ok(sinks["127.0.0.1"].messages[-1]["resumed"], "... resumes the session")
eq(sinks["127.0.0.1"].messages[-1].get("client"), "mail.here.test", "... as the same client")
ok(host.await_log(r"STARTTLS=client, relay=mx\.named\.test\., version=TLSv1\.\d, verify=OK, cipher=\S+, bits=256/256, resumed"), "... and the log says so")
like(send(host, "special"), "stat=Sent", "CertFile, CipherList, Options of tls_clt_features")
eq(sinks["127.0.0.1"].messages[-1].get("client"), "other.here.test", "... another certificate of ours")
ok(not sinks["127.0.0.1"].messages[-1]["resumed"], "... and so another session, to the same address")
ok(host.await_log(r"relay=mx\.special\.test\., version=TLSv1\.2, verify=OK, cipher=ECDHE-ECDSA-AES256-GCM-SHA384"), "... another cipher")
like(send(host, "evil"), "stat=Sent", "a certificate of another host is the rules' business")
like(send(host, "must"), r"dsn=4\.7\.0.*encrypt", "TLS_Srv: encryption is wanted, and not offered: deferred")
like(send(host, "no"), "stat=Sent", "Try_TLS: NO")
eq(sinks["127.0.0.1"].messages[-1]["tls"], False, "... in clear")
like(send(host, "broken"), "stat=Sent", "TLSFallbacktoClear: a failed handshake is tried again without")
eq(sinks["127.0.0.6"].messages[-1]["tls"], False, "... in clear")
like(send(host, "said"), "verify is CLEAR", "... {verify} is CLEAR then")
n = [len(s.messages) for s in sinks.values()]
for domain, why in (("ciphers", "CipherList NOSUCH"), ("options", "unknown option SSL_OP_NOSUCH"), ("nocert", "certificate .*nofile was not there")):
    like(send(host, domain), r"stat=Deferred: tls_clt_features: .*" + why, "features that cannot be had are no failed handshake (%s): deferred, not sent in clear" % domain)
eq([len(s.messages) for s in sinks.values()], n, "... nothing went out")
ok(host.await_log(r"STARTTLS=client, error: TLS: certificate %s/nofile: " % TMP), "a file that the configuration names and that is not there is told of at the start")
ok(not re.search(r"error: TLS: certificate (?!\S+/nofile: )", host.log()), "... and not what else lies in the folder: keys, requests, files of others")
n = [len(s.messages) for s in sinks.values()]


def bt(where, *hosts):
    """Exit code, and what sendmail -bT prints."""
    p = subprocess.run([os.path.join(OBJ, "sendmail", "sendmail"), "-C", where.cf, "-bT"] + list(hosts), capture_output=True, text=True, timeout=120)
    return p.returncode, p.stdout


code, out = bt(host, "special.test")
like(out, r"STARTTLS +TLSv1\.2, ECDHE-ECDSA-AES256-GCM-SHA384", "-bT: ciphers and options of tls_clt_features")
like(out, r"=> mail would be delivered", "... and its certificate, as a delivery has it")
like(bt(host, "nocert.test")[1], r"verdict .*certificate \S+nofile was not there", "... what is not there is not to be had")
code, out = bt(host, "me.test")
eq(code, 68, "-bT: a domain whose best MX is this host")
like(out, "the best mail exchanger is this host", "... would come back")
like(send(host, "me"), "stat=Local configuration error", "... as it does")
host.stop()
host = Host(mc=MC + "define(`confCLIENT_CERT', `%s.crt,%s.crt')define(`confCLIENT_KEY', `%s.key,%s.key')\n" % (mine, other, mine, other), dns=ZONE)
code, out = bt(host, "named.test")
eq((code, "without our own" in out), (0, False), "-bT: several certificates of a client are read")
host.stop()

with open(TMP + "/sts", "w") as f:
    f.write(STS)
run([os.path.join(OBJ, "makemap", "makemap"), "hash", TMP + "/sts.db"], input=STS)
host = Host(mc=MC + "FEATURE(`sts', `hash %s/sts')\n" % TMP, dns=ZONE, mode="background")
like(send(host, "named"), "stat=Sent", "FEATURE(sts): the name in the subject")
like(send(host, "alt"), "stat=Sent", "... among the alternative names")
like(send(host, "evil"), r"MTA-STS policy of evil\.test does not allow the certificate of mx\.evil\.test", "... nowhere: deferred")
like(send(host, "clear"), r"MTA-STS policy of clear\.test does not allow", "... no TLS: deferred")
like(send(host, "broken"), "stat=Sent", "... and what has no policy goes as ever")
host.stop()
done_testing()
