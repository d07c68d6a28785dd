#!/usr/bin/env python3
"""Class ldap against slapd: filters, scopes, attributes, recursion, binding, limits, aliases; a server that goes away and comes back."""
import os
import socket
import subprocess
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta

SENDMAIL = os.path.join(OBJ, "sendmail", "sendmail")
D = os.path.join(TMP, "ldap")
PORT = port()
URI = "ldap://127.0.0.1:%s" % PORT

def first(*paths):
    return next((p for p in paths if os.path.exists(p)), None)

SLAPD = first("/usr/sbin/slapd", "/usr/local/libexec/slapd", "/usr/libexec/slapd")
SCHEMA = first("/etc/ldap/schema", "/usr/local/etc/openldap/schema", "/etc/openldap/schema")
MODULES = first("/usr/lib/ldap", "/usr/local/libexec/openldap", "/usr/lib64/openldap")
if SLAPD is None:
    bail("slapd is not installed")
os.mkdir(D, 0o755)
os.mkdir(os.path.join(D, "db"), 0o700)
with open(os.path.join(D, "slapd.conf"), "w") as f:
    f.write("".join("include %s/%s.schema\n" % (SCHEMA, s) for s in ("core", "cosine", "inetorgperson")) + """
modulepath %s
moduleload back_mdb
pidfile %s/pid
attributetype ( 1.3.6.1.4.1.4203.666.1.9001 NAME 'sendmailMTAKey' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.4203.666.1.9002 NAME 'sendmailMTAAliasName' SUP sendmailMTAKey )
attributetype ( 1.3.6.1.4.1.4203.666.1.9003 NAME 'sendmailMTAHost' SUP sendmailMTAKey )
attributetype ( 1.3.6.1.4.1.4203.666.1.9004 NAME 'sendmailMTACluster' SUP sendmailMTAKey )
attributetype ( 1.3.6.1.4.1.4203.666.1.9005 NAME 'sendmailMTAAliasValue' SUP sendmailMTAKey )
attributetype ( 1.3.6.1.4.1.4203.666.1.9006 NAME 'sendmailMTAAliasSearch' SUP sendmailMTAKey )
attributetype ( 1.3.6.1.4.1.4203.666.1.9007 NAME 'sendmailMTAAliasURL' SUP sendmailMTAKey )
objectclass ( 1.3.6.1.4.1.4203.666.1.9011 NAME 'sendmailMTAAliasObject' SUP top STRUCTURAL
  MAY ( sendmailMTAKey $ sendmailMTAAliasName $ sendmailMTAHost $ sendmailMTACluster $ sendmailMTAAliasValue $ sendmailMTAAliasSearch $
  sendmailMTAAliasURL $ cn ) )
database mdb
maxsize 10485760
suffix "dc=test"
rootdn "cn=admin,dc=test"
rootpw "s3 cret"
directory %s/db
sasl-host localhost
sasl-realm HERE.TEST
authz-regexp "uid=([^,/]+),(cn=here.test,)?cn=gssapi,cn=auth" "uid=$1,ou=people,dc=test"
access to attrs=employeeType by dn.exact="uid=joe,ou=people,dc=test" read by * none
access to attrs=employeeNumber by dn.exact="cn=admin,dc=test" read by * none
access to * by * read
""" % (MODULES, D, D))

LDIF = """dn: dc=test
objectClass: domain
dc: test

dn: ou=people,dc=test
objectClass: organizationalUnit
ou: people
""" + "".join("""
dn: uid=%(u)s,ou=people,dc=test
objectClass: inetOrgPerson
uid: %(u)s
cn: %(u)s star*
sn: X
mail: %(u)s@a.test
mail: %(u)s@b.test
employeeNumber: 7
employeeType: seen by joe
description: (%(u)s)
""" % dict(u=u) for u in ("joe", "ann", "bob")) + """
dn: cn=team,dc=test
objectClass: groupOfUniqueNames
cn: team
uniqueMember: uid=joe,ou=people,dc=test
uniqueMember: uid=ann,ou=people,dc=test
uniqueMember: uid=gone,ou=people,dc=test
uniqueMember: cn=team,dc=test

dn: cn=al1,dc=test
objectClass: sendmailMTAAliasObject
cn: al1
sendmailMTAAliasName: aliases
sendmailMTAHost: here.test
sendmailMTAKey: everyone
sendmailMTAAliasValue: box
sendmailMTAAliasValue: box2

dn: cn=al2,dc=test
objectClass: sendmailMTAAliasObject
cn: al2
sendmailMTAKey: nest
sendmailMTAAliasValue: direct@c.test
sendmailMTAAliasSearch: (cn=team)
sendmailMTAAliasURL: ldap:///ou=people,dc=test?mail?one?(uid=bob)
"""
# ---- a KDC, and a ticket of joe's ----
KDC = first("/usr/sbin/krb5kdc", "/usr/local/sbin/krb5kdc")
if KDC is None:
    bail("krb5kdc is not installed")
krb, kdc_port = os.path.join(TMP, "krb"), port()
os.mkdir(krb)
with open(krb + "/krb5.conf", "w") as f:
    f.write("[libdefaults]\n default_realm = HERE.TEST\n dns_lookup_kdc = false\n dns_lookup_realm = false\n dns_canonicalize_hostname = false\n rdns = false\n"
            " ignore_acceptor_hostname = true\n udp_preference_limit = 1\n[realms]\n HERE.TEST = {\n  kdc = 127.0.0.1:%d\n }\n[domain_realm]\n localhost = HERE.TEST\n" % kdc_port)
with open(krb + "/kdc.conf", "w") as f:
    f.write('[kdcdefaults]\n kdc_listen = ""\n kdc_tcp_listen = 127.0.0.1:%d\n[realms]\n HERE.TEST = {\n  database_name = %s/principal\n  key_stash_file = %s/stash\n'
            "  acl_file = %s/acl\n }\n[logging]\n kdc = FILE:%s/log\n" % (kdc_port, krb, krb, krb, krb))
os.environ.update(KRB5_CONFIG=krb + "/krb5.conf", KRB5_KDC_PROFILE=krb + "/kdc.conf", KRB5_KTNAME="FILE:" + krb + "/keytab", KRB5CCNAME="FILE:" + krb + "/none")


def kdo(*argv, text=""):
    return subprocess.run(argv, input=text, text=True, capture_output=True, timeout=60)


kdo("kdb5_util", "create", "-s", "-r", "HERE.TEST", "-P", "master")
kdo("kadmin.local", "-q", "addprinc -pw secret joe")
kdo("kadmin.local", "-q", "addprinc -randkey ldap/localhost")
kdo("kadmin.local", "-q", "ktadd -k %s/keytab ldap/localhost" % krb)
start([KDC, "-n", "-P", krb + "/pid"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
await_port(kdc_port)
ticket = kdo("kinit", "-c", "FILE:" + krb + "/tickets", "joe", text="secret\n")
server = None

def up():
    global server
    server = subprocess.Popen([SLAPD, "-f", os.path.join(D, "slapd.conf"), "-h", URI, "-d", "0"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    if not await_port(PORT):
        bail("slapd does not answer")

def down():
    server.terminate()
    server.wait(10)

def bt(cf, lookups, default="-H %s -b dc=test" % URI):
    path = os.path.join(TMP, "t.cf")
    with open(path, "w") as f:
        f.write("V10/Berkeley\nDjmail.corp.test\nO DontProbeInterfaces=true\nO OperatorChars=.:%%@!^/[]+\nO LDAPDefaultSpec=%s\n"
                "O DontBlameSendmail=MapInUnsafeDirPath,GroupWritableDirPathSafe\n"
                "Mlocal, P=/bin/true, F=lsDFMAw5:/|@qSPfhn9, A=deliver\n" % default + cf)
    p = subprocess.run([SENDMAIL, "-bt", "-C", path], text=True, capture_output=True, timeout=120,
                       input="".join("/map %s %s\n" % x for x in lookups))
    bt.said = p.stdout + p.stderr
    out = []
    for m in re.finditer(r"map_lookup: \S+ \(.*\) (?:returns ([^\0]*?) \(\d+\)|no match \((\d+)\))\n", bt.said):
        out.append(m.group(1) if m.group(2) is None else ("TEMP" if m.group(2) == "75" else None))
    if len(out) != len(lookups):
        diag(bt.said)
    return out

def as_set(v):
    return sorted((v or "").split(","))

up()
r = subprocess.run(["ldapadd", "-x", "-H", URI, "-D", "cn=admin,dc=test", "-w", "s3 cret"], input=LDIF, text=True, capture_output=True)
if r.returncode != 0:
    bail("ldapadd: " + r.stderr)

K = "-H ldap://localhost:%s -b dc=test -k (uid=%%0) -v employeeType" % PORT
eq(bt("Ka ldap %s\nKg ldap %s -M GSSAPI -P %s/tickets\nKn ldap %s -M LDAP_AUTH_GSSAPI -P %s/nothing\nKt ldap %s -M gssapi -P %s/nothing -t\n" % (K, K, krb, K, krb, K, krb),
      [("a", "ann"), ("g", "ann"), ("g", "nobody"), ("n", "ann"), ("t", "ann")], default=""), [None, "seen by joe", None, "TEMP", None],
   "-M GSSAPI: who has a ticket sees what joe may see; without one it is a temporary failure") or diag(ticket.stderr)
like(bt("Ka ldap %s -M LDAP_AUTH_KRBV4 -P /x\n" % K, [("a", "ann")], default="") and bt.said, "Kerberos 4 is extinct.*GSSAPI", "-M KRBV4 is refused, with what to use")
server_ok = True
secret = os.path.join(TMP, "secret")
with open(secret, "w") as f:
    f.write("s3 cret\n")
os.chmod(secret, 0o600)

eq(bt("Kl ldap -k (uid=%0) -v mail\n", [("l", "joe"), ("l", "nobody"), ("l", "j*"), ("l", "x)(uid=joe")]), ["joe@a.test", None, None, None],
   "one attribute of one entry; a key cannot change the filter")
eq(bt("Kl ldap -k (uid=%s) -v uid\n", [("l", "jo*")]), ["joe"], "%s takes the key as it is")
eq(bt("Kl ldap -z, -k (uid=%0) -v mail,sn\n", [("l", "ann")]), ["ann@a.test,ann@b.test,X"], "-z joins all values of all attributes")
eq(bt("Kl ldap -1 -k (uid=%0) -v mail\nKm ldap -1 -k (sn=%0) -v uid\nKs ldap -1 -k (uid=%0) -v uid\n", [("l", "joe"), ("m", "X"), ("s", "joe")]),
   [None, None, "joe"], "-1: several values or entries are none")
eq(bt("Kl ldap -K -k (&(uid=%0)(sn=%1)) -v uid\n", [("l", "joe")]), [None], "-K: arguments (none given)")
eq(bt("Kl ldap -s base -k (uid=%0) -v uid\nKo ldap -s one -b ou=people,dc=test -k (uid=%0) -v uid\nKd ldap -s one -k (uid=%0) -v uid\n",
      [("l", "joe"), ("o", "joe"), ("d", "joe")]), [None, "joe", None], "-s and -b")
eq(bt("Kl ldap -n -z, -k (uid=%0) -v mail\nKv ldap -V= -z, -k (uid=%0) -v mail\n", [("l", "joe"), ("v", "joe")]), ["mail", "mail=joe@a.test,mail=joe@b.test"],
   "-n names, -V names and values")
got = bt("Kl ldap -z, -k (uid=%0)\n", [("l", "joe")])[0]
ok("joe@a.test" in as_set(got) and "X" in as_set(got) and "inetOrgPerson" not in as_set(got), "without -v all attributes: %r" % got)
eq(bt("Kl ldap -k (uid=%%0) -v employeeNumber\nKb ldap -d \"cn=admin,dc=test\" -M simple -P %s -k (uid=%%0) -v employeeNumber\n" % secret,
      [("l", "joe"), ("b", "joe")]), [None, "7"], "-d, -M, -P: bound as somebody")
with open(secret, "w") as f:
    f.write("wrong\n")
eq(bt("Kb ldap -d \"cn=admin,dc=test\" -M LDAP_AUTH_SIMPLE -P %s -k (uid=%%0) -v uid\n" % secret, [("b", "joe")]), ["TEMP"], "... a wrong secret is temporary")
team = """Kl ldap -z, -k (cn=%0) -v mail:NORMAL:inetOrgPerson,
 uniqueMember:DN:groupOfUniqueNames
"""
eq([as_set(v) for v in bt(team, [("l", "team")])], [["ann@a.test", "ann@b.test", "joe@a.test", "joe@b.test"]], "DN recursion; a group within itself, a member that is gone")
nest = """Kl ldap
 -z,
 -k (&(objectClass=sendmailMTAAliasObject)(sendmailMTAKey=%0))
 -v sendmailMTAAliasValue,mail:NORMAL:inetOrgPerson,
 uniqueMember:DN:groupOfUniqueNames,
 sendmailMTAAliasSearch:FILTER:sendmailMTAAliasObject,
 sendmailMTAAliasURL:URL:sendmailMTAAliasObject
"""

eq([as_set(v) for v in bt(nest, [("l", "nest")])],
   [["ann@a.test", "ann@b.test", "bob@a.test", "bob@b.test", "direct@c.test", "joe@a.test", "joe@b.test"]], "the manual's example: FILTER and URL too")
eq(len(as_set(bt("Kl ldap -Z 2 -z, -k (sn=%0) -v uid\n", [("l", "X")])[0])), 2, "-Z: two entries at most")
eq(bt("Kl ldap -w 2 -k (uid=%0) -v uid\nKm ldap -w 3 -r always -R -c 5 -l 5 -k (uid=%0) -v uid\n", [("l", "joe"), ("m", "joe")])[1], "joe", "-w, -r, -R, -c, -l")
eq(bt("Kl ldap -h 127.0.0.1 -p %s -b dc=test -k (uid=%%0) -v uid\nKm ldap -h \"127.0.0.1:1 127.0.0.1:%s\" -b dc=test -k (uid=%%0) -v uid\n" % (PORT, PORT),
      [("l", "joe"), ("m", "joe")], ""), ["joe", "joe"], "-h and -p; the second of two hosts")
eq(bt("Kl ldap -k (uid= -v uid\n", [("l", "joe")]) and "TEMP" in bt("Kl ldap -k ((uid=%0) -v uid\n", [("l", "joe")]), True, "a broken filter is temporary")

# a server that accepts and says nothing
mute = socket.socket()
mute.bind(("127.0.0.1", 0))
mute.listen(5)
t = time.monotonic()
eq(bt("Kl ldap -H ldap://127.0.0.1:%d -c 2 -l 2 -k (uid=%%0) -v uid\n" % mute.getsockname()[1], [("l", "joe")]), ["TEMP"], "a server that says nothing is temporary")
ok(time.monotonic() - t < 30, "... after -l")

# a daemon: aliases in LDAP, and the server going away
m = Mta(mc="""define(`confLDAP_DEFAULT_SPEC', `-H %s -b dc=test')
define(`ALIAS_FILE', `ldap:, ' ALIAS_FILE)
LOCAL_CONFIG
Kpeople ldap -k (uid=%%0) -v mail
F{Mails}@ldap:-k (objectClass=inetOrgPerson) -v uid -z,
Kgss ldap -H ldap://localhost:%s -k (uid=%%0) -v employeeType -M GSSAPI -P %s/tickets
E KRB5_CONFIG=%s/krb5.conf
LOCAL_RULESETS
SLocal_check_rcpt
R$*kerb$*	$: <K> $(gss ann $: none $)
R<K> seen $*	$#error $@ 5.7.9 $: "550 joe sees it"
""" % (URI, PORT, krb, krb))
os.chmod(krb + "/tickets", 0o644)
m.start()
m.send("a@x.test", ["everyone@here.test"], "Subject: x\n\nhello\n")
ok(m.await_mail("box") and m.await_mail("box2"), "AliasFile=ldap: the default question; both values are recipients")

def rcpt(who):
    c = m.smtp()
    c.ehlo("me")
    c.mail("a@x.test")
    code = c.rcpt(who)[0]
    c.close()
    return code

eq(rcpt("kerb@here.test"), 550, "-M GSSAPI in the daemon, with tickets that the role user may read")
down()
eq(rcpt("everyone@here.test") // 100, 4, "the directory is down: 4xx")
up()
eq(rcpt("everyone@here.test"), 250, "... and is asked again when it is back")
down()
m.stop()
done_testing()
