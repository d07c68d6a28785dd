"""asuser.py - run a command as an ordinary user (nobody) when we are root."""
import os
import pwd
import sys

if os.getuid() == 0:
    who = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(who.pw_gid)
    os.setuid(who.pw_uid)
    os.environ.update(HOME=os.environ.get("TAP_HOME", "/nonexistent"), USER="nobody", LOGNAME="nobody")
try:
    os.execvp(sys.argv[1], sys.argv[1:])
except OSError as e:
    sys.exit("asuser.py: %s: %s" % (sys.argv[1], e))
