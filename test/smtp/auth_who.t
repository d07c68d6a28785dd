#!/usr/bin/env python3
"""auth_who: who it is that proved himself, in macros, Received:, log lines - as recorded from sendmail 8.17; who is named to be acted for; EXTERNAL with
certificates of odd shape; and that TLS begins with nobody (RFC 3207 4.2)."""
import base64
import hashlib
import hmac
import os
import shutil
import sys
import warnings
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from oddcert import *
from smtp import *

warnings.simplefilter("ignore", DeprecationWarning)
if not shutil.which("saslpasswd2") or not os.path.exists(os.path.join(OBJ, "modules", "saslex.so")):
    skip("AUTH", "this machine has no saslpasswd2, or the tree was built without Cyrus SASL")
    done_testing()
conf = sasldb(TMP)
subprocess.run(["saslpasswd2", "-p", "-c", "-f", conf + "/sasldb", "-u", "other.realm", "joe"], input="secret", text=True, check=True)
odd = Odd(TMP)
server = odd.make("server", odd.cn(UTF8, b"mail.here.test"), sans=(b"mail.here.test",))
MC = """define(`confSERVER_CERT', `%s.crt')define(`confSERVER_KEY', `%s/client.key')define(`confCACERT', `%s/ca.crt')define(`confLOG_LEVEL', `14')
define(`confAUTH_OPTIONS', `A')define(`confAUTH_MECHANISMS', `EXTERNAL PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256')TRUST_AUTH_MECH(`EXTERNAL PLAIN LOGIN CRAM-MD5')
""" % (server, TMP, TMP)
SHOW = """
LOCAL_RULESETS
SLocal_check_vrfy
Rshown	$#error $@ 5.7.1 $: 550 is $&{auth_type} $| $&{auth_authen} $| $&{auth_author} $| $&{auth_ssf}
Scheck_vrfy
R$*	$: $>Local_check_vrfy $1
"""
LOCAL = "LOCAL_CONFIG\nO SASLConfDir=%s\n" % conf
sources = iter("127.0.1.%d" % i for i in range(1, 255))


def b(s):
    return base64.b64encode(s.encode("latin-1")).decode()


def session(cert=None, tls=False):
    c = host.connect(next(sources), helo="me")
    if cert or tls:
        begin_tls(c, cert)
    return c


def begin_tls(c, cert=None):
    c.cmd("STARTTLS")
    ctx = ssl._create_unverified_context()
    if cert:
        ctx.load_cert_chain(odd.path(cert) + ".crt", TMP + "/client.key")
    c.s = ctx.wrap_socket(c.s)
    c.buf = b""
    return c.cmd("EHLO me")


def shown(c):
    return re.sub(r"^550 5\.7\.1 is ?", "", c.cmd("VRFY shown")).replace(" ", "").replace("$|", "|")


def plain(what, *more):
    """Replies to AUTH PLAIN and what may follow, and what the macros are then."""
    c = session()
    out = [c.cmd(l) for l in ("AUTH PLAIN " + b(what),) + more], shown(c)
    c.close()
    return out


def cram(name):
    c = session()
    challenge = base64.b64decode(c.cmd("AUTH CRAM-MD5")[4:])
    out = c.cmd(b(name + " " + hmac.new(b"secret", challenge, hashlib.md5).hexdigest())), shown(c)
    c.close()
    return out


OK, NO = "235 2.0.0 OK Authenticated", "535 5.7.0 authentication failed"
for realm in ("", "other.realm"):
    host = Host(mc=MC + ("define(`confAUTH_REALM', `%s')\n" % realm if realm else "") + LOCAL, mailers=SHOW)
    about = "AuthRealm=%s: " % realm
    for what, want in (("\0joe\0secret", "joe"), ("\0joe@mail.here.test\0secret", "joe@mail.here.test"), ("\0joe@other.realm\0secret", "joe@other.realm")):
        eq(plain(what), ([OK], "PLAIN|%s||0" % want), about + "PLAIN of %s: as it was given" % want)
    eq(cram("joe"), (OK, "CRAM-MD5|joe||0"), about + "CRAM-MD5")
    eq(cram("joe@mail.here.test"), (OK, "CRAM-MD5|joe@mail.here.test||0"), about + "... with a realm")
    if realm == "":
        eq(plain("ann\0joe\0secret"), ([OK], "PLAIN|joe||0"), "who is to be acted for is for MAIL's AUTH= to say")
        eq(plain("ann\0joe\0wrong"), ([NO], "|||"), "... and no way in")
        eq(plain("\0\0"), ([NO], "|||"), "no name: no")
        eq(plain("\0 \0secret"), ([NO], "|||"), "... a blank")
        SENDER = "250 2.1.0 <>... Sender ok"
        eq(plain("\0joe\0secret", "MAIL FROM:<> AUTH=joe"), ([OK, SENDER], "PLAIN|joe|joe|0"), "AUTH= of himself (RFC 4954 5)")
        eq(plain("\0joe\0secret", "MAIL FROM:<> AUTH=boss@here.test"), ([OK, SENDER], "PLAIN|joe||0"), "... of another, which trust_auth does not allow")
        eq(plain("\0joe\0secret", "MAIL FROM:<> AUTH=joe", "RSET")[1], "PLAIN|joe||0", "... over with the message")
        c = session()
        c.cmd("AUTH PLAIN " + b("\0joe\0secret"))
        for line in ("MAIL FROM:<>", "RCPT TO:<root>", "DATA"):
            c.cmd(line)
        c.send("Subject: x\r\n\r\nx\r\n.\r\n")
        like(host.qf(c.reply().split()[2]), r"H\?\?Received: from me \(.*\)\n\t\(authenticated bits=0\)\n\tby mail\.here\.test .* with ESMTPA id", "Received:")
        c.close()
        for lines, regex in ((["AUTH PLAIN " + b("\0joe\0wrong")], r"AUTH failure \(PLAIN\): authentication failure \(-13\) SASL\(-13\): authentication failure: Password verification failed, user=joe, relay="),
                             (["AUTH LOGIN", b("joe"), b("wrong")], r"AUTH failure \(LOGIN\): authentication failure \(-13\) SASL\(-13\): authentication failure: checkpass failed, user=joe, relay="),
                             (["auth login", b("nobody"), b("wrong")], r"AUTH failure \(LOGIN\): user not found \(-20\) SASL\(-13\): user not found: checkpass failed, user=nobody, relay=")):
            c = session()
            eq([c.cmd(l) for l in lines][-1], NO, lines[0])
            c.close()
            ok(host.await_log(regex + r"\[127\.0\.1\.\d+\]$"), "... in the log, in the words that other programs watch for") or diag(host.log()[-800:])

        # nobody learns which names there are
        for mech, salt in (("SCRAM-SHA-1", 28), ("SCRAM-SHA-256", 44)):
            for how in ("initial", "later"):
                for name in ("joe", "nobody"):
                    c = session()
                    first = b("n,,n=%s,r=abcdefgh" % name)
                    r = c.cmd("AUTH %s %s" % (mech, first)) if how == "initial" else [c.cmd("AUTH " + mech), c.cmd(first)][1]
                    challenge = base64.b64decode(r[4:]).decode()
                    like(r[:4] + challenge, r"^334 r=abcdefgh[A-Za-z0-9+/]{32},s=[A-Za-z0-9+/=]{%d},i=4096$" % salt, "%s, response %s: the challenge for %s" % (mech, how, name))
                    if how == "initial" and salt == 44:		# each wrong guess doubles the time that the next one takes
                        eq(c.cmd(b("c=biws,%s,p=%s" % (challenge.split(",")[0], b("x" * 32)))), NO, "... and the answer to a wrong proof")
                    else:
                        eq(c.cmd("*"), "501 5.0.0 AUTH aborted", "... which can be left")
                    c.close()

        # TLS begins with nobody
        c = session()
        eq((c.cmd("AUTH PLAIN " + b("\0joe\0secret")), shown(c)), (OK, "PLAIN|joe||0"), "AUTH in clear ...")
        like(begin_tls(c), r"(?m)^250-AUTH ", "... and then STARTTLS: AUTH is offered anew")
        eq(shown(c), "|||", "... nobody has proved himself (RFC 3207 4.2)")
        c.cmd("MAIL FROM:<a@here.test>")
        like(c.cmd("RCPT TO:<u@far.test>"), "^550 5.7.1 ", "... nor may relay")
        c.cmd("RSET")
        eq((c.cmd("AUTH PLAIN " + b("\0joe\0secret")), shown(c)), (OK, "PLAIN|joe||0"), "... until he does")
        c.close()

        # EXTERNAL: the subject, encoded
        for cert, who in (("plain", "/CN+3Dclient.test"), ("nul", "/CN+3Dgood.test+2B5Cx00.evil.test"), ("emptycn", "/CN+3D"), ("empty", None), ("long300", None), ("expired", None), ("selfsigned", None)):
            c = session(cert)
            if who:
                eq((c.cmd("AUTH EXTERNAL ="), shown(c)), (OK, "EXTERNAL|%s||0" % who), "EXTERNAL, certificate " + cert)
            else:
                eq(c.cmd("AUTH EXTERNAL ="), "504 5.3.3 AUTH mechanism EXTERNAL not available", "EXTERNAL: certificate %s names nobody" % cert)
            c.close()
        c = session("plain")
        eq((c.cmd("AUTH EXTERNAL " + b("boss@here.test")), shown(c)), (OK, "EXTERNAL|/CN+3Dclient.test||0"), "... whoever is to be acted for")
        c.close()
        ok(host.await_log(r"STARTTLS=server, cert-subject=/CN=client\.test, cert-issuer=/CN=The\+20CA, verifymsg=ok$"), "the log names certificates from level 12 on")
        ok(host.await_log(r"STARTTLS=server, cert-subject=/CN=expired, cert-issuer=/CN=The\+20CA, verifymsg=certificate has expired$"), "... and says why one does not count")
    host.stop()
done_testing()
