"""The parts of which tests/tools/hostile.py puts its files together, beside the mutations of
tests/mutations*.py: whole regions of an RDB file, each with something that a reader may stumble on.

PARTS lists (name, function of a Hostile), each as often as its weight says. Everything is made at
run time and nothing is kept.
"""
import os
import struct

import libraries
import library_variants
import mutations
import mutations_file
import mutations_stream
import printed
import rdb_make as make
import rdb_read as read
from mutant import ALL, FAR, PAST, Mutant

PARTS = []
OPEN = ALL[:-1]  # types that every magic has
COUNTS = (0, 1, 2, 63, 64, 1000, 16383, 16384, 1 << 20, (1 << 31) - 1, 1 << 31, (1 << 32) - 1,
          1 << 32, 1 << 47, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)
WORDS = (printed.UTF8, printed.BYTES, b'', b'\0', b'"', b'\\', b'\xff\xfe', b'a\nb', b"'; --",
         b'{"a":1}', b'nan', b'-0', b'user:{a}:1', b'\xed\xa0\x80', '\U0001f600'.encode(), b'\x1b[2J')


class Hostile(Mutant):
    """A mutant of many parts. `has_library`: a function library may be run for it."""

    def __init__(self, corpus, seed, index):
        super().__init__(corpus, 'hostile %s' % seed, index, 'REDIS0011')
        self.has_library = False

    def word(self):
        return self.pick(WORDS) if self.chance(0.7) else os.fsencode('w%d' % self.below(1000))

    def name(self, prefix=b'k'):
        """Of a key: a plain one, or one that is hostile to terminals, or long."""
        plain = super().name(prefix)
        if self.chance(0.12):
            return self.word() + plain
        return plain * (1 + self.below(3000)) if self.chance(0.02) else plain

    def number(self):
        """A length, in any form that there is, or a count that nothing can hold."""
        n = self.pick(COUNTS) if self.chance(0.5) else self.below(300)
        kind = self.rng.random()
        if kind < 0.75:
            return make.length(n)
        if kind < 0.97:
            return make.length(n, self.pick((6, 14, 32, 64)))
        return bytes([self.pick((0x82, 0xbf, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xff))])

    def noise(self, most=60):
        return self.rng.randbytes(1 + self.below(most))

    def any_string(self):
        """A string in any form, sound or not."""
        kind, text = self.below(20), self.word() * (1 + self.below(3))
        if kind < 12:
            return make.string(text)
        if kind < 15:
            return make.integer_string(self.below(1 << 31) - (1 << 30))
        if kind < 19:
            return make.lzf_string(text * 9 + b'abcabcabc')
        packed = make.lzf_compress(text * 9 + b'abcabcabc')
        return b'\xc3' + self.number() + self.number() + packed


def odd_text(rng, text):
    """A text of another kind, with faults: words of WORDS, bytes that are gone or come twice."""
    for _ in range(rng.randrange(4)):
        at, end = (rng.randrange(len(text) + 1) for _ in range(2))
        way = rng.randrange(5)
        if way == 0:
            text = text[:at] + rng.choice(WORDS) + text[at:]
        elif way == 1:
            text = text[:at] + text[end:] if rng.random() < 0.5 else text[:at]
        elif way == 2:
            text = text[:at] + bytes([rng.randrange(256)]) + text[at + 1:]
        elif way == 3:
            text = text[:at] + b'%d' % rng.choice(COUNTS) + text[at:]
        else:
            text = text + text[at:]
        text = text[:20000]
    return text


def part(weight=1):
    def add(function):
        PARTS.extend([(function.__name__.replace('_', '-'), function)] * weight)
        return function
    return add


@part(20)
def sound(m):
    for _ in range(1 + m.below(5)):
        t = m.pick(OPEN)
        m.record(t, m.value(t))


@part(30)
def mutation(m):
    name, t, change = m.pick(mutations.KINDS)
    m.note(name)
    change(m, t)


@part(12)
def tampered_stream(m):
    """A stream in which several things are wrong at once."""
    s = mutations_stream.Stream(m)
    for _ in range(1 + m.below(4)):
        how = m.pick(mutations_stream.TAMPERINGS)
        try:
            how(m, s)
            m.note(how.__name__)
        except (IndexError, ValueError, TypeError):
            pass  # nothing of that is left to tamper with
    t = m.pick(mutations_stream.TYPES)
    m.record(t, s.encode(read.STREAMS[t]))


@part(2)
def crowded_stream(m):
    """Many groups, consumers and pending entries, some of them nobody's."""
    s = mutations_stream.Stream(m)
    n = m.pick((10, 100, 700))
    owners = [{'name': b'c%d' % (i if m.chance(0.99) else 0), 'seen': 1, 'active': -1, 'pel': []}
              for i in range(n)]
    pending = [((1000 + i // 2, i), PAST, 1) for i in range(m.below(3 * n))]
    for id_, _, _ in pending:
        if m.chance(0.98):
            m.pick(owners)['pel'].append(id_)
    group = {'last': (1, 1), 'read': m.below(n), 'pel': pending, 'consumers': owners}
    s.rest['groups'] = [dict(group, name=m.name(b'g')) for _ in range(1 + m.below(3))]
    t = m.pick(mutations_stream.TYPES)
    m.record(t, s.encode(read.STREAMS[t]))


@part(3)
def bomb(m):
    """What unpacks to as much as LZF can make of it, and what claims more."""
    size = m.pick((1 << 12, 1 << 18, 1 << 21, 1 << 23))
    runs = b'\x00a' + b'\xe0\xff\x00' * (size // 264)
    claims = m.pick((1 + size // 264 * 264, size, size * 100, 1 << 29, 1 << 40))
    t = m.pick((0, 9, 10, 11, 12, 13, 16, 17, 20))
    m.note('%d claim %d', len(runs), claims)
    m.record(t, b'\xc3' + make.length(len(runs)) + make.length(claims) + runs)


@part(4)
def quicklist(m):
    """Nodes of every container with blobs of every kind."""
    t, out, n = m.pick((14, 18)), [], 1 + m.below(6)
    for _ in range(n):
        blob = read.Reader(m.value(m.pick((9, 10, 11, 12, 13, 16, 17, 20)))).string()
        if m.chance(0.3):
            blob = m.word()
        elif m.chance(0.2):
            at = m.below(len(blob))
            blob = blob[:at] + m.noise(4) + blob[at:]
        if t == 18:
            out.append(make.length(m.pick((1, 1, *[2] * 20, 0, 3, 1 << 40))))
        out.append(m.blob(blob))
    m.record(t, (make.length(n) if m.chance(0.8) else m.number()) + b''.join(out))


def module_items(m):
    out = []
    for _ in range(m.pick((1, 3, 10, 200))):
        code = m.pick((1, 2, 3, 4, 5, 5, 5))
        if code in (1, 2):
            out.append(make.length(code) + m.number())
        elif code == 5:
            out.append(b'\x05' + m.any_string())
        else:
            out.append(bytes([code]) + m.rng.randbytes(4 if code == 3 else 8))
        if m.chance(0.02):
            out.append(m.number())
    return b''.join(out)


def module_id(m):
    names = (b'hellotype', b'ReJSON-RL', b'MBbloom--', b'hostile-m', b'---------')
    return make.length(make.module_id(m.pick(names), m.below(1024))) if m.chance(0.8) else m.number()


@part(6)
def module(m):
    value = module_id(m) + module_items(m) + (b'\0' if m.chance(0.9) else b'')
    m.record(7 if m.chance(0.93) else 6, value)


@part(4)
def module_aux(m):
    when = make.length(m.pick((1, 2))) if m.chance(0.9) else m.number()
    data = b'\xf7' + module_id(m) + b'\x02' + when + module_items(m) + b'\0'
    (m.before if m.chance(0.7) else m.body).append(data)


LOOPS = ('while true do end', 'repeat until false', 'for i = 1, 1e18 do end',
         'local t = {} while true do t[#t + 1] = {} end',
         "local s = 'x' while true do s = s .. s end")


@part(9)
def library(m):
    """Function libraries: made by the generator of tests/library_variants.py, or endless."""
    m.has_library = True
    maker = library_variants.Maker(m.rng)
    sources = [maker.library(m.pick(('l', 'a', 'L'))) for _ in range(m.pick((1, 1, 1, 2, 5)))]
    kind = m.rng.random()
    if kind < 0.12:
        sources[-1] += '\n' + m.pick(LOOPS)
    elif kind < 0.22:
        sources[-1] = m.pick(libraries.HEADS) + '\n' + libraries.GOOD
    elif kind < 0.3:
        sources[0] = '#!lua name=%s\n%s' % (printed.TEXT, printed.TEXT)
    elif kind < 0.33:
        sources[-1] += '\n--' + 'x' * m.pick((1000, 70000, 1 << 20))
    for source in sources:
        text = source.encode(errors='surrogateescape')
        op = b'\xf5' + (m.blob(text) if m.chance(0.9) else m.any_string())
        if m.chance(0.03):
            op = b'\xf6' + make.string(b'l') + make.string(b'LUA') + b'\0' + make.string(text)
        (m.before if m.chance(0.75) else m.body).append(op)


AUX = (b'redis-ver', b'valkey-ver', b'redis-bits', b'ctime', b'used-mem', b'aof-base',
       b'aof-preamble', b'repl-stream-db', b'repl-id', b'repl-offset', b'lua', b'%note',
       b'slot-info', b'mvcc-tstamp', b'search_index')


@part(6)
def aux(m):
    """AUX fields: hostile text, scripts, numbers, repeated ones and large ones."""
    name = m.pick(AUX) if m.chance(0.8) else m.word()
    kind = m.rng.random()
    if kind < 0.5:
        value = m.any_string()
    elif kind < 0.7:
        m.has_library = True
        value = make.string(library_variants.Maker(m.rng).statement().encode())
        name = b'lua'
    elif kind < 0.9:
        value = make.string(b'%d' % (m.pick(COUNTS) - m.below(2) * (1 << 63)))
    else:
        value = m.blob(m.word() * m.pick((100, 3000, 30000)))
    times = 1 if m.chance(0.9) else m.below(400)
    op = b'\xfa' + make.string(name if m.chance(0.97) else name * 50000) + value
    (m.before if m.chance(0.75) else m.body).extend([op] * max(times, 1))


@part(8)
def opcodes(m):
    """Expiries, idle times, frequencies, sizes, slots and databases, in any order."""
    for _ in range(1 + m.below(6)):
        m.body.append(m.pick((
            b'\xfc' + struct.pack('<q', m.pick((FAR, PAST, -1, 0, (1 << 63) - 1, -(1 << 63)))),
            b'\xfd' + struct.pack('<i', m.pick((0, -1, 1700000000, (1 << 31) - 1))),
            b'\xf8' + m.number(), b'\xf9' + m.rng.randbytes(1),
            b'\xfb' + m.number() + m.number(), b'\xfb\x05\x01',
            b'\xf4' + m.number() + m.number() + m.number(), b'\xf4\x05\x02\x01',
            b'\xfe' + m.number(), b'\xfe' + make.length(m.below(20)), b'\xfe\0')))
    if m.chance(0.8):
        t = m.pick(OPEN)
        m.record(t, m.value(t))


def new_streams(m, t):
    s = mutations_stream.Stream(m)
    producers = [make.string(m.word()) + b'\x01' + make.string(b'id') + b'\x01\x02'
                 for _ in range(m.below(3))]
    tail = b'\x40\x64' * 2 + make.length(len(producers)) + b''.join(producers) + b'\x05\x01'
    return s.encode(3) + (tail if t == 26 else m.number() + tail)


def field_expiries(m):
    """A hash of 24 or 26: expiry, field and value in turn, by a plain count."""
    pairs = m.elements('hash')
    return make.raw_id((FAR, 0))[:8] + make.length(len(pairs)) + b''.join(
        m.number() + make.string(f) + make.string(v) for f, v in pairs)


@part(5)
def foreign(m):
    """Types and opcodes of Redis 7.4 to 8.10, of Valkey 9.2, of KeyDB; and numbers of nobody."""
    t = m.pick((22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 100, 240))
    text = m.any_string
    listpack = make.string(make.listpack([1, m.word(), 2, b'v', 3, 0]))
    value = {
        22: lambda: b'\x02' + (text() + text() + struct.pack('<q', FAR)) * 2,
        23: lambda: b'\x01' + text() + b'\x01' + text() + text(),
        24: lambda: field_expiries(m), 25: lambda: bytes(8) + listpack,
        26: lambda: new_streams(m, 26), 27: lambda: new_streams(m, 27),
        28: lambda: m.number() + b'\0' + b'\x05\x00' + text(),
        29: lambda: b'\0' + listpack + listpack, 30: lambda: listpack,
        31: lambda: b'\x01\x02' + text() * 4, 32: lambda: b'\x01\x02' + text() * 2,
    }.get(t, lambda: m.noise())()
    if m.chance(0.3):
        m.body.append(m.pick((b'\xf2\x01\x02' + text() * 2, b'\xf3\x01' + bytes(4) + module_items(m),
                              b'\xf3' + make.string(b'a' * 40) + b'\x01\x00\x05', b'\xf1')))
    m.record(t, value)
    m.header = m.pick((b'REDIS0012', b'REDIS0013', b'REDIS0015', b'REDIS0011', b'VALKEY080',
                       b'VALKEY081', b'REDIS0009'))


@part(3)
def databases(m):
    for _ in range(m.pick((2, 20, 300))):
        db = m.below(20) if m.chance(0.9) else m.below(40000)
        m.body.append(b'\xfe' + make.length(db) + (b'\xfb\x01\x00' if m.chance(0.3) else b''))
        if m.chance(0.8):
            m.body.append(b'\0' + make.string(m.name()) + make.string(b'v'))


@part(3)
def many_keys(m):
    """Small ones, of which some occur twice."""
    n = m.pick((50, 500, 3000))
    for i in range(n):
        key = b'm%d' % (i if m.chance(0.999) else 0)
        m.body.append(b'\0' + make.string(key) + make.string(b'%d' % i))


@part(3)
def many_elements(m):
    """One collection with more than a packed form would have, a few of its elements twice."""
    t, n = m.pick((1, 2, 3, 4, 5)), m.pick((100, 1000, 5000))
    text = [make.string(b'e%d' % (i if m.chance(0.9995) else 0)) for i in range(n)]
    extra = {3: lambda: make.text_score(b'1.5'), 4: lambda: b'\x01v', 5: lambda: bytes(8)}.get(
        t, bytes)
    m.record(t, (make.length(n) if m.chance(0.9) else m.number())
             + b''.join(x + extra() for x in text))


@part(2)
def file_in_value(m):
    """Another snapshot as the value of a key: what looks for records finds these."""
    inner = m.header + b'\xfe\0' + b''.join(
        b'\0' + make.string(b'inner%d' % i) + make.string(b'v') for i in range(m.below(9))) + b'\xff'
    m.record(0, m.blob(make.finish(inner)))


@part(2)
def noise(m):
    m.body.append(m.noise())
