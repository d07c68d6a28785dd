#!/usr/bin/env python3
"""The command line: usage errors in sendmail's words, -d0.x, errors of the configuration in each mode, a session started by inetd."""
import os
import socket
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *

SENDMAIL = os.path.join(OBJ, "sendmail", "sendmail")
os.mkdir(os.path.join(TMP, "queue"))
os.chmod(os.path.join(TMP, "queue"), 0o700)
CF = os.path.join(TMP, "test.cf")
BASE = """V10/Berkeley
O QueueDirectory=%s/queue
O AliasFile=
O PidFile=%s/pid
O DontProbeInterfaces=True
O ResolverOptions=nameserver=127.0.0.1@1
O Timeout.ident=0
Cwhere.test
Djmail.here.test
Dwmail
Dmhere.test
Mlocal, P=/bin/true, F=lsDFMAw5:/|@, A=x $u
Mprog, P=/bin/true, F=lsDFMeu, A=x $u
Sparse=0
R$+\t$#local $: $1
""" % (TMP, TMP)


def put(text, name="test.cf"):
    with open(os.path.join(TMP, name), "w") as f:
        f.write(text)


def run(*words, stdin="", name=None):
    argv = [SENDMAIL, "-C", CF] + list(words)
    if name:
        argv[0] = name
    r = subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=60, executable=SENDMAIL, cwd=TMP)
    return r.returncode, r.stdout, r.stderr


put(BASE)
# as a sendmail 8.17 answers
for words, code, text in (
        ("-?", 64, "illegal option -- ?"), ("-Z", 64, "illegal option -- Z"), ("-bz", 64, "Frozen configurations unsupported"),
        ("-bx", 64, "Invalid operation mode x"), ("-h abc -bv x", 64, "Bad hop count (abc)"), ("-Nfoo -bv x", 64, "Invalid -N argument"),
        ("-Rfoo -bv x", 64, "Invalid -R value"), ("-Bfoo -bv root", 0, "Illegal body type foo"), ("-o", 64, "option requires an argument -- o"),
        ("-O Foo=1 -bv x", 78, "readcf: unknown option name Foo"), ("-O Timeout.foo=1 -bv x", 78, "settimeout: invalid timeout foo"),
        ("-o? -bv x", 78, "readcf: unknown option name 0x3f"), ("-f a -f b -bv x", 64, 'More than one "from" person'),
        ("-bv", 64, "Recipient names must be specified"), ("-bm", 64, "Recipient names must be specified"), ("-q5m -bv x", 64, "Can not use -q with -bv"),
        ("-q5m -bi", 64, "Can not use -q with -bi"), ("-q5m -bs", 64, "Can not use -q with -bs"),
        ("-D /nonexistent/x -bv root", 73, "cannot open /nonexistent/x: No such file or directory")):
    rc, out, err = run(*words.split())
    eq((rc, text in out + err), (code, True), words)
    if text not in out + err:
        diag(out + err)
rc, out, err = run("-N", "never", "-N", "success", "-V", "a", "-V", "b", "-bvv", "root")
eq(rc, 0, "options that are given twice, and what follows the mode's letter, do not matter")
rc, out, err = run("--version")
eq((rc, err), (0, ""), "--version")
like(out, r"^Angarium sendmail \S+\n$", "one line")
rc, out, err = run("--help")
eq(rc, 0, "--help")
like(out, r"usage: .*\n(.*\n)+See sendmail\(8\)", "says how it is used")
eq(run("-C", "/nonexistent.cf", "-bv", "x")[0], 72, "a configuration that is not there: EX_OSFILE")

# ---- options and macros
like(run("-MqVALUE", "-bt", stdin="$q\n")[1], "(?m)^(> )?VALUE$", "-M sets a macro")
like(run("-M{long}word", "-bt", stdin="${long}\n")[1], "(?m)^(> )?word$", "with a long name, too")
like(run("-oMqVALUE", "-bt", stdin="$q\n")[1], "(?m)^(> )?VALUE$", "-oM is the old form")
like(run("-O", "OperatorChars=.", "-bt", stdin="parse a@b\n")[1], "input: a@b", "-O is used before the rules are read")
like(run("-D", os.path.join(TMP, "trace"), "-d21.1", "-bt", stdin="parse a\n")[1], r"ADDRESS TEST MODE", "-D: traces go to a file")

# ---- what is built in
rc, out, err = run("-d0.1", "-bv", "root")
like(out, r"^Version \S+\n Compiled with:( [A-Za-z0-9_=]+)+\n(\t\t[A-Za-z0-9_= ]+\n)+\n=+ SYSTEM IDENTITY \(after readcf\) =+\n"
     r" +\(short domain name\) \$w = mail\n +\(canonical domain name\) \$j = mail\.here\.test\n"
     r" +\(subdomain name\) \$m = here\.test\n +\(node name\) \$k = .*\n=+\n\n", "-d0.1: version, parts, identity, in sendmail's shape")
like(run("-d0.4", "-bv", "root")[1], r"Canonical name: mail\.here\.test\n\ta\.k\.a\.: ", "-d0.4: other names")
like(run("-d0.10", "-bv", "root")[1], r"    OS Defines: \S.*\n(?s:.*)     Conf file:\t\S+/submit\.cf \(default for MSP\)\n(?s:.*)     Conf file:\t%s \(selected\)\n"
     r"      Pid file:\t%s/pid \(selected\)\n" % (CF, TMP), "-d0.10: system and files")
like(run("-d0.15", "-bv", "root")[1], r"\nmailer 0 \(prog\): P=/bin/true ", "-d0.15: mailers")

# ---- a configuration with a mistake
put(BASE + "F{x}/nonexistent/file\n")
rc, out, err = run("-bs", stdin="QUIT\r\n")
eq((rc, out), (71, "451 4.0.0 %s: line 16: fileclass: cannot open '/nonexistent/file': No such file or directory\n" % CF), "-bs: a reply")
put(BASE + "O Nonesuch=1\n")
rc, out, err = run("-bs", stdin="QUIT\r\n")
eq((rc, out.startswith("554 5.0.0 ")), (78, True), "a mistake for good: 554")
rc, out, err = run("-bp")
eq((rc, "unknown option name Nonesuch" in err), (78, True), "-bp says it on standard error")

# ---- inetd
def inetd(text, cf):
    put(cf)
    listener = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(listener.getsockname(), 10)
    conn, _ = listener.accept()
    p = subprocess.Popen([SENDMAIL, "-C", CF, "-bs"], stdin=conn, stdout=conn, stderr=subprocess.DEVNULL)
    conn.close()
    listener.close()
    client.settimeout(60)
    got = client.makefile("rb")
    lines = [got.readline()]
    for line in text:
        client.sendall(line.encode() + b"\r\n")
        lines.append(got.readline())
    client.close()
    p.wait(60)
    return b"".join(lines).decode()


RULES = "Scheck_mail\nR$*\t$#error $@ 5.7.1 $: \"550 client \" $&{client_addr} \" \" $&{client_name}\n"
like(inetd(["HELO x", "MAIL FROM:<a@b.test>", "QUIT"], BASE + RULES), r"(?m)^550 5\.7\.1 .*client 127\.0\.0\.1 ", "inetd: the client's address is known")
REFUSE = "Scheck_relay\nR$* $| $*\t$#error $@ 5.7.1 $: \"550 Access denied\"\n"
like(inetd(["MAIL FROM:<a@b.test>", "QUIT"], BASE + REFUSE), r"(?m)^550 5\.7\.1 Access denied", "and check_relay is asked")
rc, out, err = run("-bs", stdin="MAIL FROM:<a@b.test>\r\nQUIT\r\n")
like(out, r"(?m)^220 (?s:.*)^250 2\.1\.0 ", "a pipe is no client: check_relay is not asked")
# the first that fails makes the exit code of -bv
put(BASE.replace("Sparse=0\n", "Sparse=0\nRnone\t$#error $: no such place\nRnohost\t$#error $@ nohost $: nowhere\n"))
for words, code in (("none", 69), ("nohost", 68), ("none nohost", 69), ("nohost none root", 68), ("root", 0), ("(c", 64), (":include:/etc/passwd", 64)):
    eq(run("-bv", *words.split())[0], code, "-bv %s: %d" % (words, code))
like(run("-bv", "(c")[1], r"^\(c\.\.\. Unbalanced '\('$", "-bv: what is no address is told once")
like(run("-bv", "root")[2], "^$" if os.geteuid() == 0 else "^Notice: -bv may give misleading output for non-privileged user$", "-bv warns whoever is not root")

# the set-group-id program does for an ordinary user what hands in mail, and says so of the rest
if os.geteuid() == 0:
    import pwd
    import shutil
    nobody = pwd.getpwnam("nobody")
    program = os.path.join(TMP, "setgid")
    shutil.copy(SENDMAIL, program)
    os.chown(program, 0, 1)
    os.chmod(program, 0o2755)
    os.chmod(TMP, 0o755)
    for words, code, text in (
            ("-bd", 64, "550 Permission denied (real uid not trusted)"), ("-bD", 64, "Permission denied (real uid not trusted)"),
            ("-bi", 64, "Permission denied (real uid not trusted)"), ("-bH", 64, "Permission denied (real uid not trusted)"),
            ("-q1h", 64, "Permission denied (real uid not trusted)"), ("-Qwhy", 64, "Permission denied (real uid not trusted)"),
            ("-q", 77, "You do not have permission to process the queue"), ("-qRx", 77, "You do not have permission to process the queue")):
        r = subprocess.run([program] + words.split(), capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, cwd="/",
                           user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[])
        eq((r.returncode, r.stdout), (code, text + "\n"), "set-group-id, an ordinary user: " + words) or diag(r.stderr)
else:
    skip("set-group-id, an ordinary user", "only root can make such a program")
# a queue directory that is not there
put(BASE.replace("/queue\n", "/nowhere\n"))
for words in (["-Am", "-odi", "root"], ["-Am", "-odb", "root"], ["-Am", "-odq", "root"], ["-q"]):
    r = subprocess.run([SENDMAIL, "-C", CF] + words, input="Subject: x\n\nx\n", capture_output=True, text=True)
    ok(r.returncode == 78 and "can not chdir(" in r.stderr and "nowhere/): No such file or directory\n" in r.stderr, "%s without a queue directory says so, and ends with 78" % " ".join(words)) or diag((r.returncode, r.stderr))
done_testing()
