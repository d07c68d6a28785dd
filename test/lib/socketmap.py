"""socketmap.py - a socket map server for whole-program tests.

    s = SocketMap()                 # or SocketMap(socket.AF_UNIX); s.place is what a K line names
    s.answers["key"] = "OK value"   # raw answer; bytes are sent as they are, None is silence, "close" ends the connection
    s.asked, s.connections          # what came
"""
import os
import socket
import threading

import tap


class SocketMap:
    """A socket map server.  answers: key -> raw answer, or bytes to send as they are; None: silence."""

    def __init__(self, family=socket.AF_INET):
        self.answers, self.asked, self.connections = {}, [], 0
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        if family == socket.AF_UNIX:
            self.path = os.path.join(tap.TMP, "socketmap")
            self.sock.bind(self.path)
            os.chmod(self.path, 0o777)
            self.place = "local:" + self.path
        else:
            self.sock.bind(("127.0.0.1", 0))
            self.place = "inet:%d@127.0.0.1" % self.sock.getsockname()[1]
        self.sock.listen(50)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            c, _ = self.sock.accept()
            self.connections += 1
            threading.Thread(target=self.serve, args=(c,), daemon=True).start()

    def serve(self, c):
        data = b""
        while True:
            while b":" not in data or len(data) < int(data.split(b":")[0]) + len(data.split(b":")[0]) + 2:
                more = c.recv(4096)
                if not more:
                    return
                data += more
            head, rest = data.split(b":", 1)
            body, data = rest[:int(head)], rest[int(head) + 1:]
            name, key = body.decode().split(" ", 1)
            self.asked.append((name, key))
            answer = self.answers.get(key, "NOTFOUND ")
            if answer is None:
                continue
            if answer == "close":
                c.close()
                return
            if isinstance(answer, str):
                answer = b"%d:%s," % (len(answer.encode()), answer.encode())
            c.sendall(answer)
