"""access.py - tags of the access map in real sessions: three configurations, the sessions, and the replies as lines.

Used by test/smtp/access.t with our own daemon, and by test/compat/access with another sendmail to record what that says.
"""
import os
import re
import subprocess
import time

from smtp import Talk
from tap import TOP, run, start

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "..", "smtp", "data")
OK = os.path.join(DATA, "access.ok")

CONFIGURATIONS = {
    "plain": "",
    "delayed": "FEATURE(`delay_checks', `friend')",
    "limits": "FEATURE(`ratecontrol', , `terminate')\nFEATURE(`conncontrol', , `terminate')",
}

SENDERS = ["bad@far.test", "good@far.test", "a@evil.test", "fine@evil.test", "skip@evil.test", "a@later.test", "a@quiet.test", "a@odd.test",
           "user@any.test", "a@plain.test", "old@plain2.test", "new@plain2.test", "a@x.sub.test", "a@sub.test", "a@relay.test", "joe", "joe@here.test"]
RCPTS = ["nobody@here.test", "joe@here.test", "joe", "a@secret.here.test", "a@relayto.test", "stop@relayto.test", "boss@here.test", "sink@here.test",
         "kept@here.test", "both@here.test", "friend@here.test", "hater@here.test", "a@elsewhere.test", "a%elsewhere.test@here.test",
         "elsewhere.test!a", "\"a@elsewhere.test\"@here.test"]


def sessions(name):
    """(source address, commands, how many at one time)"""
    if name == "limits":
        for n in (31, 32, 41, 42, 1):
            yield "127.0.0.%d" % n, ["MAIL FROM:<good@far.test>"], 4
        return
    for n in list(range(11, 22)):
        yield "127.0.0.%d" % n, ["MAIL FROM:<good@far.test>", "RCPT TO:<joe@here.test>", "RCPT TO:<a@elsewhere.test>", "RCPT TO:<hater@here.test>",
                                "RCPT TO:<friend@here.test>"], 1
    yield "127.0.1.5", ["MAIL FROM:<good@far.test>", "RCPT TO:<joe@here.test>"], 1
    yield "127.0.1.6", ["MAIL FROM:<good@far.test>", "RCPT TO:<joe@here.test>"], 1
    for s in SENDERS:
        yield "127.0.0.2", ["MAIL FROM:<%s>" % s, "RCPT TO:<joe@here.test>", "RCPT TO:<friend@here.test>", "RCPT TO:<hater@here.test>",
                           "RCPT TO:<a@elsewhere.test>", "RSET"], 1
    for r in RCPTS:
        yield "127.0.0.2", ["MAIL FROM:<good@far.test>", "RCPT TO:<%s>" % r], 1
        yield "127.0.0.2", ["MAIL FROM:<bad@far.test>", "RCPT TO:<%s>" % r], 1


def connect(number, source):
    for _ in range(600):
        try:
            return Talk(number, source)
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise RuntimeError("nobody listens on port %d" % number)


def clean(reply):
    reply = re.sub(r"(?m)^(220[ -]\S+ ESMTP\b).*", r"\1", reply)
    return reply.replace("\n", "\\n")


def ask(name, number):
    for source, commands, together in sessions(name):
        conns = [connect(number, source) for _ in range(together)]
        for i, c in enumerate(conns):
            who = "%s %s%s" % (name, source, " #%d" % i if together > 1 else "")
            yield "%s: connect -> %s" % (who, clean(c.reply()))
            c.cmd("EHLO me.test")
            for line in commands:
                r = clean(c.cmd(line))
                yield "%s: %s -> %s" % (who, line, r)
                if not r:
                    break
        for c in conns:
            c.send("QUIT\r\n")
            c.close()
        time.sleep(0.05)


def prepare(folder, name, number, makemap):
    """A folder with everything; the path of the sendmail.cf."""
    where = os.path.join(folder, name)
    os.makedirs(os.path.join(where, "queue"), 0o700)
    os.chmod(where, 0o755)
    for f, text in (("switch", "hosts files\naliases files\npasswd files\n"), ("hosts", "127.0.0.1 localhost\n"), ("local-host-names", ""), ("trusted-users", "")):
        with open(os.path.join(where, f), "w") as out:
            out.write(text)
    with open(os.path.join(DATA, "access.mc")) as f:
        mc = f.read().replace("@DIR@", where).replace("@PORT@", str(number)).replace("@FEATURES@", CONFIGURATIONS[name])
    with open(os.path.join(where, "sendmail.mc"), "w") as f:
        f.write(mc)
    code, out, err = run(["m4", os.path.join(TOP, "cf", "m4", "cf.m4"), os.path.join(where, "sendmail.mc")])
    if code != 0 or err:
        raise RuntimeError("m4: " + err)
    cf = os.path.join(where, "sendmail.cf")
    with open(cf, "w") as f:
        f.write(out)
    with open(os.path.join(DATA, "access")) as f:
        subprocess.run(makemap + ["-C", cf, "hash", os.path.join(where, "access.db")], stdin=f, check=True)
    return cf
