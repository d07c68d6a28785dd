#!/usr/bin/env python3
"""Classes dns, host and bestmx: record types, several records, limits; a name server that says nothing."""
import os
import socket
import subprocess
import sys
import threading
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from dns import Dns
from liedns import LieDns
from mta import Mta

SENDMAIL = os.path.join(OBJ, "sendmail", "sendmail")
d = Dns("""
a.test. A 192.0.2.1
a.test. A 192.0.2.2
a.test. AAAA 2001:db8::1
a.test. MX 10 mx1.test.
a.test. MX 10 self.test.
a.test. MX 20 mx3.test.
a.test. TXT "v=one" " two"
c.test. CNAME a.test.
cell.test. AFSDB 1 afs.test.
_smtp._tcp.a.test. SRV 0 5 25 srv.test.
_25._tcp.a.test. TYPE52 \\# 7 0301017f000001
1.2.0.192.in-addr.arpa. PTR a.test.
2.0.0.127.bl.test. A 127.0.0.2
mx1.test. A 192.0.2.11
self.test. A 192.0.2.12
mx3.test. A 192.0.2.13
""")


lie = LieDns(lambda server, name, kind, client: [("NS", "ns1.zone.test"), ("NS", "ns2.zone.test")] if (name, kind) == ("zone.test", "NS") else "nx")


def bt(cf, lookups, option=d.option):
    path = os.path.join(TMP, "t.cf")
    with open(path, "w") as f:
        f.write("V10/Berkeley\nDjmail.corp.test\nCwself.test\nO DontProbeInterfaces=true\nO OperatorChars=.:%%@!^/[]+\nO ResolverOptions=%s\n"
                "Mlocal, P=/bin/true, F=lsDFMAw5:/|@qSPfhn9, A=deliver\n" % option + cf)
    p = subprocess.run([SENDMAIL, "-bt", "-C", path], text=True, capture_output=True, timeout=120,
                       input="".join("/map %s %s\n" % x for x in lookups))
    bt.said = p.stdout + p.stderr
    return [m.group(1) if m.group(2) is None else ("TEMP" if m.group(2) == "75" else None)
            for m in re.finditer(r"map_lookup: \S+ \(.*\) (?:returns (.*) \(\d+\)|no match \((\d+)\))\n", bt.said)]


for kind, key, want in (("A", "a.test.", {"192.0.2.1", "192.0.2.2"}), ("AAAA", "a.test", {"IPv6:2001:db8:0:0:0:0:0:1"}), ("MX", "a.test", {"mx1.test", "self.test", "mx3.test"}),
                        ("TXT", "a.test", {"v=one two"}), ("CNAME", "c.test", {"a.test"}), ("AFSDB", "cell.test", {"afs.test"}),
                        ("SRV", "_smtp._tcp.a.test", {"srv.test"}), ("TLSA", "_25._tcp.a.test", {"03 01 01 7F:00:00:01"}), ("PTR", "1.2.0.192.in-addr.arpa", {"a.test"})):
    got = bt("Kd dns -R %s -z,\n" % kind, [("d", key)])
    got = {x.rstrip(".") for x in (got[0] or "").split(",")} if got else None
    eq(got, want, "dns -R " + kind)
eq([set((bt("Kd dns -R NS -z,\n", [("d", "zone.test.")], lie.option)[0] or "").split(","))], [{"ns1.zone.test", "ns2.zone.test"}], "dns -R NS")
eq([len(v.split(",")) for v in bt("Kd dns -R MX -z, -Z2\nKe dns -R MX\n", [("d", "a.test"), ("e", "a.test")])], [2, 1], "-Z and no -z")
eq(bt("Kb dns -R A -B bl.test -a.\nKn dns -R A -t\n", [("b", "2.0.0.127"), ("b", "3.0.0.127"), ("n", "none.test")]), ["127.0.0.2.", None, None], "-B, -a, no such name")
like(bt("Kd dns -R BOGUS\n", [("d", "a")]) and bt.said, 'record type "BOGUS" is not known', "a wrong type is named")
like(bt("Kd dns -R A -dx\n", [("d", "a")]) and bt.said, "flag -d wants a number of seconds", "... and a wrong time")
eq(bt("Kb bestmx\nKz bestmx -z:\n", [("b", "a.test"), ("z", "a.test")]), ["self.test.", "self.test.:mx1.test.:mx3.test."], "bestmx: this machine first, then in order")
eq(bt("Kh host -a.\n", [("h", "c.test"), ("h", "[192.0.2.1]"), ("h", "none.test")]), ["a.test.", "a.test.", None], "host")

# the service switch: who is asked for hosts, and in which order
with open(os.path.join(TMP, "hosts"), "w") as f:
    f.write("192.0.2.77 here.test file.test\n192.0.2.78 other.test a.test\n")
for order, want in (("files dns", ["here.test.", "other.test.", "self.test."]), ("dns files", ["here.test.", "a.test.", "self.test."]),
                    ("dns", [None, "a.test.", "self.test."]), ("files", ["here.test.", "other.test.", None])):
    with open(os.path.join(TMP, "switch"), "w") as f:
        f.write("aliases files\nhosts\t%s\n" % order)
    eq(bt("O HostsFile=%s/hosts\nO ServiceSwitchFile=%s/switch\nKh host -a.\n" % (TMP, TMP), [("h", "file.test"), ("h", "a.test"), ("h", "self.test")]), want,
       "service switch: hosts %s" % order)

with open(os.path.join(TMP, "hostaliases"), "w") as f:
    f.write("short c.test\n")
os.environ["HOSTALIASES"] = os.path.join(TMP, "hostaliases")
eq(bt("Kh host\n", [("h", "short"), ("h", "c.test")]), ["a.test", "a.test"], "HOSTALIASES, in a command")
del os.environ["HOSTALIASES"]

# a name server that says nothing: -d and -r bound a map's questions in the daemon
mute = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
mute.bind(("127.0.0.1", 0))
m = Mta(mc="""define(`confBIND_OPTS', `nameserver=127.0.0.1@%d')
define(`confTO_RESOLVER_RETRANS', `60')
FEATURE(`nocanonify')
LOCAL_CONFIG
Kmute dns -R A -d1 -r2 -T<TMP>
LOCAL_RULESETS
SLocal_check_rcpt
R$*	$: $(mute dead.test $)
R$* <TMP> $*	$#error $@ 4.4.3 $: "451 asked for nothing"
""" % mute.getsockname()[1])
m.start()
c = m.smtp()
c.ehlo("me")
c.mail("a@x.test")
t = time.monotonic()
code, text = c.rcpt("box@here.test")
ok(code == 451 and b"asked for nothing" in text, "a map's question ends in a temporary failure: %d %r" % (code, text))
ok(time.monotonic() - t < 60, "... after -d times -r, long before the resolver's own time is over")
c.close()
m.stop()
done_testing()
