"""tls_load.py - so many sessions one after the other on a port of this machine: a client for measuring handshakes.

    tls_load.py PORT COUNT plain|starttls|direct|hold

plain: EHLO, QUIT.  starttls: EHLO, STARTTLS, a full handshake, EHLO, QUIT.  direct: a handshake, and the end.  hold: all stay, under TLS and in a
transaction, from "ready" on until the client is ended.
"""
import signal
import socket
import ssl
import sys

port, count, how = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE


def reply(s):
    data = b""
    while not (data.endswith(b"\n") and data.splitlines()[-1][3:4] != b"-"):
        part = s.recv(4096)
        if not part:
            sys.exit("tls_load: connection lost after %r" % data)
        data += part
    return data


def ask(s, line):
    s.sendall(line + b"\r\n")
    return reply(s)


held = []
for _ in range(count):
    s = socket.create_connection(("127.0.0.1", port))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if how == "direct":
        s = context.wrap_socket(s)
        s.close()
        continue
    reply(s)
    ask(s, b"EHLO load.example.org")
    if how in ("starttls", "hold"):
        if not ask(s, b"STARTTLS").startswith(b"220"):
            sys.exit("tls_load: no STARTTLS")
        s = context.wrap_socket(s)
        ask(s, b"EHLO load.example.org")
    if how == "hold":
        if not ask(s, b"MAIL FROM:<a@load.example.org>").startswith(b"250"):
            sys.exit("tls_load: no transaction")
        held.append(s)
        continue
    ask(s, b"QUIT")
    s.close()
if how == "hold":
    print("ready", flush=True)
    signal.pause()
