#!/usr/bin/env python3
"""dnslists: DNS lists are asked all at once and no worker waits for them; what is late, wrong or garbage refuses nobody; with delay_checks the answers are there
when a recipient comes."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *
from liedns import LieDns

held = threading.Event()
LISTS = ("one.test", "two.test", "three.test")


def listed(name):
    return name.split(".")[0]	# the last octet of the address


def answer(server, name, kind, packet):
    if name.endswith(".in-addr.arpa"):
        return "servfail" if name.startswith("9.") else "nx"
    if name.endswith(".lie.test"):		# lies, by the client's last octet
        n = int(listed(name))
        return {2: "127.0.0.2", 10: "servfail", 11: "refused", 12: b"garbage", 13: server.reply(packet, 0, [("A", "127.0.0.2")], ident=b"\0\0"), 14: packet[:12],
                15: "203.0.113.7", 16: "127.255.255.254", 17: None, 18: server.reply(packet, 0, [("TXT", "no")]), 19: "empty", 20: packet}.get(n, "nx") if kind == "A" else "empty"
    if name.endswith(LISTS):
        return ("wait", held, "127.0.0.2" if listed(name) == "66" and name.endswith("three.test") else "nx") if kind == "A" else "nx"
    return "nx"


dns = LieDns(answer)
FAST = "define(`confBIND_OPTS', `%s')\ndefine(`DNSBL_MAP_OPT', `-d2 -r1')\n" % dns.option
# nobody is in a hurry here: a busy machine takes its time for 800 questions, and a worker that waited would still wait when we stop looking
host = Host(mc=FAST.replace("-d2", "-d120") + "".join("FEATURE(`dnsbl', `%s')\n" % n for n in LISTS))


def workers():
    """Processes of smtpd's kind."""
    out = subprocess.run(["ps", "-eo", "ppid,pid,args"], capture_output=True, text=True).stdout
    rows = [line.split(None, 2) for line in out.splitlines()[1:]]
    kids = {str(host.process.pid)}
    for _ in range(3):
        kids |= {r[1] for r in rows if r[0] in kids}
    return sum(1 for r in rows if r[1] in kids and len(r) > 2 and "smtpd" in r[2])


# the name server answers nobody until it has seen all questions: a client that asked one list after the other would never come in
before = workers()
talks = [Talk(host.port, "127.0.%d.%d" % (1 + i // 50, 66 if i == 0 else 100 + i % 50)) for i in range(200)]
ok(until(lambda: dns.count("one.test") >= 100 and dns.count("two.test") >= 100 and dns.count("three.test") >= 100), "the lists are asked at once for many clients")
ok(until(lambda: workers() <= before + 60), "... and no worker waits for them")	# where verdicts take long there are more at first; those that are free go

held.set()
full = [t.reply() for t in talks]
replies = [r[:3] for r in full]
eq(replies.count("220") + replies.count("554") + replies.count("550"), 200, "all of them are greeted")
c = talks[0]
if replies[0].startswith("5"):
    like(full[0], r"^55[04][ -]", "the one that is listed is refused, in the greeting")
else:
    eq(c.cmd("EHLO me")[:4] + c.cmd("MAIL FROM:<root@here.test>"), "250-550 5.7.1 Rejected: 127.0.1.66 listed at three.test", "the one that is listed is refused")
for t in talks:
    t.close()
asked = dns.count("one.test")
again = [Talk(host.port, "127.0.1.101") for _ in range(5)]
eq([t.reply()[:3] for t in again], ["220"] * 5, "a client that comes again")
eq(dns.count("one.test"), asked, "... is not asked for again")
for t in again:
    t.close()
host.stop()

# lies
for feature, temp in (("FEATURE(`dnsbl', `lie.test')", False), ("FEATURE(`dnsbl', `lie.test', `\"550 Listed \" $&{client_addr}', `t')", True), ("FEATURE(`enhdnsbl', `lie.test')", False),
                      ("define(`EDNSBL_TO', `1')FEATURE(`delay_checks')FEATURE(`enhdnsbl', `lie.test', , `t')", True)):
    host = Host(mc=FAST + feature + "\nFEATURE(`accept_unresolvable_domains')\n")
    what = ("enhdnsbl" if "enh" in feature else "dnsbl") + (" t" if temp else "") + (" delayed" if "delay" in feature else "")
    talks = {n: Talk(host.port, "127.0.3.%d" % n) for n in (2, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21)}
    got = {}
    for n, t in talks.items():
        t.reply()
        t.cmd("EHLO me")
        r = t.cmd("MAIL FROM:<a@far.test>")
        got[n] = r if r[:1] != "2" else t.cmd("RCPT TO:<root@here.test>")
    like(got[2], r"^550 5\.7\.1 (<root@here\.test>\.\.\. |<a@far\.test>\.\.\. )?(Rejected: 127\.0\.3\.2 listed at lie\.test|Listed 127\.0\.3\.2)$", what + ": who is listed is refused")
    for n, lie in ((9, "no name of the client"), (15, "an address that no list gives"), (18, "a record of another type"), (19, "no record"), (21, "no such name")):
        like(got[n], "^250 ", "%s: %s" % (what, lie))
    for n, lie in ((10, "SERVFAIL"), (11, "REFUSED"), (12, "garbage"), (13, "another question's number"), (14, "half a packet"), (16, "the list's word for an error"), (17, "silence"), (20, "the question itself")):
        if temp and n != 14:
            like(got[n], r"^451 4\.4\.3 Temporary lookup failure of 127\.0\.3\.%d at lie\.test$" % n, "%s: %s" % (what, lie))
        else:
            like(got[n], "^250 " if not temp else "^(250|451) ", "%s: %s" % (what, lie))
    for t in talks.values():
        t.close()
    host.stop()
done_testing()
