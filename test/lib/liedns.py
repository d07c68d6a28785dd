"""liedns.py - a name server that does what a test wants of each question: answers late, wrongly, with garbage, or never.

    from liedns import LieDns
    d = LieDns(answer)              # answer(server, name, type, client) -> what is said
    d.option, d.asked               # for ResolverOptions; [(name, type)] in the order in which questions came

What `answer' gives: "127.0.0.2" (an A record), [("TXT", "text")], "nx", "empty", "servfail", "refused", b"any bytes", None (silence), ("wait", event, what): the
same when the event is set.  `server.reply' makes the bytes of an answer.
"""
import os
import socket
import struct
import sys
import threading

sys.dont_write_bytecode = True
from port import free_port

TYPES = {1: "A", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA", 2: "NS", 6: "SOA", 48: "DNSKEY", 43: "DS"}
NUMBER = {v: k for k, v in TYPES.items()}


class LieDns:
    def __init__(self, answer):
        self.answer, self.asked, self.lock = answer, [], threading.Lock()
        port = free_port(hold=False)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.udp.bind(("127.0.0.1", port))
        self.port = port
        self.option = "nameserver=127.0.0.1@%d" % port
        threading.Thread(target=self._run, daemon=True).start()

    def count(self, name=None):
        with self.lock:
            return sum(1 for n, _ in self.asked if name is None or n.endswith(name))

    def _run(self):
        while True:
            try:
                packet, client = self.udp.recvfrom(4096)
            except OSError:
                return
            threading.Thread(target=self._one, args=(packet, client), daemon=True).start()

    @staticmethod
    def question(packet):
        at, labels = 12, []
        while packet[at]:
            labels.append(packet[at + 1:at + 1 + packet[at]].decode("latin-1"))
            at += 1 + packet[at]
        return ".".join(labels).lower(), struct.unpack(">H", packet[at + 1:at + 3])[0], at + 5

    def reply(self, packet, rcode=0, records=(), ident=None, aa=True):
        name, number, end = self.question(packet)
        head = (packet[:2] if ident is None else ident) + struct.pack(">HHHHH", 0x8180 | (0x400 if aa else 0) | rcode, 1, len(records), 0, 0)
        out = head + packet[12:end]
        for kind, value in records:
            if kind == "A":
                data = socket.inet_aton(value)
            elif kind in ("PTR", "NS"):
                data = b"".join(bytes([len(p)]) + p.encode() for p in value.split(".")) + b"\0"
            else:
                data = bytes([len(value)]) + value.encode()
            out += b"\xc0\x0c" + struct.pack(">HHIH", NUMBER[kind], 1, 60, len(data)) + data
        return out

    def _one(self, packet, client):
        try:
            name, number, _ = self.question(packet)
        except (IndexError, struct.error):
            return
        kind = TYPES.get(number, str(number))
        with self.lock:
            self.asked.append((name, kind))
        what = self.answer(self, name, kind, packet)
        while isinstance(what, tuple) and what[0] == "wait":
            what[1].wait(60)
            what = what[2]
        if what is None:
            return
        if what == "nx":
            what = self.reply(packet, 3)
        elif what == "empty":
            what = self.reply(packet)
        elif what == "servfail":
            what = self.reply(packet, 2)
        elif what == "refused":
            what = self.reply(packet, 5)
        elif isinstance(what, list):
            what = self.reply(packet, 0, what)
        elif isinstance(what, str):
            what = self.reply(packet, 0, [("A", what)] if kind == "A" else [])
        try:
            self.udp.sendto(what, client)
        except OSError:
            pass
