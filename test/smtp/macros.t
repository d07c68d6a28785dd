#!/usr/bin/env python3
"""macros: which of them rulesets see at which moment, as recorded from sendmail 8.17 with the same message; what the command line sets."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

P = port()
sink = Sink(number=P, offers=["SIZE", "DSN"])
NAMES = ("c", "{bodytype}", "{queue_interval}", "{client_flags}", "{nrcpts}", "{nbadrcpts}", "{envid}", "{dsn_ret}", "{dsn_envid}", "{dsn_notify}", "{ntries}",
         "{deliveryMode}", "{msg_id}", "{if_addr_out}", "{if_family_out}", "{if_name_out}", "{load_avg}", "{daemon_info}")
SETS = [("S" + s, s) for s in ("check_data", "check_eom", "check_compat")] + [("LOCAL_TLS_SERVER", "tls_server"), ("LOCAL_TLS_RCPT", "tls_rcpt")]
SHOW = "".join(" %s=$&%s;" % (n.strip("{}"), n) for n in NAMES)
host = Host(mode="background", q="30m",
            mc="define(`ESMTP_MAILER_ARGS', `TCP $h %d')\nCLIENT_OPTIONS(`Family=inet, M=hA')\n" % P,
            mailers="LOCAL_CONFIG\nKshow syslog\nLOCAL_RULESETS\n" + "".join("%s\nR$*\t$: $(show seen %s%s $) $1\n" % (w, s, SHOW) for w, s in SETS),
            dns="far.test. MX 5 sink.far.test.\nsink.far.test. A 127.0.0.1\n")
c = host.connect(helo="me")
for line in ("MAIL FROM:<a@far.test> BODY=8BITMIME SIZE=77 RET=HDRS ENVID=e1", "RCPT TO:<b@far.test> NOTIFY=SUCCESS,DELAY", "DATA"):
    c.cmd(line)
c.send("Received: a\r\nReceived: b\r\nMessage-Id: <mid@x>\r\n\r\nhello\r\n.\r\n")
like(c.reply(), "^250", "a message")
ok(sink.await_messages(1), "it goes on")


def seen(what):
    m = host.await_log(r"seen.%s.(.*;)" % what, 20)
    got = dict(re.findall(r"(\w+)=\.?(.*?);", m.group(1))) if m else {"log": host.log()[-1500:]}
    like(got.pop("load_avg", ""), r"^\d+$", "{load_avg} in " + what)
    return got


ALWAYS = {"queue_interval": "00:30:00", "nrcpts": "1", "nbadrcpts": "0", "dsn_ret": "HDRS", "dsn_envid": "e1", "ntries": "0", "deliveryMode": "b", "if_addr_out": "", "if_family_out": "", "if_name_out": ""}
SERVER = dict(ALWAYS, bodytype="", client_flags="", envid="", dsn_notify="", daemon_info="SMTP+queueing@00:30:00")
CLIENT = dict(ALWAYS, c="3", bodytype="7BIT", envid="e1", msg_id="<mid@x>", daemon_info="")
eq(seen("check_data"), dict(SERVER, c="0", msg_id=""), "check_data")
eq(seen("check_eom"), dict(SERVER, c="3", msg_id="<mid@x>"), "check_eom")
eq(seen("check_compat"), dict(CLIENT, client_flags="", dsn_notify=""), "check_compat")
eq(seen("tls_server"), dict(CLIENT, client_flags="h.AA", dsn_notify="SUCCESS,DELAY"), "tls_server")
eq(seen("tls_rcpt"), dict(CLIENT, client_flags="h.AA", dsn_notify="SUCCESS,DELAY"), "tls_rcpt")

sendmail = [os.path.join(OBJ, "sendmail", "sendmail"), "-Am", "-C", host.cf]
code, out, err = run(sendmail + ["-h", "26", "-f", "a@far.test", "b@far.test"], input="Subject: x\n\nx\n")
eq((code, err), (69, "554 5.4.6 Too many hops 26 (25 max): from a@far.test via localhost, to b@far.test\n"), "-h: more than MaxHopCount")
code, out, err = run(sendmail + ["-ba", "-f", "a@far.test", "b@far.test"], input="Subject: x\n\nx\n")
eq((code, err), (0, ""), "-ba: a message from the standard input")
done_testing()
