#!/usr/bin/env python3
"""dane: signed zones made by ldns, served by nsd, resolved and validated by unbound on the way: a secure delegation (NSEC3), an insecure one, a broken one."""
import os
import shutil
import socket
import subprocess
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

D = os.path.join(TMP, "zones")
os.mkdir(D, 0o755)
PATHS = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin:/sbin"
TOOLS = {p: shutil.which(p, path=PATHS) for p in ("ldns-keygen", "ldns-signzone", "ldns-dane", "ldns-key2ds", "nsd", "unbound")}
if None in TOOLS.values():
    bail("not installed: " + " ".join(p for p in TOOLS if TOOLS[p] is None))


def tool(name, *argv):
    p = subprocess.run((TOOLS[name],) + argv, cwd=D, capture_output=True, text=True)
    if p.returncode != 0:
        raise RuntimeError("%s %s: %s" % (name, " ".join(argv), p.stderr))
    return p.stdout.strip()


number, nsd_port, unbound_port = port(), port(udp=True), port(udp=True)
cert, other = certificate(TMP, "mx.signed.test"), certificate(TMP, "evil.test")
OFFERS = ("PIPELINING", "STARTTLS")
sinks = {a: Sink(OFFERS, number=number, address=a, cert=c) for a, c in (("127.0.0.1", cert), ("127.0.0.3", other))}
TLSA = re.search(r"TLSA\s+(3 1 1 \S+)", subprocess.run([TOOLS["ldns-dane"], "-c", cert + ".crt", "create", "mx.signed.test", "25", "3", "1", "1"],
                                                    capture_output=True, text=True).stdout)
ok(TLSA, "ldns-dane makes a TLSA record of a certificate")
HEAD = "$ORIGIN %s\n$TTL 60\n@ SOA ns.ns. h.ns. 1 3600 600 86400 5\n@ NS ns.ns.\n"
P = "_%d._tcp." % number
zones = {
    "signed.test.": "@ MX 10 mx\nmx A 127.0.0.1\n%smx TLSA %s\n" % (P, TLSA.group(1)),
    "evil.test.": "@ MX 10 mx\nmx A 127.0.0.3\n%smx TLSA %s\n" % (P, TLSA.group(1)),
    "broken.test.": "@ MX 10 mx\nmx A 127.0.0.1\n%smx TLSA %s\n" % (P, TLSA.group(1)),
    "plain.test.": "@ MX 10 mx\nmx A 127.0.0.3\n%smx TLSA %s\n" % (P, TLSA.group(1)),
    "here.test.": "@ A 127.0.0.1\n",
}
parent = "ns.ns. A 127.0.0.1\n"
for n, (zone, text) in enumerate(zones.items()):
    with open(D + "/z%d" % n, "w") as f:
        f.write(HEAD % zone + text)
    parent += "%s NS ns.ns.\n" % zone
    if zone in ("plain.test.", "here.test."):
        os.rename(D + "/z%d" % n, D + "/z%d.signed" % n)
        continue
    ksk = tool("ldns-keygen", "-k", "-a", "ECDSAP256SHA256", zone)
    zsk = tool("ldns-keygen", "-a", "ECDSAP256SHA256", zone)
    tool("ldns-signzone", "-n", "-s", "beef", "-t", "1", "-f", "z%d.signed" % n, "z%d" % n, ksk, zsk)
    parent += tool("ldns-key2ds", "-n", "-2", ksk + ".key") + "\n"
    if zone == "broken.test.":		# another record than the one that was signed
        with open(D + "/z%d.signed" % n) as f:
            text = f.read()
        with open(D + "/z%d.signed" % n, "w") as f:
            f.write(re.sub(r"(TLSA\s+3 1 1 )..", r"\g<1>00", text))
with open(D + "/root", "w") as f:
    f.write(HEAD % "." + parent)
ksk = tool("ldns-keygen", "-k", "-a", "RSASHA256", "-b", "2048", ".")
zsk = tool("ldns-keygen", "-a", "RSASHA256", "-b", "2048", ".")
tool("ldns-signzone", "-f", "root.signed", "root", ksk, zsk)
anchor = D + "/anchor"
with open(anchor, "w") as f:
    f.write(open(os.path.join(D, ksk + ".key")).read())
with open(D + "/nsd.conf", "w") as f:
    f.write('server:\n ip-address: 127.0.0.1@%d\n username: ""\n chroot: ""\n server-count: 1\n database: ""\n zonesdir: "%s"\n pidfile: "%s/nsd.pid"\n'
            ' zonelistfile: "%s/list"\n xfrdfile: "%s/xfrd"\n xfrdir: "%s"\n cookie-secret-file: ""\n rrl-ratelimit: 0\nremote-control:\n control-enable: no\n'
            % (nsd_port, D, D, D, D, D))
    for name, file in [(".", "root.signed")] + [(z, "z%d.signed" % i) for i, z in enumerate(zones)]:
        f.write('zone:\n name: "%s"\n zonefile: "%s"\n' % (name, file))
with open(D + "/unbound.conf", "w") as f:
    f.write('server:\n interface: 127.0.0.1\n port: %d\n username: ""\n chroot: ""\n directory: "%s"\n pidfile: "%s/unbound.pid"\n use-syslog: no\n'
            ' do-not-query-localhost: no\n trust-anchor-file: "%s"\n module-config: "validator iterator"\n do-ip6: no\n local-zone: "test." nodefault\n'
            'remote-control:\n control-enable: no\n' % (unbound_port, D, D, anchor))
    for name in ["."] + list(zones):
        f.write('stub-zone:\n name: "%s"\n stub-addr: 127.0.0.1@%d\n' % (name, nsd_port))
log = open(TMP + "/dns.log", "ab")
start([TOOLS["nsd"], "-d", "-c", D + "/nsd.conf"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
start([TOOLS["unbound"], "-d", "-c", D + "/unbound.conf"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def secure(name):
    """The AD bit of an A question to unbound."""
    q = b"\0\7\1\x20\0\1\0\0\0\0\0\1" + b"".join(bytes([len(x)]) + x.encode() for x in name.split(".")) + b"\0\0\1\0\1" + b"\0\0\x29\x10\0\0\0\x80\0\0\0"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(1)
        s.sendto(q, ("127.0.0.1", unbound_port))
        try:
            r = s.recv(4096)
        except OSError:
            return None
    return bool(r[3] & 0x20) if r[3] & 15 == 0 else None


end = time.monotonic() + 30
while secure("mx.signed.test") is None and time.monotonic() < end:
    time.sleep(0.1)
eq([secure("mx.signed.test"), secure("mx.plain.test")], [True, False], "unbound validates what is signed")
host = Host(mc="define(`confDANE', `true')define(`SMTP_MAILER_ARGS', `TCP $h %d')define(`ESMTP_MAILER_ARGS', `TCP $h %d')\n" % (number, number),
            mode="background", option=" nameserver=127.0.0.1@%d anchor=%s" % (unbound_port, anchor))


def send(domain):
    """What the log says of one message."""
    ident = host.send("root@here.test", "u@%s.test" % domain, "Subject: x\n\nx\n")
    m = host.await_log(r"^.*%s: to=<u@%s\.test>.*$" % (ident, domain), 60)
    return m.group(0) if m else "%s: nothing is said of %s" % (ident, domain)


like(send("signed"), "stat=Sent", "a signed domain, and the right key")
ok(host.await_log(r"relay=mx\.signed\.test\.?, .*verify=TRUSTED"), "... TRUSTED")
like(send("evil"), r"dsn=4\.7\.5.*matches no TLSA record", "a signed domain, and another key: deferred")
like(send("plain"), "stat=Sent", "an insecure delegation: its TLSA record says nothing")
like(send("broken"), r"dsn=4\.7\.5.*cannot be looked up or validated", "a record that was changed: deferred")
p = subprocess.run([os.path.join(OBJ, "sendmail", "sendmail"), "-C", host.cf, "-bT", "signed.test", "plain.test"], capture_output=True, text=True)
like(p.stdout, r"(?s)mx\.signed\.test  \(preference 10, signed\).*by DANE.*mx\.plain\.test  \(preference 10, not signed\)\n +DANE +nothing", "-bT shows which is which")
ours = subprocess.run([os.path.join(OBJ, "sendmail", "sendmail"), "-C", host.cf, "--make-cert", "--dir=" + TMP + "/certs", "x.test"], capture_output=True, text=True)
theirs = subprocess.run([TOOLS["ldns-dane"], "-c", TMP + "/certs/x.test.crt", "create", "x.test", "25", "3", "1", "1"], capture_output=True, text=True).stdout
eq(re.search(r"TLSA (3 1 1 \S+)", ours.stdout).group(1), re.search(r"TLSA\s+(3 1 1 \S+)", theirs).group(1), "--make-cert prints the record that ldns-dane makes")
host.stop()
done_testing()
