#!/usr/bin/env python3
"""Logins checked by PAM: a private folder of services, none of the host's; right and wrong passwords, account rules, a service that is not there."""
import glob
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mailsite import *

MODULE = os.path.join(OBJ, "modules", "pam.so")
EXEC = glob.glob("/lib/*/security/pam_exec.so") + glob.glob("/usr/lib/*/security/pam_exec.so") + glob.glob("/usr/lib*/security/pam_exec.so")


def pam_site(service="test", **kw):
    site = Site("maildir", **kw)
    with open(site.path("virtual"), "w") as f:
        for u in ("joe", "ann"):
            f.write("%s:%d:%d:%s/%s\n" % (u, OWNER.pw_uid, OWNER.pw_gid, site.home, u))
    with open(site.cf) as f:
        text = f.read()
    with open(site.cf, "w") as f:
        f.write(text.replace("UserDatabase=file:" + site.path("users"), "UserDatabase=pam:" + service) +
                "O VirtualUsers=%s\nO PAMConfDir=%s\n" % (site.path("virtual"), site.path("pam.d")))
    os.mkdir(site.path("pam.d"))
    # the password comes on standard input, without a newline; ann's account is closed
    with open(site.path("check"), "w") as f:
        f.write("""#!/bin/sh
umask 022
case $1 in
auth)	password=$(tr -d '\\000'); printf '%%s %%s' "$PAM_USER" "$PAM_RHOST" >%s/asked; [ "$password" = "pam's own" ] ;;
account) [ "$PAM_USER" = joe ] ;;
esac
""" % site.path("out"))
    os.chmod(site.path("check"), 0o755)
    os.mkdir(site.path("out"))
    os.chmod(site.path("out"), 0o1777)
    with open(site.path("pam.d/test"), "w") as f:
        for what, args in (("auth", "quiet expose_authtok"), ("account", "quiet")):
            f.write("%s [success=1 default=ignore] pam_exec.so %s %s %s\n" % (what, args, site.path("check"), what))
            f.write("%s requisite pam_deny.so\n%s required pam_permit.so\n" % (what, what))
    return site


def refused(f, *args):
    try:
        return "%s" % (f(*args),)
    except (imaplib.IMAP4.error, poplib.error_proto) as e:
        return str(e)


site = pam_site()
os.mkdir(site.path("modules"))
for name in os.listdir(os.environ["ANGARIUM_MODULES"]):
    if name != "pam.so":
        os.symlink(os.path.join(os.environ["ANGARIUM_MODULES"], name), site.path("modules/" + name))
r = subprocess.run([os.path.join(OBJ, "imapd", "imapd"), "-D", "-C", site.cf], capture_output=True, text=True, timeout=60,
                   env=dict(os.environ, ANGARIUM_MODULES=site.path("modules")))
ok(r.returncode != 0 and "pam" in r.stderr, "without the module for PAM, UserDatabase=pam is refused with a reason")
if not os.path.exists(MODULE):              # built without its library
    done_testing()
    sys.exit()
if not EXEC:
    bail("pam_exec.so is not installed; the test of PAM needs it")

for as_root in (True, False) if ROOT else (False,):
    site = pam_site(as_root=as_root)
    site.start("imapd", "popd")
    who = "as root: " if as_root else ""
    m = site.imap(login=False)
    eq(m.login("joe", "pam's own")[0], "OK", who + "the right password")
    with open(site.path("out/asked")) as f:
        eq(f.read(), "joe 127.0.0.1", "PAM was told who asks, and from where")
    site.deliver(b"Subject: x\n\ny\n")
    eq(m.select()[1], [b"1"], "and his mail is there")
    m.logout()
    m = site.imap(login=False)
    like(refused(m.login, "joe", PASSWORD), "AUTHENTICATIONFAILED", who + "a wrong one")
    like(refused(m.login, "ann", "pam's own"), "AUTHENTICATIONFAILED", who + "an account that is closed")
    p = site.pop(login=False)
    p.user("joe")
    like(refused(p.pass_, "pam's own"), r"\+OK", who + "POP3")
    p.quit()
    ok("forbidden" not in site.log("imapd") and "ERROR" not in site.log("imapd"), "no process broke its bounds")

site = pam_site("nosuch").start("imapd")
m = site.imap(login=False)
like(refused(m.login, "joe", "pam's own"), "UNAVAILABLE|AUTHENTICATIONFAILED", "a service that is not there lets nobody in")
with open(site.cf) as f:
    text = f.read()
with open(site.cf, "w") as f:
    f.write(text.replace("pam:nosuch", "pam:../x"))
r = subprocess.run([os.path.join(OBJ, "imapd", "imapd"), "-D", "-C", site.cf], capture_output=True, text=True, timeout=60)
eq(r.returncode, 78, "a path is no service")
like(r.stderr, "name of a PAM service", "and that is told")
done_testing()
