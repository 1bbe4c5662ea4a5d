"""One mutant under construction, and the corpus it is made of (for tests/mutate).

A mutant is `header [AUX..] FE 00 witness {record} witness FF crc`; a mutation adds its records in
the middle and may change any other part.
"""
import hashlib
import pathlib
import random
import struct

import rdb_make as make
import rdb_read as read

FAR = 4102444800000 + 99 * 31557600000  # ms: always ahead
PAST = 1000000000000
ALL = (0, 1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22)
ZIPLISTS, LISTPACKS = (10, 12, 13, 14), (16, 17, 18, 20)
RAW_MAX = 4096  # bytes of a record that is taken over as it is


class Corpus:
    """Records of real snapshots: `raw` by type, their elements by kind."""

    def __init__(self, folder):
        self.raw = {t: [] for t in read.KIND}
        self.elements = {kind: [] for kind in read.KIND.values()}
        self.streams = []  # (what frames them, their entries)
        for path in sorted(pathlib.Path(folder).rglob('*.rdb')):
            if not path.with_suffix('.json').exists():
                continue  # not a snapshot of a server
            try:
                for record in read.records(path.read_bytes()):
                    self.add(record)
            except (read.Bad, ValueError):
                continue  # of Redis CE and the like
        missing = [t for t in ALL if not self.raw[t]]
        if missing:
            raise SystemExit('no records of types %s in %s' % (missing, folder))

    def add(self, record):
        kind = read.KIND[record.type]
        if len(record.raw) <= RAW_MAX:
            self.raw[record.type].append(record.raw)
        if kind == 'module':
            return
        found = read.elements(record.type, record.value)
        if kind == 'stream':
            if len(self.streams) < 400:
                self.streams.append((record.value, found))
        elif kind == 'string':
            if len(found) < 300:
                self.elements[kind].append(found)
        else:
            short = [e for e in found[:200] if len(e if isinstance(e, bytes) else e[0]) < 300]
            if short:
                self.elements[kind].append(short)


class Mutant:
    """What changes work on: the parts of the file, and the choices that the seed and index make."""

    def __init__(self, corpus, seed, index, header):
        self.corpus, self.index = corpus, index
        self.rng = random.Random('%s:%d' % (seed, index))
        self.header, self.before = header.encode(), []
        self.first, self.body = b'\xfe\x00', []
        self.witnesses = [self.chance(0.9), self.chance(0.9)]
        self.checksum = None  # instead of the right one
        self.tail = None  # instead of FF and checksum
        self.after = b''
        self.whole = None  # instead of all this
        self.type, self.notes, self.names = None, [], 0

    # Random choices

    def chance(self, p):
        return self.rng.random() < p

    def pick(self, options):
        return options[int(self.rng.random() * len(options))]

    def below(self, n):
        return int(self.rng.random() * n)

    def shuffled(self, items):
        items = list(items)
        for i in range(len(items) - 1, 0, -1):
            k = self.below(i + 1)
            items[i], items[k] = items[k], items[i]
        return items

    def note(self, text, *args):
        self.notes.append(text % args if args else text)

    # Content

    def size(self, kind):
        """A count of elements: mostly few, at times around a conversion limit."""
        r = self.rng.random()
        if r < 0.88:
            return 1 + self.below(8)
        limit = 512 if kind == 'hash' or r > 0.985 else 128
        return self.pick((63, 64, 65, limit - 1, limit, limit + 1))

    def elements(self, kind, n=None):
        """n elements of the corpus, filled up with others; members and fields are distinct."""
        n = self.size(kind) if n is None else n
        pool = self.pick(self.corpus.elements[kind])
        found = {}
        if n < 20:
            for e in self.shuffled(pool[:40])[:n]:
                found.setdefault(e[0] if isinstance(e, tuple) else e, e)
        k = self.below(90)
        while len(found) < n:
            text = b'%d' % k if self.chance(0.5) else b'e%d' % k
            k += 1
            if text not in found:
                found[text] = text if kind in ('list', 'set') else (text, b'%d' % self.below(300))
        out = list(found.values())[:n]
        if kind == 'zset':
            out = [(m, float(s)) for m, s in out]
            out.sort(key=lambda e: (e[1], e[0]))
        elif kind == 'hash':
            out = [tuple(e[:2]) for e in out]
        return out

    def integers(self, n=None):
        n = n or self.size('set')
        bits = self.pick((6, 14, 20, 30, 40, 62) if n < 100 else (14, 20, 30, 40, 62))
        found = set()
        while len(found) < n:
            found.add(self.below(1 << bits + 2) - (1 << bits + 1))
        return sorted(found)

    def long(self):
        """A text beyond the 64 bytes that a packed encoding takes."""
        n = self.pick((64, 65, 66, 80, 200))
        return bytes(97 + (i * 7 + self.index) % 26 for i in range(n))

    def blob(self, data):
        """It as a string of the file, compressed at times."""
        return make.lzf_string(data) if len(data) > 8 and self.chance(0.12) else make.string(data)

    def text(self, data):
        """It as a string of the file, at times in another form."""
        n = make.integer(data, -(1 << 31), (1 << 31) - 1)
        if n is not None and self.chance(0.3):
            return make.integer_string(n)
        return make.lzf_string(data) if self.chance(0.03) else make.string(data)

    def encode(self, kind, elements):
        """A value of that type with these elements."""
        text = self.text
        if kind == 0:
            return self.blob(elements)
        if kind in (14, 18):
            return self.quicklist(kind, self.nodes(kind, elements))
        if kind in (1, 2):
            parts = map(text, elements)
        elif kind == 3:
            parts = (text(m) + make.text_score(score_text(s)) for m, s in elements)
        elif kind == 5:
            parts = (text(m) + struct.pack('<d', float(s)) for m, s in elements)
        elif kind == 4:
            parts = (text(f) + text(v) for f, v in elements)
        elif kind == 22:
            parts = (text(f) + text(v) + struct.pack('<q', t[0] if t else -1)
                     for f, v, *t in elements)
        else:
            return self.blob(self.packed(kind, elements))
        return make.length(len(elements)) + b''.join(parts)

    def packed(self, kind, elements):
        if kind == 9:
            return make.zipmap(elements)
        if kind == 11:
            return make.intset(elements)
        return (make.ziplist if kind in ZIPLISTS else make.listpack)(flat(kind, elements))

    def nodes(self, kind, elements):
        """The elements cut into nodes: ziplists, or (container, listpack or element)."""
        out, at = [], 0
        while at < len(elements):
            n = 1 + self.below(len(elements))
            part = elements[at:at + n]
            at += n
            if kind == 14:
                out.append(make.ziplist(part))
            elif part[0] and self.chance(0.15):
                out.append((1, part[0]))
                at -= n - 1
            else:
                out.append((2, make.listpack(part)))
        return out

    def quicklist(self, kind, nodes):
        n = make.length(len(nodes))
        if kind == 14:
            return n + b''.join(map(self.blob, nodes))
        return n + b''.join(make.length(c) + self.blob(b) for c, b in nodes)

    def value(self, kind):
        """A sound value of that type."""
        if kind in read.STREAMS or self.chance(0.4):
            return self.pick(self.corpus.raw[kind])
        if kind == 0:
            return make.string(self.pick(self.corpus.elements['string']))
        if kind == 11:
            return self.encode(kind, self.integers())
        return self.encode(kind, self.elements(read.KIND[kind]))

    # Records

    def name(self, prefix=b'k'):
        self.names += 1
        return prefix + b'%d' % self.names

    def record(self, kind, value, key=None, expire=None):
        """A record. expire: in ms; None: mostly none; False: none."""
        if kind == 22:
            self.header = b'VALKEY080'
        self.type = kind if self.type is None else self.type
        if expire is None and self.chance(0.05):
            expire = self.pick((PAST, FAR))
            self.note('expired' if expire == PAST else 'expiring')
        if expire:
            self.body.append(b'\xfc' + struct.pack('<q', expire))
        self.body.append(bytes([kind]) + make.string(self.name() if key is None else key) + value)

    def extra(self):
        """A sound record of another key."""
        kind = self.pick(ALL[:-1])
        raw = self.pick(self.corpus.raw[kind])
        if len(raw) < 600:
            self.body.append(bytes([kind]) + make.string(self.name(b'x')) + raw)

    def data(self):
        """The file."""
        if self.whole is not None:
            return self.whole
        out = [self.header, *self.before, self.first]
        if self.witnesses[0]:
            out.append(b'\x00\x04wit1\x02ok')
        out += self.body
        if self.witnesses[1]:
            out.append(b'\x00\x04wit2\x02ok')
        if self.tail is not None:
            return b''.join(out) + self.tail
        out.append(b'\xff')
        data = b''.join(out)
        if self.checksum is not None:
            return data + self.checksum + self.after
        return make.finish(data) + self.after

    def describe(self, kind, data):
        return {'index': self.index, 'kind': kind, 'type': self.type, 'size': len(data),
                'sha256': hashlib.sha256(data).hexdigest()[:16], 'what': '; '.join(self.notes)}


def flat(kind, elements):
    if kind in (12, 17):
        return [part for m, s in elements for part in (m, score_text(s))]
    if kind in (13, 16):
        return [part for e in elements for part in e[:2]]
    return elements


def score_text(score):
    if not isinstance(score, float):
        return score
    return b'%d' % score if score.is_integer() and abs(score) < 1e15 else repr(score).encode()
