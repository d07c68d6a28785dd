#!/usr/bin/env python3
"""moments: rulesets that sendmail asks at moments easily forgotten, with the arguments it hands them: NOOP and VERB, -bs, a second recipient, a message
without an identifier, check_compat; and the log lines of refusals as programs read them (fail2ban, logwatch).  All as recorded from sendmail 8.17."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

sink = Sink(offers=["SIZE"])
RULES = r"""LOCAL_CONFIG
Kshow syslog
LOCAL_RULESETS
HX-Bad: $>ChkBad
SChkBad
Rbad	$#error $@ 5.7.1 $: "550 bad field"
Scheck_other
RNOOP nay $| 2	$#error $@ 5.7.1 $: "550 no nop"
RVERB $| 2	$#error $@ 5.7.1 $: "550 no verb"
SLocal_check_relay
R$* $| 127.0.0.5	$#error $@ 5.7.1 $: "550 not you"
R$* $| 127.0.0.6	$#discard
R$* $| 127.0.0.7	$#error $@ quarantine $: odd
SLocal_check_mail
R<m@from.test>	$#error $@ 5.7.1 $: "550 from " $&{mail_from}
SLocal_check_rcpt
R$*	$: $&{rcpt_addr}
Rn1	$: $(show notify n1 $&{dsn_notify} end $)
Rn2	$: $(show notify n2 $&{dsn_notify} end $)
Scheck_eoh
R7 $| $*	$#error $@ 5.7.1 $: "550 seven"
Scheck_eom
R$*	$: $(show eom $&{msg_id} $) $1
Scheck_compat
R$*	$: $(show compat $1 $) $1
R$* $| <nay@far.test>	$#error $@ 5.7.8 $: "550 not him"
LOCAL_SRV_FEATURES
R$* $| $*	$: $&{client_addr}
R0	$# X
R$*	$@ OK
"""
host = Host(mode="background", mc="define(`ESMTP_MAILER_ARGS', `TCP $h %d')\n" % sink.port, mailers=RULES, aliases="postmaster: root\nn1: root\nn2: root\nlst: yes@far.test, \\root\nowner-lst: root\n",
            dns="far.test. A 127.0.0.1\nfrom.test. A 127.0.0.1\n")
c = host.connect(helo="me")
eq(c.cmd("NOOP"), "250 2.0.0 OK", "NOOP")
eq(c.cmd("NOOP nay"), "550 5.7.1 no nop", "check_other may refuse NOOP")
eq(c.cmd("VERB"), "550 5.7.1 no verb", "... and VERB")
eq(c.cmd("MAIL FROM:<m@from.test>"), "550 5.7.1 <m@from.test>... from <m@from.test>", "{mail_from} is there in check_mail")
c.cmd("MAIL FROM:<a@far.test>")
like(c.cmd("RCPT TO:<n1@here.test> NOTIFY=DELAY"), "^250", "a recipient with NOTIFY")
like(c.cmd("RCPT TO:<n2@here.test>"), "^250", "... and one without")
like(c.cmd("RCPT TO:<yes@far.test>"), "^250", "... and one elsewhere")
like(c.cmd("RCPT TO:<nay@far.test>"), "^250", "... and one whom check_compat refuses")
c.cmd("DATA")
like(c.cmd("Subject: x\r\n\r\nbody\r\n."), "^250", "the message")
ok(host.await_log(r" [0-9A-Za-z]{14}: notify.n1.DELAY.end"), "{dsn_notify} of the first; lines of a map of class syslog have the queue id")
ok(host.await_log(r"notify.n2.end"), "... is not that of the next one")
ok(host.await_log(r"eom.?<\d{12}\.\w{14}@\S+>"), "{msg_id} in check_eom: the one that is going to be made")
ok(host.await_log(r"compat.?<a@far\.test> ?\$\| ?<yes@far\.test>"), "check_compat has addresses as they were given") or diag(host.log())
ok(host.await_log(r"ruleset=check_compat, arg1=<a@far\.test>, arg2=<nay@far\.test>, relay=localhost \[127\.0\.0\.1\], reject=550 5\.7\.8 <nay@far\.test>\.\.\. not him$"), "its refusal is logged")
ok(sink.await_messages(1), "the message goes on")

for ip, what in (("127.0.0.5", "reject=550 5.7.1 not you"), ("127.0.0.6", "discard"), ("127.0.0.7", "quarantine=odd")):
    host.connect(source=ip, helo="me").close()
    ok(host.await_log(r"ruleset=check_relay, arg1=\[%s\], arg2=%s, relay=\[%s\], %s$" % ((re.escape(ip),) * 3 + (re.escape(what),))), "check_relay: " + what)
host.send("root@here.test", "root", "".join("X%d: y\n" % i for i in range(7)) + "\nbody\n")
ok(host.await_log(r"ruleset=check_eoh, arg1=7, arg2=\d+, relay=localhost \[127\.0\.0\.1\], reject=550 5\.7\.1 seven$"), "check_eoh: both arguments")
host.send("root@here.test", "root", "X-Bad: bad\n\nbody\n")
ok(host.await_log(r"ruleset=ChkBad, arg1= bad, relay=localhost \[127\.0\.0\.1\], reject=550 5\.7\.1 bad field$"), "a header's ruleset by its name")

host.send("a@far.test", "lst", "Subject: l\n\nbody\n")
ok(host.await_log(r"to=<?yes@far\.test>?, ctladdr=<?root>? \(0/0\), "), "a list's mail is its owner's, whose account the log names") or diag(host.log())
ok(host.await_log(r"to=\\\\root, "), "a backslash is two in the log, as with sendmail") or diag(host.log())
p = subprocess.Popen([os.path.join(OBJ, "sendmail", "sendmail"), "-C", host.cf, "-bs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
p.stdout.readline()
p.stdin.write("HELO me\r\n")
p.stdin.flush()
p.stdout.readline()
out = p.communicate("EXPN root\r\nQUIT\r\n")[0]
like(out, r"\A502 5\.7\.0 Sorry, we do not allow this operation", "-bs: srv_features is asked, and {client_addr} is 0")
host.stop()
done_testing()
