#!/usr/bin/env python3
"""auth_layer: two hosts of ours authenticate to one another by each mechanism of the Cyrus library that is there, with the security layer that
comes of it, under TLS with channel binding; AuthMaxBits; and a command without a daemon does it by itself."""
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
LOCAL = "LOCAL_CONFIG\nO SASLConfDir=%s\n" % conf
MECHS = "SCRAM-SHA-256-PLUS SCRAM-SHA-256 SCRAM-SHA-1 DIGEST-MD5 CRAM-MD5 LOGIN PLAIN"
BASE = "define(`confAUTH_MECHANISMS', `%s')\ndefine(`confLOG_LEVEL', `14')\n" % MECHS
TLS = "define(`confSERVER_CERT', `%s.crt')\ndefine(`confSERVER_KEY', `%s.key')\ndefine(`confCACERT', `%s.crt')\n" % (cert, cert, cert)


def pair(mech, server="", client="", body="Subject: x\n\nx\n", tls=False):
    """One message from a client that proves itself by mech: what the client's and the server's log say, and what came."""
    s = Host(mc=BASE + (TLS if tls else "") + "define(`confAUTH_OPTIONS', `A')\nTRUST_AUTH_MECH(`%s')\n%s" % (MECHS, server) + LOCAL)
    c = Host(mc=BASE + "define(`SMART_HOST', `esmtp:[127.0.0.1]')\ndefine(`ESMTP_MAILER_ARGS', `TCP $h %d')\nMODIFY_MAILER_FLAGS(`ESMTP', `+k')\n%s" % (s.port, client) + LOCAL,
             access='AuthInfo:127.0.0.1 "U:joe" "I:joe" "P:secret" "R:mail.here.test" "M:%s"\n' % mech +
             ("" if tls else "Try_TLS:127.0.0.1 NO\n"), mode="interactive")
    i = c.send("root@here.test", "ann@far.test", body)
    m = c.await_log(r"%s: to=.*stat=(.*)" % i)
    out = m.group(1) if m else c.log()
    m = re.search(r"Sent \((\w+) Message accepted", out)
    df = s.df(m.group(1)) if m else b""
    c.stop()
    s.stop()
    return out, c.log(), s.log(), df		# whole: a line may come later than what it is about


def said(log):
    m = re.search(r"AUTH=server, .*mech=(\S+), bits=(\d+)", log)
    return m.groups() if m else ("", "")


BODY = "Subject: x\n\n" + "".join("line %d of a body that takes more than one piece of a layer\n" % i for i in range(3000))
for mech, layer in (("DIGEST-MD5", True), ("SCRAM-SHA-1", False), ("SCRAM-SHA-256", False), ("CRAM-MD5", False), ("LOGIN", False), ("PLAIN", False)):
    stat, mine, theirs, df = pair(mech, body=BODY if layer else "Subject: x\n\nx\n")
    like(stat, "^Sent ", mech + ": the message goes")
    eq(said(theirs)[0].upper(), mech, "... the server knows by what")
    if layer:
        ok(int(said(theirs)[1]) >= 1, "... and that a layer protects it (%s bits)" % said(theirs)[1])
        like(mine, r"AUTH=client, relay=.*, mech=DIGEST-MD5, bits=%s" % said(theirs)[1], "... as the client does")
        eq(df.count(b"of a body"), 3000, "... through which the whole body came")
    else:
        eq(said(theirs)[1], "0", "... without a layer")
stat, mine, theirs, df = pair("DIGEST-MD5", server="define(`confAUTH_MAX_BITS', `0')\n")
like(stat, "^Sent ", "AuthMaxBits=0: the message goes")
eq(said(theirs), ("DIGEST-MD5", "0"), "... and no layer is negotiated")
stat, mine, theirs, df = pair("DIGEST-MD5", client="define(`confAUTH_MAX_BITS', `1')\n")
eq(said(theirs), ("DIGEST-MD5", "1"), "AuthMaxBits=1 of the client: protected from change, not from being read")
stat, mine, theirs, df = pair("DIGEST-MD5", tls=True, server="define(`confAUTH_MAX_BITS', `128')\n")
like(stat, "^Sent ", "under TLS: the message goes")
eq(said(theirs), ("DIGEST-MD5", "0"), "... and TLS is enough for AuthMaxBits=128")
stat, mine, theirs, df = pair("DIGEST-MD5", tls=True)
like(stat, "^Sent ", "a layer inside of TLS: the message goes")
like(mine, "STARTTLS=client", "... under TLS")

stat, mine, theirs, df = pair("SCRAM-SHA-256-PLUS", tls=True)
like(stat, "^Sent ", "SCRAM-SHA-256-PLUS: the message goes")
eq(said(theirs)[0], "SCRAM-SHA-256-PLUS", "... bound to the TLS session")
stat, mine, theirs, df = pair("SCRAM-SHA-256-PLUS", tls=True, client="define(`confCLIENT_SSL_OPTIONS', `SSL_OP_NO_TLSv1_3')\n")
like(stat, "^Sent ", "... of TLS 1.2, too")
eq(said(theirs)[0], "SCRAM-SHA-256-PLUS", "... bound to it")
stat, mine, theirs, df = pair("SCRAM-SHA-256-PLUS")
eq(said(theirs)[0], "", "without TLS there is nothing to bind to: not offered")
like(stat, "^Deferred: AUTH with .*no mechanism that both have", "... and the message waits")

EXTERNAL = "define(`confAUTH_MECHANISMS', `EXTERNAL PLAIN')\nTRUST_AUTH_MECH(`EXTERNAL')\n"
MINE = "define(`confCLIENT_CERT', `%s.crt')define(`confCLIENT_KEY', `%s.key')\n" % (cert, cert)
stat, mine, theirs, df = pair("EXTERNAL", tls=True, server=EXTERNAL, client=EXTERNAL + MINE)
like(stat, "^Sent ", "EXTERNAL: the message goes")
eq(said(theirs)[0], "EXTERNAL", "... a client's certificate says who it is")
stat, mine, theirs, df = pair("EXTERNAL", tls=True, server=EXTERNAL, client=EXTERNAL)
eq(said(theirs)[0], "", "... and without one it is not tried")

# what stands in clear behind the last answer is not heard under the layer (RFC 3207's 4.2 of it)
s = Host(mc=BASE + "define(`confAUTH_OPTIONS', `A')\n" + LOCAL)


def md5(*parts):
    return hashlib.md5(b":".join(parts)).digest()


c = s.connect(helo="me")
said_ = dict(re.findall(r'(\w+)="?([^",]*)', base64.b64decode(c.cmd("AUTH DIGEST-MD5")[4:]).decode()))
a1 = md5(b"joe", said_["realm"].encode(), b"secret") + b":" + said_["nonce"].encode() + b":cn"
response = hashlib.md5(a1).hexdigest().encode()
a2 = md5(b"AUTHENTICATE", b"smtp/mail.here.test", b"0" * 32).hex().encode()
response = md5(response, said_["nonce"].encode(), b"00000001", b"cn", b"auth-int", a2).hex()
answer = 'username="joe",realm="%s",nonce="%s",cnonce="cn",nc=00000001,qop=auth-int,digest-uri="smtp/mail.here.test",response=%s,charset=utf-8' % (said_["realm"], said_["nonce"], response)
like(c.cmd(base64.b64encode(answer.encode()).decode()), "^334 ", "DIGEST-MD5 by hand")
c.send("\r\nVRFY injected\r\n")
like(c.reply(), "^235 ", "... a layer that protects from change")
key = hashlib.md5(hashlib.md5(a1).digest() + b"Digest session key to client-to-server signing key magic constant").digest()
line, number = b"NOOP\r\n", struct.pack(">I", 0)
frame = line + hmac.new(key, number + line, hashlib.md5).digest()[:10] + b"\0\1" + number
c.send(struct.pack(">I", len(frame)) + frame)
got = c.buf
while len(got) < 20:
    more = c.s.recv(4096)
    if not more:
        break
    got += more
like(got[4:].decode("latin-1"), r"^250 2\.0\.0 OK\r\n", "... and the first answer under it is to the first command under it")
c.close()
s.stop()

# a command where no daemon is: its own exchange
s = Host(mc=BASE + "define(`confAUTH_OPTIONS', `A')\nTRUST_AUTH_MECH(`%s')\n" % MECHS + LOCAL)
c = Host(mc=BASE + "define(`SMART_HOST', `esmtp:[127.0.0.1]')\ndefine(`ESMTP_MAILER_ARGS', `TCP $h %d')\nMODIFY_MAILER_FLAGS(`ESMTP', `+k')\n" % s.port + LOCAL,
         access='AuthInfo:127.0.0.1 "U:joe" "P:secret" "R:mail.here.test" "M:DIGEST-MD5"\n', mode="interactive", start_it=False)
r = subprocess.run([os.path.join(OBJ, "sendmail", "sendmail"), "-C", c.cf, "-odi", "-oi", "ann@far.test"], input=b"Subject: x\n\nalone\n",
                   capture_output=True, timeout=60)
eq((r.returncode, r.stderr), (0, b""), "a command without a daemon sends")
eq(until(lambda: said(s.log())[0]), "DIGEST-MD5", "... and proves itself")
s.stop()
done_testing()
