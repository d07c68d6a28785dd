#!/usr/bin/env python3
"""Maps that cannot answer: damaged files, servers that are silent, slow, rude or gone, wrong tables, values that are too long.  The answer is temporary, never a wrong one."""
import os
import random
import socket
import sqlite3
import subprocess
import sys
import threading
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *

D = TMP
MAKEMAP, SENDMAIL = os.path.join(OBJ, "makemap", "makemap"), os.path.join(OBJ, "sendmail", "sendmail")
RANDOM = random.Random(5)


def built(name):
    return os.path.exists(os.path.join(os.environ["ANGARIUM_MODULES"], name + ".so"))


def bt(maps, lookups, env=None):
    """{(map, key): value, None, "TEMP"}; maps: {name: "class arguments"}"""
    with open(D + "/t.cf", "w") as f:
        f.write("V10/Berkeley\nDjmail.corp.test\nO DontProbeInterfaces=true\nO OperatorChars=.:%@!^/[]+\n"
                "O DontBlameSendmail=MapInUnsafeDirPath,GroupWritableDirPathSafe\nMlocal, P=/bin/true, F=lsDFMAw5:/|@qSPfhn9, A=deliver\n")
        f.write("".join("K%s %s\n" % x for x in maps.items()))
    p = subprocess.run([SENDMAIL, "-bt", "-C", D + "/t.cf"], text=True, capture_output=True, timeout=200, env=env,
                       input="".join("/map %s %s\n" % x for x in lookups))
    got = [m.group(1) if m.group(2) is None else "TEMP" if m.group(2) == "75" else None
           for m in re.finditer(r"map_lookup: \S+ \(.*\) (?:returns (.*) \(\d+\)|no match \((\d+)\))\n", p.stdout)]
    if len(got) != len(lookups):
        diag(p.stdout[-2000:] + p.stderr)
    return got


# ---- files ----
rows = {"k%d" % i: "value %d" % i for i in range(1500)}
text = "".join("%s\t%s\n" % x for x in rows.items())
keys = ["k1", "k700", "k1499", "zz"]
maps, want = {}, []
for kind, suffix in (("hash", "db"), ("btree", "db"), ("cdb", "cdb")):
    whole_path = "%s/whole.%s" % (D, suffix)
    subprocess.run([MAKEMAP, kind, D + "/whole"], input=text, text=True, check=True)
    with open(whole_path, "rb") as f:
        whole = f.read()
    damaged = {"empty": b"", "cut": whole[:len(whole) // 2], "short": whole[:100], "noise": RANDOM.randbytes(8192), "text": text.encode(), "zeros": b"\0" * 8192,
               "tail": whole[:len(whole) // 2] + RANDOM.randbytes(len(whole) // 2), "folder": None}
    for name, data in damaged.items():
        name = kind + name
        if data is None:
            os.mkdir("%s/%s.%s" % (D, name, suffix))
        else:
            with open("%s/%s.%s" % (D, name, suffix), "wb") as f:
                f.write(data)
        maps[name] = "%s %s/%s" % (kind, D, name)
    maps[kind + "none"] = "%s %s/%snone" % (kind, D, kind)
lookups = [(m, k) for m in maps for k in keys]
for library, env in (("with Berkeley DB's library", None), ("without it", dict(os.environ, ANGARIUM_MODULES=D))):
    got = bt(maps, lookups, env)
    wrong = ["%s %s: %r" % (m, k, v) for (m, k), v in zip(lookups, got) if v != "TEMP" and v != rows.get(k) and not (k == "zz" and v is None)]
    eq((len(got), wrong), (len(lookups), []), "damaged hash, btree and cdb files, %s: a row as it was written, or a temporary failure" % library)
    sure = [v for (m, k), v in zip(lookups, got) if not m.endswith(("cut", "tail"))]
    eq(set(sure), {"TEMP"}, "... where nothing is left of the file, always temporary")

# ---- files whose pages lead out of them, read to their end ----
for kind in ("hash", "btree"):
    subprocess.run([MAKEMAP, kind, D + "/pages" + kind], input=text, text=True, check=True)
    with open("%s/pages%s.db" % (D, kind), "rb") as f:
        whole = f.read()
    said = set()
    for _ in range(12):
        data = bytearray(whole)
        for at in range(4096, len(data), 4096):		# an entry of the index that each page begins with
            data[at + RANDOM.randrange(26, 60)] = RANDOM.randrange(256)
        with open("%s/pages%s.db" % (D, kind), "wb") as f:
            f.write(data)
        p = subprocess.run([MAKEMAP, "-u", kind, D + "/pages" + kind], capture_output=True)
        said.add(p.returncode if p.returncode != 0 else "0, and more than was there" if len(p.stdout) > 2 * len(text) else 0)
    ok(said <= {0, 73, 74}, "makemap -u %s: rows, or what is wrong with the file" % kind) or diag(repr(said))

# ---- programs ----
with open(D + "/prog", "w") as f:
    f.write("#!/bin/sh\ncase $1 in k) kill -9 $$;; n) exit 0;; e) echo;; l) head -c 100000 /dev/zero | tr '\\0' x; echo;; c) printf 'a\\r\\n';; *) echo part; exit $1;; esac\n")
os.chmod(D + "/prog", 0o755)
eq(bt({"p": "program %s/prog" % D, "q": "program %s" % D, "t": "program -t %s/prog" % D},
      [("p", k) for k in ("0", "1", "67", "75", "k", "n", "e", "l", "c")] + [("q", "a"), ("t", "75")]),
   ["part", None, None, "TEMP", "TEMP", None, "", "TEMP", "a", "TEMP", None],
   "program: exit 75, a signal, a value that is too long and what is no program are temporary; other codes say no")

# ---- servers ----


class Server:
    def __init__(self, how):
        self.how, self.listener = how, socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            threading.Thread(target=self.talk, args=(self.listener.accept()[0],), daemon=True).start()

    def talk(self, c):
        try:
            if self.how == "noise":
                c.recv(100)
                c.sendall(RANDOM.randbytes(2000))
            while self.how == "silent":
                time.sleep(1)
            while self.how == "slow":
                c.recv(1)
                c.sendall(b"0")
                time.sleep(0.2)
            c.close()
        except OSError:
            pass


maps = {}
for how in ("silent", "slow", "noise", "hangup"):
    p = Server(how).port
    maps["socket" + how] = "socket -d1 inet:%d@127.0.0.1" % p
    if built("map_ldap"):
        maps["ldap" + how] = "ldap -h 127.0.0.1 -p %d -b dc=x -k (m=%%0) -v mail -c 1 -l 1" % p
    if built("map_pgsql"):
        maps["pgsql" + how] = 'pgsql -d1 "host=127.0.0.1 port=%d dbname=x" SELECT a FROM b WHERE c = %%0' % p
eq(bt(maps, [(m, "a") for m in maps]), ["TEMP"] * len(maps), "servers that are silent, slow, talk nonsense or hang up: temporary, and soon (%s)" % " ".join(maps))

# ---- sqlite ----
if built("map_sqlite"):
    def base(name, script=None, data=None):
        path = "%s/%s.sqlite" % (D, name)
        if script is not None:
            db = sqlite3.connect(path)
            db.executescript(script)
            db.commit()
            db.close()
        if data is not None:
            with open(path, "wb") as f:
                f.write(data)
        return "sqlite -d2 %s SELECT v FROM t WHERE k = %%0" % path

    maps = {"good": base("good", "CREATE TABLE t(k TEXT, v TEXT); INSERT INTO t VALUES ('a', 'va'), ('long', '%s');" % ("x" * 70000))}
    with open(D + "/good.sqlite", "rb") as f:
        whole = f.read()
    maps.update({"noise": base("noise", data=RANDOM.randbytes(9000)), "empty": base("empty", data=b""), "cut": base("cut", data=whole[:4096]),
                 "tail": base("tail", data=whole[:4096] + RANDOM.randbytes(len(whole) - 4096)), "other": base("other", "CREATE TABLE other(k TEXT)"), "none": base("none"),
                 "write": "sqlite %s/good.sqlite DELETE FROM t WHERE k = %%0" % D, "bad": "sqlite %s/good.sqlite SELEC" % D})
    eq(bt(maps, [(m, "a") for m in maps] + [("good", "long"), ("good", "a")]), ["va"] + ["TEMP"] * 9 + ["va"],
       "sqlite: damaged files, wrong tables, questions that are none or that write, too long values: temporary")
done_testing()
