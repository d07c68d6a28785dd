#!/usr/bin/env python3
"""timeouts: every Timeout of a session holds, each against somebody slow at just that step - client (greeting to QUIT, LMTP, connecting) and server."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

P = port()
cert = certificate(TMP)
# name: (step of Sink.hooks, confTO_ name, words of the log line)
STEPS = {"initial": (None, "INITIAL", "client greeting"), "helo": ("EHLO", "HELO", "client EHLO"), "mail": ("MAIL", "MAIL", "client MAIL"), "rcpt": ("RCPT", "RCPT", "client RCPT"),
         "datainit": ("DATA", "DATAINIT", "client DATA 354"), "datafinal": (".", "DATAFINAL", "client DATA status"), "starttls": ("STAR", "STARTTLS", "client STARTTLS")}
LONG = 300
over = threading.Event()
sinks = {}
for i, (name, (step, conf, text)) in enumerate(STEPS.items()):
    sinks[name] = Sink(address="127.0.7.%d" % (i + 1), number=P, offers=["SIZE", "STARTTLS"] if name == "starttls" else ["SIZE"], cert=cert)
    if step is None:
        sinks[name].greeting = "220-slow"
        sinks[name].hooks["EHLO"] = lambda s, line: over.wait(LONG) and None
    else:
        sinks[name].hooks[step] = lambda s, line: over.wait(LONG) and None
# a greeting that never ends its line
quiet = socket.socket()
quiet.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
quiet.bind(("127.0.7.100", P))
quiet.listen(5)
# nobody accepts here and the queue is full: connecting hangs
full = socket.socket()
full.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
full.bind(("127.0.7.101", P))
full.listen(0)
stuffing = []
for _ in range(8):
    s = socket.socket()
    s.setblocking(False)
    s.connect_ex(("127.0.7.101", P))
    stuffing.append(s)
lpath = os.path.join(TMP, "lmtp")
lmtp = Sink(path=lpath, lmtp=True, offers=["SIZE"])
lmtp.hooks["LHLO"] = lambda s, line: over.wait(LONG) and None
os.chmod(lpath, 0o777)
good = Sink(address="127.0.7.102", number=P, offers=["SIZE"])
good.hooks["QUIT"] = lambda s, line: over.wait(LONG) and None
# a tarpit: an octet now and then, each of them in time, the reply as a whole never
drip = socket.socket()
drip.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
drip.bind(("127.0.7.103", P))
drip.listen(5)


def dripping():
    c, _ = drip.accept()
    try:
        while not over.is_set():
            for octet in b"220-wait a little\r\n":
                c.send(bytes([octet]))
                over.wait(0.3)
    except OSError:
        pass


threading.Thread(target=dripping, daemon=True).start()
# reads a message an octet at a time
sip = socket.socket()
sip.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sip.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
sip.bind(("127.0.7.104", P))
sip.listen(5)


def sipping():
    c, _ = sip.accept()
    try:
        f = c.makefile("rb", buffering=0)
        for reply in (b"220 sip\r\n", b"250 sip\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 slowly\r\n"):
            c.sendall(reply)
            f.readline()
        while not over.wait(0.1):
            c.recv(1)
    except OSError:
        pass


threading.Thread(target=sipping, daemon=True).start()
names = dict([(n, "127.0.7.%d" % (i + 1)) for i, n in enumerate(STEPS)], quiet="127.0.7.100", full="127.0.7.101", good="127.0.7.102", drip="127.0.7.103", sip="127.0.7.104")
MC = "define(`ESMTP_MAILER_ARGS', `TCP $h %d')\ndefine(`confSERVER_CERT', `%s')\ndefine(`confSERVER_KEY', `%s')\ndefine(`confCACERT', `%s')\n" % (P, cert, cert, cert)
MC += "".join("define(`confTO_%s', `2s')\n" % c for c in ("INITIAL", "ICONNECT", "CONNECT", "HELO", "MAIL", "RCPT", "DATAINIT", "DATAFINAL", "STARTTLS", "QUIT", "RSET", "LHLO",
                                                         "COMMAND", "DATABLOCK"))
small = port()
MC += "define(`confMCI_CACHE_SIZE', `0')CLIENT_OPTIONS(`Family=inet, SndBufSize=16384')DAEMON_OPTIONS(`Name=small, Addr=127.0.0.1, Port=%d, SendSize=8192')\n" % small
host = Host(mode="background", mc=MC, mailers="MAILER_DEFINITIONS\nMstore,\t\tP=[IPC], F=lsDFMmnqz, S=EnvFromSMTP/HdrFromSMTP, R=EnvToL, E=\\r\\n,\n\t\tT=DNS/RFC822/SMTP, A=FILE %s\n"
            "LOCAL_RULE_0\nR$+ < @ store . test . > $*\t$#store $@ store.test $: $1\n" % lpath,
            dns="store.test. A 192.0.2.1\n" + "".join("%s.test. MX 5 sink.%s.test.\nsink.%s.test. A %s\n" % (n, n, n, a) for n, a in names.items()) +
            "both.test. MX 5 sink.full.test.\nboth.test. MX 10 sink.good.test.\n")


def submit(to):
    """Over a session of its own, quickly: this host is in a hurry, too."""
    return host.send("a@here.test", to, "Subject: x\n\nx\n")


def stat(ident, to):
    m = host.await_log(r"%s: to=.*<?%s>?.*, dsn=([0-9.]+), stat=(.*)$" % (ident, re.escape(to)))
    return m.groups() if m else ("", host.log()[-1500:])


def late(n, step, what):
    eq(stat(sent[n], "b@%s.test" % n), ("4.4.2", "Deferred: Connection timed out with sink.%s.test." % n), what)
    ok(host.await_log(r"%s: timeout waiting for input from sink\.%s\.test\. during %s$" % (sent[n], n, step)), "... and the log says where, as sendmail's does")


sent = {n: submit("b@%s.test" % n) for n in list(STEPS)[1:] + ["quiet", "full", "store", "both", "good", "drip"]}
sent["sip"] = host.send("a@here.test", "b@sip.test", "Subject: x\n\n" + 8000 * "of more than buffers hold, and a bit\n")
for n in list(STEPS)[1:]:
    late(n, STEPS[n][2], "Timeout.%s" % n)
late("quiet", "client greeting", "Timeout.initial")
eq(stat(sent["full"], "b@full.test"), ("4.4.1", "Deferred: Connection timed out with sink.full.test."), "Timeout.iconnect")
like(stat(sent["store"], "b@store.test")[1], "^Deferred: Connection timed out with ", "Timeout.lhlo")
ok(host.await_log(r"%s: timeout waiting for input from localhost\. during client LHLO$" % sent["store"]), "... and the log says where")
eq(stat(sent["both"], "b@both.test")[0], "2.0.0", "a first MX that hangs costs Timeout.iconnect, then the second has it")
eq(stat(sent["good"], "b@good.test")[0], "2.0.0", "a server that does not answer QUIT holds up nobody (Timeout.quit)")

late("drip", "client greeting", "a tarpit: a reply as a whole has its time")
late("sip", "client DATA", "who takes an octet now and then: Timeout.datablock is for 64 KiB")

# ---- the server
c = host.connect(helo="x")
like(c.reply(), "^421 4.4.2 mail.here.test timeout waiting for input", "Timeout.command")
ok(c.closed(), "... ends the session")
c = host.connect(helo="x")
for line in ("MAIL FROM:<a@here.test>", "RCPT TO:<root>", "DATA"):
    c.cmd(line)
c.send("Subject: slow\r\n\r\nand then nothing\r\n")
like(c.reply(), "^421 4.4.1 ", "Timeout.datablock")
ok(c.closed(), "... ends the session")
c = host.connect(helo="x")
for line in ("MAIL FROM:<a@here.test>", "RCPT TO:<root>", "DATA"):
    c.cmd(line)
try:
    for octet in "Subject: an octet at a time" * 9:
        c.send(octet)
        if select.select([c.s], [], [], 0.2)[0]:
            break
except OSError:
    pass
like(c.reply(), "^421 4.4.1 ", "a message an octet at a time: Timeout.datablock is for 64 KiB, not for each of them")
c = Talk(small)
c.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
c.reply()
c.cmd("EHLO x")
c.send("MAIL FROM:<a@here.test>\r\n")
c.s.settimeout(0.5)
end = time.monotonic() + 60
while time.monotonic() < end and not re.search("does not read what we say", host.log()):
    try:
        c.s.send(b"RCPT TO:<a.name.that.nobody.here.has.and.that.comes.back.in.every.answer.%s@here.test>\r\n" % (100 * b"x") * 100)
    except socket.timeout:
        pass
    except OSError:
        break
ok(host.await_log("does not read what we say: closed"), "who asks and does not listen: Timeout.command")
c.close()
c = socket.create_connection(("127.0.0.1", host.port), 60)
greeting = b""
while not greeting.endswith(b"\n"):
    greeting += c.recv(4096)
for octet in b"EHLO xxxxx":
    try:
        c.send(bytes([octet]))
    except OSError:
        break
    time.sleep(0.7)
c.settimeout(60)
like(c.recv(4096).decode("latin-1"), "^421 4.4.2 ", "a command an octet at a time: the whole line has Timeout.command")
over.set()
host.stop()

# ---- Timeout.aconnect: all tries together
host = Host(mode="background", mc="define(`ESMTP_MAILER_ARGS', `TCP $h %d')\ndefine(`confTO_CONNECT', `2s')\ndefine(`confTO_ACONNECT', `3s')\n" % P,
            dns="sink.full.test. A 127.0.7.101\nfour.test. A 127.0.7.101\n" + "".join("many.test. MX %d h%d.many.test.\nh%d.many.test. A 127.0.7.101\n" % (i, i, i) for i in range(16)))
begun = time.monotonic()
ident = submit("b@many.test")
eq(stat(ident, "b@many.test")[0], "4.4.1", "Timeout.aconnect")
ok(time.monotonic() - begun < 30, "... sixteen hosts that hang were not all tried")
host.stop()
done_testing()
