#!/usr/bin/env python3
"""auth: programs that people send mail with prove who they are, by each mechanism they know, on ports as 25 and 587 (STARTTLS) and as 465: swaks, msmtp,
s-nail, curl, gsasl, nodemailer, Python's smtplib; Kerberos with a KDC of its own."""
import os
import shutil
import smtplib
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *
from tap import *

os.environ["PATH"] += ":/usr/sbin:/sbin"
conf = sasldb(TMP)

# ---- a KDC ----
krb = os.path.join(TMP, "krb")
os.mkdir(krb)
kdc_port = port()
with open(os.path.join(krb, "krb5.conf"), "w") as f:
    f.write("""[libdefaults]
 default_realm = HERE.TEST
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 rdns = false
 ignore_acceptor_hostname = true
 udp_preference_limit = 1
[realms]
 HERE.TEST = {
  kdc = 127.0.0.1:%d
 }
[domain_realm]
 localhost = HERE.TEST
 .far.test = HERE.TEST
""" % kdc_port)
with open(os.path.join(krb, "kdc.conf"), "w") as f:
    f.write("""[kdcdefaults]
 kdc_listen = ""
 kdc_tcp_listen = 127.0.0.1:%d
[realms]
 HERE.TEST = {
  database_name = %s/principal
  key_stash_file = %s/stash
  acl_file = %s/acl
 }
[logging]
 kdc = FILE:%s/log
""" % (kdc_port, krb, krb, krb, krb))
KENV = dict(os.environ, KRB5_CONFIG=krb + "/krb5.conf", KRB5_KDC_PROFILE=krb + "/kdc.conf", KRB5CCNAME="FILE:" + krb + "/cc", HOME=TMP)


def kdo(*argv, text=""):
    return subprocess.run(argv, input=text, text=True, capture_output=True, env=KENV, timeout=60)


kdo("kdb5_util", "create", "-s", "-r", "HERE.TEST", "-P", "master")
kdo("kadmin.local", "-q", "addprinc -pw secret joe")
for name in ("smtp/localhost", "smtp/hub.far.test"):
    kdo("kadmin.local", "-q", "addprinc -randkey " + name)
    kdo("kadmin.local", "-q", "ktadd -k %s/keytab %s" % (krb, name))
kdc = start(["krb5kdc", "-n", "-P", krb + "/pid"], env=KENV, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
ok(await_port(kdc_port), "a KDC")
r = kdo("kinit", "joe", text="secret\n")
eq(r.returncode, 0, "... gives joe a ticket") or diag(r.stderr)

# ---- a host with three doors ----
MECHS = "EXTERNAL GSSAPI SCRAM-SHA-256-PLUS SCRAM-SHA-256 SCRAM-SHA-1 DIGEST-MD5 CRAM-MD5 NTLM LOGIN PLAIN"
cert = os.path.join(TMP, "cert")
subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", cert + ".key", "-out", cert + ".crt"], check=True, capture_output=True)
os.chmod(cert + ".key", 0o600)
msa, smtps = port(), port()
host = Host(mc="""define(`confAUTH_MECHANISMS', `%s')
TRUST_AUTH_MECH(`%s')
define(`confSERVER_CERT', `%s.crt')
define(`confSERVER_KEY', `%s.key')
define(`confCACERT', `%s.crt')
define(`confLOG_LEVEL', `12')
define(`confAUTH_OPTIONS', `A')
DAEMON_OPTIONS(`Name=MSA, Addr=127.0.0.1, Port=%d, M=Ea')
DAEMON_OPTIONS(`Name=TLSMTA, Addr=127.0.0.1, Port=%d, M=sa')
LOCAL_CONFIG
O SASLConfDir=%s
E KRB5_KTNAME=%s/keytab
E KRB5_CONFIG=%s/krb5.conf
""" % (MECHS, MECHS, cert, cert, cert, msa, smtps, conf, krb, krb))
DOORS = (("25", host.port), ("587", msa), ("465", smtps))
MESSAGE = "From: joe@here.test\r\nTo: ann@far.test\r\nSubject: x\r\n\r\nx\r\n"
with open(os.path.join(TMP, "m"), "w") as f:
    f.write(MESSAGE)


def proved(since, mech, what):
    m = until(lambda: re.search(r"AUTH=server, .*authid=(\S+), mech=(\S+), bits=(\d+)", host.log()[since:]), 10)
    if not ok(m and m.group(1).split("@")[0] == "joe" and m.group(2).upper() == mech, what):
        diag(host.log()[since:][-1500:])
    return int(m.group(3)) if m else -1


def sends(what, mech, argv, **kw):
    at = len(host.log())
    r = subprocess.run(argv, capture_output=True, text=True, timeout=60, env=KENV, **kw)
    if r.returncode != 0:
        diag(r.stdout[-1500:] + r.stderr[-1500:])
    end = time.time() + (30 if r.returncode == 0 or argv[0] == "gsasl" else 1)
    while "AUTH=server" not in host.log()[at:] and time.time() < end:
        time.sleep(0.05)
    return proved(at, mech, what)


for mech in ("PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5"):
    for door, p in DOORS:
        sends("swaks: %s through %s" % (mech, door), mech,
              ["swaks", "--server", "127.0.0.1:%d" % p, "--tls" if door != "465" else "--tls-on-connect", "--auth", mech, "--auth-user", "joe", "--auth-password", "secret",
               "--from", "joe@here.test", "--to", "ann@far.test", "--auth-extra", "dmd5-host=localhost,realm=mail.here.test"])
for mech in ("PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256", "GSSAPI"):
    for door, p in DOORS:
        sends("msmtp: %s through %s" % (mech, door), mech,
              ["msmtp", "--host=localhost", "--port=%d" % p, "--tls=on", "--tls-starttls=%s" % ("off" if door == "465" else "on"), "--tls-trust-file=" + cert + ".crt",
               "--auth=" + mech.lower(), "--user=joe", "--passwordeval=echo secret", "--from=joe@here.test", "ann@far.test"], input=MESSAGE)
for mech in ("PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "NTLM", "SCRAM-SHA-1", "SCRAM-SHA-256", "GSSAPI"):
    for door, p in DOORS:
        if mech not in subprocess.run(["curl", "-V"], capture_output=True, text=True).stdout and mech in ("NTLM", "GSSAPI", "SCRAM-SHA-1", "SCRAM-SHA-256"):
            continue
        sends("curl: %s through %s" % (mech, door), mech,
              ["curl", "-sS", "--max-time", "30", "--cacert", cert + ".crt", "--ssl-reqd", "-u", "joe:secret", "--login-options", "AUTH=" + mech,
               "--url", "%s://localhost:%d" % ("smtps" if door == "465" else "smtp", p), "--mail-from", "joe@here.test", "--mail-rcpt", "ann@far.test",
               "-T", os.path.join(TMP, "m")])
for mech in ("PLAIN", "LOGIN", "CRAM-MD5", "GSSAPI"):
    for door, p in DOORS:
        sends("s-nail: %s through %s" % (mech, door), mech,
              ["s-nail", "-:/", "-Sv15-compat", "-Ssendwait", "-Smta=%s://%slocalhost:%d" % ("smtps" if door == "465" else "smtp", "joe@" if mech == "GSSAPI" else "joe:secret@", p),
               "-Ssmtp-auth=" + mech.lower(), "-Ssmtp-use-starttls", "-Stls-verify=strict", "-Stls-ca-file=" + cert + ".crt", "-Stls-ca-no-defaults", "-Sfrom=joe@here.test",
               "-s", "x", "ann@far.test"], input="x\n")
for mech, extra in (("PLAIN", []), ("LOGIN", []), ("CRAM-MD5", []), ("DIGEST-MD5", ["--quality-of-protection=qop-auth"]), ("SCRAM-SHA-1", []), ("SCRAM-SHA-256", []),
                    ("SCRAM-SHA-256-PLUS", []), ("GSSAPI", ["--quality-of-protection=qop-auth"])):
    for door, p in DOORS[:2]:
        sends("gsasl: %s through %s" % (mech, door), mech,
              ["gsasl", "--smtp", "--connect=localhost:%d" % p, "--starttls", "--x509-ca-file=" + cert + ".crt", "--mechanism=" + mech, "--authentication-id=joe",
               "--realm=mail.here.test", "--password=secret", "--service=smtp", "--hostname=localhost"] + extra +
              (["--authorization-id=joe"] if mech == "GSSAPI" else []) + ([] if mech.endswith("-PLUS") else ["--no-cb"]), input="QUIT\r\n")
# without TLS Kerberos has a layer of its own
bits = sends("gsasl: GSSAPI with its layer", "GSSAPI",
             ["gsasl", "--smtp", "--connect=localhost:%d" % host.port, "--no-starttls", "--mechanism=GSSAPI", "--authentication-id=joe", "--authorization-id=joe",
              "--service=smtp", "--hostname=localhost", "--quality-of-protection=qop-auth"], input="QUIT\r\n")

NODE = """
const m = require('nodemailer'), fs = require('fs');
m.createTransport({ host: 'localhost', port: %d, secure: %s, requireTLS: true, authMethod: '%s', auth: { user: 'joe', pass: 'secret' },
  tls: { ca: fs.readFileSync('%s') } }).sendMail({ from: 'joe@here.test', to: 'ann@far.test', subject: 'x', text: 'x' }, e => { if (e) { console.error(e); process.exit(1); } });
"""
for mech in ("PLAIN", "LOGIN", "CRAM-MD5"):
    for door, p in DOORS:
        KENV["NODE_PATH"] = "/usr/share/nodejs:/usr/lib/nodejs"
        sends("nodemailer: %s through %s" % (mech, door), mech, ["node", "-e", NODE % (p, "true" if door == "465" else "false", mech, cert + ".crt")])
ctx = ssl.create_default_context(cafile=cert + ".crt")
for mech in ("PLAIN", "LOGIN", "CRAM-MD5"):
    for door, p in DOORS:
        at = len(host.log())
        c = smtplib.SMTP_SSL("localhost", p, context=ctx) if door == "465" else smtplib.SMTP("localhost", p)
        if door != "465":
            c.starttls(context=ctx)
        c.ehlo()
        c.user, c.password = "joe", "secret"
        c.auth(mech, getattr(c, "auth_" + mech.lower().replace("-", "_")), initial_response_ok=True)
        c.sendmail("joe@here.test", ["ann@far.test"], MESSAGE)
        c.quit()
        proved(at, mech, "smtplib: %s through %s" % (mech, door))
# ---- EXTERNAL: who has a certificate needs no password ----
def external(what, argv, **kw):
    at = len(host.log())
    r = subprocess.run(argv, capture_output=True, text=True, timeout=60, env=KENV, **kw)
    m = until(lambda: re.search(r"AUTH=server, .*authid=(\S+), mech=EXTERNAL", host.log()[at:]), 10)
    ok(r.returncode == 0 and m and "/CN+3Dlocalhost" in m.group(1), what) or diag(r.stdout[-800:] + r.stderr[-1500:] + host.log()[at:][-800:])


for door, p in DOORS:
    external("curl: EXTERNAL through " + door,
             ["curl", "-sS", "-v", "--max-time", "30", "--cacert", cert + ".crt", "--cert", cert + ".crt", "--key", cert + ".key", "--ssl-reqd", "-u", ":", "--login-options", "AUTH=EXTERNAL",
              "--url", "%s://localhost:%d" % ("smtps" if door == "465" else "smtp", p), "--mail-from", "joe@here.test", "--mail-rcpt", "ann@far.test", "-T", os.path.join(TMP, "m")])
    external("msmtp: EXTERNAL through " + door,
             ["msmtp", "--host=localhost", "--port=%d" % p, "--tls=on", "--tls-starttls=%s" % ("off" if door == "465" else "on"), "--tls-trust-file=" + cert + ".crt",
              "--tls-cert-file=" + cert + ".crt", "--tls-key-file=" + cert + ".key", "--auth=external", "--user=/CN=localhost", "--from=joe@here.test", "ann@far.test"], input=MESSAGE)
    external("s-nail: EXTERNAL through " + door,
             ["s-nail", "-:/", "-Sv15-compat", "-Ssendwait", "-Smta=%s://localhost:%d" % ("smtps" if door == "465" else "smtp", p), "-Ssmtp-auth=externanon", "-Ssmtp-use-starttls",
              "-Stls-verify=strict", "-Stls-ca-file=" + cert + ".crt", "-Stls-ca-no-defaults", "-Stls-config-pairs=Certificate=%s.crt,PrivateKey=%s.key" % (cert, cert), "-Sfrom=joe@here.test",
              "-s", "x", "ann@far.test"], input="x\n")
host.stop()

# ---- two hosts of ours and Kerberos: the layer carries a message ----
cc = "E KRB5CCNAME=FILE:%s/cc\nE KRB5_CONFIG=%s/krb5.conf\n" % (krb, krb)
server = Host(mc="define(`confDOMAIN_NAME', `hub.far.test')\ndefine(`confAUTH_MECHANISMS', `GSSAPI')\nTRUST_AUTH_MECH(`GSSAPI')\ndefine(`confLOG_LEVEL', `12')\nLOCAL_CONFIG\nO SASLConfDir=%s\n"
              "E KRB5_KTNAME=%s/keytab\nE KRB5_CONFIG=%s/krb5.conf\n" % (conf, krb, krb))
client = Host(mc="define(`confAUTH_MECHANISMS', `GSSAPI')\ndefine(`SMART_HOST', `esmtp:hub.far.test')\ndefine(`ESMTP_MAILER_ARGS', `TCP $h %d')\n"
              "define(`confLOG_LEVEL', `14')\nLOCAL_CONFIG\nO SASLConfDir=%s\n%s" % (server.port, conf, cc),
              access='AuthInfo:hub.far.test "U:joe" "M:GSSAPI"\n', dns="hub.far.test. IN A 127.0.0.1\n", mode="interactive")
i = client.send("root@here.test", "ann@far.test", "Subject: x\n\n" + "a line under Kerberos\n" * 2000)
m = client.await_log(r"%s: to=.*stat=(.*)" % i)
like(m.group(1) if m else "", "^Sent ", "Kerberos between hosts: the message goes") or diag(client.log()[-2000:])
m = until(lambda: re.search(r"AUTH=server, .*mech=GSSAPI, bits=(\d+)", server.log()), 10)
ok(m and int(m.group(1)) >= 56, "... under a layer of %s bits" % (m.group(1) if m else "no"))
client.stop()
server.stop()
kdc.terminate()
kdc.wait()
done_testing()
