"""A client of a server that may die or hang at any command (for tests/judge.py)."""
import socket

TIMEOUT = 5  # seconds until a server hangs


class Died(Exception):
    """The server closed the connection."""


class Hung(Exception):
    """No answer in time."""


class ErrorReply(str):
    """An error reply."""


def request(args):
    parts = [a if isinstance(a, bytes) else str(a).encode() for a in args]
    return b'*%d\r\n' % len(parts) + b''.join(b'$%d\r\n%b\r\n' % (len(p), p) for p in parts)


class Wire:
    """A RESP2 client whose strings are bytes."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(TIMEOUT)
        self.socket.connect(path)
        self.replies = self.socket.makefile('rb', 1 << 16)
        self.asked = ''

    def send(self, commands):
        try:
            self.socket.sendall(b''.join(map(request, commands)))
        except TimeoutError:
            raise Hung from None
        except OSError:
            raise Died from None

    def reply(self):
        try:
            return self.read()
        except TimeoutError:
            raise Hung from None
        except OSError:
            raise Died from None

    def read(self):
        line = self.replies.readline()
        if not line:
            raise Died
        kind, rest = line[0], line[1:-2]
        if kind == 36:  # $
            size = int(rest)
            return None if size < 0 else self.replies.read(size + 2)[:-2]
        if kind == 42:  # *
            return None if rest == b'-1' else [self.read() for _ in range(int(rest))]
        if kind == 58:  # :
            return int(rest)
        return rest if kind == 43 else ErrorReply(rest.decode('latin-1'))

    def ask(self, *commands):
        """The replies to commands that are sent at once."""
        self.asked = ' to '.join(' '.join(map(str, c)) for c in
                                 (commands[0], commands[-1])[:len(commands)])
        self.send(commands)
        return [self.reply() for _ in commands]

    def close(self):
        self.replies.close()
        self.socket.close()
