#!/usr/bin/env python3
"""submit_rules: the rulesets of H lines and check_eoh see what programs hand in, too: refused, put off, kept aside, thrown away, as by sendmail 8.17."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink

sink = Sink()
m = Mta(smart_host=sink, mc_end=(r"""LOCAL_CONFIG
LOCAL_RULESETS
HSubject: $>chk
Schk
Rrej	$#error $@ 5.7.1 $: "550 no such subject"
Rtemp	$#error $@ 4.7.1 $: "450 later subject"
Rdisc	$#discard
Rquar	$#error $@ quarantine $: held
Scheck_eoh
R7 $| $*	$#error $@ 5.7.7 $: "550 seven"
"""))


def send(subject, *args, header="", body="hi\n"):
    return m.command("-i", "-odi", "-f", "ann@green.test", *args, input="Subject: %s\n%s\n%s" % (subject, header, body))


code, out, err = send("rej", "bob@red.test")
eq((code, err), (65, "no such subject\nann@green.test... no such subject\n"), "refused: said, and EX_DATAERR")
g = sink.wait(1)[0]
eq((g.sender, g.rcpts), ("", ["ann@green.test"]), "a report goes to the sender, nothing to the recipient")
like(g.data.decode().replace("\r\n", "\n"), r"(?s)permanent fatal errors -----\n<?bob@red\.test>?\n.*-----\n550 5\.7\.1 no such subject\n\n.*\nStatus: 5\.0\.0\n.*Subject: rej\n", "... and says what the ruleset said")
code, out, err = send("rej", "bob@red.test", body="long\n" * 40000)
eq((code, len(sink.wait(2)), m.queue()), (65, 2, []), "a long one leaves nothing behind")
code, out, err = send("disc", "bob@red.test")
eq((code, err, m.queue()), (0, "", []), "discarded")
code, out, err = send("ok", "bob@red.test", header="".join("X%d: y\n" % i for i in range(6)))
eq((code, err), (65, "seven\nann@green.test... seven\n"), "check_eoh counts fields")
sink.wait(3)
code, out, err = send("quar", "bob@red.test")
eq((code, m.queue(), len(m.queue("hf"))), (0, [], 1), "quarantined")
like(m.command("-bp", "-qQ")[1], "QUARANTINE: held", "... with the reason")
code, out, err = send("temp", "bob@red.test")
eq((code, err, len(m.queue())), (0, "later subject\n", 1), "put off")
like(m.command("-bp")[1], r"\(later subject\)", "... and mailq says why")
eq(len(sink.messages), 3, "nothing was sent meanwhile")
m.command("-q")
eq([g.rcpts for g in sink.wait(4)[3:]], [["bob@red.test"]], "the next run sends it")
done_testing()
