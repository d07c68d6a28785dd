#!/usr/bin/env python3
"""Every option of sendmail.cf does something, or is listed with the reason why it does nothing (conf_idle.c); the page about them agrees."""
import os
import re
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *

SRC = os.path.join(TOP, "src", "sendmail")
SENDMAIL = os.path.join(OBJ, "sendmail", "sendmail")


def text(name):
    with open(os.path.join(SRC, name)) as f:
        return f.read()


# who uses which field of struct conf_opts and struct conf_timeouts, besides those who read it from the file or check it
USERS = ""
for base, _, files in os.walk(os.path.join(TOP, "src")):
    for name in files:
        if re.search(r"\.[ch]$", name) and not re.match(r"conf(_opt|_optset|_idle|_read|_check)?\.[ch]$|check.*|.*_(test|fuzz)\.c$", name):
            with open(os.path.join(base, name)) as f:
                USERS += f.read()
WORDS = set(re.findall(r"\w+", re.sub(r"(?s)struct conf_(opts|timeouts) \{.*?\n\};", "", USERS)))
TIMEOUT_WORDS = set(re.findall(r"\w+", re.sub(r"(?s)struct conf_timeouts \{.*?\n\};", "", USERS)))
rows = re.findall(r'^\t\{ "(\w+)", (?:0|\'(.)\'), (K_\w+), (?:0|F\((\w+)\))', text("conf_opt.c"), re.M)
ok(len(rows) > 140, "the table of options is found")
idle = re.findall(r'^\t\{ "([\w.-]+)", (?:NULL|"[^"]*"), "[^"]{8,}" \},$', text("conf_idle.c"), re.M)
ok(len(idle) > 10, "and that of options without an effect")

# options with a function of their own, and what they leave behind
CALLS = {
    "EightBitMode": "eight_bit_mode", "AliasFile": "alias_file", "BlankSub": "blank_sub", "MinFreeBlocks": "min_free_blocks",
    "DeliveryMode": "delivery_mode", "ErrorMode": "error_mode", "ResolverOptions": "resolver_options", "NameServOpt": "resolver_options",
    "DaemonPortOptions": "ndaemons", "ClientPortOptions": "nclients", "PrivacyOptions": "privacy", "Timeout": "timeout", "SuperSafe": "super_safe",
    "QueueTimeout": "queuereturn", "TimeZoneSpec": "time_zone_spec", "DefaultUser": "default_uid", "QueueSortOrder": "queue_sort_order",
    "NoRecipientAction": "no_recipient_action", "OperatorChars": "rules_set_operators", "DoubleBounceAddress": "double_bounce_address",
    "RunAsUser": "run_as_uid", "DontBlameSendmail": "dont_blame", "DontProbeInterfaces": "dont_probe_interfaces",
    "TrustedUser": "trusted_uid", "MaxMimeHeaderLength": "max_mime_header_length", "Milter": "milter_macros", "SMTPExtensions": "smtp_extensions",
}
silent, wrong = [], []
for name, letter, kind, field in rows:
    field = field or CALLS.get(name)
    if field is None:
        silent.append(name + " (no row in this test)")
        continue
    used = field in WORDS
    if used and name in idle:
        wrong.append(name)
    if not used and name not in idle:
        silent.append(name)
eq(silent, [], "no option is read and ignored in silence")
eq(wrong, [], "no option that has an effect is said to have none")
timeouts = re.findall(r'\{ "([\w.-]+)", T\((\w+)(?:\[\w+\])?\)', text("conf_optset.c"))
silent, wrong = [], []
for name, field in timeouts:
    used = field in TIMEOUT_WORDS
    if used == ("Timeout." + name in idle):
        (wrong if used else silent).append(name)
eq(silent, [], "no Timeout is read and ignored in silence")
eq(wrong, [], "no Timeout that has an effect is said to have none")

# ---- the page
with open(os.path.join(TOP, "doc", "compatibility.md")) as f:
    page = f.read()
eq([r[0] for r in rows if not re.search(r"`%s`" % r[0], page)], [], "doc/compatibility.md has every option")
eq([n for n in idle if not re.search(r"`%s` \| no effect" % re.escape(n), page)], [], "and says which have none")
eq([n for n in re.findall(r"`([\w.-]+)` \| no effect", page) if n not in idle], [], "and of no others")

# ---- a daemon and -bC say it
cf = os.path.join(TMP, "x.cf")
with open(cf, "w") as f:
    f.write("V10/Berkeley\nO QueueDirectory=%s\nO ForkEachJob\nO FastSplit=1\nO MailboxDatabase=x\nO SuperSafe=True\n"
            "Mlocal, P=/bin/true, F=l, A=x\nMprog, P=/bin/true, F=l, A=x\n" % TMP)
r = subprocess.run([SENDMAIL, "-bC", cf], capture_output=True, text=True)
like(r.stdout, r"x\.cf:3: warning: option ForkEachJob has no effect: ", "one that is switched on is told")
eq(len(re.findall("has no effect", r.stdout)), 2, "those that have their default are not")
done_testing()
