#!/usr/bin/env python3
"""auth: SMTP AUTH both ways - mechanisms of the Cyrus library against a sasldb, replies as recorded from sendmail, relaying for who proved himself,
passwords only under TLS by default, and an account of our own at another server."""
import base64
import hashlib
import hmac
import os
import shutil
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

if not shutil.which("saslpasswd2") or not os.path.exists(os.path.join(OBJ, "modules", "saslex.so")):
    skip("AUTH", "this machine has no saslpasswd2, or the tree was built without Cyrus SASL")
    done_testing()

cert = certificate(TMP)
conf = sasldb(TMP)


def b(s):
    return base64.b64encode(s.encode("latin-1")).decode()


PLAIN, WRONG = b("\0joe\0secret"), b("\0joe\0wrong")
MC = """define(`confAUTH_MECHANISMS', `PLAIN LOGIN CRAM-MD5 DIGEST-MD5 SCRAM-SHA-256 EXTERNAL')
TRUST_AUTH_MECH(`PLAIN LOGIN CRAM-MD5 DIGEST-MD5 SCRAM-SHA-256')
define(`confSERVER_CERT', `%s.crt')
define(`confSERVER_KEY', `%s.key')
define(`confCACERT', `%s.crt')
define(`confLOG_LEVEL', `12')
""" % (cert, cert, cert)
LOCAL = "LOCAL_CONFIG\nO SASLConfDir=%s\n" % conf
msa = port()
smtps = port()
host = Host(mc=MC + "define(`confAUTH_OPTIONS', `A')\n"
            "DAEMON_OPTIONS(`Name=MSA, Addr=127.0.0.1, Port=%d, M=Ea')\nDAEMON_OPTIONS(`Name=NOAUTH, Addr=127.0.0.1, Port=%d, M=A')\n" % (msa, smtps) + LOCAL)


sources = iter("127.0.1.%d" % i for i in range(1, 255))


def session(*lines, where=None):
    """Replies to these lines; each session comes from elsewhere, so that wrong guesses are not held back for long."""
    c = Talk(where or host.port, next(sources))
    c.reply()
    out = [c.cmd(line) for line in lines]
    c.close()
    return out


like(session("EHLO me")[0], r"(?m)^250-AUTH PLAIN LOGIN CRAM-MD5 DIGEST-MD5 SCRAM-SHA-256$", "mechanisms are offered in the order of AuthMechanisms")
ok("AUTH=" not in session("EHLO me")[0], "AUTH= is for those who ask for it")
for lines, want in (
        (["AUTH"], "501 5.5.2 AUTH mechanism must be specified"),
        (["AUTH FOO"], "504 5.3.3 AUTH mechanism FOO not available"),
        (["AUTH PLAIN !!!"], "501 5.5.4 cannot BASE64 decode '!!!'"),
        (["AUTH LOGIN foo bar"], "501 5.5.4 cannot BASE64 decode 'foo bar'"),
        (["AUTH PLAIN ="], "535 5.7.0 authentication failed"),
        (["AUTH PLAIN " + WRONG], "535 5.7.0 authentication failed"),
        (["AUTH PLAIN " + PLAIN], "235 2.0.0 OK Authenticated"),
        (["AUTH plain " + PLAIN], "235 2.0.0 OK Authenticated"),
        (["AUTH PLAIN"], "334 "),
        (["AUTH PLAIN", PLAIN], "235 2.0.0 OK Authenticated"),
        (["AUTH PLAIN", "%%%"], "501 5.5.4 cannot decode AUTH parameter %%%"),
        (["AUTH PLAIN " + PLAIN, "AUTH PLAIN " + PLAIN], "503 5.5.0 Already Authenticated"),
        (["AUTH LOGIN", "*"], "501 5.0.0 AUTH aborted"),
        (["AUTH LOGIN"], "334 VXNlcm5hbWU6"),
        (["AUTH LOGIN", b("joe")], "334 UGFzc3dvcmQ6"),
        (["AUTH LOGIN", b("joe"), b("secret")], "235 2.0.0 OK Authenticated"),
        (["AUTH LOGIN " + b("joe"), b("secret")], "235 2.0.0 OK Authenticated"),
        (["AUTH LOGIN", b("nobody"), b("secret")], "535 5.7.0 authentication failed"),
        (["MAIL FROM:<a@here.test>", "AUTH PLAIN " + PLAIN], "503 5.5.0 AUTH not permitted during a mail transaction"),
        (["AUTH CRAM-MD5", b("joe 12345")], "535 5.7.0 authentication failed")):
    eq(session("EHLO me", *lines)[-1], want, " / ".join(lines))
for mech, who in (("LOGIN", "nobody"), ("CRAM-MD5", "joe")):		# as sendmail says it, for those who read logs (fail2ban)
    ok(host.await_log(r"\w{14}: AUTH failure \(%s\): (user not found|authentication failure) \(-\d+\) SASL\(-\d+\): (user not found|authentication failure): [^,]*, "
                      r"user=%s, relay=\[127\.0\.1\.\d+\]$" % (mech, who)), "the log: %s failed" % mech) or diag("\n".join(re.findall("AUTH failure.*", host.log())))

c = Talk(host.port, "127.0.0.2")
c.reply()
c.cmd("EHLO me")
challenge = base64.b64decode(c.cmd("AUTH CRAM-MD5")[4:])
digest = hmac.new(b"secret", challenge, hashlib.md5).hexdigest()
eq(c.cmd(b("joe " + digest)), "235 2.0.0 OK Authenticated", "CRAM-MD5")
eq(c.cmd("MAIL FROM:<joe@here.test> AUTH=joe@here.test"), "250 2.1.0 <joe@here.test>... Sender ok", "MAIL with AUTH=")
eq(c.cmd("RCPT TO:<ann@far.test>"), "250 2.1.5 <ann@far.test>... Recipient ok", "who proved himself may relay")
c.cmd("DATA")
c.send("Subject: x\r\n\r\nx\r\n.\r\n")
m = re.match(r"250 2\.0\.0 (\S+) ", c.reply())
ok(m, "... a message")
like(host.qf(m.group(1)), r"(?s)H\?\?Received: from me .*\(authenticated bits=0\).*with ESMTPA id", "Received: says so")
like(host.qf(m.group(1)), r"(?m)^\$\{auth_authen\}joe$|^\$\{auth_type\}CRAM-MD5$|^A", "the queue file, too")
c.close()
ok(host.await_log(r"AUTH=server, relay=\S+ \[127\.0\.0\.2\].*, authid=joe, mech=CRAM-MD5, bits=0"), "... and the log")
like(session("EHLO me", "MAIL FROM:<a@here.test>", "RCPT TO:<ann@far.test>")[-1], "^550 5.7.1 ", "others may not relay")

eq(session("EHLO me", "MAIL FROM:<a@here.test>", where=msa)[-1], "530 5.7.0 Authentication required", "M=a: AUTH is a must")
eq(session("EHLO me", "AUTH PLAIN " + PLAIN, "MAIL FROM:<a@here.test>", where=msa)[-1], "250 2.1.0 <a@here.test>... Sender ok", "... and enough")
ok("ETRN" not in session("EHLO me", where=msa)[0], "M=E: no ETRN")
r = session("EHLO me", "AUTH PLAIN " + PLAIN, where=smtps)
ok("AUTH" not in r[0] and r[1] == "503 5.3.3 AUTH not available", "M=A: no AUTH")
like(session("EHLO me", "AUTH PLAIN " + b("x" * 700))[-1], "^535 |^501 ", "an over-long name")
c = Talk(host.port)
c.reply()
c.cmd("EHLO me")
c.cmd("AUTH PLAIN")
c.send("A" * 40000 + "\r\n")
eq(c.reply(), "500 5.5.6 Authentication Exchange line is too long", "an over-long response is refused")
eq(c.cmd("AUTH PLAIN " + "A" * 30000), "500 5.5.6 Authentication Exchange line is too long", "... as is an initial one")
like(c.cmd("AUTH PLAIN " + b("x" * 9000)), "^535 |^501 ", "... of 12,000 octets it is not (RFC 4954 4)")
eq(c.cmd("AUTH PLAIN " + PLAIN), "235 2.0.0 OK Authenticated", "... and the session goes on")
c.close()
c = Talk(host.port)
c.reply()
c.cmd("EHLO me")
like(c.cmd("NOOP " + "A" * 3000), "^421 4.7.0 .*Command too long", "other commands are as long as ever")
c.close()
c = Talk(host.port, next(sources))
c.reply()
c.cmd("EHLO me")
c.cmd("AUTH PLAIN")
try:
    c.send("A" * 900000 + "\r\n")
    like(c.reply(), "^421 4.7.0 .*AUTH response too long", "a response without an end ends the session")
except OSError:
    ok(True, "a response without an end ends the session")
c.close()
host.stop()

careful = Host(mc=MC + "define(`confSMTP_EXTENSIONS', `old-auth')\n" + LOCAL)
like(session("EHLO me", where=careful.port)[0], r"(?m)^250-AUTH (.+)\n250-AUTH=\1$", "old-auth: AUTH= stands beside AUTH")
r = session("EHLO me", "AUTH PLAIN " + PLAIN, where=careful.port)
like(r[0], r"(?m)^250-AUTH CRAM-MD5 DIGEST-MD5 SCRAM-SHA-256$", "without AuthOptions passwords are not asked for in clear")
eq(r[1], "504 5.3.3 AUTH mechanism PLAIN not available", "... nor taken")
c = careful.connect(helo="me")
c.cmd("STARTTLS")
c.starttls(cert + ".crt")
like(c.cmd("EHLO me"), r"(?m)^250-AUTH PLAIN LOGIN ", "under TLS they are")
eq(c.cmd("AUTH PLAIN " + PLAIN), "235 2.0.0 OK Authenticated", "... PLAIN")
c.cmd("MAIL FROM:<joe@here.test>")
c.cmd("RCPT TO:<root>")
c.cmd("DATA")
c.send("Subject: x\r\n\r\nx\r\n.\r\n")
m = re.match(r"250 2\.0\.0 (\S+) ", c.reply())
like(careful.qf(m.group(1)), r"with ESMTPSA id", "Received: ... with ESMTPSA")
c.close()
c = careful.connect(helo="me")
c.cmd("STARTTLS")
ctx = ssl._create_unverified_context()
ctx.load_cert_chain(cert)
c.s = ctx.wrap_socket(c.s)
like(c.cmd("EHLO me"), r"(?m)^250-AUTH .*EXTERNAL", "EXTERNAL is for who has a certificate")
eq(c.cmd("AUTH EXTERNAL ="), "235 2.0.0 OK Authenticated", "... and works")
c.close()
for empty in ("", "="):
    c = careful.connect(helo="me")
    c.cmd("STARTTLS")
    c.s = ctx.wrap_socket(c.s)
    c.cmd("EHLO me")
    eq((c.cmd("AUTH EXTERNAL"), c.cmd(empty)), ("334 ", "235 2.0.0 OK Authenticated"), "... asked for, and an answer of %r" % empty)
    c.close()
careful.stop()

bare = Host(mc=MC)
if not any(os.path.exists(p) for p in ("/etc/sasl2/Sendmail.conf", "/usr/lib/sasl2/Sendmail.conf")):
    ok("AUTH" not in session("EHLO me", where=bare.port)[0], "where nobody set up passwords, AUTH is not offered")
bare.stop()


# ---- the client ----
class Account:
    """A server's side of AUTH: notes what it was told."""

    def __init__(self, mechs, answers):
        self.said, self.answers = [], list(answers)
        self.sink = Sink(offers=("PIPELINING", "AUTH " + mechs, "ENHANCEDSTATUSCODES"))
        for verb in ("AUTH",):
            self.sink.hooks[verb] = self.answer
        self.sink.hooks["*"] = self.answer
        usual = self.sink._usual
        self.sink._usual = lambda word, line, m: self.answer(self.sink, line) if self.more else usual(word, line, m)
        self.more = False

    def answer(self, sink, line):
        self.said.append(line)
        r = self.answers.pop(0)
        self.more = r.startswith("334")
        return r


def account(mechs, answers, access, more="", rules="", dns=""):
    a = Account(mechs, answers)
    h = Host(mc="define(`SMART_HOST', `esmtp:[127.0.0.1]')\ndefine(`ESMTP_MAILER_ARGS', `TCP $h %d')\ndefine(`confLOG_LEVEL', `12')\n"
                "define(`confAUTH_MECHANISMS', `PLAIN LOGIN CRAM-MD5')\n%s" % (a.sink.port, LOCAL + more), access=access, mode="interactive", dns=dns, start_it=False)
    if rules:
        with open(h.cf, "r+") as f:
            text = f.read().replace("\nSauthinfo\n", "\nSunused\n") + rules
            f.seek(0)
            f.write(text)
    h.start()
    i = h.send("root@here.test", "ann@far.test", "Subject: x\n\nx\n")
    m = h.await_log(r"%s: to=.*stat=(.*)" % i)
    a.stat, a.log = m.group(1) if m else "", h.log()
    h.stop()
    return a


INFO = 'AuthInfo:127.0.0.1 "U:joe" "P=%s" "M:%s"\n'
a = account("PLAIN LOGIN", ["235 2.7.0 ok"], INFO % (b("secret"), "PLAIN"))
eq(a.said, ["AUTH PLAIN " + b("joe\0joe\0secret")], "AuthInfo: PLAIN is said at once")
like(a.stat, "^Sent ", "... and the message goes")
ok("AUTH=client, relay=[127.0.0.1], mech=PLAIN, bits=0" in a.log, "... the log says who we were")
nonce = "<1.2@sink>"
a = account("CRAM-MD5", ["334 " + b(nonce), "235 2.7.0 ok"], INFO % (b("secret"), "CRAM-MD5"))
eq(a.said[1:], [b("joe " + hmac.new(b"secret", nonce.encode(), hashlib.md5).hexdigest())], "CRAM-MD5")
a = account("LOGIN", ["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "235 2.7.0 ok"], INFO % (b("secret"), "LOGIN"))
eq(a.said, ["AUTH LOGIN", b("joe"), b("secret")], "LOGIN")
a = account("PLAIN", ["535 5.7.8 no"], INFO % (b("secret"), "PLAIN"))
like(a.stat, "^Sent ", "a server that does not believe us gets the message as nobody's")
a = account("PLAIN", ["454 4.7.0 later"], INFO % (b("secret"), "PLAIN"))
like(a.stat, "^Deferred: 454 4.7.0 later", "one that says later gets it later")
a = account("GSSAPI", [], INFO % (b("secret"), "PLAIN"))
like(a.stat, "^Deferred: AUTH with .*no mechanism that both have", "a password, and no mechanism in common: the message waits, as with sendmail")
eq(a.said, [], "... and nothing is said")
a = account("PLAIN", ["235 2.7.0 ok"], "")
eq(a.said, [], "without an account nothing is said")
# the ruleset is called with "host $| address"
RULES = """
Sauthinfo
Rmx.far.test $| 127.0.0.1	$# "U:both" "P:secret" "M:PLAIN"
R$* $| $*	$# "U:other" "P:secret" "M:PLAIN"
"""
FAR = "define(`SMART_HOST', `esmtp:[mx.far.test]')\n"
for access, named, who in (("", FAR, "both"), ("", "", "other"), ('AuthInfo:mx.far.test "U:name" "P:secret" "M:PLAIN"\nAuthInfo:127.0.0.1 "U:address" "P:secret" "M:PLAIN"\n', FAR, "name"),
                           ('AuthInfo:far.test "U:domain" "P:secret" "M:PLAIN"\nAuthInfo:127.0.0.1 "U:address" "P:secret" "M:PLAIN"\n', FAR, "domain"),
                           ('AuthInfo:127.0 "U:net" "P:secret" "M:PLAIN"\nAuthInfo: "U:default" "P:secret" "M:PLAIN"\n', FAR, "net"),
                           ('AuthInfo: "U:default" "P:secret" "M:PLAIN"\n', FAR, "default")):
    a = account("PLAIN", ["235 2.7.0 ok"], access, named, dns="mx.far.test. A 127.0.0.1\n", rules="" if access else RULES)
    eq(a.said, ["AUTH PLAIN " + b("%s\0%s\0secret" % (who, who))], "%s: %s" % ("AuthInfo:" if access else "authinfo of the site, host $| address", who))
with open(TMP + "/default-auth-info", "w") as f:
    f.write("ann\njoe\nsecret\nsome.realm\nPLAIN\n")
os.chmod(TMP + "/default-auth-info", 0o600)
a = account("PLAIN LOGIN", ["235 2.7.0 ok"], "", "define(`confDEF_AUTH_INFO', `%s/default-auth-info')\n" % TMP)
eq(a.said, ["AUTH PLAIN " + b("ann\0joe\0secret")], "DefaultAuthInfo: user, authentication id, password, realm, mechanisms of a file")
READ, WRITE = "GroupReadableDefaultAuthInfoFile", "GroupWritableDefaultAuthInfoFile"
for mode, words, used in ((0o640, "TrustStickyBit", False), (0o640, READ, True), (0o660, READ, False), (0o660, READ + "," + WRITE, True)):
    os.chmod(TMP + "/default-auth-info", mode)
    a = account("PLAIN LOGIN", ["235 2.7.0 ok"], "", "define(`confDEF_AUTH_INFO', `%s/default-auth-info')\ndefine(`confDONT_BLAME_SENDMAIL', `TrustStickyBit,MapInUnsafeDirPath,%s')\n" % (TMP, words))
    eq(a.said, ["AUTH PLAIN " + b("ann\0joe\0secret")] if used else [], "... of mode %o, DontBlameSendmail=%s: it is %s" % (mode, words, "used" if used else "not used"))
done_testing()
