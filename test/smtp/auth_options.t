#!/usr/bin/env python3
"""auth_options: which mechanisms each letter of AuthOptions leaves, as recorded from sendmail 8.17; AuthRealm; ANONYMOUS; what a client takes from AuthOptions."""
import base64
import os
import shutil
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

if not shutil.which("saslpasswd2") or not os.path.exists(os.path.join(OBJ, "modules", "saslex.so")):
    skip("AuthOptions", "this machine has no saslpasswd2, or the tree was built without Cyrus SASL")
    done_testing()
conf = sasldb(TMP)


def b(s):
    return base64.b64encode(s.encode()).decode()


ALL = "ANONYMOUS PLAIN LOGIN CRAM-MD5 DIGEST-MD5 NTLM SCRAM-SHA-1 SCRAM-SHA-256"
# what sendmail 8.17 offers in clear; unset, ours is as if "p y" were said
TABLE = (("A", ALL), ("a", "SCRAM-SHA-1 SCRAM-SHA-256"), ("c", "PLAIN LOGIN"), ("d", ""), ("f", ""), ("m", "DIGEST-MD5 SCRAM-SHA-1 SCRAM-SHA-256"),
         ("p", "ANONYMOUS CRAM-MD5 DIGEST-MD5 NTLM SCRAM-SHA-1 SCRAM-SHA-256"), ("y", "PLAIN LOGIN CRAM-MD5 DIGEST-MD5 NTLM SCRAM-SHA-1 SCRAM-SHA-256"),
         ("p,y", "CRAM-MD5 DIGEST-MD5 NTLM SCRAM-SHA-1 SCRAM-SHA-256"), ("a m", "SCRAM-SHA-1 SCRAM-SHA-256"), ("", "CRAM-MD5 DIGEST-MD5 NTLM SCRAM-SHA-1 SCRAM-SHA-256"))
MC = "define(`confAUTH_MECHANISMS', `%s')\n" % ALL
LOCAL = "LOCAL_CONFIG\nO SASLConfDir=%s\n" % conf


def offered(host):
    c = host.connect()
    c.reply()
    m = re.search(r"(?m)^250[- ]AUTH (.*)$", c.cmd("EHLO me"))
    c.close()
    return m.group(1).strip() if m else ""


host = Host(mc=MC + LOCAL)
there = offered(host).split()
host.stop()
for letters, want in TABLE:
    host = Host(mc=MC + ("define(`confAUTH_OPTIONS', `%s')\n" % letters if letters else "") + LOCAL)
    have = ALL.split() if "NTLM" in there else [m for m in ALL.split() if m != "NTLM"]
    eq(offered(host), " ".join(m for m in want.split() if m in have), "AuthOptions=%s" % letters)
    if letters == "A":
        c = host.connect("127.0.1.9", helo="me")
        eq(c.cmd("AUTH ANONYMOUS " + b("guest@x.test")), "235 2.0.0 OK Authenticated", "ANONYMOUS, where it was asked for")
        c.cmd("MAIL FROM:<a@here.test>")
        like(c.cmd("RCPT TO:<ann@far.test>"), "^550 5.7.1 ", "... is nobody who may relay")
        c.close()
    if letters == "y":
        c = host.connect(helo="me")
        eq(c.cmd("AUTH ANONYMOUS " + b("guest")), "504 5.3.3 AUTH mechanism ANONYMOUS not available", "y: nor is it taken")
        c.close()
    host.stop()

# ---- AuthRealm: whose accounts, and what DIGEST-MD5 says ----
subprocess.run(["saslpasswd2", "-p", "-c", "-f", conf + "/sasldb", "-u", "other.realm", "eve"], input="secret", text=True, check=True)
for realm, who, want in (("", "joe", "235"), ("", "eve", "535"), ("other.realm", "eve", "235"), ("other.realm", "joe", "535"), ("other.realm", "joe@mail.here.test", "235")):
    host = Host(mc=MC + "define(`confAUTH_OPTIONS', `A')\n" + ("define(`confAUTH_REALM', `%s')\n" % realm if realm else "") + LOCAL)
    c = host.connect(helo="me")
    if who in ("joe", "eve") and want == "235":
        like(base64.b64decode(c.cmd("AUTH DIGEST-MD5")[4:]).decode(), 'realm="%s"' % (realm or "mail.here.test"), "AuthRealm=%s: DIGEST-MD5 says so" % realm)
        c.cmd("*")
    eq(c.cmd("AUTH PLAIN " + b("\0%s\0secret" % who))[:3], want, "AuthRealm=%s: %s" % (realm, who))
    c.close()
    host.stop()

# ---- a client heeds A alone (recorded: so does sendmail) ----
for letters, auth in (("p y", ""), ("A", ""), ("a,d,f,m", "")):
    sink = Sink(offers=("PIPELINING", "AUTH PLAIN"))
    said = []
    sink.hooks["AUTH"] = lambda s, line: (said.append(line), "235 2.7.0 ok")[1]
    host = Host(mc="define(`SMART_HOST', `esmtp:[127.0.0.1]')\ndefine(`ESMTP_MAILER_ARGS', `TCP $h %d')\ndefine(`confAUTH_MECHANISMS', `PLAIN')\n"
                   "define(`confAUTH_OPTIONS', `%s')\n%s" % (sink.port, letters, LOCAL), access='AuthInfo:127.0.0.1 "U:joe" "P=%s" "M:PLAIN"\n' % b("secret"), mode="interactive")
    host.send("root@here.test", "ann@far.test", "Subject: x\n\nx\n")
    ok(sink.await_messages(1), "AuthOptions=%s: a client's message goes" % letters)
    eq(said, ["AUTH PLAIN " + b("joe\0joe\0secret")], "... with its account")
    host.stop()
    sink.close()
done_testing()
