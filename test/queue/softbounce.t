#!/usr/bin/env python3
"""SoftBounce: nothing is refused or returned for good."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink

sink = Sink()
sink.rules = [("(?i)RCPT TO:<no", "550 5.1.1 nobody")]
m = Mta(mc="define(`confSOFT_BOUNCE', `True')\n", smart_host=sink)
m.start()
s = m.smtp()
s.ehlo("x")
eq(s.docmd("NONESUCH")[0], 400, "an unknown command: 400")
eq(s.docmd("RCPT TO:<x@here.test>")[0], 403, "an odd order: 403")
s.quit()
m.send("a@there.test", ["no@far.test", "yes@far.test"], "Subject: x\n\nhello\n")
eq([x.rcpts for x in sink.wait(1)], [["yes@far.test"]], "one recipient is delivered")
ok(m.await_log(r"to=<no@far\.test>, .*dsn=4\.1\.1, reply=[^,]*.*, stat=Deferred: "), "the other is put off, though the host refused it for good")
ok(m.await_queue(1), "and stays in the queue")
like(m.await_qf(r"(?m)^M"), r"(?m)^MDeferred: User unknown", "with the reason")
eq(len(sink.wait(1)), 1, "nobody gets a report")
m.stop()
done_testing()
