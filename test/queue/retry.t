#!/usr/bin/env python3
"""Deferred mail stays in the queue, is listed, warned about, tried again, and returned when its time is over."""
import os
import re
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink

sink = Sink()
sink.rules = [("RCPT.*<later", "451 4.3.0 come back later"), ("RCPT.*<never", "452 4.2.2 full")]
m = Mta(smart_host=sink, args=("-q1h",))
m.start()
m.send("a@client.test", ["later@there.test", "now@there.test"], "Subject: one\n\nhello\n")
eq(sink.wait(1)[0].rcpts, ["now@there.test"], "who can be delivered to is")
ok(m.await_log(r"to=<later@there\.test>.*dsn=4\.3\.0, reply=[^,]*.*, stat=Deferred: 451 4\.3\.0 come back later"), "the other one is deferred")
ok(m.await_queue(1), "and kept in a qf file")
qf = m.await_qf(r"(?m)^N1$")
ok("later@there.test" in qf and "now@there.test" not in qf, "without the one that was delivered")
like(qf, r"(?s)^V8\nT\d+\nK\d+\nN1\nP\d+\n(.*\n)?M.*come back later.*\nS<a@client\.test>\n.*\n\.\n$", "in sendmail's form")
code, out, err = m.command("-bp")
like(out, r"(?s)\t\t%s \(1 request\)\n-----Q-ID-----.*\n\w{14}  +6 .*<a@client\.test>\n +\(.*come back later\)\n\t\t\t\t\t <later@there\.test>\n"
     r"\t\tTotal requests: 1\n" % re.escape(m.path("queue")), "mailq lists it")
sink.rules = sink.rules[1:]
code, out, err = m.command("-q")
eq(code, 0, "-q beside the daemon ends well")
got = sink.wait(2)
eq(got[1].rcpts if len(got) > 1 else None, ["later@there.test"], "and delivers it")
ok(m.await_queue(0) and m.await_queue(0, "df"), "the queue is empty")
m.stop()

# warning, then return
sink.rules = [("RCPT.*<never", "452 4.2.2 full")]
m = Mta(smart_host=sink, args=("-q1s",), aliases="sender: sender-box\n",
        mc="define(`confTO_QUEUEWARN', `2s')\ndefine(`confTO_QUEUERETURN', `8s')\ndefine(`confMIN_QUEUE_AGE', `1s')\n")
m.start()
m.send("sender@here.test", ["never@there.test"], "Subject: slow\n\nhello\n")
got = m.await_mail("sender-box", 1)
eq(len(got), 1, "a warning comes")
like(got and got[0] or "", r"(?s)Subject: Warning: could not send message for past .*THIS IS A WARNING MESSAGE ONLY.*<never@there\.test>"
     r".*Action: delayed\nStatus: 4\.2\.2\n.*Will-Retry-Until:", "that says what it is")
got = m.await_mail("sender-box", 2)
eq(len(got), 2, "then the message comes back")
like(got[-1], r"(?s)Returned mail.*Message could not be delivered for 8 seconds.*Action: failed\nStatus: 4\.4\.7", "with the reason")
ok(m.await_queue(0), "and is gone from the queue")
eq(len(m.mail("sender-box")), 2, "one warning, one return")
m.stop()

# limits of urgent mail, and of the sender's own wish
m = Mta(smart_host=sink, args=("-q1s",), aliases="sender: sender-box\n",
        mc="define(`confTO_QUEUERETURN_URGENT', `2s')\ndefine(`confDELIVER_BY_MIN', `1s')\n")
m.start()
m.send("sender@here.test", ["never@there.test"], "Subject: patient\n\nhello\n")
m.send("sender@here.test", ["never@there.test"], "Subject: hurry\nPriority: urgent\n\nhello\n")
got = m.await_mail("sender-box", 1)
ok(len(got) == 1 and "Subject: hurry" in got[0], "Timeout.queuereturn.urgent is for mail with Priority: urgent")
m.send("sender@here.test", ["never@there.test"], "Subject: by\n\nhello\n", ["BY=2;R"])
got = m.await_mail("sender-box", 2)
ok(len(got) == 2 and "Subject: by" in got[1] and "Status: 5.4.7" in got[1], "BY= with R returns it when its time is over")
eq(len(m.queue()), 1, "other mail waits on")
m.stop()
done_testing()
