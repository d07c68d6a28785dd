#!/usr/bin/env python3
"""milters: the filters that people run, unchanged, with rules, keys and signatures that are made here: opendkim, opendmarc, spamass-milter, clamav-milter, rspamd."""
import glob
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from smtp import *

os.environ["PATH"] += ":/usr/sbin:/sbin"
S = os.path.join(TMP, "filters")
os.mkdir(S, 0o755)


def path(*names):
    return os.path.join(S, *names)


def write(name, text):
    with open(path(name), "w") as f:
        f.write(text)
    return path(name)


def run_filter(name, argv, wait=None, seconds=90):
    """Start it, and wait for its socket."""
    log = open(path(name + ".log"), "ab")
    p = start(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    end = time.monotonic() + seconds
    sock = wait or path(name + ".sock")
    while time.monotonic() < end and p.poll() is None:
        try:
            with socket.socket(socket.AF_UNIX if isinstance(sock, str) else socket.AF_INET) as s:
                s.connect(sock)
                return p
        except OSError:
            time.sleep(0.1)
    with open(path(name + ".log"), errors="replace") as f:
        diag(f.read()[-3000:])
    bail("%s does not start" % name)


names = ["sign", "verify", "dmarc", "spam", "virus", "rspamd"]
ports = {n: port() for n in names + ["all"]}
daemons = "".join("DAEMON_OPTIONS(`Name=%s, Addr=127.0.0.1, Port=%d, InputMailFilters=%s')\n" % (n, p, "verify;virus;spam" if n == "all" else n) for n, p in ports.items())
host = Host(mc=daemons + "FEATURE(`accept_unresolvable_domains')\ndefine(`confMILTER_LOG_LEVEL', `14')\ndefine(`confMILTER_MACROS_EOM', `i, {msg_id}, {mail_addr}')\n" +
            "".join("MAIL_FILTER(`%s', `S=local:%s, F=T, T=S:10s;R:60s;E:60s')\n" % (n, path(n + ".sock")) for n in names),
            aliases="postmaster: root\njoe: root\nmia: root\n", start_it=False)

# ---- opendkim, to sign and to verify ----
subprocess.run(["opendkim-genkey", "-D", S, "-s", "sel", "-d", "far.test"], check=True)
with open(path("sel.txt")) as f:
    record = "".join(re.findall(r'"([^"]*)"', f.read()))
write("keys", "sel._domainkey.far.test %s\n" % record)
for n, mode in (("sign", "s"), ("verify", "v")):
    write(n + ".conf", """Syslog no
Mode %s
Socket local:%s
Domain far.test
Selector sel
KeyFile %s
InternalHosts 127.0.0.1
TestPublicKeys %s
AuthservID mail.here.test
RequireSafeKeys no
AlwaysAddARHeader yes
Canonicalization relaxed/simple
""" % (mode, path(n + ".sock"), path("sel.private"), path("keys")) + ("InternalHosts 10.9.8.7\n" if mode == "v" else ""))
    run_filter(n, ["opendkim", "-f", "-x", path(n + ".conf")])
    os.chmod(path(n + ".sock"), 0o666)

# ---- opendmarc ----
write("dmarc.dns", "_dmarc.strict.test v=DMARC1; p=reject\n_dmarc.careful.test v=DMARC1; p=quarantine\n_dmarc.far.test v=DMARC1; p=none\n")
write("dmarc.conf", """Syslog no
Socket local:%s
AuthservID mail.here.test
TrustedAuthservIDs mail.here.test
RejectFailures yes
HoldQuarantinedMessages yes
RequiredHeaders yes
SPFIgnoreResults yes
IgnoreAuthenticatedClients no
IgnoreHosts %s
TestDNSData %s
""" % (path("dmarc.sock"), write("nobody", "10.9.8.7\n"), path("dmarc.dns")))
run_filter("dmarc", ["opendmarc", "-f", "-c", path("dmarc.conf")])
os.chmod(path("dmarc.sock"), 0o666)

# ---- clamav ----
os.mkdir(path("db"), 0o755)
write("db/own.ndb", "Own.Test.Evil:0:*:%s\n" % b"this-is-an-evil-test".hex())
write("clamd.conf", "LocalSocket %s\nDatabaseDirectory %s\nForeground yes\nPidFile %s\nUser %s\n" % (
    path("clamd.sock"), path("db"), path("clamd.pid"), "root" if os.geteuid() == 0 else subprocess.check_output(["id", "-un"], text=True).strip()))
write("clamav-milter.conf", "MilterSocket unix:%s\nClamdSocket unix:%s\nForeground yes\nOnInfected Reject\nRejectMsg infected with %%v\nAddHeader Replace\nPidFile %s\n" % (
    path("virus.sock"), path("clamd.sock"), path("clamav-milter.pid")))
run_filter("clamd", ["clamd", "-c", path("clamd.conf")])
run_filter("virus", ["clamav-milter", "-c", path("clamav-milter.conf")])

# ---- spamassassin ----
os.mkdir(path("sa"), 0o755)
spamd_port = port()
write("sa/own.cf", "required_score 5\nreport_safe 0\nbody OWN_BAD /buy-this-now/\nscore OWN_BAD 12\nbody OWN_SO /perhaps-this/\nscore OWN_SO 6\n"
      "rewrite_header Subject [SPAM]\nadd_header spam Flag _YESNOCAPS_\nadd_header all Status _YESNO_, score=_SCORE_ tests=_TESTS_\nuse_bayes 0\n")
for f in glob.glob("/etc/spamassassin/*.pre"):
    os.symlink(f, path("sa", os.path.basename(f)))
os.mkdir(path("sarules"), 0o755)
write("sarules/none.cf", "# no rules but ours\n")
run_filter("spamd", ["spamd", "-L", "-x", "-i", "127.0.0.1", "-p", str(spamd_port), "-C", path("sarules"), "--siteconfigpath=" + path("sa"), "-m", "1", "-u", "nobody",
                     "-H", path("sarules")] if os.geteuid() == 0 else
           ["spamd", "-L", "-x", "-i", "127.0.0.1", "-p", str(spamd_port), "-C", path("sarules"), "--siteconfigpath=" + path("sa"), "-m", "1"], ("127.0.0.1", spamd_port))
run_filter("spam", ["spamass-milter", "-p", path("spam.sock"), "-r", "10", "--", "-d", "127.0.0.1", "-p", str(spamd_port)])
os.chmod(path("spam.sock"), 0o666)

# ---- rspamd ----
os.mkdir(path("rspamd"), 0o755)
for d in ("local.d", "override.d", "db", "run", "log", "maps.d"):
    os.mkdir(path("rspamd", d), 0o777)
    os.chmod(path("rspamd", d), 0o777)
write("rspamd/local.d/worker-proxy.inc", 'bind_socket = "%s mode=0666";\nmilter = yes;\ntimeout = 60s;\nupstream "local" { default = yes; self_scan = yes; }\ncount = 1;\n' % path("rspamd.sock"))
for w in ("normal", "controller", "fuzzy"):
    write("rspamd/local.d/worker-%s.inc" % w, "enabled = false;\n")
write("rspamd/local.d/options.inc", 'dns { nameserver = ["127.0.0.1:%d"]; timeout = 0.3s; retransmits = 1; }\n' % int(host.dns.option.split("@")[1].split()[0]))
write("rspamd/local.d/logging.inc", 'type = "console";\n')
write("rspamd/local.d/actions.conf", "reject = 15;\nadd_header = 6;\ngreylist = null;\n")
write("rspamd/local.d/milter_headers.conf", 'use = ["x-spam-status"];\nextended_spam_headers = true;\nskip_local = false;\n')
write("rspamd/rspamd.local.lua", "config['regexp']['OWN_BAD'] = { re = '/buy-this-now/{body}', score = 30 }\nconfig['regexp']['OWN_SO'] = { re = '/perhaps-this/{body}', score = 8 }\n")
argv = ["rspamd", "-f", "-c", "/etc/rspamd/rspamd.conf"] + (["-u", "_rspamd", "-g", "_rspamd"] if os.geteuid() == 0 else ["-i"])
for var, value in (("LOCAL_CONFDIR", "rspamd"), ("DBDIR", "rspamd/db"), ("RUNDIR", "rspamd/run"), ("LOGDIR", "rspamd/log")):
    argv.append("--var=%s=%s" % (var, path(value)))
subprocess.run(["chown", "-R", "_rspamd", path("rspamd")], check=False, stderr=subprocess.DEVNULL)
os.chmod(S, 0o1777)
run_filter("rspamd", argv)

host.start()


def talk(name):
    c = Talk(ports[name])
    c.reply()
    c.cmd("EHLO client.far.test")
    return c


def send(name, text, rcpts=("joe@here.test",)):
    """Identifier, or the refusal."""
    c = talk(name)
    for line in ["MAIL FROM:<ann@far.test>"] + ["RCPT TO:<%s>" % r for r in rcpts] + ["DATA"]:
        said = c.cmd(line)
        if said[:1] not in ("2", "3"):
            return said
    c.send(text.replace("\n", "\r\n") + ".\r\n")
    said = c.reply()
    c.cmd("QUIT")
    c.close()
    m = re.match(r"250 2\.0\.0 (\S+) Message accepted", said)
    return m.group(1) if m else said


def header(ident):
    """The fields of a queued message, as they will be sent."""
    fields = re.split(r"\n(?![ \t])", host.qf(ident))
    return [re.sub(r"^H\?[^?]*\?", "", f) for f in fields if f.startswith("H?")]


def message(body, subject="a letter"):
    return "From: Ann <ann@far.test>\nTo: joe@here.test\nSubject: %s\nDate: Sun, 22 Nov 2026 10:00:00 +0000\nMessage-Id: <%s@far.test>\nX-Folded: one\n two\n\n%s\n" % (subject, os.urandom(6).hex(), body)


# opendkim
ident = send("sign", message("signed text\n\nwith lines  of all   kinds "))
eq(len(ident), 14, "opendkim lets its own mail pass")
signed = header(ident)
ok(any(f.startswith("DKIM-Signature: ") for f in signed), "... and signs it")
raw = "\n".join(f for f in signed if not re.match(r"Return-Path|Received", f)) + "\n\n" + host.df(ident).decode()
ident = send("verify", raw)
eq(len(ident), 14, "the signed message comes back")
like("\n".join(header(ident)), r"Authentication-Results: mail\.here\.test;\s+dkim=pass", "... and its signature is good: no octet of header or body has changed")
ident = send("verify", raw.replace("signed text", "changed text"))
like("\n".join(header(ident)), r"Authentication-Results: mail\.here\.test;\s+dkim=fail", "... which it is not when one has")

# opendmarc
results = "Authentication-Results: mail.here.test; dkim=%s header.d=far.test\n"
ident = send("dmarc", results % "pass" + message("x"))
like("\n".join(header(ident)), r"Authentication-Results: mail\.here\.test; dmarc=pass \(p=none", "opendmarc finds a message aligned")
like(send("dmarc", results % "fail" + message("x").replace("ann@far.test", "ann@strict.test")), r"^550 5\.7\.1 rejected by DMARC policy for strict\.test", "... and refuses one that is not, as its domain wants")
ident = send("dmarc", results % "fail" + message("x").replace("ann@far.test", "ann@careful.test"))
flush_journal(host.path("queue"))
with open(host.path("queue", "hf" + ident), encoding="latin-1") as f:
    like(f.read(), r"(?m)^qquarantined by DMARC policy", "... or has it wait")

# clamav-milter
ident = send("virus", message("harmless"))
like("\n".join(header(ident)), r"X-Virus-Status: Clean", "clamav-milter marks clean mail")
eq(send("virus", message("this-is-an-evil-test")), "550 5.7.1 infected with Own.Test.Evil.UNOFFICIAL", "... and refuses what its signatures know")

# spamass-milter
ident = send("spam", message("a harmless text"))
like("\n".join(header(ident)), r"X-Spam-Status: No, score=", "spamass-milter marks ham")
ident = send("spam", message("perhaps-this is something"))
like("\n".join(header(ident)), r"(?s)(?=.*Subject: \[SPAM\] a letter)(?=.*X-Spam-Status: Yes, score=6).*OWN_SO", "... and spam, whose subject it changes")
like(send("spam", message("buy-this-now")), r"^550 5\.7\.1 ", "... and refuses the worst")

# rspamd
ident = send("rspamd", message("a harmless text"))
eq(len(ident), 14, "rspamd lets ham pass")
ident = send("rspamd", message("perhaps-this is something"))
like("\n".join(header(ident)), r"X-Spam(-Status)?: Yes", "... marks spam")
like(send("rspamd", message("buy-this-now")), r"^55\d 5\.7\.1 ", "... and refuses the worst")

# several in order
ident = send("all", raw)
text = "\n".join(header(ident))
ok(re.search(r"dkim=pass", text) and re.search(r"X-Virus-Status: Clean", text) and re.search(r"X-Spam-Status: No", text), "three filters in order mark one message")
like(send("all", message("this-is-an-evil-test")), r"^550 5\.7\.1 infected", "... and each may refuse it")
host.stop()
done_testing()
