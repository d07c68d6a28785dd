#!/usr/bin/env python3
"""make_cert: what `sendmail --make-cert' makes is what openssl(1) would, and a daemon works with it."""
import os
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

SENDMAIL = os.path.join(OBJ, "sendmail", "sendmail")
host = Host(start_it=False)
D = os.path.join(TMP, "certs")


def make(*args):
    p = subprocess.run([SENDMAIL, "-C", host.cf, "--make-cert", "--dir=" + D] + list(args), capture_output=True, text=True)
    return p.returncode, p.stdout, p.stderr


def openssl(*argv, **kw):
    return subprocess.run(("openssl",) + argv, check=True, capture_output=True, **kw).stdout


rc, out, err = make()
eq((rc, err), (0, ""), "for the host's own name")
base = os.path.join(D, "mail.here.test")
eq(os.stat(base + ".key").st_mode & 0o777, 0o600, "the key is its owner's alone")
text = openssl("x509", "-in", base + ".crt", "-noout", "-text").decode()
ok("DNS:mail.here.test" in text and "TLS Web Server Authentication" in text, "a certificate with the name")
eq(openssl("verify", "-CAfile", base + ".crt", base + ".crt").decode().split()[-1], "OK", "... that stands by itself")
openssl("req", "-in", base + ".csr", "-verify", "-noout")
ok(b"DNS:mail.here.test" in openssl("req", "-in", base + ".csr", "-noout", "-text"), "a request that a CA takes")
key = openssl("pkey", "-pubin", "-outform", "DER", input=openssl("x509", "-in", base + ".crt", "-noout", "-pubkey"))
import hashlib
ok("_25._tcp.mail.here.test. IN TLSA 3 1 1 " + hashlib.sha256(key).hexdigest() in out, "the TLSA record")
before = open(base + ".key").read()
rc, out, _ = make("--days=7")
eq(open(base + ".key").read(), before, "again: the key stays")
ok("was there, used again" in out, "... and it says so")
p = subprocess.run([SENDMAIL, "-C", D + "/none.cf", "--make-cert", "--dir=" + D, "early.test"], capture_output=True, text=True)
ok(p.returncode == 0 and os.path.exists(D + "/early.test.crt"), "a host without a sendmail.cf yet only has to say its name")
rc, out, _ = make("--rsa", "one.test", "two.test")
ok(b"DNS:one.test, DNS:two.test" in openssl("x509", "-in", D + "/one.test.crt", "-noout", "-text"), "several names")
ok(b"(3072 bit" in openssl("pkey", "-in", D + "/one.test.key", "-noout", "-text"), "RSA")
long = ".".join(["abcdefgh"] * 9) + ".test"
rc, out, err = make(long)
eq((rc, err), (0, ""), "a name too long for a common name")
ok(("DNS:" + long).encode() in openssl("x509", "-in", D + "/" + long + ".crt", "-noout", "-text"), "... is an alternative one")
eq(openssl("verify", "-CAfile", D + "/" + long + ".crt", "-verify_hostname", long, D + "/" + long + ".crt").decode().split()[-1], "OK", "... in a certificate that stands by itself")
openssl("req", "-in", D + "/" + long + ".csr", "-verify", "-noout")
p = subprocess.run([SENDMAIL, "-C", host.cf, "--make-cert", "--dir=certs", "rel.test"], capture_output=True, text=True, cwd=TMP)
ok("`%s/rel.test.crt'" % os.path.realpath(D) in p.stdout, "a folder is named from the root: the daemon is elsewhere")
make("ca.test")
make("signed.test")
openssl("x509", "-req", "-in", D + "/signed.test.csr", "-CA", D + "/ca.test.crt", "-CAkey", D + "/ca.test.key", "-CAcreateserial", "-days", "2", "-out", D + "/signed.test.crt")
before = open(D + "/signed.test.crt").read()
rc, out, err = make("signed.test")
eq((rc, open(D + "/signed.test.crt").read()), (73, before), "what a CA made is not replaced")
like(err, "signed.test.crt: made by a CA", "... and it says so")
eq(make("a,DNS:evil")[0], 64, "what is no name is refused")
eq(make("../x")[0], 64, "... nor a path")
host = Host(mc="".join(re.findall(r"(?m)^define.*$", make()[1].replace("dnl", "\n"))).replace(")define", ")\ndefine") + "\n")
c = host.connect(helo="me")
c.cmd("STARTTLS")
c.s = ssl.create_default_context(cafile=base + ".crt").wrap_socket(c.s, server_hostname="mail.here.test")
like(c.cmd("EHLO me"), "^250-mail.here.test", "a daemon with the lines that it prints")
c.close()
host.stop()
had = sorted(os.listdir(D))
for name in ("a@b.test", "127.0.0.1", "[127.0.0.1]", "[", "a`b.test", "a'b.test", "a$b.test", "#x", "*.test", "a.*.test", "-a.test", ".", "a..test", ""):
    rc, out, err = make("--", name)
    eq((rc, out), (64, ""), "refused, too: <%s>" % name)
    like(err, re.escape(name) + ": not a host name", "... and it says so")
eq(sorted(os.listdir(D)), had, "... and nothing is made")
rc, out, err = make("dot.test.", "*.dot.test", "a_b.test")
eq((rc, err), (0, ""), "the dot that ends a name in DNS is none of the name's")
ok(b"DNS:dot.test, DNS:*.dot.test, DNS:a_b.test" in openssl("x509", "-in", D + "/dot.test.crt", "-noout", "-text"), "... in the certificate; another name may begin with a *")
for word, why in (("--days=0", "not a number from 1 to 36500"), ("--days=-1", "not a number"), ("--days=x", "not a number"), ("--days=", "not a number"),
                  ("--days=" + "9" * 30, "not a number"), ("--dir=", "no folder")):
    rc, out, err = make(word, "days.test")
    eq((rc, out), (64, ""), word + " is refused")
    like(err, "%s: %s" % (re.escape(word), why), "... and named")
ok(not os.path.exists(D + "/days.test.key"), "... before anything is made")
done_testing()
