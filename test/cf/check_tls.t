#!/usr/bin/env python3
"""sendmail -bC: certificates, their keys and chains, CAs, revocation lists, DH parameters, ciphers and options of TLS: each fault has a line with the option and the
line of the .mc; a sound configuration has none."""
import os
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *

SENDMAIL = os.path.join(OBJ, "sendmail", "sendmail")
os.chdir(TMP)
os.mkdir("queue")
os.chmod("queue", 0o700)


def openssl(*argv):
    return subprocess.run(("openssl",) + argv, check=True, capture_output=True).stdout


def put(name, text):
    with open(name, "w") as f:
        f.write(text)
    return os.path.join(TMP, name)


def get(name):
    with open(name) as f:
        return f.read()


KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
put("ca.cnf", "[ca]\ndefault_ca=d\n[d]\ndatabase=%s/index\nnew_certs_dir=%s\nserial=%s/serial\ncrlnumber=%s/number\ndefault_md=sha256\npolicy=p\ndefault_days=90\n"
    "unique_subject=no\n[p]\ncommonName=supplied\n[v3_ca]\nbasicConstraints=critical,CA:true\n" % ((TMP,) * 4))
put("index", ""), put("serial", "01\n"), put("number", "01\n")
openssl("req", "-x509", *KEY, "-keyout", "ca.key", "-out", "ca.crt", "-days", "99", "-subj", "/CN=a CA")


def issue(name, ca="ca", *more):
    openssl("req", *KEY, "-keyout", name + ".key", "-out", "csr", "-subj", "/CN=" + name)
    openssl("ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", ca + ".crt", "-keyfile", ca + ".key", "-in", "csr", "-out", name + ".crt", *more)
    os.chmod(name + ".key", 0o600)


issue("good")
issue("expired", "ca", "-startdate", "200101000000Z", "-enddate", "210101000000Z")
issue("early", "ca", "-startdate", "390101000000Z", "-enddate", "400101000000Z")
issue("soon", "ca", "-days", "5")
issue("between", "ca", "-extensions", "v3_ca")
issue("below", "between")
put("fullchain.crt", get("below.crt") + get("between.crt"))
put("wrongchain.crt", get("below.crt") + get("good.crt"))
openssl("req", "-x509", "-newkey", "rsa:1024", "-nodes", "-keyout", "weak.key", "-out", "weak.crt", "-days", "99", "-subj", "/CN=weak")
os.chmod("weak.key", 0o600)
put("junk", "no such thing\n"), put("junk.key", "no such thing\n")
put("open.key", get("good.key"))
os.chmod("open.key", 0o644)
openssl("ca", "-config", "ca.cnf", "-cert", "ca.crt", "-keyfile", "ca.key", "-gencrl", "-crldays", "9", "-out", "crl.pem")
openssl("ca", "-config", "ca.cnf", "-cert", "ca.crt", "-keyfile", "ca.key", "-gencrl", "-crl_lastupdate", "200101000000Z", "-crl_nextupdate", "210101000000Z", "-out", "old.pem")
for d in ("empty", "hashed"):
    os.mkdir(d)
digest = openssl("x509", "-hash", "-noout", "-in", "ca.crt").decode().strip()
put("hashed/%s.0" % digest, get("ca.crt"))
put("hashed/%s.r0" % digest, get("crl.pem"))
put("dh512", "-----BEGIN DH PARAMETERS-----\nMEYCQQDaWDwW2YUiidDkr3VvTMqS3UvlM7gE+w/tlO+cikQD7VdGUNNpmdsp13Yn\na6LT1BLiGPTdHghM9tgAPnxHdOgzAgEC\n-----END DH PARAMETERS-----\n")
for f in os.listdir("."):
    if f.endswith(".key") and f != "open.key":
        os.chmod(f, 0o600)


def check(**options):
    """Exit code and what is said of TLS; line numbers of the .mc are those of the option's place in the call."""
    mc = "OSTYPE(`linux')\ndefine(`QUEUE_DIR', `%s/queue')define(`ALIAS_FILE', `')define(`confDOMAIN_NAME', `mail.here.test')define(`STATUS_FILE', `')\n" % TMP
    mc += "define(`confCW_FILE', `-o %s/names')FEATURE(`no_default_msa')define(`HELP_FILE', `')define(`confDONT_BLAME_SENDMAIL', `TrustStickyBit,MapInUnsafeDirPath')\n" % TMP
    for name, value in options.items():
        mc += "define(`conf%s', `%s')\n" % (name, re.sub("@(?=[a-z])", TMP + "/", value))
    put("site.mc", mc + "MAILER(`local')\nMAILER(`smtp')\n")
    subprocess.run(["sh", os.path.join(TOP, "cf", "cf", "Build"), "site.cf"], check=True, stdout=subprocess.DEVNULL)
    r = subprocess.run([SENDMAIL, "-bC", "site.cf"], capture_output=True, text=True, timeout=120)
    out = r.stdout + r.stderr
    return r.returncode, "".join(line.replace(TMP + "/", "@") + "\n" for line in out.splitlines() if re.search(r"(Cert|Key|Fingerprint|CACert|CRL|Cipher|DHP|SSL)\w*[: ]", line))


SOUND = dict(SERVER_CERT="@good.crt", SERVER_KEY="@good.key", CACERT="@ca.crt")
os.mkdir("known")
put("known/%s.0" % openssl("x509", "-hash", "-noout", "-in", "between.crt").decode().strip(), get("between.crt"))
for d, dark in (("darkfile", 0o600), ("darkdir", 0o644)):		# the processes that look into them are not root
    os.mkdir(d)
    put("%s/%s.0" % (d, digest), get("ca.crt")), put("%s/%s.r0" % (d, digest), get("crl.pem"))
    for f in os.listdir(d):
        os.chmod(os.path.join(d, f), dark)
    os.chmod(d, 0o700 if d == "darkdir" else 0o755)
eq(check(**SOUND), (check()[0], ""), "a sound configuration: nothing")
eq(check(SERVER_CERT="@fullchain.crt,@good.crt", SERVER_KEY="@below.key,@good.key", CLIENT_CERT="@good.crt", CLIENT_KEY="@good.key", CACERT="@ca.crt", CACERT_PATH="@hashed",
         CRL="@crl.pem", CRL_PATH="@hashed", DH_PARAMETERS="2", CIPHER_LIST="HIGH:!aNULL:!RC4:!NOSUCH:-SHA1:@STRENGTH:ECDHE+AESGCM", CIPHER_SUITES="TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256",
         SERVER_SSL_OPTIONS="SSL_OP_NO_TLSv1 +NO_TICKET", CLIENT_SSL_OPTIONS="-SSL_OP_NO_TLSv1_1", CERT_FINGERPRINT_ALGORITHM="sha256")[1], "",
   "... everything that there is: nothing")

eq(check(SERVER_CERT="@below.crt", SERVER_KEY="@below.key", CACERT="@ca.crt", CACERT_PATH="@known")[1], "", "... whoever is in CACertPath is known, too")

os.mkdir("oldlist")
put("oldlist/%s.r0" % digest, get("old.pem"))
os.mkdir("nolist")
put("nolist/%s.r0" % digest, get("good.crt"))
DARK = () if os.geteuid() != 0 else (
    ("a root of CACertPath for root alone", dict(CACERT_PATH="@darkfile"), r"^site\.mc:7: error: CACertPath: @darkfile/\w+\.0: only root may read it, .*: certificates that lead there", 78),
    ("a CACertPath for root alone", dict(CACERT_PATH="@darkdir"), r"^site\.mc:7: error: CACertPath: @darkdir: only root may enter it, ", 78),
    ("a list of CRLPath for root alone", dict(CRL_PATH="@darkfile"), r"^site\.mc:7: error: CRLPath: @darkfile/\w+\.r0: only root may read it, .*: no certificate counts as verified", 78),
    ("a CRLPath for root alone", dict(CRL_PATH="@darkdir"), r"^site\.mc:7: error: CRLPath: @darkdir: only root may enter it, ", 78))
for what, options, want, code in DARK + (
        ("a certificate that is not there", dict(SERVER_CERT="@nofile"), r"^site\.mc:4: error: ServerCertFile: @nofile: No such file", 78),
        ("one of several that is none", dict(SERVER_CERT="@good.crt,@junk", SERVER_KEY="@good.key,@good.key"), r"^site\.mc:4: error: ServerCertFile: @junk: no certificate in it", 78),
        ("an expired certificate", dict(SERVER_CERT="@expired.crt", SERVER_KEY="@expired.key"), r"^site\.mc:4: error: ServerCertFile: @expired\.crt: the certificate has expired, on 2021-01-01", 78),
        ("one that is not good yet", dict(SERVER_CERT="@early.crt", SERVER_KEY="@early.key"), r"^site\.mc:4: warning: .*is good from 2039-01-01 on only", 1),
        ("one that expires soon", dict(CLIENT_CERT="@soon.crt", CLIENT_KEY="@soon.key"), r"^site\.mc:7: warning: ClientCertFile: @soon\.crt: the certificate expires soon, on 20", 1),
        ("a key that is not there", dict(SERVER_KEY="@nofile"), r"^site\.mc:5: error: ServerKeyFile: @nofile: No such file", 78),
        ("another's key", dict(SERVER_KEY="@soon.key"), r"^site\.mc:5: error: ServerKeyFile: @soon\.key: this key does not belong to certificate @good\.crt", 78),
        ("a key that is none", dict(SERVER_KEY="@junk.key"), r"^site\.mc:5: error: ServerKeyFile: @junk\.key: no private key in it", 78),
        ("a key that all may read", dict(SERVER_KEY="@open.key"), r"^site\.mc:5: error: ServerKeyFile: private key @open\.key: others may read it: it is not used", 78),
        ("the second of two keys, too", dict(SERVER_CERT="@fullchain.crt,@good.crt", SERVER_KEY="@below.key,@open.key"), r"^site\.mc:5: error: ServerKeyFile: private key @open\.key: others may read it", 78),
        ("fewer keys than certificates", dict(SERVER_CERT="@good.crt,@soon.crt"), r"^site\.mc:5: error: ServerKeyFile: no key for certificate @soon\.crt", 78),
        ("a key alone", dict(SERVER_CERT=""), r"^site\.mc:5: error: ServerKeyFile without ServerCertFile: STARTTLS is not offered", 78),
        ("a weak key", dict(SERVER_CERT="@weak.crt", SERVER_KEY="@weak.key"), r"^site\.mc:4: error: ServerCertFile: @weak\.crt: below the security level of OpenSSL: ee key too small", 78),
        ("a certificate between that is missing", dict(SERVER_CERT="@below.crt", SERVER_KEY="@below.key"), r"^site\.mc:4: warning: ServerCertFile: @below\.crt: who made the certificate is neither", 1),
        ("one that is another", dict(SERVER_CERT="@wrongchain.crt", SERVER_KEY="@below.key"), r"^site\.mc:4: warning: .*@wrongchain\.crt: certificate 2 of it did not make the one before it", 1),
        ("no CACertFile", dict(CACERT="@nofile"), r"^site\.mc:6: error: CACertFile: @nofile: No such file", 78),
        ("none in it", dict(CACERT="@junk"), r"^site\.mc:6: error: CACertFile: @junk: no certificate in it", 78),
        ("no CACertPath", dict(CACERT_PATH="@nofolder"), r"^site\.mc:7: error: CACertPath: @nofolder: No such file", 78),
        ("a file", dict(CACERT_PATH="@junk"), r"^site\.mc:7: error: CACertPath: @junk: no folder", 78),
        ("one without hashes", dict(CACERT_PATH="@empty"), r"^site\.mc:7: warning: CACertPath: @empty: .*openssl rehash", 1),
        ("no CRLFile", dict(CRL="@nofile"), r"^site\.mc:7: error: CRLFile: @nofile: No such file", 78),
        ("none in it", dict(CRL="@fullchain.crt"), r"^site\.mc:7: error: CRLFile: @fullchain\.crt: no revocation list in it", 78),
        ("an expired list", dict(CRL="@old.pem"), r"^site\.mc:7: error: CRLFile: @old\.pem: the list of /CN=a CA has expired, on 2021-01-01", 78),
        ("no CRLPath", dict(CRL_PATH="@nofolder"), r"^site\.mc:7: error: CRLPath: @nofolder: No such file", 78),
        ("an expired list in it", dict(CRL_PATH="@oldlist"), r"^site\.mc:7: error: CRLPath: @oldlist/\w+\.r0: the list of /CN=a CA has expired, on 2021-01-01", 78),
        ("something else in it", dict(CRL_PATH="@nolist"), r"^site\.mc:7: error: CRLPath: @nolist/\w+\.r0: no revocation list in it: ", 78),
        ("one without hashes", dict(CRL_PATH="@empty"), r"^site\.mc:7: warning: CRLPath: @empty: ", 1),
        ("DH parameters that are not there", dict(DH_PARAMETERS="@nofile"), r"^site\.mc:7: error: DHParameters: @nofile: No such file", 78),
        ("too small ones", dict(DH_PARAMETERS="@dh512"), r"^site\.mc:7: warning: DHParameters: @dh512.*too small.*: not used", 1),
        ("a name without its folder", dict(DH_PARAMETERS="dh.pem"), r"^site\.mc:7: warning: DHParameters: dh\.pem: neither a file's whole name nor none", 1),
        ("a list without ciphers", dict(CIPHER_LIST="NOSUCH:XYZ"), r"^site\.mc:7: error: CipherList: NOSUCH:XYZ: no cipher match: the list is ignored", 78),
        ("an unknown cipher", dict(CIPHER_LIST="HIGH:NOSUCH"), r"^site\.mc:7: warning: CipherList: OpenSSL knows no cipher NOSUCH", 1),
        ("a cipher of TLS 1.3", dict(CIPHER_LIST="HIGH:TLS_AES_256_GCM_SHA384"), r"^site\.mc:7: warning: CipherList: TLS_AES_256_GCM_SHA384 .*belongs into CipherSuites", 1),
        ("an unknown suite", dict(CIPHER_SUITES="TLS_AES_256_GCM_SHA384:HIGH"), r"^site\.mc:7: error: CipherSuites: TLS 1\.3 has no cipher suite HIGH", 78),
        ("an unknown word for the server", dict(SERVER_SSL_OPTIONS="SSL_OP_NO_TLSv1 SSL_OP_NOSUCH"), r"^site\.mc:7: error: ServerSSLOptions: unknown option SSL_OP_NOSUCH", 78),
        ("one for the client", dict(CLIENT_SSL_OPTIONS="-BOGUS"), r"^site\.mc:7: error: ClientSSLOptions: unknown option BOGUS", 78),
        ("an unknown digest", dict(CERT_FINGERPRINT_ALGORITHM="sha2-of-257"), r"^site\.mc:7: error: CertFingerprintAlgorithm: no digest is called sha2-of-257", 78)):
    got, out = check(**dict(SOUND, **options))
    like(out, want, what)
    eq((got, out.count("\n")), (code, 1), "... exit code %d, and nothing else" % code) or diag(out)
done_testing()
