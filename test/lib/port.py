"""port.py - print a TCP port of 127.0.0.1 that is free now; with -c PORT tell whether one answers.

    from port import free_port          # the same without a process

The port is taken from below the range the kernel gives to outgoing connections, so that no client
of another test gets it in between, and starts at a place that differs from process to process.
"""
import os
import random
import socket
import sys


def free_port():
    rng = random.Random(os.urandom(8))
    for _ in range(500):
        port = rng.randrange(10240, 32000)
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            continue
        finally:
            s.close()
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
