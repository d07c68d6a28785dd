#!/usr/bin/env python3
"""What a kernel does not have is done without: no system call filters and no Landlock (calls that answer as an old kernel's do), and no /proc. Mail comes in
and goes out, commands work, and the log says what is missing."""
import ctypes
import os
import platform
import struct
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink

NUMBERS = {"x86_64": (157, 317, 436, 437, 319, 316), "aarch64": (167, 277, 436, 437, 279, 276)}	# prctl seccomp close_range openat2 memfd_create renameat2
LANDLOCK = (444, 445, 446)
NNP, SET_SECCOMP, FILTER, ENOSYS, EINVAL, ERRNO, ALLOW = 38, 22, 2, 38, 22, 0x50000, 0x7fff0000


def older(numbers):
    """This process's kernel, and that of all it starts, is an old one from here on."""
    load, equal, ret = (lambda at: (0x20, 0, 0, at)), (lambda k, no: (0x15, 0, no, k)), (lambda k: (6, 0, 0, k))
    code = [load(0)]
    for n in numbers[1:] + LANDLOCK:
        code += [equal(n, 1), ret(ERRNO | ENOSYS)]
    code += [equal(numbers[0], 3), load(16), equal(SET_SECCOMP, 1), ret(ERRNO | EINVAL), ret(ALLOW)]
    text = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *c) for c in code))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(code), ctypes.addressof(text)))
    libc = ctypes.CDLL(None, use_errno=True)
    if os.getuid() != 0:
        libc.prctl(NNP, 1, 0, 0, 0)
    if libc.prctl(SET_SECCOMP, FILTER, ctypes.c_void_p(ctypes.addressof(program)), 0, 0) != 0:
        return "this system takes no filter"
    return None


def walk(what, said):
    """A message in and out, one into a mailbox, one from a command, and what the log says."""
    sink = Sink()
    m = Mta(smart_host=sink, mc="define(`confLOG_LEVEL', `14')\n").start()
    m.send("a@here.test", ["b@there.test"], "Subject: out\n\nx\n")
    ok(sink.wait(1), what + ": a message goes out")
    m.send("a@here.test", ["joe@here.test"], "Subject: in\n\n" + "y\n" * 70000)
    ok(m.await_mail("joe"), what + ": a long one comes into a mailbox")
    code, out, err = m.command("-odi", "c@there.test", input="Subject: command\n\nx\n")
    eq((code, out + err), (0, ""), what + ": a command hands one in")
    ok(sink.wait(2), what + ": ... and it goes out")
    code, out, err = m.command("-bp")
    eq(code, 0, what + ": mailq") or diag(out + err)
    for regex in said:
        ok(m.await_log(regex, 20), what + ": the log says " + regex)
    m.process.send_signal(1)
    m.send("a@here.test", ["d@there.test"], "Subject: again\n\nx\n")
    ok(sink.wait(3), what + ": a message goes out after SIGHUP")
    m.stop()
    sink.stop()


def main():
    if "OLD_KERNEL" in os.environ:
        walk("no /proc", ())
        done_testing()
        return
    numbers = NUMBERS.get(platform.machine()) if sys.platform == "linux" else None
    bare = numbers and not sanitized() and subprocess.run(["sh", "-c", "unshare -m sh -c 'mount -t tmpfs tmpfs /proc'"], capture_output=True).returncode == 0
    if bare:
        r = subprocess.run(["unshare", "-m", "sh", "-c", "mount -t tmpfs tmpfs /proc && exec \"$@\"", "sh", sys.executable, os.path.abspath(__file__)],
                           env=dict(os.environ, OLD_KERNEL="1"), capture_output=True, text=True)
        ok(r.returncode == 0 and "not ok" not in r.stdout, "without /proc all works") or diag(r.stdout + r.stderr)
    else:
        skip("no /proc", "a sanitizer looks there" if sanitized() else "nothing can be mounted here")
    why = older(numbers) if numbers else "calls can be taken away on Linux, x86_64 and aarch64 only"
    if why:
        skip("an old kernel", why)
    else:
        walk("an old kernel", ("sandbox smtpd: off under a sanitizer",) if sanitized() else ("sandbox smtpd: the kernel has no seccomp filters", "sandbox smtpd: no Landlock"))
    done_testing()


main()
