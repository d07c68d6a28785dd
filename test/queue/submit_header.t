#!/usr/bin/env python3
"""What submission makes of a header: the sender's name, lists of old style, Bcc, Received; as sendmail 8.17 was seen to do."""
import os
import pwd
import re
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink, Submit

sink = Sink(esmtp=("PIPELINING", "8BITMIME", "SIZE"))
m = Mta(smart_host=sink)
taken = 0


def send(args, text):
    """The one message that arrives: recipients, lines of the header, body."""
    global taken
    code, out, err = m.command("-odi", *args, input=text)
    sink.wait(taken + 1)
    got = sink.messages[taken]
    taken += 1
    head, _, body = got.data.decode("latin-1").replace("\r\n", "\n").partition("\n\n")
    return sorted(got.rcpts), re.sub(r"\n[ \t]+", " ", head).split("\n"), body, head


def field(lines, name):
    return [l.partition(":")[2] for l in lines if l.lower().startswith(name.lower() + ":")]


me = pwd.getpwuid(os.getuid())
other = next((u for u in pwd.getpwall() if u.pw_uid != os.getuid() and u.pw_gecos and "&" not in u.pw_gecos), None)
name = me.pw_gecos.split(",")[0].replace("&", me.pw_name.capitalize())
T = "Subject: x\n\nb\n"
want = ' %s <%s@here.test>' % (name, me.pw_name) if name else " %s@here.test" % me.pw_name
eq(field(send(["a@there.test"], T)[1], "From"), [want], "From: has the name of who sends")
eq(field(send(["-f", "me@far.test", "a@there.test"], T)[1], "From"), [" me@far.test"], "-f of a stranger: no name")
if other is not None:
    n = other.pw_gecos.split(",")[0]
    like(field(send(["-f", other.pw_name, "a@there.test"], T)[1], "From")[0], r'^ "?%s"? <%s@here\.test>$' % (re.escape(n), re.escape(other.pw_name)),
         "-f of another user of this host: that one's name")
eq(field(send(["-F", "M. Name, Jr", "-f", "me@here.test", "a@there.test"], T)[1], "From"), [' "M. Name, Jr" <me@here.test>'],
   "-F is quoted where it must be")
head = send(["-f", "me@here.test", "a@there.test"], "Full-Name: Some One\nContent-Length: 5\n" + T)[1]
eq((field(head, "From"), field(head, "Full-Name"), field(head, "Content-Length")), ([" Some One <me@here.test>"], [], []),
   "Full-Name: is the name, and goes; Content-Length: goes")

rcpts, head, body, raw = send(["-f", "me@here.test", "-t"], "To: a@there.test\n\tb@there.test\nReply-To: q r\n" + T)
eq(rcpts, ["a@there.test", "b@there.test"], "-t: a list of old style, with blanks")
eq(field(head, "To"), [" a@there.test, b@there.test"], "goes out with commas")
eq(field(head, "Reply-To"), [" q.r@here.test"], "senders have none")
rcpts, head, body, raw = send(["-f", "me@here.test", "x@there.test"], "To: a b@there.test\nCc: y@there.test, z@there.test\n" + T)
eq(field(head, "To"), [" a.b@there.test"], "a comma anywhere in the recipients' fields: blanks do not part")
rcpts, head, body, raw = send(["-f", "me@here.test", "a@there.test b@there.test"], T)
eq(rcpts, ["a@there.test", "b@there.test"], "an argument with blanks is such a list, too")
rcpts, head, body, raw = send(["-f", "me@here.test", "-t"], 'To: "a b"@there.test\n' + T)
eq(rcpts, ['"a b"@there.test'], "not so a blank in quotes")

HEAD = "To: g: a, x@y.test;, @, n:o\nCc: h::k\n" + T
head = send(["-f", "me@here.test", "a@there.test"], HEAD)[1]
eq((field(head, "To"), field(head, "Cc")), ([" g: a@here.test, x@y.test;, n:o@here.test"], [" h::k@here.test"]),
   "groups stay as they were, without what is no address; node::user is none")
head = send(["-OColonOkInAddr=true", "-f", "me@here.test", "a@there.test"], HEAD)[1]
eq((field(head, "To"), field(head, "Cc")), ([" a@here.test, x@y.test, o@here.test"], [" h::k@here.test"]),
   "ColonOkInAddr: there are no groups, a colon is the rules' to judge")
rcpts, head, body, raw = send(["-f", "me@here.test", "-t"], "Bcc: a@there.test\n" + T)
eq((rcpts, field(head, "Bcc")), (["a@there.test"], [""]), "Bcc: alone: an empty field stays")
rcpts, head, body, raw = send(["-f", "me@here.test", "b@there.test"], "Bcc: a@there.test\nResent-Bcc: c@there.test\nBcc: d@there.test\n" + T)
eq((rcpts, field(head, "Bcc"), field(head, "Resent-Bcc")), (["b@there.test"], ["", ""], [""]), "... where the recipients are arguments, too: who stands in it is nobody's business")
rcpts, head, body, raw = send(["-f", "me@here.test", "-t"], "To: b@there.test\nBcc: a@there.test\n" + T)
eq((rcpts, field(head, "Bcc")), (["a@there.test", "b@there.test"], []), "Bcc: beside To: goes")
ok("\n\tfor " not in raw, "-t: Received: says nothing of recipients")
like(send(["-f", "me@here.test", "a@there.test"], T)[3], r"(?m)^\tfor a@there\.test;", "one argument: it does")

rcpts, head, body, raw = send(["-f", "me@here.test", "a@there.test"], "Subject: trailing \nX-Trail: x  \t\n\nb\n")
ok("Subject: trailing \n" in raw + "\n" and "X-Trail: x  \t\n" in raw + "\n", "blanks at the end of a field stay")
to = ", ".join("Somebody Number %d <u%d@there.test>" % (i, i) for i in range(6))
rcpts, head, body, raw = send(["-f", "me@here.test", "-t"], "To: %s, un qualified\n" % to + T)
like(raw, r"(?m)^ {8}Somebody", "a rewritten list is folded as sendmail does")

line = "".join("%04d-" % i for i in range(400))
rcpts, head, body, raw = send(["-f", "me@here.test", "a@there.test"], "Subject: long\n\n" + line + "\n")
parts = body.rstrip("\n").split("!\n ")
ok(len(parts) == 3 and "".join(parts) == line and max(len(p) for p in body.split("\n")) <= 990,
   "a line that is too long goes on behind ! and a blank")

# fields that say nothing, and resent mail
head = send(["-f", "me@far.test", "a@there.test"], "From: \n \nDate:\nMessage-ID:\nX-Own:\nSubject:\n\nb\n")[1]
eq((field(head, "From"), field(head, "X-Own"), field(head, "Subject")), ([" me@far.test"], [""], [""]), "an empty From: is made anew, fields that nobody has words for stay")
ok([len(field(head, f)) == 1 and len(field(head, f)[0]) > 10 for f in ("Date", "Message-Id")] == [True, True], "so are Date: and Message-Id:")
head = send(["-f", "me@far.test", "a@there.test"], "From:\nMessage-Id: <1@far.test>\nFrom: you@far.test\nMessage-Id:\n" + T)[1]
eq((field(head, "From"), field(head, "Message-Id")), ([" you@far.test"], [" <1@far.test>"]), "beside one that says something they go")
head = send(["-f", "me@far.test", "a@there.test"], "Date: Mon, 1 Jan 2024 00:00:00 +0000\nResent-From: me@far.test\n" + T)[1]
ok(field(head, "Date") == [" Mon, 1 Jan 2024 00:00:00 +0000"] and len(field(head, "Resent-Date")) == 1 and "2024" not in field(head, "Resent-Date")[0], "Resent-Date: is the time of now, Date: stays")

# what an old hand types
eq(send(["-f", "me@here.test", "a@there.test"], "Subject: x\n\n..two\n...three\n.one\n")[2], ".two\n..three\n.one\n", "without -i of two dots at the start of a line one goes")
eq(send(["-i", "-f", "me@here.test", "a@there.test"], "Subject: x\n\n..two\n.\n.one\n")[2], "..two\n.\n.one\n", "with -i none")
eq(field(send(["-f", "<>", "a@there.test"], T)[1], "From"), [" MAILER-DAEMON@here.test"], "-f <>: From: is the daemon")
code, out, err = m.command("-odi", "-f", "bad@@x", "a@there.test", input=T)
sink.wait(taken + 1)
eq((code, "bad@@x... Invalid route address" in err, sink.messages[taken].sender.partition("@")[2]), (64, True, "here.test"), "a bad -f is told, and the message is from who sends it")
taken += 1
m.newaliases("list: far@there.test\npostmaster: postmaster-box\n")
m.command("-odi", "-n", "-f", "me@here.test", "list", input=T)
eq(len(m.await_mail("list", 1, 20)), 1, "-n: no aliases, at delivery neither")
out = m.command("-bv", "joe+work", "joe+a+b", "joe+")[1]
ok("joe+work... deliverable: mailer local, host work, user joe\n" in out and "host a+b, user joe\n" in out and "joe+... deliverable: mailer local, user joe\n" in out,
   "user+detail: the detail is the host of the local mailer, for .forward+$h")
m = Mta(smart_host=sink, mc="FEATURE(`always_add_domain')\nMASQUERADE_AS(`masq.test')\nFEATURE(`genericstable', `text -z: -k0 -v1 @DIR@/etc/generics')\nGENERICS_DOMAIN(`other.test')\n")
text = open(m.cf).read().replace("@DIR@", m.dir)
open(m.cf, "w").write(text)
m.write("etc/generics", "me:New.Me@gen.test\n")
eq(field(send(["-f", "me", "-F", "I", "a@there.test"], T)[1], "From"), [" I <New.Me@gen.test>"], "the From: that is added is a bare user, for genericstable to find")
eq(field(send(["-f", "@x.test:j@z.test", "a@there.test"], T)[1], "From"), [" j@z.test"], "and has no route")
done_testing()
