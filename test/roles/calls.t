#!/usr/bin/env python3
"""calls: the system calls that each role of the three daemons can still make are those that doc/roles.md lists; `calls.t --write' writes the lists anew."""
import os
import platform
import re
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *

PAGE = os.path.join(TOP, "doc", "roles.md")
HEADERS = ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm/unistd_64.h")
# mark of the list in the page: program; roles that run no program and change no user; roles that open, connect, fork nothing; that change no folder
LISTS = {"calls": (("sendmail", "calls"), ("keys", "gate"), ("smtpd", "client", "route")),
         "front calls": (("lib", "front", "front_calls"), ("front", "auth", "keys"), ()),
         "local calls": (("mail.local", "local_calls"), (), ())}
KEEPS_ROOT = {"lmtp"}		# it becomes the recipient
ANYTHING = {"checker-pam"}	# what modules of PAM want: programs, other users
outs = {mark: subprocess.run([os.path.join(OBJ, *LISTS[mark][0])], check=True, capture_output=True, text=True).stdout for mark in LISTS}
out = outs["calls"]
header = next((h for h in HEADERS if os.path.exists(h)), None)
if out.startswith("no filter") or platform.machine() != "x86_64" or header is None:
    skip("system calls of each role", "the list is made for Linux on x86_64: " + platform.machine())
    done_testing()
    sys.exit()
with open(header) as f:
    names = dict((n, name) for name, n in re.findall(r"#define __NR_(\w+)\s+(\d+)", f.read()))


def listed(text):
    rows = {l.split()[0]: l.split()[1:] for l in text.splitlines()}
    return {role: {names.get(n.rstrip("+"), n.rstrip("+")) + ("*" if n.endswith("+") else "") for n in v} for role, v in rows.items()}


def wrap(head, words):
    lines, line = [], head
    for w in words:
        if len(line) + len(w) > 118:
            lines.append(line)
            line = " " * 13
        line += " " + w
    return "\n".join(lines + [line.rstrip()])


for mark, (_, still, steady) in LISTS.items():
    calls = listed(outs[mark])
    boxed = {r: v for r, v in calls.items() if v != {"all"}}
    common = set.intersection(*boxed.values())
    text = wrap("%-13s" % "each", sorted(common)) + "\n"
    for role, v in calls.items():
        more = ["whatever its user may"] if v == {"all"} else ["+"] + sorted(v - common) if v - common else ["nothing more"]
        text += wrap("%-13s" % role, more) + "\n"
    with open(PAGE) as f:
        page = f.read()
    block = re.compile(r"(?s)(<!-- %s -->\n```\n).*?(```\n)" % mark)
    if "--write" in sys.argv:
        with open(PAGE, "w") as f:
            f.write(block.sub(lambda m: m.group(1) + text + m.group(2), page))
        page = open(PAGE).read()
    m = block.search(page)
    eq(m and m.group(0), m and m.group(1) + text + m.group(2), "doc/roles.md has the list: " + mark)
    for role in set(boxed) - ANYTHING:
        bad = calls[role] & {"execve", "execveat", "ptrace", "setuid", "mount", "bpf", "unshare", "setns", "kexec_load", "init_module", "process_vm_readv"}
        eq(bad - {"setuid"} if role in KEEPS_ROOT else bad, set(), "%s runs no program, changes no user, looks into no process" % role)
    for role in still:
        eq(calls[role] & {"connect", "open*", "openat*", "open", "openat", "fork", "vfork", "clone", "clone*", "unlink", "rename"}, set(),
           "%s opens, connects, forks nothing" % role)
    for role in steady:
        eq(calls[role] & {"unlink", "rename", "mkdir", "unlinkat", "chmod", "link"}, set(), "%s changes no folder" % role)
done_testing()
