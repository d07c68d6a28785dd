#!/usr/bin/env python3
"""A disk without room: 452, no loss, and work again when there is room."""
import os
import subprocess
import sys
import smtplib
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *
from mta import Mta, Sink

sink = Sink()


def attempt(m, text):
    try:
        m.send("a@client.test", ["b@there.test"], text)
        return 250, b""
    except smtplib.SMTPResponseException as e:
        return e.smtp_code, e.smtp_error
    except smtplib.SMTPRecipientsRefused as e:
        return list(e.recipients.values())[0]


# MinFreeBlocks more than there is
m = Mta(smart_host=sink, mc="define(`confMIN_FREE_BLOCKS', `999999999999')\n")
m.start()
code, text = attempt(m, "Subject: x\n\nx\n")
eq(code, 452, "less room than MinFreeBlocks: 452")
eq((m.queue(), m.queue("df"), m.queue("tf")), ([], [], []), "nothing is left of the message")
m.stop()

if os.getuid() == 0:
    # a file system of 300 KiB
    m = Mta(smart_host=sink, mc="define(`confMIN_FREE_BLOCKS', `0')\n")
    r = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k,mode=700", "tmpfs", m.path("queue")], capture_output=True)
    if r.returncode != 0:
        skip("a full disk", "no file system of our own can be mounted here: " + r.stderr.decode().strip())
    else:
        try:
            m.start()
            code, text = attempt(m, "Subject: big\n\n" + ("x" * 70 + "\n") * 10000)
            eq(code, 452, "a message that does not fit: 452")
            eq((m.queue(), m.queue("df"), m.queue("tf")), ([], [], []), "nothing is left of it")
            eq(attempt(m, "Subject: small\n\nx\n")[0], 250, "the next small one is taken")
            with open(m.path("queue/filler"), "wb") as f:
                try:
                    f.write(b"x" * 400000)
                except OSError:
                    pass
            code, text = attempt(m, "Subject: small\n\nx\n")
            eq(code, 452, "with no room at all: 452")
            os.unlink(m.path("queue/filler"))
            eq(attempt(m, "Subject: again\n\nx\n")[0], 250, "and work goes on when there is room, without a restart")
            eq(len(sink.wait(2)), 2, "what was accepted has arrived")
        finally:
            m.stop()
            subprocess.run(["umount", m.path("queue")])
else:
    # a limit on file size stands for a full disk
    m = Mta(smart_host=sink, mc="define(`confMIN_FREE_BLOCKS', `0')\n")
    os.chmod(m.path("queue"), 0o500)
    m.start()
    ok(attempt(m, "Subject: x\n\nx\n")[0] in (451, 452), "a queue that cannot be written to: 4xx")
    os.chmod(m.path("queue"), 0o700)
    eq(attempt(m, "Subject: again\n\nx\n")[0], 250, "and work goes on without a restart")
    eq(len(sink.wait(1)), 1, "what was accepted has arrived")
    m.stop()
done_testing()
