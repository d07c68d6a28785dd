"""journal_reader.py - reads a journal by doc/spool.md alone; it shares nothing with the program that writes it.

    python3 journal_reader.py FOLDER        prints what "sendmail -bp --journal" prints about that queue directory
"""
import glob
import os
import re
import struct
import sys
import time

SECTOR, HEAD = 512, 64
SEGMENT, MESSAGE, DONE, PART = 1, 2, 3, 4
IN_DF, IN_BODY = 1, 2

TABLE = []
for n in range(256):
    for _ in range(8):
        n = n >> 1 ^ (0x82f63b78 if n & 1 else 0)
    TABLE.append(n)


def crc32c(data):
    c = 0xffffffff
    for b in data:
        c = TABLE[(c ^ b) & 255] ^ c >> 8
    return c ^ 0xffffffff


class Record:
    """One record: type, flags, gen, at, envelope (octets), time, stamp, payload (None: damaged)."""


def head(image, at):
    """The head at this place, or None."""
    h = image[at:at + HEAD]
    if len(h) < HEAD or h[:4] != b"AngJ" or crc32c(h[:60]) != struct.unpack_from("<I", h, 60)[0]:
        return None
    r = Record()
    r.version, r.type, r.flags, r.gen, r.at, r.length, r.envelope, r.time, r.crc, r.stamp = struct.unpack_from("<BBHQQIIqIQ", h, 4)
    return r if r.version == 1 and r.at == at else None


def record(image, at, life=None):
    r = head(image, at)
    if r is None or (life is not None and (r.gen, r.stamp) != life):
        return None
    p = image[at + HEAD:at + HEAD + r.length]
    r.payload = p if len(p) == r.length and crc32c(p) == r.crc else None
    return r


class Segment:
    def __init__(self, path):
        self.slot = int(path.rsplit(".", 1)[1])
        with open(path, "rb") as f:
            self.image = f.read()
        self.own = record(self.image, 0)
        if self.own is not None and (self.own.type != SEGMENT or self.own.payload is None or self.own.gen == 0):
            self.own = None
        self.life = (self.own.gen, self.own.stamp) if self.own else self.first_life()

    def first_life(self):
        for at in range(SECTOR, len(self.image), SECTOR):
            r = record(self.image, at)
            if r is not None and r.payload is not None:
                return r.gen, r.stamp
        return None

    def walk(self):
        """(at, record) and (at, None, octets) of damage, to the end of what was written."""
        at = SECTOR
        while at < len(self.image):
            r = record(self.image, at, self.life)
            if r is not None and r.payload is not None:
                yield at, r, 0
                at += (HEAD + r.length + SECTOR - 1) // SECTOR * SECTOR
                continue
            behind = at + SECTOR
            while behind < len(self.image):
                r = record(self.image, behind, self.life)
                if r is not None and r.payload is not None:
                    break
                behind += SECTOR
            if behind >= len(self.image):
                return
            yield at, None, behind - at
            at = behind


def message(r):
    """id, mode, octets of content, envelope, content (None: in a df)."""
    p = r.payload
    return (p[:24].rstrip(b"\0").decode(), chr(p[32]), struct.unpack_from("<Q", p, 24)[0], p[40:40 + r.envelope],
            None if r.flags & IN_DF else p[40 + r.envelope:])


def place(r):
    """Where content is that is not in the record."""
    return " in journal.body.%d" % struct.unpack_from("<H", r.payload, 33) if r.flags & IN_BODY else " in df" if r.flags & IN_DF else ""


def done(r):
    for i in range(0, len(r.payload), 40):
        gen, at = struct.unpack_from("<QQ", r.payload, i)
        yield r.payload[i + 16:i + 40].rstrip(b"\0").decode(), gen, at


def part(r):
    """id, generation, offset, names of recipients that are done."""
    names, at = [], 40
    while at + 2 <= len(r.payload):
        n = struct.unpack_from("<H", r.payload, at)[0]
        names.append(r.payload[at + 2:at + 2 + n])
        at += 2 + n
    return (r.payload[16:40].rstrip(b"\0").decode(),) + struct.unpack_from("<QQ", r.payload, 0) + (names,)


def envelope(text):
    """Sender and recipients of a qf text: what stands behind S, and behind the colon of R."""
    sender, rcpts = "", []
    for line in text.decode("latin-1").split("\n"):
        if line[:1] == "S":
            sender = line[1:].strip("<>")
        elif line[:1] == "R":
            rcpts.append(line.split(":", 1)[1].strip("<>"))
    return sender, rcpts


def segments(folder):
    found = [Segment(p) for p in glob.glob(os.path.join(folder, "journal.[0-9][0-9][0-9]"))]
    return sorted((s for s in found if s.life), key=lambda s: s.life[0])


def owed(folder):
    """Identifiers of messages that no done mark names."""
    messages, marks = {}, set()
    for s in segments(folder):
        for at, r, _ in s.walk():
            if r is not None and r.type == MESSAGE:
                messages[s.life[0], at] = message(r)[0]
            elif r is not None and r.type == DONE:
                marks.update((gen, place) for _, gen, place in done(r))
    return [name for place, name in messages.items() if place not in marks]


def show(folder, out):
    for s in segments(folder):
        out.write("journal.%03d  %s\n" % (s.slot, "generation %d" % s.life[0] if s.own else "its own record is damaged"))
        for at, r, lost in s.walk():
            if r is None:
                out.write("%10d  damaged, %d octets\n" % (at, lost))
                continue
            out.write("%10d  %s  " % (at, time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(r.time))))
            if r.type == MESSAGE:
                name, mode, size, text, content = message(r)
                sender, rcpts = envelope(text)
                out.write("message %s %s, %d octets%s, from <%s> to <%s>%s\n" % (
                    name, mode, size, place(r), sender[:80], rcpts[0][:80],
                    " and %d more" % (len(rcpts) - 1) if len(rcpts) > 1 else ""))
            elif r.type == DONE:
                out.write("done" + "".join(" %s (%d/%d)" % d for d in done(r)) + "\n")
            elif r.type == PART:
                name, gen, where, names = part(r)
                out.write("done for%s of %s (%d/%d)\n" % ("".join(" <%s>" % re.sub("[\0-\x1f\x7f]", "?", n.decode("latin-1")[:80]) for n in names), name, gen, where))
            else:
                out.write("something else\n")


if __name__ == "__main__":
    show(sys.argv[1], sys.stdout)
