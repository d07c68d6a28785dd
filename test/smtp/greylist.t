#!/usr/bin/env python3
"""greylist: the first mail of a stranger is put off, what comes again in time is let in, networks that keep their word are trusted, the access map knows exceptions,
what is remembered outlives the daemon; account_limits: an account sends so much in a window and no more."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

GREY = r"^451 4\.7\.1 <%s>\.\.\. Greylisted, please try again in \d seconds$|^451 4\.7\.1 Greylisted, please try again in \d seconds$"
host = Host(mc="FEATURE(`greylist', `3s', `1h', `30d', `2')\nFEATURE(`accept_unresolvable_domains')\ndefine(`confLOG_LEVEL', `10')\n",
            aliases="postmaster: root\nann: root\nbob: root\ncid: root\n",
            access="Greylist:127.0.7 NO\nGreylist:bob@here.test NO\nGreylist:friend.test NO\nGreylist:cid@ 1h\nGreylist:slow.test 1h\nConnect:127.0.8 RELAY\nTo:shut@here.test REJECT\n")


def rcpt(sender, to, source="127.0.2.1"):
    c = host.connect(helo="me", source=source)
    c.cmd("MAIL FROM:<%s>" % sender)
    out = c.cmd("RCPT TO:<%s>" % to)
    c.close()
    return out


def until_in(sender, to, source):
    end = time.monotonic() + 30
    while time.monotonic() < end:
        out = rcpt(sender, to, source)
        if out.startswith("250 "):
            return out
        time.sleep(0.2)
    return out


like(rcpt("a@one.test", "ann@here.test"), GREY % "ann@here.test", "a stranger is put off")
like(rcpt("a@one.test", "ann@here.test", "127.0.2.77"), GREY % "ann@here.test", "... from its neighbour, too")
like(rcpt("a@one.test", "nosuch@here.test"), "^(451 4.7.1|550 5.1.1)", "an unknown recipient is not let in")
like(rcpt("x@bob.test", "bob@here.test"), "^250 ", "Greylist:recipient NO")
like(rcpt("x@friend.test", "ann@here.test"), "^250 ", "Greylist:sender's domain NO")
like(rcpt("x@else.test", "ann@here.test", "127.0.7.9"), "^250 ", "Greylist:network NO")
like(rcpt("x@else.test", "ann@here.test", "127.0.8.9"), "^250 ", "who may relay is not put off")
like(rcpt("x@else.test", "cid@here.test"), r"try again in 3600 seconds$", "Greylist:user@ with a time of its own")
like(rcpt("x@slow.test", "ann@here.test"), r"try again in 3600 seconds$", "Greylist:sender's domain with a time")
like(until_in("a@one.test", "ann@here.test", "127.0.2.9"), "^250 ", "it comes again, from the same /24")
like(rcpt("a@one.test", "ann@here.test", "127.0.3.1"), GREY % "ann@here.test", "another network is another stranger")
like(rcpt("a@two.test", "ann@here.test"), GREY % "ann@here.test", "another sender, too")
like(rcpt("list-7-8@one.test", "ann@here.test"), GREY % "ann@here.test", "a list's sender")
like(until_in("list-7-9@one.test", "ann@here.test", "127.0.2.1"), "^250 ", "... is known by all its numbers")
like(rcpt("new@three.test", "ann@here.test"), "^250 ", "a network whose senders came again twice is trusted")
like(rcpt("new@three.test", "ann@here.test", "127.0.3.1"), GREY % "ann@here.test", "... it alone")
wait_for = time.monotonic() + 30
while time.monotonic() < wait_for:
    code, out, err = run([os.path.join(OBJ, "sendmail", "sendmail"), "-C", host.cf, "-bg"])
    if "network" in out and "127.0.3.0/24 new@three.test" in out:
        break
    time.sleep(0.2)
like(out, r"(?m)^known 127\.0\.2\.0/24 a@one\.test ann@here\.test first=\S+ last=\S+ expires=\d+d held=\d+ passed=[1-9]\d*$", "-bg lists a triplet that is known")
like(out, r"(?m)^waiting 127\.0\.3\.0/24 a@one\.test ann@here\.test first=\S+ last=\S+ expires=\S+ held=1 passed=0$", "... and one that is waited for")
like(out, r"(?m)^network 127\.0\.2\.0/24 first=\S+ last=\S+ expires=\S+ passed=2$", "... and a trusted network")
code, out, err = run([os.path.join(OBJ, "sendmail", "sendmail"), "-C", host.cf, "-bg", "slow.test"])
eq(len(out.splitlines()), 1, "-bg WORD lists what holds it")
host.stop()
host.start()
like(rcpt("a@one.test", "ann@here.test"), "^250 ", "what is remembered outlives the daemon")
like(rcpt("new@four.test", "ann@here.test"), "^250 ", "... the trusted network, too")
code, out, err = run([os.path.join(OBJ, "sendmail", "sendmail"), "-C", host.cf, "-bg", "delete", "127.0.2.0/24"])
like(out, r"^\d+ dropped$", "-bg delete")
like(rcpt("a@one.test", "ann@here.test"), GREY % "ann@here.test", "... makes strangers of them")
code, out, err = run([os.path.join(OBJ, "sendmail", "sendmail"), "-C", host.cf, "-bg", "expire"])
eq((code, out), (0, "0 dropped\n"), "-bg expire finds nothing that is over")
like(host.log, r"greylist: net=127\.0\.2\.0/24, from=<a@one\.test>, to=<ann@here\.test>, tries=\d+, passed after \d+ s", "the log tells who came again")
like(host.log, r"ruleset=check_rcpt, arg1=<ann@here\.test>, relay=\S+ \[127\.0\.2\.1\], reject=451 4\.7\.1 <ann@here\.test>\.\.\. Greylisted|ruleset=check_rcpt, arg1=<ann@here\.test>, relay=\[127\.0\.2\.1\], reject=451 4\.7\.1 ", "... and whom was put off")
host.stop()

# the table is damaged: it begins anew, and nobody is refused for it
with open(os.path.join(host.dir, "queue", ".tally", "table"), "r+b") as f:
    f.truncate(100)
    f.write(b"\xff" * 100)
host.start()
like(rcpt("a@one.test", "bob@here.test"), "^250 ", "a damaged table harms nobody")
like(rcpt("a@one.test", "ann@here.test"), GREY % "ann@here.test", "... and a new one is begun")
ok(os.path.exists(os.path.join(host.dir, "queue", ".tally", "table.bad")), "... the old one is kept aside")
host.stop()

# account_limits; a ruleset stands for AUTH here
limits = Host(mc="FEATURE(`account_limits', `3', `5', `1d')\nFEATURE(`accept_unresolvable_domains')\n"
                 "LOCAL_CONFIG\nKput macro\nLOCAL_RULESETS\nSLocal_check_mail\nR$*\t\t\t$: $>CanonAddr $1\nR$+ < @ $+ . >\t\t$: $(put {auth_authen} $@ $1 $)\nR$+ < @ $+ >\t\t$: $(put {auth_authen} $@ $1 $)\n",
              aliases="postmaster: root\nann: root\nbob: root\ncid: root\n", access="AuthMessages:vip 0\nAuthRcpts:vip 4\nAuthMessages:one 1\n")


def message(account, to):
    c = limits.connect(helo="me")
    out = [c.cmd("MAIL FROM:<%s@acc.test>" % account)]
    out += [c.cmd("RCPT TO:<%s@here.test>" % t) for t in to]
    last = c.cmd("DATA")
    if last.startswith("354"):
        c.send("Subject: x\r\n\r\nx\r\n.\r\n")
        last = c.reply()
    c.close()
    return last


like(message("joe", ["ann"]), "^250 ", "an account sends")
like(message("joe", ["ann"]), "^250 ", "... again")
like(message("sue", ["ann", "bob", "cid"]), "^250 ", "another account")
like(message("joe", ["ann"]), "^250 ", "... and once more")
like(message("joe", ["ann"]), r"^452 4\.7\.1 Too many messages from joe, the limit is 3 in 1d, please try again in \d+ seconds$", "the fourth message is one too many")
like(message("sue", ["ann", "bob", "cid"]), r"^452 4\.7\.1 Too many recipients from sue, the limit is 5 in 1d, please try again in \d+ seconds$", "six recipients are one too many")
like(message("sue", ["ann", "bob"]), r"^250 ", "five are not")
like(message("one", ["ann"]), "^250 ", "AuthMessages: 1")
like(message("one", ["ann"]), r"^452 4\.7\.1 Too many messages from one, the limit is 1 in 1d", "... means one")
for _ in range(4):
    like(message("vip", ["ann"]), "^250 ", "AuthMessages: 0 is without limit")
like(message("vip", ["ann"]), r"^452 4\.7\.1 Too many recipients from vip, the limit is 4 in 1d", "AuthRcpts:")
like(limits.log, r"ruleset=check_data, arg1=1, relay=\S+ \[127\.0\.0\.1\], reject=452 4\.7\.1 Too many messages from joe", "the log tells who and why")
limits.stop()
done_testing()
