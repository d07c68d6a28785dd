#!/usr/bin/env python3
"""Class pgsql against PostgreSQL: bound keys and arguments, several rows, a server that goes away, a query that takes too long."""
import glob
import os
import pwd
import shutil
import subprocess
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta

SENDMAIL = os.path.join(OBJ, "sendmail", "sendmail")
D = os.path.join(TMP, "pg")
PORT = port()
BINS = sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True) + ["/usr/local/bin", "/usr/bin"]
BIN = next((b for b in BINS if os.path.exists(b + "/initdb") and os.path.exists(b + "/pg_ctl")), None)
if BIN is None:
    bail("PostgreSQL's server is not installed")
os.mkdir(D, 0o700)
AS = {}
if os.getuid() == 0:			# the server refuses to run as root
    nobody = pwd.getpwnam("nobody")
    os.chown(D, nobody.pw_uid, nobody.pw_gid)
    AS = dict(user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[])


def pg(*argv):
    r = subprocess.run([os.path.join(BIN, argv[0])] + list(argv[1:]), cwd="/", capture_output=True, text=True, env=dict(os.environ, HOME=D), **AS)
    if r.returncode != 0:
        bail("%s: %s%s" % (argv[0], r.stdout, r.stderr))


def up():
    pg("pg_ctl", "-D", D + "/data", "-l", D + "/log", "-w", "-o", "-p %s -c listen_addresses=127.0.0.1 -c unix_socket_directories= -F" % PORT, "start")


def down():
    pg("pg_ctl", "-D", D + "/data", "-m", "immediate", "-w", "stop")


def sql(text):
    r = subprocess.run([shutil.which("psql", path=BIN + ":" + os.environ["PATH"]), "-q", "-h", "127.0.0.1", "-p", str(PORT), "-U", "mail", "-d", "postgres", "-v", "ON_ERROR_STOP=1"],
                       input=text, capture_output=True, text=True)
    if r.returncode != 0:
        bail(r.stderr)


def bt(cf, lookups):
    path = os.path.join(TMP, "t.cf")
    with open(path, "w") as f:
        f.write("V10/Berkeley\nDjmail.corp.test\nO DontProbeInterfaces=true\nO OperatorChars=.:%@!^/[]+\n"
                "O DontBlameSendmail=MapInUnsafeDirPath,GroupWritableDirPathSafe\n"
                "Mlocal, P=/bin/true, F=lsDFMAw5:/|@qSPfhn9, A=deliver\n" + cf)
    p = subprocess.run([SENDMAIL, "-bt", "-C", path], text=True, capture_output=True, timeout=120,
                       input="".join(x if isinstance(x, str) else "/map %s %s\n" % x for x in lookups))
    bt.said = p.stdout + p.stderr
    return [m.group(1) if m.group(2) is None else ("TEMP" if m.group(2) == "75" else None)
            for m in re.finditer(r"map_lookup: \S+ \(.*\) (?:returns (.*) \(\d+\)|no match \((\d+)\))\n", bt.said)]


pg("initdb", "-D", D + "/data", "-A", "trust", "-U", "mail", "--no-sync")
up()
sql("""CREATE TABLE alias (name text, dom text, goto text, n int);
INSERT INTO alias VALUES ('joe', 'x.org', 'joe@a', 1), ('joe', 'x.org', 'joe@b', 2), ('ann', 'y.org', 'ann@c', 3), ('nul', 'y', NULL, 4),
    ('info@virt.test', '', 'box', 5);
""")
conn = "host=127.0.0.1 port=%s dbname=postgres user=mail" % PORT
secret = os.path.join(TMP, "conn")
with open(secret, "w") as f:
    f.write(conn + "\n")
os.chmod(secret, 0o600)
cf = "".join("K%s pgsql %s \"%s\" SELECT goto FROM alias WHERE name = %%0 %s\n" % (n, fl, conn, rest) for n, fl, rest in (
    ("s", "", "ORDER BY n"), ("z", "-z,", "ORDER BY goto"), ("one", "-1", ""), ("l", "", "AND goto LIKE '%%@c'"), ("bad", "", "AND nope = 1"),
    ("a", "", "AND dom = %1"), ("slow", "-d1", "AND pg_sleep(20) IS NOT NULL")))
cf += "Kfile pgsql %s SELECT goto FROM alias WHERE name = %%0;\nKnum pgsql %s SELECT n + 1 FROM alias WHERE name = %%0\n" % (secret, secret)
cf += "Kw pgsql %s DELETE FROM alias WHERE name = %%0 RETURNING name\n" % secret
cf += "Sargs\nR$- $+\t$: $(a $1 $@ $2 $: none $)\n"
eq(bt(cf, [("s", "ann"), ("s", "JOE"), ("z", "joe"), ("one", "joe"), ("one", "ann"), ("l", "ann"), ("l", "joe"), ("s", "nul"), ("s", "x' OR '1'='1"),
           ("file", "ann"), ("num", "ann")]),
   ["ann@c", "joe@a", "joe@a,joe@b", None, "ann@c", "ann@c", None, None, None, "ann@c", "4"], "bound keys, several rows, -1, NULL, a connection from a file")
bt(cf, ["args joe x.org\n", "args joe y.org\n"])
ok("returns: joe @ a" in bt.said and "returns: none" in bt.said, "arguments are bound, too")
eq(bt(cf, [("bad", "ann"), ("w", "ann"), ("s", "ann")]), ["TEMP", "TEMP", "ann@c"], "a wrong query is temporary, one that writes is refused, the next one is answered")
t = time.monotonic()
eq(bt(cf, [("slow", "ann")]), ["TEMP"], "a query that takes too long is temporary")
ok(time.monotonic() - t < 15, "... after -d")
m = Mta(mc="""FEATURE(`virtusertable', `pgsql "%s" SELECT goto FROM alias WHERE name = %%0')
VIRTUSER_DOMAIN(`virt.test')
""" % conn)
m.start()
m.send("a@x.test", ["info@virt.test"], "Subject: x\n\nhello\n")
ok(m.await_mail("box"), "a virtusertable in PostgreSQL")
down()
m.send("a@x.test", ["info@virt.test"], "Subject: x\n\nhello\n")
ok(m.await_queue(1), "the server is down: the message is kept")
up()
m.command("-q")
ok(m.await_mail("box", 2), "... and delivered when it is back")
down()
m.stop()
done_testing()
