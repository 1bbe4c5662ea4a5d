"""Where the records of an RDB file are: an independent reader of the framing, for tests that damage
files. Source: format document; redis 7.2.6 and valkey 9.1 src/rdb.c.
"""
import struct

# What follows the key: s a string, b a double in text, 8 eight bytes, n(…) a count and that many
# times what is in brackets, as (count, layout) tuples.
LAYOUT = {
    0: 's', 1: [('s',)], 2: [('s',)], 3: [('s', 'b')], 4: [('s', 's')], 5: [('s', '8')],
    9: 's', 10: 's', 11: 's', 12: 's', 13: 's', 14: [('s',)], 16: 's', 17: 's',
    18: [('l', 's')], 20: 's', 22: [('s', 's', '8')],
}


class Walker:
    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def take(self, n):
        if self.at + n > len(self.data):
            raise ValueError('the file ends early')
        self.at += n
        return self.data[self.at - n:self.at]

    def length(self):
        """The number, and whether it is an encoding."""
        first = self.take(1)[0]
        if first < 0x40:
            return first, False
        if first < 0x80:
            return (first & 0x3f) << 8 | self.take(1)[0], False
        if first == 0x80:
            return struct.unpack('>I', self.take(4))[0], False
        if first == 0x81:
            return struct.unpack('>Q', self.take(8))[0], False
        if first < 0xc0:
            raise ValueError('no length')
        return first & 0x3f, True

    def number(self):
        return self.length()[0]

    def string(self):
        """The bytes as stored."""
        n, encoded = self.length()
        if not encoded:
            return self.take(n)
        if n < 3:
            return self.take(1 << n)
        n, _ = self.number(), self.number()
        return self.take(n)

    def items(self):
        while True:
            opcode = self.number()
            if opcode == 0:
                return
            {1: self.number, 2: self.number, 3: lambda: self.take(4), 4: lambda: self.take(8),
             5: self.string}[opcode]()

    def stream(self, form):
        for _ in range(self.number()):
            self.string(), self.string()
        for _ in range(3 if form == 1 else 8):
            self.number()
        for _ in range(self.number()):
            self.string(), self.number(), self.number()
            if form > 1:
                self.number()
            for _ in range(self.number()):
                self.take(24), self.number()
            for _ in range(self.number()):
                self.string(), self.take(16 if form > 2 else 8)
                self.take(16 * self.number())

    def value(self, kind):
        if kind == 7:
            self.number(), self.items()
        elif kind in (15, 19, 21):
            self.stream({15: 1, 19: 2, 21: 3}[kind])
        elif LAYOUT[kind] == 's':
            self.string()
        else:
            for _ in range(self.number()):
                for part in LAYOUT[kind][0]:
                    if part == 's':
                        self.string()
                    elif part == 'l':
                        self.number()
                    elif part == '8':
                        self.take(8)
                    else:
                        n = self.take(1)[0]
                        self.take(n if n < 253 else 0)


class Record:
    """Bytes [start, end) of the file, its value from `value` on; key None: no entry."""
    def __init__(self, start, end, value=None, db=0, key=None, kind=None):
        self.start, self.end, self.value = start, end, value
        self.db, self.key, self.kind = db, key, kind


def records(data):
    """Everything between the header and the end mark."""
    walker = Walker(data, 9)
    db, start = 0, 9
    while True:
        kind = walker.take(1)[0]
        if kind == 0xff:
            return
        if kind in (0xfc, 0xfd, 0xf8, 0xf9):
            if kind == 0xf8:
                walker.number()
            else:
                walker.take({0xfc: 8, 0xfd: 4, 0xf9: 1}[kind])
            continue
        if kind == 0xfe:
            db = walker.number()
            yield Record(start, walker.at)
        elif kind == 0xfb:
            walker.number(), walker.number()
            yield Record(start, walker.at)
        elif kind == 0xfa:
            walker.string(), walker.string()
            yield Record(start, walker.at)
        elif kind == 0xf5:
            walker.string()
            yield Record(start, walker.at)
        elif kind == 0xf7:
            walker.number(), walker.number(), walker.number(), walker.items()
            yield Record(start, walker.at)
        elif kind == 0xf3:
            walker.string()
            for _ in range(walker.number()):
                walker.number(), walker.number()
            yield Record(start, walker.at)
        else:
            key = walker.string()
            value = walker.at
            walker.value(kind)
            yield Record(start, walker.at, value, db, key, kind)
        start = walker.at
