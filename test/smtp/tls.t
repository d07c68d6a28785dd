#!/usr/bin/env python3
"""tls: several certificates, keys in a process of their own, tickets, revocation lists, files that change while the daemon runs."""
import os
import socket
import ssl
import subprocess
import sys
import time
import warnings
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

warnings.simplefilter("ignore", DeprecationWarning)


def openssl(*argv, **kw):
    return subprocess.run(("openssl",) + argv, check=True, capture_output=True, **kw).stdout


def make(name, kind, ca=None, folder=TMP, names=(), subj=None):
    """NAME.crt and NAME.key, self-signed or by `ca`."""
    key, crt = os.path.join(folder, name + ".key"), os.path.join(folder, name + ".crt")
    openssl("genpkey", "-algorithm", kind.split(":")[0], "-out", key, *(["-pkeyopt", kind.split(":", 1)[1]] if ":" in kind else []))
    os.chmod(key, 0o600)
    subj = subj or "/CN=" + name
    alt = "subjectAltName=" + ",".join("DNS:" + n for n in (names or [name]))
    if ca is None:
        openssl("req", "-x509", "-new", "-key", key, "-days", "2", "-utf8", "-subj", subj, "-addext", alt, "-out", crt)
    else:
        with open(os.path.join(folder, "ext"), "w") as f:
            f.write(alt + "\n")
        openssl("req", "-new", "-key", key, "-utf8", "-subj", subj, "-out", os.path.join(folder, "csr"))
        openssl("x509", "-req", "-in", os.path.join(folder, "csr"), "-CA", ca + ".crt", "-CAkey", ca + ".key", "-CAcreateserial", "-days", "2",
                "-extfile", os.path.join(folder, "ext"), "-out", crt)
    return os.path.join(folder, name)


RSA, EC = "RSA:rsa_keygen_bits:2048", "EC:ec_paramgen_curve:P-256"
rsa, ec, other, weak = make("rsa.test", RSA), make("ec.test", EC), make("other.test", EC), make("weak.test", "RSA:rsa_keygen_bits:1024")
ed = make("ed.test", "ED25519")
os.mkdir(TMP + "/more")
special = make("special.test", EC, folder=TMP + "/more")
ca = make("ca.test", EC)
good, revoked = make("good.test", EC, ca, names=("good.test", "*.wild.test")), make("revoked.test", EC, ca)
odd = make("odd.test", EC, ca, subj="/C=DE/O=K\u00e4se <x>/CN=J\u00fcrgen (Mail)")
nameless = make("nameless.test", EC, ca, subj="/O=nobody")
with open(TMP + "/ca.cnf", "w") as f:
    f.write("[ca]\ndefault_ca=d\n[d]\ndatabase=%s/index\ncrlnumber=%s/number\ndefault_md=sha256\ndefault_crl_days=2\n" % (TMP, TMP))
open(TMP + "/index", "w").close()
with open(TMP + "/number", "w") as f:
    f.write("01\n")
openssl("ca", "-config", TMP + "/ca.cnf", "-cert", ca + ".crt", "-keyfile", ca + ".key", "-revoke", revoked + ".crt")
openssl("ca", "-config", TMP + "/ca.cnf", "-cert", ca + ".crt", "-keyfile", ca + ".key", "-gencrl", "-out", TMP + "/crl.pem")
with open(TMP + "/roots.crt", "w") as f:
    for n in (ca, other):
        with open(n + ".crt") as g:
            f.write(g.read())


def mc(certs, more=""):
    return "define(`confSERVER_CERT', `%s')\ndefine(`confSERVER_KEY', `%s')\ndefine(`confCACERT', `%s/roots.crt')\n" % (
        ",".join(c + ".crt" for c in certs), ",".join(c + ".key" for c in certs), TMP) + more


def tls(host, name=None, cert=None, old=False, session=None, ciphers=None, ctx=None, source=None):
    """A session under TLS, or the reason why there is none."""
    c = host.connect(source, helo="clear")
    r = c.cmd("STARTTLS")
    if r[:3] != "220":
        return r
    if ctx is None:
        ctx = ssl._create_unverified_context()
        if old:
            ctx.maximum_version = ssl.TLSVersion.TLSv1_2
        if ciphers:
            ctx.set_ciphers(ciphers)
        if cert:
            ctx.load_cert_chain(cert + ".crt", cert + ".key")
    try:
        c.s = ctx.wrap_socket(c.s, server_hostname=name, session=session)
        c.cmd("EHLO me")
    except OSError as e:
        return str(e)
    return c


def subject(c):
    if isinstance(c, str):
        return c
    with open(TMP + "/der", "wb") as f:
        f.write(c.s.getpeercert(True))
    return openssl("x509", "-in", TMP + "/der", "-inform", "DER", "-noout", "-subject").decode().strip().split("= ")[-1]


SHOW = """
LOCAL_RULESETS
SLocal_check_vrfy
Rshown	$#error $@ 5.7.1 $: 550 v=$&{verify} cn=$&{cn_subject} issuer=$&{cn_issuer} version=$&{tls_version} bits=$&{cipher_bits} alg=$&{alg_bits}
Rnames	$#error $@ 5.7.1 $: 550 s=$&{cert_subject} cn=$&{cn_subject} issuer=$&{cn_issuer}
R$={cert_altnames}	$#error $@ 5.7.1 $: 550 a name of yours
Scheck_vrfy
R$*	$: $>Local_check_vrfy $1
Stls_srv_features
R$* $| 127.0.0.2	$: CertFile=@MORE@.crt; KeyFile=@MORE@.key
R$* $| 127.0.0.3	$: Flags=R
R$* $| 127.0.0.4	$: CertFile=@MORE@.crt
""".replace("@MORE@", special)
host = Host(mc=mc([rsa, ec, other, ed], "define(`confCRL', `%s/crl.pem')\ndefine(`confSET_CERT_ALTNAMES', `true')\n" % TMP), mailers=SHOW)
for name, old, ciphers, want in (("rsa.test", False, None, "rsa.test"), ("rsa.test", True, None, "rsa.test"), ("other.test", False, None, "other.test"),
                                 ("ec.test", True, None, "ec.test"), ("ed.test", False, None, "ed.test"),
                                 (None, True, "aRSA", "rsa.test"), (None, True, "ECDHE-ECDSA-AES128-GCM-SHA256", "ec.test"),
                                 ("other.test", True, "ECDHE-ECDSA-AES128-GCM-SHA256", "other.test")):
    eq(subject(tls(host, name, old=old, ciphers=ciphers)), want, "SNI %s%s%s: %s" % (name, ", TLS 1.2" if old else "", ", " + ciphers if ciphers else "", want))
eq(subject(tls(host, "nobody.test", old=True, ciphers="aRSA")), "rsa.test", "a name that no certificate has: the first of its kind")
eq(subject(tls(host, source="127.0.0.2")), "special.test", "CertFile and KeyFile of tls_srv_features")
like(tls(host, source="127.0.0.4"), "^421 ", "CertFile without KeyFile ends the session")

c = tls(host, cert=good)
like(c.cmd("VRFY shown"), r"^550 5\.7\.1 v= OK cn= good\.test issuer= ca\.test version= TLSv1\.3 bits= 256 alg= 256$", "macros of a client's certificate")
# as sendmail 8.17 writes them
like(tls(host, cert=odd).cmd("VRFY names"), r"^550 5\.7\.1 s=/C=DE/O=K\+5CxC3\+5CxA4se\+20\+3Cx\+3E/CN=J\+5CxC3\+5CxBCrgen\+20\+28Mail\+29 cn= J\+C3\+BCrgen\+20\+28Mail\+29 issuer= ca\.test$", "names with letters that rules would trip over")
like(tls(host, cert=nameless).cmd("VRFY names"), r"^550 5\.7\.1 s=/O=nobody cn= BadCertificateUnknown issuer= ca\.test$", "a certificate without a common name")
eq(c.cmd("VRFY *.wild.test"), "550 5.7.1 a name of yours", "SetCertAltnames: class {cert_altnames}")
like(tls(host, cert=revoked).cmd("VRFY shown"), "v= FAIL cn= revoked", "CRLFile: a revoked certificate")
like(tls(host, cert=other).cmd("VRFY shown"), "v= OK cn= other", "without a revocation list of its issuer it counts")
like(tls(host, cert=other, source="127.0.0.3").cmd("VRFY shown"), "v= FAIL cn= other", "... but with Flags=R")
like(tls(host, cert=rsa).cmd("VRFY shown"), "v= FAIL cn= rsa", "an issuer that nobody knows")
host.stop()

# the same in a folder, found by its name's hash, from within the sandbox
os.mkdir(TMP + "/crls")
name = openssl("crl", "-hash", "-noout", "-in", TMP + "/crl.pem").decode().strip()
os.rename(TMP + "/crl.pem", TMP + "/crls/%s.r0" % name)
host = Host(mc=mc([rsa, ec, other, ed], "define(`confCRL_PATH', `%s/crls')\n" % TMP), mailers=SHOW)
like(tls(host, cert=revoked).cmd("VRFY shown"), "v= FAIL cn= revoked", "CRLPath: a revoked certificate")
like(tls(host, cert=good).cmd("VRFY shown"), "v= OK cn= good", "... and one that is not")

# tickets: any worker opens what another one gave
ctx = ssl._create_unverified_context()
ctx.maximum_version = ssl.TLSVersion.TLSv1_2
first = tls(host, ctx=ctx)
keep = [tls(host, ctx=ctx, session=first.s.session) for _ in range(3)]
eq([k.s.session_reused for k in keep], [True] * 3, "a session is resumed, while others are at work")
ctx = ssl._create_unverified_context()
first = tls(host, ctx=ctx)
first.cmd("NOOP")
ok(tls(host, ctx=ctx, session=first.s.session).s.session_reused, "... with TLS 1.3")

# renegotiation is a way to cost a server time, and once was one to put words into others' mouths
p = subprocess.Popen(["openssl", "s_client", "-connect", "127.0.0.1:%d" % host.port, "-starttls", "smtp", "-tls1_2", "-name", "me"],
                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
out = b""


def until(*words):
    """What openssl says until one of these comes, or its end."""
    global out
    while not any(w in out for w in words):
        more = os.read(p.stdout.fileno(), 65536)
        if not more:
            break
        out += more


until(b"\n250 ")
p.stdin.write(b"R\n")
p.stdin.flush()
until(b"no renegotiation", b":error:")
p.kill()
p.wait()
ok(b"no renegotiation" in out, "renegotiation is refused")

# the key is in one process
def holders(needle):
    found, seen = set(), 0
    group = subprocess.run(["ps", "-e", "-o", "pid=,ppid=,args="], capture_output=True, text=True).stdout
    family = {host.process.pid}
    for _ in range(3):
        family |= {int(l.split()[0]) for l in group.splitlines() if int(l.split()[1]) in family}
    for pid in family:
        try:
            with open("/proc/%d/maps" % pid) as maps, open("/proc/%d/mem" % pid, "rb") as mem:
                seen += 1
                for line in maps:
                    f = line.split()
                    if "r" not in f[1] or len(f) > 5 and f[5].startswith("/"):
                        continue
                    a, b = (int(x, 16) for x in f[0].split("-"))
                    if b - a > 1 << 30:		# a sanitizer's shadow, most of it not there
                        continue
                    try:
                        mem.seek(a)
                        if needle in mem.read(b - a):
                            found |= {l.split(None, 2)[2] for l in group.splitlines() if l.split()[0] == str(pid)}
                    except (OSError, ValueError, OverflowError):
                        pass
        except OSError:
            pass
    return found, seen


text = openssl("rsa", "-in", rsa + ".key", "-noout", "-text").decode()
number = bytes.fromhex(re.search(r"prime1:\n([0-9a-f:\s]+)", text).group(1).replace(":", "").replace("\n", "").replace(" ", "")).lstrip(b"\0")
found, seen = holders(number[::-1])
if os.geteuid() == 0 and os.path.exists("/proc/self/mem"):
    eq(sorted(found), ["sendmail: keys: 4 keys"] if not found else sorted(x for x in found if x.startswith("sendmail: keys: ")), "a private key is in role keys alone")
else:
    ok(all(x.startswith("sendmail: keys: ") for x in found), "a private key is in role keys alone (of %d processes that could be looked into)" % seen)

# another certificate while the daemon runs
before = keep[0]
make("ec.test", EC, names=("ec.test", "renewed.test"))
end = time.monotonic() + 60
while subject(tls(host, "renewed.test")) != "ec.test" and time.monotonic() < end:
    time.sleep(0.3)
eq(subject(tls(host, "renewed.test")), "ec.test", "a new certificate is used without a restart")
eq(before.cmd("NOOP"), "250 2.0.0 OK", "... and sessions under the old one go on")
for k in keep:
    k.close()
c = tls(host, "rsa.test")
host.process.send_signal(signal.SIGHUP)
ok(host.await_log("was loaded again"), "SIGHUP")
end = time.monotonic() + 60
while isinstance(tls(host, "ec.test"), str) and time.monotonic() < end:
    time.sleep(0.2)
eq(subject(tls(host, "ec.test")), "ec.test", "... certificates are there")
eq(c.cmd("NOOP"), "250 2.0.0 OK", "... and a session goes on")
host.stop()

host = Host(mc=mc([weak, ec]))
ok(host.await_log(r"STARTTLS=server, error: TLS: certificate \S+weak\.test\.crt: ee key too small \(RSA, 1024 bits\): below the security level"),
   "a key that is too weak is named")
eq(subject(tls(host)), "ec.test", "... the other certificate is offered")
host.stop()
with open(TMP + "/wrong.crt", "w") as f, open(rsa + ".crt") as g:
    f.write(g.read())
os.rename(ed + ".key", TMP + "/wrong.key")
host = Host(mc=mc([TMP + "/wrong"]))
ok(host.await_log(r"STARTTLS=server, error: TLS: certificate \S+wrong\.crt: there is no private key that belongs to it"), "a key of another certificate is named")
c = host.connect(helo="me")
ok("STARTTLS" not in c.cmd("EHLO me"), "... and STARTTLS is not offered")
host.stop()
os.chmod(TMP + "/rsa.test.key", 0o640)
host = Host(mc=mc([rsa]))
ok(host.await_log(r"private key \S+rsa\.test\.key: its group may read it \(DontBlameSendmail=GroupReadableKeyFile\)"), "a key that a group may read")
host.stop()
host = Host(mc=mc([rsa], "define(`confDONT_BLAME_SENDMAIL', `GroupReadableKeyFile,TrustStickyBit')\ndefine(`confDH_PARAMETERS', `none')\n"
                  "define(`confCIPHER_SUITES', `TLS_CHACHA20_POLY1305_SHA256')\ndefine(`confCIPHER_LIST', `ECDHE+AESGCM:DHE+AESGCM:AES256-SHA')\n"))
eq(tls(host).s.cipher()[0], "TLS_CHACHA20_POLY1305_SHA256", "CipherSuites")
like(tls(host, old=True).s.cipher()[0], "^ECDHE-RSA-AES", "CipherList")
ok(isinstance(tls(host, old=True, ciphers="DHE+AESGCM"), str), "DHParameters none")
ok(isinstance(tls(host, old=True, ciphers="AES256-SHA"), str), "no key exchange of RSA's, whatever CipherList says: keys sign, and do not decrypt")
host.stop()
done_testing()
