#!/usr/bin/env python3
"""milter_more: filters beyond what can be recorded: shadows, counts, sockets of every kind, new bodies of any size, refused recipients, submission."""
import hashlib
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *
from milter import Filter
from mta import Submit

tcp, tcp6 = port(), port()
sock = os.path.join(TMP, "sock")
os.mkdir(sock, 0o755)
os.mkdir(os.path.join(sock, "closed"), 0o700)
ports = {n: port() for n in ("shadow", "tcp", "tcp6", "closed", "none")}
host = Host(mc="".join("DAEMON_OPTIONS(`Name=%s, Addr=127.0.0.1, Port=%d, InputMailFilters=%s')\n" % (n, p, "" if n == "none" else n) for n, p in ports.items()) + """
FEATURE(`accept_unresolvable_domains')
define(`confMILTER_LOG_LEVEL', `22')
define(`confLOG_LEVEL', `14')
define(`confMAX_MESSAGE_SIZE', `20000000')
INPUT_MAIL_FILTER(`one', `S=local:%(sock)s/one, F=T, T=C:2s;S:5s;R:5s;E:5s')
MAIL_FILTER(`shadow', `S=unix:%(sock)s/shadow, F=SR, T=R:1s;E:2s')
MAIL_FILTER(`tcp', `S=inet:%(tcp)d@localhost, F=T')
MAIL_FILTER(`tcp6', `S=inet6:%(tcp6)d@::1, F=T')
MAIL_FILTER(`closed', `S=local:%(sock)s/closed/x, F=T')
""" % {"sock": sock, "tcp": tcp, "tcp6": tcp6}, aliases="postmaster: root\njoe: root\n", start_it=False)
control = host.path("control")
with open(host.cf, "a") as f:
    f.write("O ControlSocketName=%s\n" % control)
one = Filter("local:%s/one" % sock)
shadow = Filter("local:%s/shadow" % sock)
at_tcp = Filter("inet:%d@127.0.0.1" % tcp)
closed = Filter("local:%s/closed/x" % sock)
host.start()


def talk(name=None):
    c = Talk(ports[name] if name else host.port)
    c.reply()
    c.cmd("EHLO me.test")
    return c


def send(c, body="hello\r\n", rcpts=("joe@here.test",)):
    for line in ["MAIL FROM:<ann@far.test>"] + ["RCPT TO:<%s>" % r for r in rcpts] + ["DATA"]:
        said = c.cmd(line)
        if said[:1] not in ("2", "3"):
            return said
    c.send("Subject: test\r\n\r\n" + body + ".\r\n")
    r = c.reply()
    m = re.match(r"250 2\.0\.0 (\S+) Message accepted", r)
    return m.group(1) if m else r


# ---- what the first filter of a .mc brings ----
with open(host.cf) as f:
    lines = [l for l in f.read().split("\n") if l.startswith(("O Milter.macros", "O InputMailFilters", "Xone"))]
eq(lines, ["O InputMailFilters=one", "O Milter.macros.connect=j, _, {daemon_name}, {if_name}, {if_addr}",
           "O Milter.macros.helo={tls_version}, {cipher}, {cipher_bits}, {cert_subject}, {cert_issuer}",
           "O Milter.macros.envfrom=i, {auth_type}, {auth_authen}, {auth_ssf}, {auth_author}, {mail_mailer}, {mail_host}, {mail_addr}",
           "O Milter.macros.envrcpt={rcpt_mailer}, {rcpt_host}, {rcpt_addr}", "O Milter.macros.eom={msg_id}",
           "Xone, S=local:%s/one, F=T, T=C:2s;S:5s;R:5s;E:5s" % sock], "INPUT_MAIL_FILTER writes what sendmail's does")

# ---- refused at HELO, and silent then: parked ----
for plan, want in (({"H": ["r"]}, "550 5.0.0 Command rejected"), ({"H": ["y554 5.7.1 not you"]}, "554 5.7.1 not you")):
    one.be(plan=plan)
    c = talk()
    time.sleep(0.3)			# longer than a worker waits for the next command
    eq([c.cmd("MAIL FROM:<ann@far.test>"), c.cmd("RCPT TO:<joe@here.test>")], [want] * 2, "who was refused at HELO is, however long it waits: " + want)
    c.cmd("QUIT")
    one.idle()

# ---- a new body ----
line = "x" * 70 + "\r\n"
for name, pieces in (("small", 1), ("longer than what is kept in memory", 6), ("of many megabytes", 150)):
    one.be(plan={"E": ["b|" + line * 900] * pieces + ["c"]})
    c = talk()
    ident = send(c)
    want = (line * 900 * pieces).replace("\r\n", "\n").encode()
    eq(hashlib.sha256(host.df(ident)).digest(), hashlib.sha256(want).digest(), "a new body, " + name)
    ident = send(c, "long " * 12 + "\r\n")
    eq(len(host.df(ident)), len(want), "... and once more in that session")
    c.cmd("QUIT")
    one.idle()
for protocol, most in ((0, 65535), (0x10000000, 65535), (0, 65535)):
    one.be(protocol=protocol, plan={})
    c = talk()
    body = "".join("%062d\r\n" % i for i in range(40000))
    ident = send(c, body)
    c.cmd("QUIT")
    one.idle()
    sizes = [int(l.split()[1]) for l in one.seen[0] if l.startswith("B ")]
    eq((sum(sizes), max(sizes)), (len(body), most), "a long body is sent whole, in packets of %d" % most)
one.be(negotiate=["raw:0000000d4f000000060000000020000000"], plan={})
c = talk()
ident = send(c, body)
c.cmd("QUIT")
one.idle()
sizes = [int(l.split()[1]) for l in one.seen[0] if l.startswith("B ")]
eq((sum(sizes), max(sizes)), (len(body), 1048575), "... or of 1048575, when the filter takes that")

# a filter that dies with half of the body replaced: nobody gets the half
one.be(plan={"E": ["b|" + line * 10, "close"]})
c = talk()
like(send(c), r"^451 4\.3\.2 ", "half a new body is no body")
c.close()
one.idle()

# ---- nothing is smuggled in ----
one.be(plan={"E": ["h|X-A|one\nX-Evil: yes\n\nbody", "h|X B|no", "h||no", "h|X:C|no", "m|1|Subject|x\ry", "+|<a@b> SIZE=1>", "+|<joe@here.test\n>", "c"]})
c = talk()
ident = send(c)
text = host.qf(ident)
ok(not re.search(r"(?m)^H[^\n]*X-Evil|^Evil|X B|X:C|^E", text), "a header's value stays one header, a name is a name")
like(text, r"H\?\?X-A: one\n\tX-Evil: yes\n\t\n\tbody", "... folded")
c.close()
one.idle()

one.be(plan={"E": ["h|X-A|" + "x" * 60000] * 100 + ["c"]})
c = talk()
like(send(c), r"^451 4\.3\.2 ", "a filter that wants megabytes of header fields is given up")
c.close()
one.idle()
one.be(plan={"M": ["y550 5.7.1 " + "x" * 100000]})
c = talk()
like(c.cmd("MAIL FROM:<ann@far.test>"), r"^550 5\.7\.1 <ann@far\.test>\.\.\. Command rejected$", "a reply of a hundred kilobytes is none")
c.close()
one.idle()

# ---- recipients that are refused ----
one.be(protocol=0x800, plan={})
c = talk()
c.cmd("MAIL FROM:<ann@far.test>")
like(c.cmd("RCPT TO:<nobody.such@mail.here.test>"), r"^550 5\.1\.1 ", "a user who is unknown")
c.cmd("QUIT")
one.idle()
ok("R '<nobody.such@mail.here.test>'" in one.seen[0] and any(re.match(r"D R .*\{rcpt_mailer\}='error'.*\{rcpt_host\}='5\.1\.1'.*\{rcpt_addr\}='User unknown'", l) for l in one.seen[0]),
   "... is shown to a filter that asked for it")

# ---- a shadow ----
for plan, what in (({"C": ["r"]}, "connect, shadow, reject"), ({"H": ["t"]}, "helo, shadow, tempfail"), ({"M": ["y550 5.7.1 no"]}, "mail, shadow, reject=550 5.7.1 no"),
                   ({"R": ["r"]}, "rcpt, shadow, reject"), ({"T": ["d"]}, "data, shadow, discard"), ({"L": ["r"]}, "header, shadow, reject"),
                   ({"B": ["t"]}, "body, shadow, tempfail"), ({"E": ["h|X-S|1", "b|gone", "-|<joe@here.test>", "q|bad", "r"]}, "eom, shadow, reject"),
                   ({"M": ["close"]}, None), ({"E": ["wait"]}, None), ({"R": ["#99999999"]}, None)):
    shadow.be(plan=plan)
    c = talk("shadow")
    idents = [send(c), send(c)]
    c.cmd("QUIT")
    shadow.idle()
    eq([host.df(i) for i in idents if len(i) == 14], [b"hello\n"] * 2, "a shadow that says %s changes nothing" % plan)
    ok(not re.search(r"(?m)^q|X-S", host.qf(idents[0])), "... at all")
    if what:
        ok(host.await_log(r"milter=shadow, action=" + re.escape(what)), "... but it is logged")

# ---- sockets ----
at_tcp.be(plan={"R": ["r"]})
c = talk("tcp")
c.cmd("MAIL FROM:<ann@far.test>")
like(c.cmd("RCPT TO:<joe@here.test>"), r"^550 5\.7\.1 .*Command rejected", "a filter over TCP, its host by name")
c.close()
try:
    at_tcp6 = Filter("inet6:%d@::1" % tcp6, plan={"R": ["r"]})
    c = talk("tcp6")
    c.cmd("MAIL FROM:<ann@far.test>")
    like(c.cmd("RCPT TO:<joe@here.test>"), r"^550 5\.7\.1 .*Command rejected", "a filter over IPv6")
    c.close()
except OSError as e:
    skip("a filter over IPv6", str(e))
closed.be(plan={"R": ["r"]})
c = talk("closed")
c.cmd("MAIL FROM:<ann@far.test>")
like(c.cmd("RCPT TO:<joe@here.test>"), r"^550 5\.7\.1 .*Command rejected", "a socket in a folder that only root may enter" if os.geteuid() == 0 else "a socket in our own folder")
c.close()
closed.close()
os.unlink(os.path.join(sock, "closed", "x"))
c = talk("closed")
like(c.cmd("MAIL FROM:<ann@far.test>"), r"^451 4\.3\.2 ", "... and when it is gone, F=T")
c.close()
closed = Filter("local:%s/closed/x" % sock)
c = talk("closed")
like(c.cmd("MAIL FROM:<ann@far.test>"), r"^250 ", "... and when it is back, all is well")
c.close()

# ---- mail submitted on this host is seen by the MTA's filters ----
one.be(plan={"E": ["h|X-Seen|by one", "c"]})
s = Submit(host.port)
r = subprocess.run([os.path.join(OBJ, "sendmail", "sendmail"), "-C", s.cf, "-odi", "joe@here.test"], input=b"Subject: local\n\nfrom a user\n", capture_output=True, timeout=60)
eq(r.returncode, 0, "sendmail, the submitting program")
one.idle()
ok(any("B 13 " in l for seen in one.seen for l in seen), "... hands its mail to an MTA that asks its filters")

# ---- sessions that wait: held by gate, with their filters, and by few processes ----
def workers():
    rows = [l.split(None, 2) for l in run(["ps", "-eo", "pid=,ppid=,args="])[1].splitlines()]
    mine = {str(host.process.pid)}
    for _ in range(4):
        mine |= {r[0] for r in rows if len(r) == 3 and r[1] in mine}
    return len([r for r in rows if len(r) == 3 and r[0] in mine and "smtpd" in r[2]])


one.be(syms={"R": "{rcpt_addr} i"}, protocol=0x100000)
silent = []
for i in range(100):
    c = Talk(host.port)
    like(c.reply(), "^220 ", "greeted after its filter was asked") if i == 0 else c.reply()
    if i % 2:
        c.cmd("EHLO client%d" % i)
    silent.append(c)
end = time.monotonic() + 30
while workers() > 60 and time.monotonic() < end:
    time.sleep(0.2)
ok(workers() <= 60, "a hundred sessions with filters that wait are held by few processes") or diag(workers())
idents = []
for i, c in enumerate(silent[:10]):
    if not i % 2:
        c.cmd("EHLO client%d" % i)
    idents.append(send(c))
    time.sleep(0.1 if i < 3 else 0)
    idents.append(send(c))
eq([len(i) for i in idents], [14] * 20, "... and go on where they were")
eq(len(one.seen), 100, "... with the same connections to the filter")
for c in silent[:10]:
    c.cmd("QUIT")
for c in silent:
    c.close()
ok(one.idle(), "... which end with them")
talked = [s for s in one.seen if any(l.startswith("M ") for l in s)]
strip = lambda s: [re.sub(r"client\d+|i='\w+'|\d\d\d+", "N", l) for l in s if not l.startswith("D E")]
ok(len(talked) == 10 and all(strip(s) == strip(talked[0]) for s in talked), "each filter heard one session, whole")
ok(all(s[-1] == "Q" for s in one.seen), "... and a good bye")
ok(any(re.match(r"D R \{rcpt_addr\}='\S+' i='", l) for l in talked[0]) and "L 'Subject' ' test'" in talked[0], "... and what it negotiated is still known")
one.be(plan={"C": ["t"]})
c = Talk(host.port)
c.reply()
time.sleep(0.5)
like(c.cmd("MAIL FROM:<ann@far.test>"), r"^451 4\.3\.2 ", "what a filter said at the door is not forgotten while the session waits")
c.close()
one.be(plan={"H": ["y550 5.7.9 not you"]})
c = talk()
time.sleep(0.5)
like(c.cmd("MAIL FROM:<ann@far.test>"), r"^550 5\.7\.9 not you", "... nor what it said at HELO")
c.close()
one.be(plan={"H": ["c", "close"]})
c = talk()
one.idle()
time.sleep(0.3)
like(c.cmd("MAIL FROM:<ann@far.test>"), r"^451 4\.3\.2 ", "a filter that went away meanwhile is missed")
c.close()

one.be(plan={"R": ["y550 5.7.1 not him"]})
c = talk()
c.cmd("MAIL FROM:<ann@far.test>")
c.cmd("RCPT TO:<joe@here.test>")
c.close()
ok(host.await_log(r"Milter: to=<joe@here\.test>, reject=550 5\.7\.1 not him, why=milter\[one\]$"), "a refusal's line says which filter decided")

# ---- counts ----
def ask(command):
    with socket.socket(socket.AF_UNIX) as k:
        k.settimeout(30)
        k.connect(control)
        k.sendall(command.encode() + b"\n")
        got = b""
        while True:
            more = k.recv(65536)
            if not more:
                return got.decode()
            got += more


end = time.monotonic() + 30
while True:
    said = ask("filters")
    m = re.search(r"(?m)^shadow sessions=11 messages=(\d+) accepted=0 rejected=(\d+) tempfailed=(\d+) discarded=(\d+) quarantined=(\d+) changes=(\d+) errors=3 time=\S+s longest=\S+s\r$", said)
    if m or time.monotonic() > end:
        break
    time.sleep(0.1)
if not ok(m, "the control socket tells what a filter did"):
    diag(said)
else:
    ok(int(m.group(2)) >= 5 and int(m.group(3)) >= 2 and int(m.group(6)) >= 3, "... its verdicts, too: " + m.group(0))
like(said, r"(?m)^one sessions=\d+ ", "... of each filter")
like(ask("help"), r"(?m)^filters ", "... and help names the command")
host.stop()
done_testing()
