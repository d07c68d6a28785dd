#!/usr/bin/env python3
"""qtool: messages are moved, deleted and bounced; locked ones are left alone; Timeout.queuereturn=now."""
import fcntl
import os
import re
import subprocess
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap
from tap import *
from mta import Mta, Sink

QTOOL = os.path.join(tap.OBJ, "qtool", "qtool")
sink = Sink()
m = Mta(smart_host=sink)
other = m.path("other")
os.mkdir(other, 0o700)
now = int(time.time())


def put(id_, sender="s@client.test", rcpt="r@red.test", kind="qf", extra="", age=100):
    text = "V8\nT%d\nK%d\nN1\nP30000\n%sS<%s>\nRPFD:<%s>\nH??Subject: %s\n.\n" % (now - age, now - 50, extra, sender, rcpt, id_)
    for k, t in ((kind, text), ("df", "x\n")):
        with open(m.path("queue/" + k + id_), "w") as f:
            f.write(t)
        os.chmod(m.path("queue/" + k + id_), 0o600)


def qtool(*argv):
    r = subprocess.run([QTOOL] + list(argv), capture_output=True, text=True, timeout=60,
                       env=dict(os.environ, QTOOL_SENDMAIL=os.path.join(tap.OBJ, "sendmail", "sendmail"), ANGARIUM_LOG="stderr"))
    return r.returncode, r.stdout, r.stderr


def files(d):
    return sorted(f for f in os.listdir(d) if re.match(r"[a-zA-Z]f", f))


q = m.path("queue")
for i in range(5):
    put("6AMaaaaaa0000%d" % i, sender="s%d@client.test" % i)
put("6AMaaaaaa00009", kind="hf", extra="qvirus\n")
before = open(q + "/qf6AMaaaaaa00001").read()
code, out, err = qtool("-v", other, q + "/qf6AMaaaaaa00001", q + "/6AMaaaaaa00002")
eq((code, out), (0, "6AMaaaaaa00001: moved\n6AMaaaaaa00002: moved\n"), "messages are moved")
eq(files(other), ["df6AMaaaaaa00001", "df6AMaaaaaa00002", "qf6AMaaaaaa00001", "qf6AMaaaaaa00002"], "whole")
ok(open(other + "/qf6AMaaaaaa00001").read() == before and "qf6AMaaaaaa00001" not in files(q), "as they were, and away from the old place")
with open(q + "/qf6AMaaaaaa00003") as f:
    fcntl.flock(f, fcntl.LOCK_EX)
    code, out, err = qtool("-d", "-v", "-S", "S3@", q)
    ok(code == 75 and "6AMaaaaaa00003: locked" in err and "qf6AMaaaaaa00003" in files(q), "a locked one is left alone")
code, out, err = qtool("-d", "-n", q)
ok(code == 0 and out.count("would be deleted") == 3 and len(files(q)) == 8, "-n does nothing")
code, out, err = qtool("-d", "-S", "S3@", q)
eq((code, [x for x in files(q) if "00003" in x]), (0, []), "one is deleted, by its sender")
code, out, err = qtool("-d", "-s", "100000", q)
eq((code, len(files(q))), (0, 6), "-s: none is that old")

# -e
put("6AMbbbbbb00001", rcpt="one@expr.test", extra="FwS8\n", age=500)
put("6AMbbbbbb00002", rcpt="two@expr.test>\nRPFD:<three@other.test", extra="${daemon_name}MTA\n$_localhost\n")
with open(q + "/qf6AMbbbbbb00002", "a+") as f:
    f.seek(0)
    t = f.read().replace("H??Subject: 6AMbbbbbb00002\n", "H??Subject: it's\n\t\"folded\" %s $x @y\nH??Received: a\nH??Received: b\n")
    f.truncate(0)
    f.write(t)


def wanted(expression):
    code, out, err = qtool("-d", "-n", "-e", expression, q)
    return code, sorted(line[:14] for line in out.splitlines() if line.startswith("6AMbbbbbb")), err


b = ["6AMbbbbbb00001", "6AMbbbbbb00002"]
eq(wanted("grep { /expr\\.test/ } @{$msg{recipient}}"), (0, b, ""), "-e: by recipient")
eq(wanted("@{$msg{recipient}} == 2 && $msg{recipient}[1] eq 'PFD:<three@other.test>'")[1], b[1:], "recipients are an array with their flags")
eq(wanted("$msg{sender} =~ /s\\@client/ && $msg{creation_time} < time - 300")[1], b[:1], "sender and times")
eq(wanted("grep { $_ eq 'w' } @{$msg{flags}}")[1], b[:1], "flags")
eq(wanted("$msg{headers}{Subject} eq qq{it's\\n\\t\"folded\" %s \\$x \\@y}")[1], b[1:], "a header field, whatever is in it")
eq(wanted("ref $msg{headers}{Received} && $msg{headers}{Received}[1] eq 'b'")[1], b[1:], "one that occurs twice is an array")
eq(wanted("ref $msg{macro} && $msg{macro}[0] eq '{daemon_name}MTA'")[1], b[1:], "macros")
eq(wanted("$msg{num_delivery_attempts} == 1 && $msg{priority} == 30000 && $msg{version} == 8 && $msg{body_size} == 2 "
          "&& $msg{control_size} > 50 && $msg{data_file_name} =~ /^df6AMbbbbbb/ && time - $msg{body_last_mod_time} < 600")[1], b, "numbers and files")
eq(wanted("0")[:2], (0, []), "false: none")
code, out, err = wanted("die 'no'")
ok(code == 69 and out == [] and "-e: no at" in err, "an expression that breaks down takes none")
code, out, err = wanted("1 +")
ok(code == 64 and "-e: " in err, "one that is none is refused")
code, out, err = qtool("-v", "-e", "$msg{recipient}[0] =~ /one/", other, q)
eq((code, out), (0, "6AMbbbbbb00001: moved\n"), "a message is moved by an expression")
qtool("-d", "-e", "grep { /expr/ } @{$msg{recipient}}", q, other)
ok(not any("bbbbbb" in f for f in files(q) + files(other)), "and deleted by one")
code, out, err = qtool("-Q", other, q)
ok(code == 0 and "hf6AMaaaaaa00009" in files(other) and len(files(q)) == 4, "-Q: the quarantined")
code, out, err = qtool(other, q + "/6AMaaaaaa77777")
ok(code == 69 and "no such message" in err, "what is not there is said")
code, out, err = qtool(q, q)
ok(code == 69 and "target" in err, "a directory into itself")
eq((qtool()[0], qtool(other)[0], qtool("-d")[0]), (64, 64, 64), "wrong calls")

# content in another directory, and directories with folders of their own for qf and df
split, lone = m.path("split"), m.path("lone")
for d in (split, split + "/qf", split + "/df", lone):
    os.mkdir(d, 0o700)


def away(id_, name, folder):
    put(id_, extra="d%s\n" % name)
    os.rename(q + "/df" + id_, folder + "/df" + id_)


away("6AMcccccc00001", "lone", lone)
away("6AMcccccc00002", lone, lone)
away("6AMcccccc00003", split, split + "/df")
away("6AMcccccc00004", "nowhere", lone)
away("6AMcccccc00005", "lone", lone)
out = m.command("-bp")[1]
ok(re.search(r"(?m)^6AMcccccc00001 +2 ", out) and re.search(r"(?m)^6AMcccccc00003 +2 ", out), "mailq finds it, too")
code, out, err = qtool("-v", "-e", "$msg{body_size} == 2", split, q + "/6AMcccccc00001", q + "/6AMcccccc00002", q + "/6AMcccccc00003")
eq((code, out.count("moved")), (0, 3), "content in another directory is found: moved to one with folders")
eq((files(split + "/qf"), files(split + "/df")), (["qf6AMcccccc0000%d" % i for i in (1, 2, 3)], ["df6AMcccccc0000%d" % i for i in (1, 2, 3)]), "each where it belongs")
ok(not any(re.search(r"(?m)^d", open(split + "/qf/" + f).read()) for f in files(split + "/qf")), "nothing names the old place any more")
eq(files(lone), ["df6AMcccccc00004", "df6AMcccccc00005"], "and nothing is left there")
code, out, err = qtool(other, q + "/6AMcccccc00004")
ok(code == 69 and "nowhere" in err and "qf6AMcccccc00004" in files(q), "one without its content stays, and is named")
code, out, err = qtool("-d", q + "/6AMcccccc00004", q + "/6AMcccccc00005")
eq((code, [f for f in files(q) if "ccc" in f], files(lone)), (0, [], ["df6AMcccccc00004"]), "-d: both files go")
code, out, err = qtool("-v", q, split)
eq((code, out.count("moved"), files(split + "/qf"), files(split + "/df")), (0, 3, [], []), "and out of folders")
qtool("-d", "-e", "$msg{data_file_name} =~ /ccc/", q)

n = len(sink.messages)
code, out, err = qtool("-b", "-C", m.cf, q + "/6AMaaaaaa00000")
got = sink.wait(n + 1)
eq(code, 0, "-b")
ok(len(got) == n + 1 and got[n].rcpts == ["s0@client.test"] and b"Action: failed" in got[n].data and b"Status: 4.4.7" in got[n].data and
   b"could not be delivered for too long" in got[n].data, "reports to the sender")
eq([r for g in got for r in g.rcpts if r == "r@red.test"], [], "and tries nobody")
eq(files(q), ["df6AMaaaaaa00004", "qf6AMaaaaaa00004"], "the rest stays")
m.command("-q")
eq((sink.wait(n + 2)[-1].rcpts, files(q)), (["r@red.test"], []), "and is delivered")
done_testing()
