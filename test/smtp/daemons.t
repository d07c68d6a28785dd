#!/usr/bin/env python3
"""daemons: keys and modifiers of DaemonPortOptions and ClientPortOptions by real connections; sockets that systemd bound (LISTEN_FDS)."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *
import errno

cert = certificate(TMP)
P, MSA, NOAUTH, NOTLS, SSL, SIX, QUEUE, FEW, TAKEN, FLAGS, DEFER = (port() for _ in range(11))
busy = socket.socket()
busy.bind(("127.0.0.1", TAKEN))
busy.listen(1)
path = os.path.join(TMP, "smtp.sock")
BASE = "define(`confSERVER_CERT', `%s')\ndefine(`confSERVER_KEY', `%s')\ndefine(`confCACERT', `%s')\ndefine(`ESMTP_MAILER_ARGS', `TCP $h %d')\n" % (cert, cert, cert, P)
host = Host(mode="background", mc=BASE + "".join("DAEMON_OPTIONS(`%s')\n" % d for d in (
    "Name=MSA, Addr=127.0.0.1, Port=%d, M=Ea" % MSA, "Name=NOAUTH, Addr=127.0.0.1, Port=%d, Modifier=aA" % NOAUTH,
    "Name=NOTLS, Addr=127.0.0.1, Port=%d, M=S, SndBufSize=8192, RcvBufSize=8192, Listen=3" % NOTLS, "Name=SSL, Addr=127.0.0.1, Port=%d, M=s" % SSL,
    "Name=SIX, Family=inet6, Addr=::1, Port=%d, M=O" % SIX, "Name=QUEUE, Addr=127.0.0.1, Port=%d, DeliveryMode=queue" % QUEUE,
    "Name=DEFER, Addr=127.0.0.1, Port=%d, DeliveryMode=d" % DEFER, "Name=FEW, Addr=127.0.0.1, Port=%d, children=1" % FEW, "Name=TAKEN, Addr=127.0.0.1, Port=%d, M=O" % TAKEN,
    "Name=PATH, Family=local, Addr=%s" % path, "Name=FLAGS, Addr=127.0.0.1, Port=%d, M=fuC" % FLAGS)) +
    "LOCAL_RULESETS\nSLocal_check_mail\nR$*\t$: $&{daemon_name} $| $&{daemon_flags}\nRFLAGS $| $+\t$#error $@ 5.7.1 $: 550 flags $1\n"
    "CLIENT_OPTIONS(`Family=inet, Addr=127.0.0.9, M=hS')\n",
    dns="to.test. MX 5 sink.to.test.\nsink.to.test. A 127.0.5.1\n9.0.0.127.in-addr.arpa. PTR out.here.test.\nout.here.test. A 127.0.0.9\n")
sink = Sink(address="127.0.5.1", number=P, offers=["STARTTLS", "8BITMIME"], cert=cert)


def hello(number, family=socket.AF_INET, address="127.0.0.1"):
    c = Talk.__new__(Talk)
    c.s = socket.socket(family)
    c.s.settimeout(60)
    c.s.connect(address if family == socket.AF_UNIX else (address, number))
    c.buf = b""
    c.reply()
    return c, c.cmd("EHLO client.test")


c, offers = hello(MSA)
ok("ETRN" not in offers, "M=E: ETRN is not offered")
eq(c.cmd("ETRN here.test"), "502 5.7.0 Sorry, we do not allow this operation", "... nor done")
ok(host.await_log(r" \w{14}: localhost \[127.0.0.1\]: ETRN here.test \[rejected\]$"), "... which the log tells")
eq(c.cmd("MAIL FROM:<a@here.test>"), "530 5.7.0 Authentication required", "M=a: AUTH comes first")
c, offers = hello(NOAUTH)
ok("AUTH" not in offers, "M=A: AUTH is not offered")
eq(c.cmd("MAIL FROM:<a@here.test>")[:3], "250", "... and overrides a")
c, offers = hello(NOTLS)
ok("STARTTLS" not in offers, "M=S: STARTTLS is not offered")
c, offers = hello(host.port)
ok("STARTTLS" in offers and "ETRN" in offers, "a daemon without modifiers offers both")
ctx = ssl.create_default_context()
ctx.check_hostname, ctx.verify_mode = False, ssl.CERT_NONE
s = ctx.wrap_socket(socket.create_connection(("127.0.0.1", SSL), 60))
like(s.recv(100).decode(), "^220 ", "M=s: TLS from the first octet")
s.close()
try:
    c, offers = hello(SIX, socket.AF_INET6, "::1")
    like(offers, r"^250-mail.here.test Hello .*\[IPv6:0:0:0:0:0:0:0:1\]", "Family=inet6")
except OSError as e:
    ok(e.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.ECONNREFUSED), "no IPv6 on this machine: M=O left the daemon out")
c, offers = hello(0, socket.AF_UNIX, path)
like(offers, "^250-mail.here.test Hello ", "Family=local")
c, offers = hello(QUEUE)
c.cmd("MAIL FROM:<a@here.test>")
eq(c.cmd("RCPT TO:<root>"), "250 2.1.5 <root>... Recipient ok (will queue)", "DeliveryMode of a daemon")
c, offers = hello(DEFER)
eq(c.cmd("MAIL FROM:<a>"), "250 2.1.0 <a>... Sender ok", "... is {deliveryMode} to the rules: d leaves an address to the queue run")
c, offers = hello(FLAGS)
eq(c.cmd("MAIL FROM:<a@here.test>"), "550 5.7.1 <a@here.test>... flags f u CC", "modifiers are seen by the rules, capitals doubled")
ok(host.await_log("daemon TAKEN: .*"), "M=O: what cannot be bound is left out, and said so")
first, offers = hello(FEW)
ok(offers.startswith("250"), "children=1: one session")
second = socket.create_connection(("127.0.0.1", FEW), 60)
second.settimeout(60)
like(second.recv(100).decode(), "^421 4.3.2 ", "... not a second one at the same time")
second.close()
first.cmd("QUIT")
first.close()
end = time.monotonic() + 30
again = ""
while not again.startswith("250") and time.monotonic() < end:
    again = hello(FEW)[1]
ok(again.startswith("250"), "... but after it")

# ---- our own end
host.send("a@here.test", "b@to.test", "Subject: x\n\nx\n")
ok(sink.await_messages(1), "ClientPortOptions: a message goes out")
m = sink.messages[0]
eq(m["peer"], "127.0.0.9", "... from Addr=")
eq(m["helo"], "EHLO out.here.test", "M=h: under that address's name")
ok(not m["tls"], "M=S: without STARTTLS")
host.stop()

# ---- as many as anybody wants
def many(n):
    return "LOCAL_CONFIG\n" + "".join("O DaemonPortOptions=Name=D%d, Addr=127.0.3.%d, Port=%d\n" % (i, i, P) for i in range(1, n))


host = Host(mc=many(256))			# with the one that each Host has
like(hello(P, address="127.0.3.255")[1], "^250-mail.here.test Hello", "the last of 256 daemons serves")
os.kill(host.process.pid, signal.SIGHUP)
ok(host.await_log("was loaded again"), "all of them live through a SIGHUP")
like(hello(P, address="127.0.3.255")[1], "^250-mail.here.test Hello", "... the last one, too")
host.stop()
more = Host(mc=many(256), start_it=False)
with open(more.cf, "a") as f:
    f.write("O DaemonPortOptions=Name=D256, Port=%d\n" % P)
code, out, err = run([os.path.join(OBJ, "sendmail", "sendmail"), "-C", more.cf, "-bD"], env=dict(os.environ, ANGARIUM_LOG="stderr"))
ok(code != 0 and "too many daemons defined (256 max)" in out + err, "one more is an error")

# ---- sockets from systemd
host = Host(start_it=False)
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", host.port))
listener.listen(5)
waiting = socket.create_connection(("127.0.0.1", host.port), 60)	# before the daemon is there
other = socket.create_server(("127.0.0.1", 0))
script = ("import os, sys; os.dup2(%d, 100); os.dup2(%d, 101); os.dup2(100, 3); os.dup2(101, 4); os.closerange(5, 200)\n"
          "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='2'); os.execv(sys.argv[1], sys.argv[1:])" % (listener.fileno(), other.fileno()))
os.set_inheritable(listener.fileno(), True)
os.set_inheritable(other.fileno(), True)
with open(host.path("log", "mail"), "ab") as log:
    host.process = start([sys.executable, "-c", script, os.path.join(OBJ, "sendmail", "sendmail"), "-C", host.cf, "-bD"], stdin=subprocess.DEVNULL, stdout=log,
                         stderr=log, env=dict(os.environ, ANGARIUM_LOG="stderr"), close_fds=False)
listener.close()
waiting.settimeout(60)
like(waiting.recv(100).decode(), "^220 ", "a connection that waited in a socket of systemd's is served")
waiting.close()
ok(host.await_log("socket 127.0.0.1, port %d: no daemon of DaemonPortOptions is for it" % other.getsockname()[1]), "one that no daemon is for is named and closed")
os.kill(host.process.pid, signal.SIGHUP)
host.await_log("reloaded|restarting|configuration")
c = host.connect(helo="me")
eq(c.cmd("NOOP"), "250 2.0.0 OK", "... and the socket lives through a reload")
c.close()
host.stop()
done_testing()
