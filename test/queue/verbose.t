#!/usr/bin/env python3
"""-v: who waits is told of aliases, connections, the dialogue and the end; -bv takes lists of addresses."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink, Submit

sink = Sink(esmtp=("PIPELINING", "8BITMIME"))
sink.rules = [("RCPT.*<bad", "550 5.1.1 no such user")]
TEXT = "Subject: v\n\nthe body\n"


def dialogue(text, what):
    lines = text.splitlines()
    ok(lines == [l.rstrip() for l in lines], "no line ends with blanks or odd characters")
    order = [next((i for i, l in enumerate(lines) if l.startswith(w)), -1) for w in (
        "220 ", ">>> EHLO ", "250-", ">>> MAIL From:<", ">>> RCPT To:<", ">>> DATA", "354 ", ">>> .")]
    ok(-1 not in order and order == sorted(order), what + ": the dialogue is shown in its order")
    ok("the body" not in text, "... without the content")


m = Mta(smart_host=sink, aliases="crew: a@there.test, bad@there.test\nlost: gone\ngone: lost\n")
code, out, err = m.command("-v", "-odq", "-f", "me@here.test", "crew", input=TEXT)
like(out, r"(?m)^crew\.\.\. aliased to a@there\.test, bad@there\.test$", "an alias is told")
like(out, r"(?m)^a@there\.test,bad@there\.test\.\.\. Connecting to \[?127\.0\.0\.1\]? port %d via \w+\.\.\.$" % sink.port, "a connection is told")
dialogue(out, "with the daemon's configuration")
like(out, r"(?m)^a@there\.test\.\.\. Sent \(", "so is success")
like(out, r"(?m)^bad@there\.test\.\.\. User unknown$", "and failure")
eq(m.queue(), [], "who watches waits, whatever delivery mode was asked for")

s = Submit(sink.port)
code, out, err = s.run("-v", "x@there.test", text=TEXT)
like(out, r"(?m)^x@there\.test\.\.\. Connecting to ", "submission tells of its connection")
dialogue(out, "in submission")
like(out, r"(?m)^x@there\.test\.\.\. Sent \(", "and of its success")
eq(out.count("x@there.test... Sent"), 1, "once")
code, out, err = s.run("x@there.test", text=TEXT)
eq(out, "", "without -v nothing is said")
for args in (["-ov"], ["-O", "Verbose=true"]):
    like(s.run(*args, "x@there.test", text=TEXT)[1], r"(?m)^x@there\.test\.\.\. Sent \(", "%s is -v" % " ".join(args))

code, out, err = m.command("-v", "-f", "me@here.test", "-oem", "lost", input=TEXT)
like(out, r"(?m)^lost\.\.\. .*loop", "what fails on its way to a mailer is told, too")

code, out, err = m.command("-bv", "u1@there.test, u2@there.test", "crew", "x@@y")
eq([l.split("...")[0] for l in out.splitlines() if "deliverable" in l], ["u2@there.test", "u1@there.test", "bad@there.test", "a@there.test"],
   "-bv: an argument may be a list; in sendmail's order")
like(out, r"\Ax@@y\.\.\. Invalid route address\n", "what is wrong is told first")
eq(code, 64, "and makes the exit code")
code, out, err = m.command("-bv", "-v", "crew")
like(out, r"(?m)^crew\.\.\. aliased to ", "-bv -v tells of aliases")
code, out, err = m.command("-bv", ":include:/etc/passwd")
eq((code, out), (64, ":include:/etc/passwd... Cannot mail directly to :include:s\n"), "-bv of an include")
for name, what in (("/etc/passwd", "files"), ("|/bin/cat", "programs"), (":include:/etc/passwd", ":include:s")):
    eq(m.command("-odi", name, input="Subject: x\n\nx\n")[0], 64, "so is mail to %s" % what)
done_testing()
