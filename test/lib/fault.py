"""fault.py - a daemon whose calls to the system fail on request, and what they were; see src/sendmail/faulty.c.

    m = Faulty(smart_host=sink)
    m.start()
    m.plan("fdatasync", "EIO")          # the next one of the spool role or its helpers
    m.fired()                           # was there one?
    m.counts()                          # how many of each since plan()
    m.plan_memory("spool", 7)           # the 7th request for memory of that role fails; 0: they are counted only
    m.memory()                          # how many since then
    m.log_calls(); ... m.calls()        # every change to files, in order: see Call
"""
import mmap
import os
import random
import shutil
import struct
import time

import tap
from mta import Mta

CALLS = ("write", "pwrite", "fdatasync", "fsync", "openat", "renameat", "linkat", "unlinkat", "ftruncate")
ACTIONS = ("EIO", "ENOSPC", "EINTR", "short", "kill", "kill-after")
LOG = 4096
ENTRY = struct.Struct("<IBB2xQQQQ")


def everything():
    """All points (check-long), or a tenth of them?"""
    return os.environ.get("ANGARIUM_FAULTS") == "all"


def rng():
    seed = int(os.environ.get("SEED", random.randrange(1 << 30)))
    tap.diag("SEED=%d" % seed)
    return random.Random(seed)


class Call:
    """name; time in ns; ino; where: offset, folder's inode, or where the log ended when a sync began; data; pos in the log."""

    def __init__(self, name, time_, ino, where, data, pos):
        self.name, self.time, self.ino, self.where, self.data, self.pos = name, time_, ino, where, data, pos


class Faulty(Mta):
    room = 96 << 20

    def __init__(self, **kw):
        super().__init__(**kw)
        os.mkdir(self.path("bin"))
        os.chmod(self.path("bin"), 0o755)
        self.program = self.path("bin/sendmail")
        shutil.copy(os.path.join(tap.OBJ, "sendmail", "faulty"), self.program)
        with open(self.path("bin/fault.state"), "w+b") as f:
            f.truncate(self.room)
            os.fchmod(f.fileno(), 0o666)
            self.state = mmap.mmap(f.fileno(), self.room)

    def plan(self, call=None, action=None, nth=1):
        self.state[0:4] = struct.pack("<I", 0)
        self.state[64:64 + 8 * 16] = bytes(8 * 16)
        self.state[16:24] = bytes(8)
        if call is not None:
            self.state[4:8] = struct.pack("<I", ACTIONS.index(action) + 1)
            self.state[8:16] = struct.pack("<Q", nth)
            self.state[0:4] = struct.pack("<I", CALLS.index(call) + 1)

    def plan_memory(self, role, nth, many=1):
        self.plan()
        self.state[36:64] = role.encode().ljust(28, b"\0")
        if nth:
            self.state[4:8] = struct.pack("<I", many)
            self.state[8:16] = struct.pack("<Q", nth)
            self.state[0:4] = struct.pack("<I", len(CALLS) + 1)

    def memory(self):
        return struct.unpack_from("<Q", self.state, 64 + 8 * (len(CALLS) + 1))[0]

    def plan_state(self, what):
        """"EROFS", "EDQUOT": every call that writes, or that makes something grow, fails from now on."""
        self.plan()
        self.state[4:8] = struct.pack("<I", {"EROFS": 7, "EDQUOT": 8}[what])
        self.state[0:4] = struct.pack("<I", 100)

    def fired(self):
        return struct.unpack("<Q", self.state[16:24])[0] != 0

    def counts(self):
        return {c: struct.unpack_from("<Q", self.state, 64 + 8 * (i + 1))[0] for i, c in enumerate(CALLS)}

    def log_calls(self):
        self.state[24:32] = bytes(8)
        self.state[32:36] = struct.pack("<I", 1)

    def calls(self):
        out, at = [], 0
        end = struct.unpack("<Q", self.state[24:32])[0]
        while at < end and LOG + at < self.room:
            size, call, zeros, when, ino, where, n = ENTRY.unpack_from(self.state, LOG + at)
            if size == 0:
                break
            start = LOG + at + ENTRY.size
            data = bytes(n) if zeros else self.state[start:start + n] if call not in (3, 4, 9) else b""
            out.append(Call(CALLS[call - 1], when, ino, where, data, at))
            at += size
        return out


class Disk:
    """What a disk holds after the power went at some point of a log: what was synced, and with rnd some of the rest."""

    def __init__(self, calls, folder_ino):
        self.calls, self.folder = calls, folder_ino

    def state(self, upto, rnd=None):
        """{name: content} after calls[:upto]."""
        objects, names_log, durable_names = {}, [], 0
        for c in self.calls[:upto]:
            if c.name == "openat" and c.where == self.folder:
                o = {"writes": [], "durable": 0}
                objects[c.ino] = o
                names_log.append((c.pos, "new", c.data.split(b"/")[0], o))
            elif c.name in ("write", "pwrite") and c.ino in objects:
                objects[c.ino]["writes"].append((c.pos, c.where, c.data))
            elif c.name == "ftruncate" and c.ino in objects:
                objects[c.ino]["writes"].append((c.pos, c.where, None))
            elif c.name in ("renameat", "linkat", "unlinkat") and c.where == self.folder:
                names_log.append((c.pos, c.name) + tuple(c.data.split(b"/")))
            elif c.name in ("fsync", "fdatasync"):
                if c.ino == self.folder:
                    durable_names = max(durable_names, c.where)
                elif c.ino in objects:
                    objects[c.ino]["durable"] = max(objects[c.ino]["durable"], c.where)
        names, more = {}, rnd.random() if rnd else 0
        for entry in names_log:
            if entry[0] >= durable_names and (rnd is None or rnd.random() > more):
                break
            if entry[1] == "new":
                names[entry[2]] = entry[3]
            elif entry[1] == "unlinkat":
                names.pop(entry[2], None)
            elif entry[2] in names:
                names[entry[3]] = names[entry[2]]
                if entry[1] == "renameat":
                    del names[entry[2]]
        return {name: self.content(o, rnd) for name, o in names.items()}

    @staticmethod
    def content(o, rnd):
        out = bytearray()
        for pos, at, data in o["writes"]:
            if data is None:
                if pos < o["durable"]:
                    del out[at:]
                continue
            if pos < o["durable"]:
                pieces = [(0, len(data))]
            elif rnd is None:
                pieces = []
            else:
                pieces = [(i, min(i + 512, len(data))) for i in range(0, len(data), 512) if rnd.random() < 0.5]
            for a, b in pieces:
                if len(out) < at + b:
                    out.extend(bytes(at + b - len(out)))
                out[at + a:at + b] = data[a:b]
        return bytes(out)


def put(folder, state):
    for name, content in state.items():
        with open(os.path.join(folder, name.decode()), "wb") as f:
            f.write(content)
        os.chmod(os.path.join(folder, name.decode()), 0o600)


def settle(m, seconds=90):
    """Queue runs until nothing waits any more."""
    end = time.monotonic() + seconds
    while m.waiting() and time.monotonic() < end:
        m.command("-q")
        time.sleep(0.05)
    return m.waiting() == 0
