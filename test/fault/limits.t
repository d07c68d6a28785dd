#!/usr/bin/env python3
"""Out of descriptors, out of memory, a file system that is read-only or full: 4xx and a line in the log, and work again without a restart."""
import os
import resource
import smtplib
import subprocess
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink
from fault import settle

# mounts of our own, that nobody else sees and that end with us
if os.getuid() == 0 and "LIMITS_ALONE" not in os.environ and subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0:
    os.execvpe("unshare", ["unshare", "-m", sys.executable, os.path.abspath(__file__)], dict(os.environ, LIMITS_ALONE="1"))
sink = Sink()
SMALL, LARGE = "Subject: s\n\nx\n", "Subject: l\n\n" + ("x" * 70 + "\n") * 3000
taken = 0


def attempt(m, text):
    global taken
    try:
        m.send("a@client.test", ["b@there.test"], text)
        taken += 1
        return 250
    except smtplib.SMTPResponseException as e:
        return e.smtp_code
    except smtplib.SMTPRecipientsRefused as e:
        return list(e.recipients.values())[0][0]
    except (OSError, smtplib.SMTPException) as e:
        return -1 if "timed out" in str(e) else 0


def spool(m):
    for p in m.children():
        try:
            with open("/proc/%d/cmdline" % p) as f:
                line = f.read()
        except OSError:
            continue
        if "spool" in line and "sync" not in line and "segments" not in line:
            return p
    bail("no spool role")


def again(m, text=SMALL):
    end = time.monotonic() + 30
    while attempt(m, text) != 250 and time.monotonic() < end:
        time.sleep(0.2)
    return time.monotonic() < end


def full(m, text):
    """The same, after every block of the queue's file system was taken."""
    with open(m.path("queue/filler"), "ab", buffering=0) as f:
        try:
            while True:
                f.write(b"x" * 65536)
        except OSError:
            pass
    return attempt(m, text)


m = Mta(smart_host=sink)
m.start()
ok(again(m) and again(m, LARGE), "mail is taken")
time.sleep(0.5)
p = spool(m)
try:
    fds, old = True, resource.prlimit(p, resource.RLIMIT_NOFILE)
    resource.prlimit(p, resource.RLIMIT_NOFILE, (3, old[1]))
except PermissionError:
    diag("this user may not limit its own processes here")
    fds = False
if fds:
    codes = [attempt(m, t) for t in (SMALL, LARGE, LARGE)]
    ok(all(c == 250 or 400 <= c < 500 for c in codes) and codes[1] != 250, "no descriptors: %r" % codes)
    ok(m.await_log(r"Too many open files"), "a line in the log says why")
    resource.prlimit(p, resource.RLIMIT_NOFILE, old)
    ok(again(m, LARGE) and p == spool(m), "and it goes on, in the same process")
    size = []
    if sanitized():		# AddressSanitizer takes its locks to report that memory is gone, and needs memory to report: now and then it waits for itself for ever
        skip("hardly any memory", "the sanitizers of this build end or hang a process that is refused memory")
    else:
        with open("/proc/%d/status" % p) as f:
            size = [int(line.split()[1]) << 10 for line in f if line.startswith("VmSize")]
    if size:
        old = resource.prlimit(p, resource.RLIMIT_AS)
        resource.prlimit(p, resource.RLIMIT_AS, (size[0] + (256 << 10), old[1]))
        codes = [attempt(m, SMALL if i % 2 else "Subject: m\n\n" + ("x" * 70 + "\n") * 850) for i in range(30)]
        ok(all(c in (0, 250) or 400 <= c < 500 for c in codes), "hardly any memory: " + " ".join(map(str, sorted(set(codes)))))
        try:
            resource.prlimit(p, resource.RLIMIT_AS, old)
        except ProcessLookupError:
            diag("the role ended, and another took its place")
        ok(again(m) and again(m, LARGE), "and it goes on")
n = taken
ok(settle(m) and len(sink.wait(n)) >= n, "whatever was accepted has arrived (%d)" % n)
m.stop()

# a file system of our own
m = Mta(smart_host=sink, mc="define(`confMIN_FREE_BLOCKS', `0')\n")
q = m.path("queue")
mounted = os.getuid() == 0 and subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=700", "tmpfs", q], capture_output=True).returncode == 0
if not mounted:
    skip("a file system of our own", "none can be mounted here; a folder without rights stands for it")
try:
    m.start()
    end = time.monotonic() + 20
    while not os.path.exists(m.path("queue/journal.001")) and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(0.3)
    ok(again(m), "mail is taken")
    if mounted:
        if b"busy" in subprocess.run(["mount", "-o", "remount,ro", q], capture_output=True).stderr:
            diag("a file is open for writing: not read-only")
        codes = [attempt(m, SMALL), attempt(m, LARGE)]
        subprocess.run(["mount", "-o", "remount,rw", q], capture_output=True)
    elif os.getuid() != 0:
        os.chmod(q, 0o500)
        codes = [attempt(m, SMALL), attempt(m, LARGE)]
        os.chmod(q, 0o700)
    else:
        codes = [451]
    ok(all(c == 250 or 400 <= c < 500 for c in codes), "nothing can be made in the queue: %r" % codes)
    ok(again(m) and again(m, LARGE), "and it goes on when it can")
    if mounted:
        end, codes = time.monotonic() + 30, [0, 0]  # content of what has gone gives its place back a little later: until nothing is left; a used df that was kept is shorter
        while not all(c in (451, 452) for c in codes[1:]) and time.monotonic() < end:
            codes = [full(m, t) for t in (SMALL, LARGE * 8, LARGE * 8)]
        ok(codes[0] == 250 and all(c in (451, 452) for c in codes[1:]), "a full disk: the journal has its place already, files have none: %r" % codes)
        os.unlink(m.path("queue/filler"))
        ok(again(m, LARGE), "and work goes on when there is room")
    n = taken
    ok(settle(m) and len(sink.wait(n)) >= n, "whatever was accepted has arrived (%d)" % n)
finally:
    m.stop()
    if mounted:
        subprocess.run(["umount", q])
done_testing()
