"""policy.py - what policy rulesets see: one daemon with data/policy.cf, the sessions that make every ruleset speak, and their replies as lines.

Used by test/smtp/policy.t and policy_client.t with our own programs, and by test/compat/policy with another sendmail to record what that says.
"""
import glob
import os
import re
import socket
import subprocess
import ssl
import time

from smtp import Sink, Talk

HERE = os.path.dirname(os.path.abspath(__file__))
CF = os.path.join(HERE, "..", "smtp", "data", "policy.cf")
OK = os.path.join(HERE, "..", "smtp", "data", "policy.ok")

LETTER = ["MAIL FROM:<ann@far.test>", "RCPT TO:<joe>", "RCPT TO:<daemon@here.test>", "DATA",
          "Subject: a (comment) text\r\nX-Comment: word (comment)\r\nX-Other: other\r\nTo: joe\r\n\r\nhello\r\nworld\r\n."]
PARAMS = ["MAIL FROM:<ann@far.test> SIZE=1234 BODY=8BITMIME RET=HDRS ENVID=some+2Bid",
          "RCPT TO:<joe@here.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;joe@old.test", "RCPT TO:<bin@there.test>"]


def sessions():
    """(daemon's number, HELO name, commands)."""
    for i, g in enumerate("abcd"):
        yield 1 + i, "me.test", ["MAIL FROM:<ann@far.test>", "NOOP", "VRFY joe", "QUIT"]
    yield 0, "me.test", ["VRFY seen"]
    yield 3, None, ["VRFY seen"]
    for g in "abcd":
        yield 0, "mail." + g, PARAMS
        yield 0, "rcpt." + g, PARAMS
        yield 0, "data." + g, LETTER[:4]
        yield 0, "eom." + g, LETTER
        yield 0, "eoh." + g, LETTER
        yield 0, "subject." + g, LETTER
        yield 0, "comment." + g, LETTER
        yield 0, "any." + g, LETTER
        yield 0, "me.test", [v + "ask." + g for v in ("VRFY ", "EXPN ", "ETRN ", "")]
        yield 0, "me.test", ["MAIL FROM:<ann@far.test>", "RCPT TO:<joe>", "VRFY ask." + g, "ask.%s other words" % g]
    yield 0, "mail.c", ["MAIL FROM:<>", "MAIL FROM:<joe>", "MAIL FROM:<a@b@c>", "MAIL FROM:joe@far.test"]
    yield 0, "rcpt.c", ["MAIL FROM:<>", "RCPT TO:joe", "RCPT TO:<@far.test:joe@here.test>", "RCPT TO:<\"joe x\"@here.test>"]
    for i, g in enumerate("ade"):
        yield 5 + i, "me.test", ["STARTTLS", "NOOP", "MAIL FROM:<ann@far.test>", "NOOP"]
    yield 0, "me.test", ["MAIL FROM:<ann@far.test>", "STARTTLS"]
    for g in "ade":
        yield 0, "mail." + g, ["STARTTLS", "MAIL FROM:<ann@far.test>"]
        yield 0, "rcpt." + g, ["STARTTLS", "MAIL FROM:<ann@far.test>", "RCPT TO:<joe>"]


def connect(port):
    for _ in range(600):
        try:
            return Talk(port)
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise RuntimeError("nobody listens on port %d" % port)


def clean(reply):
    """Times, numbers and names of the one who answers are not compared."""
    reply = re.sub(r"(?m)^(220[ -]\S+ ESMTP\b).*", r"\1", reply)
    reply = re.sub(r"\b[0-9A-Za-z]{14}\b(?= Message accepted)", "ID", reply)
    return re.sub(r"(total_rate|client_rate|client_connections) = \d*", r"\1 = N", reply)


def ask(ports, cert):
    """A line for each reply: `HELO name, command -> reply'."""
    for number, helo, commands in sessions():
        c = connect(ports[number])
        who = "%d %s" % (number, helo)
        yield "%s: connect -> %s" % (who, clean(c.reply()))
        if helo is not None:
            first = c.cmd("EHLO " + helo)
            yield "%s: EHLO -> %s" % (who, clean(first.split("\n")[0]))
        for line in commands:
            if line == "STARTTLS":
                said = clean(c.cmd(line))
                yield "%s: %s -> %s" % (who, line, said)
                if " 220 " not in " " + said:
                    break
                ctx = ssl._create_unverified_context()
                if cert:
                    ctx.load_cert_chain(cert + ".crt", cert + ".key")
                c.s = ctx.wrap_socket(c.s)
                yield "%s: EHLO under TLS -> %s" % (who, clean(c.cmd("EHLO " + helo).split("\n")[0]))
                continue
            r = clean(c.cmd(line))
            yield "%s: %s -> %s" % (who, line.split("\r\n")[0], r.replace("\n", "\\n"))
            if line == "DATA" and r[:3] != "354":
                break
        c.close()


def write_cf(folder, ports):
    with open(CF) as f:
        text = f.read().replace("@DIR@", folder)
    for i, p in enumerate(ports):
        text = text.replace("@PORT%d@" % i, str(p))
    os.mkdir(os.path.join(folder, "queue"), 0o700)
    path = os.path.join(folder, "policy.cf")
    with open(path, "w") as f:
        f.write(text)
    return path


# ---- the client ----

CLIENT_CF = os.path.join(HERE, "..", "smtp", "data", "policy_client.cf")
CLIENT_OK = os.path.join(HERE, "..", "smtp", "data", "policy_client.ok")


def ask_client(folder, cert, prog):
    """One message for each ruleset and group, to a server with and one without STARTTLS: what the queue file says of the refusal, or how it went."""
    for tls in (True, False):
        sink = Sink(offers=("PIPELINING", "8BITMIME", "DSN") + (("STARTTLS",) if tls else ()), cert=cert)
        with open(CLIENT_CF) as f:
            text = f.read().replace("@DIR@", folder).replace("@PORT@", str(sink.port))
        cf = os.path.join(folder, "client.cf")
        with open(cf, "w") as f:
            f.write(text)
        for who in ("server.a", "server.b", "rcpt.a", "rcpt.b", "compat.a", "no", "yes"):
            r = subprocess.run(prog + ["-C", cf, "-odi", "-f", who + "@x.test", "joe@far.test"], input="Subject: x\n\nx\n",
                               capture_output=True, text=True, timeout=60, env=dict(os.environ, ANGARIUM_LOG="stderr"))
            said = []
            for name in glob.glob(os.path.join(folder, "queue", "*")):
                if os.path.basename(name)[:2] == "qf":
                    with open(name, encoding="latin-1") as f:
                        said += re.findall(r"(?m)^M(?:Deferred: )?(?:403 4\.7\.0 )?(arg.*)", f.read())
                os.unlink(name)
            if sink.messages:
                said.append("sent under TLS" if sink.messages.pop()["tls"] else "sent in clear")
            yield "%s %s -> %s" % ("TLS" if tls else "clear", who, said[0] if said else "nothing: " + r.stdout + r.stderr)
        sink.close()
