#!/usr/bin/env python3
"""The m4 layer of doc/compatibility.md: each name it says to work has its file, each file its row, each configuration
that a row names exists and uses the name, and every conf name reaches the option of its row."""
import os
import re
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
import cfdata

CF = os.path.join(TOP, "cf")
DATA = os.path.join(TOP, "test", "cf", "data")
with open(os.path.join(TOP, "doc", "compatibility.md")) as f:
    page = f.read()
m = re.search(r"(?s)\n## The m4 layer\n(.*?)\n## ", page)
if not m:
    bail("doc/compatibility.md has no section on the m4 layer")
parts = dict(re.findall(r"(?ms)^### (.*?)\n(.*?)(?=^### |\Z)", m.group(1) + "\n"))


def rows(part):
    """The rows of the table of a part, without its head."""
    lines = [x for x in parts[part].split("\n") if x.startswith("|")][2:]
    return [[c.strip() for c in x.strip("|").split("|")] for x in lines]


def files(kind):
    return sorted(f[:-3] for f in os.listdir(os.path.join(CF, kind)) if f.endswith(".m4"))


def text(*where):
    with open(os.path.join(*where), encoding="latin-1") as f:
        return f.read()


mcs = {n: text(DATA, n + ".mc") for n in cfdata.names(DATA)}
for word, kind in ("FEATURE", "feature"), ("MAILER", "mailer"):
    table = rows(word)
    eq([r[0].strip("`") for r in table], files(kind), "%s: a row for each file, a file for each row" % word)
    wrong = []
    for r in table:
        name = r[0].strip("`")
        for mc in r[3].split():
            if mc in mcs and not re.search(r"\b%s\(`?%s\b" % (word, re.escape(name)), mcs[mc]):
                wrong.append("%s does not use %s" % (mc, name))
            elif mc not in mcs and r[3] not in ("built by build.t", "every configuration"):
                wrong.append("%s: no configuration %s" % (name, mc))
    eq(wrong, [], "%s: the configurations of the last column use it" % word)
names = {}
for r in rows("OSTYPE, DOMAIN, HACK, SITECONFIG"):
    names.setdefault(r[0], []).extend(re.findall(r"`([^`]*)`", r[1]))
for kind in "OSTYPE", "DOMAIN", "HACK", "SITECONFIG":
    eq(sorted(names.get(kind, [])), files(kind.lower()), "%s: the same names in the table and in the tree" % kind)

# the words of an .mc: each is defined by the machinery or read by it
tree = "".join(text(CF, d, f) for d in ("m4", "feature", "mailer") for f in sorted(os.listdir(os.path.join(CF, d))))
words = [w for r in rows("Words of an .mc file") for w in re.findall(r"`([A-Za-z_0-9]+)`", r[0])]
eq([w for w in words if w != "undefine" and not re.search(r"\b%s\b" % w, tree)], [], "words: the tree knows each of %d" % len(words))
eq([w for w in re.findall(r"(?m)^_?define\(`([A-Z][A-Z_]*)'", text(CF, "m4", "cfhead.m4")) if w not in words
    and not re.search(r"`%s`" % w, page)], [], "words: each that the machinery defines is in the table")
vars = re.findall(r"`([A-Z0-9_]+)`", parts["Variables of mailers"])
ok(len(vars) > 80, "%d variables of mailers" % len(vars))
eq([v for v in vars if not re.search(r"\b%s\b" % v, tree) and not v.endswith("_QGRP")], [], "variables: the tree reads each")

# conf names: set one after the other to a value of its own, in one .mc, and look for it
table = rows("conf names")
options = re.findall(r"_OPTION_\(`(conf[A-Z0-9_]+)', `([^']*)'", text(CF, "m4", "options.m4") + text(CF, "m4", "lines.m4"))
eq([n for n, _ in options if "`%s`" % n not in [r[0] for r in table]], [], "conf names: a row for each option of the tree")
skip = {"confDAEMON_OPTIONS", "confROLE_USER"}
mc = ["OSTYPE(`svr4')"]
for i, (n, o) in enumerate(options):
    mc.append("define(`%s', `v%dv')" % (n, i))
mc += ["FEATURE(`no_default_msa')", "MAILER(`local')", "MAILER(`smtp')", ""]
with open(os.path.join(TMP, "all.mc"), "w") as f:
    f.write("\n".join(mc))
r = subprocess.run(["m4", "-D_CF_DIR_=" + CF + "/", CF + "/m4/cf.m4", os.path.join(TMP, "all.mc")],
                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
eq(r.returncode, 0, "an .mc that sets every conf name")
said = [n for i, (n, o) in enumerate(options) if n not in skip and "O %s=v%dv\n" % (o, i) not in r.stdout]
eq(said, [], "conf names: each of %d sets its option" % len(options))
eq([r2[0] for r2 in table if r2[0].strip("`") not in tree], [], "conf names: the tree knows the others, too")

# options of no other sendmail: only if the .mc sets one, and then the head of the file says so
ours = [n for n, _ in re.findall(r"_OPTION_\(`(conf[A-Z0-9_]+)', `([^']*)'", text(CF, "m4", "lines.m4"))]
ok("confROLE_USER" in ours, "%d options of our own" % len(ours))
for name in [None] + ours:
    with open(os.path.join(TMP, "own.mc"), "w") as f:
        f.write("OSTYPE(`svr4')\n%sMAILER(`smtp')\n" % ("define(`%s', `1')\n" % name if name else ""))
    r = subprocess.run(["m4", "-D_CF_DIR_=" + CF + "/", CF + "/m4/cf.m4", os.path.join(TMP, "own.mc")],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    own = [o for n, o in options if n in ours and re.search(r"(?m)^O %s=" % re.escape(o), r.stdout)]
    eq((len(own), "for Angarium" in r.stdout), (1, True) if name else (0, False), "%s: %s" % (
        name or "none", "the option and the head" if name else "nothing of ours"))
done_testing()
