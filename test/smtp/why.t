#!/usr/bin/env python3
"""why: a refusal's log line is followed by one that tells what decided - map key, DNS list, rule and its place - in the words of /explain; a discard's and a quarantine's, too.
The line itself ends as sendmail's does: tools that read logs for refusals want it so."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

host = Host(mc="FEATURE(`blocklist_recipients')\nFEATURE(`dnsbl', `list.test')\nLOCAL_RULESETS\nHX-Bad: $>CheckBad\nSCheckBad\nR$*\t\t\t$#error $@ 5.7.1 $: \"550 bad header\"\n",
            dns="4.0.0.127.list.test. A 127.0.0.2\nfar.test. A 127.0.0.1\n",
            access="Connect:127.0.0.3 REJECT\nFrom:bad@far.test REJECT\nTo:boss@here.test ERROR:5.7.1:550 not him\nFrom:quiet@far.test DISCARD\nFrom:kept@far.test QUARANTINE:looked odd\n",
            aliases="postmaster: root\nboss: root\n")


def session(source, sender, rcpt):
    c = host.connect(helo="me", source=source)
    out = [c.cmd("MAIL FROM:<%s>" % sender), c.cmd("RCPT TO:<%s>" % rcpt)]
    c.close()
    return out


session("127.0.0.3", "ann@far.test", "root@here.test")
session("127.0.0.4", "ann@far.test", "root@here.test")
session("127.0.0.2", "bad@far.test", "root@here.test")
session("127.0.0.2", "ann@far.test", "boss@here.test")
session("127.0.0.2", "ann@far.test", "x@elsewhere.test")
session("127.0.0.2", "quiet@far.test", "root@here.test")
session("127.0.0.2", "kept@far.test", "root@here.test")
host.send("root@here.test", "root", "X-Bad: x\n\nbody\n")
PLACE = r"\w+/\d+@[\w./+]+(:\d+)?"
WHO = r"relay=\S+( \[\S+\])?, "
for line, verdict, why, what in (
        (r"ruleset=check_relay, arg1=\S+, arg2=127\.0\.0\.3, ", r"reject=550 5\.7\.1 Access denied$", r".*access\[Connect:127\.0\.0\.3\]=REJECT ", "the client, by a map key"),
        (r"ruleset=check_relay, arg1=\S+, arg2=127\.0\.0\.4, ", r"reject=550 5\.7\.1 Rejected: 127\.0\.0\.4 listed at list\.test$", r".*dnsbl\[4\.0\.0\.127\.list\.test\.\]=127\.0\.0\.2 ", "the client, by a DNS list"),
        (r"ruleset=check_mail, arg1=<bad@far\.test>, ", r"reject=550 5\.7\.1 <bad@far\.test>\.\.\. Access denied$", r".*access\[From:bad@far\.test\]=REJECT ", "the sender"),
        (r"ruleset=check_rcpt, arg1=<boss@here\.test>, ", r"reject=550 5\.7\.1 .*not him$", r".*access\[To:boss@here\.test\]=ERROR:5\.7\.1:550\+20not\+20him ", "the recipient"),
        (r"ruleset=check_rcpt, arg1=<x@elsewhere\.test>, ", r"reject=550 5\.7\.1 <x@elsewhere\.test>\.\.\. Relaying denied[^,]*$", r"", "no relaying, by a rule"),
        (r"ruleset=check_mail, arg1=<quiet@far\.test>, ", r"discard$", r".*access\[From:quiet@far\.test\]=DISCARD ", "a discard"),
        (r"ruleset=check_mail, arg1=<kept@far\.test>, ", r"quarantine=looked odd$", r".*access\[From:kept@far\.test\]=QUARANTINE:looked\+20odd ", "a quarantine"),
        (r"ruleset=CheckBad, arg1= x, ", r"reject=550 5\.7\.1 bad header$", None, "a header field")):
    ok(host.await_log("(?m)" + line + WHO + verdict), what) or diag(host.log())
    ok(host.await_log("(?m)" + line + WHO + "why=" + (r"CheckBad/1@\S+$" if why is None else why + PLACE + "$")), "... and what decided") or diag(host.log())

# ---- what is asked beforehand (-bv --explain) names the same keys, the same rule and the same reply
lines = re.findall(r"(?m)ruleset=check_\w+, .*$", host.log())
lines = [a + re.sub("^.*, why=", ", why=", b) for a, b in zip(lines[::2], lines[1::2])]
for (client, sender, rcpt), line in zip((("[127.0.0.3]", "ann@far.test", "root@here.test"), ("[127.0.0.4]", "ann@far.test", "root@here.test"),
                                         ("outside.test[127.0.0.2]", "bad@far.test", "root@here.test"), ("outside.test[127.0.0.2]", "ann@far.test", "boss@here.test"),
                                         ("outside.test[127.0.0.2]", "ann@far.test", "x@elsewhere.test"), ("outside.test[127.0.0.2]", "quiet@far.test", "root@here.test"),
                                         ("outside.test[127.0.0.2]", "kept@far.test", "root@here.test")), lines):
    what, why = line.split(", why=")
    code, out, err = run([os.path.join(OBJ, "sendmail", "sendmail"), "-C", host.cf, "-bv", "--explain", "client=" + client, "from=" + sender, "to=" + rcpt])
    out = re.sub(" +", " ", out)
    *keys, rule = why.split()
    wants = ["decided by %s, rule %s: %s\n" % re.match(r"(\w+)/(\d+)@(.*)$", rule).groups()]
    for key in keys:
        m, k, v = re.match(r"(\w+)\[(.*)\]=(.*)$", re.sub(r"\+([0-9A-F]{2})", lambda m: chr(int(m.group(1), 16)), key)).groups()
        wants += ["\n %s " % m, " %s = %s" % (k, v)]
    refused = re.search(r"reject=(.*)$", what)
    if refused:
        wants.append("refused " + re.sub(r"<\S+>\.\.\. ", "", refused.group(1)))
    eq([w for w in wants if w not in "\n" + out], [], "-bv --explain: " + re.sub(", relay=.*(reject|discard|quar)", r", \1", what)) or diag(line + "\n" + out)
host.stop()
done_testing()
