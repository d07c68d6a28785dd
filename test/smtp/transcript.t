#!/usr/bin/env python3
"""transcript: -X copies all traffic in and out to a file - sessions, messages on standard input, deliveries, TLS in clear - and nobody's rights grow by it."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

SENDMAIL = os.path.join(OBJ, "sendmail", "sendmail")
cert = certificate(TMP)
sink = Sink()
tls = Sink(offers=("PIPELINING", "STARTTLS"), cert=cert)
host = Host(mc="define(`SMART_HOST', `esmtp:[127.0.0.1]')\ndefine(`ESMTP_MAILER_ARGS', `TCP $h %d')\ndefine(`confDELIVERY_MODE', `background')\n"
               "define(`confSERVER_CERT', `%s.crt')\ndefine(`confSERVER_KEY', `%s.key')\n" % (sink.port, cert, cert), start_it=False)
log = host.path("traffic")


def text():
    with open(log, encoding="latin-1", newline="\n") as f:
        return f.read()


def has(regex, name):
    end = time.monotonic() + 60
    while not re.search(regex, text(), re.M) and time.monotonic() < end:
        time.sleep(0.05)
    ok(re.search(regex, text(), re.M), name)


host.args = ["-X", log]
host.start()
m = host.send("root@here.test", "ann@there.test", "Subject: x\n\n.dot\n")
ok(sink.await_messages(), "a message goes through")
eq(os.stat(log).st_mode & 0o777, 0o600, "the file is its owner's alone")
has(r"^\d{5,} >>> 220 mail\.here\.test ESMTP ", "the banner, with the process in front")
has(r"^\d{5,} <<< MAIL FROM:<root@here\.test>\r$", "a command as it came")
has(r"^\d{5,} >>> 250 2\.0\.0 %s Message accepted" % m, "its answer")
has(r"^\d{5,} <<< \.\.dot\r$", "content as it came")
has(r"^\d{5,} <<< 220 sink\.test ESMTP\r$", "what another server says")
has(r"^\d{5,} >>> MAIL From:<root@here\.test>.*$", "... and what it is told")
c = host.connect(helo="me")
c.cmd("STARTTLS")
c.starttls(cert + ".crt")
c.cmd("EHLO under.tls")
c.close()
has(r"^\d{5,} <<< EHLO under\.tls\r$", "TLS is logged as clear text")
has(r"^\d{5,} <<< \[EOF\]$", "the end of a connection")
c = host.connect(helo="me")
c.cmd("MAIL FROM:<root@here.test>")
c.cmd("RCPT TO:<root>")
c.cmd("DATA")
c.send("Subject: local\r\n\r\nfor the program\r\n.\r\n")
c.reply()
c.close()
has(r"^\d{5,} >>> for the program$", "what a mailer's program gets")
host.stop()

log = host.path("command")
code, out, err = run([SENDMAIL, "-C", host.cf, "-odq", "-X", log, "root@here.test"], input="Subject: y\n\nby hand\n", env=dict(os.environ, ANGARIUM_LOG="stderr"))
eq(code, 0, "a command with -X")
has(r"^\d{5,} <<< by hand$", "its standard input")
log = host.path("bs")
code, out, err = run([SENDMAIL, "-C", host.cf, "-bs", "-X" + log], input="QUIT\r\n", env=dict(os.environ, ANGARIUM_LOG="stderr"))
has(r"^\d{5,} >>> 221 2\.0\.0 mail\.here\.test closing connection$", "-bs")
os.symlink(host.path("elsewhere"), host.path("link"))
code, out, err = run([SENDMAIL, "-C", host.cf, "-bs", "-X", host.path("link")], input="QUIT\r\n")
eq((code, os.path.exists(host.path("elsewhere"))), (73, False), "a symbolic link is not followed")
like(err, "cannot open traffic log file", "... and the message says so")
done_testing()
