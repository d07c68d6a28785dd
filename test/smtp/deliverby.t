#!/usr/bin/env python3
"""deliverby: DELIVERBY looks at the clock (RFC 2852), FUTURERELEASE holds until its second (RFC 4865), and both are remembered in the queue."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

P = port()
sink, home = Sink(address="127.0.9.1", number=P, offers=["SIZE"]), Sink(address="127.0.9.2", number=P, offers=["SIZE", "DELIVERBY", "DSN"])
slow = Sink(address="127.0.9.3", number=P, offers=["DELIVERBY 7200,x-more"])
DNS2 = "slow.test. MX 5 sink.slow.test.\nsink.slow.test. A 127.0.9.3\nfar.test. MX 5 sink.far.test.\nsink.far.test. A 127.0.9.1\nnear.test. MX 5 sink.near.test.\nsink.near.test. A 127.0.9.2\ndead.test. MX 5 h.dead.test.\nh.dead.test. A 127.0.9.9\n"
MC = "define(`ESMTP_MAILER_ARGS', `TCP $h %d')\ndefine(`confSMTP_EXTENSIONS', `futurerelease=1h,mt-priority')\n" % P
host = Host(mode="background", mc=MC, q="1h", dns=DNS2)


def submit(params, to):
    return host.send("s@near.test", to, "Subject: x\n\nx\n", params=" " + params)


def stat(ident, to, what=r"[0-9.]+"):
    m = host.await_log(r"%s: to=.*<?%s>?.*, dsn=(%s), (?:reply=.*, )?stat=(.*)$" % (ident, re.escape(to), what))
    return m.groups() if m else ("", host.log()[-1500:])


# ---- RFC 2852
n = len(home.messages)
ident = submit("BY=600;R", "b@near.test")
ok(home.await_messages(1) and re.search(r" BY=(600|59\d);R( |$)", home.messages[0]["mail"]), "4.1.4 what is left of the time is passed on to a host that knows it")
ident = submit("BY=600;R", "b@far.test")
eq(stat(ident, "b@far.test")[0], "5.4.7", "4.1.4 R: not to a host that does not know it")
ok(home.await_messages(2), "... it comes back")
ident = submit("BY=600;R", "b@slow.test")
like(" ".join(stat(ident, "b@slow.test")), r"^5\.4\.7 Message can't be delivered in time: (600|59\d) seconds are left, and the server wants 7200", "4.1.4 R: nor to one that wants more time than there is")
ok(slow.sessions > 0 and not slow.messages, "... it was asked")
ok(home.await_messages(3), "... it comes back")
submit("BY=600;N", "b@slow.test")
ok(slow.await_messages(1) and re.search(r" BY=(600|59\d);N( |$)", slow.messages[0]["mail"]), "4.1.4 N: there, too")
ident = submit("BY=600;N", "b@far.test")
eq(stat(ident, "b@far.test")[0], "2.0.0", "4.1.4 N: it goes there all the same")


def receipt(words):
    end = time.monotonic() + 30
    while time.monotonic() < end:
        for g in home.messages:
            if words.encode() in g["data"]:
                return g["data"].decode().replace("\r\n", "\n")
        time.sleep(0.02)
    return ""


text = receipt("Action: relayed (Deliver-By notify mode)")
ok("Final-Recipient: RFC822; b@far.test" in text and "<b@far.test>  (Deliver-By notify: relayed)" in text, "... and the sender is told that nobody looks at the clock from there on")
like(text, r"(?m)^Deliver-By-Date: ", "5 with its time")
submit("BY=600;NT", "t@near.test")
text = receipt("Action: relayed (Deliver-By trace mode)")
ok("Final-Recipient: RFC822; t@near.test" in text, "4.1.3 T: each host that passes it on says so")
ident = submit("BY=3;R", "b@dead.test")
late = submit("BY=3;N", "b@dead.test")
eq(stat(ident, "b@dead.test", "4.4.1")[0], "4.4.1", "a host that is down: tried")
eq(stat(ident, "b@dead.test", "5.4.7")[0], "5.4.7", "... and given up at its second, though the queue runs once an hour")
ok(host.await_log(r"%s: \S+: DSN: delivery time expired" % ident), "... the sender is told")
ok(host.await_log(r"%s: \S+: sender notify: Warning: could not send message for past" % late), "4.1.5 N: at its second the sender is told that it takes longer")
host.stop()

# ---- RFC 4865, by somebody of this host
host = Host(mode="background", mc=MC, q="1h", dns=DNS2, start_it=False)
begun = time.time()
p = subprocess.Popen([os.path.join(OBJ, "sendmail/sendmail"), "-C", host.cf, "-bs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def say(line):
    p.stdin.write(line.encode() + b"\r\n")
    p.stdin.flush()
    out = []
    while True:
        l = p.stdout.readline().decode()
        out.append(l.rstrip())
        if len(l) < 4 or l[3] != "-":
            return "\n".join(out)


p.stdout.readline()
like(say("EHLO me"), r"(?m)^250-FUTURERELEASE 3600 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$", "4 FUTURERELEASE with its limits")
like(say("MAIL FROM:<s@near.test> HOLDFOR=4000"), "^501 5.5.4 ", "5 longer than the limit")
like(say("MAIL FROM:<s@near.test> HOLDUNTIL=2099-01-01T00:00:00Z"), "^501 5.5.4 ", "5 later than the limit")
like(say("MAIL FROM:<s@near.test> HOLDFOR=5 HOLDFOR=6"), "^501 5.5.4 ", "5 twice")
like(say("MAIL FROM:<s@near.test> HOLDFOR=60 BY=30;R"), "^501 5.5.4 ", "to be there before it may leave (R)")
like(say("MAIL FROM:<s@near.test> BY=60;N HOLDFOR=60"), "^501 5.5.4 ", "... nor at that second (N, the other way round)")
like(say("MAIL FROM:<s@near.test> HOLDUNTIL=%s BY=-30;N" % time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 900))), "^501 5.5.4 ", "... nor long ago, with HOLDUNTIL")
for how in ("HOLDFOR=30 BY=60;R", "HOLDUNTIL=2001-01-01T00:00:00Z", "HOLDUNTIL=2001-01-01T00:00:00Z BY=60;R"):
    eq(say("MAIL FROM:<s@near.test> " + how)[:3], "250", "5 taken: " + how)
    say("RSET")
eq(say("MAIL FROM:<s@near.test> HOLDFOR=5")[:3], "250", "5 HOLDFOR")
say("RCPT TO:<b@far.test>")
say("DATA")
n = len(sink.messages)
like(say("Subject: later\r\n\r\nx\r\n."), "^250 ", "a message for later")
for priority in ("-4", "0", "4"):
    for line in ("MAIL FROM:<s@near.test> HOLDFOR=3000 MT-PRIORITY=" + priority, "RCPT TO:<p%s@far.test>" % priority, "DATA", "Subject: much later\r\n\r\nx\r\n."):
        r = say(line)
    like(r, "^250 ", "... and one for much later, with priority " + priority)
p.stdin.close()
p.wait(60)
run([os.path.join(OBJ, "sendmail/sendmail"), "-C", host.cf, "-q"])
host.start()
eq(len(sink.messages), n, "a run of the queue does not let it go")
like(run([os.path.join(OBJ, "sendmail/sendmail"), "-C", host.cf, "-bp"])[1], r"(?m)^ +\(held until \w\w\w \w\w\w +\d+ \d\d:\d\d\)$", "the list of the queue says until when it waits")
eq(re.findall(r"<p(-?\d)@far", run([os.path.join(OBJ, "sendmail/sendmail"), "-C", host.cf, "-bp"])[1]), ["4", "0", "-4"], "RFC 6710: MT-PRIORITY is their place in the queue")
ok(sink.await_messages(n + 1, 60), "it goes")
ok(time.time() - begun >= 4, "... not before its time (whole seconds)")
host.stop()
done_testing()
