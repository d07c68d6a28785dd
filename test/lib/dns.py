"""dns.py - a name server of a test's own: nsd on a free port of 127.0.0.1 that serves the whole tree.

    from dns import Dns
    d = Dns('''
    example.com.    MX 10 mail.example.com.
    mail.example.com. A 192.0.2.1
    ''')
    d.port, d.option        # what goes into sendmail.cf: "O ResolverOptions=..." value
    d.replace(text)         # other records from now on
    d.stop()

Records are a root zone's; SOA and NS are added, names end in a dot.  Every name that is not there does not
exist.  As a program, `dns.py [-s SECONDS]' reads the records from standard input, prints the port when the server
answers, and stops it when SECONDS are over or its parent ends.
"""
import atexit
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
from port import free_port

HEAD = """$TTL 60
. SOA ns.invalid. postmaster.invalid. %d 3600 600 86400 5
. NS ns.invalid.
ns.invalid. A 127.0.0.1
"""


class Dns:
    def __init__(self, records, port=0, head=HEAD):
        self.serial, self.head = 1, head
        self.dir = tempfile.mkdtemp(prefix="angarium.dns.")
        os.chmod(self.dir, 0o755)
        self.process = None
        atexit.register(self.stop)
        self._write(records)
        for _ in range(5):
            self.port = port or free_port(hold=False)
            self._start()
            if self._await():
                break
            self._end()
        else:
            with open(self.path("log"), errors="replace") as f:
                raise RuntimeError("nsd does not answer: " + f.read())
        self.option = "nameserver=127.0.0.1@%d" % self.port

    def path(self, name):
        return os.path.join(self.dir, name)

    def _write(self, records):
        with open(self.path("zone.new"), "w") as f:
            f.write(self.head % self.serial if "%" in self.head else self.head)
            f.write("\n".join(line.strip() for line in records.splitlines()) + "\n")
        os.rename(self.path("zone.new"), self.path("zone"))

    def _start(self):
        with open(self.path("nsd.conf"), "w") as f:
            f.write("""server:
    ip-address: 127.0.0.1@%d
    username: ""
    chroot: ""
    server-count: 1
    database: ""
    zonesdir: "%s"
    pidfile: "%s/pid"
    zonelistfile: "%s/zones"
    xfrdfile: "%s/xfrd"
    xfrdir: "%s"
    cookie-secret-file: ""
    rrl-ratelimit: 0
    hide-version: yes
remote-control:
    control-enable: no
zone:
    name: "."
    zonefile: "zone"
""" % ((self.port,) + (self.dir,) * 5))
        nsd = shutil.which("nsd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin:/sbin")
        if nsd is None:
            raise RuntimeError("nsd is not installed; the tests of DNS need it")
        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen([nsd, "-d", "-c", self.path("nsd.conf")], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)

    def _await(self):
        question = struct.pack(">HHHHHH", 7, 0x0100, 1, 0, 0, 0) + b"\0" + struct.pack(">HH", 6, 1)
        end = time.monotonic() + 30
        while time.monotonic() < end and self.process.poll() is None:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.settimeout(0.03)	# what comes between nsd's bind and its serving is lost
                try:
                    s.sendto(question, ("127.0.0.1", self.port))
                    if s.recv(512)[:2] == b"\0\x07":
                        return True
                except OSError:
                    time.sleep(0.02)
        return False

    def _end(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def replace(self, records):
        self.serial += 1
        self._write(records)
        self._end()
        self._start()
        if not self._await():
            raise RuntimeError("nsd does not come back")

    def stop(self):
        self._end()
        shutil.rmtree(self.dir, ignore_errors=True)


def main():
    seconds = int(sys.argv[2]) if len(sys.argv) == 3 and sys.argv[1] == "-s" else 3600
    d = Dns(sys.stdin.read())
    print(d.port, flush=True)
    parent, end = os.getppid(), time.monotonic() + seconds
    while time.monotonic() < end and os.getppid() == parent:
        time.sleep(0.1)
    d.stop()


if __name__ == "__main__":
    main()
