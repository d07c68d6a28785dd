#!/usr/bin/env python3
"""Options of the queue and of routing: MeToo, AddBcc, FastSplit, DontPruneRoutes, DeadLetterDrop, RejectLogInterval; HOSTALIASES."""
import grp
import os
import pwd
import re
import socket
import subprocess
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink
from dns import Dns

dns = Dns("""a.test. MX 10 mx1.test.
a.test. MX 20 mx2.test.
b.test. MX 10 mx1.test.
b.test. MX 20 mx2.test.
c.test. MX 10 mx2.test.
known.test. A 127.0.0.1
mx1.test. A 127.0.0.1
mx2.test. A 127.0.0.1
""")
sink = Sink()
NAMES = "define(`confBIND_OPTS', `%s')\ndefine(`ESMTP_MAILER_ARGS', `TCP $h %d')\n" % (dns.option, sink.port)


def rcpts(since=0, n=1):
    return sorted(sorted(x.rcpts) for x in sink.wait(since + n)[since:])


def send_routed(m, sender):
    """smtplib takes routes away."""
    s = m.smtp()
    s.ehlo("client.test")
    for line in ("MAIL FROM:<%s>" % sender, "RCPT TO:<no@c.test>"):
        code, text = s.docmd(line)
        if code != 250:
            bail("%s: %d %s" % (line, code, text))
    s.data("Subject: x\r\n\r\nhello\r\n")
    s.quit()


def await_drops(name, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end and not (os.path.exists(name) and os.path.getsize(name)):
        time.sleep(0.05)
    with open(name) as f:
        return f.read()


# ---- MeToo
m = Mta(mc="define(`confME_TOO', `False')\n", aliases="list: me@far.test, you\nsolo: me@far.test\ndeep: list, they\n", smart_host=sink)
m.start()


def verify(*to, sender="me@far.test"):
    out = m.command("-f", sender, "-bv", *to)[1]
    return sorted(re.findall(r"user (\S+)", out))


eq(verify("list"), ["you"], "MeToo=False: the sender is taken out of a list")
eq(verify("deep"), ["they", "you"], "of one within another, too")
eq(verify("solo"), ["me@far.test"], "not when he is all there is")
eq(verify("list", "me@far.test"), ["me@far.test", "you"], "and not when he is named himself")
eq(verify("list", sender="x@far.test"), ["me@far.test", "you"], "nobody else is")
m.send("me@far.test", ["deep@here.test"], "Subject: x\n\nhello\n")
eq((len(m.await_mail("you")), len(m.await_mail("they"))), (1, 1), "a message to the list reaches the others")
ok(m.await_queue(0) and sink.messages == [], "and not its sender")
m.stop()
m = Mta(aliases="list: me@far.test, you\n", smart_host=sink)
eq(verify("list"), ["me@far.test", "you"], "without that option the sender gets a copy")

# ---- AddBcc
m = Mta(smart_host=sink, mc="FEATURE(`bcc', `hash -o -T<TMPF> %s/bcc', `esmtp:[127.0.0.1]', `archive@vault.test')\n" % TMP)
with open(os.path.join(TMP, "bcc"), "w") as f:
    f.write("copied.test\tOK\nboss@here.test\taudit@vault.test\n.deep.test\t@mirror.test\n")
with open(os.path.join(TMP, "bcc")) as f:
    subprocess.run([os.path.join(OBJ, "makemap", "makemap"), "hash", os.path.join(TMP, "bcc")], stdin=f, check=True)
m.start()
at = len(sink.messages)
m.send("s@far.test", ["x@copied.test", "y@other.test", "boss@here.test", "z@a.b.deep.test", "w@copied.test"], "Subject: secret\n\nhello\n")
got = sink.wait(at + 2)[at:]
eq(len(m.await_mail("boss")), 1, "AddBcc: the recipients get the message")
ok(m.await_queue(0), "all is delivered")
by = {x.sender: sorted(x.rcpts) for x in sink.wait(at + 2)[at:]}
eq(by.get("s@far.test"), ["w@copied.test", "x@copied.test", "y@other.test", "z@a.b.deep.test"], "from its sender")
eq(by.get(""), ["archive@vault.test", "audit@vault.test", "z@mirror.test"], "those whom the ruleset names get a copy without a sender, each once")
eq(len(sink.messages) - at, 2, "and nobody anything twice")
sink.rules = [("RCPT.*vault", "550 5.1.1 full")]
m.send("s@far.test", ["x@copied.test"], "Subject: two\n\nhello\n")
eq(len(m.await_mail("postmaster-box")), 1, "a copy that fails is the postmaster's business")
ok(m.await_queue(0) and not [x for x in sink.messages if "s@far.test" in x.rcpts], "not the sender's")
sink.rules = []
m.stop()

# ---- FastSplit
m = Mta(mc=NAMES + "define(`confFAST_SPLIT', `0')\n").start()
at = len(sink.messages)
m.send("s@far.test", ["x@a.test", "y@b.test", "z@c.test"], "Subject: x\n\nhello\n")
eq(rcpts(at, 2), [["x@a.test", "y@b.test"], ["z@c.test"]], "FastSplit=0: recipients with the same exchangers are one delivery")
ok(m.await_queue(0) and len(sink.messages) == at + 2, "and that is all")
m.stop()
m = Mta(mc=NAMES).start()
at = len(sink.messages)
sink.rules = [("RCPT", "451 4.7.1 later")]
m.send("s@far.test", ["x@a.test", "y@b.test"], "Subject: x\n\nhello\n")
ok(m.await_log(r"(?s)to=<[xy]@[ab]\.test>, .*stat=Deferred.*to=<[xy]@[ab]\.test>, .*stat=Deferred") and m.await_queue(1), "by default the first try is split by domain")
eq(len([1 for c in sink.commands if re.match("(?i)MAIL FROM:<s@far.test>", c)]) >= 2, True, "in a transaction each")
sink.rules = []
m.command("-q")
eq(rcpts(at, 1), [["x@a.test", "y@b.test"]], "and later ones by exchangers")

# ---- DontPruneRoutes
sink.rules = [("RCPT.*<no@", "550 5.1.1 no")]
at = len(sink.messages)
send_routed(m, "@gone.test,@a.test:s@b.test")
eq(rcpts(at, 1), [["s@b.test"]], "a report goes to its address, not by way of the sender's route")
send_routed(m, "@gone.test,@a.test:s@nowhere.test")
ok(m.await_log(r"to=<@a\.test:s@nowhere\.test>, "), "or to the last host of it that is known")
m.stop()
m = Mta(mc=NAMES + "define(`confDONT_PRUNE_ROUTES', `True')\n").start()
send_routed(m, "@a.test,@c.test:s@b.test")
ok(m.await_log(r"to=<@a\.test,@c\.test:s@b\.test>, "), "DontPruneRoutes: the route is kept")
m.stop()

# ---- DeadLetterDrop
drop = os.path.join(TMP, "dead.letter")
with open(drop, "w"):
    os.chmod(drop, 0o660)		# as Debian installs it
m = Mta(mc=NAMES + "define(`confDEAD_LETTER_DROP', `%s')\ndefine(`confDOUBLE_BOUNCE_ADDRESS', `no@c.test')\n" % drop).start()
m.send("", ["no@c.test"], "Subject: lost\n\nhello\nFrom here on\n")
text = await_drops(drop)
like(text, r"(?s)^From MAILER-DAEMON .*\nSubject: Postmaster notify: .*\nSubject: lost\n.*\n>From here on\n.*\n\n$", "DeadLetterDrop: what nobody takes is kept there")
ok(m.await_queue(0) and m.queue("Qf") == [], "and not in the queue")
eq(os.stat(drop).st_mode & 0o777, 0o660, "with the rights that the file has, which may be its group's")
m.stop()
os.chmod(drop, 0o666)
m = Mta(mc=NAMES + "define(`confDEAD_LETTER_DROP', `%s')\n" % drop).start()
ok(m.await_log("DeadLetterDrop: .*: world writable"), "not everybody's: who starts the daemon is told")
m.stop()
m = Mta(mc=NAMES + "define(`confDOUBLE_BOUNCE_ADDRESS', `no@c.test')\n").start()
m.send("", ["no@c.test"], "Subject: lost\n\nhello\n")
ok(m.await_log("kept as Qf"), "without it such a message is kept as a Qf file")
eq(len(m.queue("Qf")), 1, "in the queue")
m.stop()

# ---- Timeout.resolver.retrans.first
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
    silent.bind(("127.0.0.1", 0))
    m = Mta(mc="define(`confBIND_OPTS', `nameserver=127.0.0.1@%d')\nFEATURE(`nocanonify')\ndefine(`confTO_RESOLVER_RETRANS_FIRST', `1s')\n"
            "define(`confTO_RESOLVER_RETRY_FIRST', `1')\ndefine(`confTO_RESOLVER_RETRANS_NORMAL', `60s')\n" % silent.getsockname()[1]).start()
    m.send("s@far.test", ["x@far.test"], "Subject: x\n\nhello\n")
    ok(m.await_log(r"to=<x@far\.test>, .*stat=Deferred: .*host name lookup failure"), "Timeout.resolver.retrans.first: a first try does not wait long for DNS")
    m.stop()

# ---- SendMimeErrors
sink.rules = [("RCPT.*<no@", "550 5.1.1 no")]
m = Mta(mc=NAMES + "define(`confMIME_FORMAT_ERRORS', `False')\n", aliases="joe: joe-box\n").start()
s = m.smtp()
s.ehlo("client.test")
ok("dsn" not in s.esmtp_features, "SendMimeErrors=False: DSN is not offered")
s.quit()
m.send("joe@here.test", ["no@c.test"], "Subject: plain\n\nhello\n")
text = m.await_mail("joe-box")[0]
like(text, r"(?s)The original message was received at .*<no@c\.test>.*Transcript of session follows.*   ----- Original message follows -----\n\n.*Subject: plain\n.*\nhello\n",
     "a report is one text")
eq(re.findall(r"(?mi)^(?:mime-version|content-type|--).*", text), [], "and no MIME message")
m.stop()

# ---- DontInitGroups
me = pwd.getpwuid(os.getuid())
others = [(u.pw_name, u.pw_gid) for g in grp.getgrall() for n in g.gr_mem for u in pwd.getpwall() if u.pw_name == n and u.pw_uid and g.gr_gid != u.pw_gid]
if os.getuid() != 0:
    skip("DontInitGroups", "an ordinary user cannot change groups")
elif not others:
    skip("DontInitGroups", "no user here has a second group")
else:
    user, gid = others[0]
    said = {}
    for value in ("False", "True"):
        m = Mta(mc="define(`confDONT_INIT_GROUPS', `%s')\n" % value, local_flags="-Sn+w")
        m.write("deliver", "#!/bin/sh\ncat >/dev/null\nid -G >$1/groups.new && mv $1/groups.new $1/groups\n", 0o755)
        m.start()
        m.send("s@far.test", [user + "@here.test"], "Subject: x\n\nhello\n")
        end = time.monotonic() + 60
        while time.monotonic() < end and not os.path.exists(m.path("mail/groups")):
            time.sleep(0.05)
        with open(m.path("mail/groups")) as f:
            said[value] = f.read().split()
        m.stop()
    ok(len(said["False"]) > 1, "the program of a user's mail has all of his groups")
    eq(said["True"], [str(gid)], "DontInitGroups: the first alone")

# ---- HOSTALIASES in the daemon's roles
with open(os.path.join(TMP, "hostaliases"), "w") as f:
    f.write("short known.test\n")
os.chmod(TMP, 0o755)
os.environ["HOSTALIASES"] = os.path.join(TMP, "hostaliases")
at = len(sink.messages)
m = Mta(mc=NAMES).start()
m.send("s@far.test", ["u@short"], "Subject: x\n\nhello\n")
eq(rcpts(at, 1), [["u@known.test"]], "HOSTALIASES: the daemon knows a host by its alias")
m.stop()
del os.environ["HOSTALIASES"]

# ---- RejectLogInterval
m = Mta(mc="define(`confREJECT_LOG_INTERVAL', `1s')\ndefine(`confMAX_DAEMON_CHILDREN', `1')\n").start()
end, s = time.monotonic() + 60, None
while s is None:
    try:
        s = m.smtp()            # the one that is allowed, once that of the start is gone
    except OSError:
        s = None if time.monotonic() < end else bail("no connection")
while time.monotonic() < end and "have been rejecting" not in m.log():
    with socket.create_connection(("127.0.0.1", m.port), 30) as c:
        like(c.makefile("rb").readline().decode(), "^421 4.3.2 ", "refused") if "rejecting" not in m.log() else c.recv(100)
    time.sleep(0.1)
like(m.log, r"rejecting connections on daemon MTA: 1 children, max 1", "a daemon that is full says so once")
eq(len(re.findall(r": rejecting connections on", m.log())), 1, "not at each refusal")
like(m.log, r"have been rejecting connections on daemon MTA for 0\+00:00:\d\d", "and again every RejectLogInterval")
s.quit()
end = time.monotonic() + 60
while time.monotonic() < end and "accepting connections again" not in m.log():
    with socket.create_connection(("127.0.0.1", m.port), 30) as c:
        c.recv(100)
    time.sleep(0.1)
like(m.log, r"accepting connections again for daemon MTA", "and when it is over")
m.stop()
dns.stop()
done_testing()
