#!/usr/bin/env python3
"""SIGHUP with another StatusFile and HostStatusDirectory: they are in use a moment later, without a restart by hand, and no mail is lost over it."""
import os
import re
import signal
import smtplib
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink

sink = Sink()
m = Mta(smart_host=sink)
m.start()
m.send("a@client.test", ["one@there.test"], "Subject: 1\n\nx\n")
sink.wait(1)
stats, hosts = m.path("queue/statistics"), m.path("queue/.hosts")
os.mkdir(hosts, 0o700)
with open(stats, "w"):
    pass
with open(m.cf) as f:
    cf = f.read()
with open(m.cf, "w") as f:
    f.write(re.sub(r"(?m)^#?O (StatusFile|HostStatusDirectory)=?.*\n", "", cf).replace(
        "\nO QueueDirectory", "\nO StatusFile=%s\nO HostStatusDirectory=%s\nO QueueDirectory" % (stats, hosts), 1))
m.process.send_signal(signal.SIGHUP)
ok(m.await_log(r"StatusFile or HostStatusDirectory has changed"), "the change is seen")
ok(m.await_log(r"(?s)has changed.*role spool is ready"), "another process takes over")
sent, end = 1, time.monotonic() + 60
while (os.path.getsize(stats) == 0 or not os.listdir(hosts)) and time.monotonic() < end:
    try:
        m.send("a@client.test", ["n%d@there.test" % sent], "Subject: n\n\nx\n")
        sent += 1
    except (OSError, smtplib.SMTPException):
        pass
    time.sleep(0.2)
ok(os.path.getsize(stats) > 0, "the statistics are written")
ok(os.listdir(hosts) != [], "so is what is known of hosts")
eq(len(sink.wait(sent)), sent, "all mail arrived (%d)" % sent)
m.stop()
done_testing()
