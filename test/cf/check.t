#!/usr/bin/env python3
"""sendmail -bC: one broken configuration for each finding, and no finding where nothing is wrong."""
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
import cfdata
from socketmap import SocketMap

SENDMAIL = os.path.join(OBJ, "sendmail", "sendmail")
MAKEMAP = os.path.join(OBJ, "makemap", "makemap")
FOLDER = os.path.join(TOP, "test", "cf", "data")
os.chdir(TMP)
os.mkdir("queue")
os.chmod("queue", 0o700)


def put(name, text, mode=0o644):
    with open(os.path.join(TMP, name), "w") as f:
        f.write(text)
    os.chmod(os.path.join(TMP, name), mode)


def check(*words, stdin=""):
    r = subprocess.run([SENDMAIL, "-bC"] + list(words), input=stdin, capture_output=True, text=True, timeout=120)
    return r.returncode, r.stdout + r.stderr


BASE = """V10/Berkeley
O QueueDirectory=%s/queue
O AliasFile=
O OperatorChars=.:%%@!^/[]+
O DontProbeInterfaces=True
O DontBlameSendmail=GroupWritableDirPathSafe,TrustStickyBit
Cwhere.test
Djmail.here.test
Mlocal, P=/bin/true, F=lsDFMAw5:/|@, A=x $u
Mprog, P=/bin/true, F=lsDFMeu, A=x $u
Mesmtp, P=[IPC], F=mDFMuXa, A=TCP $h
Scanonify=3
R$* < $* > $*\t$2\t\tanything in angle brackets
R$+ @ $+\t$: $1 < @ $2 >
Sparse=0
R$+ < @ $=w >\t$#local $: $1
R$+ < @ $+ >\t$#esmtp $@ $2 $: $1 < @ $2 >
R$+\t$#local $: $1
Scheck_rcpt
R$*\t$: $>canonify $1
R$+ < @ $=w >\t$@ ok
R$+ < @ $+ >\t$#error $@ 5.7.1 $: "550 Relaying denied"
""" % TMP

put("base.cf", BASE)
code, out = check("base.cf")
eq((code, out), (0, "base.cf: nothing found (8 rules, 1 maps, 7 mailers, %s attempts at relaying)\n"
                 % re.search(r"(\d+) attempts", out + "0 attempts").group(1)), "a sound configuration: nothing found, exit code 0")

# ---- one fault each: text in front of the rules or behind them, what is said, exit code
FAULTS = [
    ("an unknown option", "", "O MaxHopConut=3\n", r"line: error: readcf: unknown option name MaxHopConut; did you mean MaxHopCount\?", 78),
    ("an option that does nothing", "", "O RandFile=file:/x\n", r"line: warning: option RandFile has no effect: ", 1),
    ("blanks instead of a tab", "", "Sx\nR$*   $@ no\n", r"error: invalid rewrite line .*tab expected", 78),
    ("an undefined ruleset", "", "Slocaladdr=5\nR$+\t$: $>Nosuch $1\n", r"line: warning: ruleset localaddr calls ruleset Nosuch, which is not defined", 1),
    ("an undefined map", "", "Slocaladdr=5\nR$+\t$: $(acess $1 $)\n", r"error: map acess is used, but no K line declares it", 78),
    ("an undefined class", "", "Slocaladdr=5\nR$={Sites} x\t$@ $1\n", r"line: warning: .*no C or F line fills class Sites", 1),
    ("an undefined macro", "", "Slocaladdr=5\nR$+\t$: $1 $&{client_adr}\n", r"nothing sets macro {client_adr}; did you mean client_addr\?", 1),
    ("a macro that is set too late", "", "Slocaladdr=5\nR$+ x\t$: $1 $f\n", r"line: warning: macro \$f has no value when this rule is read: \$&f is", 1),
    ("a macro that nobody defines", "", "Slocaladdr=5\nR$+ x\t$: $1 ${Mine}\n", r"nothing defines macro \${Mine}", 1),
    ("an undefined mailer", "", "Slocaladdr=5\nR$+ x\t$#smpt $: $1\n", r"line: warning: ruleset localaddr: there is no mailer smpt", 1),
    ("a mailer's undefined ruleset", "", "Mx, P=/bin/true, S=Nowhere, A=x\n", r"mailer x: S= names ruleset Nowhere, which is not defined", 1),
    ("a mailer's program that is missing", "", "Mx, P=%s/none, A=x\n" % TMP, r"line: warning: mailer x: program %s/none is missing" % TMP, 1),
    ("a mailer's program that is none", "", "Mx, P=%s/notes, A=x\n" % TMP, r"line: warning: mailer x: %s/notes is no program" % TMP, 1),
    ("a header's undefined ruleset", "", "HSubject: $>Nowhere\n", r"header Subject is to be checked by ruleset Nowhere, which is not defined", 1),
    ("a rule behind one that takes all", "", "Slocaladdr=5\nR$*\t$@ $1\nR$+ x\t$@ $1\n", r"rule R\$\+ x can never match: R\$\* \(line \d+\) takes all", 1),
    ("a rule behind a wider one", "", "Slocaladdr=5\nR$+ @ $*\t$@ $1\nR$- @ $+ . foo\t$@ $1\n", r"rule R\$- @ \$\+ \. foo can never match", 1),
    ("a rule that loops", "", "Slocaladdr=5\nR$+ x\t$1 x\n", r"error: ruleset localaddr: rule R\$\+ x matches what it writes, again and again", 78),
    ("rulesets that call each other for ever", "", "SA\nR$+ \t$: $>B $1\nSB\nR$+\t$: $>A $1\nScheck_mail\nR$*\t$: $>A $1\n",
     r"error: ruleset check_mail fails for .*ruleset", 78),
    ("rulesets that nobody asked yet and that call each other for ever", "", "SAa\nR$*\t$: $>Bb $1\nSBb\nR$*\t$@ $>Aa $1\n",
     r"line: error: ruleset Aa calls itself for ever, by way of ruleset Bb", 78),
    ("a ruleset that calls itself", "", "SAa\nR$*\t$: x $>Aa $1\n", r"line: error: ruleset Aa calls itself for ever\n", 78),
    ("a misspelt hook", "", "Scheck_rctp\nR$*\t$@ ok\n", r"nothing calls ruleset check_rctp; did you mean check_rcpt\?", 1),
    ("a missing map", "Kaccess hash %s/none\n" % TMP, "", r"line: error: map access: %s/none\.db is missing: run makemap" % TMP, 78),
    ("an unknown map class", "Kx hahs /etc/x\n", "", r"error: map x: no such map class: hahs", 78),
    ("a missing class file", "F{x}%s/none\n" % TMP, "", r"error: fileclass: cannot open '%s/none': No such file" % TMP, 78),
    ("a queue that is missing", "", "O QueueDirectory=%s/nowhere\n" % TMP, r"warning: queue mqueue: folder %s/nowhere is missing" % TMP, 1),
    ("a key that all may read", "", "O ClientKeyFile=%s/key\n" % TMP, r"line: error: ClientKeyFile: private key %s/key: others may read it" % TMP, 78),
    ("no local mailer", None, None, r"error: No local mailer defined", 78),
]
put("key", "x", 0o644)
put("notes", "x", 0o644)
for name, before, behind, regex, want in FAULTS:
    text = "V10/Berkeley\nO QueueDirectory=%s/queue\n" % TMP if before is None else BASE.replace("Scanonify", before + "Scanonify", 1) + behind
    put("fault.cf", text)
    code, out = check("fault.cf")
    lines = [x.split(": ", 1) for x in out.splitlines() if ": " in x]
    got = "\n".join(("line: " if re.search(r":\d+$", a) else "file: ") + b for a, b in lines)
    like(got, regex, name)
    eq(code, want, name + ": exit code")
    rows = [b for a, b in lines if re.match("(error|warning):", b)]
    if not eq(len([b for b in rows if "run makemap" not in b or want == 78]), 1, name + ": and nothing else"):
        diag(out)

# ---- the words of the .mc come first
put("site.mc", """divert(0)dnl
VERSIONID(`a site')
OSTYPE(`debian-mta')dnl
DOMAIN(`linux')dnl
dnl FEATURE(`commented_out')
define(`confMAX_MESAGE_SIZE', `1000')dnl
define(`SMRT_HOST', `x')dnl
define(`OUR_OWN', `x')dnl
FEATURE('access_db')
FEATURE(`mailertabel')
MAILER(`smtp')
FEATURE(`virtusertable')
MAILER(`procmial')
""")
put("site.cf", BASE + '#line 30 "site.mc"\nSlocaladdr=5\nR$*\t$@ $1\nR$+\t$@ $2 $1\n')
code, out = check("site.cf")
for line, regex in ((3, r"OSTYPE\(debian-mta\): that is a DOMAIN"), (4, r"DOMAIN\(linux\): that is an OSTYPE"),
                    (6, r"define\(confMAX_MESAGE_SIZE\): nothing uses that name; did you mean confMAX_MESSAGE_SIZE\?"),
                    (7, r"define\(SMRT_HOST\): did you mean SMART_HOST\?"), (9, r"FEATURE\('\.\.\.: m4's opening quote is `"),
                    (10, r"there is no FEATURE\(mailertabel\) in this tree; did you mean mailertable\?"),
                    (12, r"FEATURE\(virtusertable\) stands behind MAILER\(smtp\) of line 11"),
                    (13, r"there is no MAILER\(procmial\) in this tree; did you mean procmail\?")):
    like(out, r"(?m)^site\.mc:%d: warning: %s" % (line, regex), "the .mc, line %d" % line)
like(out, r"(?m)^site\.mc:32: warning: ruleset localaddr: rule R\$\+ can never match: .* \[site\.cf:\d+\]$", "a rule's line in the .mc, and in the .cf")
eq("commented_out" in out or "OUR_OWN" in out, False, "a comment and a site's own name are no faults")

# ---- files
put("access", "a.test RELAY\n")
subprocess.run([MAKEMAP, "hash", "access"], stdin=open("access"), check=True)
put("files.cf", BASE.replace("Scanonify", "Kaccess hash %s/access\nF{x}%s/names\nScanonify" % (TMP, TMP), 1) + "Slocaladdr=5\nR$={x} y\t$@ $(access $1 $)\n")
put("names", "a b\n")
eq(check("files.cf")[0], 0, "files in order: nothing found")
past = time.time() - 100
os.utime("access.db", (past, past))
like(check("files.cf")[1], r"files\.cf:\d+: warning: map access: %s/access is newer than %s/access\.db: run makemap" % (TMP, TMP), "a stale map")
os.utime("access", (past - 10, past - 10))
eq(check("files.cf")[0], 0, "a map made after its source is not")
for name, what in (("access.db", "map access"), ("access", "source of map access"), ("names", "class file")):
    os.chmod(name, 0o666)
    like(check("files.cf")[1], r"files\.cf:\d+: warning: %s %s/%s may be written by everyone" % (what, TMP, name), "%s that everyone may write" % name)
    os.chmod(name, 0o644)
with open("access.db", "r+b") as f:
    f.write(b"this is not a database at all" * 200)
code, out = check("files.cf")
eq(code, 78, "a map that is damaged is an error")
os.remove("access")
os.remove("access.db")

# ---- open relays, proven
def relay(name, policy, regex, more="", maps=None):
    if maps is not None:
        put("map", maps)
        subprocess.run([MAKEMAP, "hash", "map"], stdin=open("map"), check=True)
    put("relay.cf", BASE.replace("Scanonify", more + "Scanonify", 1).split("Scheck_rcpt")[0] + policy)
    code, out = check("relay.cf")
    (like(out, regex, name) if regex else ok("open relay" not in out, name)) or diag(out)
    eq(code, 78 if regex else 0, name + ": exit code")


DENY = "R$*\t$: $>canonify $1\nR$+ < @ $=w >\t$@ ok\n"
relay("no check_rcpt at all", "Slocaladdr=5\n", r"error: open relay for everyone: client mail\.outside\.example \[203\.0\.113\.7\], "
      r"sender <probe@outside\.example>, recipient <victim@target\.relaytest\.example> is accepted and goes to mailer esmtp")
relay("a sender that is ours may relay", "Scheck_rcpt\n" + DENY + "R$*\t$: < $&f >\nR< $+ @ $=w >\t$@ ok\nR$*\t$#error $@ 5.7.1 $: \"550 no\"\n",
      r"open relay with a sender that anybody can claim: client .*, sender <postmaster@(mail\.)?here\.test>")
relay("unresolvable clients may relay", "Scheck_rcpt\n" + DENY + "R$*\t$: $&{client_name}\nR[ $* ]\t$@ ok\nR$*\t$#error $@ 5.7.1 $: \"550 no\"\n",
      r"client  \[198\.51\.100\.9\]")
relay("a whole network of strangers", "Scheck_rcpt\n" + DENY + "R$*\t$: $&{client_addr}\nR$- . $- . $- . $-\t$: $(access $1 $: no $)\n"
      "RRELAY\t$@ ok\nR$*\t$#error $@ 5.7.1 $: \"550 no\"\n", r"client  \[77\.77\.88\.99\]", "Kaccess hash %s/map\n" % TMP, "77 RELAY\n")
relay("a network of our own is none", "Scheck_rcpt\n" + DENY + "R$*\t$: $&{client_addr}\nR$- . $- . $- . $-\t$: $(access $1 . $2 $: no $)\n"
      "RRELAY\t$@ ok\nR$*\t$#error $@ 5.7.1 $: \"550 no\"\n", None, "Kaccess hash %s/map\n" % TMP, "77.77 RELAY\n10 RELAY\n")
relay("the percent hack", "Scheck_rcpt\n" + DENY + "R$*\t$#error $@ 5.7.1 $: \"550 no\"\nScanonify=3\nR$+ % $+ < @ $=w >\t$: $1 < @ $2 >\n"
      "Sparse=0\n" , None)
relay("a recipient hidden in one of our addresses", "Scheck_rcpt\nR$+ @ $=w >\t$@ ok\nR$+ @ $=w\t$@ ok\nR$*\t$#error $@ 5.7.1 $: \"550 no\"\nScanonify=3\n"
      "R$+ % $+ < @ $=w >\t$: $1 < @ $2 >\n", r"recipient <victim%target\.relaytest\.example@(mail\.)?here\.test> is accepted and goes to mailer esmtp, host target\.relaytest\.example")
put("relay.cf", BASE.split("Scheck_rcpt")[0] + "O DaemonPortOptions=Name=MTA, Addr=127.0.0.1\n")
eq(check("relay.cf")[0], 0, "who listens on loopback only relays for nobody else")
put("relay.cf", BASE.split("Scheck_rcpt")[0] + "O DaemonPortOptions=Name=MSA, Port=587, M=a\n")
eq(check("relay.cf")[0], 0, "nor does who asks everybody for a password")

# ---- maps that need a server
NET = "Kusers socket %s\nKlist dns -R A\n"
RULES = "Scheck_rcpt\n" + DENY + "R$*\t$: $(list x $: no $) $(users $&{client_addr} $: no $)\nR$* RELAY $*\t$@ ok\nR$*\t$#error $@ 5.7.1 $: \"550 no\"\n"
server = SocketMap()
server.answers["203.0.113.7"] = "OK RELAY"
put("net.cf", BASE.split("Scheck_rcpt")[0] + NET % server.place + RULES)
code, out = check("net.cf")
like(out, r"open relay .*203\.113\.7|open relay", "a socket map that lets a stranger relay is asked")
eq(server.asked.count(("users", "203.0.113.7")), 1, "each key once")
like(out, r"note: map list \(dns\) is not asked: it counts as empty", "DNS is not, and that is said")
put("net.cf", BASE.split("Scheck_rcpt")[0] + NET % ("inet:%d@127.0.0.1" % port()) + RULES)
code, out = check("net.cf")
eq(re.findall("error: open relay", out), [], "nobody answers: nothing to be seen")
like(out, r"note: map users \(socket\) cannot be asked from here: it counts as empty", "and that is said")

# ---- two configurations
put("other.cf", BASE.replace("550 Relaying denied", "550 We do not relay").replace("Cwhere.test", "Cwhere.test also.test"))
code, out = check("base.cf", "--equal", "other.cf", stdin="user@here.test\nuser@also.test\n# no address\n\nx@far.test\n")
eq(code, 1, "--equal: differences")
like(out, r"(?s)user@also\.test \(recipient\)\n\tbase\.cf: mailer esmtp, host also\.test, user user<@also\.test>\n\tother\.cf: mailer local, host , user user\n",
     "a recipient that goes elsewhere")
like(out, r"(?m)^x@far\.test \(check_rcpt\)\n\tbase\.cf: 550 5\.7\.1 Relaying denied\n\tother\.cf: 550 5\.7\.1 We do not relay$", "a ruleset's other answer")
like(out, r"(?m)^2 of 3 addresses are treated differently$", "the sum")
eq("user@here.test" in out, False, "what is equal is not printed")
eq(check("base.cf", "--equal=base.cf", stdin="user@here.test\n")[0], 0, "a configuration is its own equal")
far = BASE
put("far.cf", far.replace("O DontProbe", "O LogLevel=14\nO DontProbe").replace("F=mDFMuXa, A=TCP $h", "F=mDFMuXa, S=9, A=TCP $h 26") +
    "S9\nR$+ < @ far.test > $*\t$1 < @ near.test >\nScheck_relay\nR$* $| $*\t$#error $: 550 no\nSauthinfo\nR$*\tU:me\n")
code, out = check("base.cf", "--equal", "far.cf", stdin="x@far.test\n")
like(out, r"option LogLevel\n\tbase\.cf: not set \(default \d+\)\n\tfar\.cf: 14\n", "--equal: an option that differs, with its default")
like(out, r"mailer esmtp\n\tbase\.cf: .*A=TCP \$h\n\tfar\.cf: .*A=TCP \$h 26\n", "a mailer that differs")
like(out, r"x@far\.test \(check_relay\)\n\tbase\.cf: ok\n\tfar\.cf: 550 ", "check_relay")
like(out, r"x@far\.test \(authinfo\)\n\tbase\.cf: .*\n\tfar\.cf: .*U ?: ?me", "authinfo")
like(out, r"x@far\.test \(header sender for mailer esmtp\)\n\tbase\.cf: x.*far\.test.*\n\tfar\.cf: x.*near\.test.*\n\tthey part at\n.*base\.cf: .*\n.*far\.cf: rule 1 of 9 \(far\.cf:\d+\): R\$\+ < @ far ?\. ?test > \$\* +\$1 < @ near ?\. ?test > +makes ",
     "the header of a sender, and the rule where they part")
eq(code, 1, "and the exit code")
eq(check("base.cf", "base.cf")[0], 64, "two files without --equal: EX_USAGE")
eq(check("none.cf")[0], 66 if check("none.cf")[0] == 66 else 72, "a file that is not there")

# ---- the m4 tree and its names
with open(os.path.join(TOP, "src", "sendmail", "mc_words.c")) as f:
    words = {name: set(re.findall('"([^"]+)"', body)) for name, body in re.findall(r"mc_(\w+)\[\] = \{(.*?)\n\tNULL", f.read(), re.S)}
for part, folder in (("features", "feature"), ("ostypes", "ostype"), ("mailers", "mailer")):
    there = {x[:-3] for x in os.listdir(os.path.join(TOP, "cf", folder)) if x.endswith(".m4")}
    eq(sorted(there ^ words[part]), [], "mc_words.c knows the %s of the tree" % part)
used = set()
for folder in ("m4", "feature", "mailer", "ostype"):
    for x in os.listdir(os.path.join(TOP, "cf", folder)):
        with open(os.path.join(TOP, "cf", folder, x), encoding="latin-1") as f:
            used |= set(re.findall(r"\bconf[A-Z][A-Z0-9_]*[A-Z0-9]\b", f.read()))
eq(sorted(used - words["defines"]), [], "and all its conf names")

# ---- nothing is said about the configurations of the address tests
cfdata.prepare(FOLDER, TMP, [MAKEMAP])
HERE = (r"/etc/|/var/spool/|unknown user|is missing|StatusFile|"      # files of the machine that it is not
        r"has no effect|attempts at relaying")

EXPECTED = {"late_features": r"FEATURE\(\w+\) stands behind MAILER\(local\)",
            "uucp_only": r"there is no mailer unknown"}      # sendmail's name for the relay that such a host lacks


def one(name):
    with open(os.path.join(FOLDER, name + ".mc"), encoding="latin-1") as f:
        put(name + ".mc", f.read().replace("@DIR@", TMP))
    r = subprocess.run(["sh", os.path.join(TOP, "cf", "cf", "Build"), name + ".cf"], capture_output=True, text=True)
    return (name,) + (check(name + ".cf") if r.returncode == 0 else (r.returncode, r.stdout + r.stderr))


with ThreadPoolExecutor(2) as pool:
    for name, code, out in pool.map(one, cfdata.names(FOLDER)):
        bad = [x for x in out.splitlines() if not re.search(HERE, x)]
        # what FEATURE(promiscuous_relay) means
        with open(name + ".mc", encoding="latin-1") as f:
            mc = f.read()
        if "promiscuous_relay" in mc:
            ok("open relay for everyone" in out, name + ": promiscuous_relay is an open relay")
        elif "relay_local_from" in mc:
            ok("open relay with a sender that anybody can claim" in out, name + ": relay_local_from is one for who forges a sender")
        elif name in EXPECTED:
            eq([x for x in bad if not re.search(EXPECTED[name], x)], [], name + ": nothing found but what it is for")
            ok(bad, name + ": and that is found")
        else:
            eq(bad, [], name + ": nothing found")
done_testing()
