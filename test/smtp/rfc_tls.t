#!/usr/bin/env python3
"""rfc_tls: RFC 3207 (STARTTLS), RFC 4954 (AUTH) and RFC 8689 (REQUIRETLS) by section, both ways.  DANE and MTA-STS have lists of their own: rfc_dane, rfc_sts; what
AUTH= and REQUIRETLS do with deliveries is in rfc_client and dane."""
import base64
import os
import shutil
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

cert = certificate(TMP)
cyrus = shutil.which("saslpasswd2") and os.path.exists(os.path.join(OBJ, "modules", "saslex.so"))
LOCAL = "LOCAL_CONFIG\nO SASLConfDir=%s\n" % (sasldb(TMP) if cyrus else TMP)
msa = port()
number = port()
DNS_ = "".join("d%d.test. MX 10 mx.d%d.test.\nmx.d%d.test. A 127.0.0.1\n" % (n, n, n) for n in range(30))
host = Host(mc="""define(`confSERVER_CERT', `%s')define(`confSERVER_KEY', `%s')define(`confPRIVACY_FLAGS', `needmailhelo')define(`confMCI_CACHE_SIZE', `0')
define(`confAUTH_MECHANISMS', `PLAIN LOGIN CRAM-MD5')TRUST_AUTH_MECH(`PLAIN LOGIN CRAM-MD5')define(`SMTP_MAILER_ARGS', `TCP $h %d')define(`ESMTP_MAILER_ARGS', `TCP $h %d')
DAEMON_OPTIONS(`Name=MSA, Addr=127.0.0.1, Port=%d, M=Ea')
""" % (cert, cert, number, number, msa) + LOCAL, dns=DNS_, mode="background",
            access='AuthInfo:mx.d20.test "U:joe" "P:secret" "M:PLAIN"\nAuthInfo:mx.d21.test "U:joe" "P:secret" "M:CRAM-MD5"\n')
sources = iter("127.0.1.%d" % i for i in range(1, 255))


def b(s):
    return base64.b64encode(s.encode("latin-1")).decode()


def talk(rfc, section, what, *steps, where=None):
    """Lines and what is answered (regular expressions); "TLS" is a handshake."""
    c = Talk(where or host.port, next(sources))
    c.reply()
    c.cmd("EHLO client.test")
    wrong = ""
    for line, want in steps:
        if line == "TLS":
            c.starttls()
            continue
        got = c.cmd(line)
        if not re.search(want, got):
            wrong = "%s: %r, not %s" % (line[:60], got[:300], want)
            break
    c.close()
    eq(wrong, "", "RFC %s %s: %s" % (rfc, section, what))


UP = (("STARTTLS", "^220"), ("TLS", ""))
EHLO = ("EHLO client.test", "^250")
MAIL = ("MAIL FROM:<a@here.test>", "^250")
# ---- RFC 3207: the server
talk("3207", "4", "STARTTLS is a word of EHLO without parameters", ("EHLO x", r"(?m)^250[- ]STARTTLS$"))
talk("3207", "4", "... and takes none", ("STARTTLS now", "^501"))
talk("3207", "4.1", "what stands behind it is not heard", ("STARTTLS\r\nMAIL FROM:<evil@here.test>", "^220"), ("TLS", ""), EHLO, ("RCPT TO:<root>", "^503"))
talk("3207", "4.2", "the client's name is forgotten", *UP, ("MAIL FROM:<a@here.test>", "^503"), EHLO, MAIL)
talk("3207", "4.2", "... and a transaction cannot begin before it", MAIL, ("STARTTLS", "^503"))
talk("3207", "4.2", "it is not offered again", *UP, ("EHLO x", r"^(?!(?s:.*)STARTTLS)"), ("STARTTLS", "^503"))
talk("3207", "4.2", "other words may be offered then", ("EHLO x", r"^(?!(?s:.*)REQUIRETLS)"), *UP, ("EHLO x", r"(?m)^250[- ]REQUIRETLS$"))
talk("3207", "4.3", "on the port of submission, too", ("EHLO x", r"(?m)^250[- ]STARTTLS$"), *UP, EHLO, ("NOOP", "^250"), where=msa)
talk("3207", "4", "after HELO as well", ("HELO x", "^250"), *UP, EHLO, MAIL)

# ---- RFC 3207: the client
ALL = ("PIPELINING", "STARTTLS", "SIZE 100000", "ENHANCEDSTATUSCODES")
sink = Sink(ALL, number=number, cert=cert)
places = iter(range(20))


def sends(section, what, want, hooks={}, place=None, tls=None, lines=(), never=None, rfc="3207", text="Subject: x\n\nx\n", offers=ALL):
    place = next(places) if place is None else place
    sink.hooks, sink.offers = dict(hooks), list(offers)
    at, n = len(sink.lines), len(sink.messages)
    i = host.send("root@here.test", "u@d%d.test" % place, text, source="127.0.0.1")
    m = host.await_log(r"%s: to=<u@d%d\.test>.* dsn=(\S+), .*?stat=(.*)" % (i, place))
    got = "%s %s" % m.groups() if m else i
    said = "\n".join(sink.lines[at:])
    wrong = [] if re.search(want, got) else [got]
    wrong += ["no " + l for l in lines if not re.search("(?m)" + l, said)]
    wrong += ["said: " + never] if never and re.search("(?m)" + never, said) else []
    if tls is not None and sink.await_messages(n + 1) and sink.messages[n]["tls"] != tls:
        wrong.append("TLS: %s" % (not tls))
    eq(wrong, [], "RFC %s %s: %s" % (rfc, section, what)) or diag(said)


def says(reply):
    return lambda sink, line: reply


def turns(*replies):
    """One after the other."""
    left = list(replies)
    return lambda sink, line: left.pop(0) if left else None


SENT, LATER = "^2.*Sent", "^4.*Deferred"
sends("4", "the client says STARTTLS where it is offered", SENT, tls=True, lines=["^STARTTLS$"])
sends("4", "... and not where it is not", SENT, tls=False, never="^STARTTLS", offers=("PIPELINING",))
sends("4.1", "... alone: nothing is sent behind it", SENT, tls=True, lines=[r"^STARTTLS\nEHLO "])
sends("4.2", "... begins anew with EHLO", SENT, tls=True, lines=[r"^EHLO \S+\nSTARTTLS\nEHLO \S+\nMAIL "])
sends("4.2", "what was offered in clear does not hold", SENT, {"EHLO": turns("250-sink.test\r\n250-STARTTLS\r\n250 SIZE 10", "250 sink.test")}, tls=True, never="^MAIL .*SIZE=", text="Subject: x\n\n" + "y" * 500 + "\n")
sends("4.2", "... nor what is not offered again", SENT, {"EHLO": turns("250-sink.test\r\n250-STARTTLS\r\n250 PIPELINING", "250 sink.test")}, tls=True)
sends("4", "454: in clear", SENT, {"STAR": says("454 4.7.0 not now")}, tls=False)
sends("4", "501: that is no server to be trusted with more (tls_server, {verify} is PROTOCOL)", LATER, {"STAR": says("501 5.5.4 what")}, never="^MAIL")
sends("6", "an answer that came in clear behind the 220 is not taken for one under TLS", SENT, {"STAR": says("220 go on\r\n250-evil.test\r\n250 SIZE 1")}, tls=True, lines=[r"^STARTTLS\nEHLO \S+\nMAIL "],
      text="Subject: x\n\n" + "y" * 500 + "\n")
sends("4.1", "a handshake that fails: later, not in clear", LATER, {"STAR": lambda s, l: False}, never="^MAIL")

# ---- RFC 4954
if cyrus:
    OK, PLAIN = "^235", "AUTH PLAIN " + b("\0joe\0secret")
    talk("4954", "3", "AUTH is a word of EHLO with mechanisms", ("EHLO x", r"(?m)^250[- ]AUTH CRAM-MD5$"))
    talk("4954", "3", "... others under TLS", *UP, ("EHLO x", r"(?m)^250[- ]AUTH PLAIN LOGIN CRAM-MD5$"))
    talk("4954", "4", "a mechanism that is not there", ("AUTH XFROB", "^504"))
    talk("4954", "4", "... that is there, under TLS only", (PLAIN, "^504|^538"))
    talk("4954", "4", "no mechanism", ("AUTH", "^501"))
    talk("4954", "4", "an initial response", *UP, EHLO, (PLAIN, OK))
    talk("4954", "4", "without one an empty challenge", *UP, EHLO, ("AUTH PLAIN", "^334 $"), (b("\0joe\0secret"), OK))
    talk("4954", "4", "challenges are base64", *UP, EHLO, ("AUTH LOGIN", "^334 [A-Za-z0-9+/=]+$"), (b("joe"), "^334 "), (b("secret"), OK))
    talk("4954", "4", "= is an initial response of no bytes", *UP, EHLO, ("AUTH PLAIN =", "^535"))
    talk("4954", "4", "* ends it", *UP, EHLO, ("AUTH PLAIN", "^334"), ("*", "^501"), ("NOOP", "^250"), (PLAIN, OK))
    talk("4954", "4", "what is not base64", *UP, EHLO, ("AUTH PLAIN", "^334"), ("%%%", "^501"), ("AUTH PLAIN a", "^501|^535"), ("AUTH PLAIN " + b("x")[:3] + "=x", "^501"), ("NOOP", "^250"))
    talk("4954", "4", "an answer of 12288 octets is taken", *UP, EHLO, ("AUTH PLAIN", "^334"), ("A" * 12288, "^535"), ("NOOP", "^250"))
    talk("4954", "4", "... one without an end is not", *UP, EHLO, ("AUTH PLAIN", "^334"), ("A" * 60000, "^421|^500"))
    talk("4954", "4", "once", *UP, EHLO, (PLAIN, OK), (PLAIN, "^503"), EHLO, (PLAIN, "^503"))
    talk("4954", "4", "not in a transaction", *UP, EHLO, MAIL, (PLAIN, "^503"), ("RSET", "^250"), (PLAIN, OK))
    talk("4954", "4", "who failed may try again, or be nobody", *UP, EHLO, ("AUTH PLAIN " + b("\0joe\0wrong"), "^535"), MAIL, ("RSET", "^250"), (PLAIN, OK))
    talk("4954", "5", "AUTH= of MAIL: xtext, or <>", *UP, EHLO, (PLAIN, OK), ("MAIL FROM:<a@here.test> AUTH=e+2Bmc2@here.test", "^250"), ("RSET", "^250"), ("MAIL FROM:<a@here.test> AUTH=<>", "^250"))
    talk("4954", "5", "... malformed, twice, without a value", ("MAIL FROM:<a@here.test> AUTH=+zz", "^501"), ("MAIL FROM:<a@here.test> AUTH=a AUTH=b", "^501"), ("MAIL FROM:<a@here.test> AUTH", "^501"))
    talk("4954", "6", "235, 530 5.7.0", ("MAIL FROM:<a@here.test>", r"^530 5\.7\.0 "), *UP, EHLO, (PLAIN, r"^235 2\."), MAIL, where=msa)
    talk("4954", "6", "535 5.7", *UP, EHLO, ("AUTH PLAIN " + b("\0joe\0wrong"), r"^535 5\.7\."))
    AUTH = ("PIPELINING", "AUTH PLAIN CRAM-MD5")
    sends("4", "the client: an initial response with PLAIN", SENT, {"AUTH": says("235 2.7.0 ok")}, place=20, rfc="4954", offers=AUTH, lines=["^AUTH PLAIN " + re.escape(b("joe\0joe\0secret")) + "$"])
    sends("4", "... none with CRAM-MD5; a challenge that is not base64 is answered by *", "^[24]", {"AUTH": says("334 %%%"), "*": says("501 aborted")}, place=21, rfc="4954", offers=AUTH, lines=["^AUTH CRAM-MD5$", r"^\*$"])
    sends("4", "... and nothing where AUTH is not offered", SENT, place=20, rfc="4954", offers=("PIPELINING",), never="^AUTH")
else:
    skip("RFC 4954", "this machine has no saslpasswd2, or the tree was built without Cyrus SASL")

# ---- RFC 8689
WANT = "MAIL FROM:<a@here.test> REQUIRETLS"
talk("8689", "2", "no word of EHLO in clear, and no parameter", ("EHLO x", r"^(?!(?s:.*)REQUIRETLS)"), (WANT, "^555"))
talk("8689", "2", "under TLS it is one, without parameters", *UP, ("EHLO x", r"(?m)^250[- ]REQUIRETLS$"), (WANT, "^250"))
talk("8689", "2", "... and has no value", *UP, EHLO, (WANT + "=1", "^501"), (WANT + "=", "^501"))
c = host.connect("127.0.0.1", "me")
c.cmd("STARTTLS")
c.starttls()
c.cmd("EHLO me")
for line in ("MAIL FROM:<root@here.test> REQUIRETLS", "RCPT TO:<u@d22.test>", "DATA"):
    c.cmd(line)
sink.hooks, sink.offers, n = {}, ["PIPELINING", "STARTTLS", "REQUIRETLS"], len(sink.messages)
c.send("Subject: x\r\n\r\na word that nobody else may read\r\n.\r\n")
ident = c.reply().split()[2]
c.close()
ok(host.await_log(r"%s: to=<u@d22\.test>.* dsn=5\.7\.30, .*stat=REQUIRETLS support required" % ident), "RFC 8689 4.2.1: a host that nobody proves is not given the message")
ok(until(lambda: "text/rfc822-headers" in open(host.path("delivered"), errors="replace").read()), "RFC 8689 5: it is returned ...")
report = open(host.path("delivered"), errors="replace").read()
ok("5.7.30" in report and "nobody else may read" not in report, "RFC 8689 5: ... without its body") or diag(report[-3000:])
eq(len(sink.messages), n, "RFC 8689 4.2.1: ... nothing went there")
host.stop()

# a host without a certificate
bare = Host(mc="define(`confSERVER_CERT', `%s/none')define(`confSERVER_KEY', `%s/none')\n" % (TMP, TMP))
c = bare.connect()
c.reply()
ok("STARTTLS" not in c.cmd("EHLO x"), "RFC 3207 4: who has no certificate does not offer it")
like(c.cmd("STARTTLS"), "^454 4", "RFC 3207 4: ... and answers 454")
c.close()
bare.stop()
done_testing()
