#!/usr/bin/env python3
"""A file system of its own under the queue finds an error and becomes read-only: 451 at once, and after a repair everything that got its 250 arrives."""
import os
import shutil
import subprocess
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink
from fault import Traffic, none_aside, settle, show_queue

sink = Sink()
m = Mta(smart_host=sink, args=("-q1s",), mc="define(`confMIN_QUEUE_AGE', `0')\ndefine(`confJOURNAL_SEGMENT_SIZE', `262144')\n",
        aliases="list: l1@there.test, later2@there.test\n")
q, image = m.path("queue"), m.path("image")


def run(*argv):
    return subprocess.run(argv, capture_output=True, text=True).returncode == 0


def mount():
    return run("mount", "-o", "loop,errors=remount-ro", image, q)


with open(image, "wb") as f:
    f.truncate(24 << 20)
trigger = None
if os.geteuid() == 0 and shutil.which("mkfs.ext4") and run("mkfs.ext4", "-q", image) and mount():
    dev = subprocess.run(["findmnt", "-no", "SOURCE", q], capture_output=True, text=True).stdout.strip()
    trigger = "/sys/fs/ext4/%s/trigger_fs_error" % os.path.basename(dev)
if not trigger or not os.access(trigger, os.W_OK):
    skip("a read-only file system", "it takes root, a loop device and ext4")
    run("umount", q)
    done_testing()
    sys.exit()
try:
    os.chmod(q, 0o700)
    os.rmdir(q + "/lost+found")
    m.start()
    t = Traffic(m, sink)
    sink.rules = [(r"RCPT To:<later", "450 4.2.0 later")]
    codes = [c for _ in range(5) for c in (t.one("small", 500), t.one("later", 500), t.one("list", 500, ["list@here.test"], 2), t.one("large", 100000))]
    eq(set(codes), {250}, "mail is taken")
    with open(trigger, "w") as f:
        f.write("1")
    codes = [t.one("small", 500), t.one("large", 100000), t.one("list", 500, ["list@here.test"], 2)]
    ok(all(400 <= c < 500 for c in codes), "then it is read-only: %r" % codes)
    ok("Read-only file system" in m.log(), "the log says so")
    ok("ended: " not in m.log(), "no role ends of it")
    m.kill()
    end = time.monotonic() + 10
    while not run("umount", q) and time.monotonic() < end:
        time.sleep(0.1)
    run("e2fsck", "-fy", image)
    ok(mount(), "it is repaired")
    sink.rules = []
    m.start()
    if not ok(settle(m), "and the queue gets empty"):
        show_queue(m)
    eq(t.missing(), [], "everything that was acknowledged arrived (%d, %d deliveries more than once)" % (len(t.acked), t.twice()))
    none_aside(m)
    m.stop()
finally:
    if m.process:
        m.kill()
    run("umount", "-l", q)
done_testing()
