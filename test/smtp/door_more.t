#!/usr/bin/env python3
"""door_more: rows of the surface that other tests leave out, by real connections: modifiers b, c, C and f of a daemon, MaxNOOPCommands, ConnectionRateWindowSize,
AllowBogusHELO, SmtpGreetingMessage, confREJECT_MSG and confRELAY_MSG, hater's delay_checks; clients of IPv6, counted by their /64."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *
import fcntl

# a network of our own has addresses of IPv6 to come from; without one what needs them is skipped, aloud
if "DOOR_ALONE" not in os.environ and os.geteuid() == 0:
    if shutil.which("unshare") and subprocess.run(["unshare", "-n", "true"], capture_output=True).returncode == 0:
        os.execvpe("unshare", ["unshare", "-n", sys.executable, os.path.abspath(__file__)], dict(os.environ, DOOR_ALONE="1"))


def own_network():
    """Loopback up, with addresses that are none of loopback, and of two /64."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", 0x41))		# SIOCSIFFLAGS: up, running
            for i, a in enumerate(("10.9.9.1", "10.9.9.2")):
                fcntl.ioctl(s, 0x8916, struct.pack("16sHH4s8x", b"lo:%d" % i, socket.AF_INET, 0, socket.inet_aton(a)))	# SIOCSIFADDR
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
            for a in ("fd00::1", "fd00::2", "fd00::3", "fd00:0:0:1::1"):
                fcntl.ioctl(s, 0x8916, socket.inet_pton(socket.AF_INET6, a) + struct.pack("Ii", 64, socket.if_nametoindex("lo")))	# SIOCSIFADDR
        return True
    except OSError as e:
        diag(str(e))
        return False


alone = "DOOR_ALONE" in os.environ and own_network()
six, P = port(), port()
modifiers = {m: port() for m in ("b", "c", "C", "f")}
sink = Sink(address="127.0.5.1", number=P)
host = Host(mode="interactive", access="ClientRate:127.0.0.6 2\nClientConn:IPv6:fd00:0:0:0 2\nSpam:hated@here.test HATER\nFrom:bad@far.test REJECT\n",
            aliases="postmaster: root\nhated: root\nloved: root\n", mc="".join(
    "DAEMON_OPTIONS(`Name=D%s, Addr=127.0.0.1, Port=%d, M=%s')\n" % (m, p, m) for m, p in modifiers.items() if m != "b") +
    ("DAEMON_OPTIONS(`Name=Db, Addr=10.9.9.2, Port=%d, M=b')\nDAEMON_OPTIONS(`Name=six, Family=inet6, Addr=fd00::1, Port=%d')\n" % (modifiers["b"], six) if alone else "") +
    "FEATURE(`delay_checks', `hater')\nFEATURE(`accept_unresolvable_domains')\nFEATURE(`ratecontrol', `nodelay', `terminate')\nFEATURE(`conncontrol', `nodelay', `terminate')\n"
    "FEATURE(`relay_entire_domain')\nRELAY_DOMAIN(`to.test')\ndefine(`ESMTP_MAILER_ARGS', `TCP $h %d')\n"
    "define(`confCONNECTION_RATE_WINDOW_SIZE', `3s')\ndefine(`confMAX_NOOP_COMMANDS', `2')\n"
    "define(`confSMTP_LOGIN_MSG', `$j says hello')\ndefine(`confREJECT_MSG', `555 5.7.9 go elsewhere')\ndefine(`confRELAY_MSG', `555 5.7.8 no way through')\n" % P,
            dns="to.test. MX 5 sink.to.test.\nsink.to.test. A 127.0.5.1\nalias.to.test. CNAME real.to.test.\nreal.to.test. MX 5 sink.to.test.\n")


def open_at(number, source=None, to="127.0.0.1"):
    c = Talk.__new__(Talk)
    c.s = socket.create_connection((to, number), 60, (source, 0) if source else None)
    c.buf = b""
    return c


def talk(number, *lines, source=None, to="127.0.0.1"):
    """The last reply."""
    c = open_at(number, source, to)
    r = c.reply()
    for line in lines:
        r = c.cmd(line)
        if line == "DATA" and r.startswith("354"):
            r = c.cmd("Subject: x\r\n\r\nx\r\n.")
    c.close()
    return r


def mail(number, rcpt, sender="a@here.test", **kw):
    return talk(number, "EHLO me.test", "MAIL FROM:<%s>" % sender, "RCPT TO:<%s>" % rcpt, "DATA", **kw)


# ---- modifiers ----
like(mail(host.port, "hated@here.test", "joe@host", source="127.0.0.9"), "^250 ", "a sender's domain need not have a dot")
eq(talk(modifiers["f"], "EHLO x", "MAIL FROM:<joe@host>", "RCPT TO:<hated@here.test>", source="127.0.0.9"), "553 5.5.4 <hated@here.test>... Real domain name required for sender address", "M=f: it must")
for m in ("C", "c"):
    like(mail(modifiers[m], "%s@alias.to.test" % m), "^250 ", "M=%s: a recipient at an alias" % m)
ok(sink.await_messages(2), "... both go out")
eq(sorted(m["rcpt"][0].split()[1] for m in sink.messages), ["To:<C@alias.to.test>", "To:<c@real.to.test>"], "M=C leaves the name alone, M=c makes it canonical")

# ---- options ----
like(talk(host.port), r"^220 mail\.here\.test ESMTP says hello$", "SmtpGreetingMessage")
like(talk(host.port, "EHLO a b_c$d"), "^501 ", "a HELO name that is none")
c = open_at(host.port)
c.reply()
c.cmd("EHLO me.test")
for i in range(3):
    c.cmd("NOOP")
begin = time.monotonic()
eq(c.cmd("NOOP"), "250 2.0.0 OK", "MaxNOOPCommands: more of them")
ok(time.monotonic() - begin >= 0.9, "... are answered late")
c.close()
eq(talk(host.port, "EHLO x", "MAIL FROM:<bad@far.test>", "RCPT TO:<hated@here.test>", source="127.0.0.9"), "555 5.7.9 go elsewhere",
   "delay_checks with hater: who is a hater has the sender checked, with confREJECT_MSG")
like(talk(host.port, "EHLO x", "MAIL FROM:<bad@far.test>", "RCPT TO:<loved@here.test>", source="127.0.0.9"), "^250 ", "... others have not")
like(talk(host.port, "EHLO x", "MAIL FROM:<a@far.test>", "RCPT TO:<x@elsewhere.test>", source="127.0.0.2"), r"^555 5\.7\.8 .*no way through", "confRELAY_MSG")

said = [talk(host.port, source="127.0.0.6")[:3] for _ in range(4)]
eq(said, ["220", "220", "421", "421"], "ClientRate: two in a window")
end = time.monotonic() + 30
while talk(host.port, source="127.0.0.6")[:3] != "220" and time.monotonic() < end:
    time.sleep(3.5)
ok(time.monotonic() < end, "ConnectionRateWindowSize: when it is over the client may come again")
host.stop()

# ---- in a network of our own ----
if not alone:
    skip("M=b, clients of IPv6", "no network of our own here (unshare)")
else:
    host.start()
    sink.messages.clear()
    like(mail(modifiers["b"], "b@to.test", to="10.9.9.2"), "^250 ", "M=b: a message by another interface")
    ok(sink.await_messages(1), "... goes out")
    eq(sink.messages[0]["peer"], "10.9.9.2", "... from the address that took it") or diag(host.log()[-800:])
    like(talk(six, "EHLO [IPv6:fd00::2]", source="fd00::2", to="fd00::1"), r"^250-mail\.here\.test Hello .*\[IPv6:fd00:0:0:0:0:0:0:2\]", "a client of IPv6")


    def two_of_three():
        """Sessions of one /64 and their greetings; until the one before is forgotten there is room for one only."""
        global open_
        open_ = [open_at(six, a, "fd00::1") for a in ("fd00::2", "fd00::3", "fd00::1")]
        if [c.reply()[:3] for c in open_] == ["220", "220", "421"]:
            return True
        for c in open_:
            c.close()
        return False

    ok(until(two_of_three), "ClientConn: addresses of one /64 are one client")
    other = open_at(six, "fd00:0:0:1::1", "fd00::1")
    like(other.reply(), "^220 ", "... another /64 is another")
    for c in open_ + [other]:
        c.close()
    host.stop()

# ---- AllowBogusHELO ----
bogus = Host(mc="define(`confALLOW_BOGUS_HELO', `True')\n")
like(talk(bogus.port, "EHLO a b_c$d"), "^250[- ]", "AllowBogusHELO")
bogus.stop()
done_testing()
