"""lie.py - a daemon one of whose roles gives wrong answers: the test's side of src/lib/proc/lie_kit.h.

    lies = Lies(LIAR, folder, "sendmail")       # the program is lies.program, to be started by that path
    lies.lie(role, type, way, times)
"""
import mmap
import os
import shutil
import struct

WAYS = ["garbage", "empty", "short", "long", "huge", "a descriptor", "no descriptor", "a promised descriptor", "an error that is none", "an error and a descriptor",
        "twice", "to others"]


class Lies:
    def __init__(self, liar, folder, name):
        os.mkdir(folder, 0o755)
        self.program = os.path.join(folder, name)
        shutil.copy(liar, self.program)
        with open(os.path.join(folder, "lie.state"), "w+b") as f:
            f.truncate(4096)
            os.fchmod(f.fileno(), 0o666)
            self.state = mmap.mmap(f.fileno(), 4096)

    def lie(self, role, kind, way, times):
        self.state[8:12] = struct.pack("<i", 0)
        self.state[16:44] = role.encode().ljust(28, b"\0")
        self.state[0:8] = struct.pack("<II", kind, way + 1)
        self.state[12:16] = struct.pack("<I", 0)
        self.state[8:12] = struct.pack("<i", times)

    def told(self):
        return struct.unpack("<I", self.state[12:16])[0]


def lie_descriptors(pid):
    """How many that came with lies this process has open."""
    return sum("/memfd:lie" in os.readlink("/proc/%d/fd/%s" % (pid, fd)) for fd in os.listdir("/proc/%d/fd" % pid))
