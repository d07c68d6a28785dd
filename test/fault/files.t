#!/usr/bin/env python3
"""files: limits of the shell that starts us.  Few descriptors (ulimit -n): more clients than there is room for get their work done or hear a 421,
nothing accepted is lost, and the log says the room.  Short files (ulimit -f): what does not fit is put off.  No processes (ulimit -u): 421."""
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
import mta
from milter import Filter
from mta import Mta, Sink

CLIENTS = 60
sink = Sink()


def started(many, what=resource.RLIMIT_NOFILE, **more):
    """A daemon that may have so many; the test itself keeps what it has."""
    m = Mta(smart_host=sink, **more)
    popen, subprocess.Popen = subprocess.Popen, lambda *a, **k: popen(
        *a, preexec_fn=lambda: resource.setrlimit(what, (many, many)), **k)
    try:
        m.start()
    finally:
        subprocess.Popen = popen
    return m


def session(port, n, text, ready, out):
    """What it was answered last; "" when the connection ended without a word."""
    said = ""
    try:
        with socket.create_connection(("127.0.0.1", port), 60) as s:
            f = s.makefile("rb")
            for line in ("EHLO me.test", "MAIL FROM:<a@client.test>", "RCPT TO:<b%d@there.test>" % n, "DATA", text + ".", None):
                said = ""
                while True:
                    got = f.readline().decode()
                    said = got or said
                    if got[3:4] != "-":
                        break
                if not got or said[:1] not in "23" or line is None:
                    break
                if line == "EHLO me.test":
                    ready.wait()
                s.sendall((line + "\r\n").encode())
    except OSError as e:
        said = said or "the connection broke: %s" % e
    out[n] = said


for files, sessions in ((64, 4), (128, 24)):
    m = started(files)
    ok(m.await_log("%d descriptors a process .ulimit -n.: at most %d SMTP sessions at work" % (files, sessions)), "%d: the log says what there is room for" % files)
    before, ready, out = len(sink.messages), threading.Event(), [""] * CLIENTS
    all_of_them = [threading.Thread(target=session, args=(m.port, n, "Subject: x\r\n\r\n" + ("x" * 70 + "\r\n") * (2000 if n % 3 == 0 else 2), ready, out))
                   for n in range(CLIENTS)]
    for t in all_of_them:
        t.start()
    ready.set()
    for t in all_of_them:
        t.join()
    taken = [said for said in out if said.startswith("250 2.0.0")]
    strange = [said for said in out if not said.startswith(("250 2.0.0", "421 ", "451 ", "452 "))]
    ok(not strange and len(taken) >= sessions, "%d: each of %d clients has its message taken (%d) or hears a 4xx" % (files, CLIENTS, len(taken)))
    for said in strange[:5]:
        diag(repr(said))
    ok(len(sink.wait(before + len(taken))) == before + len(taken), "%d: what was taken arrives" % files)
    lost = [line for line in m.log().splitlines() if "a role is gone" in line or " was lost" in line or "role spool is away" in line]
    ok(not lost, "%d: no role ran dry" % files)
    for line in lost[:5]:
        diag(line)
    m.send("a@client.test", ["after@there.test"], "Subject: x\n\nhello\n")
    ok(len(sink.wait(before + len(taken) + 1)) == before + len(taken) + 1, "%d: and it goes on" % files)
    m.stop()

# sessions that wait with their filters, and all go on at once: more descriptors would be on their way than a user may have
one = Filter("local:" + os.path.join(TMP, "one"))
m = started(160, mc="INPUT_MAIL_FILTER(`one', `S=local:%s, T=C:30s;S:30s;R:30s;E:30s')\n" % os.path.join(TMP, "one"))
waiting = []
for n in range(CLIENTS):
    s = socket.create_connection(("127.0.0.1", m.port), 60)
    f = s.makefile("rb")
    f.readline()
    s.sendall(b"EHLO me.test\r\n")
    while f.readline()[3:4] == b"-":
        pass
    waiting.append((s, f))


def process(title):
    """Who of ours is called so: its pid, None."""
    for p in m.children():
        try:
            with open("/proc/%d/cmdline" % p) as f:
                if title in f.read():
                    return p
        except OSError:
            pass
    return None


def held():
    """How many of them gate has: two descriptors each.  All, where that is not to be seen."""
    try:
        return len(os.listdir("/proc/%d/fd" % process("gate: "))) / 2
    except PermissionError:
        return CLIENTS


end = time.monotonic() + 30
while held() < CLIENTS and time.monotonic() < end:
    time.sleep(0.05)
smtpd = process("smtpd: ready")
os.kill(smtpd, signal.SIGSTOP)          # so that all of them are on their way when it wakes up
for s, f in waiting:
    s.sendall(b"QUIT\r\n")
time.sleep(0.3)                         # nothing fails if that was too short: less is seen then
os.kill(smtpd, signal.SIGCONT)
said = [f.readline().decode() for s, f in waiting]
ok(all(line.startswith("221 ") for line in said), "160: %d sessions with filters that all go on at once hear an answer" % CLIENTS)
diag("%d of them did" % len([line for line in said if line.startswith("221 ")]))
ok("a role is gone" not in m.log(), "160: no role lost another")
m.stop()

# no file may be longer than a megabyte: no signal ends anybody
m = started(1 << 20, resource.RLIMIT_FSIZE, mc="define(`confJOURNAL_SEGMENT_SIZE', `262144')\n")
before, out = len(sink.messages), {}
ready.set()
for n, lines in enumerate((2, 3000, 30000, 3)):
    session(m.port, n, "Subject: x\r\n\r\n" + ("x" * 70 + "\r\n") * lines, ready, out)
ok(all(out[n].startswith("250 2.0.0") for n in (0, 1, 3)) and out[2].startswith("452 4.3.1"), "files of a megabyte: what is longer is put off") or diag(out)
ok(len(sink.wait(before + 3)) == before + 3, "... the rest arrives")
ok(m.await_log("write: File too large") and "was ended by signal" not in m.log() and "is gone" not in m.log(), "... the log says why, and no process was ended")
m.stop()

# no role of another user than root may start a process
if os.geteuid() == 0:
    m = started(1, resource.RLIMIT_NPROC)
    with socket.create_connection(("127.0.0.1", m.port), 60) as s:
        said = s.makefile("rb").readline().decode()
    ok(said.startswith("421 4.3.2 "), "no processes: who comes hears so") or diag(said)
    ok(m.await_log("smtpd: fork a worker: "), "... and the log says why")
    m.stop()
else:
    skip("no processes", "an ordinary user's daemon would not start")

m = Mta(smart_host=sink)
r = subprocess.run([mta.SENDMAIL, "-bD", "-C", m.path("etc/sendmail.cf")], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60,
                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (48, 48)))
ok(r.returncode != 0 and "48 descriptors a process are too few (ulimit -n): a daemon needs 64" in r.stderr, "48: it does not start, and says why")
diag(r.stderr.strip())
done_testing()
