#!/usr/bin/env python3
"""park: sessions that wait cost no process and lose nothing; a full disk and a stop of the daemon end in answers, not in lost mail."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

host = Host()


def workers():
    """Processes of role smtpd below this host's daemon."""
    code, out, _ = run(["ps", "-eo", "pid=,ppid=,args="])
    rows = [l.split(None, 2) for l in out.splitlines()]
    mine, n = {str(host.process.pid)}, 0
    for _ in range(4):
        mine |= {r[0] for r in rows if len(r) == 3 and r[1] in mine}
    return len([r for r in rows if len(r) == 3 and r[0] in mine and "smtpd" in r[2]])


talks = [host.connect(helo="client%d" % i) for i in range(150)]
for i, t in enumerate(talks[:3]):
    t.cmd("XX")
end = time.monotonic() + 30
while (n := workers()) >= 20 and time.monotonic() < end:	# those that nobody needed for some seconds go
    time.sleep(0.2)
ok(n < 20, "150 idle sessions are held by few processes") or diag(n)
ok(all(t.cmd("MAIL FROM:<root@here.test>").startswith("250 2.1.0") for t in talks), "each goes on where it was: EHLO is known")
ok(all(t.cmd("RCPT TO:<root>").startswith("250 2.1.5") for t in talks[:50]), "... in a transaction too")
time.sleep(0.3)
ok(all(t.cmd("DATA").startswith("354") for t in talks[:50]), "... which is not parked")
for t in talks[:50]:
    t.send("Subject: x\r\n\r\nx\r\n.\r\n")
idents = [t.reply().split()[2] for t in talks[:50]]
eq(len(set(idents)), 50, "fifty messages have fifty identifiers")
like(host.qf(idents[7]), r"(?m)^H\?\?Received: from client7 \(localhost \[127\.0\.0\.1\]\)\n\tby mail.here.test .* with ESMTP", "Received: knows the name from before")
time.sleep(0.3)
t = talks[0]
for i in range(24):
    t.cmd("XX")
eq(t.cmd("XX")[:9], "421 4.7.0", "counts of bad commands go with a parked session")
t = talks[60]
t.cmd("RSET")
time.sleep(0.3)
t.send("NO")
time.sleep(0.3)
t.send("OP\r\nNOOP\r\nQUIT\r\n")
eq([t.reply()[:3] for _ in range(3)], ["250", "250", "221"], "a command in pieces, and more behind it, wake a session up")
t = talks[61]
t.cmd("RSET")
t.close()
host.stop()
r = talks[62].reply()
ok(r == "" or r[:3] == "421", "a stop of the daemon closes waiting sessions") or diag(r)
ok(set(idents) <= set(host.queue()), "what was accepted is in the queue")
host.start()
c = host.connect(helo="again")
eq(c.cmd("NOOP"), "250 2.0.0 OK", "and the daemon starts again")
c.close()
host.stop()

# sendmail -bs: the same session on standard input; a bare LF ends commands there
p = start([os.path.join(OBJ, "sendmail", "sendmail"), "-C", host.cf, "-Am", "-bs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def say(line=None):
    if line is not None:
        p.stdin.write((line + "\n").encode())
        p.stdin.flush()
    out = []
    while not out or out[-1][3:4] == "-":
        out.append(p.stdout.readline().decode("latin-1").rstrip("\r\n"))
        if not out[-1]:
            break
    return "\n".join(out)


like(say(), r"^220 mail\.here\.test ESMTP ", "sendmail -bs greets")
like(say("EHLO local"), r"^250-mail\.here\.test Hello \S+@localhost, pleased to meet you\n250-ENHANCEDSTATUSCODES\n", "... knows who calls")
eq(say("MAIL FROM:<root@here.test>"), "250 2.1.0 <root@here.test>... Sender ok", "... takes MAIL")
like(say("RCPT TO:<root>"), "^250 2.1.5 <root>... Recipient ok", "... RCPT")
eq(say("RCPT TO:<nosuchusr>"), "550 5.1.1 <nosuchusr>... User unknown", "... looks users up")
eq(say("DATA"), "354 End data with <CR><LF>.<CR><LF>", "... DATA")
m = re.match(r"250 2\.0\.0 (\S+) ", say("Subject: x\r\n\r\nx\r\n.\r"))
ok(m and m.group(1) in host.queue(), "... and a message is in the queue")
if m:
    like(host.qf(m.group(1)), r"(?m)^H\?\?Received: from local \(\S+@localhost\)\n\tby mail\.here\.test .* with ESMTP id", "... Received: says whose")
eq(say("QUIT"), "221 2.0.0 mail.here.test closing connection", "... and says good-bye")
eq(p.wait(20), 0, "... exit code 0")
done_testing()
