#!/usr/bin/env python3
"""The parts of doc/compatibility.md about the program itself: each name of surface.names stands in its part, and what a part says to
work is known to the binary: lines, equates, flags, macros, rulesets, map classes, arguments, commands."""
import os
import re
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *

SENDMAIL = os.path.join(OBJ, "sendmail", "sendmail")
with open(os.path.join(TOP, "doc", "compatibility.md")) as f:
    page = f.read()
parts = dict(re.findall(r"(?ms)^###? (.*?)\n(.*?)(?=^###? |\Z)", page))
parts["SMTP"] = parts.get("SMTP", "")
names = {}
with open(os.path.join(TOP, "test", "cf", "surface.names")) as f:
    for line in f:
        if line.startswith("== "):
            now = names[line[3:].strip()] = []
        elif not line.startswith("# "):
            now += line.split()


def quoted(text):
    """Words in backticks, whole and split at blanks."""
    return {w for q in re.findall(r"`([^`]+)`", text) for w in [q] + q.split()}


for part, wanted in names.items():
    there = quoted(parts.get(part, "")) | {r.split("|")[1].strip() for r in parts.get(part, "").split("\n") if r.startswith("| ")}
    eq([n for n in wanted if n not in there], [], "%s: each of %d names has its place" % (part, len(wanted)))


def unlike(got, pattern, what):
    return ok(re.search(pattern, got) is None, what) or diag(got)


def states(part):
    """name: state of the tables of a part."""
    out = {}
    for line in parts[part].split("\n"):
        if line.startswith("| `"):
            cells = [c.strip() for c in re.split(r"(?<!\\)\|", line)[1:-1]]
            for n in re.findall(r"`([^`]+)`", cells[0]):
                out.setdefault(n.replace("\\|", "|"), cells[-1])
    return out


def works(part):
    return [n for n, s in states(part).items() if re.match(r"works?\b|see\b|new\b", s)]


BASE = """V10/Berkeley
Djmail.here.test
O DontProbeInterfaces=true
O OperatorChars=.:%@!^/[]+
"""
MAILERS = """Mlocal, P=/bin/true, F=lsAw5:/|@, S=0, R=0, A=deliver $u
Mprog, P=/bin/sh, F=ls, D=/, A=sh -c $u
"""


def test_mode(text, typed=""):
    path = os.path.join(TMP, "x.cf")
    with open(path, "w") as f:
        f.write(text)
    r = subprocess.run([SENDMAIL, "-bt", "-C", path], input=typed, capture_output=True, text=True, timeout=60)
    return r.stdout + r.stderr


def check(text):
    path = os.path.join(TMP, "x.cf")
    with open(path, "w") as f:
        f.write(text)
    r = subprocess.run([SENDMAIL, "-bC", path], capture_output=True, text=True, timeout=60)
    return r.stdout + r.stderr


# lines: one of each kind is not unknown
lines = {"V": "V10/Berkeley", "D": "Dxy", "C": "Cx y", "F": "Fx /etc/hosts", "K": "Kx null", "S": "Sx", "R": "Rx\ty", "H": "HX-T: a",
         "O": "O LogLevel=9", "P": "Pspecial=5", "T": "Troot", "X": "Xf, S=inet:1@localhost", "Q": "Qslow, P=%s, F=f" % TMP, "E": "EA=b",
         "#": "# x", "M": "Mx, P=/bin/true, A=x $u"}
out = test_mode(BASE + MAILERS + "Sx\n" + "".join(lines[n] + "\n" for n in works("Lines of sendmail.cf")))
unlike(out, "unknown configuration line", "lines: each of %d is known" % len(works("Lines of sendmail.cf")))
like(test_mode(BASE + MAILERS + "Lx\n"), 'unknown configuration line "Lx"', "and L is not")
# equates and flags
values = {"P": "/bin/true", "F": "lsm", "S": "0/0", "R": "0/0", "A": "x $u", "E": "\\n", "M": "1000", "L": "990", "D": "/", "U": "0:0", "N": "5",
          "T": "DNS/RFC822/X-Unix", "m": "3", "r": "4", "W": "1m", "Q": "mqueue", "/": "/", "C": "utf-8"}
eq(sorted(values), sorted(states("Equates of an M line")), "equates: this test tries each")
out = test_mode(BASE + MAILERS + "Mtried, %s\n" % ", ".join("%s=%s" % v for v in values.items()), "=M\n")
unlike(out, "Mtried: ", "equates: nothing to complain of")
like(out, r"\(tried\): P=/bin/true S=0/0 R=0/0 M=1000 U=0:0 F=lms L=990 E=\\n C=utf-8 T=DNS/RFC822/X-Unix r=4 A=x \$u", "equates: and they are kept")
flags = works("Mailer flags")
out = test_mode(BASE + MAILERS + "Mtried, P=/bin/true, F=%s, A=x\n" % "".join(flags), "=M\n")
m = re.search(r"\(tried\).* F=(\S+)", out)
eq(sorted(m.group(1)) if m else out, sorted(flags), "flags: each of %d is kept" % len(flags))
used = ""
for name in os.listdir(os.path.join(TOP, "src", "sendmail")):
    if re.match(r"(?!.*_test\.c)(?!check).*\.[ch]$", name):
        with open(os.path.join(TOP, "src", "sendmail", name)) as f:
            used += f.read()
asked = set(re.findall(r"mailer_has\([^()]*(?:\([^()]*\))?[^()]*, '(.)'\)", used)) | set("DFMPx")       # those of H lines
eq([f for f, s in states("Mailer flags").items() if s.startswith("work") and f not in asked], [], "flags: the program asks for each that works")
eq([f for f, s in states("Mailer flags").items() if re.match("changes nothing|not yet", s) and f in asked], [], "flags: and for none that has no effect")
# macros: known, so that -bC does not wonder where they come from; and set somewhere
state = states("Macros and classes")
long = [n for n, s in state.items() if len(n) > 1]
out = check(BASE + MAILERS + "Scheck_mail\n" + "".join("R$*\t$: $&{%s}\n" % n for n in long))
eq([n for n in long if re.search(r"\$&?\{%s\}" % n, out)], [], "macros: -bC knows each of %d" % len(long))
set_here = [n for n in state if re.search(r'"\{?%s\}?"' % re.escape(n), used) or len(n) == 1]
eq([n for n, s in state.items() if s.startswith("work") and n not in set_here], [], "macros: the program has each that works in hand")
# rulesets: called by the program
called = set(re.findall(r'"(\w+)"', used))
numbers = {"canonify": "3", "parse": "0", "sender": "1", "recipient": "2", "final": "4", "localaddr": "5"}
eq([n for n in works("Rulesets") if re.match("[a-z]", n) and not re.search("[$*]", n) and n not in called and n not in numbers], [],
   "rulesets: the program calls each that works")
out = test_mode(BASE + MAILERS + "".join("S%s=%s\nRx\t$: %s\n" % (n, v, n) for n, v in numbers.items() if n not in ("sender", "recipient")),
                "".join("%s x\n" % numbers[n] for n in numbers))
eq([n for n in numbers if n not in ("sender", "recipient") and not re.search("returns: %s" % n, out)], [], "rulesets: by name and number")
# map classes
classes = [c for c in names["Maps"] if c not in ("dbm", "hesiod", "nis", "nisplus", "netinfo", "nsd", "ph", "sock")]
args = {"regex": "x", "program": "/bin/true", "sequence": "a", "switch": "a", "dns": "-R MX", "socket": "local:/x", "ldap": "-k (a=%0) -v b", "ldapx": "-k (a=%0) -v b",
        "user": "", "arith": "", "userdb": "maildrop"}
out = test_mode(BASE + MAILERS + "Ka null\n" + "".join("Kx%d %s %s\n" % (i, c, args.get(c, "-o " + TMP + "/none")) for i, c in enumerate(classes)), "/quit\n")
unlike(out, r"(class|type) \S+ not available|unknown.*class", "maps: each of %d classes is known" % len(classes))
for c in ("dbm", "nis", "hesiod", "ph"):
    like(test_mode(BASE + MAILERS + "Kx %s x\n" % c, "/map x y\n"), r"x\.cf: line \d+: .*%s" % c, "maps: %s is refused aloud" % c)
# the command line
takes = {"-A": "m", "-B": "7BIT", "-D": TMP + "/debug", "-d": None, "-F": "x", "-f": "a@b", "-r": None, "-h": "3", "-L": "tag", "-M": "xy", "-N": "never", "-R": "hdrs", "-V": "id",
         "-O": "LogLevel=9", "-o": "L9", "-p": "SMTP:x", "-X": TMP + "/transcript", "-C": None, "-I": None, "-q": None, "-e": "q", "-J": "x", "-Q": "why"}
bad = []
for n in states("Command line"):
    if re.match(r"-[A-Za-z]$", n) and takes.get(n, "") is not None:
        r = subprocess.run([SENDMAIL, "-bt", "-C", os.path.join(TMP, "x.cf"), n + (takes[n] if n in takes else "")], input="/quit\n", capture_output=True, text=True, timeout=60)
        if r.returncode != 0 or "ADDRESS TEST MODE" not in r.stdout:
            bad.append((n, r.returncode, r.stderr))
eq(bad, [], "arguments: each is taken")
r = subprocess.run([SENDMAIL, "-bz"], capture_output=True, text=True)
eq((r.returncode, r.stderr.strip()), (64, "Frozen configurations unsupported"), "arguments: -bz is refused")
typed = {"/mx": "/mx", "/canon": "/canon", "/parse": "/parse", "/try": "/try local", "/tryflags": "/tryflags", "/map": "/map"}
out = test_mode(BASE + MAILERS, "".join(v + "\n" for v in typed.values()) + "?\n/nothing\n")
eq((out.count("Usage: "), out.count('Unknown "/" command')), (len(typed), 1), "-bt: each command is known")
# SMTP
with open(os.path.join(TMP, "x.cf"), "w") as f:
    f.write(BASE + "O QueueDirectory=%s\n" % TMP + MAILERS)
p = subprocess.Popen([SENDMAIL, "-bs", "-Am", "-C", os.path.join(TMP, "x.cf")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)


def reply():
    while True:
        got = p.stdout.readline()
        if got[3:4] != "-":
            return got.rstrip("\r\n")


reply()
answers = {}
for verb in states("SMTP"):
    if re.match("[A-Z]{3,}$", verb) and verb not in ("QUIT", "STARTTLS"):
        p.stdin.write(verb + (" 0 LAST" if verb == "BDAT" else "") + "\r\n")
        answers[verb] = reply()
p.stdin.write("QUIT\r\n")
p.stdin.close()
p.wait()
state = states("SMTP")
eq([v for v, a in answers.items() if re.match("work|new", state[v]) and a.startswith("500 5.5.1")], [], "SMTP: %d verbs are known" % len(answers))
eq([(v, a) for v, a in answers.items() if state[v].startswith("50") and not a.startswith(state[v][:3])], [], "SMTP: others are answered as is said")
eq(answers.get("TURN"), '502 5.5.1 Command not implemented: "TURN"', "SMTP: in sendmail's words")
# programs: each option that a row names is one
for prog, where, want in ("makemap", "makemap", "CNcdDefilorstuvx"), ("editmap", "makemap", "CNfqux"), ("praliases", "makemap", "Cf"), \
        ("mailstats", "mailstats", "CcfopP"), ("mail.local", "mail.local", "7bdDfrhHlnp"):
    row = re.search(r"(?m)^\| `%s` \|(.*)$" % re.escape(prog), parts["Programs"]).group(1)
    listed = set(re.findall(r"`-(\w)`", row))
    eq(sorted(listed), sorted(want), "%s: the page names its options" % prog)
    wrong = []
    for c in sorted(listed):
        r = subprocess.run([os.path.join(OBJ, where, prog), "-" + c], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        if re.search(r"(invalid|illegal|unknown) option", r.stderr):
            wrong.append(c)
    eq(wrong, [], "%s: takes them" % prog)
done_testing()
