#!/usr/bin/env python3
"""Wrong answers between the processes: a role that lies harms itself alone; what was taken from clients is delivered once it is honest again.

Each answered request of req_table is lied about in each way that src/lib/proc/lie_kit.h knows, by each role that answers it."""
import os
import shutil
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from lie import *
from smtp import *

LIAR = os.path.join(OBJ, "sendmail", "liar")
# who is not played here: the loader lives for one question; of a role that must be asked by root, and of ports below 1024, hostile_parent_test has the parent's side
LEFT_OUT = {"Q_PING": "hostile_parent_test", "Q_LOAD": "the loader", "Q_FILTER": "a socket of root's", "Q_PORT": "a port of root's", "Q_STS": "needs names and a web server"}

if not os.path.exists("/proc/self/exe"):
    skip("wrong answers", "liar.c needs Linux's /proc")
    done_testing()
    sys.exit()
with_auth = shutil.which("saslpasswd2") and os.path.exists(os.path.join(OBJ, "modules", "saslex.so"))
if not with_auth:
    LEFT_OUT.update(Q_AUTH="no Cyrus SASL", Q_AUTHMECHS="no Cyrus SASL")

cert = certificate(TMP)
sasl = sasldb(TMP) if with_auth else ""
MC = ("""define(`confLOG_LEVEL', `12')
define(`confTO_IDENT', `5s')
MODIFY_MAILER_FLAGS(`LOCAL', `+w')
define(`confFORWARD_PATH', `@DIR@/etc/forward')
define(`SMART_HOST', `esmtp:[127.0.0.1]')
define(`ESMTP_MAILER_ARGS', `TCP $h %%d')
define(`confSERVER_CERT', `%s.crt')
define(`confSERVER_KEY', `%s.key')
define(`confCLIENT_CERT', `%s.crt')
define(`confCLIENT_KEY', `%s.key')
""" % (cert, cert, cert, cert) +
      ("define(`confAUTH_MECHANISMS', `PLAIN')\nTRUST_AUTH_MECH(`PLAIN')\ndefine(`confAUTH_OPTIONS', `')\n" if with_auth else ""))
MAILERS = ("LOCAL_CONFIG\nO ControlSocketName=@DIR@/control\nKhits tally -w1h\nKremote socket inet:%d@127.0.0.1\n" +
           ("O SASLConfDir=%s\n" % sasl.replace("%", "%%") if with_auth else "") +
           "LOCAL_RULESETS\nSLocal_check_mail\nR$*\t$: $1 $(hits $&{client_addr} $@ 100000 $: $) $(remote x $: $)\nR$*\t$@ OK\n")


def nothing_found():
    """A server for map class socket: its port."""
    server = socket.create_server(("127.0.0.1", 0))

    def talk(c):
        try:
            while c.recv(4096):
                c.sendall(b"9:NOTFOUND ,")
        except OSError:
            pass

    def accept():
        while True:
            threading.Thread(target=talk, args=(server.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return server.getsockname()[1]


class Liar:
    def __init__(self):
        self.sink = Sink(offers=("PIPELINING", "8BITMIME", "STARTTLS"), cert=cert, ca=cert + ".crt")
        self.sink.hooks["RCPT"] = lambda s, line: "550 5.1.1 no" if "<bad" in line else None
        self.host = h = Host(mc=MC % self.sink.port, mailers=MAILERS % nothing_found(), aliases="postmaster: root\nlist: :include:@LIST@\nprog: \"|cat >/dev/null\"\n".replace("@LIST@", TMP + "/list"),
                             access="Connect:127 RELAY\n", mode="background", start_it=False, q="1s")
        self.lies = Lies(LIAR, h.path("bin"), "sendmail")
        h.program = self.lies.program
        self.n, self.taken, self.pids, self.harm = 0, set(), {}, []
        h.start()

    def session(self, *rcpts, tls=False, size=100):
        """A message through everything; nobody has to like it."""
        self.n += 1
        c = None
        try:
            c = Talk(self.host.port, "127.1.%d.%d" % (self.n // 200, self.n % 200 + 1), wait=20)
            c.reply()
            c.cmd("EHLO me")
            if tls:
                c.cmd("STARTTLS")
                c.starttls()
                c.cmd("EHLO me")
            if with_auth:
                c.cmd("AUTH PLAIN AGpvZQBzZWNyZXQ=")
            c.cmd("ETRN x.test")
            c.cmd("MAIL FROM:<root@here.test>")
            some = [c.cmd("RCPT TO:<%s>" % r)[:1] for r in rcpts]
            if "2" in some and c.cmd("DATA")[:1] == "3":
                if c.cmd("Subject: number %d.\r\n\r\n%s\r\n." % (self.n, ("x" * 70 + "\r\n") * (size // 72 + 1)))[:1] == "2" and some[0] == "2":
                    self.taken.add(self.n)
            c.cmd("QUIT")
        except (OSError, ssl.SSLError):
            pass
        finally:
            if c is not None:
                c.close()

    def control(self):
        for what in b"mstat\r\n", b"filters\r\n":
            try:
                with socket.socket(socket.AF_UNIX) as s:
                    s.settimeout(10)
                    s.connect(self.host.path("control"))
                    s.sendall(what)
                    while s.recv(4096):
                        pass
            except OSError:
                pass

    def drive(self, request):
        if request in ("Q_STATUS", "Q_FILTERSTAT"):
            self.control()
        elif request == "Q_FLUSH":
            run([self.host.program, "-C", self.host.cf, "-q"])
        elif request in ("Q_KEYS", "Q_AUTHMECHS", "Q_MAPFD"):
            n = self.host.log().count("was loaded again")
            self.host.process.send_signal(signal.SIGHUP)
            until(lambda: self.host.log().count("was loaded again") > n)
            self.session("a@there.test", tls=True)
        else:
            self.session("a@there.test", "bad@there.test", "list@here.test", "prog@here.test", "root@here.test", tls=request in ("Q_SIGN", "Q_AUTH"),
                         size=200000 if request == "Q_DF" else 100)

    def got(self):
        return {int(n) for m in self.sink.messages for n in re.findall(rb"Subject: number (\d+)\.", m["data"])}

    def descriptors(self, liar):
        """Descriptors that came with lies and are still open in other roles: in none of a loop; a worker may have those that it has not come to yet (CHAN_FDS)."""
        bad, loops = [], children(self.host.process.pid, 1)
        for pid in children(self.host.process.pid):
            try:
                title = open("/proc/%d/cmdline" % pid).read().rstrip("\0")
                n = lie_descriptors(pid)
            except OSError:
                continue
            if not title.startswith("sendmail: %s:" % liar) and n > (0 if pid in loops else 16):
                bad.append("%d in %s" % (n, title))
        return bad


def children(top, deep=0):
    kids = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % pid) as f:
                kids.setdefault(int(f.read().rpartition(")")[2].split()[1]), []).append(int(pid))
        except OSError:
            pass
    out = [top]
    if deep:
        return out + kids.get(top, [])
    for pid in out:
        out += kids.get(pid, [])
    return out


def one_role(m, role, requests, results):
    h = m.host
    for name, kind in requests:
        for i, way in enumerate(WAYS):
            before = len(h.log())
            m.lies.lie(role, kind, i, 3)
            said = until(lambda: m.lies.told() > 0 or m.drive(name) or m.lies.told() > 0, 90)
            m.lies.lie(role, kind, i, 0)
            n = len(m.taken)
            good = until(lambda: m.session("b@there.test") or len(m.taken) > n, 90)
            new = h.log()[before:]
            ended = set(re.findall(r"role (\w+) \(pid \d+\) ended", new)) | set(re.findall(r"(?:process|worker) of role (\w+) sent", new))
            left = [] if os.getuid() != 0 or until(lambda: not m.descriptors(role), 10) else m.descriptors(role)
            fine = said and good and not ended - {role} and not left and h.process.poll() is None
            if len(sys.argv) > 1:
                print("#", role, name, way, "told", said, "mail", good, "ended", ended, "left", left, "%.1f" % time.monotonic(), flush=True)
            results.append((bool(fine), "%s of %s: %s" % (name, role, way), "" if fine else "told %s, mail %s, ended %s, left %s\n%s" % (said, good, ended, left, new[-3000:])))
    all_there = until(lambda: m.taken <= m.got(), 60)
    results.append((all_there, "%s: what was taken is delivered" % role, "" if all_there else "%s\n%s" % (sorted(m.taken - m.got()), h.log()[-4000:])))
    h.stop()


with open(TMP + "/list", "w") as f:
    f.write("c@there.test\n")
os.chmod(TMP + "/list", 0o644)
_, answered, _ = run([LIAR, "-answered"])
work = {}
for line in answered.splitlines():
    name, kind, role = line.split()
    if name not in LEFT_OUT:
        work.setdefault(role, []).append((name, int(kind)))
if len(sys.argv) > 1:
    work = {r: [q for q in work[r] if len(sys.argv) < 3 or q[0] in sys.argv[2:]] for r in sys.argv[1:2]}
for name, why in sorted(LEFT_OUT.items()):
    print("# %s is left out: %s" % (name, why))
results = {role: [] for role in work}
liars = {role: Liar() for role in work}		# not in the threads: a program that is being copied cannot be started
threads = [threading.Thread(target=one_role, args=(liars[role], role, work[role], results[role])) for role in work]
for t in threads:
    t.start()
for t in threads:
    t.join()
for role in work:
    eq(len(results[role]), len(work[role]) * len(WAYS) + 1, "all of %s was tried" % role)
    for good, what, why in results[role]:
        ok(good, what) or diag(why)
done_testing()
