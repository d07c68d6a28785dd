"""oddcert.py - certificates that no CA should make: names with NUL, control characters, other encodings, no name at all, names without an end; dates, issuers,
signatures and extensions that are not what they should be.  DER by hand, signed by openssl(1); two keys for all of them, the CA's and the client's.

    from oddcert import Odd
    odd = Odd(folder)           # folder/ca.crt, folder/client.key
    odd.names                   # what there is: folder/NAME.crt, a chain where one is needed
    odd.make("x", odd.cn(UTF8, b"any name"), sans=(b"x.test",), after="250102000000Z")
"""
import os
import ssl
import subprocess

UTF8, NUMERIC, PRINTABLE, T61, IA5, UNIVERSAL, BMP = 12, 18, 19, 20, 22, 28, 30
OIDS = {"CN": "2.5.4.3", "C": "2.5.4.6", "O": "2.5.4.10", "OU": "2.5.4.11", "E": "1.2.840.113549.1.9.1", "DC": "0.9.2342.19200300.100.1.25", "X": "1.2.3.4.5"}


def tlv(tag, *parts):
    b = b"".join(parts)
    if len(b) < 128:
        return bytes([tag, len(b)]) + b
    n = len(b).to_bytes((len(b).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(n)]) + n + b


def integer(v):
    return tlv(2, v.to_bytes(v.bit_length() // 8 + 1, "big"))


def oid(text):
    first, second, *rest = (int(x) for x in text.split("."))
    out = bytes([first * 40 + second])
    for v in rest:
        more = [v & 127]
        while v > 127:
            v >>= 7
            more.append(v & 127 | 128)
        out += bytes(reversed(more))
    return tlv(6, out)


def name(*rdns):
    """Each a list of (attribute, type of string, bytes)."""
    return tlv(0x30, *[tlv(0x31, *[tlv(0x30, oid(OIDS[a]), tlv(t, v)) for a, t, v in rdn]) for rdn in rdns])


def extension(number, value, critical=False):
    return tlv(0x30, oid(number), *([tlv(1, b"\xff")] if critical else []), tlv(4, value))


ECDSA = tlv(0x30, oid("1.2.840.10045.4.3.2"))


class Odd:
    def __init__(self, folder, odd=True):
        self.folder, self.names, self.serial, self.public = folder, [], 1, {}
        self.key("ca"), self.key("client")
        self.ca = self.cn(UTF8, b"The CA")
        self.make("ca", self.ca, ca=True)
        if odd:
            self._odd()

    @staticmethod
    def cn(kind, value):
        return name([("CN", kind, value)])

    def path(self, what):
        return os.path.join(self.folder, what)

    def key(self, what):
        subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.path(what + ".key")], check=True, capture_output=True)
        os.chmod(self.path(what + ".key"), 0o600)
        self.public[what] = subprocess.run(["openssl", "pkey", "-in", self.path(what + ".key"), "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout

    def make(self, what, subject, issuer=None, signer="ca", key=None, ca=False, before="250101000000Z", after="491231000000Z", sans=(), more=(), chain=()):
        """folder/WHAT.crt, followed by those of `chain`."""
        exts = [extension("2.5.29.19", tlv(0x30, tlv(1, b"\xff")) if ca else tlv(0x30), True)]
        exts += [extension("2.5.29.17", tlv(0x30, *[tlv(0x82, n) for n in sans]))] if sans else []
        self.serial += 1
        tbs = tlv(0x30, tlv(0xa0, integer(2)), integer(self.serial), ECDSA, issuer or self.ca, tlv(0x30, tlv(0x17, before.encode()), tlv(0x17, after.encode())), subject,
                  self.public[key or ("ca" if ca else "client")], tlv(0xa3, tlv(0x30, *exts, *more)))
        sig = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.path(signer + ".key")], input=tbs, check=True, capture_output=True).stdout
        pem = ssl.DER_cert_to_PEM_cert(tlv(0x30, tbs, ECDSA, tlv(3, b"\0" + sig)))
        for c in chain:
            with open(self.path(c + ".crt")) as f:
                pem += f.read().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n"
        with open(self.path(what + ".crt"), "w") as f:
            f.write(pem)
        self.names.append(what)
        return self.path(what)

    def pair(self, what):
        """Key and certificate in one file, as a server of a test wants it."""
        with open(self.path(what), "w") as out:
            for part in ("client.key", what + ".crt"):
                with open(self.path(part)) as f:
                    out.write(f.read())
        os.chmod(self.path(what), 0o600)
        return self.path(what)

    def _odd(self):
        make, cn = self.make, self.cn
        self.names.clear()
        make("plain", cn(UTF8, b"client.test"))
        make("empty", name())
        make("nul", cn(UTF8, b"good.test\0.evil.test"))
        for n in (240, 254, 255, 300, 600):
            make("long%d" % n, cn(UTF8, b"L" * n))
        make("longescaped", cn(UTF8, b"(" * 200))
        make("longwhole", name(*[[("OU", UTF8, b"o.o." * 50)] for _ in range(5)], [("CN", UTF8, b"x")]))
        make("bmp", cn(BMP, "J\u00fcrgen \u4e2d".encode("utf-16-be")))
        make("universal", cn(UNIVERSAL, "J\u00fc".encode("utf-32-be")))
        make("t61", cn(T61, b"J\xfcrgen"))
        make("utf8", cn(UTF8, "J\u00fcrgen \u4e2d".encode()))
        make("control", cn(UTF8, b"a\x01b\r\nX-Evil: yes\tc\x7f"))
        make("ia5", cn(IA5, b"a@b.test\n"))
        make("operators", cn(UTF8, b"$*<>()\"+ ,;:\\!%/[]{}|&=^~`'#?@."))
        make("several", name([("C", PRINTABLE, b"DE")], [("O", UTF8, b"Org"), ("OU", UTF8, b"unit")], [("CN", UTF8, b"several")], [("E", IA5, b"a@b.c")], [("DC", IA5, b"test")]))
        make("twocn", name([("CN", UTF8, b"first.test")], [("CN", UTF8, b"second.test")]))
        make("emptycn", cn(UTF8, b""))
        make("unknownoid", name([("X", UTF8, b"value")], [("CN", UTF8, b"unknown")]))
        make("expired", cn(UTF8, b"expired"), after="250102000000Z")
        make("future", cn(UTF8, b"future"), before="490102000000Z")
        make("selfsigned", cn(UTF8, b"selfsigned"), issuer=cn(UTF8, b"selfsigned"), signer="client")
        make("unknownca", cn(UTF8, b"x"), issuer=cn(UTF8, b"no such ca"))
        make("badsignature", cn(UTF8, b"x"), signer="client")
        make("purpose", cn(UTF8, b"x"), more=(extension("2.5.29.37", tlv(0x30, oid("1.3.6.1.5.5.7.3.1"))),))
        make("critical", cn(UTF8, b"x"), more=(extension("1.2.3.4.5.6", b"\5\0", True),))
        make("nameless", cn(UTF8, b"x"), issuer=name())
        make("issuernul", cn(UTF8, b"x"), issuer=cn(UTF8, b"i\0j (k)"))
        above, chain = self.ca, []
        for n in range(1, 13):
            make("ca%d" % n, cn(UTF8, b"ca%d" % n), issuer=above, ca=True)
            above, chain = cn(UTF8, b"ca%d" % n), ["ca%d" % n] + chain
        del self.names[-12:]
        make("deep", cn(UTF8, b"x"), issuer=above, chain=chain)
        make("three", cn(UTF8, b"x"), issuer=cn(UTF8, b"ca3"), chain=chain[-3:])
        make("incomplete", cn(UTF8, b"x"), issuer=cn(UTF8, b"ca3"))
