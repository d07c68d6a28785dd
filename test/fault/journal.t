#!/usr/bin/env python3
"""A journal with bits flipped anywhere, or cut anywhere: messages whose records are untouched arrive, damage is kept aside.  Records are found here
by what doc/spool.md says of them, not by our own reader."""
import glob
import os
import re
import shutil
import struct
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink
from fault import everything, put, rng, settle

rnd = rng()
mc = "define(`confJOURNAL_SEGMENT_SIZE', `262144')\ndefine(`confMIN_QUEUE_AGE', `0')\n"


def crc32c(data, table=[]):
    if not table:
        for i in range(256):
            for _ in range(8):
                i = i >> 1 ^ (0x82f63b78 if i & 1 else 0)
            table.append(i)
    crc = 0xffffffff
    for b in data:
        crc = crc >> 8 ^ table[(crc ^ b) & 255]
    return crc ^ 0xffffffff


def records(image):
    """(type, offset, sectors' end, payload) of each record that can be read, by doc/spool.md."""
    def head(at):
        h = image[at:at + 64]
        if len(h) < 64 or h[:4] != b"AngJ" or h[4] != 1 or crc32c(h[:60]) != struct.unpack("<I", h[60:])[0]:
            return None
        gen, where, n = struct.unpack("<QQI", h[8:28])
        payload = image[at + 64:at + 64 + n]
        if where != at or crc32c(payload) != struct.unpack("<I", h[40:44])[0]:
            return None
        return h[5], gen, h[44:52], payload, at + (64 + n + 511) // 512 * 512
    life, out, at = head(0)[1:3], [], 512
    while at < len(image):
        r = head(at)
        if r is None or (r[1], r[2]) != life:
            break
        out.append((r[0], at, r[4], r[3]))
        at = r[4]
    return out


# a queue full of fresh mail, and then everything dies
sink = Sink()
m = Mta(smart_host=sink, mc=mc + "define(`confDELIVERY_MODE', `queueonly')\n")
m.start()
s = m.smtp()
for i in range(30):
    s.sendmail("a@client.test", ["m%d@there.test" % i], "Subject: m%d\r\n\r\n%s" % (i, ("x" * 70 + "\r\n") * rnd.randrange(60)))
s.quit()
m.await_log("role spool is ready")
listed = m.command("-bp", "--journal")[1]
m.kill()
image = {os.path.basename(f).encode(): open(f, "rb").read() for f in glob.glob(m.path("queue/*")) if re.search(r"/([qd]f|journal\.\d+$)", f)}
segments = [n for n in image if n.startswith(b"journal.")]
extent = {}
for name in segments:
    for kind, at, end, payload in records(image[name]):
        if kind == 2:
            rcpt = re.search(rb"(?m)^R[A-Z]*:<?(m\d+)@", payload)
            extent[rcpt.group(1).decode()] = (name, at, end)
ok(len(extent) >= 20, "a reader made from the documentation finds the messages in the journal (%d)" % len(extent))
ok(all(n + "@there.test" in listed for n in extent), "so does sendmail -bp --journal")
out = m.command("-bp")[1]
eq(len(set(re.findall(r"m\d+@there\.test", out))), 30, "mailq shows them without a daemon")


def try_(state, may_miss, what):
    after = Sink()
    again = Mta(smart_host=after, mc=mc)
    put(again.path("queue"), state)
    again.start()
    empty = settle(again)
    got = {r.split("@")[0] for g in after.messages for r in g.rcpts}
    missing = {"m%d" % i for i in range(30)} - got - may_miss
    bad = glob.glob(again.path("queue/journal.bad.*"))
    if not ok(not missing and empty, what + ", %d of them damaged" % len(may_miss)):
        diag("missing: %s; waiting: %d" % (" ".join(sorted(missing)), again.waiting()))
        diag(again.log()[-1500:])
    twice = [r for g in after.messages for r in g.rcpts]
    if len(twice) != len(set(twice)):
        ok(False, "none arrives twice")
    again.stop()
    after.stop()
    return bad


try_(image, set(), "the journal as it is: all arrive")
for round_ in range(60 if everything() else 3):
    state, hit = dict(image), set()
    name = rnd.choice(segments)
    data = bytearray(state[name])
    used = max([end for n, _, end in extent.values() if n == name] + [1024])
    if round_ % 3 == 2:
        cut = rnd.randrange(1, used)
        state[name] = bytes(data[:cut])
        hit = {k for k, (n, at, end) in extent.items() if n == name and end > cut}
        try_(state, hit, "cut at %d" % cut)
        continue
    places = [rnd.randrange(512 if i else 0, used) for i in range(rnd.choice((1, 1, 2, 5)))]
    if round_ == 0:
        places = [20]			# the segment's own record
    for p in places:
        data[p] ^= 1 << rnd.randrange(8)
    state[name] = bytes(data)
    hit = {k for k, (n, at, end) in extent.items() if n == name and any(at <= p < end for p in places)}
    bad = try_(state, hit, "bits flipped at " + ", ".join(map(str, places)))
    seen = [k for k in hit if any(at + 64 <= p for p in places for n, at, end in [extent[k]])]
    if hit and max(extent[k][2] for k in hit) < used and not bad:
        # a flip in the zeros behind a payload harms nobody
        if any(p < at + 64 + len(r) for k in hit for kind, at, end, r in records(image[name]) if at == extent[k][1] for p in places):
            ok(False, "what is damaged is kept aside")
m.process = None
done_testing()
