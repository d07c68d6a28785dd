#!/usr/bin/env python3
"""SingleLineFromHeader: a From: of several lines is written in one, as sendmail 8.17 does it."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta

TEXT = 'From: "A\n B" <a@there.test>\nSubject: two\n\tlines\n\nhello\n'
for option, want in (("True", '(?m)^From: "A  B" <a@there\\.test>$'), ("False", '(?m)^From: "A\\n B" <a@there\\.test>$')):
    m = Mta(mc="define(`confSINGLE_LINE_FROM_HEADER', `%s')\n" % option)
    m.start()
    m.send("a@there.test", ["one@here.test"], TEXT)
    got = "".join(m.await_mail("one"))
    like(got, want, option)
    like(got, r"Subject: two\n\tlines\n", "other headers stay as they were")
    m.stop()
done_testing()
