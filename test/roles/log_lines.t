#!/usr/bin/env python3
"""log_lines: many lines in a short time all reach the log, each once and in the order in which they were said: with a logger that does not read for a while,
when the process that said them is killed, and when the daemon is told to end right behind them."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

h = Host(mc="define(`confLOG_LEVEL', `9')\ndefine(`HELP_FILE', `@DIR@/etc/no-helpfile')\n", start_it=False)
lines = []
held = threading.Event()


def read(fd):
    with os.fdopen(fd, "rb") as f:
        for line in f:
            lines.append(line.decode(errors="replace"))
            held.wait()


def begin():
    r, w = os.pipe()
    t = threading.Thread(target=read, args=(r,), daemon=True)
    h.process = start([h.program, "-C", h.cf, "-bD"] + h.args, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=w, env=dict(os.environ, ANGARIUM_LOG="stderr"))
    os.close(w)
    t.start()
    if not await_port(h.port):
        bail("sendmail does not listen: " + "".join(lines))
    return t


def refuse(name, n):
    """A session with n recipients nobody knows, a line of the log each."""
    c = h.connect(helo="me")
    c.cmd("MAIL FROM:<root@here.test>")
    c.send("".join("RCPT TO:<%s%d@here.test>\r\n" % (name, i) for i in range(n)))
    for _ in range(n):
        c.reply()
    return c


def said(name):
    found = [re.search(r"sendmail\[(\d+)\]: \w+: <%s(\d+)@here.test>\.\.\. User unknown" % name, x) for x in list(lines)]
    return [(int(m.group(1)), int(m.group(2))) for m in found if m]


def wait_for(name, n):
    end = time.monotonic() + 60
    while len(said(name)) < n and time.monotonic() < end:
        time.sleep(0.02)
    return [i for _, i in said(name)]


held.set()
t = begin()
c = refuse("one", 300)
eq(wait_for("one", 300), list(range(300)), "300 lines at once: all, once, in order")
c.close()

held.clear()				# more than pipe and socket hold: who says them waits
N = 3000
talks = [threading.Thread(target=lambda n=n: refuse(n, N).close()) for n in ("left", "right")]
for x in talks:
    x.start()
time.sleep(0.3)
held.set()
for x in talks:
    x.join(60)
eq(wait_for("left", N), list(range(N)), "a logger that does not read for a while: none is lost")
eq(wait_for("right", N), list(range(N)), "... of two who talk at the same time")

c = refuse("dead", 100)
pid = wait_for("dead", 1) and said("dead")[0][0]
held.clear()
c.send("".join("RCPT TO:<killed%d@here.test>\r\n" % i for i in range(200)))
for _ in range(200):
    c.reply()
os.kill(pid, signal.SIGKILL)
held.set()
eq(wait_for("killed", 200), list(range(200)), "the process that said them was killed: they are there")
c.close()

c = refuse("last", 400)
h.stop()
t.join(60)
eq([i for _, i in said("last")], list(range(400)), "the daemon ends: not before all is written")
eq([x for x in lines if "helpfile" in x.lower()], [], "and nothing is said of a help file that the m4 tree names and nobody wrote")
done_testing()
