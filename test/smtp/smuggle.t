#!/usr/bin/env python3
"""smuggle: whatever a message holds, it leaves as one message - by SMTP, by BDAT, by LMTP, to a program; relaxed input rules do not change that (RFC 5321 2.3.8)."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

P = port()
SMTP, CHUNKS = "127.0.6.1", "127.0.6.2"
path = os.path.join(TMP, "lmtp")
EVIL = b"MAIL FROM:<evil@here.test>\r\nRCPT TO:<root>\r\nDATA\r\nSubject: smuggled\r\n\r\nx"
ENDS = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\r\n.\r\r\n", b"\r\r\n.\r\n", b"\r\r\n.\r\r\n", b"\n\n.\r\n", b"\r\n\x00.\r\n", b"\r\n.\x00\r\n",
        b"\r\n\x8d\x8a.\x8d\x8a", b"\r\n..\r\n", b"\x0b\r\n.\x0b\r\n", b"\n\r.\n\r", b"\r\n.\r\n."[:-4] + b"\n"]
sinks = {"smtp": Sink(address=SMTP, number=P, offers=["SIZE"]), "chunks": Sink(address=CHUNKS, number=P, offers=["SIZE", "CHUNKING", "8BITMIME", "BINARYMIME"]),
         "store": Sink(path=path, lmtp=True, offers=["PIPELINING"])}
os.chmod(path, 0o777)
MAILERS = ("MAILER_DEFINITIONS\nMstore,\t\tP=[IPC], F=lsDFMmnqz, S=EnvFromSMTP/HdrFromSMTP, R=EnvToL, E=\\r\\n,\n\t\tT=DNS/RFC822/SMTP, A=FILE %s\n"
           "LOCAL_RULE_0\nR$+ < @ store . test . > $*\t$#store $@ store.test $: $1\n" % path)


def site(features):
    rules = "LOCAL_SRV_FEATURES\nR$*\t$# %s\n" % features if features else ""
    return Host(mode="background", mc="define(`ESMTP_MAILER_ARGS', `TCP $h %d')\nMODIFY_MAILER_FLAGS(`ESMTP', `+K')\n" % P, mailers=MAILERS + rules,
                dns="smtp.test. MX 5 sink.smtp.test.\nsink.smtp.test. A %s\nchunks.test. MX 5 sink.chunks.test.\nsink.chunks.test. A %s\nstore.test. A 192.0.2.1\n" % (SMTP, CHUNKS))


def clean(m):
    """No CR or LF but in line ends; behind a line end no dot alone but the last; nothing of the envelope became the evil one."""
    data = m["data"]
    body = data if m.get("bdat") else data[:-3]
    if re.search(rb"\r(?!\n)|(?<!\r)\n", data):
        return "a bare CR or LF in %r" % data
    if not m.get("bdat") and (b"\r\n.\r\n" in body or re.search(rb"\r\n\.(?!\.)", body)):
        return "a dot that is not doubled in %r" % data
    if "evil" in (m["mail"] or ""):
        return "it was smuggled"
    return ""


def local_count(host):
    with open(host.path("delivered"), "rb") as f:
        return f.read()


for features in ("", "G", "U", "G U", "g2 u2"):
    host = site(features)
    accepted, bad, n0 = 0, [], {k: len(s.messages) for k, s in sinks.items()}
    for end in ENDS:
        c = host.connect(helo="x")
        c.send("MAIL FROM:<root@here.test>\r\n")
        for to in ("b@smtp.test", "b@chunks.test", "b@store.test", "root"):
            c.send("RCPT TO:<%s>\r\n" % to)
        c.send("DATA\r\n")
        r = [c.reply() for _ in range(6)]
        if r[-1][:3] != "354":
            bad.append(str(r))
            continue
        c.send(b"Subject: one\r\n\r\ntext" + end + EVIL + b"\r\n.\r\n")
        r = c.reply()
        if r[:3] == "250":
            accepted += 1
            c.send("NOOP\r\n")
            if c.reply()[:3] != "250":
                bad.append("%r: out of step" % end)
        elif r[:3] not in ("421", "554"):
            bad.append("%r: %s" % (end, r))
        c.close()
    eq(bad, [], "features '%s': each is one message, or none" % features)
    ok(accepted >= (2 if features == "" else 8 if features in ("G", "U") else 13), "... %d of %d were let in" % (accepted, len(ENDS)))
    for k, s in sinks.items():
        ok(s.await_messages(n0[k] + accepted), "... all of these went on (%s)" % k)
        time.sleep(0.2)
        eq(len(s.messages) - n0[k], accepted, "... and no others")
        eq([w for w in map(clean, s.messages[n0[k]:]) if w], [], "... each one as one message")
    end = time.monotonic() + 30
    while local_count(host).count(b"Subject: one") < accepted and time.monotonic() < end:
        time.sleep(0.05)
    text = local_count(host)
    eq(text.count(b"Received: from x"), accepted, "... a program gets as many")
    host.stop()
ok(all(m.get("bdat") for m in sinks["chunks"].messages), "F=K: chunks were used")
done_testing()
