#!/usr/bin/env python3
"""smrsh: commands of anybody, as sendmail's smrsh took or refused them; rmail: From_ lines of UUCP become one sender."""
import os
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import tap
from tap import *

D = os.path.join(TMP, "bin")
os.mkdir(D)
for name, text, mode in (("vacation", 'echo "V $#" "$@"', 0o755), ("fail", "exit 3", 0o755), ("keep", "cat", 0o755), ("sub.x", "env | sort | grep -v '^_\\|PWD\\|SHLVL'", 0o755),
                         ("noexec", "x", 0o644), ("args", 'for i; do echo "<$i>"; done', 0o755)):
    with open(os.path.join(D, name), "w") as f:
        f.write("#!/bin/sh\n" + text + "\n")
    os.chmod(os.path.join(D, name), mode)
SMRSH = os.path.join(tap.OBJ, "smrsh", "smrsh")
NO, BAD = '"%s" not available for sendmail programs%s', "cannot use %s in command"
CASES = [
    ("vacation", 0, "V 0\n"), ("/usr/bin/vacation -a x", 0, "V 2 -a x\n"), ("../../bin/vacation", 0, "V 0\n"), ("\tvacation \tx", 0, "V 1 x\n"),
    ("args 'a  b' \"c d\"", 0, "<a  b>\n<c d>\n"), ("args a\\b [a] {a,b} %x x=1 #c", 0, "<ab>\n<[a]>\n<{a,b}>\n<%x>\n<x=1>\n"),
    ("vacation && vacation", 0, "V 0\nV 0\n"), ("vacation a&&vacation b", 0, "V 1 a\nV 1 b\n"), ("vacation a||vacation b", 0, "V 1 a\n"),
    ("vacation || exit 75", 0, "V 0\n"), ("fail || exit 75", 75, ""), ("fail ||exit 4", 4, ""), ("fail && vacation", 3, ""), ("fail || vacation || exit 5", 0, "V 0\n"),
    ("exec vacation x", 0, "V 1 x\n"), ("exec /usr/local/bin/vacation || exit 75", 0, "V 0\n"), ("exec fail || exit 75", 3, ""),
    ("exit 7", 7, ""), ("exit", 0, ""), ("echo hi there", 0, "hi there\n"), ("echo hi && vacation", 0, "hi\nV 0\n"), ("exit 1 || vacation", 1, ""),
    ("keep", 0, "input\n"), ("sub.x", 0, "PATH=/usr/bin:/bin\n"),
    ("sh", 69, NO % ("sh", " (stat failed)")), ("/bin/sh -c id", 69, NO % ("sh", " (stat failed)")), ("vacation; id", 69, NO % ("vacation;", " (stat failed)")),
    ("X=1 vacation", 69, NO % ("X=1", " (stat failed)")), ("-x", 69, NO % ("-x", " (stat failed)")), ("cd /", 69, NO % ("cd", " (stat failed)")),
    ("exec", 69, NO % ("exec", " (stat failed)")), ("||", 69, NO % ("||", " (stat failed)")), ("fail|| exit 4", 69, NO % ("fail||", " (stat failed)")),
    ("vacation ||| exit 3", 69, NO % ("|", " (stat failed)")), ("/", 69, NO % ("", " (not a file)")), ("vacation/", 69, NO % ("", " (not a file)")),
    ("noexec", 69, NO % ("noexec", "")), ("exec exec vacation", 69, NO % ("exec", " (stat failed)")), ("vacation ||", 69, NO % ("", " (not a file)")),
    ("vacation `id`", 69, BAD % "`"), ("vacation $HOME", 69, BAD % "$"), ("vacation > /x", 69, BAD % ">"), ("vacation < /x", 69, BAD % "<"),
    ("vacation | keep", 69, BAD % "|"), ("vacation a|keep", 69, BAD % "|"), ("vacation &", 69, BAD % "&"), ("vacation \\; x", 69, BAD % ";"),
    ("vacation 'a;b'", 69, BAD % ";"), ("vacation ^ x", 69, BAD % "^"), ("vacation 2>&1", 69, BAD % ">"), ("vacation x\nid", 69, BAD % "a line end"),
    ("vacation x\rid", 69, BAD % "a line end"), ("vacation (", 69, BAD % "("),
]


def smrsh(*argv):
    p = subprocess.run([SMRSH, "-d", "/nonexistent:" + D] + list(argv), input="input\n", capture_output=True, text=True, timeout=60,
                       env={"PATH": "/x", "LD_LIBRARY_PATH": "", "IFS": "z", "HOME": "/", "ENV": "/x"})
    return p.returncode, p.stdout or p.stderr.replace(SMRSH + ": ", "").rstrip("\n")


for command, code, out in CASES:
    eq(smrsh("-c", command), (code, out), repr(command))
eq(smrsh("-c", "")[0], 64, "nothing to run")
eq(smrsh("-c", "vacation " + "x" * 9000), (69, "command is too long"), "too long")

# rmail
with open(os.path.join(TMP, "sendmail"), "w") as f:
    f.write('#!/bin/sh\nfor i; do echo "<$i>"; done\ncat\nexit 9\n')
os.chmod(os.path.join(TMP, "sendmail"), 0o755)


def rmail(text, *argv):
    p = subprocess.run([os.path.join(tap.OBJ, "rmail", "rmail"), "-S", os.path.join(TMP, "sendmail")] + list(argv), input=text, capture_output=True, text=True, timeout=60)
    return p.returncode, p.stdout, p.stderr


ARGS = "<-G>\n<-oee>\n<-odq>\n<-oi>\n"
eq(rmail("From joe Mon Jan  5 10:00:00 2026 remote from hosta\n>From joe Mon Jan  5 09:00:00 2026 remote from hostb\nSubject: x\n\n>From here\n.\n", "ann", "bob@x.test"),
   (9, ARGS + "<-pUUCP:hosta.UUCP>\n<-fhosta!hostb!joe>\n<-->\n<ann>\n<bob@x.test>\nSubject: x\n\n>From here\n.\n", ""), "two hosts on the way")
eq(rmail("From c!d!joe Mon Jan  5 10:00:00 2026\n\nx\n", "-D", "here.test", "a,b"),
   (9, ARGS + "<-pUUCP:c.here.test>\n<-fc!d!joe>\n<-->\n<<a,b>>\n\nx\n", ""), "a path, -D, a comma")
eq(rmail("From joe Mon Jan  5\nx\n", "ann")[1], ARGS + "<-pUUCP>\n<-fjoe>\n<-->\n<ann>\nx\n", "no host")
eq(rmail('From "j x"@y Mon Jan  5\nx\n', "ann")[1], ARGS + '<-pUUCP>\n<-f"j x"@y>\n<-->\n<ann>\nx\n', "quotes")
eq(rmail("Subject: x\n\nx\n", "ann"), (65, "", "rmail: no From_ line\n"), "no From_ line")
eq(rmail("From joe Mon\nx\n", "-oQ/tmp", "ann")[0], 64, "options for sendmail are none of its users")
eq(rmail("From joe Mon\nx\n", "ann", "--", "-oQ")[0], 64, "a user that begins with a hyphen")
done_testing()
