#!/usr/bin/env python3
"""The control socket: help, status, mstat, memstat, restart, shutdown."""
import os
import pwd
import re
import socket
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink

sink = Sink()
sink.rules = [("RCPT", "450 4.2.0 later")]
m = Mta(smart_host=sink, mc="define(`confMAX_DAEMON_CHILDREN', `7')\n")
path = m.path("run/control")
with open(m.cf, "a") as f:
    f.write("O ControlSocketName=%s\n" % path)
m.start()


def ask(command, seconds=30):
    end = time.monotonic() + seconds
    while True:
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(30)
                s.connect(path)
                s.sendall(command.encode())
                got = b""
                while True:
                    b = s.recv(4096)
                    if not b:
                        return got.decode()
                    got += b
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


like(ask("help\r\n"), r"(?s)help .*mstat .*restart .*shutdown .*status ", "help lists the commands")
c = m.smtp()
c.ehlo("x")
end = time.monotonic() + 30
out = ask("status\r\n")
while not out.startswith("1/") and time.monotonic() < end:	# the connection that found the daemon up goes away
    time.sleep(0.1)
    out = ask("status\r\n")
like(out, r"\A1/7/\d+/\d+\r\n\d+ accepting connections\r\n(\d+ \w+\r\n)+\Z", "status: sessions, their limit, disk, load; processes")
ok("%d accepting connections" % m.process.pid in out and re.search(r"\d+ spool\r", out), "with their names")
c.quit()
m.send("a@client.test", ["b@there.test"], "Subject: x\n\nx\n")
m.await_log("stat=Deferred|dsn=4")
end = time.monotonic() + 30
while time.monotonic() < end and "C:0\r" not in out:
    out = ask("MSTAT\n")
like(out, r"\AC:0\r\nM:7\r\nL:\d+\r\nQ:mqueue:1\r\nD:0/\S+/queue/\d+\r\nP:\d+ accepting connections\r\n(P:\d+ \w+\r\n)+\Z", "mstat, for programs")
like(ask("memstat\n"), r"resident size", "memstat")
eq(ask("sing\r\n"), "Bad command (sing)\r\n", "others are bad")
eq(ask("x" * 150 + "\n")[:13], "Bad command (", "long ones, too")
with socket.socket(socket.AF_UNIX) as s:
    s.connect(path)
    eq(ask("sing\r\n"), "Bad command (sing)\r\n", "who says nothing holds up nobody")
mode = os.stat(path).st_mode & 0o7777
eq("%o" % mode, "660", "its mode")
eq(ask("restart\r\n"), "OK\r\n", "restart")
ok(m.await_log(r"(?s)reason=control socket: restart.*starting daemon"), "begins anew")
like(ask("status\r\n"), r"\A0/7/", "and answers again")
eq(ask("shutdown\r\n"), "OK\r\n", "shutdown")
eq(m.process.wait(30), 0, "ends the daemon")
ok(not os.path.exists(path), "and removes the socket")
m.process = None
with open(path, "w") as f:
    f.write("precious\n")
m.start()
ok(m.await_log("is there already, and is no socket"), "another file in its place")
m.stop()
eq(open(path).read(), "precious\n", "is left alone")

# its folder may be TrustedUser's, as Debian makes it; nobody else's
if os.getuid() == 0:
    for trusted, name in (("nobody", "a folder of TrustedUser's"), ("root", "a folder of somebody else's")):
        m = Mta(smart_host=sink, mc="define(`confTRUSTED_USER', `%s')\n" % trusted)
        os.mkdir(m.path("ctl"))
        os.chown(m.path("ctl"), pwd.getpwnam("nobody").pw_uid, -1)
        path = m.path("ctl/control")
        with open(m.cf, "a") as f:
            f.write("O ControlSocketName=%s\n" % path)
        m.start()
        if trusted == "nobody":
            like(ask("help\r\n"), "shutdown", name)
        else:
            ok(m.await_log(r"control socket: .*/ctl: folder belongs to user") and not os.path.exists(path), name)
        m.stop()
else:
    skip("folders of other users", "only root can make them")
done_testing()
