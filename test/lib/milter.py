"""milter.py - a mail filter that does what it is told, and notes what it was sent.

    from milter import Filter
    f = Filter("unix:/tmp/x")                  # or inet:PORT@127.0.0.1, inet6:PORT@::1
    f.be(plan={"M": ["r"]})                    # from the next connection on; see be()
    f.seen                                     # one list of lines for each connection

A packet is a length of four octets, a letter, and data (documented with the filter library of sendmail).  A plan says for each
letter that comes what is sent back, as short texts, see packet().
"""
import os
import re
import socket
import struct
import threading
import time

STAGES = ["C", "H", "M", "R", "T", "E", "N"]		# as numbered in a list of macros that a filter asks for
NO = {"C": 0x1, "H": 0x2, "M": 0x4, "R": 0x8, "B": 0x10, "L": 0x20, "N": 0x40, "U": 0x100, "T": 0x200}
NR = {"C": 0x1000, "H": 0x2000, "M": 0x4000, "R": 0x8000, "B": 0x80000, "L": 0x80, "N": 0x40000, "U": 0x20000, "T": 0x10000}
ANSWERED = "CHMRTLNBEU"


def packet(text):
    """
    'c' 'a' 'r' 't' 'd' 's' 'p' '4' 'f'; 'y550 5.7.1 text'; 'h|Name|value'; 'i|1|Name|value'; 'm|1|Name|value'; '+|<a@b>'; '2|<a@b>|ARGS';
    '-|<a@b>'; 'e|<a@b>|ARGS'; 'b|new body'; 'q|reason'; 'raw:HEX': octets as they are; '#N': a packet that says it has N octets.
    """
    if text.startswith("raw:"):
        return bytes.fromhex(text[4:])
    if text.startswith("#"):
        return struct.pack(">I", int(text[1:], 0))
    head, *rest = text.split("|")
    data = head.encode("latin-1")
    if head[:1] in "yq" and len(head) > 1:
        data += b"\0"
    elif head == "b":
        data += "|".join(rest).encode("latin-1")
        rest = []
    elif head in ("i", "m"):
        data += struct.pack(">I", int(rest.pop(0), 0))
    for part in rest:
        data += part.encode("latin-1") + b"\0"
    return struct.pack(">I", len(data)) + data


def show(letter, data):
    """A packet as a line."""
    if letter == "O" and len(data) >= 12:
        return "O %d 0x%x 0x%x" % struct.unpack(">III", data[:12])
    if letter == "B":
        return "B %d %s" % (len(data), repr(data)[1:] if len(data) <= 100 else "...")
    if letter == "D":
        parts = data[1:].split(b"\0")[:-1]
        return " ".join(["D", data[:1].decode("latin-1")] + ["%s=%r" % (parts[i].decode("latin-1"), parts[i + 1].decode("latin-1"))
                        for i in range(0, len(parts) - 1, 2)])
    if letter == "C":
        host, rest = data.split(b"\0", 1)
        if rest[:1] in (b"4", b"6", b"L"):
            return "C %r %s %d %r" % (host.decode("latin-1"), rest[:1].decode(), struct.unpack(">H", rest[1:3])[0], rest[3:].decode("latin-1"))
        return "C %r %s" % (host.decode("latin-1"), rest.decode("latin-1"))
    return " ".join([letter] + [repr(p)[1:] for p in (data.split(b"\0")[:-1] if data.endswith(b"\0") else data.split(b"\0"))]) if data else letter


class Filter:
    def __init__(self, where, **what):
        kind, path = where.split(":", 1)
        if kind in ("unix", "local"):
            self.s = socket.socket(socket.AF_UNIX)
            self.s.bind(path)
            os.chmod(path, 0o666)
        else:
            number, host = path.split("@")
            self.s = socket.socket(socket.AF_INET6 if kind == "inet6" else socket.AF_INET)
            self.s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.s.bind((host, int(number)))
        self.s.listen(50)
        self.where, self.seen, self.open = where, [], 0
        self.lock = threading.Condition()
        self.be(**what)
        threading.Thread(target=self._accept, daemon=True).start()

    def be(self, plan=None, version=6, actions=0x1ff, protocol=0, syms=None, negotiate=None, skip_body=False):
        """
        plan: letter -> list of texts (see packet()) for each time it comes, or a tuple of such lists, one for each time (the last one again and
        again).  'sleep:S' waits, 'close' hangs up, 'wait' says nothing more on this connection until it is closed.  syms: stage letter ->
        names.  negotiate: texts in place of the answer to O.
        """
        with self.lock:
            self.plan, self.version, self.actions, self.protocol = plan or {}, version, actions, protocol
            self.syms, self.negotiate = syms or {}, negotiate
            self.seen = []

    def close(self):
        self.s.close()

    def idle(self, seconds=30):
        """Wait until no connection is open."""
        with self.lock:
            return self.lock.wait_for(lambda: self.open == 0, seconds)

    def _accept(self):
        while True:
            try:
                c, _ = self.s.accept()
            except OSError:
                return
            with self.lock:
                lines = []
                self.seen.append(lines)
                self.open += 1
            threading.Thread(target=self._serve, args=(c, lines), daemon=True).start()

    def _serve(self, c, lines):
        try:
            self._talk(c, lines)
        except (OSError, EOFError):
            pass
        finally:
            c.close()
            with self.lock:
                self.open -= 1
                self.lock.notify_all()

    def _read(self, c, n):
        data = b""
        while len(data) < n:
            more = c.recv(n - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def _say(self, c, texts):
        for text in texts:
            if text.startswith("sleep:"):
                time.sleep(float(text[6:]))
            elif text == "close":
                raise EOFError
            elif text == "wait":
                while c.recv(65536):
                    pass
                raise EOFError
            else:
                c.sendall(packet(text))

    def _talk(self, c, lines):
        with self.lock:
            plan, version, actions, protocol, syms, negotiate = (self.plan, self.version, self.actions, self.protocol, self.syms, self.negotiate)
        times = {}
        while True:
            size = struct.unpack(">I", self._read(c, 4))[0]
            data = self._read(c, size)
            letter = data[:1].decode("latin-1")
            lines.append(show(letter, data[1:]))
            if letter == "O":
                if negotiate is not None:
                    self._say(c, negotiate)
                    continue
                offered = struct.unpack(">III", data[1:13])
                body = b"O" + struct.pack(">III", min(version, offered[0]), actions & offered[1], protocol & offered[2])
                for stage, names in syms.items():
                    body += struct.pack(">I", STAGES.index(stage)) + names.encode() + b"\0"
                c.sendall(struct.pack(">I", len(body)) + body)
                continue
            if letter == "Q":
                return
            if letter not in ANSWERED and letter not in plan:
                continue
            if protocol & NR.get(letter, 0):
                continue
            n = times[letter] = times.get(letter, 0) + 1
            todo = plan.get(letter, ["c"])
            if isinstance(todo, tuple):
                todo = todo[min(n, len(todo)) - 1]
            self._say(c, todo)
