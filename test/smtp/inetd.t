#!/usr/bin/env python3
"""`sendmail -bs`, started by inetd and on pipes: the session is a worker's of smtpd, with TLS, HELP of the site's file, ETRN, pauses and AUTH as a daemon's."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

cert = certificate(TMP)
sink = Sink()
h = Host(mc="define(`SMART_HOST', `esmtp:[127.0.0.1]')\ndefine(`ESMTP_MAILER_ARGS', `TCP $h %d')\ndefine(`HELP_FILE', `@DIR@/etc/helpfile')\n"
            "define(`confSERVER_CERT', `%s')\ndefine(`confSERVER_KEY', `%s')\ndefine(`confLOG_LEVEL', `14')\nFEATURE(`greet_pause', `300')\n"
            "define(`confPRIVACY_FLAGS', `noexpn')\ndefine(`confMAX_NOOP_COMMANDS', `2')\n" % (sink.port, cert + ".crt", cert + ".key"),
         access="GreetPause:127.0.0.1\t0\nConnect:127.0.0.1\tRELAY\n", mode="interactive", start_it=False,
         files=(("helpfile", "#vers\t2\nsmtp\tThis site's own help, $j\nmail\tAbout mail\nrset About RSET\n"),))
PROGRAM = os.path.join(OBJ, "sendmail", "sendmail")


def start(i, o):
    with open(h.path("log", "mail"), "ab") as log:
        return subprocess.Popen([PROGRAM, "-C", h.cf, "-bs"], stdin=i, stdout=o, stderr=log, env=dict(os.environ, ANGARIUM_LOG="stderr"))


def inetd():
    """What inetd does: a connection on 0 and 1."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        c = socket.create_connection(listener.getsockname(), 60)
        conn, _ = listener.accept()
    p = start(conn, conn)
    conn.close()
    return c, p


def served_by(pid):
    """The user of the process that serves a session: a child of our child."""
    out = subprocess.run(["ps", "-eo", "pid=,ppid=,uid=,args="], capture_output=True, text=True).stdout
    rows = [x.split(None, 3) for x in out.splitlines()]
    mine = {str(pid)}
    for _ in rows:
        mine |= {r[0] for r in rows if r[1] in mine}
    return [r[2] for r in rows if r[0] in mine and " server " in r[3]]


def log():
    return open(h.path("log", "mail")).read()


def talk(conn):
    c = Talk.__new__(Talk)
    c.s, c.buf = conn, b""
    return c


conn, p = inetd()
c = talk(conn)
like(c.reply(), r"^220 mail\.here\.test ESMTP", "inetd: a banner")
like(c.cmd("EHLO client.test"), r"(?m)^250-STARTTLS", "STARTTLS is offered")
who = served_by(p.pid)
eq(len(who), 1, "one process serves the session")
ok(os.getuid() != 0 or "0" not in who, "which is not root's")
like(c.cmd("HELP"), "This site's own help, mail.here.test", "HELP out of the site's file")
like(c.cmd("HELP RCPT"), "^504 5.3.0 HELP topic", "which alone counts")
like(c.cmd("HELP RSET"), "^214-2.0.0 About RSET", "a topic and a blank")
like(c.cmd("ETRN far.test"), "^250 2.0.0 Queuing for node far.test started", "ETRN")
like(c.cmd("EXPN root"), "^502 ", "EXPN is refused")
for _ in range(2):
    c.cmd("NOOP")
like(c.cmd("STARTTLS"), "^220 ", "STARTTLS")
c.starttls()
like(c.cmd("EHLO client.test"), "(?m)^250 ", "and on under TLS")
like(c.cmd("MAIL FROM:<a@here.test>"), "^250 2.1.0", "MAIL")
like(c.cmd("RCPT TO:<b@far.test>"), "^250 2.1.5", "RCPT")
like(c.cmd("DATA"), "^354 ", "DATA")
like(c.cmd("Subject: by inetd\r\n\r\nhello\r\n."), "^250 2.0.0 .* accepted", "accepted")
like(c.cmd("QUIT"), "^221 ", "QUIT")
c.close()
eq(p.wait(60), 0, "the command ends well")
ok(sink.await_messages() and b"by inetd" in sink.messages[0]["data"], "and what it took is delivered")
like(log(), r"NOQUEUE: connect from localhost \[127\.0\.0\.1\]", "log: the connection")
like(log(), r"localhost \[127\.0\.0\.1\]: EXPN root \[rejected\]", "log: what was refused")
like(log(), r"possible SMTP attack: command=NOOP, count=2", "log: too many NOOPs")
ok("did not issue" not in log(), "log: it did what it came for")

conn, p = inetd()
conn.sendall(b"EHLO too.early\r\n")
c = talk(conn)
like(c.reply() + c.cmd("NOOP"), "(?m)^554 5.5.0 SMTP protocol error", "who speaks first is refused")
c.close()
p.wait(60)

p = start(subprocess.PIPE, subprocess.PIPE)
like(p.stdout.readline().decode(), "^220 ", "on pipes: a banner")
p.stdin.write(b"HELO me\n")
p.stdin.flush()
like(p.stdout.readline().decode(), "^250 mail.here.test Hello .*@localhost", "a local user, who may end lines as he likes")
p.stdin.close()
p.stdout.read()
eq(p.wait(60), 0, "the end of input ends it")
like(log(), r"@localhost did not issue MAIL/EXPN/VRFY/ETRN during connection to stdin", "log: it did nothing")

# a script that writes all its lines at once: none is taken, and each is answered, as by sendmail
p = start(subprocess.PIPE, subprocess.PIPE)
out = p.communicate(b"EHLO me\r\nNOOP\r\nMAIL FROM:<a@here.test>\r\nRCPT TO:<b@far.test>\r\nDATA\r\nBDAT 1 LAST\r\nxQUIT\r\n", timeout=60)[0].decode().split("\r\n")
eq([x[:3] for x in out[1:]], ["554", "250", "550", "550", "550", "550", "221", ""], "on pipes, too early: each command is refused to the end") or diag("\n".join(out))
eq(p.returncode, 0, "... which is an orderly one")
sink.close()
done_testing()
