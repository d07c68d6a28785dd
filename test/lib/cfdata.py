"""cfdata.py - the recorded address tests of test/cf/data: how they are laid out, built, asked and read.

    data/NAME.mc    the configuration; @DIR@ stands for a folder with the maps and files it names
    data/NAME.in    what is typed at sendmail -bt; a line `%set X' stands for the file sets/X,
                    `%each a{b|c}d' for abd and acd
    data/answers.xz the answer to each question of each configuration, as a real sendmail gave it
    data/maps/X     sources of maps, made with makemap hash; data/files/X, files as they are

A question is any line that has an answer: setting a macro (.D) and choosing flags (/tryflags) have none.
An answer is the last `returns:' of a trace, or the last line of what was printed.
"""
import itertools
import lzma
import os
import pwd
import re
import subprocess

SILENT = re.compile(r"[.#]|/tryflags")
# The users of the host that was asked: those of a new Debian.
USERS = set("root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc gnats nobody _apt".split())


def names(folder):
    return sorted(f[:-3] for f in os.listdir(folder) if f.endswith(".mc"))


def questions(folder, name):
    """The lines of NAME.in with their sets."""
    out = []
    with open(os.path.join(folder, name + ".in"), encoding="latin-1") as f:
        for line in f.read().split("\n"):
            if line.startswith("%set "):
                out += load(folder, line[5:].strip())
            elif line:
                out += spread(line)
    return out


def load(folder, name):
    """The lines of a set."""
    with open(os.path.join(folder, "sets", name), encoding="latin-1") as f:
        return [y for x in f.read().split("\n") if x for y in spread(x)]


def keep(folder, every):
    """Write all answers, a dictionary of lists; the same answers give the same bytes."""
    text = "".join("=%s\n%s" % (n, "".join(" %s\n" % a for a in every[n])) for n in sorted(every))
    with open(os.path.join(folder, "answers.xz"), "wb") as f:
        f.write(lzma.compress(text.encode("latin-1"), preset=9 | lzma.PRESET_EXTREME))


def kept(folder):
    """What keep() wrote."""
    every = {}
    with lzma.open(os.path.join(folder, "answers.xz"), "rt", encoding="latin-1", newline="\n") as f:
        for line in f:
            if line[0] == "=":
                now = every[line[1:-1]] = []
            else:
                now.append(line[1:-1])
    return every


def renamed(lines):
    """For questions about accounts of this host that the host which was asked had not: a function that names somebody else in a question or its answer."""
    def new(name):
        try:
            pwd.getpwnam(name)
        except KeyError:
            return False
        return name not in USERS
    here = sorted(w for w in set(w.lower() for x in lines for w in re.findall(r"[A-Za-z][\w-]*", x)) if new(w))
    each = re.compile(r"\b(?:%s)\b" % "|".join(here or ["$."]), re.I)
    return lambda text: each.sub(lambda m: "zq" + m.group(0), text)


def address(question):
    """The address in a question, to count distinct ones."""
    words = question.split(" ", 2 if question.startswith("/try ") else 1)
    return words[-1].strip("<>") if question.startswith("check_") else words[-1]


def spread(line):
    """A line that begins with `%each ' stands for one line for each choice of its {a|b|...}."""
    if not line.startswith("%each "):
        return [line]
    parts = re.split(r"\{([^{}]*\|[^{}]*)\}", line[6:])
    return ["".join(x) for x in itertools.product(*(p.split("|") if i % 2 else [p] for i, p in enumerate(parts)))]


def prepare(folder, where, makemap):
    """Files and maps in WHERE; makemap is a command that is given `hash FILE' and the rows."""
    for part in ("files", "maps"):
        for f in sorted(os.listdir(os.path.join(folder, part))):
            with open(os.path.join(folder, part, f), "rb") as src:
                text = src.read().replace(b"@DIR@", where.encode())
            with open(os.path.join(where, f), "wb") as dst:
                dst.write(text)
            os.chmod(os.path.join(where, f), 0o644)
            if part == "maps":
                subprocess.run(makemap + ["hash", os.path.join(where, f)], input=text, check=True, timeout=60)
                os.chmod(os.path.join(where, f + ".db"), 0o644)


def generate(source, where, tree, out, m4=("m4",)):
    """An .mc file through an m4 tree into the file OUT; gives the status of m4 and what it said."""
    with open(source, encoding="latin-1") as f:
        text = f.read().replace("@DIR@", where)
    mc = "%s.mc" % out
    with open(mc, "w", encoding="latin-1") as f:
        f.write(text)
    with open(out, "w", encoding="latin-1") as f:
        r = subprocess.run([*m4, "-D_CF_DIR_=" + tree + "/", tree + "/m4/cf.m4", mc],
                           stdout=f, stderr=subprocess.PIPE, text=True, timeout=60)
    return r.returncode, r.stderr


def ask(sendmail, cf, lines, flags=(), timeout=120):
    """Type LINES at `sendmail -bt'; gives what comes before the first prompt and a block for each line."""
    r = subprocess.run(sendmail + ["-bt", *flags, "-C", cf], input=("\n".join(lines) + "\n").encode("latin-1"),
                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=timeout)
    out = r.stdout.decode("latin-1")
    m = re.search(r"(?m)^> ", out)
    if not m:
        return out, []
    blocks = []
    for b in re.split(r"(?m)^> ", out[m.start():])[1:]:
        while b.startswith("> "):
            blocks.append("")
            b = b[2:]
        blocks.append(b)
    return out[:m.start()], blocks


def answer(block):
    """What a block comes to."""
    ret = last = None
    for line in block.split("\n"):
        line = line.rstrip()
        if not line or line.startswith("WARNING: "):
            continue
        m = re.match(r"\S+\s+returns: ?(.*)", line)
        if m:
            ret = m.group(1).strip()
        elif not re.match(r"\S+\s+input:", line):
            last = line.strip()
    if last is not None and re.match(r"Rcode|mailer ", last):
        return last
    if ret is not None:
        return ret if last is None else ret + " !" + last
    return last if last is not None else ""


def answers(sendmail, cf, lines, flags=()):
    """(question, answer) pairs, and what was said before the first prompt."""
    head, blocks = ask(sendmail, cf, lines, flags)
    pairs = [(q, answer(b)) for q, b in zip(lines, blocks) if not SILENT.match(q)]
    return head, pairs


def rules_of(sendmail, cf):
    """The rules of a configuration as -bt prints them: a set of (ruleset, left side, right side)."""
    with open(cf, encoding="latin-1") as f:
        sets = [re.split(r"[=\s]", line[1:].strip())[0] for line in f if line.startswith("S") and line[1:2].strip()]
    seen = list(dict.fromkeys(sets))
    _, blocks = ask(sendmail, cf, ["=S " + s for s in seen])
    rules = set()
    for s, b in zip(seen, blocks):
        for line in b.split("\n"):
            m = re.match(r"R(.*?)\t+(.*)", line)
            if m:
                rules.add((s, squeeze(m.group(1)), squeeze(m.group(2))))
    return rules


def squeeze(text):
    return " ".join(text.split())


TRACE = re.compile(r"(?m)^(?:> )*(?:(\S+) +input:|(\S+) +returns:|-----trying rule: (.*)\n(?:[^-\n].*\n)*?-----rule matches: (.*)$)|^(> )")


def matched(sendmail, cf, lines, every=None):
    """The rules that matched while LINES were asked, from the trace of -d21.12; with EVERY, until 70% of them have."""
    hit, known = set(), {}
    step = len(lines) if every is None else 400
    for at in range(0, len(lines), step):
        setup = [q for q in lines[:at] if SILENT.match(q)]
        _, blocks = ask(sendmail, cf, setup + lines[at:at + step], ["-d21.12"])
        stack = [""]
        for m in TRACE.finditer("> ".join([""] + blocks)):
            if m.group(1):
                if m.group(0)[0] == ">":
                    stack = [""]
                stack.append(m.group(1))
            elif m.group(2):
                if len(stack) > 1:
                    stack.pop()
            elif m.group(4) is not None:
                key = (stack[-1], m.group(3), m.group(4))
                if key not in known:
                    known[key] = (key[0], squeeze(key[1]), squeeze(key[2]))
                    hit.add(known[key])
            else:
                stack = [""]
        if every is not None and len(hit & every) * 100 >= len(every) * 70:
            break
    return hit


def coverage(sendmail, cf, lines, enough=False):
    """(rules that matched, all rules, the rules that did not); `enough' stops at 70%."""
    every = rules_of(sendmail, cf)
    hit = matched(sendmail, cf, lines, every if enough else None)
    missed = sorted(r for r in every if r not in hit)
    return len(every) - len(missed), len(every), missed
