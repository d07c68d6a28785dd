"""smtp.py - what the whole-program tests of SMTP share: a private host, a client that says exactly what it is told, and servers to deliver to.

    from smtp import *
    host = Host(mc="...", dns="...")      # sendmail -bD of our own, listening on host.port of 127.0.0.1
    c = host.connect()                    # Talk; source="127.0.0.2" is a stranger
    c.cmd("EHLO me")                      # the whole reply, lines joined by \\n, without CR
    sink = Sink(); sink.messages          # takes what it is given; see its hooks
"""
import glob
import os
import re
import select
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time

from dns import Dns
from tap import *

DNS = """
here.test. A 127.0.0.1
"""


class Talk:
    """One connection: bytes out, whole replies in."""

    def __init__(self, port, source=None, wait=60):
        self.s = socket.create_connection(("127.0.0.1", port), wait, (source, 0) if source else None)
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buf = b""

    def send(self, data):
        if isinstance(data, str):
            data = data.encode("latin-1")
        try:
            self.s.sendall(data)
        except OSError:
            pass

    def line(self):
        while b"\n" not in self.buf:
            try:
                more = self.s.recv(65536)
            except ConnectionError:
                more = b""
            if not more:
                line, self.buf = self.buf, b""
                return line.decode("latin-1")
            self.buf += more
        line, self.buf = self.buf.split(b"\n", 1)
        return (line + b"\n").decode("latin-1")

    def reply(self):
        """The next reply, "" when the connection has ended."""
        out = []
        while True:
            line = self.line()
            if not line:
                break
            out.append(line.rstrip("\r\n"))
            if len(line) < 4 or line[3] != "-":
                break
        return "\n".join(out)

    def cmd(self, line):
        self.send(line + "\r\n")
        return self.reply()

    def closed(self):
        """Everything that still comes, which should be nothing."""
        return self.reply() == ""

    def starttls(self, ca=None):
        ctx = ssl.create_default_context(cafile=ca)
        if ca is None:
            ctx.check_hostname = False
            ctx.verify_mode = ssl.CERT_NONE
        self.s = ctx.wrap_socket(self.s, server_hostname="localhost")
        self.buf = b""

    def close(self):
        self.s.close()


class Host:
    def __init__(self, mc="", mailers="", dns="", aliases="postmaster: root\n", access="", mode="queue", start_it=True, q=None, files=(), signed=None, trust=None, option=""):
        self.dir = tempfile.mkdtemp(prefix="host.", dir=TMP)
        os.chmod(self.dir, 0o755)
        for d in ("queue", "etc", "log"):
            os.mkdir(self.path(d))
        os.chmod(self.path("queue"), 0o700)
        with open(self.path("delivered"), "w"):		# what a local mailer would have got; nothing reaches mailboxes of this machine
            os.chmod(self.path("delivered"), 0o666)
        self.port = port()
        anchor = ""
        if signed is None:
            self.dns = Dns(DNS + dns)
            if trust is not None:
                with open(self.path("etc", "anchor"), "w") as f:
                    f.write(trust)
                anchor = " anchor=" + self.path("etc", "anchor")
        else:				# a signed tree; `signed` names sets whose signature is bad
            from dnssec import sign
            records, trust = sign(DNS + dns, self.dir, signed)
            with open(self.path("etc", "anchor"), "w") as f:
                f.write(trust)
            self.dns = Dns(records, head="")
            anchor = " anchor=" + self.path("etc", "anchor")
        self.q = q
        for name, text in (("aliases", aliases), ("access", access), ("hosts", "127.0.0.1 localhost\n127.0.0.2 outside.test\n")) + tuple(files):
            with open(self.path("etc", name), "w") as f:
                f.write(text)
        self.mc = """VERSIONID(`a host of a test')
OSTYPE(`linux')
define(`ALIAS_FILE', `%(etc)s/aliases')
define(`QUEUE_DIR', `%(dir)s/queue')
define(`STATUS_FILE', `')
define(`HELP_FILE', `')
define(`confPID_FILE', `%(dir)s/pid')
define(`confDOMAIN_NAME', `mail.here.test')
define(`confFORWARD_PATH', `')
define(`confTO_IDENT', `0')
define(`confDONT_PROBE_INTERFACES', `true')
define(`confREFUSE_LA', `10000')
define(`confDONT_BLAME_SENDMAIL', `TrustStickyBit')
define(`confQUEUE_LA', `10000')
define(`confDELIVERY_MODE', `%(mode)s')
define(`LOCAL_MAILER_FLAGS', `n9')
define(`LOCAL_MAILER_PATH', `/bin/sh')
define(`LOCAL_MAILER_ARGS', `sh -c cat>>%(dir)s/delivered $u')
define(`confBIND_OPTS', `%(resolver)s')
define(`confHOSTS_FILE', `%(etc)s/hosts')
define(`confCW_FILE', `-o %(etc)s/local-host-names')
FEATURE(`no_default_msa')
FEATURE(`access_db', `hash -T<TMPF> -o %(etc)s/access.db')
DAEMON_OPTIONS(`Name=MTA, Addr=127.0.0.1, Port=%(port)d')
LOCAL_DOMAIN(`here.test')
%(mc)s
MAILER(`local')
MAILER(`smtp')
%(mailers)s
""" % {"etc": self.path("etc"), "dir": self.dir, "resolver": self.dns.option + anchor + option, "port": self.port, "mode": mode,
            "mc": mc.replace("@DIR@", self.dir), "mailers": mailers.replace("@DIR@", self.dir)}
        with open(self.path("etc", "sendmail.mc"), "w") as f:
            f.write(self.mc)
        code, out, err = run(["m4", os.path.join(TOP, "cf", "m4", "cf.m4"), self.path("etc", "sendmail.mc")])
        if code != 0 or err:
            raise RuntimeError("m4: " + err)
        with open(self.cf, "w") as f:
            f.write(out)
        for argv, text in ((["makemap/makemap", "-C", self.cf, "hash", self.path("etc", "access.db")], access),
                           (["sendmail/sendmail", "-C", self.cf, "-bi"], "")):
            code, out, err = run([os.path.join(OBJ, argv[0])] + argv[1:], input=text)
            if code != 0:
                raise RuntimeError(" ".join(argv) + ": " + out + err)
        self.process = None
        self.program = os.path.join(OBJ, "sendmail", "sendmail")
        self.args = []
        if start_it:
            self.start()

    @property
    def cf(self):
        return self.path("etc", "sendmail.cf")

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def start(self):
        env = dict(os.environ, ANGARIUM_LOG="stderr")
        argv = [self.program, "-C", self.cf, "-bD"] + (["-q" + self.q] if self.q else []) + self.args
        with open(self.path("log", "mail"), "ab") as log:
            n = self.log().count("starting daemon")
            self.process = start(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env)
        # it says so when all its sockets are there: the first one is open before the others
        if not await_port(self.port) or not until(lambda: self.log().count("starting daemon") > n):
            raise RuntimeError("sendmail does not listen: " + self.log())

    def set_load(self, load):
        """The machine's load average, as the next start and from then on every call finds it: the program is src/sendmail/faulty.c."""
        state = self.path("bin", "fault.state")
        if not os.path.exists(state):
            os.mkdir(self.path("bin"), 0o755)
            self.program = self.path("bin", "sendmail")
            shutil.copy(os.path.join(OBJ, "sendmail", "faulty"), self.program)
            with open(state, "wb") as f:
                f.truncate(1 << 20)
                os.fchmod(f.fileno(), 0o666)
        with open(state, "r+b", buffering=0) as f:
            f.seek(264)
            f.write(struct.pack("<I", int(load * 100) + 1))

    def stop(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)
            self.process = None

    def log(self):
        with open(self.path("log", "mail"), errors="replace") as f:
            return f.read()

    def await_log(self, regex, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            m = re.search(regex, self.log(), re.M)
            if m:
                return m
            time.sleep(0.05)
        return None

    def queue(self):
        """Identifiers of what is in the queue."""
        flush_journal(self.path("queue"))
        return sorted(os.path.basename(f)[2:] for f in glob.glob(self.path("queue", "qf*")))

    def qf(self, ident):
        flush_journal(self.path("queue"))
        with open(self.path("queue", "qf" + ident), encoding="latin-1", newline="") as f:
            return f.read()

    def df(self, ident):
        flush_journal(self.path("queue"))
        with open(self.path("queue", "df" + ident), "rb") as f:
            return f.read()

    def connect(self, source=None, helo=None):
        c = Talk(self.port, source)
        if helo is not None:
            c.reply()
            c.cmd("EHLO " + helo)
        return c

    def send(self, sender, rcpts, message, source=None, params=""):
        """One message; the identifier it got, or the refusal."""
        c = self.connect(source, "client.test")
        r = c.cmd("MAIL FROM:<%s>%s" % (sender, params))
        for to in [rcpts] if isinstance(rcpts, str) else rcpts:
            if r[:1] == "2":
                r = c.cmd("RCPT TO:<%s>" % to)
        if r[:1] == "2":
            r = c.cmd("DATA")
        if r[:1] == "3":
            if isinstance(message, str):
                message = message.encode("utf-8")
            c.send(re.sub(rb"(?m)^\.", b"..", message.replace(b"\n", b"\r\n")) + b".\r\n")
            r = c.reply()
        c.cmd("QUIT")
        c.close()
        m = re.match(r"250 2\.0\.0 (\S+) Message accepted", r)
        return m.group(1) if m else r


class Sink:
    """
    A server on a port of its own.  Answers can be changed:  hooks["RCPT"] = function(sink, line) giving a reply, None for the usual one, or
    False to hang up.  `offers`: lines of the EHLO answer.  What came is in messages: dicts of helo, mail, rcpt, data (bytes as on the wire, dots not undone), tls, peer,
    sni.  `certs`: certificates by the name that a client asks for; cert is for the others.
    """

    def __init__(self, offers=("PIPELINING", "8BITMIME", "SIZE 1000000", "DSN", "ENHANCEDSTATUSCODES"), greeting="220 sink.test ESMTP",
                 address="127.0.0.1", number=0, cert=None, ca=None, lmtp=False, path=None, certs=None):
        self.offers, self.greeting, self.cert, self.lmtp = list(offers), greeting, cert, lmtp
        self.certs, self.named = certs or {}, {}
        self.ca, self.ctx, self.ctx_cert = ca, None, None
        self.hooks, self.messages, self.sessions, self.lines = {}, [], 0, []
        if path is not None:
            self.s = socket.socket(socket.AF_UNIX)
            self.s.bind(path)
        else:
            self.s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
            self.s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.s.bind((address, number or port()))
            self.port = self.s.getsockname()[1]
        self.s.listen(50)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.s.close()

    def await_messages(self, n=1, seconds=60):
        end = time.monotonic() + seconds
        while len(self.messages) < n and time.monotonic() < end:
            time.sleep(0.02)
        return len(self.messages) >= n

    def _accept(self):
        while True:
            try:
                c, _ = self.s.accept()
            except OSError:
                return
            self.sessions += 1
            threading.Thread(target=self._session, args=(c,), daemon=True).start()

    def _session(self, c):
        try:
            self._talk(c)
        except (OSError, ValueError, TypeError):
            pass
        finally:
            c.close()

    def _context(self):
        """One for all sessions, or none could be resumed."""
        if self.ctx is None or self.ctx_cert != self.cert:
            ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            ctx.load_cert_chain(self.cert)
            if self.ca:		# ask for the client's certificate
                ctx.load_verify_locations(self.ca)
                ctx.verify_mode = ssl.CERT_OPTIONAL
            ctx.sni_callback = self._sni
            self.ctx, self.ctx_cert = ctx, self.cert
        return self.ctx

    def _sni(self, c, name, _):
        c.sni = name
        if name in self.certs:
            if name not in self.named:
                self.named[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                self.named[name].load_cert_chain(self.certs[name])
            c.context = self.named[name]

    def _talk(self, c):
        peer = c.getpeername()
        m = {"helo": None, "mail": None, "rcpt": [], "tls": False, "peer": peer[0] if peer else "", "peer_port": peer[1] if peer else 0}
        chunks = b""
        f = c.makefile("rb")
        c.sendall((self.greeting + "\r\n").encode())
        while True:
            raw = f.readline()
            if not raw:
                return
            line = raw.decode("latin-1").rstrip("\r\n")
            self.lines.append(line)
            word = line[:4].upper()
            hook = self.hooks.get(word)
            r = hook(self, line) if hook else None
            if r is False:
                return
            if r is None:
                r = self._usual(word, line, m)
            if word in ("RCPT",) and r[:1] == "2":
                m["rcpt"].append(line)
            if word == "MAIL" and r[:1] == "2":
                m["mail"], m["rcpt"] = line, []
            if word != "BDAT" or r[:1] != "2":
                c.sendall((r + "\r\n").encode("latin-1"))
            if word == "QUIT":
                return
            if word == "STAR" and r[:3] == "220":
                c = self._context().wrap_socket(c, server_side=True)
                f = c.makefile("rb")
                m["tls"], m["resumed"], m["sni"] = True, c.session_reused, getattr(c, "sni", None)
                m["client"] = dict(x[0] for x in (c.getpeercert() or {}).get("subject", ())).get("commonName")
            if word == "BDAT" and r[:1] == "2":
                n = int(line.split()[1])
                chunks += f.read(n)
                if line.upper().endswith("LAST"):
                    self.messages.append(dict(m, data=chunks, bdat=True))
                    m["mail"], m["rcpt"], chunks = None, [], b""
                c.sendall((r + "\r\n").encode("latin-1"))
                continue
            if word == "DATA" and r[:1] == "3":
                data = b""
                while not (data == b".\r\n" or data.endswith(b"\r\n.\r\n")):
                    one = f.readline()
                    if not one:
                        return
                    data += one
                done = dict(m, data=data)
                rcpts = m["rcpt"] if self.lmtp else m["rcpt"][:1] or [""]
                for to in rcpts:
                    hook = self.hooks.get(".")
                    r = hook(self, to) if hook else None
                    if r is False:
                        return
                    if (r or "2")[:1] == "2" and not any(old is done for old in self.messages):
                        self.messages.append(done)		# before the reply: who reads of it in the log looks here
                    c.sendall((r or "250 2.0.0 taken").encode() + b"\r\n")
                m["mail"], m["rcpt"] = None, []

    def _usual(self, word, line, m):
        if word in ("EHLO", "LHLO"):
            m["helo"] = line
            all_ = ["sink.test at your service"] + [o for o in self.offers if not (m["tls"] and o == "STARTTLS")]
            return "\r\n".join("250" + ("-" if i < len(all_) - 1 else " ") + o for i, o in enumerate(all_))
        if word == "HELO":
            m["helo"] = line
            return "250 sink.test"
        if word == "STAR":
            return "220 go on"
        if word == "DATA":
            return "354 go on" if m["rcpt"] else "503 5.5.1 no recipients"
        if word == "QUIT":
            return "221 bye"
        if word in ("MAIL", "RCPT", "RSET", "NOOP", "BDAT"):
            return "250 2.1.0 ok"
        return "500 5.5.1 what"


def sasldb(folder):
    """A folder for SASLConfDir whose data base has joe@mail.here.test, password secret."""
    conf = os.path.join(folder, "sasl")
    os.mkdir(conf, 0o755)
    db = os.path.join(conf, "sasldb")
    with open(os.path.join(conf, "Sendmail.conf"), "w") as f:
        f.write("pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: %s\n" % db)
    subprocess.run(["saslpasswd2", "-c", "-p", "-f", db, "-u", "mail.here.test", "joe"], input=b"secret", check=True)
    return conf


def certificate(folder, name="localhost"):
    """A self-signed certificate for this name and its key in one file."""
    path = os.path.join(folder, "cert.pem" if name == "localhost" else name + ".pem")
    code, _, err = run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                        "-subj", "/CN=" + name, "-addext", "subjectAltName=DNS:" + name, "-keyout", path + ".key", "-out", path + ".crt"])
    if code != 0:
        raise RuntimeError("openssl: " + err)
    with open(path, "w") as out:
        for part in (".key", ".crt"):
            with open(path + part) as f:
                out.write(f.read())
    os.chmod(path, 0o600)
    os.chmod(path + ".key", 0o600)
    return path
