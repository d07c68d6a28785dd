"""mta.py - a private sendmail daemon, a sink for mail, and looking at queues, for whole-program tests.

    from tap import *
    from mta import Mta, Sink
    sink = Sink()                       # an SMTP server that takes everything; sink.rules change its mind
    m = Mta(mc="define(`confTO_QUEUERETURN', `5s')", smart_host=sink)
    m.start()
    m.send("a@here.test", ["b@there.test"], "Subject: x\\n\\nhello\\n")
    sink.wait(1)[0].data
    m.stop()

Mail for users at here.test is delivered by a program that appends to m.mail(user).
"""
import glob
import os
import re
import signal
import smtplib
import socket
import socketserver
import stat
import subprocess
import tempfile
import threading
import time

import tap

SENDMAIL = os.path.join(tap.OBJ, "sendmail", "sendmail")

DELIVER = """#!/bin/sh
# DIR USER SENDER: the local mailer of a test
d=$1 u=$2
[ -f "$d/fail.$u" ] && { cat >/dev/null; cat "$d/fail.$u"; exit $(cat "$d/code.$u"); }
f=$d/$u.$$
while [ -e "$f.mail" ]; do f=$f.1; done
cat >"$f.tmp" && mv "$f.tmp" "$f.mail"
"""


class Message:
    def __init__(self, sender, rcpts, data, options):
        self.sender, self.rcpts, self.data, self.options = sender, rcpts, data, options
        self.at = time.monotonic_ns()


class Sink:
    """rules: list of (regex on the command line or b'.' at the end of data, reply); the first that matches.
    permits: None, or a semaphore; each message waits for one of it before it is taken."""

    def __init__(self, esmtp=("8BITMIME", "SIZE", "PIPELINING", "ENHANCEDSTATUSCODES"), addr="127.0.0.1", port=0):
        self.messages, self.rules, self.commands, self.delay, self.permits = [], [], [], 0, None
        self.cond = threading.Condition()
        sink = self

        class Handler(socketserver.StreamRequestHandler):
            def say(self, line):
                self.wfile.write((line + "\r\n").encode())
                self.wfile.flush()

            def verdict(self, line, default):
                for pattern, reply in sink.rules:
                    if re.search(pattern, line):
                        return reply
                return default

            def handle(self):
                try:
                    self.session()
                except (OSError, ValueError):
                    pass

            def session(self):
                first = self.verdict("CONNECT", "220 sink ESMTP")
                self.say(first)
                sender, rcpts, options = None, [], []
                for raw in self.rfile:
                    line = raw.decode("utf-8", "replace").rstrip("\r\n")
                    with sink.cond:
                        sink.commands.append(line)
                    verb = line[:4].upper()
                    if verb in ("EHLO", "LHLO"):
                        words = ["sink"] + list(esmtp)
                        for w in words[:-1]:
                            self.say("250-" + w)
                        self.say("250 " + words[-1])
                    elif verb == "MAIL":
                        sender = re.search(r"<(.*?)>", line).group(1)
                        rcpts, options = [], [line]
                        self.say(self.verdict(line, "250 2.1.0 ok"))
                    elif verb == "RCPT":
                        reply = self.verdict(line, "250 2.1.5 ok")
                        if reply.startswith("2"):
                            rcpts.append(re.search(r"<(.*)>", line).group(1))
                            options.append(line)
                        self.say(reply)
                    elif verb == "DATA":
                        if not rcpts:
                            self.say("503 5.5.1 no recipients")
                            continue
                        self.say("354 go")
                        data = b""
                        for raw in self.rfile:
                            if raw == b".\r\n":
                                break
                            data += raw[1:] if raw.startswith(b"..") else raw
                        else:
                            return
                        reply = self.verdict(".", "250 2.0.0 ok")
                        time.sleep(sink.delay)
                        if sink.permits is not None:
                            sink.permits.acquire()
                        if reply.startswith("2"):
                            with sink.cond:
                                sink.messages.append(Message(sender, rcpts, data, options))
                                sink.cond.notify_all()
                        self.say(reply)
                        sender, rcpts, options = None, [], []
                    elif verb == "QUIT":
                        self.say("221 2.0.0 bye")
                        return
                    else:
                        self.say("250 2.0.0 ok")

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 100

        self.server = Server((addr, port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, n, seconds=60):
        with self.cond:
            self.cond.wait_for(lambda: len(self.messages) >= n, seconds)
            return list(self.messages)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class NoNames:
    """A name server for which no name exists: tests ask nobody outside."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.option = "nameserver=127.0.0.1@%d" % self.sock.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            q, addr = self.sock.recvfrom(4096)
            if len(q) > 12:
                end = q.find(b"\0", 12) + 5
                self.sock.sendto(q[:2] + b"\x81\x83" + b"\0\1\0\0\0\0\0\0" + q[12:end], addr)


class Mta:
    names = None

    def __init__(self, mc="", aliases="", smart_host=None, local_flags="-w", mc_end="", args=("-q1h",), domain="here.test"):
        self.dir = tempfile.mkdtemp(dir=tap.TMP)
        os.chmod(self.dir, 0o755)
        self.args = list(args)
        self.program = SENDMAIL
        if Mta.names is None:
            Mta.names = NoNames()
        self.domain = domain
        self.port = tap.port()
        self.process = None
        for d in ("etc", "queue", "mail", "home", "run"):
            os.mkdir(self.path(d))
        os.chmod(self.path("queue"), 0o700)
        os.chmod(self.path("mail"), 0o1777)
        self.write("deliver", DELIVER, 0o755)
        self.write("etc/aliases", "postmaster: postmaster-box\nMAILER-DAEMON: postmaster\n" + aliases)
        relay = ""
        if smart_host is not None:
            relay = ("define(`SMART_HOST', `esmtp:[127.0.0.1]')\n"
                     "define(`ESMTP_MAILER_ARGS', `TCP $h %d')\n" % smart_host.port)
        self.write("etc/sendmail.mc", """VERSIONID(`a test')
OSTYPE(`linux')
define(`confDOMAIN_NAME', `%(domain)s')
define(`ALIAS_FILE', `%(dir)s/etc/aliases')
define(`QUEUE_DIR', `%(dir)s/queue')
define(`STATUS_FILE', `')
define(`HELP_FILE', `')
define(`confPID_FILE', `%(dir)s/run/pid')
define(`confFORWARD_PATH', `%(dir)s/home/$u/.forward')
define(`confDONT_BLAME_SENDMAIL', `GroupWritableDirPathSafe,ForwardFileInUnsafeDirPath,IncludeFileInUnsafeDirPath,TrustStickyBit,MapInUnsafeDirPath,GroupWritableIncludeFileSafe')
define(`confTO_IDENT', `0')
define(`confDONT_PROBE_INTERFACES', `true')
define(`confREFUSE_LA', `9999')
define(`confQUEUE_LA', `9999')
define(`confLOG_LEVEL', `12')
define(`confDONT_PROBE_INTERFACES', `True')
define(`confBIND_OPTS', `%(names)s')
define(`LOCAL_MAILER_PATH', `%(dir)s/deliver')
define(`LOCAL_MAILER_ARGS', `deliver %(dir)s/mail $u $g')
define(`LOCAL_MAILER_FLAGS', `n9')
LOCAL_DOMAIN(`%(domain)s')
FEATURE(`no_default_msa')
FEATURE(`accept_unresolvable_domains')
%(relay)s%(mc)s
DAEMON_OPTIONS(`Name=MTA, Addr=127.0.0.1, Port=%(port)d')
MODIFY_MAILER_FLAGS(`LOCAL', `%(local_flags)s')
MAILER(`local')
MAILER(`smtp')
%(mc_end)s
""" % dict(domain=domain, dir=self.dir, port=self.port, relay=relay, mc=mc, names=Mta.names.option, mc_end=mc_end, local_flags=local_flags))
        with open(self.path("etc/sendmail.cf"), "w") as out, open(self.path("m4.log"), "w") as err:
            subprocess.check_call([os.environ.get("M4", "m4"), os.path.join(tap.TOP, "cf", "m4", "cf.m4"),
                                   self.path("etc/sendmail.mc")], stdout=out, stderr=err)
        self.cf = self.path("etc/sendmail.cf")
        self.newaliases()

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text, mode=0o644):
        with open(self.path(name), "w") as f:
            f.write(text)
        os.chmod(self.path(name), mode)

    def newaliases(self, text=None):
        if text is not None:
            self.write("etc/aliases", text)
        r = subprocess.run([SENDMAIL, "-C", self.cf, "-bi"], capture_output=True, text=True)
        if r.returncode != 0:
            tap.bail("newaliases: " + r.stdout + r.stderr)

    def start(self, *more):
        env = dict(os.environ, ANGARIUM_LOG="stderr")
        self.logfile = open(self.path("log"), "ab")
        self.process = tap.start([self.program, "-C", self.cf, "-bD"] + self.args + list(more), stdin=subprocess.DEVNULL,
                                 stdout=self.logfile, stderr=self.logfile, env=env)
        if not tap.await_port(self.port):
            tap.diag(self.log())
            tap.bail("the daemon does not listen")
        return self

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)
        self.process = None
        bad = [line for line in self.log().split("\n") if re.search(r"Sanitizer|runtime error:|broken promise", line)]
        if bad:
            tap.ok(False, "no process broke down")
            tap.diag("\n".join(bad[:10]))

    def children(self):
        """Process ids of all roles and workers."""
        out = subprocess.run(["ps", "-eo", "pid,ppid"], capture_output=True, text=True).stdout
        parents = [tuple(map(int, line.split())) for line in out.splitlines()[1:]]
        mine, found = [self.process.pid], []
        while mine:
            p = mine.pop()
            kids = [a for a, b in parents if b == p]
            found += kids
            mine += kids
        return found

    def kill(self):
        """As a crash: every process of the daemon at once."""
        self.process.send_signal(signal.SIGSTOP)	# or it starts a role that nobody has seen
        all_ = [self.process.pid] + self.children()
        for s in signal.SIGSTOP, signal.SIGKILL:		# nobody sees another one go, and acts on it
            for p in all_:
                try:
                    os.kill(p, s)
                except ProcessLookupError:
                    pass
        self.process.wait(60)
        self.process = None
        end = time.monotonic() + 30		# who is not gone yet has the port, and the next daemon cannot have it
        while any(self.lives(p) for p in all_) and time.monotonic() < end:
            time.sleep(0.005)

    @staticmethod
    def lives(pid):
        try:
            with open("/proc/%d/stat" % pid) as f:
                return f.read().rpartition(")")[2].split()[0] not in "ZX"
        except OSError:
            return False

    def log(self):
        with open(self.path("log"), errors="replace") as f:
            return f.read()

    def await_log(self, regex, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if re.search(regex, self.log()):
                return True
            time.sleep(0.05)
        tap.diag(self.log()[-4000:])
        return False

    def smtp(self):
        return smtplib.SMTP("127.0.0.1", self.port, local_hostname="client.test", timeout=60)

    def send(self, sender, rcpts, text, mail_options=(), rcpt_options=()):
        data = text.encode() if isinstance(text, str) else text
        s = self.smtp()
        try:
            return s.sendmail(sender, rcpts, re.sub(rb"\r?\n", b"\r\n", data), mail_options, rcpt_options)
        finally:
            try:
                s.quit()
            except smtplib.SMTPException:
                pass

    def mail(self, user):
        """Messages that the local mailer got for a user."""
        out = []
        for f in sorted(glob.glob(self.path("mail/%s.*.mail" % user)), key=os.path.getmtime):
            with open(f, errors="replace") as fh:
                out.append(fh.read())
        return out

    def await_mail(self, user, n=1, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            got = self.mail(user)
            if len(got) >= n:
                return got
            time.sleep(0.05)
        tap.diag(self.log()[-4000:])
        return self.mail(user)

    def queue(self, kind="qf"):
        """Files of the queue; what waits in the journal gets its files first."""
        tap.flush_journal(self.path("queue"))
        return sorted(os.path.basename(f) for f in glob.glob(self.path("queue/%s*" % kind)))

    def waiting(self):
        """How many messages the queue holds, in files or in the journal, those in hand included."""
        out = self.command("-bp")[1]
        found = re.search(r"Total requests: (\d+)", out)
        return int(found.group(1)) if found else -1

    def await_queue(self, n, kind="qf", seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end and (len(self.queue(kind)) != n or (kind == "qf" and self.waiting() != n)):
            time.sleep(0.05)
        return len(self.queue(kind)) == n

    def await_qf(self, regex, seconds=60):
        """The text of the first queue file, as soon as the regex is found in it, or what it is when the time is over."""
        end, text = time.monotonic() + seconds, ""
        while not re.search(regex, text) and time.monotonic() < end:
            time.sleep(0.05)
            try:
                with open(self.path("queue/" + self.queue()[0]), encoding="latin-1") as f:
                    text = f.read()
            except (IndexError, OSError):
                pass
        return text

    def command(self, *argv, **kw):
        r = subprocess.run([SENDMAIL, "-C", self.cf] + list(argv), capture_output=True, text=True, timeout=60, **kw)
        return r.returncode, r.stdout, r.stderr


class Submit:
    """A submit.cf of its own that hands over to an MTA (or sink) on a port; the client queue is self.path("cmq")."""

    def __init__(self, port, mc="", run_as=None):
        self.dir = tempfile.mkdtemp(dir=tap.TMP)
        os.chmod(self.dir, 0o755)
        os.mkdir(self.path("cmq"), 0o700)
        os.mkdir(self.path("home"), 0o755)
        me = run_as or subprocess.check_output(["id", "-un"], text=True).strip()
        with open(self.path("submit.mc"), "w") as f:
            f.write("""VERSIONID(`a test')
OSTYPE(`linux')
define(`MSP_QUEUE_DIR', `%(dir)s/cmq')
define(`STATUS_FILE', `')
define(`confPID_FILE', `%(dir)s/pid')
define(`confDOMAIN_NAME', `here.test')
define(`confRUN_AS_USER', `%(me)s')
define(`confTRUSTED_USER', `%(me)s')
define(`confTO_IDENT', `0')
define(`confREFUSE_LA', `9999')
define(`confQUEUE_LA', `9999')
define(`RELAY_MAILER_ARGS', `TCP $h %(port)d')
%(mc)sFEATURE(`msp', `[127.0.0.1]')
""" % dict(dir=self.dir, me=me, port=port, mc=mc))
        self.cf = self.path("submit.cf")
        with open(self.cf, "w") as out, open(self.path("m4.log"), "w") as err:
            subprocess.check_call([os.environ.get("M4", "m4"), os.path.join(tap.TOP, "cf", "m4", "cf.m4"),
                                   self.path("submit.mc")], stdout=out, stderr=err)

    def path(self, name):
        return os.path.join(self.dir, name)

    def queue(self, kind="qf"):
        return sorted(os.path.basename(f) for f in glob.glob(self.path("cmq/%s*" % kind)))

    def run(self, *argv, text="", **kw):
        env = dict(os.environ, ANGARIUM_LOG="stderr")
        r = subprocess.run([SENDMAIL, "-C", self.cf] + list(argv), input=text.encode() if isinstance(text, str) else text,
                           capture_output=True, timeout=60, env=env, **kw)
        return r.returncode, r.stdout.decode("latin-1"), r.stderr.decode("latin-1")
