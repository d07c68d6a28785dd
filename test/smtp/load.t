#!/usr/bin/env python3
"""load: QueueLA, DelayLA, RefuseLA and their namesakes of a daemon, RejectLogInterval: what a busy machine does to sessions and mail."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

if sys.platform != "linux":
    skip("the load of this machine", "src/sendmail/faulty.c can say what it is on Linux only")
    done_testing()
    sys.exit(0)
own = port()
host = Host(mode="background", start_it=False, mc="""define(`confQUEUE_LA', `5')
define(`confQUEUE_FACTOR', `1')
define(`confDELAY_LA', `8')
define(`confREFUSE_LA', `11')
define(`confREJECT_LOG_INTERVAL', `1s')
define(`confLOG_LEVEL', `10')
DAEMON_OPTIONS(`Name=own, Addr=127.0.0.1, Port=%d, queueLA=30, delayLA=40, refuseLA=50')
""" % own)
host.set_load(0)
host.start()


def mail(subject, number=None):
    c = Talk(number or host.port)
    c.reply()
    for line in ("EHLO me.test", "MAIL FROM:<root@here.test>", "RCPT TO:<root@here.test>", "DATA"):
        c.cmd(line)
    r = c.cmd("Subject: %s\r\n\r\n." % subject)
    c.close()
    return (re.match(r"250 2\.0\.0 (\S+) ", r) or [r, r])[1]


def delivered(subject):
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with open(host.path("delivered")) as f:
            if "Subject: %s\n" % subject in f.read():
                return True
        time.sleep(0.05)
    return False


def noop(number):
    c = Talk(number)
    c.reply()
    c.cmd("EHLO me.test")
    begin = time.monotonic()
    r = c.cmd("NOOP")
    c.close()
    return time.monotonic() - begin if r == "250 2.0.0 OK" else r


def soon(test):
    """Each process looks at the load once a second."""
    end = time.monotonic() + 60
    while not test() and time.monotonic() < end:
        time.sleep(0.1)


mail("idle")
ok(delivered("idle"), "an idle machine delivers at once")
ok(noop(host.port) < 0.9, "... and answers at once")

host.set_load(6)
sent = []


def queued():
    sent.append(mail("busy"))
    m = host.await_log(r"%s: .*stat=(queued|Sent)" % sent[-1])
    return m and m.group(1) == "queued"


soon(queued)
ident = sent[-1]
ok(host.await_log(r"%s: .*stat=queued" % ident), "QueueLA: mail is only queued, and the log says so")
mail("busy-own", own)
ok(delivered("busy-own"), "... queueLA= of a daemon counts more: its mail goes out")
ok(ident in host.queue(), "... the other waits still")

host.set_load(9)
soon(lambda: noop(host.port) >= 0.9)
ok(noop(host.port) >= 0.9, "DelayLA: each command waits a second")
ok(noop(own) < 0.9, "... delayLA= of a daemon counts more")

host.set_load(11)
end = time.monotonic() + 30
while Talk(host.port).reply().startswith("220") and time.monotonic() < end:
    time.sleep(0.1)
c = Talk(host.port)
eq(c.reply(), "421 4.3.2 system load is too high, try again later", "RefuseLA: nobody comes in")
ok(c.closed(), "... and it is closed")
ok(host.await_log(r"rejecting connections on daemon MTA: load average: 11$"), "... the log tells once")
like(Talk(own).reply(), "^220 ", "... refuseLA= of a daemon counts more")
end = time.monotonic() + 30
again = r"have been rejecting connections on daemon MTA for 0\+00:00:\d\d$"
while not re.search(again, host.log(), re.M) and time.monotonic() < end:
    Talk(host.port).reply()
    time.sleep(0.1)
like(host.log(), "(?m)" + again, "RejectLogInterval: and again when so much time has passed")
eq(len(re.findall("rejecting connections on daemon MTA: load", host.log())), 1, "... not for each connection")

host.set_load(0)
end = time.monotonic() + 30
while not Talk(host.port).reply().startswith("220") and time.monotonic() < end:
    time.sleep(0.1)
ok(host.await_log("accepting connections again for daemon MTA"), "an idle machine takes connections again, and says so")
host.set_load(60)
end = time.monotonic() + 30
while Talk(own).reply().startswith("220") and time.monotonic() < end:
    time.sleep(0.1)
ok(host.await_log(r"rejecting connections on daemon own: load average: 60$"), "refuseLA= of a daemon")
host.set_load(0)
host.stop()
done_testing()
