#!/usr/bin/env python3
"""Maps in a running daemon: what a session asks goes through role lookup; a failure is temporary (4xx), never a wrong answer."""
import os
import subprocess
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta
from socketmap import SocketMap

access, virt, alias = SocketMap(), SocketMap(), SocketMap()
access.answers.update({"bad.test": "OK REJECT", "slow.test": None, "sick.test": "TEMP out of order"})
virt.answers.update({"info@virt.test": "OK box", "sick@virt.test": "TEMP no", "@other.test": "OK %1-other@here.test"})
alias.answers.update({"sales": "OK box, box2", "ill": "TEMP ill"})
m = Mta(mc="""FEATURE(`access_db', `socket -d2 -T<TMPF> %s')
FEATURE(`virtusertable', `socket -d2 %s')
VIRTUSER_DOMAIN(`virt.test other.test')
define(`ALIAS_FILE', `socket:-d2 %s, ' ALIAS_FILE)
define(`confUSERDB_SPEC', `%s/udb')
LOCAL_CONFIG
Kstale hash %s/stale
""" % (access.place, virt.place, alias.place, "@DIR@", "@DIR@"))
cf = open(m.cf).read().replace("@DIR@", m.path("etc"))
open(m.cf, "w").write(cf)
m.write("etc/stale", "k v\n")
subprocess.run([os.path.join(OBJ, "makemap", "makemap"), "hash", m.path("etc/stale")], input="k v\n", text=True, check=True)
os.utime(m.path("etc/stale.db"), (1000000000, 1000000000))
subprocess.run([os.path.join(OBJ, "makemap", "makemap"), "-d", "btree", m.path("etc/udb")], text=True, check=True,
               input="mike:maildrop box3\nmike:maildrop mike-2\nsales:maildrop wrong\n")
m.start()
ok(m.await_log("map stale: .*/etc/stale is newer than .*/etc/stale.db: run makemap"), "a map whose text is newer is told at the start")


def session(sender, *rcpts):
    c = m.smtp()
    c.ehlo("me")
    codes = [c.mail(sender)[0]]
    codes += [c.rcpt(r)[0] for r in rcpts]
    c.rset()
    c.close()
    return codes


eq(session("a@good.test", "box@here.test", "info@virt.test"), [250, 250, 250], "access and virtusertable over a socket")
eq(session("a@bad.test", "box@here.test")[0], 550, "... REJECT is 5xx")
code = session("a@sick.test", "box@here.test")
ok(451 in code, "... an access map that is out of order is 451: %r" % code)
t = time.monotonic()
code = session("a@slow.test", "box@here.test")
ok(451 in code and time.monotonic() - t < 60, "... so is one that does not answer: %r" % code)
m.send("a@good.test", ["sick@virt.test"], "Subject: x\n\nkept\n")
ok(m.await_queue(1), "a virtusertable that is out of order: the message is kept")
eq(session("a@good.test", "sales@here.test"), [250, 250], "aliases over a socket")
m.send("a@good.test", ["sales@here.test", "joe@other.test"], "Subject: x\n\nhello\n")
ok(m.await_mail("box") and m.await_mail("box2"), "... a message goes to what the alias names")
ok(m.await_mail("joe-other"), "... and to what virtusertable makes of it")
m.send("a@good.test", ["mike@here.test"], "Subject: x\n\nhello\n")
ok(m.await_mail("box3") and m.await_mail("mike-2"), "a user's maildrop of the user database, where there is no alias")
eq(session("a@good.test", "ill@here.test")[1] // 100, 4, "... an alias map that is out of order is 4xx")
eq([f for f in os.listdir(m.path("mail")) if f.startswith("sick")], [], "... and the kept message went nowhere")
virt.answers["sick@virt.test"] = "OK well"
m.command("-q")
ok(m.await_mail("well"), "... until the map is well again")
n = access.connections
for _ in range(3):
    session("a@good.test", "box@here.test")
ok(access.connections <= n + 3, "connections are kept")
m.stop()
done_testing()
