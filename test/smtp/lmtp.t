#!/usr/bin/env python3
"""lmtp: a mailer on a socket, each recipient answered by itself (RFC 2033); smart host and fallback host."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

MSG = "Subject: x\nFrom: root@here.test\n\n.x\n"


def stat(host, ident, to):
    m = host.await_log(r"%s: to=.*<?%s>?.*, dsn=([0-9.]+), (?:reply=.*, )?stat=(.*)$" % (ident, re.escape(to)))
    return (m.group(1), m.group(2)) if m else ("", host.log()[-1500:])


path = os.path.join(TMP, "lmtp")
sink = Sink(path=path, lmtp=True, offers=["PIPELINING", "SIZE", "ENHANCEDSTATUSCODES"])
os.chmod(path, 0o777)
host = Host(mode="background", mailers="MAILER_DEFINITIONS\nMstore,\t\tP=[IPC], F=lsDFMmnqz, S=EnvFromSMTP/HdrFromSMTP, R=EnvToL, E=\\r\\n,\n\t\tT=DNS/RFC822/SMTP, A=FILE %s\n"
            "LOCAL_RULE_0\nR$+ < @ store . test . > $*\t$#store $@ store.test $: $1\n" % path, dns="store.test. A 192.0.2.1\n")
ident = host.send("a@here.test", ["b@store.test", "c@store.test", "d@store.test"], MSG)
ok(sink.await_messages(1), "a message by LMTP")
eq(sink.messages[0]["helo"], "LHLO mail.here.test", "LHLO")
eq(sink.messages[0]["data"].split(b"\r\n\r\n", 1)[1], b"..x\r\n.\r\n", "dots doubled")
eq(stat(host, ident, "c@store.test"), ("2.0.0", "Sent (taken)"), "delivered")
sink.hooks["."] = lambda s, to: "550 5.2.2 mailbox full" if "<c@" in to or "<c>" in to else "451 4.2.1 locked" if "<d" in to else None
ident = host.send("a@here.test", ["b@store.test", "c@store.test", "d@store.test"], MSG)
eq(stat(host, ident, "b@store.test")[0], "2.0.0", "the first recipient has it")
eq(stat(host, ident, "c@store.test")[0], "5.2.2", "... the second is refused")
eq(stat(host, ident, "d@store.test"), ("4.2.1", "Deferred: 451 4.2.1 locked"), "... the third is put off")
host.stop()
os.unlink(path)

P = port()
hub = Sink(address="127.0.3.1", number=P)
back = Sink(address="127.0.3.2", number=P)
host = Host(mode="background", mc="define(`RELAY_MAILER_ARGS', `TCP $h %d')\ndefine(`SMART_HOST', `relay:dead.hub.test:[sink.hub.test]')\n" % P,
            dns="sink.hub.test. A 127.0.3.1\ndead.hub.test. A 127.0.3.9\n")
ident = host.send("a@here.test", "b@anywhere.test", MSG)
ok(hub.await_messages(1), "SMART_HOST as a list: the next one is tried")
ok("To:<b@anywhere.test>" in hub.messages[0]["rcpt"][0], "... with the address as it was")
host.stop()
host = Host(mode="background", mc="define(`ESMTP_MAILER_ARGS', `TCP $h %d')\ndefine(`confFALLBACK_MX', `sink.back.test')\n" % P,
            dns="sink.back.test. A 127.0.3.2\nfar.test. MX 10 dead.far.test.\ndead.far.test. A 127.0.3.9\n")
host.send("a@here.test", "b@far.test", MSG)
ok(back.await_messages(1), "FallbackMXhost takes what the others do not")
host.stop()
host = Host(mode="background", mc="define(`ESMTP_MAILER_ARGS', `TCP $h %d')\ndefine(`confFALLBACK_SMARTHOST', `[sink.back.test]')\n" % P, dns="sink.back.test. A 127.0.3.2\n")
host.send("a@here.test", "b@unknown.test", MSG)
ok(back.await_messages(2), "FallbackSmartHost takes what nobody knows")
host.stop()
host = Host(mode="background", mc="define(`ESMTP_MAILER_ARGS', `TCP $h %d')\ndefine(`confCONNECT_ONLY_TO', `127.0.3.1')\ndefine(`confHELO_NAME', `me.myself.test')\n"
            "CLIENT_OPTIONS(`Family=inet, Addr=127.0.3.77')\n" % P, dns="far.test. MX 10 mail.far.test.\nmail.far.test. A 192.0.2.1\n")
n = len(hub.messages)
host.send("a@here.test", "b@far.test", MSG)
ok(hub.await_messages(n + 1), "ConnectOnlyTo: everything goes there")
eq(hub.messages[-1]["helo"], "EHLO me.myself.test", "HeloName is what we say")
eq(hub.messages[-1]["peer"], "127.0.3.77", "ClientPortOptions: the address we come from")
done_testing()
