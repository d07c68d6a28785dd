#!/usr/bin/env python3
"""timeouts_more: Timeout.auth on both sides, Timeout.rset, Timeout.control, each against somebody who says nothing at just that step."""
import base64
import os
import shutil
import socket
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *


def b(s):
    return base64.b64encode(s.encode()).decode()


sink = Sink(offers=("PIPELINING", "AUTH PLAIN"))
waiting = threading.Event()


def silent(s, line):
    waiting.wait(60)
    return False


has_sasl = shutil.which("saslpasswd2") and os.path.exists(os.path.join(OBJ, "modules", "saslex.so"))
conf = sasldb(TMP) if has_sasl else TMP
host = Host(mc="define(`SMART_HOST', `esmtp:[127.0.0.1]')\ndefine(`ESMTP_MAILER_ARGS', `TCP $h %d')\ndefine(`confAUTH_MECHANISMS', `PLAIN LOGIN')\ndefine(`confAUTH_OPTIONS', `A')\n"
               "define(`confTO_AUTH', `2s')\ndefine(`confTO_RSET', `2s')\ndefine(`confTO_CONTROL', `2s')\ndefine(`confCONTROL_SOCKET_NAME', `@DIR@/control')\ndefine(`confMCI_CACHE_TIMEOUT', `1m')\n"
               "LOCAL_CONFIG\nO SASLConfDir=%s\n" % (sink.port, conf), access='AuthInfo:127.0.0.1 "U:joe" "P=%s" "M:PLAIN"\n' % b("secret"), mode="background")
if not has_sasl:
    skip("Timeout.auth", "this machine has no saslpasswd2, or the tree was built without Cyrus SASL")
else:
    c = host.connect("127.0.0.2", helo="me")
    eq(c.cmd("AUTH LOGIN"), "334 VXNlcm5hbWU6", "AUTH LOGIN asks for a name")
    like(c.reply(), "^421 4.4.2 mail.here.test timeout waiting for input", "... and nothing comes: Timeout.auth of the server")
    c.close()
    sink.hooks["AUTH"] = silent
    i = host.send("root@here.test", "ann@far.test", "Subject: x\n\nx\n")
    m = host.await_log(r"%s: to=.*dsn=(\S+), .*stat=(.*)" % i)
    eq(m and m.groups(), ("4.4.1", "Deferred: Connection timed out with [127.0.0.1] during client AUTH"), "a server that does not answer AUTH: Timeout.auth of the client")
sink.hooks = {}
host.stop()
host.start()

# the first message leaves a session that is kept; before the next one the client may say RSET, and the server is silent: the message goes all the same
sink.hooks = {"AUTH": lambda s, l: "235 2.7.0 ok", "RSET": silent}
for n in (1, 2):
    i = host.send("root@here.test", "b%d@far.test" % n, "Subject: x\n\nx\n")
    m = host.await_log(r"%s: to=.*stat=(.*)" % i, 60)
    like(m and m.group(1), "^Sent ", "message %d goes, though nobody answers RSET (Timeout.rset)" % n)
waiting.set()

s = socket.socket(socket.AF_UNIX)
s.settimeout(60)
s.connect(host.path("control"))
eq(s.recv(100), b"", "who says nothing to the control socket: Timeout.control")
s.close()
s = socket.socket(socket.AF_UNIX)
s.settimeout(60)
s.connect(host.path("control"))
s.sendall(b"help\n")
ok(s.recv(1000), "... who does is answered")
s.close()
host.stop()
done_testing()
