"""tap.py - what whole-program tests in Python share.

    import os, sys
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
    from tap import *

TOP is the source tree, OBJ the built tree, TMP a private folder that is removed at the end.
"""
import atexit
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
from port import answers, free_port

os.environ["LC_ALL"] = "C"
os.umask(0o022)				# folders of the site must be open to its users, whatever the caller likes
TOP = os.environ.get("ANGARIUM_TOP") or os.path.realpath(
    os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
OBJ = os.environ.get("ANGARIUM_OBJ") or subprocess.check_output(
    ["sh", os.path.join(TOP, "Build"), "-M"], text=True).strip()
os.environ["ANGARIUM_OBJ"] = OBJ
os.environ.setdefault("ANGARIUM_MODULES", os.path.join(OBJ, "modules"))
TMP = tempfile.mkdtemp(prefix="angarium.")
os.chmod(TMP, 0o755)

_n = 0
_bad = 0
_procs = []


def _end():
    for p in _procs:
        if p.poll() is None:
            p.terminate()
    for p in _procs:
        try:
            p.wait(3)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()
    shutil.rmtree(TMP, ignore_errors=True)


atexit.register(_end)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def diag(text):
    for line in str(text).splitlines():
        print("# " + line, flush=True)


def ok(cond, name):
    global _n, _bad
    _n += 1
    if not cond:
        _bad += 1
    print("%sok %d - %s" % ("" if cond else "not ", _n, name), flush=True)
    return bool(cond)


def skip(name, why):
    """What cannot be tried here, said so that prove counts it: never ok() for what was not looked at."""
    ok(True, "%s # SKIP %s" % (name, why))


def sanitized():
    """Is the built tree one with sanitizers?  Its memory is of their own making: no limits, no sandboxes."""
    with open(os.path.join(OBJ, "flags")) as f:
        return "-fsanitize=" in f.read()


def eq(got, want, name):
    if not ok(got == want, name):
        diag("got:  %r" % (got,))
        diag("want: %r" % (want,))
        return False
    return True


def like(got, regex, name):
    """`got` may be a function, such as host.log: what it gives has a minute to become what is wanted."""
    if callable(got):
        again = got
        until(lambda: re.search(regex, again()))
        got = again()
    if not ok(re.search(regex, got), name):
        diag("got:        %r" % (got,))
        diag("want match: %s" % regex)
        return False
    return True


def bail(text):
    ok(False, text)
    done_testing()


def _reports():
    """What sanitizers said in the logs below TMP: a role that breaks down may be started again, and nobody would see."""
    for folder, _, names in os.walk(TMP):
        for name in names:
            if "log" in name or os.path.basename(folder) == "log":
                try:
                    with open(os.path.join(folder, name), errors="replace") as f:
                        for line in f:
                            if "Sanitizer:" in line or "runtime error:" in line:
                                yield line.rstrip()
                except OSError:
                    pass


def done_testing():
    bad = list(_reports())
    if bad:
        ok(False, "no process broke down")
        diag("\n".join(bad[:10]))
    print("1..%d" % _n, flush=True)
    sys.exit(1 if _bad else 0)


def port(udp=False):
    """A TCP port of 127.0.0.1 that is free now; udp: whoever gets it listens for datagrams, too."""
    return free_port(hold=not udp)


def until(what, seconds=60):
    """What `what()` gives as soon as it is true, or what it is when the time is over."""
    end = time.monotonic() + seconds
    got = what()
    while not got and time.monotonic() < end:
        time.sleep(0.03)
        got = what()
    return got


def await_port(number, seconds=60):
    return until(lambda: answers(number), seconds)


def flush_journal(queue):
    """Have the daemon, if there is one, put what waits in the journal of this queue directory into files."""
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(60)
            s.connect(os.path.join(queue, "journal.sock"))
            s.sendall(b"f")
            return s.recv(1) == b"+"
    except OSError:
        return False


def start(argv, **kw):
    """Start a process that is ended with the test."""
    p = subprocess.Popen(argv, **kw)
    _procs.append(p)
    return p


def run(argv, **kw):
    """Run to the end, within a minute; gives (exit code, output, errors)."""
    kw.setdefault("timeout", 60)
    r = subprocess.run(argv, capture_output=True, text=True, **kw)
    return r.returncode, r.stdout, r.stderr
