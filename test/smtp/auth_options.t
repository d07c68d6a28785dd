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

# ---- what a client does not believe, and what cannot be meant ----


def scram(server_final):
    """A server that knows no password: it takes what the client says, with a last message of its own or without one."""
    sink = Sink(offers=("PIPELINING", "AUTH SCRAM-SHA-256"))

    def first(_, line):
        nonce = re.search(r"r=([^,]*)", base64.b64decode(line.split()[2]).decode()).group(1)
        return "334 " + b("r=%sabc,s=%s,i=4096" % (nonce, b("saltsaltsalt")))
    sink.hooks["AUTH"] = first
    sink.hooks[b("c=b")[:4].upper()] = lambda s, line: "334 " + b(server_final) if server_final else "235 2.7.0 come in"
    return sink


def asked(sink, mechs, entry):
    host = Host(mc="define(`SMART_HOST', `esmtp:[127.0.0.1]')\ndefine(`ESMTP_MAILER_ARGS', `TCP $h %d')\ndefine(`confAUTH_MECHANISMS', `%s')\n%s" % (sink.port, mechs, LOCAL),
                access="AuthInfo:127.0.0.1 %s\n" % entry, mode="interactive")
    host.send("root@here.test", "ann@far.test", "Subject: x\n\nx\n")
    m = host.await_log(r"to=.*stat=(.*)")
    log = host.log()
    host.stop()
    sink.close()
    return m.group(1) if m else "", log


for final in (None, "v=" + base64.b64encode(bytes(32)).decode()):
    sink = scram(final)
    stat, log = asked(sink, "SCRAM-SHA-256", '"U:joe" "P:secret" "M:SCRAM-SHA-256"')
    like(stat, "^Deferred: ", "SCRAM: a server that %s is not believed" % ("shows a wrong signature" if final else "shows none"))
    eq(sink.messages, [], "... and gets no message")
    like(log, r"AUTH=client, relay=.*mech=SCRAM-SHA-256: the server did not prove itself", "... which the log says")
for entry, want, goes in (('"U:joe" "P=!!!" "M:PLAIN"', r'authinfo: what follows "=" is not base64', False), ("U:joe P:secret", r"authinfo names no user", True),
                          ('"P:secret"', r"authinfo names no user", True)):
    sink = Sink(offers=("PIPELINING", "AUTH PLAIN"))
    sink.hooks["AUTH"] = lambda s, line: "235 2.7.0 ok"
    stat, log = asked(sink, "PLAIN", entry)
    like(log, "AUTH=client, relay=.*: " + want, "AuthInfo: %s is told" % entry)
    eq((stat[:4], [x for x in sink.lines if x.startswith("AUTH")]), ("Sent" if goes else "Defe", []), "... and nobody's name is used")
done_testing()
