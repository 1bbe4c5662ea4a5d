"""What the mutants of tests/mutate do to values: bytes, lengths, strings, elements and scores.

KINDS lists (kind, type or None, function of a mutant and the type); every one comes equally often.
"""
import struct

import rdb_make as make
import rdb_read as read
from mutant import ALL, FAR, PAST

KINDS = []
BYTES = (0, 1, 2, 0x3f, 0x40, 0x7f, 0x80, 0x81, 0xbf, 0xc0, 0xc1, 0xdf, 0xe0, 0xef, 0xf0, 0xf1,
         0xf4, 0xf5, 0xfd, 0xfe, 0xff)
# 2^31 to 2^40 are rare: a server that makes a hash table for so many takes long.
HUGE = 3 * (1 << 14, 1 << 20, 1 << 24, 1 << 62, 1 << 63, (1 << 64) - 1) + (
    1 << 31, 1 << 32, 1 << 40)


def mutation(name, types=(None,), times=1):
    def add(function):
        KINDS.extend([(name, t, function) for t in types] * times)
        return function
    return add


def framed(m, kind, value):
    """A reader that has been over the value: its `lengths` and `strings` are known."""
    in_ = read.Reader(value)
    in_.value(kind)
    return in_


def plain_value(m, kind):
    """A sound value, its strings mostly not compressed, so that changes go into the blob."""
    value = m.value(kind)
    if m.chance(0.8):
        for start, end in reversed(framed(m, kind, value).strings):
            if value[start] == 0xc3:
                text = read.Reader(value, start).string()
                value = value[:start] + make.string(text) + value[end:]
    return value


# Bytes


@mutation('flip', ALL)
def flip(m, t):
    value = bytearray(plain_value(m, t))
    for _ in range(1 + (m.chance(0.3)) * m.below(3)):
        at, bit = m.below(len(value)), m.below(8)
        value[at] ^= 1 << bit
        m.note('bit %d of byte %d', bit, at)
    m.record(t, bytes(value))


@mutation('byte', ALL)
def byte(m, t):
    value = bytearray(plain_value(m, t))
    for _ in range(1 + m.chance(0.2)):
        at, to = m.below(len(value)), m.pick(BYTES)
        value[at] = to
        m.note('byte %d to %02x', at, to)
    m.record(t, bytes(value))


@mutation('cut', ALL)
def cut(m, t):
    value = plain_value(m, t)
    at, n = m.below(len(value)), 1 + m.below(4)
    if m.chance(0.5):
        m.note('%d bytes at %d removed', n, at)
        value = value[:at] + value[at + n:]
    else:
        m.note('%d bytes at %d repeated', n, at)
        value = value[:at + n] + value[at:]
    m.record(t, value)


@mutation('truncate', ALL)
def truncate(m, t):
    value = plain_value(m, t)
    at = m.below(len(value))
    m.note('%d of %d bytes of the value', at, len(value))
    m.record(t, value[:at])
    if m.chance(0.7):
        m.witnesses[1] = False


@mutation('end-truncated', ALL[::3])
def end_truncated(m, t):
    m.record(t, m.value(t))
    data = m.data()
    at = len(data) - 1 - m.below(9) if m.chance(0.5) else 9 + m.below(len(data) - 9)
    m.note('%d of %d bytes of the file', at, len(data))
    m.whole = data[:at]


@mutation('retype', ALL)
def retype(m, t):
    """The value of one type under another."""
    other = m.pick([o for o in ALL if o != t])
    m.note('value of type %d', other)
    m.record(t, m.value(other))


@mutation('blob-of', (9, 10, 11, 12, 13, 16, 17, 20, 14, 18))
def blob_of(m, t):
    """Another type's blob, or none at all."""
    other = m.pick((9, 10, 11, 12, 13, 16, 17, 20))
    blob = read.Reader(m.value(other)).string()
    if m.chance(0.2):
        blob, other = m.pick((b'', b'\xff', b'\0', b'\x0b\0\0\0\x0a\0\0\0\0\0\xff', bytes(11),
                              b'\x07\0\0\0\0\0\xff', b'\x06\0\0\0\0\0')), -1
    m.note('blob of type %d', other)
    blob = m.blob(blob)
    if t == 14:
        blob = b'\x01' + blob
    if t == 18:
        blob = b'\x01' + make.length(m.pick((1, 2, 2))) + blob
    m.record(t, blob)


@mutation('splice', ALL)
def splice(m, t):
    a, b = plain_value(m, t), plain_value(m, t if m.chance(0.5) else m.pick(ALL))
    at, back = m.below(len(a)), m.below(len(b))
    m.note('%d bytes, then another from %d', at, back)
    m.record(t, a[:at] + b[back:])


@mutation('blob-splice', (9, 10, 11, 12, 13, 16, 17, 20))
def blob_splice(m, t):
    """Two blobs of the type joined; the string around them is right."""
    a, b = (read.Reader(m.value(t)).string() for _ in range(2))
    at, back = m.below(len(a)), m.below(len(b))
    blob = bytearray(a[:at] + b[back:])
    if t not in (9, 11) and m.chance(0.7) and len(blob) >= 4:
        blob[:4] = struct.pack('<I', len(blob))
    m.note('%d bytes, then another blob from %d', at, back)
    m.record(t, m.blob(bytes(blob)))


# Lengths and strings


@mutation('length', ALL, times=2)
def a_length(m, t):
    value = plain_value(m, t)
    lengths = framed(m, t, value).lengths
    if not lengths:  # an integer
        return m.record(t, b'\xc1' + value[1:])
    start, end = m.pick(lengths)
    n = read.Reader(value, start).length()
    to = m.pick((n + 1, max(n - 1, 0), 0, n * 2, n + 64, m.below(70), m.pick(HUGE)))
    if m.chance(0.1):
        new = bytes([m.pick((0x82, 0xbf, 0xc0, 0xc1, 0xc3, 0xc4, 0xff))])
    else:
        new = make.length(to)
    m.note('length %d at %d to %s', n, start, new.hex())
    m.record(t, value[:start] + new + value[end:])


@mutation('long-length', ALL)
def long_length(m, t):
    """Lengths in longer forms than needed: sound."""
    value = plain_value(m, t)
    for start, end in reversed(framed(m, t, value).lengths[:40]):
        if m.chance(0.5):
            n = read.Reader(value, start).length()
            form = m.pick([form for form in (14, 32, 64) if n < 1 << form])
            value = value[:start] + make.length(n, form) + value[end:]
    m.note('longer lengths')
    m.record(t, value)


@mutation('string-form', ALL, times=2)
def string_form(m, t):
    """A string as one of the encoded forms: an integer, LZF good or bad, none that exists."""
    value = plain_value(m, t)
    strings = framed(m, t, value).strings
    start, end = m.pick(strings) if strings else (0, len(value))
    text = read.Reader(value, start).string()
    name, new = m.pick((
        ('int8', b'\xc0' + bytes([m.below(256)])),
        ('int16', b'\xc1' + struct.pack('<h', m.below(65536) - 32768)),
        ('int32', b'\xc2' + struct.pack('<i', m.below(1 << 32) - (1 << 31))),
        ('short int', m.pick((b'\xc0', b'\xc1\x01', b'\xc2\x01\x02\x03'))),
        ('encoding', bytes([m.pick((0xc4, 0xc5, 0xd0, 0xff))]) + value[start + 1:end]),
        ('length byte', bytes([0x82 + m.below(62)]) + value[start + 1:end]),
        ('lzf', make.lzf_string(text)), ('lzf', bad_lzf(m, text)), ('lzf', bad_lzf(m, text))))
    m.note('string at %d as %s %s', start, name, new[:4].hex())
    m.record(t, value[:start] + new + value[end:])


def bad_lzf(m, text):
    packed, size = make.lzf_compress(text), len(text)
    how = m.below(7)
    if how == 0:
        packed = packed[:m.below(len(packed) + 1)]
    elif how == 1:
        size = m.pick((size + 1, max(size - 1, 0), 0, 1, m.pick(HUGE)))
    elif how == 2:
        packed = bytes(m.below(256) for _ in range(1 + m.below(20)))
    elif how == 3 and packed:
        at = m.below(len(packed))
        packed = packed[:at] + bytes([packed[at] ^ 1 << m.below(8)]) + packed[at + 1:]
    elif how == 4:
        packed += bytes(1 + m.below(3))
    elif how == 5:
        return b'\xc3' + make.length(m.pick(HUGE)) + make.length(size) + packed
    else:
        packed = b'\xe0\xff\xff' + packed
    return b'\xc3' + make.length(len(packed)) + make.length(size) + packed


@mutation('key', ALL[::2])
def the_key(m, t):
    """Odd keys: empty, an integer, long, compressed, binary."""
    value = m.value(t)
    key = m.pick((b'', b'\0\xff\r\n', b'k' * 300, b'{a}b', b'12'))
    m.record(t, value, key)
    if m.chance(0.5):
        was = make.string(key)
        new = m.pick((b'\xc0\x07', b'\xc1\xff\xff', make.lzf_string(b'abc' * 9), b'\xc4a',
                      b'\xc3\0\0'))
        m.body[-1] = m.body[-1].replace(was, new, 1)
        m.note('key as %s', new[:4].hex())


# Elements


@mutation('empty', tuple(t for t in ALL if t), times=2)
def empty(m, t):
    if t in (14, 18):
        none = make.ziplist([]) if t == 14 else (2, make.listpack([]))
        value = m.quicklist(t, [none] * m.pick((0, 0, 1, 2)))
    elif t in read.STREAMS:
        value = make.stream({'nodes': [], 'length': 0, 'last': (0, m.below(2)), 'first': (0, 0),
                             'maxdel': (0, 0), 'added': 0, 'groups': []}, read.STREAMS[t])
    else:
        value = m.encode(t, [])
        if t in (9, 11) and m.chance(0.3):
            value = make.string(m.pick((b'\xfe\xff', b'\xff\xff', b'\0', b'\0\0\xff') if t == 9 else
                                       (make.intset([], w) for w in (4, 8)) and
                                       (make.intset([], 4), make.intset([], 8))))
    m.note('empty')
    m.record(t, value, expire=m.pick((None, None, None, PAST, FAR)))


DUPLICATED = (2, 3, 4, 5, 9, 11, 12, 13, 16, 17, 20, 22)


@mutation('duplicate', DUPLICATED, times=6)
def duplicate(m, t):
    """A member or field twice, close to it or far, before or behind a long one."""
    kind = read.KIND[t]
    if t == 11:
        numbers = m.integers()
        numbers.insert(m.below(len(numbers) + 1), m.pick(numbers))
        if m.chance(0.7):
            numbers.sort()
        m.note('%d integers with one twice', len(numbers))
        return m.record(t, m.blob(make.intset(numbers)))
    found = m.elements(kind)
    twin = m.pick(found)
    if kind != 'set' and m.chance(0.6):
        twin = (twin[0], b'17')
    at = m.below(len(found) + 1)
    found.insert(at, twin)
    for where in (at, at + 1) if m.chance(0.35) else ():
        if m.chance(0.5) and t not in (9, 12, 13):
            long = m.long()
            found.insert(where, long if kind == 'set' else
                         (long, b'1') if kind == 'zset' or m.chance(0.5) else (b'f', long))
            m.note('a long one at %d', where)
    if kind == 'zset' and m.chance(0.5):
        found.sort(key=lambda e: float(e[1]))
    if t == 22 and m.chance(0.5):
        found = [e + (m.pick((PAST, FAR, -1)),) for e in found]
    m.note('%d elements with one twice at %d', len(found), at)
    m.record(t, m.encode(t, found))


@mutation('limit', (1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14, 16, 17, 18, 20))
def limit(m, t):
    """Sound, around a limit of a packed encoding."""
    kind = read.KIND[t]
    n = m.pick((63, 64, 65, 127, 128, 129, 511, 512, 513) if kind == 'hash' or t == 11 or
               m.chance(0.2) else (63, 64, 65, 127, 128, 129))
    found = m.integers(n) if t == 11 else m.elements(kind, n)
    if t != 11 and m.chance(0.3):
        long = m.long()
        at = m.below(n + 1)
        found.insert(at, long if kind in ('list', 'set') else (long, b'1'))
        if kind == 'zset':
            found.sort(key=lambda e: float(e[1]))
    m.note('%d elements', len(found))
    m.record(t, m.encode(t, found))


@mutation('count', (1, 2, 3, 4, 5, 14, 18, 22))
def count(m, t):
    """A count that is one off: what follows is read as an element, or elements as records."""
    found = m.elements(read.KIND[t], 1 + m.below(4))
    value = m.encode(t, found)
    n = read.Reader(value).length()
    to = n + m.pick((-1, 1, 2))
    m.note('count %d to %d', n, to)
    m.record(t, make.length(to % 64) + value[1:])


@mutation('odd-element', (1, 2, 4, 9, 10, 13, 14, 16, 18, 20))
def odd_element(m, t):
    """Elements that are odd but sound: empty, numbers in odd spelling, long, binary."""
    odd = [b'', b'007', b'+1', b'-0', b'-', b' 1', b'9223372036854775807', b'9223372036854775808',
           b'-9223372036854775808', b'\0', b'\xff' * 5, b'1.5', b'0x1', m.long()]
    found = m.shuffled(odd)[:1 + m.below(6)]
    if read.KIND[t] == 'hash':
        found = [(e, m.pick(odd)) for e in found]
    m.note('odd elements')
    m.record(t, m.encode(t, found))


# Scores

TEXTS = (b'nan', b'-nan', b'NaN', b'inf', b'-inf', b'+inf', b'Infinity', b'1e400', b'-1e400',
         b'1e-400', b'0x10', b'1x', b'x', b'', b' 1', b'1 ', b'.5', b'5.', b'-0', b'00', b'1_0',
         b'1,5', b'1e5', b'-', b'+', b'e5', b'1e', b'12345678901234567890', b'3.0', b'nan(1)',
         b'1.7976931348623159e308', b'1\x002', b'9007199254740993', b'0' * 200 + b'7')
BITS = (0x7ff8000000000000, 0xfff8000000000000, 0x7ff0000000000001, 0x7ff0000000000000,
        0xfff0000000000000, 0x8000000000000000, 1, 0x7fefffffffffffff, 0x43e0000000000000,
        0xc3e0000000000000, 0x3fb999999999999a)


@mutation('score', (3, 5, 12, 17), times=6)
def score(m, t):
    found = m.elements('zset')
    at = m.below(len(found))
    if t == 5:
        bits = m.pick(BITS)
        m.note('score bits %016x', bits)
        found[at] = (found[at][0], struct.unpack('<d', struct.pack('<Q', bits))[0])
        return m.record(t, m.encode(t, found))
    text = m.pick(TEXTS)
    m.note('score %r at %d of %d', text, at, len(found))
    if t == 3 and m.chance(0.3):
        special = bytes([m.pick((0, 253, 254, 255))])
        value = make.length(1) + make.string(b'm') + special
        m.notes[-1] = 'score byte %s' % special.hex()
        return m.record(t, value)
    found[at] = (found[at][0], text)
    if m.chance(0.5) and t != 3:  # where it belongs
        found.sort(key=lambda e: text_number(e[1]))
    m.record(t, m.encode(t, found))


def text_number(text):
    try:
        n = float(text)
        return n if n == n else 0.0
    except ValueError:
        return 0.0


@mutation('zset-order', (3, 5, 12, 17), times=2)
def zset_order(m, t):
    found = m.elements('zset')
    how = m.pick(('shuffled', 'descending', 'ties', 'two swapped'))
    if how == 'shuffled':
        found = m.shuffled(found)
    elif how == 'descending':
        found.reverse()
    elif how == 'ties':
        found = m.shuffled([(member, 1.0) for member, _ in found])
    else:
        at = m.below(len(found))
        found[at - 1], found[at] = found[at], found[at - 1]
    m.note('%s', how)
    m.record(t, m.encode(t, found))


# Fields with expiries


@mutation('field-expiry', (22,), times=4)
def field_expiry(m, t):
    times = (-1, FAR, PAST, 0, 1, (1 << 63) - 1)
    if m.chance(0.4):
        times += (-2, -1000, -(1 << 63))
    found = [(f, v, m.pick(times)) for f, v in m.elements('hash', 1 + m.below(6))]
    if m.chance(0.3):
        found = [(f, v, PAST) for f, v, _ in found]
    m.note('field expiries %s', ','.join(str(e[2]) for e in found))
    m.record(t, m.encode(t, found))
    if m.chance(0.2):
        m.header = b'REDIS0011'
