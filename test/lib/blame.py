"""blame.py - which files a sendmail reads, in which folders, with which words of DontBlameSendmail: a line each, ours or a real sendmail's.

    lines = blame.matrix(folder, [sendmail], [makemap])

`folder` must be one whose path only root may write to; as a program it prints the lines for its arguments (test/compat/blame).
"""
import os
import pwd
import shutil
import subprocess

CF = """V10/Berkeley
O AliasFile=%(dir)s/d/aliases
O QueueDirectory=%(dir)s/q
O ForwardPath=%(dir)s/d/fwd.$u
O OperatorChars=.:%%@!^/[]+
O DontProbeInterfaces=True
%(blame)sDjmail.here.test
Ktestm hash %(dir)s/d/map
F{testc}-o %(dir)s/d/cls
Mlocal, P=/bin/true, F=lsDFMAw5:/|@, A=x $u
Mprog, P=/bin/true, F=lsDFMeu, A=x $u
S0
R$+\t$#local $: $1
"""

# mode of the folder, mode of the files, links?
PLACES = ((0o755, 0o644, 0), (0o775, 0o644, 0), (0o777, 0o644, 0), (0o1777, 0o644, 0), (0o755, 0o664, 0), (0o755, 0o666, 0),
          (0o755, 0o644, 1), (0o777, 0o644, 1), (0o1777, 0o644, 1))
WORDS = ("", "TrustStickyBit", "GroupWritableDirPathSafe", "MapInUnsafeDirPath", "ClassFileInUnsafeDirPath", "IncludeFileInUnsafeDirPath",
         "IncludeFileInGroupWritableDirPath", "ForwardFileInUnsafeDirPath", "ForwardFileInGroupWritableDirPath", "GroupWritableAliasFile",
         "WorldWritableAliasFile", "GroupWritableIncludeFile", "WorldWritableIncludeFile", "GroupWritableForwardFile", "WorldWritableForwardFile",
         "LinkedMapInWritableDir", "LinkedAliasFileInWritableDir", "LinkedClassFileInWritableDir", "LinkedIncludeFileInWritableDir",
         "LinkedForwardFileInWritableDir", "MapInUnsafeDirPath,LinkedMapInWritableDir", "IncludeFileInUnsafeDirPath,LinkedIncludeFileInWritableDir")


def put(path, text):
    with open(path, "w") as f:
        f.write(text)


def prepare(top, makemap, dmode, fmode, link):
    d, real = os.path.join(top, "d"), os.path.join(top, "real")
    for x in (d, real):
        shutil.rmtree(x, ignore_errors=True)
        os.mkdir(x)
    where = real if link else d
    subprocess.run(makemap + ["hash", where + "/map"], input="key value\n", text=True, check=True)
    subprocess.run(makemap + ["hash", where + "/aliases"], input="@ @\nal bin\n", text=True, check=True)
    for name, text in (("cls", "classword\n"), ("aliases", "al: bin\n"), ("list", "sys\n"), ("fwd.daemon", "games\n")):
        put(os.path.join(where, name), text)
    user = pwd.getpwnam("daemon")
    os.chown(where + "/fwd.daemon", user.pw_uid, user.pw_gid)
    for name in os.listdir(where):
        os.chmod(os.path.join(where, name), fmode)
        if link:
            os.symlink(os.path.join(where, name), os.path.join(d, name))
    os.chmod(d, dmode)


def ask(top, sendmail, word):
    cf = os.path.join(top, "x.cf")
    put(cf, CF % {"dir": top, "blame": "O DontBlameSendmail=%s\n" % word if word else ""})

    def run(*args, text=""):
        r = subprocess.run(sendmail + ["-C", cf] + list(args), input=text, capture_output=True, text=True, timeout=60)
        return r.stdout + r.stderr

    safe = "-OAliasFile=" + os.path.join(top, "safe", "aliases")
    out = run("-bt", text="/map testm key\n$={testc}\n")
    return " ".join(word if found else "-" for word, found in (
        ("map", "returns value" in out), ("class", "classword" in out), ("alias", "user bin" in run("-bv", "al")),
        ("incl", "user sys" in run(safe, "-bv", "inc")), ("fwd", "user games" in run(safe, "-bv", "daemon"))))


def matrix(top, sendmail, makemap, places=PLACES):
    for x in ("q", "safe"):
        os.makedirs(os.path.join(top, x), 0o700)
    subprocess.run(makemap + ["hash", os.path.join(top, "safe", "aliases")], input="@ @\ninc :include:%s/d/list\n" % top, text=True, check=True)
    put(os.path.join(top, "safe", "aliases"), "inc: :include:%s/d/list\n" % top)
    for dmode, fmode, link in places:
        prepare(top, makemap, dmode, fmode, link)
        for word in WORDS:
            yield ("%04o %03o %s %s" % (dmode, fmode, "link" if link else "file", word)).strip() + " " + ask(top, sendmail, word)


if __name__ == "__main__":
    import sys
    os.chmod(sys.argv[1], 0o755)
    for line in matrix(sys.argv[1], sys.argv[2].split(), sys.argv[3].split()):
        print(line, flush=True)
