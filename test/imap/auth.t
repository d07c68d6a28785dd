#!/usr/bin/env python3
"""Ways to log in: system users' shadow, sasldb with further mechanisms, passwords only inside TLS, reload, guesses."""
import base64
import os
import shutil
import signal
import subprocess
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mailsite import *


def refused(f, *a):
    try:
        f(*a)
        return "OK"
    except imaplib.IMAP4.error as e:
        return str(e)


# passwords only inside TLS
site = Site("maildir", plaintext="tls").start("imapd", "popd")
m = site.imap(login=False)
ok("LOGINDISABLED" in m.capabilities and not any("AUTH=PLAIN" == c for c in m.capabilities), "in clear no password is asked for")
like(refused(m.login, "joe", PASSWORD), "PRIVACYREQUIRED", "nor taken")
m.starttls(site.context())
ok("LOGINDISABLED" not in m.capabilities and "AUTH=PLAIN" in m.capabilities, "inside TLS it is")
eq(m.login("joe", PASSWORD)[0], "OK", "STARTTLS and LOGIN")
m.logout()
m = imaplib.IMAP4_SSL("localhost", site.ports["imaps"], ssl_context=site.context(), timeout=30)
eq(m.authenticate("PLAIN", lambda _: b"\0joe\0" + PASSWORD.encode())[0], "OK", "implicit TLS and PLAIN")
site.deliver(b"Subject: x\n\n" + b"0123456789abcdef\n" * 20000)
m.select()
typ, data = m.fetch("1", "(BODY[])")
eq(len(data[0][1]), 14 + 18 * 20000, "a large message passes the relay")
big = b"Subject: y\r\n\r\n" + b"fedcba9876543210\r\n" * 20000
eq(m.append("INBOX", None, None, big)[0], "OK", "in both directions")
typ, data = m.fetch("2", "(BODY.PEEK[])")
ok(data[0][1] == big, "unchanged")
m.logout()
m = imaplib.IMAP4_SSL("localhost", site.ports["imaps"], ssl_context=site.context(), timeout=30)
step = []


def login_steps(challenge):
    step.append(challenge)
    return b"joe" if len(step) == 1 else PASSWORD.encode()


eq(m.authenticate("LOGIN", login_steps)[0], "OK", "LOGIN, in two steps")
m.logout()
p = site.pop(login=False)
p.stls(site.context())
p.user("joe")
like(p.pass_(PASSWORD).decode(), r"^\+OK", "POP3 the same")
p.quit()
m = site.imap(login=False)
like(refused(m.authenticate, "PLAIN", lambda _: b"\0joe\0" + PASSWORD.encode()), "BAD|NO", "PLAIN in clear is not offered")
m.shutdown()
m = imaplib.IMAP4_SSL("localhost", site.ports["imaps"], ssl_context=site.context(), timeout=30)
like(refused(m.authenticate, "PLAIN", lambda _: b"ann\0joe\0" + PASSWORD.encode()), "NO|AUTHENTICATIONFAILED", "nobody acts for another")
m.shutdown()

# the same answer, and about the same time, for a wrong password and no such user
site = Site("maildir").start("imapd")
answers = []
for user in ("ann", "nobody.here"):
    m = site.imap(login=False)
    answers.append(refused(m.login, user, "wrong"))
    m.shutdown()
eq(answers[0], answers[1], "a wrong password and an unknown user get the same answer")

# reload
pid = site.procs["imapd"].pid
old = site.imap()
old.select()
with open(site.cf) as f:
    good = f.read()
with open(site.cf, "w") as f:
    f.write(good + "O NoSuchOption=1\n")
os.kill(pid, signal.SIGHUP)
ok(site.await_log("imapd", "NoSuchOption"), "SIGHUP: an error in the configuration is told")
m = site.imap()
eq(m.noop()[0], "OK", "and the old one stays in force")
m.logout()
# a key that is none
with open(site.cf, "w") as f:
    f.write(re.sub(r"(?m)^O ServerKeyFile=.*", "O ServerKeyFile=" + site.cf, good))
ok("ServerKeyFile=" in good, "there is a key")
os.kill(pid, signal.SIGHUP)
ok(site.await_log("imapd", "configuration not taken over"), "SIGHUP: a key that is none is told")
m = site.imap()
eq(m.noop()[0], "OK", "and the old one stays in force")
m.logout()
m = imaplib.IMAP4_SSL("localhost", site.ports["imaps"], ssl_context=site.context(), timeout=30)
eq(m.noop()[0], "OK", "with its key")
m.logout()
newport = port()
with open(site.cf, "w") as f:
    f.write(good.replace("HostName=localhost", "HostName=new.example").replace("Port=%d" % site.ports["imaps"], "Port=%d" % newport))
os.kill(pid, signal.SIGHUP)
ok(site.await_log("imapd", "taken over"), "SIGHUP: a good one is taken over")
ok(await_port(newport), "a new listener is there")
for _ in range(100):
    m = site.imap(login=False)
    if b"new.example" in m.welcome:
        break
    m.logout()
    time.sleep(0.05)
ok(b"new.example" in m.welcome, "with the new name")
eq(m.login("joe", PASSWORD)[0], "OK", "and works")
eq(old.noop()[0], "OK", "a session from before goes on")
old.logout()
m.logout()
FRONTS = min(64, os.sysconf("SC_NPROCESSORS_ONLN"))
end = time.monotonic() + 5
while time.monotonic() < end:
    kids = subprocess.run(["ps", "-A", "-o", "ppid=,args="], capture_output=True, text=True).stdout.splitlines()
    kids = [k for k in kids if k.split()[0] == str(pid)]
    if len(kids) == 2 + FRONTS:		# auth and keys
        break
    time.sleep(0.1)
eq(len(kids), 2 + FRONTS, "the old processes leave when their work is done")
site.procs["imapd"].terminate()
eq(site.procs["imapd"].wait(10), 0, "SIGTERM ends it")

# a role that dies is started again
site = Site("maildir").start("imapd")
site.await_log("imapd", "ready")
pid = site.procs["imapd"].pid
for role in ("front", "auth"):
    rows = [x.split(None, 2) for x in subprocess.run(["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True).stdout.splitlines()]
    os.kill(next(int(r[0]) for r in rows if r[1] == str(pid) and role in r[2]), signal.SIGKILL)
    ok(site.await_log("imapd", "died, it is started again"), role + " was killed")
    got = ""
    for _ in range(100):
        try:
            m = site.imap()
            got = m.noop()[0]
            m.logout()
            break
        except (OSError, imaplib.IMAP4.error):
            time.sleep(0.1)
    eq(got, "OK", "and is there again")

# sasldb and its mechanisms
if shutil.which("saslpasswd2") and os.path.exists(os.path.join(OBJ, "modules", "saslex.so")):
    site = Site("maildir")
    db = site.path("sasldb")
    subprocess.run(["saslpasswd2", "-c", "-p", "-f", db, "-u", "localhost", "joe"], input=PASSWORD.encode(), check=True)
    if ROOT:
        os.chown(db, OWNER.pw_uid, OWNER.pw_gid)
    with open(site.path("virtual"), "w") as f:
        f.write("joe:%d:%d:%s/joe\n" % (OWNER.pw_uid, OWNER.pw_gid, site.home))
    with open(site.cf) as f:
        text = f.read()
    with open(site.cf, "w") as f:
        f.write(text.replace("UserDatabase=file:" + site.path("users"), "UserDatabase=sasldb") + "O SaslDB=%s\nO VirtualUsers=%s\n"
                "O AuthMechanisms=PLAIN LOGIN CRAM-MD5 SCRAM-SHA-256\n" % (db, site.path("virtual")))
    site.start("imapd", "popd")
    m = site.imap()
    eq(m.noop()[0], "OK", "sasldb: LOGIN")
    m.logout()
    m = site.imap(login=False)
    like(refused(m.login, "joe", "wrong"), "AUTHENTICATIONFAILED", "sasldb: wrong password")
    if any("CRAM-MD5" in c for c in m.capabilities):
        m = site.imap(login=False)
        eq(m.login_cram_md5("joe", PASSWORD)[0], "OK", "sasldb: CRAM-MD5")
        m.logout()
    else:
        ok(not os.path.exists("/usr/lib/x86_64-linux-gnu/sasl2/libcrammd5.so"), "sasldb: CRAM-MD5 is not installed")
    p = site.pop()
    eq(p.stat(), (0, 0), "sasldb: POP3")
    p.quit()
else:
    site = Site("maildir")
    site.write_cf()
    with open(site.cf) as f:
        text = f.read()
    with open(site.cf, "w") as f:
        f.write(text.replace("UserDatabase=file:" + site.path("users"), "UserDatabase=sasldb"))
    if not os.path.exists(os.path.join(OBJ, "modules", "saslex.so")):
        r = subprocess.run([os.path.join(OBJ, "imapd", "imapd"), "-D", "-C", site.cf], capture_output=True, text=True, timeout=30)
        ok(r.returncode != 0 and "sasl" in r.stderr, "without the SASL library, sasldb is refused with a reason")
    else:
        skip("sasldb", "no saslpasswd2 here: nobody can be put into one")

# a wrong configuration
r = run([os.path.join(OBJ, "imapd", "imapd"), "-D", "-C", "/nonexistent/mailbox.cf"])
eq(r[0], 78, "no configuration: EX_CONFIG")
like(r[2], "/nonexistent/mailbox.cf", "named")
with open(site.path("bad.cf"), "w") as f:
    f.write('#line 7 "mailbox.mc"\nO MailboxFormat=mbx\n')
r = run([os.path.join(OBJ, "popd", "popd"), "-D", "-C", site.path("bad.cf")])
eq(r[0], 78, "a wrong one too")
like(r[2], r'bad\.cf: line 2 \(mailbox\.mc line 7\): "mbx"', "with its line, and the line of the .mc")
with open(site.cf) as f, open(site.path("nokey.cf"), "w") as g:
    g.write(f.read().replace(site.path("key.pem"), "/nonexistent/server.key"))
r = run([os.path.join(OBJ, "imapd", "imapd"), "-C", site.path("nokey.cf")])
like("%d %s" % (r[0], r[2]), "^78 .*ServerKeyFile /nonexistent/server.key: No such file", "a private key that is not there: whoever starts it is told")
r = run([os.path.join(OBJ, "popd", "popd"), "-role", "session"], stdin=subprocess.DEVNULL)
like("%d %s" % (r[0], r[2]), "^77 .*started by its parent", "a role is started by the parent only")
done_testing()
