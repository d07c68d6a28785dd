"""nodns.py PORT - a name server on 127.0.0.1 for which no name exists.

A private host must not ask the world's name servers: every question over UDP gets NXDOMAIN with an SOA
of the root, at once, so that nothing waits.  Runs until it is ended.
"""
import socket
import struct
import sys

SOA = (b"\0" + struct.pack("!HHI", 6, 1, 60))
SOA_DATA = b"\0" + b"\0" + struct.pack("!IIIII", 1, 3600, 600, 86400, 60)

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", int(sys.argv[1])))
while True:
    try:
        ask, peer = s.recvfrom(4096)
    except OSError:
        continue
    end = 12
    while end < len(ask) and ask[end] != 0:
        end += 1 + ask[end]
    end += 5
    if len(ask) < 17 or end > len(ask) or ask[2] & 0x80:
        continue
    flags = 0x8583 if ask[2] & 1 else 0x8483        # answer, authoritative, RD as asked, NXDOMAIN
    head = ask[:2] + struct.pack("!HHHHH", flags, 1, 0, 1, 0)
    s.sendto(head + ask[12:end] + SOA + struct.pack("!H", len(SOA_DATA)) + SOA_DATA, peer)
