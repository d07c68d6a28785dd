"""mailsite.py - a private mail host for tests of mail.local, popd and imapd.

    from mailsite import *
    site = Site("mbox")             # or "maildir"; as_root=True: daemons start as root where we are
    site.start()
    m = site.imap()                 # imaplib, logged in as joe
    site.deliver(b"Subject: x\\n\\nbody\\n")

Mailboxes belong to nobody if we are root, else to us; joe and ann are virtual users.
"""
import imaplib
import os
import poplib
import pwd
import socket
import ssl
import subprocess
import time

from tap import OBJ, TMP, await_port, bail, port, start

PASSWORD = "se cret\"\\"
# crypt(3) of PASSWORD, made once with openssl passwd -6
HASH = ("$6$angariumtest$cB3ciFbCO3jXD7.C1ktdQijZ7S4GEt5kx.aRZ4b53XvBNGgbS5Fx1FoE7mgTLemWgJWt7sP1f9lSq0/mshfmO1")

ROOT = os.getuid() == 0
OWNER = pwd.getpwnam("nobody") if ROOT else pwd.getpwuid(os.getuid())
_count = 0


def become_owner():
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(OWNER.pw_gid)
        os.setuid(OWNER.pw_uid)


class Site:
    def __init__(self, fmt="mbox", as_root=False, extra="", users=("joe", "ann"), plaintext="always"):
        global _count
        _count += 1
        self.fmt = fmt
        self.as_root = as_root and ROOT
        self.dir = os.path.join(TMP, "site%d" % _count)
        os.mkdir(self.dir, 0o755)
        self.spool = os.path.join(self.dir, "spool")
        os.mkdir(self.spool, 0o755)
        self.home = os.path.join(self.dir, "home")
        os.mkdir(self.home, 0o755)
        for u in users:
            h = os.path.join(self.home, u)
            os.mkdir(h, 0o700)
            if ROOT:
                os.chown(h, OWNER.pw_uid, OWNER.pw_gid)
        if ROOT and not self.as_root:
            os.chown(self.spool, OWNER.pw_uid, OWNER.pw_gid)
        with open(self.path("users"), "w") as f:
            for u in users:
                f.write("%s:%s:%d:%d::%s/%s\n" % (u, HASH, OWNER.pw_uid, OWNER.pw_gid, self.home, u))
        if not self.as_root and ROOT:
            os.chown(self.path("users"), OWNER.pw_uid, OWNER.pw_gid)
        self.ports = {n: port() for n in ("imap", "imaps", "pop3", "pop3s")}
        self.certs()
        self.inbox = "%s/%%u" % self.spool if fmt == "mbox" else "%h/Maildir"
        self.folders = "%h/mail" if fmt == "mbox" else ""
        self.cf = self.path("mailbox.cf")
        self.write_cf(extra, plaintext)
        self.procs = {}
        self.programs = {}              # others than those that were built

    def write_cf(self, extra="", plaintext="always"):
        lines = ["MailboxFormat=" + self.fmt, "MailboxPath=" + self.inbox, "FolderPath=" + self.folders,
                 "UserDatabase=file:" + self.path("users"), "AllowPlaintext=" + plaintext, "HostName=localhost",
                 "ServerCertFile=" + self.path("cert.pem"), "ServerKeyFile=" + self.path("key.pem")]
        for n, p in self.ports.items():
            lines.append("Listen=Name=%s,Addr=127.0.0.1,Port=%d,Service=%s,TLS=%s" % (
                n, p, n.rstrip("s"), "implicit" if n.endswith("s") else "starttls"))
        with open(self.cf, "w") as f:
            f.write("".join("O %s\n" % x for x in lines) + extra)

    def path(self, name):
        return os.path.join(self.dir, name)

    def certs(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-keyout", self.path("key.pem"), "-out", self.path("cert.pem"), "-days", "2", "-subj",
                        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if ROOT and not self.as_root:
            os.chown(self.path("key.pem"), OWNER.pw_uid, OWNER.pw_gid)

    def context(self):
        return ssl.create_default_context(cafile=self.path("cert.pem"))

    # --- programs ---

    def start(self, *which):
        for name in which or ("imapd", "popd"):
            log = open(self.path(name + ".log"), "ab")
            self.procs[name] = start([self.programs.get(name, os.path.join(OBJ, name, name)), "-D", "-C", self.cf], stdin=subprocess.DEVNULL,
                                     stdout=log, stderr=log, preexec_fn=None if self.as_root else become_owner)
            log.close()
            if not await_port(self.ports["imap" if name == "imapd" else "pop3"]):
                bail("%s does not listen: %s" % (name, self.log(name)))
        return self

    def log(self, name):
        with open(self.path(name + ".log"), errors="replace") as f:
            return f.read()

    def await_log(self, name, what, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if what in self.log(name):
                return True
            time.sleep(0.05)
        return False

    def mail_local(self, args, message=b"", **kw):
        kw.setdefault("timeout", 60)
        argv = [os.path.join(OBJ, "mail.local", "mail.local"), "-C", self.cf] + list(args)
        return subprocess.run(argv, input=message, capture_output=True, preexec_fn=None if self.as_root else become_owner, **kw)

    def deliver(self, message, user="joe", sender="sender@example.org"):
        r = self.mail_local(["-f", sender, user], message)
        if r.returncode != 0:
            bail("delivery failed: %s" % r.stderr.decode(errors="replace"))

    # --- clients ---

    def imap(self, user="joe", login=True):
        m = imaplib.IMAP4("127.0.0.1", self.ports["imap"], timeout=60)
        if login:
            m.login(user, PASSWORD)
        return m

    def pop(self, user="joe", login=True):
        p = poplib.POP3("127.0.0.1", self.ports["pop3"], timeout=60)
        if login:
            p.user(user)
            p.pass_(PASSWORD)
        return p

    def raw(self, name="imap"):
        return Raw(self.ports[name])

    # --- what is on disk ---

    def mbox_path(self, user="joe"):
        return os.path.join(self.spool, user)

    def mbox(self, user="joe"):
        with open(self.mbox_path(user), "rb") as f:
            return f.read()

    def maildir(self, user="joe", sub=""):
        return os.path.join(self.home, user, "Maildir", sub)


class Raw:
    """A connection by hand."""

    def __init__(self, number):
        self.s = socket.create_connection(("127.0.0.1", number), 30)
        self.f = self.s.makefile("rb")

    def send(self, data):
        self.s.sendall(data if isinstance(data, bytes) else data.encode())

    def line(self):
        return self.f.readline().decode("latin-1")

    def until(self, prefix):
        """Lines up to the one that begins so; all of them as one text."""
        text = ""
        while True:
            x = self.line()
            text += x
            if x == "" or x.startswith(prefix):
                return text

    def command(self, tag, rest):
        self.send("%s %s\r\n" % (tag, rest))
        return self.until(tag + " ")

    def eof(self):
        """Everything until the other side closes."""
        try:
            return self.f.read().decode("latin-1")
        except OSError:
            return ""

    def close(self):
        self.f.close()
        self.s.close()
