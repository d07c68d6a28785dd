#!/usr/bin/env python3
"""milter_garbage: a filter that answers half a packet, nonsense, too much or too late, at every stage, in every mode of F=: the client gets that mode's reply and nothing else, nothing
half done is kept, and the next session is served."""
import os
import random
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *
from milter import Filter

SEED = int(os.environ.get("SEED", random.randrange(1 << 30)))
MODES = {"T": "451", "R": "5", "four": "421", "open": "250", "shadow": "250"}
FLAGS = {"T": "F=T, ", "R": "F=R, ", "four": "F=4, ", "open": "", "shadow": "F=SR, "}
sock = os.path.join(TMP, "sock")
os.mkdir(sock, 0o755)
ports = {m: port() for m in MODES}
host = Host(mc="FEATURE(`accept_unresolvable_domains')\n" + "".join(
    "DAEMON_OPTIONS(`Name=%s, Addr=127.0.0.1, Port=%d, InputMailFilters=%s')\nMAIL_FILTER(`%s', `S=local:%s/%s, %sT=C:2s;S:1s;R:1s;E:1s')\n" % (m, p, m, m, sock, m, FLAGS[m])
    for m, p in ports.items()), aliases="postmaster: root\njoe: root\n", start_it=False)
filters = {m: Filter("local:%s/%s" % (sock, m)) for m in MODES}
host.start()


def kinds(rnd):
    """What a filter may answer: name, texts for Filter, whether its mode decides for sure (a random octet may happen to be an answer)."""
    def octets(n):
        return bytes(rnd.randrange(256) for _ in range(n)).hex()
    yield "half a length, and the end", ["raw:0000", "close"], True
    yield "half a packet, and the end", ["raw:00000010" + "68582d41", "close"], True
    yield "half a packet, and silence", ["raw:00000010" + "68582d41", "wait"], True
    yield "a packet of 1 MiB and one", ["raw:00100001" + "63" * 40, "wait"], True
    yield "a length with its sign bit", ["raw:ffffffff63", "wait"], True
    yield "an unknown letter", ["raw:0000000221" + "00"], True
    yield "a command instead of an answer", ["raw:000000094d3c6140623e00" + "0000"], True
    yield "a reply without its end", ["raw:0000000a79353530206e6f2021" + "21"], False
    yield "octets at random", ["raw:" + octets(40), "close"], False
    yield "a frame of octets at random", ["raw:00000020" + octets(32), "close"], False


BODY = "Subject: x\r\n\r\n" + "text\r\n" * 50 + "."
LINES = ["EHLO me.test", "MAIL FROM:<ann@far.test>", "RCPT TO:<joe@here.test>", "DATA", BODY]
AT = {"C": 1, "H": 1, "M": 1, "R": 2, "T": 3, "L": 4, "N": 4, "B": 4, "E": 4}	# the command whose reply tells
result = {}


def session(mode, stage, texts):
    """All replies, and what was queued."""
    f = filters[mode]
    f.idle()
    f.be(plan={stage: texts})
    c = Talk(ports[mode])
    out = [c.reply()]
    for line in LINES:
        if not out[-1] or (line == BODY and not out[-1].startswith("354")):
            break
        out.append(c.cmd(line))
    c.cmd("QUIT")
    c.close()
    return out


def run_mode(mode):
    rnd = random.Random("%d %s" % (SEED, mode))
    bad = []
    for stage in AT:
        for name, texts, sure in kinds(rnd):
            if "wait" in texts and stage in "HTLN":	# a second each: not everywhere
                continue
            out = session(mode, stage, texts)
            told = [r for r in out[1:] + out[:1] if re.match("[45]", r)]
            want = MODES[mode]
            last = out[-1]
            if any(r and not re.match(r"[2345]\d\d[ -]", r) for r in out):
                bad.append("%s at %s: no reply: %r" % (name, stage, out))
            elif not sure:
                m = re.match(r"250 2\.0\.0 (\w{14}) ", last)
                if m:
                    result.setdefault("queued", []).append((m.group(1), mode, stage, name))
            elif want == "250":
                m = re.match(r"250 2\.0\.0 (\w{14}) Message accepted", last)
                if m:
                    result.setdefault("queued", []).append((m.group(1), mode, stage, name))
                else:
                    bad.append("%s at %s: %r" % (name, stage, out))
            elif not told or not told[0].startswith(want) or any(re.match(r"250 2\.0\.0 \w{14} ", r) for r in out):
                bad.append("%s at %s: %r" % (name, stage, out))
    filters[mode].idle()
    filters[mode].be()
    out = session(mode, "X", [])
    if not re.match(r"250 2\.0\.0 \w{14} ", out[-1]):
        bad.append("a filter that behaves again: %r" % out)
    result[mode] = bad


threads = [threading.Thread(target=run_mode, args=(m,), daemon=True) for m in MODES]
for t in threads:
    t.start()
for t in threads:
    t.join()
for m in MODES:
    if not ok(result.get(m) == [], "F=%s: every answer that is none has that mode's reply, at every stage" % {"four": "4", "open": "", "shadow": "S"}.get(m, m)):
        diag("SEED=%d" % SEED)
        for line in result.get(m, ["it did not end"]):
            diag(line)
flush_journal(host.path("queue"))
want = b"text\n" * 50
torn = []
for ident, mode, stage, name in result.get("queued", []):
    if host.df(ident) != want:
        torn.append("%s: %s at %s" % (mode, name, stage))
eq(torn, [], "what was accepted is whole: %d messages" % len(result.get("queued", [])))
host.stop()
done_testing()
