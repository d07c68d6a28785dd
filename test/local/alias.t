#!/usr/bin/env python3
"""Aliases, owner-, :include:, programs, files, .forward, backslash, duplicates and loops."""
import os
import pwd
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink

sink = Sink()
sink.rules = [("RCPT.*<bad", "550 5.1.1 no such user")]
m = Mta(smart_host=sink, local_flags="+o")
me = pwd.getpwuid(os.getuid())
with open("/etc/shells") as f:
    shells = [line.strip() for line in f]
ordinary = [p.pw_name for p in pwd.getpwall() if p.pw_uid != 0 and p.pw_shell in shells]
user = me.pw_name if me.pw_uid != 0 else (ordinary + ["nobody"])[0]
uid = pwd.getpwnam(user).pw_uid
out = m.path("out")
os.mkdir(out)
os.chmod(out, 0o1777)
m.write("list", "# members\nx1@there.test, x2@there.test\nx1@there.test\n")
m.newaliases("""postmaster: %(u)s
MAILER-DAEMON: postmaster
both: x1@there.test, %(u)s, both2
both2: %(u)s, x1@there.test, X2@there.test
prog: "|cat > %(o)s/prog.$$; mv %(o)s/prog.$$ %(o)s/prog"
file: %(o)s/file.mbox
inc: :include:%(d)s/list
lst: x3@there.test, bad3@there.test
owner-lst: owner-box@there.test
loop: loop2
loop2: loop
nest: nest2, x6@there.test
nest2: nest, x7@there.test
self: self, x4@there.test
%(u)s-x: \\%(u)s
deep1: deep2
deep2: deep3
deep3: deep4
deep4: deep5
deep5: deep6
deep6: deep7
deep7: deep8
deep8: deep9
deep9: deep10
deep10: deep11
deep11: deep12
deep12: x5@there.test
fails: "|exit 67"
temps: "|exit 75"
says: "|echo no luck today; exit 69"
""" % dict(u=user, o=out, d=m.dir))
m.start()


def await_file(name, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end and not (os.path.exists(name) and os.path.getsize(name)):
        time.sleep(0.05)
    return open(name).read() if os.path.exists(name) else ""


def send(to, n=[0], **kw):
    n[0] += 1
    m.send(kw.get("sender", "s@client.test"), [to + "@here.test"], "Subject: to %s %d\n\ntext %d\n" % (to, n[0], n[0]))


send("both")
got = sink.wait(1)
eq(sorted(got[0].rcpts), ["X2@there.test", "x1@there.test"], "nested aliases, each address once")
eq(len(m.await_mail(user)), 1, "the local user once, too")
send("prog")
like(await_file(out + "/prog"), r"(?s)Subject: to prog.*\n\ntext 2\n", "a program gets the message")
send("file")
like(await_file(out + "/file.mbox"), r"(?s)^From s@client\.test .*\nSubject: to file.*\n\ntext 3\n", "a file gets it, with a From_ line")
send("file")
ok(m.await_queue(0) and open(out + "/file.mbox").read().count("\nFrom s@client.test ") == 1, "and the next behind it")
send("inc")
eq(sorted(sink.wait(2)[1].rcpts), ["x1@there.test", "x2@there.test"], ":include: reads a list")
send("lst")
got = sink.wait(4)
eq([(g.sender, g.rcpts) for g in got[2:4]], [("owner-box@there.test", ["x3@there.test"]), ("", ["owner-box@there.test"])],
   "a list with an owner is sent in the owner's name, who gets the reports")
ok(m.await_queue(0), "nothing of it stays")
for what, octets in ("empty", b""), ("noise", b"garbage " * 1024):
    with open(m.path("etc/aliases.db"), "wb") as f:
        f.write(octets)
    n = len(sink.messages)
    send("nest")
    eq(sorted(sink.wait(n + 1)[-1].rcpts), ["x6@there.test", "x7@there.test"], "an aliases.db that is no database (%s): the text has the aliases" % what)
    like(m.command("-bv", "nest")[1], r"x6@there\.test\.\.\. deliverable", "... for -bv, too")
ok(m.await_log(r"aliases\.db is no alias database; reading text version"), "... in the log, too")
os.unlink(m.path("etc/aliases.db"))
m.newaliases()
n = len(sink.messages)
send("nest")
got = sink.wait(n + 1)
eq(sorted(got[-1].rcpts), ["x6@there.test", "x7@there.test"], "lists that name each other: the others in them get it")
ok(m.await_queue(0) and "loop broken" not in m.log(), "and nobody hears of a loop")
code, said = m.command("-bv", "loop")[:2]
ok(code == 64 and "aliasing/forwarding loop broken" in said, "-bv tells of a loop, and its exit code is EX_USAGE") or diag((code, said))
n = len(sink.messages)
send("loop")
ok(m.await_log(r"to=.*loop.*dsn=5\.4\.6.*aliasing/forwarding loop broken"), "a loop is broken")
send("self")
sink.wait(n + 3)
ok(any(g.rcpts == ["x4@there.test"] for g in sink.messages[n:]), "a name in its own list is a mailbox")
like(m.log, r"to=.*self.*(User unknown|Sent)", "and is looked at as such")
send("deep1")
ok(m.await_log(r"aliases deep; 10 max"), "too many levels end")
send(user + "-x")
eq(len(m.await_mail(user, 2)), 2, "a backslash leads to the mailbox")
send("fails")
ok(m.await_log(r'to="?\|exit 67.*dsn=5\.1\.1, stat=User unknown'), "a program's exit code 67 is an unknown user")
send("says")
ok(m.await_log(r"no luck today|stat=.*[Ss]ervice unavailable"), "69 is unavailable")
send("temps")
ok(m.await_log(r'to="?\|exit 75.*dsn=4\.\d\.\d, stat=Deferred'), "75 is tried again")
ok(m.await_queue(1), "and queued")
like(m.await_qf(r"(?m)^N1$"), r'(?s)\nC\S*temps\n.*\nR\w*:"\|exit 75"\n', "with its alias on a C line")

if me.pw_uid == 0:
    home = m.path("home/" + user)
    os.mkdir(home)
    os.chown(home, uid, -1)
    fwd = home + "/.forward"
    with open(fwd, "w") as f:
        f.write('\\%s, fwd@there.test, "|id -un > %s/who.new; pwd -P >> %s/who.new; cat >> %s/who.new; mv %s/who.new %s/who"\n' % (user, out, out, out, out, out))
    os.chown(fwd, uid, -1)
    os.chmod(fwd, 0o600)
    k = len(m.mail(user))
    send(user)
    if ordinary:
        like(await_file(out + "/who"), r"(?s)^%s\n%s\n.*Subject: to " % (user, os.path.realpath(pwd.getpwnam(user).pw_dir)), ".forward: its program runs as its owner, in his home")
        ok(m.await_log(r'to="\|id -un [^\n]*, ctladdr=<%s@here\.test> \(%d/' % (user, uid)), "... whose address is in the log as it was given")
    else:
        ok(m.await_log(r"dsn=5\.7\.1, stat=User %s@\S+ doesn't have a valid shell for mailing to programs" % user), ".forward: users without a shell have no programs")
    sink.wait(len(sink.messages))
    eq(len(m.await_mail(user, k + 1)), k + 1, "the mailbox named by itself gets a copy")
    end = time.monotonic() + 10
    while time.monotonic() < end and not any(g.rcpts == ["fwd@there.test"] for g in sink.messages):
        time.sleep(0.05)
    ok(any(g.rcpts == ["fwd@there.test"] for g in sink.messages), "and so does the other address")
    os.chmod(fwd, 0o666)
    send(user)
    ok(m.await_log(r"forward .*: not used: .*world writable"), "a .forward that everybody may write is not used")
    eq(len(m.await_mail(user, k + 2)), k + 2, "the mailbox gets the message then")
    os.chmod(fwd, 0o600)
    for i, text in enumerate(("", "# nothing\n", " \n,\n")):
        with open(fwd, "w") as f:
            f.write(text)
        send(user)
        eq(len(m.await_mail(user, k + 3 + i)), k + 3 + i, "... and where nobody is in it (%r)" % text)
else:
    for what in ("empty", "a comment", "blanks","program as owner", "own mailbox", "other address", "unsafe .forward", "then the mailbox"):
        skip(".forward: " + what, "that of another user needs root")
m.stop()
done_testing()
