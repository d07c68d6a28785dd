#!/usr/bin/env python3
"""SIGHUP: what may go wrong between two configurations, and what must not."""
import os
import signal
import socket
import subprocess
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import mta
from tap import *
from mta import Mta


def banner(number):
    try:
        with socket.create_connection(("127.0.0.1", number), 10) as s:
            s.settimeout(30)
            return s.makefile("rb").readline().decode()
    except OSError as e:
        return str(e)


def roles(m):
    out = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True).stdout
    rows = [x.split(None, 2) for x in out.splitlines()[1:]]
    return [r[2] for r in rows if len(r) == 3 and r[1] == str(m.process.pid) and "defunct" not in r[2]]


def hup(m):
    """Sends it, and waits until the daemon has said what came of it."""
    before = len(m.log())
    m.process.send_signal(signal.SIGHUP)
    return until(lambda: [x for x in ("was loaded again", "stays in force") if x in m.log()[before:]])


m = Mta()
m.start()
text = open(m.cf).read()


def write(new):
    with open(m.cf + ".new", "w") as f:
        f.write(new)
    os.rename(m.cf + ".new", m.cf)


until(lambda: any("accepting" in r for r in roles(m)))
os.rename(m.cf, m.cf + ".away")
eq(hup(m), ["stays in force"], "the file is gone: the old configuration stays in force")
like(m.log, r"sendmail\.cf: No such file or directory", "and the log says why")
like(banner(m.port), "^220 ", "the daemon goes on")
os.rename(m.cf + ".away", m.cf)
write("")
eq(hup(m), ["stays in force"], "an empty file is no configuration")
write(text[:len(text) // 3])
eq(hup(m), ["stays in force"], "nor is one that is cut off")
write(text + "O SmtpGreetingMessage=$j SECOND\n")
eq(hup(m), ["was loaded again"], "then a good one")
ok(until(lambda: "SECOND" in banner(m.port)), "is in force")

# ---- listeners
second = port()
write(text.replace("Port=%d" % m.port, "Port=%d" % second))
hup(m)
ok(until(lambda: banner(second).startswith("220 ")), "another port is listened to")
ok(until(lambda: "refused" in banner(m.port)), "and the old one is closed")
write(text)
hup(m)
ok(until(lambda: banner(m.port).startswith("220 ")), "and back")
with socket.create_server(("127.0.0.1", 0)) as busy:
    write(text + "O DaemonPortOptions=Name=Busy, Addr=127.0.0.1, Port=%d\n" % busy.getsockname()[1])
    hup(m)
    ok(until(lambda: "Address already in use" in m.log()), "a port that is in use is told")
    ok(until(lambda: banner(m.port).startswith("220 ")), "the others are served")
write(text)
hup(m)

# ---- maps and options
m.write("etc/table", "word found\n")
with open(m.path("etc/table")) as f:
    subprocess.check_call([os.path.join(OBJ, "makemap", "makemap"), "hash", m.path("etc/table")], stdin=f)
write(text + "Ktable hash %s\nSLocal_check_mail\nR$*\t$: $(table word $: lost $)\nR$*\t$#error $@ 5.7.1 $: \"550 \" $1\n" % m.path("etc/table"))
eq(hup(m), ["was loaded again"], "a map that was not there before")


def mail():
    s = m.smtp()
    s.ehlo("x")
    got = s.mail("a@there.test")
    s.quit()
    return b"found" in got[1]


ok(until(mail), "is asked")
write(text)

# ---- many at once
hup(m)
for _ in range(20):
    m.process.send_signal(signal.SIGHUP)
    time.sleep(0.02)
ok(until(lambda: banner(m.port).startswith("220 ")), "twenty signals in a row: it greets")
ok(until(lambda: len(roles(m)) == 10), "and has each role once") or diag("\n".join(roles(m)))
eq(m.send("a@there.test", ["after@here.test"], "Subject: x\n\nhello\n"), {}, "it takes mail")
eq(len(m.await_mail("after")), 1, "and delivers it")

# ---- mail that is on its way while the configuration changes
s = m.smtp()
s.ehlo("x")
s.mail("a@there.test")
s.rcpt("during@here.test")
s.putcmd("data")
s.getreply()
s.send(b"Subject: x\r\n\r\nfirst half\r\n")
write(text + "O SmtpGreetingMessage=$j THIRD\n")
hup(m)
ok(until(lambda: "THIRD" in banner(m.port)), "a reload in the middle of DATA")
s.send(b"second half\r\n.\r\n")
eq(s.getreply()[0], 250, "the message is taken")
like("".join(m.await_mail("during")), "first half\nsecond half", "and delivered whole")
s.quit()
m.stop()
like(m.log, "stopping daemon, reason=signal", "an orderly end")
done_testing()
