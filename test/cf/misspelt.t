#!/usr/bin/env python3
"""What is misspelt in a .mc is told with its line and what was meant: by Build where m4 sees it, by sendmail -bC otherwise.  Things in the wrong order, too."""
import os
import re
import subprocess
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from tap import *

SENDMAIL = os.path.join(OBJ, "sendmail", "sendmail")
BUILD = os.path.join(TOP, "cf", "cf", "Build")
os.chdir(TMP)

# line 3 of a .mc; what is said about x.mc:3
ROWS = (
    ("FEATURE(`virtuserable')", "no feature named virtuserable\n\tdid you mean virtusertable\\?"),
    ("FEATUR(`access_db')", "no macro is called FEATUR: did you mean FEATURE\\?"),
    ("MAILER(`procmial')", "no mailer named procmial\n\tdid you mean procmail\\?"),
    ("DOMAIN(`debian-mtaa')", "no domain named debian-mtaa\n\tdid you mean debian-mta\\?"),
    ("HACK(`cssubdomian')", "no hack named cssubdomian\n\tdid you mean cssubdomain\\?"),
    ("MASQUERAD_AS(`x.test')", "no macro is called MASQUERAD_AS: did you mean MASQUERADE_AS\\?"),
    ("TRUST_AUTH_MECHS(`LOGIN')", "no macro is called TRUST_AUTH_MECHS: did you mean TRUST_AUTH_MECH\\?"),
    ("EXPOSE_USER(`root')", "no macro is called EXPOSE_USER: did you mean EXPOSED_USER\\?"),
    ("LOCAL_RULESET\nSx\nR$*\t$: $1", "no macro is called LOCAL_RULESET: did you mean LOCAL_RULESETS\\?"),
    ("define(`confLOG_LEVL', `9')", "nobody reads confLOG_LEVL: did you mean confLOG_LEVEL\\?"),
    ("define(confMAX_MESAGE_SIZE, 100)", "did you mean confMAX_MESSAGE_SIZE\\?"),
    ("define(`SMART_HOSTS', `x.test')", "did you mean SMART_HOST\\?"),
    ("define(`LOCAL_MAILER_FLAG', `x')", "did you mean LOCAL_MAILER_FLAGS\\?"),
    ("DAEMON_OPTIONS(`Name=MTA, Prot=25')", "no key is called Prot: its first letter counts; did you mean Port\\?"),
    ("DAEMON_OPTIONS(`Name=MTA, Family=inet7')", "Unknown address family inet7"),
    ("DAEMON_OPTIONS(`Name=MTA, Addr=::1')", "Addr=::1 is no address of Family=inet"),
    ("DAEMON_OPTIONS(`Name=MTA, Family=inet6, Addr=127.0.0.1')", "Addr=127.0.0.1 is no address of Family=inet6"),
    ("CLIENT_OPTIONS(`Addr=::1')", "Addr=::1 is no address of Family=inet"),
    ("DAEMON_OPTIONS(`Name=MTA, DeliveryMode=')", "Unknown delivery mode"),
    ("DAEMON_OPTIONS(`Name=MTA, M=Z')", "there is no modifier Z"),
    ("DAEMON_OPTIONS(`Name=MTA, Port=70000')", "warning: DaemonPortOptions: Port=70000 is no port"),
    ("DAEMON_OPTIONS(`Name=MTA, children=many')", "warning: DaemonPortOptions: children=many is not a number"),
    ("DAEMON_OPTIONS(`Name=MTA, queueLA=2.5x')", "queueLA=2.5x is not a number"),
    ("DAEMON_OPTIONS(`Name=MTA, Port=smtp, I=clamav')", "error: InputFilter clamav not defined"),
    ("INPUT_MAIL_FILTER(`one', `S=unix:/x')\nDAEMON_OPTIONS(`Name=MTA, I=one;tow')", "4: error: InputFilter tow not defined"),
    ("CLIENT_OPTIONS(`Famly=inet')", "no key is called Famly: its first letter counts; did you mean Family\\?"),
    ("INPUT_MAIL_FILTER(`x', `S=unix:/x, X=R')", "unknown filter equate X="),
    ("define(`confPRIVACY_FLAGS', `authwarning')", "authwarning unrecognized; did you mean authwarnings\\?"),
    ("define(`confDONT_BLAME_SENDMAIL', `TrustStickyBits')", "TrustStickyBits unrecognized; did you mean truststickybit\\?"),
    ("FEATURE(`access_db', `hsh /etc/mail/access')", "no such map class: hsh"),
    ("FEATURE(`mailertable', `hash -Q /etc/mail/x')", "class hash has no flag -Q"),
    ("LOCAL_CONFIG\nO LogLevl=9", "4: error: .*unknown option name LogLevl; did you mean LogLevel\\?"),
    ("DOMAIN(`freebsd5')", "no domain named freebsd5\n\tthere is OSTYPE\\(freebsd5\\)"),
    ("OSTYPE(`debian-mta')", "no ostype named debian-mta\n\tthere is DOMAIN\\(debian-mta\\)"),
    ("FEATURE(`smtp')", "no feature named smtp\n\tthere is MAILER\\(smtp\\)"),
    ("LOCAL_RULESETS\nSx\nR$+ @ $*     $: $1", "5: error: blanks stand where a tab belongs"),
    ("MAILER(`smtp')\nFEATURE(`access_db')", "4: warning: FEATURE\\(access_db\\) should come before any MAILER"),
)


def said(mc):
    with open("x.mc", "w") as f:
        f.write(mc)
    r = subprocess.run(["sh", BUILD, "x.cf"], capture_output=True, text=True)
    out = r.stdout + r.stderr
    if r.returncode == 0:
        r = subprocess.run([SENDMAIL, "-bC", "x.cf"], capture_output=True, text=True)
        out += r.stdout + r.stderr
    if os.path.exists("x.cf"):
        os.unlink("x.cf")
    return out


for line, want in ROWS:
    out = said("VERSIONID(`x')\nOSTYPE(`linux')\n%s\nMAILER(`local')\n" % line)
    like(out, r"(?m)^x\.mc:%s" % (want if want[0].isdigit() else "3: .*" + want), line.split("\n")[0])
like(said("OSTYPE(`linx')\nMAILER(`local')\n"), r"x\.mc:1: no ostype named linx\n\tdid you mean linux\?", "OSTYPE")
like(said("OSTYPE(`linux)\nFEATURE(`access_db')\nMAILER(`local')\n"), r"x\.mc:1: ", "a quote that is left open")
like(said("MAILER(`local')\nOSTYPE(`linux')\n"), r"x\.mc:2: warning: OSTYPE\(linux\) should come before any MAILER", "OSTYPE behind MAILER")
eq([x for x in said("define(`MY_OWN', `dnl')\nOSTYPE(`linux')\nMY_OWN(`x')\nMAILER(`local')\n").splitlines() if "MY_OWN" in x], [], "a macro of the site's own is none of these")
done_testing()
