"""fault.py - a daemon whose calls to the system fail on request, and what they were; see src/sendmail/faulty.c.

    m = Faulty(smart_host=sink)
    m.start()
    m.plan("fdatasync", "EIO")          # the next one of the spool role or its helpers
    m.plan("openat", "disk")            # that one waits for seconds as for a disk; "slow": each takes a while
    m.fired()                           # was there one?
    m.counts()                          # how many of each since plan()
    m.plan_memory("spool", 7)           # the 7th request for memory of that role fails; 0: they are counted only
    m.memory()                          # how many since then
    m.set_clock(86400)                  # a day ahead
    m.log_calls(); ... m.calls()        # every change to files, in order: see Call

    t = Traffic(m, sink)
    t.one("small", 500)                 # the reply: 250, 4xx, or 0 when there was none; t.acked has what was accepted
    await_calm(m.memory)                # until that number stands still
    t.missing()                         # what was accepted and did not arrive
"""
import mmap
import os
import random
import re
import shutil
import smtplib
import struct
import time

import tap
from mta import Mta

CALLS = ("write", "pwrite", "fdatasync", "fsync", "openat", "renameat", "linkat", "unlinkat", "ftruncate", "recvmsg")
ACTIONS = ("EIO", "ENOSPC", "EINTR", "short", "kill", "kill-after", "EROFS", "EDQUOT", "disk", "slow")
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

    def plan(self, call=None, action=None, nth=1, role=""):
        """`role`: of recvmsg any, of files smtpd; else it is spool and its helpers."""
        self.state[0:4] = struct.pack("<I", 0)
        self.state[36:64] = role.encode().ljust(28, b"\0")
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

    def set_clock(self, seconds):
        """So much is the clock of all roles wrong from now on."""
        self.state[256:264] = struct.pack("<q", seconds)

    def plan_state(self, what):
        """"EROFS", "EDQUOT": every call that writes, or that makes something grow, fails from now on."""
        self.plan()
        self.state[4:8] = struct.pack("<I", ACTIONS.index(what) + 1)
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


class Traffic:
    """Messages under names of their own, one a session, and how many recipients each of those has that were acknowledged."""

    def __init__(self, m, sink):
        self.m, self.sink, self.n, self.acked, self.name = m, sink, 0, {}, None

    def one(self, kind, size, to=None, rcpts=1):
        self.n += 1
        self.name = name = "%s%d" % (kind, self.n)
        try:
            s = smtplib.SMTP("127.0.0.1", self.m.port, local_hostname="client.test", timeout=60)
            try:
                s.sendmail("a@client.test", to or [name + "@there.test"],
                           "Subject: <%s>\r\n\r\n%s" % (name, ("x" * 70 + "\r\n") * (size // 72)))
                self.acked[name] = rcpts
                return 250
            finally:
                s.close()
        except smtplib.SMTPResponseException as e:
            return e.smtp_code
        except smtplib.SMTPRecipientsRefused as e:
            return list(e.recipients.values())[0][0]
        except (OSError, smtplib.SMTPException):
            return 0

    def await_arrival(self, seconds=30):
        """The last one that was sent comes to the sink."""
        name = ("<%s>" % self.name).encode()
        with self.sink.cond:
            return self.sink.cond.wait_for(lambda: any(name in g.data for g in self.sink.messages[-500:]), seconds)

    def arrived(self):
        """{name: recipients} of what the sink got, and "ann" for what the local mailer got for her; and whether all of it is whole."""
        got, whole = {}, True
        for text in self.m.mail("ann"):
            whole = whole and text.endswith("x\n")
            got.setdefault(text.split("Subject: <", 1)[-1].split(">")[0], set()).add("ann")
        for g in self.sink.messages:
            whole = whole and g.data.startswith(b"Received:") and g.data.endswith(b"x\r\n")
            got.setdefault(g.data.split(b"Subject: <", 1)[-1].split(b">")[0].decode(), set()).update(g.rcpts)
        return got, whole

    def missing(self):
        got = self.arrived()[0]
        return sorted(name for name, k in self.acked.items() if len(got.get(name, ())) < k)

    def twice(self):
        """Deliveries more than once."""
        return sum(len(g.rcpts) for g in self.sink.messages) + len(self.m.mail("ann")) - sum(len(v) for v in self.arrived()[0].values())


def await_calm(count, times=3, pause=0.02):
    """What is going on behind the answers comes to its end."""
    last, same, end = None, 0, time.monotonic() + 5
    while time.monotonic() < end and same < times:
        now = count()
        same = same + 1 if now == last else 0
        last = now
        time.sleep(pause)


def go_on(m, t, restart=True, seconds=30):
    """A message is accepted within that time; with restart all of the daemon dies once (its parent waits longer after each of many ends in a row)."""
    begin = time.monotonic()
    end = begin + seconds
    while t.one("probe", 500) != 250:
        if time.monotonic() >= end:
            return False
        time.sleep(0.05)
        if restart and time.monotonic() > begin + 1:
            m.kill()
            m.start()
            restart = False
    return True


def show_queue(m, number=4):
    """What is left, and what the log says of it."""
    left = m.command("-bp", "-v")[1]
    tap.diag(left[-2000:])
    for i in re.findall(r"(?m)^(\w{14,}) ", left)[:number]:
        tap.diag("\n".join(line for line in m.log().splitlines() if i in line))
    tap.diag("\n".join([line for line in m.log().splitlines() if ": to=" not in line and ": from=" not in line and "done;" not in line][-40:]))


def none_aside(m):
    """No message became a Qf: a test of its own."""
    if not tap.ok(not m.queue("Qf"), "none was set aside"):
        for q in m.queue("Qf"):
            tap.diag(q + "\n" + "\n".join(line for line in m.log().splitlines() if q[2:] in line))
            with open(m.path("queue/" + q), errors="replace") as f:
                tap.diag(f.read()[-600:])
