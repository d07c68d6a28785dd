#!/usr/bin/env python3
"""tls_broken: a TLS file that cannot be used and a word that nobody knows take no encryption away: what is left is used, both ways, and the log says which option,
which file and why.  What cannot be checked any more is not called good."""
import os
import shutil
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *


def openssl(*argv):
    return subprocess.run(("openssl",) + argv, check=True, capture_output=True).stdout


KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
openssl("req", "-x509", *KEY, "-keyout", TMP + "/ca.key", "-out", TMP + "/ca.crt", "-days", "2", "-subj", "/CN=a CA")


def issue(name):
    p = os.path.join(TMP, name)
    openssl("req", *KEY, "-keyout", p + ".key", "-out", TMP + "/csr", "-subj", "/CN=" + name)
    openssl("x509", "-req", "-in", TMP + "/csr", "-CA", TMP + "/ca.crt", "-CAkey", TMP + "/ca.key", "-CAcreateserial", "-days", "2", "-out", p + ".crt")
    os.chmod(p + ".key", 0o600)
    with open(p, "w") as f, open(p + ".key") as k, open(p + ".crt") as c:
        f.write(k.read() + c.read())
    return p


mine, theirs, mail = issue("mail.here.test"), issue("mx.far.test"), issue("user.here.test")
with open(TMP + "/junk", "w") as f:
    f.write("-----BEGIN CERTIFICATE-----\nno such thing\n-----END CERTIFICATE-----\n")
sink = Sink(("STARTTLS",), cert=theirs, ca=TMP + "/ca.crt")


def define(**kw):
    return "".join("define(`conf%s', `%s')\n" % (k, v) for k, v in kw.items())


CERTS = dict(SERVER_CERT=mine + ".crt", SERVER_KEY=mine + ".key", CLIENT_CERT=mine + ".crt", CLIENT_KEY=mine + ".key", CACERT=TMP + "/ca.crt")
TO_SINK = "define(`SMART_HOST', `esmtp:[127.0.0.1]')define(`ESMTP_MAILER_ARGS', `TCP $h %d')\n" % sink.port


def session(host, *argv):
    """What openssl s_client says of a session with it."""
    p = subprocess.run(["openssl", "s_client", "-connect", "127.0.0.1:%d" % host.port, "-starttls", "smtp", "-name", "me"] + list(argv), input=b"QUIT\r\n",
                       capture_output=True, timeout=60)
    return (p.stdout + p.stderr).decode("latin-1")


def both(what, said, verify="OK", client="mail.here.test", access="", **options):
    """A host with these options: it encrypts as a server and as a client; said: what the log says, server or client and a pattern each."""
    host = Host(mode="background", mc=define(**dict(CERTS, **options)) + TO_SINK, access=access)
    like(session(host), r"(?m)^New, TLSv1\.[23], Cipher is [A-Z]", what + ": the server encrypts")
    n = len(sink.messages)
    ident = host.send("root@here.test", "u@far.test", "Subject: x\n\nx\n")
    m = host.await_log(r"%s: to=<u@far\.test>.*stat=(\S+)" % ident)
    if verify is not None:
        eq(m and m.group(1), "Sent", "... the client sends")
        ok(sink.await_messages(n + 1, 30), "... to the sink")
        got = sink.messages[n:]
        eq([(m["tls"], m.get("client")) for m in got], [(True, client)], "... encrypted, with the certificate that there is")
        ok(host.await_log(r"STARTTLS=client, relay=\S+, version=TLSv1\.\d, verify=%s," % verify), "... {verify} is " + verify)
    else:
        like(m and m.group(1), "^Deferred", "... the client waits")
        eq(len(sink.messages), n, "... nothing went out")
    for side, why in said:
        ok(host.await_log(r"STARTTLS=%s, error: .*%s" % (side, why), 30), "... the log: %s: %s" % (side, why)) or diag(host.log()[:3000])
    return host


def each(why):
    return [("server", why), ("client", why)]


both("CipherList of unknown words", each("CipherList NOSUCH:XYZ: .*list is ignored"), CIPHER_LIST="NOSUCH:XYZ").stop()
both("CipherSuites of unknown words", each("CipherSuites TLS_NOSUCH: .*list is ignored"), CIPHER_SUITES="TLS_NOSUCH").stop()
host = both("an unknown word among options", [("server", "ServerSSLOptions: unknown option SSL_OP_NOSUCH, BOGUS; the other words count"), ("client", "ClientSSLOptions: unknown option WRONG;")],
            SERVER_SSL_OPTIONS="SSL_OP_NOSUCH SSL_OP_NO_TLSv1_3 BOGUS", CLIENT_SSL_OPTIONS="-WRONG SSL_OP_NO_TLSv1_3")
like(session(host), r"(?m)^New, TLSv1\.2, Cipher is", "... the other words count, as a server")
ok(host.await_log(r"STARTTLS=client, relay=\S+, version=TLSv1\.2,"), "... and as a client")
host.stop()
both("CertFingerprintAlgorithm is no digest", each("CertFingerprintAlgorithm: no digest is called md17"), CERT_FINGERPRINT_ALGORITHM="md17").stop()
both("no CACertFile", each("CACertFile %s/nofile: .*not verified" % TMP), verify="FAIL", CACERT=TMP + "/nofile").stop()
both("CACertFile of something else", each("CACertFile %s/junk: " % TMP), verify="FAIL", CACERT=TMP + "/junk").stop()
both("no CACertPath", each("CACertPath %s/nofolder: No such file" % TMP), CACERT_PATH=TMP + "/nofolder").stop()
both("CACertPath is a file", each("CACertPath %s/junk: no folder" % TMP), CACERT_PATH=TMP + "/junk").stop()
both("no certificate of the client", [("client", "certificate %s/nofile" % TMP)], client=None, CLIENT_CERT=TMP + "/nofile").stop()
both("a certificate that is none", [("client", "certificate %s/junk" % TMP)], client=None, CLIENT_CERT=TMP + "/junk").stop()
both("a certificate among several that is none", [("client", "certificate %s/junk" % TMP), ("server", "certificate %s/junk" % TMP)],
     CLIENT_CERT="%s/junk,%s.crt" % (TMP, mine), CLIENT_KEY="%s/junk,%s.key" % (TMP, mine), SERVER_CERT="%s/junk,%s.crt" % (TMP, mine), SERVER_KEY="%s/junk,%s.key" % (TMP, mine)).stop()
both("more certificates than keys", each("no key for certificate %s.crt" % theirs),
     CLIENT_CERT="%s.crt,%s.crt" % (mine, theirs), SERVER_CERT="%s.crt,%s.crt" % (mine, theirs)).stop()
os.chmod(mail + ".key", 0o644)
both("the client's key is not safe", [("client", "private key %s.key: others may read it" % mail)], client=None, CLIENT_CERT=mail + ".crt", CLIENT_KEY=mail + ".key").stop()
both("the client's key belongs to another certificate", [("client", "certificate %s.crt: there is no private key that belongs to it" % theirs)], client=None, CLIENT_CERT=theirs + ".crt").stop()

# a revocation list that was to be asked: encryption stays, but nobody's certificate is good
host = both("no CRLFile", each("CRLFile %s/nolist: .*no certificate counts as verified" % TMP), verify="FAIL", CRL=TMP + "/nolist")
session(host, "-cert", theirs + ".crt", "-key", theirs + ".key")
ok(host.await_log(r"STARTTLS=server, .*verify=FAIL,"), "... a client's certificate is not verified either")
host.stop()
both("no CRLPath", each("CRLPath %s/nolists: No such file" % TMP), verify="FAIL", CRL_PATH=TMP + "/nolists").stop()
both("no CRLFile, and TLS_Srv: VERIFY", each("CRLFile"), verify=None, CRL=TMP + "/nolist", access="TLS_Srv:127.0.0.1\tVERIFY\n").stop()

# folders are looked into by roles that may read less than root, who tells the daemon to begin: a list that only he can open is not one that is not there
for name, out in (("cas", "%s.0"), ("lists", "%s.r0")):
    os.mkdir(os.path.join(TMP, name))
    dark = os.path.join(TMP, name, out % openssl("x509", "-hash", "-noout", "-in", TMP + "/ca.crt").decode().strip())
    shutil.copy(TMP + "/ca.crt", dark)
    os.chmod(dark, 0)
both("a file of CACertPath that only root may read", each(r"CACertPath %s/cas/\S+\.0: Permission denied; certificates that lead there are not verified" % TMP), verify="FAIL",
     CACERT=theirs + ".crt", CACERT_PATH=TMP + "/cas").stop()
both("a list of CRLPath that only root may read", each(r"CRLPath %s/lists/\S+\.r0: Permission denied; without it no certificate counts as verified" % TMP), verify="FAIL",
     CRL_PATH=TMP + "/lists").stop()
os.chmod(dark, 0o644)
os.chmod(TMP + "/lists", 0 if os.geteuid() == 0 else 0o600)
both("a CRLPath that only root may enter", each(r"CRLPath %s/lists\S*: Permission denied; without it no certificate counts as verified" % TMP), verify="FAIL", CRL_PATH=TMP + "/lists").stop()
os.chmod(TMP + "/lists", 0o755)

# a server without any certificate cannot encrypt: it says so
host = Host(mc=define(**dict(CERTS, SERVER_CERT=TMP + "/nofile,%s/junk" % TMP, SERVER_KEY="%s.key,%s.key" % (mine, mine))))
c = host.connect()
c.reply()
ok("STARTTLS" not in c.cmd("EHLO me"), "a server with none of its certificates does not offer STARTTLS")
ok(host.await_log(r"STARTTLS=server, error: not offered: .*certificate %s/junk" % TMP), "... and the log says why")
host.stop()
host = Host(mc=define(SERVER_CERT=mine))
ok(host.await_log(r"STARTTLS=server, error: not offered: ServerCertFile without ServerKeyFile"), "ServerCertFile without ServerKeyFile: the log says that there is no STARTTLS")
host.stop()
done_testing()
