"""port.py - print a TCP port of 127.0.0.1 that is free now; with -c PORT tell whether one answers.

    from port import free_port          # the same without a process; nobody else is given it as long as this process lives

The port is taken from below the range the kernel gives to outgoing connections, so that no client
of another test gets it in between.  Whoever holds it holds the UDP port of that number as a sign:
between a daemon's end and its next start the TCP port is free for a moment.
"""
import os
import random
import socket
import sys

_held = []


def _bound(kind, port):
    s = socket.socket(socket.AF_INET, kind)
    if kind == socket.SOCK_STREAM:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        s.bind(("127.0.0.1", port))
    except OSError:
        s.close()
        return None
    return s


def free_port(hold=True):
    """hold: not for who needs the UDP port himself."""
    rng = random.Random(os.urandom(8))
    for _ in range(500):
        port = rng.randrange(10240, 32000)
        sign = _bound(socket.SOCK_DGRAM, port)
        if sign is None:
            continue
        tcp = _bound(socket.SOCK_STREAM, port)
        if tcp is None or not hold:
            sign.close()
        if tcp is None:
            continue
        tcp.close()
        if hold:
            _held.append(sign)
        return port
    raise RuntimeError("port.py: no free port")


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "-c":
        sys.exit(0 if answers(int(sys.argv[2])) else 1)
    print(free_port())
