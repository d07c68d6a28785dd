#!/usr/bin/env python3
"""Programs hand mail to sendmail: -t, arguments, sender, dots, -bs; to the MTA, or into the client queue when there is none."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink, Submit

sink = Sink(esmtp=("8BITMIME", "DSN", "ENHANCEDSTATUSCODES"))
s = Submit(sink.port)
body = lambda i: sink.messages[i].data.decode("latin-1").replace("\r\n", "\n") if len(sink.messages) > i else ""

code, out, err = s.run("-t", "-oi", text="To: One <a@there.test>, b@there.test\nCc: (note) c@there.test\nBcc: hidden@there.test\n"
                       "Subject: x\n\nline\n.\nmore\n")
eq(code, 0, "-t takes a message")
sink.wait(1)
eq(sorted(sink.messages[0].rcpts), ["a@there.test", "b@there.test", "c@there.test", "hidden@there.test"], "To, Cc and Bcc are recipients")
ok("Bcc" not in body(0) and "hidden" not in body(0), "Bcc: is not shown")
ok(body(0).endswith("\n\nline\n.\nmore\n"), "-oi: a dot alone is a line like any other")
like(body(0), r"(?m)^Received: \(from \S+@localhost\)\n\tby here\.test .*id \w{14}", "Received: says who")
like(body(0), r"(?m)^Message-Id: <\d+\.\w{14}@here\.test>$", "a Message-Id is added")
like(body(0), r"(?m)^From: .*@here\.test", "and a From")
like(body(0), r"(?m)^Date: \w+, \d+ \w+ \d{4}", "and a Date")

code, out, err = s.run("-f", "env@from.test", "-F", "Full Name", "x@there.test", text="Subject: y\n\nfirst\n.\nnot sent\n")
sink.wait(2)
eq((code, sink.messages[1].sender, sink.messages[1].rcpts), (0, "env@from.test", ["x@there.test"]), "arguments are recipients, -f is the sender")
ok(body(1).endswith("\n\nfirst\n"), "a dot alone ends the message")
like(body(1), r"(?m)^From: Full Name <env@from\.test>$", "-F is the name")

s.run("-i", "-N", "success,failure", "-R", "hdrs", "-V", "id+2B1", "-B", "8BITMIME", "x@there.test", text=b"no header at all \xc3\xa4\n")
sink.wait(3)
like(" ".join(sink.messages[2].options), r"MAIL From:<\S+> .*BODY=8BITMIME.*RET=HDRS ENVID=id\+2B1.*NOTIFY=SUCCESS,FAILURE", "DSN options reach the MTA")
ok(sink.messages[2].data.endswith(b"\r\n\r\nno header at all \xc3\xa4\r\n"), "a text without header is content")

code, out, err = s.run("-t", text="Subject: nobody\n\nx\n")
eq(err.splitlines()[-1:], ["No recipient addresses found in header"], "-t without recipients is complained about")

big = "Subject: big\n\n" + ("y" * 70 + "\n") * 3000
s.run("x@there.test", text=big)
sink.wait(4)
ok(body(3).endswith(big[14:]) and not s.queue() and not s.queue("df"), "a long message goes through, and its df goes away")

sink.rules = [("RCPT.*<bad", "550 5.1.1 no such user"), ("RCPT.*<later", "451 4.3.0 later")]
code, out, err = s.run("-oeq", "bad@there.test", text="Subject: b\n\nx\n")
eq(code, 67, "a refused recipient: exit code 67")
code, out, err = s.run("-oem", "-f", "me@there.test", "bad@there.test", text="Subject: bounce me\n\nx\n")
sink.wait(5)
eq((sink.messages[4].sender, sink.messages[4].rcpts), ("", ["me@there.test"]), "-oem: a report is mailed to the sender")
ok("bounce me" in body(4) and "no such user" in body(4), "with message and reason")
code, out, err = s.run("-oem", "-f", "me@there.test", "bad@there.test", text=big)
sink.wait(6)
ok(sink.messages[5].rcpts == ["me@there.test"] and "Subject: big" in body(5) and "yyyy" not in body(5), "of a long message the header comes back")
code, out, err = s.run("later@there.test", "now@there.test", text="Subject: l\n\nx\n")
sink.wait(7)
eq((code, sink.messages[6].rcpts), (0, ["now@there.test"]), "a deferred recipient does not hold up another")
eq(len(s.queue()), 1, "and stays in the client queue")
for flag, want in (("-oee", 0), ("-odb", 0), ("-oew", 67)):
    n = len(sink.messages)
    code, out, err = s.run(flag, "-f", "me@there.test", "bad@there.test", text="Subject: bounce me\n\nx\n")
    sink.wait(n + 1)
    eq((code, sink.messages[-1].sender, sink.messages[-1].rcpts), (want, "", ["me@there.test"]), "%s: a report, and exit code %d" % (flag, want))
sink.rules = []
n = len(sink.messages)
code, out, err = s.run("-Ac", "-q")
sink.wait(n + 1)
eq((code, sink.messages[-1].rcpts, s.queue(), s.queue("df")), (0, ["later@there.test"], [], []), "-Ac -q delivers it")

down = Submit(port())
code, out, err = down.run("x@there.test", text="Subject: d\n\nx\n")
eq((code, len(down.queue()), len(down.queue("df"))), (0, 1, 1), "without an MTA mail waits in the client queue")
eq({os.stat(down.path("cmq/" + q)).st_mode & 0o777 for q in down.queue() + down.queue("df")}, {0o660}, "its files are as QueueFileMode says, whatever the umask is")
if os.getuid() == 0:
    import pwd
    other = Submit(port(), run_as="nobody")
    os.chown(other.path("cmq"), pwd.getpwnam("nobody").pw_uid, pwd.getpwnam("nobody").pw_gid)
    code, out, err = other.run("x@there.test", text="Subject: d\n\nx\n")
    owner = [os.stat(other.path("cmq/" + q)).st_uid for q in other.queue()]
    eq((code, owner), (0, [pwd.getpwnam("nobody").pw_uid]), "root's mail waits there as RunAsUser's")
else:
    ok(down.queue() != [], "as the user's own")
code, out, err = down.run("-bp")
like(out, r"Deferred: Connection refused by \[127\.0\.0\.1\]", "where mailq shows why")

p = start([os.path.join(OBJ, "sendmail", "sendmail"), "-C", s.cf, "-bs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
          env=dict(os.environ, ANGARIUM_LOG="stderr"), stderr=subprocess.DEVNULL)
n = len(sink.messages)
out = p.stdout.readline().decode()
for line in ("HELO me", "MAIL FROM:<s@here.test>", "RCPT TO:<t@there.test>", "DATA", "Subject: bs\r\n\r\nx\r\n.", "QUIT"):
    p.stdin.write((line + "\r\n").encode())
    p.stdin.flush()
    out += p.stdout.readline().decode()
like(out, r"(?s)^220 .*250 2\.1\.0 .*250 2\.1\.5 .*354 .*250 2\.0\.0 \w{14} Message accepted.*221 2\.0\.0", "-bs speaks SMTP on standard input")
sink.wait(n + 1)
eq((sink.messages[-1].sender, sink.messages[-1].rcpts), ("s@here.test", ["t@there.test"]), "and the message goes out")

# an ordinary user who calls himself something else
n = len(sink.messages)
r = subprocess.run([sys.executable if os.access(sys.executable, os.X_OK) and os.getuid() != 0 else "/usr/bin/python3",
                    os.path.join(TOP, "test", "lib", "asuser.py"), os.path.join(OBJ, "sendmail", "sendmail"), "-C", s.cf, "-f",
                    "boss@there.test", "x@there.test"], input=b"Subject: w\n\nx\n", capture_output=True,
                   env=dict(os.environ, ANGARIUM_LOG="stderr"))
sink.wait(n + 1)
like(sink.messages[-1].data.decode(), r"(?m)^X-Authentication-Warning: here\.test: \S+ set sender to boss@there\.test using -f",
     "an untrusted -f leaves a warning in the header")

# with sendmail.cf the command brings its own roles
m = Mta(smart_host=sink, aliases="list: ann, far@there.test\n")
code, out, err = m.command("-Am", "-i", "list", "nobody@there.test", input="Subject: roles\n\nx\n")
eq(code, 0, "-Am takes a message")
eq(len(m.await_mail("ann")), 1, "and delivers to local users")
ok(len(sink.wait(n + 2)) == n + 2 and sorted(sink.messages[-1].rcpts) == ["far@there.test", "nobody@there.test"] and m.queue() == [], "and to others, before it ends")
done_testing()
