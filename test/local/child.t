#!/usr/bin/env python3
"""What a program that is run for mail is given: no descriptors but 0, 1 and 2, a clean environment, no signals blocked or ignored, no rights
but its user's - programs of aliases, mailers, maps and class files."""
import os
import re
import sys
import time
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta

LOOK = os.path.join(TMP, "look")
OUT = os.path.join(TMP, "out")
os.mkdir(OUT)
os.chmod(OUT, 0o1777)
with open(LOOK, "w") as f:
    f.write("""#!/bin/sh
# look NAME [WORDS]: writes down what this process was given, into the file of that name
f=%s/$1.$$
exec 9>&1 >"$f"		# for good: for the time of a command the shell would keep a copy
ls -l /proc/$$/fd
echo "umask $(umask)"
env
while read -r line; do			# by the shell itself: while it starts a program, it blocks signals
	case $line in
	Sig*|Groups*|Uid*|Gid*|CapEff*) echo "$line" ;;
	esac
done </proc/$$/status
exec >&9 9>&-
mv "$f" "$f.done"
[ "$1" = map ] && { echo found; exit 0; }
[ "$1" = class ] && { echo name.test; exit 0; }
cat >/dev/null
""" % OUT)
os.chmod(LOOK, 0o755)
os.environ.update({"LD_BIND_NOT": "1", "PYTHONPATH": "/nonexistent", "BASH_ENV": "/nonexistent", "SHELLOPTS_": "x", "SECRET": "s"})
extra = os.open("/dev/null", os.O_RDONLY)		# a descriptor that was open when the daemon was started
os.set_inheritable(extra, True)
mailer = "MAILER_DEFINITIONS\nMlook,\t\tP=%s, F=lsDFMnqPhm9, S=EnvFromL, R=EnvToL, T=DNS/RFC822/X-Unix, A=look mailer $u\n" % LOOK
m = Mta(aliases='prog: "|%s alias"\n' % LOOK, mc="LOCAL_CONFIG\nKask program %s map\nF{Names}|%s class\n" % (LOOK, LOOK), mc_end=mailer +
        "LOCAL_RULE_0\nR$* < @ look . test $* > $*\t$#look $@ look.test $: $1\nLOCAL_RULESETS\nSLocal_check_rcpt\nR$*\t\t$: $( ask $1 $)\nR$*\t\t$@ ok\n")
os.umask(0o005)			# the daemon has its own, whoever started it
m.start()
os.umask(0o022)


def given(name, seconds=60):
    """What the first program of this name wrote down, as {word: rest}; env is a dict of its own."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for f in sorted(os.listdir(OUT)):
            if f.startswith(name + ".") and f.endswith(".done"):
                with open(os.path.join(OUT, f)) as h:
                    text = h.read()
                out = dict(re.findall(r"(?m)^(umask|Sig\w+|Groups|Uid|Gid|CapEff):?\s+(.*?)\s*$", text))
                out["fd"] = dict(re.findall(r"(?m) (\d+) -> (.*)$", text))
                out["env"] = re.findall(r"(?m)^([A-Za-z_]\w*)=", text)
                return out
        time.sleep(0.05)
    return None


m.send("a@client.test", ["prog@here.test", "x@look.test"], "Subject: x\n\nx\n")
for name, what in (("alias", "a program of an alias"), ("mailer", "a mailer's program"), ("map", "a map's program"), ("class", "a class file's program")):
    g = given(name)
    if not ok(g, what + " runs"):
        diag(m.log()[-3000:])
        continue
    # 9 is the script's own, and the shell has the script open
    eq(sorted(set(g["fd"]) & set("012")), ["0", "1", "2"], "... has 0, 1 and 2")
    eq({n: v for n, v in g["fd"].items() if n not in ("0", "1", "2", "9") and not v.startswith((LOOK, OUT))}, {}, "... has no other descriptors")
    eq(sorted(k for k in g["env"] if k not in ("AGENT", "PATH", "PWD", "SHLVL", "OLDPWD", "_", "TZ", "LC_ALL", "HOME", "USER", "LOGNAME", "SHELL")), [], "... a clean environment")
    eq((g["SigBlk"], g["SigIgn"]), ("0" * 16, "0" * 16), "... no signals blocked or ignored")
    eq(int(g["umask"], 8), 0o022, "... a umask that lets nobody else write")
    if os.getuid() == 0 and name in ("alias", "mailer", "map"):
        eq([w for w in g["Uid"].split() if w == "0"] + [w for w in g["Gid"].split() if w == "0"] + [w for w in g.get("Groups", "").split() if w == "0"], [], "... nothing of root's")
        eq(g["CapEff"], "0" * 16, "... no capabilities")
m.stop()
done_testing()
