#!/usr/bin/env python3
"""{mail_from}: the configuration that Debian makes hands it to checkmail at RCPT; without it every recipient was refused."""
import os
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *

os.mkdir(os.path.join(TMP, "q"), 0o700)
with open(os.path.join(TMP, "a.cf"), "w") as f:
    f.write("""V10/Berkeley
O QueueDirectory=%s/q
O DontBlameSendmail=GroupWritableDirPathSafe,TrustStickyBit
O OperatorChars=.:%%@!^/[]+
O AliasFile=
O DontProbeInterfaces=True
Cwhere.test
Djmail.here.test
Troot daemon
Mlocal, P=/bin/true, F=lsDFMAw5:/|@, A=x $u
Mprog, P=/bin/true, F=lsDFMeu, A=x $u
Mesmtp, P=[IPC], F=mDFMuXa, A=TCP $h
Scanonify=3
R$* < $* > $*\t$2
R$+ @ $+\t$: $1 < @ $2 >
Sparse=0
R< >\t$#local $: < >
R$+ < @ $=w >\t$#local $: $1
R$+ < @ $+ >\t$#esmtp $@ $2 $: $1 < @ $2 >
R$*\t$#local $: $1
Scheck_rcpt
R$*\t$#error $@ 5.1.1 $: "550 from " $&{mail_from}
""" % TMP)
p = subprocess.Popen([os.path.join(OBJ, "sendmail", "sendmail"), "-bs", "-Am", "-C", os.path.join(TMP, "a.cf")],
                     stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def reply(command=None):
    if command is not None:
        p.stdin.write((command + "\r\n").encode())
        p.stdin.flush()
    while True:
        line = p.stdout.readline().decode().rstrip()
        if line[3:4] != "-":
            return line


reply()
reply("EHLO there.test")
for mail in "<Joe+d@A.test>", "<>", "<root>", "u@d.test":
    like(reply("MAIL FROM:%s SIZE=100" % mail), "^250 ", "MAIL FROM:" + mail)
    eq(reply("RCPT TO:<u@here.test>"), "550 5.1.1 <u@here.test>... from " + mail, "... is known at RCPT as it was given")
    reply("RSET")
reply("QUIT")
p.wait(30)
done_testing()
