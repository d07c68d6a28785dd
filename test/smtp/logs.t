#!/usr/bin/env python3
"""logs: the lines about a message as sendmail 8.17 writes them, compared with what it wrote for the same commands: addresses as they were given,
sizes, priorities, ctladdr, clones, messages that came to nothing, recipients that are refused, exit codes."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

sink = Sink()
ME = subprocess.run(["id", "-un"], capture_output=True, text=True).stdout.strip()
IDS = "(%d/%d)" % (os.getuid(), os.getgid())
h = Host(mc="define(`SMART_HOST', `esmtp:[127.0.0.1]')\ndefine(`ESMTP_MAILER_ARGS', `TCP $h %d')\ndefine(`confLOG_LEVEL', `9')\n"
            "define(`confDEF_USER_ID', `%d:%d')\n" % (sink.port, os.getuid() or 1, os.getgid() or 1),
         aliases="postmaster: root\nlist: ann@far.test, bill@far.test\nowner-list: boss@far.test\nme: ann@far.test\nfail: \"|exit 69\"\npipe: \"|cat >/dev/null\"\n",
         mode="interactive", start_it=False)
TEXT = "Subject: x\n\nhello\n"


def plain(line):
    """Without what is another each time."""
    line = re.sub(r"^.*?sendmail\[\d+\]: ", "", line.strip())
    line = re.sub(r"\b[0-9A-Za-z]{8}\d{6,}\b", "ID", line)
    line = re.sub(r"\d{12}\.ID", "MID", line)
    line = re.sub(r"(x?delay)=[\d:+]+", r"\1=T", line)
    return re.sub(r"pri=3\d{4}, relay", "pri=N, relay", line) if "to=%s," % ME in line and "3.1" in line else line


def command(*argv, text=TEXT, code=0):
    at = len(open(h.path("log", "mail")).read()) if os.path.exists(h.path("log", "mail")) else 0
    with open(h.path("log", "mail"), "ab") as log:
        r = subprocess.run([os.path.join(OBJ, "sendmail", "sendmail"), "-C", h.cf, "-oi"] + list(argv), input=text.encode(), stdout=subprocess.PIPE,
                           stderr=log, timeout=60, env=dict(os.environ, ANGARIUM_LOG="stderr"))
    eq(r.returncode, code, " ".join(argv) + ": exit code")
    return [plain(x) for x in open(h.path("log", "mail")).read()[at:].split("\n") if "sendmail[" in x and "sandbox" not in x]


FROM = "ID: from=%s, size=%d, class=0, nrcpts=%d, msgid=<MID@mail.here.test>, relay=" + ME + "@localhost"
TO = "ID: to=%s, delay=T, xdelay=T, mailer=esmtp, pri=%d, relay=[127.0.0.1] [127.0.0.1], dsn=2.0.0, stat=Sent (%s)"


def sent(line):
    return re.sub(r"stat=Sent \(.*\)$", "stat=Sent (...)", line)


if os.getuid() != 0:
    skip("interactive delivery by a command", "only root's commands run the roles")
    done_testing()
root = [sent(x) for x in command("-odi", "a@b.test")]
eq(root, [FROM % (ME, 18, 1), TO % ("a@b.test, ctladdr=%s %s" % (ME, IDS), 30018, "...")], "an address as it was typed, the whole size, whose rights")
eq([sent(x) for x in command("-odi", "-f", "joe@far.test", "<a@b.test>")],
   [FROM % ("joe@far.test", 18, 1), TO % ("<a@b.test>, ctladdr=joe@far.test %s" % IDS, 30018, "...")], "... or in brackets; -f")
eq([sent(x) for x in command("-odi", "-t", text="To: Joe User <a@b.test>, \"Q, X\" <c@b.test>, (comment) d@b.test\n" + TEXT)],
   [FROM % (ME, 81, 3), TO % ("Joe User <a@b.test>,\"Q, X\" <c@b.test>,(comment) d@b.test, ctladdr=%s %s" % (ME, IDS), 90081, "...")], "with names, as the header has them")
eq(command("-odq", "a@b.test"), [FROM % (ME, 18, 1), "ID: to=a@b.test, delay=T, mailer=esmtp, pri=30018, stat=queued"], "-odq")
got = [sent(x) for x in command("-odi", "list")]
eq(got[1:2], ["ID: ID: clone: owner=boss@far.test"], "a list with an owner: a message of its own")
like(got[2] if len(got) > 2 else "", r"^ID: to=(ann@far.test,bill@far.test|bill@far.test,ann@far.test), delay=T,", "... whose recipients are nobody's here")
got = command("-odi", "a@b.test", "list")
ok(any(x.startswith("ID: to=a@b.test, ctladdr=%s %s, delay=T," % (ME, IDS)) for x in got), "... beside one whose message stays its sender's") or diag("\n".join(got))
got = command("-odi", "pipe")
like(got[1], r'^ID: to="\|cat >/dev/null", ctladdr=pipe \(\d+/\d+\), delay=T, xdelay=T, mailer=prog, pri=30018, dsn=2.0.0, stat=Sent$', "a program of an alias")
got = [sent(x) for x in command("-odi", "fail", code=69)]
like(got[1], r'^ID: to="\|exit 69", ctladdr=fail \(\d+/\d+\), delay=T, xdelay=T, mailer=prog, pri=30018, dsn=5.0.0, stat=Service unavailable$', "one that fails")
eq(got[2], "ID: ID: DSN: Service unavailable", "... and the report")
ok(not any("from=<>" in x for x in got), "... of which is said no more")
got = command("-odi", "-f", "joe@far.test", "nosuchuser", code=67)
eq(got[0], "ID: nosuchuser... User unknown", "nobody here is called so")
ok("ID: ID: DSN: User unknown" in got, "... a sender from elsewhere hears by mail")
ok(not any("daemon" in x or "RoleUser" in x for x in got), "a command is no daemon")
# what the report of the command before has to say may come late
eq([x for x in command("-t", text=TEXT) if "nrcpts=0" in x], [FROM % (ME, 18, 0)], "no recipients: said, too")
h.start()
c = h.connect(helo="me")
print("# helo")
for line in ("MAIL FROM:<root@here.test>", "RCPT TO:<nosuchuser>", "RCPT TO:<\"|prog\">", "RSET", "VRFY root", "EXPN list", "MAIL FROM:root@here.test", "QUIT"):
    c.cmd(line)
c.close()
for want in (r"\w+: <nosuchuser>\.\.\. User unknown", r"\w+: <\"\|prog\">\.\.\. Cannot mail directly to programs",
             r"\w+: from=<root@here.test>, size=0, class=0, nrcpts=0, proto=ESMTP, daemon=MTA, relay=localhost \[127.0.0.1\]",
             r": localhost \[127.0.0.1\]: VRFY root", r": localhost \[127.0.0.1\]: EXPN list",
             r"\w+: from=root@here.test, size=0, class=0, nrcpts=0, proto=ESMTP, daemon=MTA"):
    ok(h.await_log(want), "SMTP: " + want)
h.stop()
sink.close()
done_testing()
