"""miltertalk.py - sessions with filters: what the client is told, what each filter is sent, what is queued, and what is logged, as lines.

Used by test/smtp/milter.t with our own daemon, and by test/compat/milter with another sendmail to record what that does.
"""
import glob
import lzma
import os
import re
import subprocess
import time

from milter import NO, NR, Filter
from smtp import Talk
from tap import TOP, flush_journal, port, run

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "..", "smtp", "data")
OK = os.path.join(DATA, "milter.ok.xz")

DAEMONS = {"one": "one", "two": "one;two", "r": "two", "open": "open", "four": "four", "goneT": "goneT", "goneR": "goneR", "gone4": "gone4",
           "gone": "gone", "usual": None, "three": "open;one;two", "none": ""}
FILTERS = ["one", "two", "open", "four", "usual"]

TEXT = "Subject: a test\r\nX-One: first\r\nX-One:  second\r\nX-One:third\r\nFrom: ann@far.test\r\n\r\nhello\r\nworld\r\n..dot\r\n."
DIALOG = ["EHLO me.test", "MAIL FROM:<ann@far.test>", "RCPT TO:<joe@here.test>", "DATA", TEXT, "QUIT"]
TWICE = DIALOG[:-1] + DIALOG[1:]
OPEN = ["EHLO me.test", "MAIL FROM:<ann@far.test>", "RCPT TO:<joe@here.test>", "RCPT TO:<mia@here.test>", "DATA", TEXT,
        "MAIL FROM:<bob@far.test>", "RCPT TO:<joe@here.test>", "QUIT"]
EVERY = 0x1ff
ALL_NO, ALL_NR = sum(NO.values()), sum(NR.values())
LEADSPC = 0x100000
BIG = "Subject: big\r\n\r\n" + "".join("%063d\r\n" % i for i in range(2200)) + "."


def sessions():
    """(name, daemon, {filter: what it is}, the client's lines)"""
    yield "continue", "one", {"one": {}}, DIALOG
    yield "two messages", "one", {"one": {}}, TWICE
    yield "two filters", "two", {"one": {}, "two": {}}, TWICE
    yield "the option's list", "usual", {"usual": {}}, DIALOG
    yield "no filters", "none", {}, DIALOG
    yield "asked macros", "one", {"one": {"syms": {"C": "j {daemon_name} {client_addr}", "H": "", "M": "i {mail_addr}", "R": "{rcpt_addr} {rcpt_mailer}",
          "T": "i", "N": "{msg_id} i", "E": "i {msg_id} {nothing}"}}}, DIALOG
    yield "asked macros, commas", "one", {"one": {"syms": {"C": "{if_name}, {if_addr}, {daemon_port}, {client_port}, {client_ptr}, {client_name}"}}}, DIALOG
    yield "other commands", "one", {"one": {}}, ["HELO me.test", "EHLO you.test", "NOOP", "WHAT ever", "VRFY joe", "RSET", "MAIL FROM:<ann@far.test>", "RSET",
          "MAIL FROM:<ann@far.test>", "RCPT TO:<joe@here.test>", "EHLO again.test", "RCPT TO:<x@y>", "MAIL FROM:<>", "RCPT TO:<joe@here.test>", "WHAT", "QUIT"]
    yield "no quit", "one", {"one": {}}, ["EHLO me.test", "MAIL FROM:<ann@far.test>", "RCPT TO:<joe@here.test>"]
    yield "parameters", "one", {"one": {}}, ["EHLO me.test", "MAIL FROM:<ann@far.test> SIZE=1000 BODY=7BIT RET=HDRS ENVID=abc",
          "RCPT TO:<joe@here.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;joe@old.test", "RCPT TO:<no@there.test>", "RCPT TO:mia", "RCPT TO:<\"a b\"@here.test>", "DATA", TEXT, "QUIT"]
    yield "a refused sender", "one", {"one": {}}, ["EHLO me.test", "MAIL FROM:<bad@bad.test>", "QUIT"]
    yield "refused recipients shown", "one", {"one": {"protocol": 0x800}}, ["EHLO me.test", "MAIL FROM:<ann@far.test>", "RCPT TO:<no@there.test>", "RCPT TO:<hated@here.test>", "RCPT TO:<@>", "RCPT TO:<joe@here.test>", "QUIT"]
    yield "no steps", "one", {"one": {"protocol": ALL_NO}}, TWICE
    yield "no replies", "one", {"one": {"protocol": ALL_NR}}, TWICE
    for letter in "CHMRTLNB":
        yield "without " + letter, "one", {"one": {"protocol": NO[letter]}}, DIALOG
    yield "leading blanks kept", "one", {"one": {"protocol": LEADSPC}}, DIALOG
    for v in (2, 3, 4, 5):
        yield "version %d" % v, "one", {"one": {"version": v}}, DIALOG + ["WHAT"]
    yield "version 2, little wanted", "one", {"one": {"version": 2, "actions": 0x1f, "protocol": 0x7f}}, DIALOG
    for letter in "CHMRTLNBE":
        for word in ("a", "r", "t", "d", "y550 5.7.9 no thanks", "y451 4.7.9 later", "y421 4.7.9 go away", "s"):
            if not (letter == "C" and word == "d"):
                yield "%s answered %s" % (letter, word[:4]), "one", {"one": {"plan": {letter: [word]}}}, OPEN
    for word in ("y550 5.7.9 no %s% thanks", "y550 5.7.9 100%% sure", "y550-5.7.1 first\r\n550 5.7.1 second", "y250 odd", "yfoo", "y550", "y550 bad\x01control", "y5507.1 x", "y550 4.7.1 mixed", "y554 text without code"):
        yield "M replies %r" % word, "one", {"one": {"plan": {"M": [word]}}}, DIALOG
        yield "E replies %r" % word, "one", {"one": {"plan": {"E": [word]}}}, DIALOG
    yield "U refused", "one", {"one": {"plan": {"U": ["r"]}}}, ["EHLO me.test", "WHAT ever", "QUIT"]
    yield "U replied", "one", {"one": {"plan": {"U": ["y550 5.7.1 never"]}}}, ["EHLO me.test", "WHAT ever", "QUIT"]
    yield "second rcpt refused", "one", {"one": {"plan": {"R": (["c"], ["r"])}}}, OPEN
    yield "second rcpt replied", "one", {"one": {"plan": {"R": (["c"], ["y550 5.1.1 not she"], ["c"])}}}, OPEN
    yield "one accepts, two refuses", "two", {"one": {"plan": {"M": ["a"]}}, "two": {"plan": {"R": ["r"]}}}, OPEN
    yield "one refuses, two is not asked", "two", {"one": {"plan": {"M": ["r"]}}, "two": {}}, DIALOG
    yield "one refuses at the end", "two", {"one": {"plan": {"E": ["r"]}}, "two": {}}, TWICE
    yield "two refuses at the end", "two", {"one": {}, "two": {"plan": {"E": ["r"]}}}, TWICE
    yield "one discards, two goes on", "two", {"one": {"plan": {"R": ["d"]}}, "two": {}}, DIALOG
    yield "skip, then two", "two", {"one": {"plan": {"B": ["s"]}, "protocol": 0x400}, "two": {}}, ["EHLO me.test", "MAIL FROM:<ann@far.test>", "RCPT TO:<joe@here.test>", "DATA", BIG, "QUIT"]
    yield "a big body", "one", {"one": {}}, ["EHLO me.test", "MAIL FROM:<ann@far.test>", "RCPT TO:<joe@here.test>", "DATA", BIG, "QUIT"]
    yield "a big body, 256k", "one", {"one": {"protocol": 0x10000000}}, ["EHLO me.test", "MAIL FROM:<ann@far.test>", "RCPT TO:<joe@here.test>", "DATA", BIG, "QUIT"]
    yield "an empty body", "one", {"one": {}}, DIALOG[:4] + ["Subject: x\r\n\r\n.", "QUIT"]
    yield "nothing at all", "one", {"one": {}}, DIALOG[:4] + [".", "QUIT"]
    yield "no header", "one", {"one": {}}, DIALOG[:4] + ["\r\nonly text\r\n.", "QUIT"]
    yield "folded header", "one", {"one": {}}, DIALOG[:4] + ["Subject: long\r\n and folded\r\n\tagain\r\nX-Empty:\r\nX-Blank: \r\nReceived: from a by b\r\nTo: joe\r\nBcc: secret@here.test\r\n\r\nx\r\n.", "QUIT"]
    # changes at the end of a message
    changes = {
        "add": ["h|X-New|value"], "add twice": ["h|X-New|value", "h|X-New| with blank"], "add folded": ["h|X-New|one\n\ttwo"], "add known": ["h|Subject|again"],
        "add empty": ["h|X-New|"], "add crlf": ["h|X-New|one\r\n two"], "add own": ["h|Received|from me"],
        "insert 0": ["i|0|X-In|zero"], "insert 1": ["i|1|X-In|one"], "insert 2": ["i|2|X-In|two"], "insert 3": ["i|3|X-In|three"], "insert 4": ["i|4|X-In|four"], "insert 5": ["i|5|X-In|five"], "insert 99": ["i|99|X-In|far"], "insert many": ["i|0|X-A|a", "i|0|X-B|b", "i|1|X-C|c"],
        "change 1": ["m|1|X-One|changed"], "change 2": ["m|2|x-one|changed"], "change 0": ["m|0|X-One|changed"], "change 9": ["m|9|X-One|changed"],
        "change unknown": ["m|1|X-None|there"], "delete 1": ["m|1|X-One|"], "delete 2": ["m|2|X-One|"], "delete all": ["m|1|X-One|", "m|2|X-One|", "m|3|X-One|"],
        "delete shifting": ["m|1|X-One|", "m|1|X-One|"], "delete unknown": ["m|1|X-None|"], "delete, change": ["m|1|X-One|", "m|2|X-One|second now"], "change subject": ["m|1|Subject|[spam] a test"], "delete, add": ["m|1|Subject|", "h|Subject|new"],
        "change received": ["m|1|Received|by nobody"], "change date": ["m|1|Date|never"], "change message-id": ["m|1|Message-Id|<x@y>"], "insert, change": ["i|0|X-One|zero", "m|1|X-One|which"],
        "rcpt": ["+|<mia@here.test>"], "rcpt bare": ["+|mia@here.test"], "rcpt remote": ["+|<zoe@there.test>"], "rcpt again": ["+|<joe@here.test>"], "rcpt empty": ["+|"],
        "rcpt with args": ["2|<mia@here.test>|NOTIFY=NEVER"], "rcpt no args": ["2|<mia@here.test>"], "rcpt bad args": ["2|<mia@here.test>|FOO=BAR"], "rcpt orcpt": ["2|<mia@here.test>|NOTIFY=SUCCESS ORCPT=rfc822;m@x.test"],
        "delete rcpt": ["-|<joe@here.test>"], "delete bare": ["-|joe@here.test"], "delete other": ["-|<mia@here.test>"], "delete and add": ["-|<joe@here.test>", "+|<mia@here.test>"], "delete case": ["-|<JOE@HERE.TEST>"],
        "sender": ["e|<eva@far.test>"], "sender bare": ["e|eva@far.test"], "sender null": ["e|<>"], "sender args": ["e|<eva@far.test>|RET=HDRS ENVID=xyz"], "sender bad": ["e|<@>"], "sender bad args": ["e|<eva@far.test>|FOO=1"], "sender empty": ["e|"],
        "body": ["b|new\r\nbody\r\n"], "body without end": ["b|no end"], "body in pieces": ["b|one ", "b|line\r", "b|\ntwo\r\n"], "body empty": ["b|"], "body bare": ["b|a\nb\rc\r\n.\r\n..\r\nend\r\n"],
        "body, then others": ["b|one\r\n", "h|X-New|v", "b|two\r\n", "q|why", "h|X-Two|w"], "quarantine, then body": ["q|why", "h|X-New|v", "b|one\r\n", "e|<eva@far.test>"], "quarantine twice": ["q|why", "q|because"],
        "quarantine": ["q|suspicious"], "quarantine, reject": ["q|suspicious", "r"], "progress": ["p", "p", "h|X-P|1"], "change then reject": ["h|X-New|v", "+|<mia@here.test>", "r"], "change then discard": ["h|X-New|v", "d"], "change then accept": ["h|X-New|v", "a"], "skip at the end": ["s"],
        "all of it": ["h|X-New|value", "i|0|X-First|1", "m|1|Subject|other", "+|<mia@here.test>", "-|<joe@here.test>", "e|<eva@far.test>", "b|short\r\n", "q|why"],
    }
    for name, texts in changes.items():
        plan = texts if texts[-1][:1] in "rdas" else texts + ["c"]
        yield "change: " + name, "one", {"one": {"plan": {"E": plan}}}, DIALOG
    for name in ("add", "insert 1", "change 1", "add twice"):
        yield "change, blanks kept: " + name, "one", {"one": {"protocol": LEADSPC, "plan": {"E": changes[name] + ["c"]}}}, DIALOG
    yield "add from", "one", {"one": {"plan": {"E": ["h|From|x", "h|Date|y", "c"]}}}, DIALOG
    yield "change from", "one", {"one": {"plan": {"E": ["m|1|From|x", "m|1|Date|", "i|3|X-I|v", "c"]}}}, DIALOG
    for n, bit in enumerate(["h|X-New|value", "b|new\r\n", "+|<mia@here.test>", "-|<joe@here.test>", "m|1|X-One|changed", "q|why", "e|<eva@far.test>", "2|<mia@here.test>|NOTIFY=NEVER", "i|1|X-New|value"]):
        yield "not negotiated: %s" % bit[:1], "one", {"one": {"actions": 0, "plan": {"E": [bit, "c"]}}}, DIALOG
    yield "the next filter sees changes", "two", {"one": {"plan": {"E": changes["all of it"] + ["c"]}}, "two": {}}, DIALOG
    yield "quarantine at connect", "one", {"one": {"plan": {"C": ["q|why", "c"]}}}, DIALOG
    yield "change too early", "one", {"one": {"plan": {"R": ["h|X-New|value", "c"]}}}, DIALOG
    yield "progress early", "one", {"one": {"plan": {"R": ["p", "c"]}}}, DIALOG
    # what goes wrong
    for d in ("goneT", "goneR", "gone4", "gone"):
        yield "nobody there, " + d, d, {}, DIALOG
    for name, d in (("one", "one"), ("two", "r"), ("open", "open"), ("four", "four")):
        for letter in "CHMRTLNBE":
            for text in ("close", "wait", "?", "#0", "#99999999", "4"):
                if text == "wait" and letter in "HTLN":
                    continue
                yield "%s at %s: %s" % (name, letter, text), d, {name: {"plan": {letter: ["raw:000000013f"] if text == "?" else [text] if text != "#99999999" else [text, "wait"]}}}, OPEN
        for text in (["close"], ["raw:000000013f"], ["#99999999", "wait"], ["raw:000000054f00000006"], ["raw:0000000d4f0000000900000000ffffffff"], ["raw:0000000d4f00000001000001ff00000000"],
                     ["raw:0000000d4f00000006ffffffff00000000"], ["raw:0000000172"], ["raw:0000000d4f0000000600000000ffffffff"]):
            yield "%s negotiates %s" % (name, text[0][:42]), d, {name: {"negotiate": text}}, DIALOG
    for texts in (["c"], ["wait"]), (["wait"],), (["c"], ["c"], ["wait"]):
        yield "one at B %d of a big body: wait" % len(texts), "one", {"one": {"plan": {"B": texts}}}, ["EHLO me.test", "MAIL FROM:<ann@far.test>", "RCPT TO:<joe@here.test>", "DATA", BIG, "QUIT"]
    for name, d in (("one", "one"), ("two", "r"), ("open", "open")):
        yield "%s shuts down" % name, d, {name: {"plan": {"M": ["4"]}}}, TWICE
        yield "%s connfail" % name, d, {name: {"plan": {"M": ["f"]}}}, TWICE
        yield "%s connfail at the end" % name, d, {name: {"plan": {"E": ["f"]}}}, TWICE


def clean(text, folder):
    text = text.replace(folder, "@DIR@")
    text = re.sub(r"^connect -> (220|554) (\S+ ESMTP).*", r"connect -> \1 \2", text)
    text = re.sub(r"^((?:EHLO|HELO) .*? -> 250[- ][^\\]*).*", r"\1", text)
    text = re.sub(r"\b[0-9A-Za-z]{8}\d{6}\b", "ID", text)
    text = re.sub(r"(?m)^(220[ -]\S+ ESMTP\b).*", r"\1", text)
    text = re.sub(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d+ \w+ \d{4} [\d:]+( (GMT|[-+]\d{4}))?( \(\w+\))?", "DATE", text)
    text = re.sub(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \w{3} [ \d]\d [\d:]+ \d{4}", "DATE", text)
    text = re.sub(r"\b\d{12}\.ID", "STAMP.ID", text)
    text = re.sub(r"(C '[^']*' \d) \d+", r"\1 PORT", text)
    text = re.sub(r"(_port\}?=)'\d+'", r"\1'PORT'", text)
    text = re.sub(r"8\.\d+\.\d[^/\s]*/8\.\d+\.\d[^)\s;]*", "VERSION", text)
    return text


LOGGED = re.compile(r"(?i)milter|filter")


def clean_log(line):
    line = re.sub(r"^.*?sendmail\[\d+\]: ", "", line)
    line = re.sub(r"^ID: ", "", line)
    line = re.sub(r", why=milter\[\w+\]$", "", line)	# ours say who decided
    line = line.replace(r"\015", r"\r").replace(r"\012", r"\n").replace(r"\011", r"\t")	# a matter of taste
    return re.sub(r"errno=\d+", "errno=N", line)


class Site:
    """A folder, a configuration, the filters: everything but the daemon."""

    def __init__(self, folder, makemap):
        self.dir, self.queue = folder, os.path.join(folder, "queue")
        self.before_log = lambda: None		# called before the log of a session is read
        os.makedirs(self.queue, 0o700)
        os.chmod(folder, 0o755)
        for f, text in (("switch", "hosts files\naliases files\npasswd files\n"), ("hosts", "127.0.0.1 localhost\n"), ("local-host-names", ""), ("trusted-users", "")):
            with open(os.path.join(folder, f), "w") as out:
                out.write(text)
        two = port()
        self.ports = {}
        daemons = ""
        for name, filters in DAEMONS.items():
            self.ports[name] = port()
            daemons += "DAEMON_OPTIONS(`Name=%s, Addr=127.0.0.1, Port=%d%s')\n" % (name, self.ports[name], "" if filters is None else ", InputMailFilters=" + filters)
        with open(os.path.join(DATA, "milter.mc")) as f:
            mc = f.read().replace("@DIR@", folder).replace("@PORT2@", str(two)).replace("@DAEMONS@", daemons)
        with open(os.path.join(folder, "sendmail.mc"), "w") as f:
            f.write(mc)
        code, out, err = run(["m4", os.path.join(TOP, "cf", "m4", "cf.m4"), os.path.join(folder, "sendmail.mc")])
        if code != 0 or err:
            raise RuntimeError("m4: " + err)
        self.cf = os.path.join(folder, "sendmail.cf")
        with open(self.cf, "w") as f:
            f.write(out)
        subprocess.run(makemap + ["-C", self.cf, "hash", os.path.join(folder, "access.db")], input=b"bad.test REJECT\nTo:hated@here.test REJECT\n", check=True)
        self.filters = {n: Filter("inet:%d@127.0.0.1" % two if n == "two" else "local:" + os.path.join(folder, n)) for n in FILTERS}

    def connect(self, name):
        for _ in range(600):
            try:
                return Talk(self.ports[name])
            except ConnectionRefusedError:
                time.sleep(0.1)
        raise RuntimeError("nobody listens on port %d" % self.ports[name])

    def ask(self, daemon, filters, lines, read_log):
        """One session: a list of lines."""
        for name, f in self.filters.items():
            f.idle()
            f.be(**filters.get(name, {}))
        for f in glob.glob(os.path.join(self.queue, "[qdxtQhT]f*")):
            os.unlink(f)
        read_log()
        c = self.connect(daemon)
        out = ["connect -> " + c.reply()]
        for line in lines:
            if out[-1].split(" -> ")[-1] == "":
                break
            if line not in ("DATA", "QUIT") and "\r\n" in line or line == ".":
                if not said.startswith("354"):
                    continue
            said = c.cmd(line)
            out.append("%s -> %s" % (line[:60].replace("\r\n", "\\n"), said.replace("\n", "\\n")))
        c.s.close()
        for name, f in self.filters.items():
            f.idle()
            for seen in f.seen:
                out += ["%s: %s" % (name, s) for s in seen]
        flush_journal(self.queue)
        for f in sorted(glob.glob(os.path.join(self.queue, "[qh]f*"))):
            with open(f, encoding="latin-1", newline="") as text:
                for part in re.split(r"\n(?![ \t])", text.read().rstrip("\n")):
                    if part[:1] in "SRHqFAZBQ":
                        out.append("qf: " + part.replace("\n", "\\n"))
            with open(re.sub(r"[qh]f(\w+)$", r"df\1", f), encoding="latin-1", newline="") as text:
                body = text.read()
                out.append("df: %d %r" % (len(body), body if len(body) < 200 else "..."))
        out = [clean(o, self.dir) for o in out]
        self.before_log()
        return out, [clean_log(clean(l, self.dir)) for l in read_log() if LOGGED.search(l) and "started as" not in l and "time command" not in l and ": sandbox " not in l]

    def all(self, read_log, only=None):
        """For each session: its name, a list of lines, and what was logged about filters."""
        for name, daemon, filters, lines in sessions():
            if only is None or (name in only if isinstance(only, set) else re.search(only, name)):
                yield (name,) + self.ask(daemon, filters, lines, read_log)


# What is not alike: session, why, their line, ours (None: we have no such line).
ODD = [
    ("E replies 'y550'", "a stray octet of the reference's memory", "(-> 550 5\\.0\\.0 ).*", r"\1"),
    ("[ME] replies 'y550 bad.x01control'", "control bytes become blanks in replies", "bad.control", "bad control"),
    ("[ME] replies 'y5507.1 x'", "no text is skipped", r"(<ann@far.test>\.\.\. |5\.0\.0 )\.1 x", r"\g<1>7.1 x"),
    ("second rcpt re", "{nrcpts} counts recipients that were accepted", r"\{nrcpts\}='2'", "{nrcpts}='1'"),
    ("second rcpt re", "... and the Received: field names the only one", r"(with ESMTP id ID);\\n\tDATE", r"\1\\n\tfor <joe@here.test>; DATE"),
    ("change: add crlf", "a CR does not get into queue files", r"(X-New: one)\r", r"\1"),
    ("change: rcpt bad args", "a reply is a reply", r"-> olderrors=0, Errors=1", "-> 250 2.0.0 ID Message accepted for delivery"),
    ("change: rcpt bad args", "... to the command it is for", r"QUIT -> 250.*", "QUIT -> 221 2.0.0 mail.here.test closing connection"),
    ("change: sender bad$", "the sender stays", "SMAILER-DAEMON", "Sann@far.test"),
]


def recorded():
    """Name of a session -> its lines; those of the log begin with "log: "."""
    sessions_, name = {}, None
    with lzma.open(OK, "rt", encoding="latin-1", newline="\n") as f:
        for line in f.read().split("\n"):
            if line.startswith("== "):
                name = line[3:]
                sessions_[name] = []
            elif name is not None and line:
                sessions_[name].append(line)
    return sessions_


def plain(lines):
    """Without what need not be alike: brackets in queue files, marks that say how a queue file came about, versions."""
    for line in lines:
        line = re.sub(r"^(qf: [SR]\w*:?)<(.*)>$", r"\1\2", line)
        line = re.sub(r"^qf: F(\w*)", lambda m: "qf: F" + m.group(1).replace("s", ""), line)
        line = re.sub(r"(by mail\.here\.test) \(.*?\) with", r"\1 with", line).replace(" (will queue)", "")
        if line not in ("qf: F", "qf: A"):
            yield line


def excused(name, lines):
    """Recorded lines as they are to be here."""
    odd = [o for o in ODD if re.search("^" + o[0], name)]
    for line in lines:
        for _, _, theirs, ours in odd:
            if line is not None and re.search(theirs, line):
                line = None if ours is None else re.sub(theirs, ours, line)
        if line is not None:
            yield line


# What is logged otherwise: session, why, a line of theirs, ours.
ODD_LOG = [
    (".*: #(0|99999999)|.* negotiates #", "nobody waits for a packet that cannot come", r"timeout during data read, where=(last body chunk)?", lambda m: "a packet that is empty or too long, where=" + (m.group(1) or "")),
    ("nobody there", "what is not there is said", r"local socket name @DIR@/gone unsafe", "error connecting to filter: connect to @DIR@/gone: No such file or directory"),
    (".*negotiates raw:0000000d4f00000001", "the reference's version has a bit of another number", r"version 16777217", "version 6"),
    ("[ME] replies 'y550 5.7.9 100%%", "as the client sees it", "100%%", "100%"),
    ("U ", "the command", r"unknown=\(null\)", "unknown=WHAT ever"),
]
# Lines that the reference has not: session, why, the line.
MORE_LOG = [
    ("change: rcpt bad args", "why nobody was added", "Milter (one) add: rcpt: <mia@here.test>: 555 5.5.4 FOO parameter unrecognized"),
    ("change: sender bad", "why the sender stays", "Milter (one) chgfrom: <@>: no address"),
    ("change: sender bad args", "why the parameters are not taken", "Milter (one) chgfrom: <eva@far.test>: 555 5.5.4 FOO parameter unrecognized"),
]


def excused_log(name, lines):
    """Recorded lines of the log as they are to be here."""
    odd = [o for o in ODD_LOG if re.search("^" + o[0], name)]
    lines = list(lines)
    if name == "no quit":		# theirs says good bye twice
        lines.pop()
    for line in lines:
        for _, _, theirs, ours in odd:
            line = re.sub(theirs, ours, line)
        yield line


def more_log(name):
    """Lines of ours that there is nothing to compare with."""
    return [l for n, _, l in MORE_LOG if n == name]


def plain_log(name, lines):
    """The others."""
    more = more_log(name)
    return [l for l in lines if l not in more]


# ---- from which Milter.LogLevel on there is a line ----

LEVELS = os.path.join(DATA, "milter.levels")
LEVEL_SESSIONS = {"change: all of it", "E answered r", "E answered y550", "M answered d", "R answered t", "one at M: close", "C answered r", "C answered a", "R answered d", "no filters",
                  "H answered y451", "four at E: close", "one refuses at the end", "M replies 'yfoo'", "one at M: ?", "one negotiates raw:000000054f00000006"}


def set_level(site, level):
    with open(site.cf) as f:
        text = f.read()
    with open(site.cf, "w") as f:
        f.write(re.sub(r"(?m)^O Milter.LogLevel=.*", "O Milter.LogLevel=%d" % level, text))
