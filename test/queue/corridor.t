#!/usr/bin/env python3
"""A message goes all the way: to a local user, to the next host, and out of the queue."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink

sink = Sink()
m = Mta(smart_host=sink, aliases="team: ann, bob, x@there.test\n")
m.start()

m.send("a@client.test", ["ann@here.test"], "Subject: one\n\nhello\n.dot\n")
got = m.await_mail("ann")
eq(len(got), 1, "a local user gets the message")
like(got and got[0] or "", r"(?s)Received: from client\.test.*Subject: one\n\nhello\n\.dot\n$", "whole, with a Received: line")

m.send("a@client.test", ["far@there.test"], "Subject: two\n\nhello\n")
got = sink.wait(1)
eq([(g.sender, g.rcpts) for g in got], [("a@client.test", ["far@there.test"])], "the next host gets the message")

m.send("a@client.test", ["team@here.test"], "Subject: three\n\nhello\n")
eq(len(m.await_mail("ann", 2)), 2, "an alias leads to local users")
eq(len(m.await_mail("bob")), 1, "to each of them once")
eq(sink.wait(2)[1].rcpts, ["x@there.test"], "and to other hosts")
ok(m.await_queue(0) and m.await_queue(0, "df"), "nothing stays in the queue")

big = "Subject: big\n\n" + ("x" * 70 + "\n") * 5000
m.send("a@client.test", ["ann@here.test", "far@there.test"], big)
ok(len(sink.wait(3)) == 3 and sink.messages[2].data.replace(b"\r\n", b"\n").endswith(big[14:].encode()),
   "a long message arrives unharmed")
eq(len(m.await_mail("ann", 3)), 3, "at the local user, too")

log = m.log()
like(log, r"from=<a@client\.test>, size=\d+, class=0, nrcpts=1, .*proto=ESMTP, .*relay=", "the log says who sent")
like(log, r"to=<far@there\.test>, delay=00:00:0\d, xdelay=00:00:0\d, mailer=esmtp, pri=\d+, (?:why=[^,]*, )?relay=\[127\.0\.0\.1\].*, dsn=2\.0\.0, stat=Sent",
     "and what became of it")
m.stop()
done_testing()
