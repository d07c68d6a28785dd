#!/usr/bin/env python3
"""mime_limit: MaxMimeHeaderLength cuts MIME fields and their parameters on their way out, as recorded from sendmail 8.17, and nothing else."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

TEXT = ("Subject: " + "s" * 150 + "\nContent-Type: text/plain; charset=" + "c" * 60 + "; name=\"" + "n" * 60 + "\"; x=y\nContent-Description: " + "d" * 150 +
        "\nX-Long: " + "x" * 150 + "\n\nbody\n")
for limits, kind, text in (("128/40", "charset=" + "c" * 32 + "; name=\"" + "n" * 33 + "\"; x=y", "d" * 127), ("0", TEXT.split("; ", 1)[1].split("\n")[0], "d" * 150),
                           ("2048/1024", TEXT.split("; ", 1)[1].split("\n")[0], "d" * 150)):
    sink = Sink()
    h = Host(mc="define(`SMART_HOST', `esmtp:[127.0.0.1]')\ndefine(`ESMTP_MAILER_ARGS', `TCP $h %d')\ndefine(`confMAX_MIME_HEADER_LENGTH', `%s')\n" % (sink.port, limits),
             mode="background")
    h.send("root@here.test", "ann@far.test", TEXT)
    ok(sink.await_messages(), limits + ": a message")
    head = sink.messages[0]["data"].decode("latin-1").replace("\r\n", "\n").split("\n\n")[0] + "\n"
    ok("\nContent-Type: text/plain; " + kind + "\n" in head, "Content-Type") or diag(head)
    ok("\nContent-Description: " + text + "\n" in head, "Content-Description")
    ok("\nSubject: " + "s" * 150 + "\n" in head and "\nX-Long: " + "x" * 150 + "\n" in head, "other fields are as they were")
    h.stop()
    sink.close()
done_testing()
