#!/usr/bin/env python3
"""Map classes that ask something outside of the process, or read files of other kinds: what -bt answers."""
import os
import socket
import sqlite3
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from socketmap import SocketMap

D = TMP
MAKEMAP = os.path.join(OBJ, "makemap", "makemap")
SENDMAIL = os.path.join(OBJ, "sendmail", "sendmail")


def built(name):
    """A class of a module: is it built here?  If not, its refusal is what is tested."""
    return os.path.exists(os.path.join(os.environ["ANGARIUM_MODULES"], name + ".so"))


def bt(cf, lookups, env=None):
    """{(map, key): "value", None for no match, "TEMP"}"""
    path = os.path.join(D, "t.cf")
    with open(path, "w") as f:
        f.write("V10/Berkeley\nDjmail.corp.test\nO DontProbeInterfaces=true\nO OperatorChars=.:%@!^/[]+\n"
                "O DontBlameSendmail=MapInUnsafeDirPath,GroupWritableDirPathSafe\n"
                "Mlocal, P=/bin/true, F=lsDFMAw5:/|@qSPfhn9, A=deliver\n" + cf)
    p = subprocess.run([SENDMAIL, "-bt", "-C", path], text=True, capture_output=True, timeout=120,
                       input="".join("/map %s %s\n" % x for x in lookups), env=env)
    out = []
    for line in p.stdout.splitlines():
        m = re.search(r"map_lookup: \S+ \(.*\) (returns (.*) \(\d+\)|no match \((\d+)\))$", line)
        if m:
            out.append(m.group(2) if m.group(3) is None else ("TEMP" if m.group(3) == "75" else None))
        elif "not found" in line or "not open" in line:
            out.append("ABSENT")
    bt.said = p.stdout + p.stderr
    if len(out) != len(lookups):
        diag(bt.said)
    return out


# ---- socket ----
s = SocketMap()
s.answers = {"a": "OK value of a", "t": "TEMP down for now", "to": "TIMEOUT", "p": "PERM never", "e": "OK ", "n": "NOTFOUND ",
             "bad": b"3:xyz,", "junk": b"hello", "close": "close", "big": "OK " + "x" * 50000, "f": "OK %0 and 100%%",
             "two": b"6:OK one,6:OK two,"}
cf = "Kso socket -d2 %s\nKst socket -d2 -a.tag -T<T> %s\n" % (s.place, s.place)
eq(bt(cf, [("so", k) for k in "a t to p e n f".split()]), ["value of a", "TEMP", "TEMP", None, "", None, "f and 100%"],
   "socket: all answers of the protocol")
eq(s.connections, 1, "... over one connection")
eq(s.asked[0], ("so", "a"), "... the map's name and the key are sent")
eq(bt(cf, [("so", k) for k in "bad junk two a close a".split()]), ["TEMP", "TEMP", "TEMP", "value of a", "TEMP", "value of a"],
   "... what is no answer, or no answer at all, is temporary, and the next question gets one")
s.connections = 0
eq(bt(cf, [("so", "a"), ("st", "a"), ("st", "t")]), ["value of a", "value of a.tag", "TEMP"], "... flags")
eq(s.connections, 1, "... maps of one place share a connection")
s.answers["a"] = None
eq(bt(cf.replace("-d2", "-d1"), [("so", "a"), ("so", "n")]), ["TEMP", None], "... silence ends at -d")
eq(len(bt(cf, [("so", "big")])[0] or ""), 50000, "... a long value")
u = SocketMap(socket.AF_UNIX)
u.answers = {"k": "OK local"}
eq(bt("Kso socket %s\nKse sequence so so\n" % u.place, [("so", "k"), ("so", "x"), ("se", "k")]), ["local", None, "local"],
   "... over a local socket, and within a sequence")
eq(bt("Kso socket -d1 inet:%s@127.0.0.1\nKsi socket -t -d1 local:%s/none\n" % (port(), D), [("so", "a"), ("si", "a")]), ["TEMP", None],
   "... nobody there is temporary, unless -t")
like(bt("Kso socket nowhere\n", [("so", "a")]) and bt.said, "class socket wants inet:port@host", "... a wrong place is named")

# ---- program ----
prog = os.path.join(D, "prog")
with open(prog, "w") as f:
    f.write('#!/bin/sh\nfor k; do :; done\ncase $k in\nmiss) exit 1;; slow) sleep 30;; none) exit 0;; two) echo one; echo two;;\n'
            '*) echo "$# $1 $k";; esac\n')
os.chmod(prog, 0o755)
eq(bt("Kpr program %s  first\nKpx program /nonexistent\n" % prog, [("pr", "Foo"), ("pr", "miss"), ("pr", "two"), ("px", "a")]),
   ["2 first Foo", None, "one", "TEMP"], "program: parameters, key, first line; one that cannot be run is temporary")

# ---- files ----
rows = "Foo\tbar %1\nb c\nzed\tz %0\n"
for kind in ("hash", "btree", "cdb", "lmdb"):
    if kind == "lmdb" and not built("lmdb"):
        like(bt("Klm lmdb /x\n", [("lm", "a")]) and bt.said, "class lmdb: not built in", "lmdb is not built, and says so")
        continue
    subprocess.run([MAKEMAP, kind, os.path.join(D, "f" + kind)], input=rows, text=True, check=True)
    eq(bt("Km %s %s/f%s\nKo %s -o %s/none\nKn %s -N %s/f%s\nKc %s -f -m -a! %s/f%s\n" % (kind, D, kind, kind, D, kind, D, kind, kind, D, kind),
          [("m", "foo"), ("m", "FOO"), ("m", "x"), ("o", "x"), ("n", "foo"), ("c", "Foo"), ("c", "b"), ("m", "ZeD")]),
       ["bar ", "bar ", None, None, None, None, "b!", "z ZeD"], kind + ": lookups and flags")
os.rename(os.path.join(D, "fhash.db"), os.path.join(D, "im.db"))
eq(bt("Kim implicit %s/im\nKic implicit %s/fcdb\n" % (D, D), [("im", "b"), ("ic", "b")]), ["c", "c"], "implicit: .db, else .cdb")
like(bt("Kd dbm %s/im\n" % D, [("d", "b")]) and bt.said, "ndbm files are not read", "dbm is refused with the reason")
no_modules = dict(os.environ, ANGARIUM_MODULES=D)
eq(bt("Km hash %s/im\nKb btree %s/fbtree\n" % (D, D), [("m", "foo"), ("m", "zz"), ("b", "b")], no_modules), ["bar ", None, "c"],
   "hash and btree files are read without Berkeley DB's library")
with open(os.path.join(D, "al"), "w") as f:
    f.write("# x\na: b,\n  c\nq: \"|prog x\"\n")
eq(bt("Kst stab %s/al\n" % D, [("st", "A"), ("st", "q"), ("st", "z")]), ["b,  c", '"|prog x"', None], "stab: the text of an alias file")
with open(os.path.join(D, "col"), "w") as f:
    f.write("k1:v1:w1\nk2:v2:w2\n")
eq(bt("Kt text -z: -k0 -v2 %s/col\nKu text -z: -k2 -v0 %s/col\n" % (D, D), [("t", "K1"), ("u", "w2"), ("t", "v1")]), ["w1", "k2", None], "text")
with open(os.path.join(D, "bad.db"), "wb") as f:
    whole = open(os.path.join(D, "im.db"), "rb").read()
    f.write(whole[:len(whole) // 2])
eq(bt("Km hash %s/bad\n" % D, [("m", "foo")]), ["TEMP"], "a damaged file is a temporary failure")

# ---- switch, userdb, user ----
with open(os.path.join(D, "switch"), "w") as f:
    f.write("aliases\tnis files # and so on\n")
eq(bt("O ServiceSwitchFile=%s/switch\nKsw switch aliases\nKsw.nis null\nKsw.files hash %s/im\nKs2 switch other\nKs2.files hash %s/im\n" % (D, D, D),
      [("sw", "b"), ("s2", "b")]), ["c", "c"], "switch: the order is the service switch file's, files without")
subprocess.run([MAKEMAP, "-d", "btree", os.path.join(D, "udb")], text=True, check=True,
               input="joe:maildrop joe@a\njoe:maildrop joe@b\njoe:mailname Joe.D\n")
eq(bt("O UserDatabaseSpec=%s/none, %s/udb\nKu userdb maildrop\nKz userdb -z, maildrop\nKn userdb mailname\n" % (D, D), [("n", "joe"), ("n", "bob")]),
   ["Joe.D", None], "userdb: a missing file is empty")
eq(bt("O UserDatabaseSpec=%s/udb\nKu userdb maildrop\nKz userdb -z, maildrop\nKn userdb mailname\n" % D,
      [("u", "joe"), ("z", "Joe"), ("n", "joe"), ("u", "bob")]), ["joe@a", "joe@a,joe@b", "Joe.D", None], "... one value or all")
eq(bt("Ku user\nKd passwd -v dir\nKx user -v bogus\n", [("u", "root"), ("u", "nosuchuserhere"), ("d", "root"), ("x", "root")]),
   ["root", None, os.path.expanduser("~root"), None], "user and passwd")

# ---- pcre ----
if built("map_pcre"):
    eq(bt("Kp pcre -s1,2 -d: ^(a+)(?=b)(.*)$\nKq pcre -a.M (?<!x)foo\nKn pcre -n ^a\nKr pcre ^(a+)+$\n",
          [("p", "aabc"), ("p", "ac"), ("q", "FOO"), ("q", "xfoo"), ("n", "abc"), ("n", "b"), ("r", "a" * 40 + "b")]),
       ["aa:bc", None, ".M", None, None, "", "TEMP"], "pcre: as regex; an expression that runs away is ended")
else:
    like(bt("Kp pcre x\n", [("p", "a")]) and bt.said, "class pcre: not built in", "pcre is not built, and says so")

# ---- sqlite ----
if built("map_sqlite"):
    path = os.path.join(D, "mail.sqlite")
    db = sqlite3.connect(path)
    db.executescript("CREATE TABLE alias (name TEXT, dom TEXT, goto TEXT);"
                     "INSERT INTO alias VALUES ('joe', 'x.org', 'joe@a'), ('joe', 'x.org', 'joe@b'), ('ann', 'y.org', 'ann@c'), ('nul', 'y', NULL);")
    db.commit()
    cf = "".join("K%s sqlite %s %s SELECT goto FROM alias WHERE name = %%0 %s\n" % (n, fl, path, rest) for n, fl, rest in (
        ("s", "", ""), ("z", "-z,", "ORDER BY goto"), ("one", "-1", ""), ("l", "", "AND goto LIKE '%%@c'"), ("bad", "", "AND nope = 1")))
    eq(bt(cf, [("s", "ann"), ("z", "joe"), ("one", "joe"), ("one", "ann"), ("l", "ann"), ("l", "joe"), ("s", "nul"), ("s", "x' OR '1'='1"), ("bad", "ann")]),
       ["ann@c", "joe@a,joe@b", None, "ann@c", "ann@c", None, None, None, "TEMP"], "sqlite: bound keys, -z, -1; a wrong query is temporary")
    db.execute("UPDATE alias SET goto = 'ann@d' WHERE name = 'ann'")
    db.commit()
    eq(bt(cf, [("s", "ann")]), ["ann@d"], "... a changed table")
    like(bt("Ks sqlite %s SELECT '%%0'\n" % path, [("s", "a")]) and bt.said, "%0 within quotes", "... a key in quotes is refused")
    db.execute("BEGIN EXCLUSIVE")
    eq(bt(cf.replace("sqlite ", "sqlite -d1 "), [("s", "ann")]), ["TEMP"], "... a database that is held is temporary, after -d")
    db.rollback()
else:
    like(bt("Ks sqlite /x SELECT 1\n", [("s", "a")]) and bt.said, "class sqlite: not built in", "sqlite is not built, and says so")

# ---- ldap, pgsql: nobody there; the rest needs servers (test/real) ----
if built("map_ldap"):
    where = "-h 127.0.0.1 -p %s" % port()
    eq(bt("O LDAPDefaultSpec=%s -b \"dc=a b,dc=c\" -c 2 -l 3\nKl ldap -k (&(a=x y)(mail=%%0)) -v mail,\n  member:DN:group|other -z,\nKt ldap -t -k (mail=%%0)\n" % where,
          [("l", "a"), ("t", "a")]), ["TEMP", None], "ldap: no server is temporary, unless -t")
    like(bt("Kl ldap -k (mail=%0) -v a:WRONG\n", [("l", "a")]) and bt.said, "types are NORMAL, DN, FILTER and URL", "... a wrong attribute type is named")
    like(bt("Kl ldap -k (mail=%0) -M LDAP_AUTH_KRBV4 -P /x\n", [("l", "a")]) and bt.said, "Kerberos 4 is extinct.*GSSAPI", "... Kerberos 4 is refused, with what to use")
    like(bt("Kl ldap -v mail\n", [("l", "a")]) and bt.said, "needs -k", "... so is a missing filter")
else:
    like(bt("Kl ldap -k x\n", [("l", "a")]) and bt.said, "class ldap: not built in", "ldap is not built, and says so")
if built("map_pgsql"):
    eq(bt("Kp pgsql -d2 \"host=127.0.0.1 port=%s dbname=x\" SELECT a FROM b WHERE c = %%0\n" % port(), [("p", "a")]), ["TEMP"],
       "pgsql: no server is temporary")
else:
    like(bt("Kp pgsql x SELECT 1\n", [("p", "a")]) and bt.said, "class pgsql: not built in", "pgsql is not built, and says so")
done_testing()
