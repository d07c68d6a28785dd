#!/usr/bin/env python3
"""The user database: maildrop of recipients, mailname of senders, mailer flags @ i j; names that lead back to themselves."""
import os
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *

D = TMP
SENDMAIL, MAKEMAP = os.path.join(OBJ, "sendmail", "sendmail"), os.path.join(OBJ, "makemap", "makemap")
USER = "nobody"
os.chmod(D, 0o755)
os.makedirs(D + "/out")
os.chmod(D + "/out", 0o777)
os.mkdir(D + "/q", 0o700)
with open(D + "/dump", "w") as f:
    f.write('#!/bin/sh\no=$(mktemp %s/out/XXXXXX)\n{ echo "$*"; cat; } >$o.tmp && mv $o.tmp $o.mail\n' % D)
os.chmod(D + "/dump", 0o755)
ROWS = """joe:mailname Joe.Doe
joe:maildrop joe@drop.test
joe@here.test:mailname full.key
ann:maildrop ann@drop.test
:default:mailname outside.test
:default:maildrop never@used.test
list:maildrop a@x.test
list:maildrop b@y.test, c@x.test
list:mailsender list-request@here.test
self:maildrop self2
al:maildrop unused@x.test
al2:maildrop al2@x.test
"""
subprocess.run([MAKEMAP, "-f", "-d", "btree", D + "/udb"], input=ROWS, text=True, check=True)
ALIASES = "al: other@al.test\nal2: al2\nloop1: loop2\nloop2: %s\n%s: loop1\nbad1: bad2\nbad2: bad1\nuser5: user5\n" % (USER, USER)
with open(D + "/aliases", "w") as f:
    f.write(ALIASES)


def conf(name, local="A@", out=""):
    path = "%s/%s.cf" % (D, name)
    with open(path, "w") as f:
        f.write("V10/Berkeley\nDjhere.test\nDmtest\nO DontProbeInterfaces=true\nO OperatorChars=.:%%@!^/[]+\nO QueueDirectory=%(D)s/q\n"
                "O DontBlameSendmail=MapInUnsafeDirPath,GroupWritableDirPathSafe\nO LogLevel=9\nO QueueLA=1000\nO RefuseLA=1000\n"
                "O UserDatabaseSpec=%(D)s/none, %(D)s/udb\nO AliasFile=stab:%(D)s/aliases\nO DeliveryMode=interactive\nO ForwardPath=\nO DoubleBounceAddress=\n"
                "Troot\nHReceived: x; $b\nH?F?From: <$g>\nCwlocalhost here.test\n"
                "SCanonify=3\nR<>\t$@ <@>\nR$*<$*>$*\t$2\nSParse=0\nR<@>\t$#local $: <@>\nR$*@$=w\t$#local $: $1\nRat.$+\t$#local $: @ $1\n"
                "R$*@$+\t$#out $@ $2 $: $1@$2\nR$+\t$#local $: $1\nSfinal=4\nR<@>\t$@\n"
                "Slocaladdr=5\nRuser5\t$#out $@ five.test $: five@five.test\n"
                "Mlocal, P=%(D)s/dump, F=lsDFMmw5:/|%(local)s, A=dump local $f $u\nMprog, P=/bin/sh, F=lsD, A=sh -c $u\n"
                "Mout, P=%(D)s/dump, F=DFMm%(out)s, A=dump out $f $u\n" % {"D": D, "local": local, "out": out})
    return path


def send(cf, sender, *rcpts, head="", code=0, want=1):
    """Files that mailers got: {first line: rest}"""
    p = subprocess.run([SENDMAIL, "-C", cf, "-f", sender, "-odi"] + list(rcpts), input="%sSubject: t\n\nhi\n" % head, text=True, capture_output=True, timeout=60,
                       env=dict(os.environ, ANGARIUM_LOG="stderr"))
    got = {}
    end = time.time() + 30
    while True:
        for name in os.listdir(D + "/out"):
            if name.endswith(".mail"):
                with open(os.path.join(D, "out", name)) as f:
                    line, rest = f.read().split("\n", 1)
                got[line] = rest
                os.unlink(os.path.join(D, "out", name))
        if len(got) >= want or time.time() > end:
            break
        time.sleep(0.01)
    send.said = p.stdout + p.stderr
    if p.returncode != code:
        diag("exit %d: %s" % (p.returncode, send.said))
    return got


def field(mail, name):
    return [l[len(name) + 2:] for l in mail.split("\n\n")[0].split("\n") if l.startswith(name + ": ")]


def first(mail):
    return mail.split("\n")[0].split("  ")[0]


plain, ij = conf("plain"), conf("ij", out="ij")
got = send(plain, "none", "ann", "list", "al", "al2", "q@far.test", "JOE", want=6)
eq(sorted(got), sorted(["out none ann@drop.test joe@drop.test", "out list-request@here.test a@x.test c@x.test", "out list-request@here.test b@y.test",
                        "out none other@al.test", "out none al2@x.test", "out none q@far.test"]),
   "maildrop: all its values, in any case, with mailsender as the sender; an alias comes first, one that names itself does not end the search")
send(plain, "none", "at.ann", code=67, want=0)
like(send.said, "to=at.ann.*User unknown", "... a user with @ in front is not looked for")
got = send(plain, "none", USER, "user5", want=2)
eq(sorted(got), sorted(["local none " + USER, "out none five@five.test"]),
   "names that lead to each other: a real user among them gets the message; after an alias that names itself ruleset 5 has its say")
send(plain, "none", "bad1", code=67, want=0)
like(send.said, "to=bad1.*loop broken", "... nobody real: a loop")
send(conf("noflag", local="A"), "none", "ann", code=67, want=0)
like(send.said, "to=ann.*User unknown", "without mailer flag @ the data base is not asked")

got = send(plain, "joe", "q@far.test")
eq([(k, first(v), field(v, "From")) for k, v in got.items()], [("out Joe.Doe q@far.test", "From joe", ["<Joe.Doe>"])],
   "mailname: $f and a new From: have it, $g has it not")
got = send(ij, "joe@here.test", "q@far.test", head="From: joe\nTo: joe, Joe D <joe>, ann, x@y\nCc: joe@here.test, ann (a)\n")
eq([(k, first(v), field(v, "From"), field(v, "To"), field(v, "Cc")) for k, v in got.items()],
   [("out Joe.Doe q@far.test", "From Joe.Doe", ["joe"], ["Joe.Doe, Joe D <joe>, ann@outside.test, x@y"], ["full.key, ann (a)"])],
   "F=i: the mailer is given it as the sender; F=j: recipients of the header that are known as they stand")
got = send(ij, "ann", "q@far.test")
eq([first(v) for v in got.values()], ["From ann@outside.test"], "a maildrop and :default:mailname")
got = send(ij, "none", "q@far.test")
eq([first(v) for v in got.values()], ["From none"], "who is not in it keeps his name")
with open(D + "/udb.db", "r+b") as f:
    f.truncate(700)
got = send(ij, "joe", "q@far.test", USER, want=0)
ok(got == {} and len([n for n in os.listdir(D + "/q") if n.startswith("qf")]) > 0, "a damaged data base: nothing is sent under a wrong name, the message waits") or diag(got, send.said)
with open(D + "/udb", "w") as f:
    f.write(ROWS)
os.utime(D + "/udb.db", (1000000000, 1000000000))
p = subprocess.run([SENDMAIL, "-bC", plain], text=True, capture_output=True, timeout=60)
like(p.stdout + p.stderr, "map userdb.1: .*/udb is newer than .*/udb.db: run makemap", "-bC: a stale data base is told")
done_testing()
