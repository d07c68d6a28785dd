#!/usr/bin/env python3
"""filter_place: a filter's unix socket that others could replace stops the daemon, its reload and sendmail -bC, as in sendmail; one that is missing is told."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *
from milter import Filter

host = Host(mc="INPUT_MAIL_FILTER(`one', `S=local:@DIR@/f/one, F=T')\nFEATURE(`accept_unresolvable_domains')\n", start_it=False)
where = host.path("f")
os.mkdir(where)
SENDMAIL = os.path.join(OBJ, "sendmail", "sendmail")
with open(host.cf) as f:
    TEXT = f.read()


def check():
    code, out, err = run([SENDMAIL, "-C", host.cf, "-bC"])
    return [line.split("sendmail.cf:")[-1] for line in (out + err).splitlines() if "Xone" in line]


def starts():
    """"" when the daemon refuses to, with its words."""
    r = subprocess.run([SENDMAIL, "-C", host.cf, "-bD"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, env=dict(os.environ, ANGARIUM_LOG="stderr"))
    return r.returncode, r.stdout + r.stderr


like(check()[0] if check() else "", r"^\d+: warning: Xone: local socket name \S+/f/one missing$", "-bC warns of a socket that is missing")
one = Filter("local:%s/one" % where)
for mode, word, safe in ((0o755, "", True), (0o700, "", True), (0o775, "", False), (0o775, "GroupWritableDirPathSafe", True), (0o777, "", False), (0o1777, "", True), (0o777, "GroupWritableDirPathSafe", False)):
    os.chmod(where, mode)
    with open(host.cf, "w") as f:
        f.write(TEXT + ("O DontBlameSendmail=TrustStickyBit,%s\n" % word if word else ""))
    said = check()
    what = "-bC: a folder of mode %o %s" % (mode, word)
    if safe:
        eq(said, [], what)
    else:
        like(said[0] if said else "", r"Xone: local socket name \S+/f/one unsafe: \S+/f: folder is (group|world) writable$", what)
code, out = starts()
eq(code, 78, "the daemon does not start then")
like(out, r"Xone: local socket name \S+/f/one unsafe: \S+/f: folder is world writable", "... and says why")
os.chmod(where, 0o755)
os.rename(os.path.join(where, "one"), os.path.join(where, "real"))
os.symlink("real", os.path.join(where, "one"))
like(check()[0], r"unsafe: symbolic links are not allowed$", "a symbolic link is none, either")
os.unlink(os.path.join(where, "one"))
host.start()
ok(host.await_log(r"WARNING: Xone: local socket name \S+/f/one missing"), "a daemon starts when a socket is missing, and warns")
os.rename(os.path.join(where, "real"), os.path.join(where, "one"))
c = host.connect(helo="me")
like(c.cmd("MAIL FROM:<a@far.test>"), "^250 ", "... and asks the filter once it is there")
c.close()
os.chmod(where, 0o777)
host.process.send_signal(signal.SIGHUP)
ok(host.await_log(r"Xone: local socket name \S+ unsafe: .*: the configuration in use stays in force"), "a reload is refused when it is unsafe")
c = host.connect(helo="me")
like(c.cmd("NOOP"), "^250 ", "... and mail goes on")
c.close()
host.stop()
done_testing()
