"""dnssec.py - a signed zone of a test's own, made with openssl(1) alone: one ECDSA key signs the whole tree.

    from dnssec import sign
    records, anchor = sign(text, tmp, bad=("x.test. TLSA",))

`text` are records as dns.py takes them (A AAAA MX TXT CNAME TLSA NS SOA, names end in a dot); what comes back goes to Dns(..., head=""), and `anchor`
is a line for a file of trust anchors.  Sets that `bad` names get a signature that does not verify.
"""
import base64
import hashlib
import ipaddress
import os
import shlex
import struct
import subprocess
import time

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "MX": 15, "TXT": 16, "AAAA": 28, "DS": 43, "RRSIG": 46, "NSEC": 47, "DNSKEY": 48, "TLSA": 52}
TTL = 60


def wire_name(name):
    out = b""
    for label in name.lower().rstrip(".").split("."):
        if label:
            out += bytes([len(label)]) + label.encode()
    return out + b"\0"


def wire_data(kind, data):
    w = shlex.split(data)
    if kind == "A" or kind == "AAAA":
        return ipaddress.ip_address(w[0]).packed
    if kind in ("NS", "CNAME"):
        return wire_name(w[0])
    if kind == "MX":
        return struct.pack(">H", int(w[0])) + wire_name(w[1])
    if kind == "TXT":
        return b"".join(bytes([len(s)]) + s.encode() for s in w)
    if kind == "SOA":
        return wire_name(w[0]) + wire_name(w[1]) + struct.pack(">5I", *map(int, w[2:7]))
    if kind == "TLSA":
        return bytes(map(int, w[:3])) + bytes.fromhex("".join(w[3:]))
    raise ValueError(kind)


def order(name):
    return [label.encode() for label in reversed(name.lower().rstrip(".").split(".")) if label]


def bitmap(kinds):
    bits = bytearray(8)
    for k in kinds:
        bits[TYPES[k] // 8] |= 0x80 >> TYPES[k] % 8
    while bits and bits[-1] == 0:
        bits.pop()
    return bytes([0, len(bits)]) + bytes(bits)


class Key:
    def __init__(self, tmp):
        self.file = os.path.join(tmp, "dnssec.%d.pem" % time.monotonic_ns())
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.file], check=True)
        der = subprocess.run(["openssl", "ec", "-in", self.file, "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout
        self.public = der[-64:]
        self.data = struct.pack(">HBB", 257, 3, 13) + self.public
        acc = sum(b << 8 if i % 2 == 0 else b for i, b in enumerate(self.data))
        self.tag = (acc + (acc >> 16)) & 0xffff

    def sign(self, data):
        der = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.file], input=data, check=True, capture_output=True).stdout
        out, at = b"", 2
        for _ in range(2):
            n = der[at + 1]
            out += der[at + 2:at + 2 + n].lstrip(b"\0").rjust(32, b"\0")
            at += 2 + n
        return out


def sign(text, tmp, bad=()):
    key = Key(tmp)
    sets = {}
    head = ". SOA ns.invalid. postmaster.invalid. %d 3600 600 86400 5\n. NS ns.invalid.\nns.invalid. A 127.0.0.1\n" % int(time.time())
    for line in (head + text).splitlines():
        if line.strip():
            name, kind, data = line.strip().split(None, 2)
            sets.setdefault((name.lower(), kind), []).append((wire_data(kind, data), data))
    sets[(".", "DNSKEY")] = [(key.data, "257 3 13 " + base64.b64encode(key.public).decode())]
    names = sorted({n for n, _ in sets}, key=order)
    for i, n in enumerate(names):
        kinds = sorted({k for m, k in sets if m == n} | {"NSEC", "RRSIG"}, key=TYPES.get)
        after = names[(i + 1) % len(names)]
        sets[(n, "NSEC")] = [(wire_name(after) + bitmap(kinds), after + " " + " ".join(kinds))]
    now = int(time.time())
    out = []
    for (name, kind), rows in sets.items():
        labels = len([x for x in name.rstrip(".").split(".") if x and x != "*"])
        fixed = struct.pack(">HBBIIIH", TYPES[kind], 13, labels, TTL, now + 86400, now - 3600, key.tag) + b"\0"
        blob = fixed
        for w, _ in sorted(rows):
            blob += wire_name(name) + struct.pack(">HHIH", TYPES[kind], 1, TTL, len(w)) + w
        sig = key.sign(blob + (b"x" if "%s %s" % (name, kind) in bad else b""))
        for _, shown in rows:
            out.append("%s %d %s %s" % (name, TTL, kind, shown))
        stamp = [time.strftime("%Y%m%d%H%M%S", time.gmtime(t)) for t in (now + 86400, now - 3600)]
        out.append("%s %d RRSIG %s 13 %d %d %s %s %d . %s" % (name, TTL, kind, labels, TTL, stamp[0], stamp[1], key.tag,
                                                              base64.b64encode(sig).decode()))
    digest = hashlib.sha256(b"\0" + key.data).hexdigest()
    return "\n".join(out) + "\n", ". IN DS %d 13 2 %s\n" % (key.tag, digest)
