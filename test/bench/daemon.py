"""daemon.py - run a daemon and count what it and everything it started used.

    daemon.py OUTPUT COMMAND [ARGUMENT ...]

Adopts the orphans of the daemon (Linux), so that nothing escapes the count.  On SIGTERM it ends the
daemon, waits for all of its processes, and writes "user-seconds system-seconds" into OUTPUT.  After a SIGUSR1
it ends them at once, without what a clean stop does.
"""
import ctypes
import os
import resource
import signal
import sys
import time

PR_SET_CHILD_SUBREAPER = 36


def descendants(pid):
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open("/proc/%s/stat" % entry) as f:
                    parent = int(f.read().rsplit(")", 1)[1].split()[1])
            except (OSError, ValueError):
                continue
            found.append((int(entry), parent))
    mine, grew = {pid}, True
    while grew:
        grew = False
        for child, parent in found:
            if parent in mine and child not in mine:
                mine.add(child)
                grew = True
    return mine - {pid}


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0] != 0:
            pass
        return True
    except ChildProcessError:
        return False


stop = False
signals = (signal.SIGTERM, signal.SIGKILL)


def on_term(*_):
    global stop
    stop = True


def on_usr1(*_):
    global signals
    signals = (signal.SIGKILL, signal.SIGKILL)


def main():
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGTERM, on_term)
    signal.signal(signal.SIGUSR1, on_usr1)
    signal.signal(signal.SIGINT, on_term)
    child = os.fork()
    if child == 0:
        os.setsid()
        os.execvp(sys.argv[2], sys.argv[2:])
    while not stop and reap():
        time.sleep(0.02)
    for sig in signals:
        for pid in descendants(os.getpid()):
            try:
                os.kill(pid, sig)
            except OSError:
                pass
        end = time.monotonic() + 5
        while reap() and time.monotonic() < end:
            time.sleep(0.02)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(sys.argv[1], "w") as f:
        f.write("%.3f %.3f\n" % (usage.ru_utime, usage.ru_stime))


if __name__ == "__main__":
    main()
