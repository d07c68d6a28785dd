#!/usr/bin/env python3
"""Names of clients and of mail hosts come from the resolver role; a name server that is slow for one holds up nobody else."""
import os
import socket
import sys
import threading
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from dns import Dns
from mta import Mta, Sink


class Slow(threading.Thread):
    """Stands before a name server and swallows questions for names with "slow" in them."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.to = ("127.0.0.1", port)
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        self.swallowed = 0
        self.start()

    def run(self):
        while True:
            try:
                question, who = self.sock.recvfrom(4096)
                if b"slow" in question.lower():
                    self.swallowed += 1
                    continue
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                    s.settimeout(5)
                    s.sendto(question, self.to)
                    self.sock.sendto(s.recv(65535), who)
            except OSError:
                pass


HOSTS = os.path.join(TMP, "hosts")
open(HOSTS, "w").close()
d = Dns("""
mx.test. MX 10 bad.mx.test.
mx.test. MX 20 good.mx.test.
bad.mx.test. A 127.0.0.77
good.mx.test. A 127.0.0.1
alone.test. A 127.0.0.1
nomail.test. MX 0 .
alias.test. CNAME alone.test.
1.0.0.127.in-addr.arpa. PTR client.test.
client.test. A 127.0.0.1
2.0.0.127.in-addr.arpa. PTR forged.test.
forged.test. A 192.0.2.1
""")
slow = Slow(d.port)
sink = Sink()
m = Mta(mc="define(`confBIND_OPTS', `nameserver=127.0.0.1@%d')define(`confHOSTS_FILE', `%s')\n"
           "define(`ESMTP_MAILER_ARGS', `TCP $h %d')\n"
           "define(`confTO_RESOLVER_RETRANS', `30')\nFEATURE(`nocanonify')\n" % (slow.port, HOSTS, sink.port))
m.start()

# ---- the client's name
s = m.smtp()
like(s.ehlo("me")[1].decode().split("\n")[0], r"Hello client\.test \[127\.0\.0\.1\]", "the client's name is looked up and leads back")
s.quit()
import smtplib
s = smtplib.SMTP("127.0.0.1", m.port, local_hostname="me", timeout=30, source_address=("127.0.0.2", 0))
like(s.ehlo("me")[1].decode().split("\n")[0], r"Hello (forged\.test )?\[127\.0\.0\.2\] \(may be forged\)", "a name that does not lead back is called forged")
s.quit()

# ---- the next host
s = m.smtp()
s.sendmail("x@here.test", ["slow@slow.test"], "Subject: slow\r\n\r\nx\r\n")
eq(m.send("x@here.test", ["a@mx.test"], "Subject: mx\n\nx\n"), {}, "a message for a domain with two hosts")
got = sink.wait(1)
eq([g.rcpts for g in got], [["a@mx.test"]], "reaches the second, as the first does not listen")
m.send("x@here.test", ["b@alone.test"], "Subject: a\n\nx\n")
eq([g.rcpts for g in sink.wait(2)][1:], [["b@alone.test"]], "a domain without MX is its own host")
ok(slow.swallowed > 0 and "slow.test" not in "".join(l for l in m.log().splitlines() if "stat=" in l),
   "meanwhile another question is still open")
s.quit()
m.send("x@here.test", ["c@nomail.test"], "Subject: n\n\nx\n")
ok(m.await_log(r"to=<c@nomail\.test>.*dsn=5\.1\.10"), "a domain that takes no mail (RFC 7505) fails for good")
m.send("x@here.test", ["c@nowhere.test"], "Subject: n\n\nx\n")
ok(m.await_log(r"to=<c@nowhere\.test>.*dsn=5\.1\.2.*stat=Host unknown"), "so does one that does not exist")
told = "".join(m.await_mail("x", 2, 30))
ok("    (reason: 550 Host unknown)\n" in told and "\nRemote-MTA: DNS; nowhere.test\nDiagnostic-Code: SMTP; 550 Host unknown\n" in told, "and the sender reads it as sendmail says it")

# ---- the hosts file comes first, and is read again when it changes
with open(HOSTS, "w") as f:
    f.write("127.0.0.1 fromhosts.test\n")
name, end = "", time.monotonic() + 20
while "fromhosts" not in name and time.monotonic() < end:
    s = m.smtp()
    name = s.ehlo("me")[1].decode().split("\n")[0]
    s.quit()
    time.sleep(0.1)
like(name, r"Hello fromhosts\.test \[127\.0\.0\.1\]", "a changed hosts file is noticed")

# ---- the service switch may have another order
SWITCH = m.path("switch")
with open(SWITCH, "w") as f:
    f.write("hosts dns files\n")
other = Mta(mc="define(`confBIND_OPTS', `nameserver=127.0.0.1@%d')\ndefine(`confHOSTS_FILE', `%s')\ndefine(`confSERVICE_SWITCH_FILE', `%s')\n" % (slow.port, HOSTS, SWITCH))
other.start()
s = other.smtp()
like(s.ehlo("me")[1].decode().split("\n")[0], r"Hello client\.test \[127\.0\.0\.1\]", "hosts dns files: DNS says it first")
s.quit()
other.stop()

# ---- the same in one process
code, out, _ = m.command("-bt", input="/mx mx.test\n$[ alias.test $]\n/map host alias.test\n")
like(out, r"bad\.mx\.test\.?\n?.*", "-bt asks the same server")
like(out, r"alone\.test\.? ", "and follows aliases")
d.stop()
done_testing()
