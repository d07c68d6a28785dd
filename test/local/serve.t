#!/usr/bin/env python3
"""mail.local -s: the LMTP listeners of mailbox.cf; who may connect, tokens, reload, and our sendmail delivering through the socket."""
import glob
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mailsite import *
from mta import Mta

PROGRAM = os.path.join(OBJ, "mail.local", "mail.local")


class Lmtp:
    def __init__(self, where):
        if isinstance(where, str):
            self.s = socket.socket(socket.AF_UNIX)
            self.s.settimeout(60)
            self.s.connect(where)
        else:
            self.s = socket.create_connection(("127.0.0.1", where), 60)
        self.f = self.s.makefile("rb")
        self.greeting = self.line()

    def line(self):
        return self.f.readline().decode("latin-1").rstrip("\r\n")

    def say(self, text):
        self.s.sendall(text.encode("latin-1") + b"\r\n")
        line = self.line()
        while line[3:4] == "-":
            line = self.line()
        return line

    def deliver(self, rcpts, text):
        """Replies: of each RCPT, then, of those taken, after the message."""
        self.say("MAIL FROM:<a@b.example>")
        out = [self.say("RCPT TO:" + r) for r in rcpts]
        if any(x.startswith("250") for x in out):
            self.say("DATA")
            self.s.sendall(text.replace("\n", "\r\n").encode() + b".\r\n")
            out += [self.line() for x in out if x.startswith("250")]
        return out

    def close(self):
        self.f.close()
        self.s.close()


def serve(site, wait="ready"):
    log = open(site.path("serve.log"), "ab")
    p = start([PROGRAM, "-S", "-C", site.cf], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
              preexec_fn=None if site.as_root else become_owner)
    log.close()
    site.procs["serve"] = p
    if not site.await_log("serve", wait):
        bail("mail.local -s does not start: " + site.log("serve"))
    return p


def messages(site, user="joe"):
    if site.fmt == "mbox":
        try:
            return site.mbox(user).count(b"\nSubject: ")
        except FileNotFoundError:
            return 0
    return len(glob.glob(site.maildir(user, "new/*")))


def site_with(fmt, **kw):
    site = Site(fmt, **kw)
    site.run = site.path("run")
    if not site.as_root and ROOT:
        os.mkdir(site.run)
        os.chown(site.run, OWNER.pw_uid, OWNER.pw_gid)
    site.lmtp = os.path.join(site.run, "lmtp")
    site.ports["lmtp"] = port()
    site.base = site.path("base.cf")
    with open(site.cf) as f:
        text = f.read()
    site.text = text + "O SocketDir=%s\nO LogLevel=12\nO PidFile=%s\n" % (site.run, os.path.join(site.run, "%s.pid"))
    return site


def conf(site, *listen):
    with open(site.cf, "w") as f:
        f.write(site.text + "".join("O Listen=Service=lmtp,%s\n" % x for x in listen))


for fmt in ("mbox", "maildir"):
    site = site_with(fmt, as_root=True)
    conf(site, "Name=lmtp,Socket=lmtp", "Name=net,Port=%d" % site.ports["lmtp"])
    p = serve(site)
    eq(stat.S_IMODE(os.stat(site.lmtp).st_mode), 0o660, fmt + ": the socket is not for everybody")
    with open(os.path.join(site.run, "mail.local.pid")) as f:
        eq(int(f.read()), p.pid, "PidFile's %s is the name of the daemon")
    c = Lmtp(site.lmtp)
    like(c.greeting, "^220 localhost LMTP ready", "it speaks LMTP on the socket")
    like(c.say("LHLO x"), "^250 ", "LHLO")
    eq([x[:3] for x in c.deliver(["<joe>", "<nosuch>", "<ann>"], "Subject: 1\n\nx\n")], ["250", "550", "250", "250", "250"], "a message for two")
    eq([x[:3] for x in c.deliver(["<joe>"], "Subject: 2\n\nx\n")], ["250", "250"], "and another in the same session")
    n = Lmtp(site.ports["lmtp"])
    n.say("LHLO x")
    eq([x[:3] for x in n.deliver(["<joe>"], "Subject: 3\n\nx\n")], ["250", "250"], "on the port too")
    eq((messages(site), messages(site, "ann")), (3, 1), "they are there")
    for who in ("joe", "ann"):
        path = site.mbox_path(who) if fmt == "mbox" else glob.glob(site.maildir(who, "new/*"))[0]
        eq(os.stat(path).st_uid, OWNER.pw_uid, who + "'s belong to their user")

    # tokens: a repeated delivery is recognised, also when the message was taken away meanwhile
    token = "0123456789abcdef0123456789ABCDEF"
    for i in range(2):
        eq([x[:3] for x in c.deliver(["<joe> XTOKEN=" + token, "<ann> XTOKEN=" + token], "Subject: 4\n\nx\n")], ["250"] * 4, "a delivery with a token")
    eq((messages(site), messages(site, "ann")), (4, 2), "twice the same is one message for each")
    site.start("popd")
    q = site.pop()
    for i in range(4):
        q.dele(i + 1)
    q.quit()
    eq([x[:3] for x in n.deliver(["<joe> XTOKEN=" + token.lower()], "Subject: 4\n\nx\n")], ["250", "250"], "once more when it was read and deleted")
    eq(messages(site), 0, "and it does not come back")
    eq([x[:3] for x in n.deliver(["<joe> XTOKEN=" + token[::-1]], "Subject: 5\n\nx\n")], ["250", "250"], "another token")
    eq(messages(site), 1, "is another message")
    c.say("MAIL FROM:<>")
    for bad in ("XTOKEN=", "XTOKEN=" + token[1:], "XTOKEN=" + token + "0", "XTOKEN=" + "g" * 32, "XTOKEN=%s XTOKEN=%s" % (token, token), "FOO=1"):
        like(c.say("RCPT TO:<joe> " + bad), "^555 ", "refused: " + bad[:20])
    c.say("RSET")

    # sixteen sessions at a time
    got = []

    def one(i):
        x = Lmtp(site.lmtp if i % 2 else site.ports["lmtp"])
        x.say("LHLO x")
        got.extend(r[:3] for r in x.deliver(["<ann>"], "Subject: many\n\n%d\n" % i * 1000))
        x.close()
    threads = [threading.Thread(target=one, args=(i,)) for i in range(16)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    eq(got, ["250"] * 32, "sixteen sessions at a time")

    ok("forbidden" not in site.log("serve") and "ERROR" not in site.log("serve"), "no session broke its bounds")
    rows = [r.split() for r in subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True).stdout.splitlines()]
    for kid in (r[0] for r in rows if int(r[1]) == p.pid):
        if os.path.exists("/proc/%s/status" % kid):
            with open("/proc/%s/status" % kid) as f:
                st = f.read()
            off = re.search(r"sandbox lmtp: (off|not offered|no system call filter)", site.log("serve"))
            ok(off or re.search(r"Seccomp:\s2", st) or "State:\tZ" in st, "a session is in a sandbox")
            break

    # another daemon, wrong configurations, reload
    r = subprocess.run([PROGRAM, "-S", "-C", site.cf], capture_output=True, text=True, timeout=60)
    eq(r.returncode, 78, "a second daemon does not take the socket away")
    like(r.stderr, "lmtp: another daemon answers there", "and says so")
    conf(site, "Name=lmtp,Socket=lmtp,TLS=starttls")
    p.send_signal(signal.SIGHUP)
    ok(site.await_log("serve", "not taken over: %s: line" % site.cf), "a configuration that is wrong is not taken over")
    conf(site, "Name=lmtp,Socket=lmtp,Mode=0600", "Name=two,Socket=two", "Name=net,Port=%d,Allow=192.0.2.0/24 ::1" % site.ports["lmtp"])
    p.send_signal(signal.SIGHUP)
    ok(site.await_log("serve", "configuration taken over"), "one that is right is")
    eq([x[:3] for x in c.deliver(["<joe>"], "Subject: 6\n\nx\n")], ["250", "250"], "sessions go on")
    eq(stat.S_IMODE(os.stat(site.lmtp).st_mode), 0o600, "the socket has its new mode")
    x = Lmtp(os.path.join(site.run, "two"))
    like(x.greeting, "^220 ", "a new listener is there")
    x.close()
    x = Lmtp(site.ports["lmtp"])
    like(x.greeting, "^554 5.7.1", "who is not in Allow= is turned away")
    x.close()
    conf(site, "Name=lmtp,Socket=lmtp")
    p.send_signal(signal.SIGHUP)
    end = time.monotonic() + 60
    while os.path.exists(os.path.join(site.run, "two")) and time.monotonic() < end:
        time.sleep(0.02)
    ok(not os.path.exists(os.path.join(site.run, "two")), "a listener that is no more takes its socket along")
    p.terminate()
    eq(p.wait(60), 0, "SIGTERM ends it")
    eq(c.line(), "", "and its sessions")
    ok(not os.path.exists(site.lmtp), "no socket is left behind")
    left = socket.socket(socket.AF_UNIX)            # as of a daemon that was killed
    left.bind(site.lmtp)
    left.close()
    p = start([PROGRAM, "-S", "-C", site.cf], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end, again = time.monotonic() + 60, None
    while again is None and time.monotonic() < end:
        try:
            again = Lmtp(site.lmtp)
        except OSError:
            time.sleep(0.02)
    like(again.greeting if again else "", "^220 ", "a socket whose daemon was killed is taken over")
    p.terminate()
    p.wait(60)

for listen, why in (("Socket=x,Port=24", "a Port or a Socket"), ("Name=x", "a Port or a Socket"), ("Socket=x,Allow=1.2.3.4", "Addr and Allow"),
                    ("Port=24,Mode=0600", "Mode and Group"), ("Socket=x,Mode=99", "octal"), ("Socket=a/b", "plain name"),
                    ("Port=24,Allow=nonsense", "no network"), ("Socket=x,Group=no.such.group", "no group"), ("Port=24,TLS=implicit", "without TLS")):
    conf(site, listen)
    r = subprocess.run([PROGRAM, "-S", "-C", site.cf], capture_output=True, text=True, timeout=60)
    like("%d %s" % (r.returncode, r.stderr), "^78 .*" + why, "refused: " + listen)
conf(site)
like(subprocess.run([PROGRAM, "-S", "-C", site.cf], capture_output=True, text=True, timeout=60).stderr, "no listener for lmtp", "nothing to serve")

# our sendmail delivers through the socket, several messages in a session; a proxy between them loses the first answer
site = site_with("maildir")
conf(site, "Name=lmtp,Socket=lmtp,Mode=0666")
p = serve(site)
proxy = os.path.join(TMP, "proxy")
listener = socket.socket(socket.AF_UNIX)
listener.bind(proxy)
os.chmod(proxy, 0o666)
listener.listen(50)
lost = []


def pump(a, b, back):
    try:
        while True:
            data = a.recv(65536)
            if not data:
                break
            if back and b"2.1.5 <joe> Ok" in data and not lost:
                lost.append(data)
                break
            b.sendall(data)
    except OSError:
        pass
    for s in (a, b):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def proxy_run():
    while True:
        a, _ = listener.accept()
        b = socket.socket(socket.AF_UNIX)
        b.connect(site.lmtp)
        threading.Thread(target=pump, args=(a, b, False), daemon=True).start()
        threading.Thread(target=pump, args=(b, a, True), daemon=True).start()


threading.Thread(target=proxy_run, daemon=True).start()
m = Mta(mc="""define(`confTO_QUEUEWARN', `1h')
define(`confMIN_QUEUE_AGE', `0')
FEATURE(`local_lmtp', `[IPC]', `FILE %s')
""" % proxy, local_flags="-w", args=("-q1s",))
m.start()
m.send("x@there.test", ["joe@here.test"], "Subject: lost answer\n\nx\n")
end = time.monotonic() + 60
while (not lost or m.queue() or len(re.findall("to=joe, ", site.log("serve"))) < 2) and time.monotonic() < end:
    time.sleep(0.05)
ok(lost, "an answer was lost on its way")
eq(len(re.findall("to=joe, ", site.log("serve"))), 2, "sendmail asked again")
ok(m.await_queue(0), "and was content with the answer")
eq(messages(site), 1, "the message is there once")
for i in range(30):
    m.send("x@there.test", ["joe@here.test", "ann@here.test"], "Subject: n%d\n\nx\n" % i)
end = time.monotonic() + 60
while (messages(site) < 31 or messages(site, "ann") < 30) and time.monotonic() < end:
    time.sleep(0.05)
eq((messages(site), messages(site, "ann")), (31, 30), "thirty messages for two users, each once")
sessions = len(re.findall("lmtp: connection", site.log("serve")))
# a destination has up to 20 attempts at a time (SLOTS_MAX of dest.c), each with a session of its own where deliveries are slow; two more by the lost answer
ok(sessions < 25, "several messages go in a session (%d sessions)" % sessions)
m.stop()
p.terminate()
eq(p.wait(60), 0, "the end")
done_testing()
