#!/usr/bin/env python3
"""headers: rulesets of header fields, check_eoh, check_eom and check_data, as recorded from sendmail, but for long fields, which it does not look at and we do;
MaxHeadersLength to the octet; EightBitMode."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

RULES = """LOCAL_RULESETS
HSubject: $>CheckSubj
HX-Plus: $>+CheckPlus
HX-Len: $>CheckLen
HX-Quar: $>CheckQuar
HX-Disc: $>CheckDisc
HX-Temp: $>CheckTemp
HX-Nobody: $>NoSuchRuleset
H*: $>+CheckAny
SCheckSubj
Rstop $*\t\t$#error $@ 5.7.1 $: "550 subj " $1 " len " $&{hdrlen} " name " $&{hdr_name} " addr_type " $&{addr_type}
Rcurr $*\t\t$#error $@ 5.7.1 $: "550 curr " $&{currHeader}
SCheckPlus
R$*\t\t\t$#error $@ 5.7.2 $: "550 plus " $1
SCheckLen
R$*\t\t\t$#error $: "550 5.7.3 len " $&{hdrlen}
SCheckQuar
R$*\t\t\t$#error $@ quarantine $: quarantined by $1
SCheckDisc
R$*\t\t\t$#discard $: discard
SCheckTemp
R$*\t\t\t$#error $@ 4.7.1 $: "451 temp " $1
SCheckAny
R$*\t\t\t$: $1 $| $&{hdr_name}
R$* $| X-Any\t\t$#error $@ 5.7.9 $: "550 any " $1 " of " $&{hdrlen}
R$* $| X-Any2\t\t$#error $: any2 without code
Scheck_eoh
R21 $| $*\t\t$#error $@ 5.7.4 $: "550 eoh 21 " $1
R5 $| $*\t\t\t$#error $@ 5.7.4 $: "550 eoh 5 " $1
Scheck_eom
R4444\t\t\t$#error $@ 5.7.5 $: "550 eom " $&{msg_size}
Scheck_data
R2\t\t\t$#error $@ 5.7.6 $: "550 data two"
"""
host = Host(mc=RULES)
OK = r"^\w{14}$"
for header, want in (
        ("Subject: fine\n", OK),
        ("Subject: stop here\n", "550 5.7.1 subj here len 10 name Subject addr_type h"),
        ("Subject: stop here (a comment) <x>\n", "550 5.7.1 subj here<x> len 26 name Subject addr_type h"),
        ("Subject: stop here\n\tand there\n", "550 5.7.1 subj here and there len 21 name Subject addr_type h"),
        ("Subject:\n", OK),
        ("Subject: curr a\n  b\n\tc\n", "550 5.7.1 curr  curr a   b  c"),
        ("Subject: stop \xe9\xe8\n", "550 5.7.1 subj ih len 8 name Subject addr_type h"),
        ("Subject: stop \x01\x02x\n", "550 5.7.1 subj x len 9 name Subject addr_type h"),
        ("Subject: stop (unbal \"x\n", "550 5.7.1 subj  len 15 name Subject addr_type h"),
        ("Subject: stop <a@b\n", "550 5.7.1 subj <a@b> len 10 name Subject addr_type h"),
        ("X-Plus: hello (comment) <a@b>\n", "550 5.7.2 plus hello(comment)<a@b>"),
        ("x-plus: a, b; c (d)\n", "550 5.7.2 plus a,b;c(d)"),
        ("X-Len: abc\n", "550 5.7.3 len 4"),
        ("X-Len:\n", OK),
        ("X-Len: abc\n def\n", "550 5.7.3 len 9"),
        ("X-Temp: x\n", "451 4.7.1 temp x"),
        ("X-Nobody: x\n", OK),
        ("X-Any: value (c)\n", "550 5.7.9 any value(c) of 10"),
        ("X-Any2: value\n", "553 5.3.0 any2 without code"),
        ("X-Any: one\nX-Temp: two\n", "550 5.7.9 any one of 4"),
        ("X-Temp: two\nX-Any: one\n", "550 5.7.9 any one of 4"),
        ("X-Disc: two\nX-Any: one\n", "550 5.7.9 any one of 4"),
        ("X-Quar: two\nX-Any: one\n", "550 5.7.9 any one of 4"),
        ("A: 1\nB: 2\nC: 3\nD: 4\nE: 5\n", "550 5.7.4 eoh 5 26"),
        ("".join("X%d: y\n" % i for i in range(21)), "550 5.7.4 eoh 21 138"),
        # long ones: sendmail lets these through unseen
        ("X-Len: " + "z" * 5000 + "\n", "550 5.7.3 len 5001"),
        ("X-Len: " + "z " * 2000 + "\n", "550 5.7.3 len 4001"),
        ("X-Other: " + "z" * 5000 + "\n", OK), ("X-Other: " + "a,b " * 3000 + "\n", OK)):
    got = host.send("root@here.test", "root", header.encode("latin-1") + b"\nbody\n")
    name = header[:40].replace("\n", "\\n")
    like(got, want, name) if want is OK else eq(got, want, name)
for text, want in (("A: 1\nB: 2\nC: 3\nD: 4\nE: 5\n", 25), ("A: 1\nB: 2\nC: 3\nD: 4\nE: 5\nno field\nF: 6\n", 34)):
    eq(host.send("root@here.test", "root", text), "550 5.7.4 eoh 5 %d" % want, "no empty line: %d" % want)
    c = host.connect(helo="me")
    c.cmd("MAIL FROM:<root@here.test> BODY=BINARYMIME")
    c.cmd("RCPT TO:<root>")
    text = text.replace("\n", "\r\n")
    c.send("BDAT %d LAST\r\n%s" % (len(text), text))
    eq(c.reply(), "550 5.7.4 eoh 5 %d" % want, "... in a binary message")
    c.close()
like(host.send("root@here.test", "root", "Subject: stop " + "x" * 300 + "\n\n"), r"^550[- ]5\.7\.1 subj x{100}", "a long word is seen")
eq(host.send("root@here.test", ["root", "postmaster"], "A: b\n\nbody\n"), "550 5.7.6 data two", "check_data is asked with the number of recipients")
ident = host.send("root@here.test", "root", "X-Quar: reason\n\nbody\n")
like(ident, OK, "a quarantined message is accepted")
code, out, err = run([os.path.join(OBJ, "sendmail", "sendmail"), "-C", host.cf, "-bp", "-qQ"])
like(out, r"(?s)%s.*QUARANTINE: quarantined by reason" % ident, "... and kept aside, with its reason")
code, out, err = run([os.path.join(OBJ, "sendmail", "sendmail"), "-C", host.cf, "-Q", "-qI" + ident, "-qQ"])
code, out, err = run([os.path.join(OBJ, "sendmail", "sendmail"), "-C", host.cf, "-bp"])
like(out, ident, "-Q releases it") if "QUARANTINE" not in out else ok(False, "-Q releases it")
n = len(host.queue())
like(host.send("root@here.test", "root", "X-Disc: x\n\nbody\n"), OK, "a discarded message is accepted")
eq(len(host.queue()), n, "... and goes nowhere")
like(host.log, r"ruleset=CheckAny, arg1= value\(c\), relay=localhost \[127\.0\.0\.1\], reject=550 5\.7\.9 any value\(c\) of 10|ruleset=CheckAny, arg1= value \(c\), relay=localhost \[127\.0\.0\.1\], reject=550 5\.7\.9 any", "the log names the ruleset")
host.stop()

host = Host(mc="define(`confMAX_HEADERS_LENGTH', `500')\n")
for n, want in ((499, OK), (500, "552 5.6.0 Headers too large (500 max)"), (501, "552 5.6.0 Headers too large (500 max)")):
    got = host.send("root@here.test", "root", "X: " + "y" * (n - 4) + "\n\nb\n")
    like(got, want, "MaxHeadersLength: %d" % n) if want is OK else eq(got, want, "MaxHeadersLength: %d" % n)
    many = "".join("X%d: yyyy\n" % i for i in range(10, 30))
    got = host.send("root@here.test", "root", many + "Z: " + "y" * (n - 4 - len(many)) + "\n\nb\n")
    like(got, want, "... in many fields") if want is OK else eq(got, want, "... in many fields")
host.stop()

BODY, HEAD = b"Subject: x\n\nb\xe9\n", b"Subject: \xe9\n\nb\n"
for mode in ("pass8", "mimify", "strict"):
    host = Host(mc="define(`confEIGHT_BIT_HANDLING', `%s')\n" % mode)
    for text, params, refused in ((BODY, "", True), (BODY, " BODY=8BITMIME", False), (BODY, " BODY=7BIT", False), (HEAD, "", True), (HEAD, " BODY=8BITMIME", False), (b"A: b\n\nx\n", " BODY=8BITMIME", False)):
        got = host.send("root@here.test", "root", text, params=params)
        if mode == "strict" and refused:
            eq(got, "554 5.6.1 Eight bit data not allowed", "strict: %r%s" % (text, params))
        else:
            like(got, OK, "%s: %r%s" % (mode, text, params))
    host.stop()
done_testing()
