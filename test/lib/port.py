"""port.py - print a TCP port of 127.0.0.1 that is free now; with -c PORT tell whether one answers.

The port is taken from below the range the kernel gives to outgoing connections, so that no client
of another test gets it in between, and starts at a place that differs from process to process.
"""
import os
import random
import socket
import sys

if len(sys.argv) == 3 and sys.argv[1] == "-c":
    try:
        socket.create_connection(("127.0.0.1", int(sys.argv[2])), 1).close()
    except OSError:
        sys.exit(1)
    sys.exit(0)

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
    print(port)
    sys.exit(0)
sys.exit("port.py: no free port")
