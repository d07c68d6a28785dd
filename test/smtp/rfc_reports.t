#!/usr/bin/env python3
"""rfc_reports: what a sender is told, by RFC and section - real messages, real reports, taken apart by a MIME parser (RFC 3461, 3463, 3464, 6522, which was 3462)."""
import email
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

FULL = ("PIPELINING", "8BITMIME", "SIZE 1000000", "DSN", "ENHANCEDSTATUSCODES")
sink = Sink(offers=FULL)
host = Host(mode="background", q="1s", mc="define(`SMART_HOST', `esmtp:[127.0.0.1]')\ndefine(`ESMTP_MAILER_ARGS', `TCP $h %d')\ndefine(`confMCI_CACHE_SIZE', `0')\n"
            "define(`confTO_QUEUEWARN_URGENT', `1s')\ndefine(`confTO_QUEUERETURN_NONURGENT', `1s')\n" % sink.port,
            dns="sender.test. A 127.0.0.1\n", aliases="postmaster: root\nteam: one@x.test, two@x.test\n")
TEXT = "Subject: the subject\nX-Mark: header-mark\n\nbody-mark\n"


def await_one(test, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for m in list(sink.messages):
            if test(m):
                return m
        time.sleep(0.05)
    return None


def submit(ident, rcpts, mail="", text=TEXT, sender=None):
    """rcpts: (address, parameters); the report comes to ident@sender.test."""
    c = host.connect(helo="client.test")
    out = [c.cmd("MAIL FROM:<%s>%s" % (ident + "@sender.test" if sender is None else sender, mail))]
    out += [c.cmd("RCPT TO:<%s>%s" % r) for r in rcpts]
    c.cmd("DATA")
    c.send(text.replace("\n", "\r\n") + ".\r\n")
    out.append(c.reply())
    c.close()
    if any(r[:1] != "2" for r in out):
        diag(str(out))
    return out[-1].split()[2]


def report(ident):
    """The report to ident as (message, part for people, [fields of the message, fields of each recipient ...], what came back), or None."""
    m = await_one(lambda m: "<%s@sender.test>" % ident in " ".join(m["rcpt"]))
    if m is None:
        diag(host.log()[-3000:])
        return None
    e = email.message_from_bytes(re.sub(rb"(?m)^\.", b"", m["data"][:-3]))
    p = e.get_payload()
    return {"wire": m, "mail": e, "parts": p, "text": p[0].get_payload(), "fields": p[1].get_payload(), "back": p[2]}


def answers(line_to_reply):
    def hook(s, line):
        for word, r in line_to_reply.items():
            if word in line:
                return r
        return None
    return hook


sink.hooks = {"RCPT": answers({"<nobody": "550 5.1.1 no such user here", "<plain": "550 go away", "<full": "552 5.2.2 mailbox full", "<policy": "550 5.7.26 who are you", "<slow": "451 4.2.1 not now",
                               "<wrong": "550 2.1.5 nonsense", "<lines": "550-5.1.6 moved\r\n550 5.1.6 to another place"})}

# ---- RFC 6522 (3462): the container
submit("container", [("nobody@x.test", " ORCPT=rfc822;Old+2BName@y.test")], " RET=FULL ENVID=id+3D7")
r = report("container")
ok(r, "RFC 3464 2: a failure is reported")
e = r["mail"]
eq((e.get_content_type(), e.get_param("report-type")), ("multipart/report", "delivery-status"), "RFC 6522 3: multipart/report with its report-type")
ok(e.get_boundary() and len(e.get_boundary()) <= 70, "RFC 6522 3, 2046 5.1.1: a boundary")
eq([p.get_content_type() for p in r["parts"]], ["text/plain", "message/delivery-status", "message/rfc822"], "RFC 6522 3: three parts in this order")
like(r["text"], r"(?s)nobody@x\.test.*no such user here", "RFC 6522 3 (1): people read who and why")
ok(e.get("Content-Transfer-Encoding", "7bit").lower() in ("7bit", "8bit") and r["wire"]["data"].isascii(), "RFC 6522 3: nothing is encoded")
eq([d for d in e.defects] + [d for p in r["parts"] for d in p.defects], [], "RFC 2046 5.1: a parser has nothing to complain of")
ok("body-mark" in r["back"].get_payload()[0].get_payload(), "RFC 3461 4.3: RET=FULL returns all of it")
eq(r["wire"]["mail"].split()[1], "From:<>", "RFC 3461 6.1, RFC 5321 4.5.5: the report has no sender")
like(e["Subject"] or "", "Returned mail", "RFC 3464 2: a subject that says so")
like(e["From"] or "", "MAILER-DAEMON@", "RFC 3464 2: from the mail system")
like(e["To"] or "", "<?container@sender.test>?", "RFC 3464 2: to the sender")
like(e["Auto-Submitted"] or "", "^auto-generated", "RFC 3834 5: nobody answers it")

# ---- RFC 3464: its fields
about, rcpt = r["fields"][0], r["fields"][1]
eq(len(r["fields"]), 2, "RFC 3464 2.1: fields about the message, and a group for each recipient")
eq(about["Original-Envelope-Id"], "id=7", "RFC 3464 2.2.1: ENVID, decoded")
like(about["Reporting-MTA"] or "", r"^dns; mail\.here\.test$", "RFC 3464 2.2.2: who reports")
like(about["Received-From-MTA"] or "", r"(?i)^dns; ", "RFC 3464 2.2.4: where it came from")
ok(email.utils.parsedate_to_datetime(about["Arrival-Date"]), "RFC 3464 2.2.5: when it came")
like(rcpt["Original-Recipient"] or "", r"^rfc822; ?Old\+Name@y\.test$", "RFC 3464 2.3.1: ORCPT, decoded")
like(rcpt["Final-Recipient"] or "", r"(?i)^rfc822; ?nobody@x\.test$", "RFC 3464 2.3.2: who it was in the end")
eq(rcpt["Action"], "failed", "RFC 3464 2.3.3: failed")
eq(rcpt["Status"], "5.1.1", "RFC 3464 2.3.4: the status")
like(rcpt["Remote-MTA"] or "", r"(?i)^dns; ", "RFC 3464 2.3.5: who said so")
eq(rcpt["Diagnostic-Code"], "SMTP; 550 5.1.1 no such user here", "RFC 3464 2.3.6: in what words")
ok(email.utils.parsedate_to_datetime(rcpt["Last-Attempt-Date"]), "RFC 3464 2.3.7: when it was tried")
eq(rcpt["Will-Retry-Until"], None, "RFC 3464 2.3.9: it is not tried again")

# ---- RFC 3461: what a sender may ask for
submit("headers", [("nobody@x.test", "")], " RET=HDRS")
r = report("headers")
eq(r["back"].get_content_type(), "text/rfc822-headers", "RFC 6522 4: headers are text/rfc822-headers")
ok("header-mark" in str(r["back"]) and "body-mark" not in r["wire"]["data"].decode(), "RFC 3461 4.3: RET=HDRS returns them alone")
eq(r["fields"][0]["Original-Envelope-Id"], None, "RFC 3464 2.2.1: no ENVID, no field")
eq(r["fields"][1]["Original-Recipient"], None, "RFC 3464 2.3.1: no ORCPT, no field")

submit("several", [("nobody@x.test", ""), ("fine@x.test", ""), ("full@x.test", " NOTIFY=FAILURE"), ("plain@x.test", " NOTIFY=NEVER"), ("policy@x.test", " NOTIFY=SUCCESS,DELAY")])
r = report("several")
eq(sorted(f["Final-Recipient"].split("; ")[1] for f in r["fields"][1:]), ["full@x.test", "nobody@x.test"], "RFC 3461 4.1, 5.2.7: those who failed and of whom it is wanted; NEVER and others are not")

submit("success", [("daemon@here.test", " NOTIFY=SUCCESS")], " ENVID=ok")
r = report("success")
eq((r["fields"][1]["Action"].split()[0], r["fields"][1]["Status"][:2]), ("delivered", "2."), "RFC 3461 5.2.3, RFC 3464 2.3.3: delivered")
ok("body-mark" not in r["wire"]["data"].decode(), "RFC 3461 4.3: a receipt does not return the text")

sink.offers = [o for o in FULL if o != "DSN"]
submit("relayed", [("friend@x.test", " NOTIFY=SUCCESS ORCPT=rfc822;f@y.test")], " ENVID=r1")
r = report("relayed")
eq((r["fields"][1]["Action"].split()[0], r["fields"][1]["Status"][:2]), ("relayed", "2."), "RFC 3461 5.2.2, RFC 3464 2.3.3: relayed, to a host without DSN")
m = await_one(lambda m: "friend@x.test" in " ".join(m["rcpt"]))
ok("NOTIFY" not in " ".join(m["rcpt"]) and "ENVID" not in m["mail"], "RFC 3461 5.2.2: ... which hears no parameters")

sink.offers = list(FULL)
submit("passed", [("peer@x.test", " NOTIFY=SUCCESS,DELAY ORCPT=rfc822;p+2B@y.test")], " RET=HDRS ENVID=p+2B1")
m = await_one(lambda m: "peer@x.test" in " ".join(m["rcpt"]))
ok(" RET=HDRS" in m["mail"] and " ENVID=p+2B1" in m["mail"], "RFC 3461 5.2.1: RET and ENVID go on as they are") or diag(m["mail"])
like(m["rcpt"][0], r"NOTIFY=SUCCESS,DELAY.* ORCPT=rfc822;p\+2B@y\.test", "RFC 3461 5.2.1: NOTIFY and ORCPT, too")
submit("passed2", [("peer2@x.test", "")])
m = await_one(lambda m: "peer2@x.test" in " ".join(m["rcpt"]))
ok(m and "NOTIFY" not in m["rcpt"][0], "RFC 3461 5.2.1 (d): what was not asked for is not made up")

submit("list", [("team@here.test", " NOTIFY=SUCCESS")])
r = report("list")
eq(r["fields"][1]["Action"].split()[0], "expanded", "RFC 3461 5.2.7.3, RFC 3464 2.3.3: an alias of several is expanded")

submit("never", [("nobody@x.test", " NOTIFY=NEVER")])
ident = submit("", [("nobody@x.test", "")], sender="")
ok(host.await_log(r"%s: to=.*dsn=5\.1\.1" % ident), "RFC 3461 6.1: a message without a sender fails ...")

# ---- late, and too late
submit("late", [("slow@x.test", " NOTIFY=DELAY,FAILURE")], text="Priority: urgent\n" + TEXT)
r = report("late")
eq((r["fields"][1]["Action"], r["fields"][1]["Status"]), ("delayed", "4.2.1"), "RFC 3464 2.3.3: delayed")
ok(email.utils.parsedate_to_datetime(r["fields"][1]["Will-Retry-Until"]), "RFC 3464 2.3.9: and tried until then")
submit("old", [("slow@x.test", "")], text="Priority: non-urgent\n" + TEXT)
r = report("old")
eq((r["fields"][1]["Action"], r["fields"][1]["Status"]), ("failed", "4.4.7"), "RFC 3463 3.5: X.4.7, it is too old")

# ---- RFC 3463: the status of each kind of failure
for who, status, what in (("nobody", r"5\.1\.1", "3.2: X.1.1 from the server"), ("full", r"5\.2\.2", "3.3: X.2.2 from the server"), ("policy", r"5\.7\.26", "2: three parts, of up to three digits"),
                          ("plain", r"5\.\d+\.\d+", "2: a server that gave none"), ("wrong", r"5\.\d+\.\d+", "2: a status of another class than the reply is none"), ("lines", r"5\.1\.6", "3.2: X.1.6, of several lines")):
    submit("code-" + who, [(who + "@x.test", "")])
    r = report("code-" + who)
    like(r["fields"][1]["Status"], "^%s$" % status, "RFC 3463 " + what)
ok(not await_one(lambda m: "<never@" in " ".join(m["rcpt"]), 0.1), "RFC 3461 4.1: NOTIFY=NEVER: there was no report")
eq(sorted(set(m["mail"].split()[1] for m in sink.messages if "@sender.test" in " ".join(m["rcpt"]))), ["From:<>"], "RFC 3461 6.1: no report has a sender")
host.stop()

# ---- PrivacyOptions that concern reports
sink.messages.clear()
host = Host(mode="background", mc="define(`SMART_HOST', `esmtp:[127.0.0.1]')\ndefine(`ESMTP_MAILER_ARGS', `TCP $h %d')\ndefine(`confPRIVACY_FLAGS', `nobodyreturn,noactualrecipient')\n" % sink.port,
            dns="sender.test. A 127.0.0.1\n", aliases="postmaster: root\nhidden: nobody@x.test\n")
submit("private", [("hidden@here.test", "")], " RET=FULL")
r = report("private")
ok("header-mark" in str(r["back"]) and "body-mark" not in r["wire"]["data"].decode(), "PrivacyOptions=nobodyreturn: RET=FULL, and the header alone comes back")
eq((r["fields"][1]["X-Actual-Recipient"], r["fields"][1]["Final-Recipient"].split("; ")[1]), (None, "hidden@here.test"), "... noactualrecipient: who is behind an alias is not a field of the report")
host.stop()
done_testing()
