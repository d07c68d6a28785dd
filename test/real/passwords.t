#!/usr/bin/env python3
"""passwords: where AUTH has passwords looked up by programs of others: saslauthd with slapd behind it (LDAP) and with PAM;
what is said of right ones, wrong ones, unknown names, and while nobody answers."""
import base64
import os
import shutil
import socket
import stat
import subprocess
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

os.environ["PATH"] += ":/usr/sbin:/sbin"
TOOLS = {p: shutil.which(p) for p in ("saslauthd", "slapd", "slapadd", "swaks")}
if None in TOOLS.values():
    bail("not installed: " + " ".join(p for p in TOOLS if TOOLS[p] is None))
os.chmod(TMP, 0o755)


def b(s):
    return base64.b64encode(s.encode()).decode()


# ---- slapd ----
ldap = os.path.join(TMP, "ldap")
os.mkdir(ldap)
os.mkdir(ldap + "/db")
ldap_port = port()
schema = next(p for p in ("/etc/ldap/schema", "/etc/openldap/schema", "/usr/local/etc/openldap/schema") if os.path.exists(p))
modules = next(p for p in ("/usr/lib/ldap", "/usr/lib64/openldap", "/usr/local/libexec/openldap") if os.path.exists(p))
with open(ldap + "/slapd.conf", "w") as f:
    f.write("include %s/core.schema\ninclude %s/cosine.schema\ninclude %s/inetorgperson.schema\nmodulepath %s\nmoduleload back_mdb\npidfile %s/pid\ndatabase mdb\nmaxsize 10485760\nsuffix dc=test\ndirectory %s/db\n"
            "access to attrs=userPassword by anonymous auth by * none\naccess to * by * read\n" % (schema, schema, schema, modules, ldap, ldap))
subprocess.run([TOOLS["slapadd"], "-f", ldap + "/slapd.conf"], input="dn: dc=test\nobjectClass: domain\ndc: test\n\ndn: uid=joe,dc=test\nobjectClass: inetOrgPerson\nuid: joe\ncn: joe\nsn: joe\n"
               "userPassword: secret\n", text=True, check=True, capture_output=True)
slapd = start([TOOLS["slapd"], "-d", "0", "-f", ldap + "/slapd.conf", "-h", "ldap://127.0.0.1:%d" % ldap_port], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
ok(await_port(ldap_port), "slapd")
with open(ldap + "/saslauthd.conf", "w") as f:
    f.write("ldap_servers: ldap://127.0.0.1:%d\nldap_search_base: dc=test\nldap_filter: uid=%%U\nldap_timeout: 5\n" % ldap_port)


def saslauthd(name, *argv, prefix=()):
    """One with its socket in TMP/name; the folder."""
    d = os.path.join(TMP, name)
    os.mkdir(d, 0o755)
    p = start(list(prefix) + [TOOLS["saslauthd"], "-d", "-n", "1", "-m", d] + list(argv), start_new_session=True,  # it ends its group with itself
              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 30
    while not os.path.exists(d + "/mux") and time.monotonic() < end:
        time.sleep(0.02)
    return d, p


cert = certificate(TMP)
if os.geteuid() == 0:
    os.chmod(cert, 0o600)


def site(mux):
    conf = mux + "/sasl2"
    os.mkdir(conf)
    with open(conf + "/Sendmail.conf", "w") as f:
        f.write("pwcheck_method: saslauthd\nsaslauthd_path: %s/mux\nmech_list: PLAIN LOGIN CRAM-MD5\n" % mux)
    return Host(mc="define(`confAUTH_MECHANISMS', `PLAIN LOGIN')\nTRUST_AUTH_MECH(`PLAIN LOGIN')\ndefine(`confSERVER_CERT', `%s')\ndefine(`confSERVER_KEY', `%s')\ndefine(`confLOG_LEVEL', `12')\n"
                   "LOCAL_CONFIG\nO SASLConfDir=%s\n" % (cert, cert, conf))


sources = iter("127.0.1.%d" % i for i in range(1, 255))


def auth(host, user, password):
    """The reply, under TLS, each time from elsewhere so that nobody is slowed down."""
    c = host.connect(next(sources), helo="me")
    c.cmd("STARTTLS")
    c.starttls()
    c.cmd("EHLO me")
    r = c.cmd("AUTH PLAIN " + b("\0%s\0%s" % (user, password)))
    c.close()
    return r


def with_clients(what, host, user):
    like(auth(host, user, "secret"), "^235 2.0.0 ", "%s: the right password" % what) or diag(host.log()[-1500:])
    like(auth(host, user, "wrong"), "^535 5.7.0 ", "... a wrong one")
    like(auth(host, "nobody-at-all", "secret"), "^535 5.7.0 ", "... a name that is not there, in the same words")
    like(auth(host, user, ""), "^5", "... none")
    like(auth(host, user + ")(uid=*", "secret"), "^535 5.7.0 ", "... a name that means something to a directory")
    for mech in ("PLAIN", "LOGIN"):
        r = subprocess.run([TOOLS["swaks"], "--server", "127.0.0.1:%d" % host.port, "--tls", "--auth", mech, "--auth-user", user, "--auth-password", "secret", "--from", "joe@here.test", "--to", "ann@far.test"],
                           capture_output=True, text=True, timeout=60)
        eq(r.returncode, 0, "... swaks sends by %s" % mech) or diag(r.stdout[-800:])
    ok(host.await_log(r"AUTH=server, .*authid=%s(@\S+)?, mech=LOGIN" % user), "... the log says who")


d, p = saslauthd("by-ldap", "-a", "ldap", "-O", ldap + "/saslauthd.conf")
host = site(d)
with_clients("saslauthd, LDAP", host, "joe")
slapd.terminate()
slapd.wait()
like(auth(host, "joe", "secret"), "^(535|454) ", "... without slapd nobody is let in")
p.terminate()
p.wait()
try:
    os.unlink(d + "/mux")
except OSError:
    pass
like(auth(host, "joe", "secret"), "^454 4[.]", "... without saslauthd it is a failure for now") or diag(host.log()[-800:])
host.stop()

# PAM: a service file of our own where the system's would be, seen by that saslauthd alone
if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode != 0:
    skip("saslauthd, PAM", "it takes root and a file system of one's own")
else:
    with open(TMP + "/check", "w") as f:
        f.write('#!/bin/sh\nread -r p\n[ "$PAM_USER" = paul ] && [ "$p" = secret ]\n')
    os.chmod(TMP + "/check", 0o755)
    os.mkdir(TMP + "/pam.d")
    with open(TMP + "/pam.d/smtp", "w") as f:
        f.write("auth required pam_exec.so expose_authtok quiet %s/check\naccount required pam_permit.so\n" % TMP)
    d, p = saslauthd("by-pam", "-a", "pam", prefix=["unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc/pam.d && exec "$@"', TMP + "/pam.d"])
    host = site(d)
    with_clients("saslauthd, PAM", host, "paul")
    host.stop()
    p.terminate()
    p.wait()
done_testing()
