#!/usr/bin/env python3
"""tls_options: DHParameters with a cipher that needs them, ServerSSLOptions and ClientSSLOptions word by word, a revoked certificate of a server as the client
sees it (CRLFile, CRLPath), one certificate for each algorithm that a client knows."""
import os
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *


def openssl(*argv, **kw):
    return subprocess.run(("openssl",) + argv, check=True, capture_output=True, **kw).stdout


openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", TMP + "/ca.key", "-out", TMP + "/ca.crt", "-days", "2", "-subj", "/CN=a CA")


def issue(name, *kind):
    p = os.path.join(TMP, name)
    openssl("req", "-newkey", *kind, "-nodes", "-keyout", p + ".key", "-out", TMP + "/csr", "-subj", "/CN=" + name)
    with open(TMP + "/ext", "w") as f:
        f.write("subjectAltName=DNS:%s\n" % name)
    with open(p + ".crt", "wb") as f:
        f.write(openssl("x509", "-req", "-in", TMP + "/csr", "-CA", TMP + "/ca.crt", "-CAkey", TMP + "/ca.key", "-CAcreateserial", "-days", "2", "-extfile", TMP + "/ext"))
    os.chmod(p + ".key", 0o600)
    with open(p, "w") as f, open(p + ".key") as k, open(p + ".crt") as c:
        f.write(k.read() + c.read())
    return p


EC = ("ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
rsa, ec, good, revoked = issue("rsa.test", "rsa:2048"), issue("ec.test", *EC), issue("mx.good.test", *EC), issue("mx.revoked.test", *EC)
with open(TMP + "/dh2048", "wb") as f:
    f.write(openssl("genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048"))
# a group of 512 bits, made once
with open(TMP + "/dh512", "w") as f:
    f.write("-----BEGIN DH PARAMETERS-----\nMEYCQQDaWDwW2YUiidDkr3VvTMqS3UvlM7gE+w/tlO+cikQD7VdGUNNpmdsp13Yn\na6LT1BLiGPTdHghM9tgAPnxHdOgzAgEC\n-----END DH PARAMETERS-----\n")
MC = """define(`confSERVER_CERT', `%s.crt,%s.crt')
define(`confSERVER_KEY', `%s.key,%s.key')
define(`confCACERT', `%s/ca.crt')
""" % (rsa, ec, rsa, ec, TMP)


def talk(host, *argv):
    """What openssl s_client says of a session."""
    p = subprocess.run(["openssl", "s_client", "-connect", "127.0.0.1:%d" % host.port, "-starttls", "smtp", "-name", "me"] + list(argv), input=b"QUIT\r\n",
                       capture_output=True, timeout=60)
    return (p.stdout + p.stderr).decode("latin-1")


def cipher(text):
    m = re.search(r"(?m)^(?:New, )?\(?(TLSv[\d.]+)\)?,? Cipher is (\S+)", text)
    return m.group(2) if m and m.group(2) != "(NONE)" else "none"


DHE = ("-tls1_2", "-cipher", "DHE-RSA-AES256-GCM-SHA384")
for value, bits, why in (("", 2048, "unset"), ("i", 2048, "i: a group of the library"), ("5", 2048, "5: never as little as 512 bits"),
                         (TMP + "/dh2048", 2048, "a file"), (TMP + "/dh512", 2048, "a file with too little: a group of the library"),
                         (TMP + "/nofile", 2048, "no file: a group of the library")):
    host = Host(mc=MC + ("define(`confDH_PARAMETERS', `%s')\n" % value if value else ""))
    text = talk(host, *DHE)
    eq(cipher(text), "DHE-RSA-AES256-GCM-SHA384", "DHParameters: " + why)
    like(text, r"(Server|Peer) Temp Key: DH, %d bits" % bits, "... %d bits" % bits)
    if "512" in value or "nofile" in value:
        ok(host.await_log(r"STARTTLS=server, error: .*DHParameters " + re.escape(value)), "... the log names it")
    if "nofile" in value:
        openssl("genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe3072", "-out", value + ".new")
        os.rename(value + ".new", value)
        ok(until(lambda: re.search("Temp Key: DH, 3072 bits", talk(host, *DHE))), "... and when it is there it is used, without a restart")
    if value == TMP + "/dh2048":
        # a certificate for each of the client's algorithms
        for sig, want in (("rsa_pss_rsae_sha256", "rsa.test"), ("ecdsa_secp256r1_sha256", "ec.test")):
            for version in ("-tls1_2", "-tls1_3"):
                like(talk(host, version, "-sigalgs", sig), r"(?m)^subject=.*%s$" % want, "a client that knows %s only (%s)" % (sig, version[1:]))
    host.stop()
for value in ("none", "None", "n"):		# sendmail looks at the first letter
    host = Host(mc=MC + "define(`confDH_PARAMETERS', `%s')\n" % value)
    eq(cipher(talk(host, *DHE)), "none", "DHParameters: %s: such ciphers are not there" % value)
    ok(cipher(talk(host, "-tls1_2")).startswith("ECDHE-"), "... others are")
    host.stop()
# ---- ServerSSLOptions ----
# each word, and a client that is let in or not, or what else shows that it was heeded
for words, argv, want in (
        ("SSL_OP_NO_TLSv1_3", ["-tls1_3"], "none"), ("NO_TLSv1_2", ["-tls1_2"], "none"),
        ("SSL_OP_NO_TLSv1_3 -SSL_OP_NO_TLSv1_3", ["-tls1_3"], "TLS_"), ("+no_tlsv1_2 -SSL_OP_ALL", ["-tls1_3"], "TLS_"), ("0x20000000", ["-tls1_3"], "none"),
        ("536870912,SSL_OP_NO_TLSv1_2", ["-tls1_3"], "none"), ("SSL_OP_NO_TLSv1_3,-0x20000000", ["-tls1_3"], "TLS_"),
        ("SSL_OP_CIPHER_SERVER_PREFERENCE", ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"], "ECDHE-ECDSA-AES256-GCM-SHA384"),
        ("-SSL_OP_CIPHER_SERVER_PREFERENCE", ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"], "ECDHE-ECDSA-AES128-GCM-SHA256"),
        ("SSL_OP_SINGLE_DH_USE SSL_OP_NO_SSLv2 SSL_OP_NO_SSLv3 SSL_OP_EPHEMERAL_RSA", ["-tls1_2"], "ECDHE-")):
    host = Host(mc=MC + "define(`confSERVER_SSL_OPTIONS', `%s')\n" % words)
    like(cipher(talk(host, *argv)), "^" + re.escape(want), "ServerSSLOptions=%s: %s" % (words, " ".join(argv)))
    host.stop()
host = Host(mc=MC + "define(`confSERVER_SSL_OPTIONS', `+ SSL_OP_NO_TLSv1_3')\n")
ok(host.await_log(r"STARTTLS=server, error: .*ServerSSLOptions: unknown option"), "a sign by itself is no option, and the log says so")
eq(cipher(talk(host, "-tls1_3")), "none", "... the next word counts")
host.stop()
host = Host(mc=MC + "define(`confSERVER_SSL_OPTIONS', `SSL_OP_NO_TICKET SSL_OP_NO_ENCRYPT_THEN_MAC SSL_OP_NO_EXTENDED_MASTER_SECRET')define(`confCIPHER_LIST', `ECDHE-ECDSA-AES128-SHA256')\n")
text = talk(host, "-tls1_2")
ok("TLS session ticket:" not in text, "... SSL_OP_NO_TICKET")
like(text, r"Extended master secret: no", "... SSL_OP_NO_EXTENDED_MASTER_SECRET")
host.stop()

# ---- the client ----
with open(TMP + "/ca.cnf", "w") as f:
    f.write("[ca]\ndefault_ca=d\n[d]\ndatabase=%s/index\ncrlnumber=%s/number\ndefault_md=sha256\ndefault_crl_days=2\n" % (TMP, TMP))
open(TMP + "/index", "w").close()
with open(TMP + "/number", "w") as f:
    f.write("01\n")
CA = ("ca", "-config", TMP + "/ca.cnf", "-cert", TMP + "/ca.crt", "-keyfile", TMP + "/ca.key")
openssl(*CA, "-revoke", revoked + ".crt")
openssl(*CA, "-gencrl", "-out", TMP + "/crl.pem")
os.mkdir(TMP + "/crls")
os.symlink(TMP + "/crl.pem", TMP + "/crls/%s.r0" % openssl("crl", "-hash", "-noout", "-in", TMP + "/crl.pem").decode().strip())
number = port()
sinks = {a: Sink(("STARTTLS",), number=number, address=a, cert=c) for a, c in (("127.0.0.1", good), ("127.0.0.3", revoked))}
ZONE = "".join("%s.test. MX 10 mx.%s.test.\nmx.%s.test. A %s\n" % (d, d, d, a) for d, a in (("good", "127.0.0.1"), ("revoked", "127.0.0.3")))
CLIENT = "define(`confCACERT', `%s/ca.crt')define(`SMTP_MAILER_ARGS', `TCP $h %d')define(`ESMTP_MAILER_ARGS', `TCP $h %d')\n" % (TMP, number, number)


def client(mc, *domains, access=""):
    """What the log says of a message to each."""
    host = Host(mc=CLIENT + mc, dns=ZONE, mode="background", access=access)
    out = []
    for d in domains:
        i = host.send("root@here.test", "u@%s.test" % d, "Subject: x\n\nx\n")
        m = host.await_log(r"%s: to=<u@%s\.test>.*stat=(.*)" % (i, d))
        tls = re.findall(r"STARTTLS=client, relay=mx\.%s\.test\., version=(\S+), verify=(\w+), cipher=(\S+)," % d, host.log())
        out.append((m.group(1).split()[0] if m else "nothing") + (" %s %s %s" % tls[-1] if tls else ""))
    host.stop()
    return out


MUST = "TLS_Srv:good.test\tVERIFY\nTLS_Srv:revoked.test\tVERIFY\nTLS_Srv:mx.good.test\tVERIFY\nTLS_Srv:mx.revoked.test\tVERIFY\n"
r = client("", "revoked", access=MUST)
like(r[0], "^Sent TLSv1.3 OK", "without a revocation list a revoked certificate is a good one")
for option, value in (("confCRL", TMP + "/crl.pem"), ("confCRL_PATH", TMP + "/crls")):
    r = client("define(`%s', `%s')\n" % (option, value), "good", "revoked", access=MUST)
    like(r[0], "^Sent TLSv1.3 OK", "%s: a server's good certificate" % option)
    like(r[1], "^Deferred.* TLSv1.3 FAIL", "... a revoked one is not verified, and TLS_Srv: VERIFY keeps the message")
eq(len(sinks["127.0.0.3"].messages), 1, "... nothing went there")
like(client("define(`confCLIENT_SSL_OPTIONS', `SSL_OP_NO_TLSv1_3')\n", "good")[0], "^Sent TLSv1.2 OK ECDHE-", "ClientSSLOptions")
like(client("define(`confCLIENT_SSL_OPTIONS', `+SSL_OP_NO_TLSv1_2 -SSL_OP_ALL')\n", "good")[0], "^Sent TLSv1.3 OK TLS_", "... a word, and one that is taken away")
like(client("define(`confCIPHER_SUITES', `TLS_AES_128_GCM_SHA256')\n", "good")[0], "^Sent TLSv1.3 OK TLS_AES_128_GCM_SHA256", "CipherSuites, as a client")
like(client("define(`confCIPHER_LIST', `ECDHE-ECDSA-AES128-GCM-SHA256')define(`confCLIENT_SSL_OPTIONS', `NO_TLSv1_3')\n", "good")[0], "^Sent TLSv1.2 OK ECDHE-ECDSA-AES128-GCM-SHA256", "CipherList, as a client")

# ---- keys of other kinds, both ways and in both versions: the private half is in a process of its own ----
for kind, argv, sig in (("pss", ("rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"), "RSA[-_]PSS"), ("ed25519", ("ed25519",), "ed25519"), ("ed448", ("ed448",), "ed448")):
    p = issue("mx.%s.test" % kind, *argv)
    kinds = Sink(("STARTTLS",), cert=p, ca=TMP + "/ca.crt")
    own = "".join("define(`conf%s_%s', `%s.%s')" % (side, what, p, end) for side in ("SERVER", "CLIENT") for what, end in (("CERT", "crt"), ("KEY", "key")))
    for version, no in (("-tls1_3", ""), ("-tls1_2", "define(`confCLIENT_SSL_OPTIONS', `SSL_OP_NO_TLSv1_3')")):
        host = Host(mode="interactive", mc=own + "%sdefine(`confCACERT', `%s/ca.crt')define(`SMART_HOST', `esmtp:[127.0.0.1]')define(`ESMTP_MAILER_ARGS', `TCP $h %d')\n" % (no, TMP, kinds.port))
        like(talk(host, version), "(?i)Peer signature type: " + sig, "a server with a key of kind %s (%s)" % (kind, version[1:]))
        n = len(kinds.messages)
        host.send("root@here.test", "u@far.test", "Subject: x\n\nx\n")
        ok(kinds.await_messages(n + 1, 30), "... and a client") or diag(host.log()[-600:])
        eq([m.get("client") for m in kinds.messages[n:]], ["mx.%s.test" % kind], "... whose certificate the server believes")
        host.stop()

# ---- TLSSrvOptions and srv_features: is a client asked for its certificate? ----
for more, access, asked in (("", "", True), ("define(`confTLS_SRV_OPTIONS', `V')", "", False), ("", "Srv_Features:127.0.0.1\tV\n", False), ("", "Srv_Features:127.0.0.1\tv\n", True)):
    host = Host(mc=MC + more + "\n", access=access)
    eq("Acceptable client certificate CA names" in talk(host), asked, "%s%s: a client is %sasked for its certificate" % (more and "TLSSrvOptions=V", access.strip(), "" if asked else "not "))
    host.stop()
done_testing()
