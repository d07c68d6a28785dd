#!/usr/bin/env python3
"""flood.py PORT COUNT HOW SECONDS - connections that waste a server's time: HOW is silent (says nothing, ever), early (talks before the greeting, and comes again
when it is sent away; they come again half a minute later) or both.  Prints "ready" when all have been open at one time (or all silent ones, and as many early ones as there is), then stays for SECONDS, and prints what became
of them.  Each comes from an address of its own in 127.0.0.0/8."""
import errno
import resource
import select
import socket
import sys
import time

port, count, how, seconds = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], float(sys.argv[4])
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
ep = select.epoll()
conns, greeted, refused, retry = {}, 0, 0, []


def begin(i):
    s = socket.socket()
    s.setblocking(False)
    s.bind(("127.1.%d.%d" % (1 + i // 200, 1 + i % 200), 0))
    try:
        s.connect(("127.0.0.1", port))
    except OSError as e:
        if e.errno != errno.EINPROGRESS:
            s.close()
            retry.append((time.monotonic() + 0.5, i))
            return
    talks = how == "early" or (how == "both" and i % 2 == 0)
    conns[s.fileno()] = [s, i, talks, False]
    ep.register(s.fileno(), select.EPOLLIN | (select.EPOLLOUT if talks else 0))


def run(until):
    global greeted, refused
    while not until():
        while retry and retry[0][0] <= time.monotonic():
            begin(retry.pop(0)[1])
        for fd, what in ep.poll(0.05):
            c = conns[fd]
            try:
                if what & select.EPOLLOUT and not c[3]:
                    c[0].send(b"EHLO early.example\r\n")
                    c[3] = True
                    ep.modify(fd, select.EPOLLIN)
                data = c[0].recv(4096) if what & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR) else b"?"
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            if data[:3] == b"220":
                greeted += 1
                c[3] = True
            elif not data:
                refused += 1
                ep.unregister(fd)
                c[0].close()
                del conns[fd]
                retry.append((time.monotonic() + 30, c[1]))


for i in range(count):
    begin(i)
    if i % 200 == 199:
        run(lambda: True)
        for _ in range(3):
            t = time.monotonic() + 0.02
            run(lambda: time.monotonic() > t)
silent = sum(1 for c in conns.values() if not c[2])
end = time.monotonic() + 120
run(lambda: greeted >= silent or time.monotonic() > end)
print("ready: %d open, %d greeted, %d sent away" % (len(conns), greeted, refused), flush=True)
end = time.monotonic() + seconds
run(lambda: time.monotonic() > end)
print("end: %d open, %d greeted, %d sent away" % (len(conns), greeted, refused), flush=True)
