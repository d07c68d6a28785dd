#!/usr/bin/env python3
"""timeouts_more: Timeout.auth on both sides, Timeout.rset, Timeout.misc, Timeout.control, DialDelay, each against somebody who says nothing at just that step; Timeout.fileopen with
lists that cannot be read to their end."""
import base64
import fcntl
import os
import pwd
import shutil
import signal
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
    eq(m and m.groups(), ("4.4.2", "Deferred: Connection timed out with [127.0.0.1]"), "a server that does not answer AUTH: Timeout.auth of the client")
    ok(host.await_log(r"%s: timeout waiting for input from \[127\.0\.0\.1\] during client AUTH$" % i), "... and the log says where")
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

# ---- Timeout.misc: VERB (mailer flag I) is asked for nobody's sake, and no answer to it costs its own time, not that of another command
sink.hooks = {"VERB": lambda s, l: waiting2.wait(60) and False}
waiting2 = threading.Event()
lists = os.path.join(TMP, "lists")
os.mkdir(lists, 0o755)
ME = pwd.getpwuid(os.getuid()).pw_name
host = Host(mc="define(`SMART_HOST', `esmtp:[127.0.0.1]')\ndefine(`ESMTP_MAILER_ARGS', `TCP $h %d')\nMODIFY_MAILER_FLAGS(`ESMTP', `+I')\ndefine(`confTO_MISC', `2s')\n"
               "define(`confTO_FILEOPEN', `2s')\ndefine(`confFORWARD_PATH', `%s/$u')\n" % (sink.port, lists),
            aliases="postmaster: root\nlist: :include:%s/members\n" % lists, mode="background")
i = host.send("root@here.test", "ann@far.test", "Subject: x\n\nx\n")
m = host.await_log(r"%s: to=.*dsn=(\S+), .*stat=(.*)" % i)
eq(m and m.groups(), ("4.4.2", "Deferred: Connection timed out with [127.0.0.1]"), "nobody answers VERB: Timeout.misc")
ok(host.await_log(r"%s: timeout waiting for input from \[127\.0\.0\.1\] during client VERB$" % i), "... and the log says where")
waiting2.set()
sink.hooks = {}
n = len(sink.messages)
run([os.path.join(OBJ, "sendmail", "sendmail"), "-C", host.cf, "-q"])
ok(sink.await_messages(n + 1), "... answered with 500 it does not matter") or diag(host.log()[-2000:])
ok("VERB" in sink.lines, "... it was said")
host.stop()
host.start()			# it left a host alone that had not answered

# ---- Timeout.fileopen: a list whose opening blocks (a file server that waits for another client to let go: a lease) holds up its own message alone, and is not skipped
signal.signal(signal.SIGIO, signal.SIG_IGN)
leases = []
for name in ("members", ME):
    with open(os.path.join(lists, name), "w") as f:
        f.write("bob@far.test\n")
    os.chmod(os.path.join(lists, name), 0o644)
    leases.append(os.open(os.path.join(lists, name), os.O_RDWR))
try:
    for fd in leases:
        fcntl.fcntl(fd, 1024, fcntl.F_WRLCK)		# F_SETLEASE; who opens it waits up to /proc/sys/fs/lease-break-time
    leased = True
except OSError as e:
    leased = False
    skip("lists that block at open", "no leases on this file system: %s" % e)
ids = [host.send("root@here.test", to, "Subject: held up\n\nx\n") for to in ("list", ME)] if leased else []
quick = host.send("root@here.test", "ann@far.test", "Subject: x\n\nx\n")
for i, what in zip(ids, (":include:", "~/.forward")):
    m = host.await_log(r"%s: to=.*dsn=(4\S+), .*stat=(.*)" % i)
    ok(m, "%s that blocks at open: later" % what) or diag(host.log()[-2000:])
ok(host.await_log(r"%s: to=.*stat=Sent" % quick), "... others' mail goes") or diag(host.log()[-3000:])
for fd in leases:
    os.close(fd)
n = len(sink.messages)
if leased:
    run([os.path.join(OBJ, "sendmail", "sendmail"), "-C", host.cf, "-q"])
    ok(sink.await_messages(n + 2), "... and both are read when they can be") or diag(host.log()[-2000:])
    eq([m["rcpt"] for m in sink.messages[n:]], [["RCPT To:<bob@far.test>"]] * 2, "... to those who stand there")
host.stop()

# ---- DialDelay (mailer flag Z): a line that is dialled on demand gets a second chance
host = Host(mc="define(`SMART_HOST', `esmtp:[127.0.0.1]')\ndefine(`ESMTP_MAILER_ARGS', `TCP $h %d')\nMODIFY_MAILER_FLAGS(`ESMTP', `+Z')\ndefine(`confDIAL_DELAY', `2s')\n" % port(), mode="background")
i = host.send("root@here.test", "ann@far.test", "Subject: x\n\nx\n")
m = host.await_log(r"%s: to=.*, xdelay=(\S+), .*stat=(Deferred: Connection refused by .*)" % i)
ok(m and m.group(1) >= "00:00:02", "nobody is there: tried again after DialDelay") or diag(host.log()[-1000:])
host.stop()
done_testing()
