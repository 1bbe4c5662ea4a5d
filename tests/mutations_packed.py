"""What the mutants of tests/mutate do to packed blobs: listpack, ziplist, zipmap, intset, and the
nodes of quicklists."""
import struct

import rdb_make as make
import rdb_read as read
from mutant import LISTPACKS, ZIPLISTS, flat
from mutations import BYTES, mutation


def packed_elements(m, t):
    """Elements of one blob of the type, flat."""
    kind = read.KIND[t]
    found = flat(t, m.elements(kind))
    return found or [b'1']


def put(m, t, blob):
    """The record with that blob, alone or among the nodes of a quicklist."""
    if t in (14, 18):
        nodes = m.nodes(t, m.elements('list', 1 + m.below(3))) if m.chance(0.5) else []
        nodes.insert(m.below(len(nodes) + 1), blob if t == 14 else (2, blob))
        return m.record(t, m.quicklist(t, nodes))
    m.record(t, m.blob(blob))


# Listpack


def listpack_entries(m, t):
    return [make.listpack_entry(e) for e in packed_elements(m, t)]


@mutation('listpack-total', LISTPACKS)
def listpack_total(m, t):
    blob = make.listpack(packed_elements(m, t))
    n = m.pick((len(blob) + 1, len(blob) - 1, 0, 6, 7, 1 << 31, (1 << 32) - 1))
    m.note('total %d to %d', len(blob), n)
    put(m, t, struct.pack('<I', n) + blob[4:])


@mutation('listpack-count', LISTPACKS, times=3)
def listpack_count(m, t):
    entries = listpack_entries(m, t)
    n = m.pick((0, 1, 65535, len(entries) + 1, len(entries) - 1, len(entries) + 2, len(entries) - 2,
                len(entries) * 2, 65534))
    m.note('count %d to %d', len(entries), n)
    put(m, t, make.listpack_join(entries, count=n))


@mutation('listpack-backlen', LISTPACKS, times=3)
def listpack_backlen(m, t):
    entries = listpack_entries(m, t)
    at = m.below(len(entries))
    body = entries[at]
    new = m.pick((body[-1] ^ 1, body[-1] + 1 & 255, 0, 1, 127, 128, 255))
    if m.chance(0.2):
        entries[at] = body[:-1] + b'\0' + bytes([body[-1] | 128])
        m.note('back length of entry %d of %d in two bytes', at, len(entries))
    else:
        entries[at] = body[:-1] + bytes([new])
        m.note('back length of entry %d of %d: %d to %d', at, len(entries), body[-1], new)
    put(m, t, make.listpack_join(entries))


@mutation('listpack-encoding', LISTPACKS, times=3)
def listpack_encoding(m, t):
    entries = listpack_entries(m, t)
    at = m.below(len(entries))
    new = m.pick(BYTES + (0xf5, 0xf9, 0xfe, 0x90, 0xe1, 0xf0))
    m.note('first byte of entry %d of %d: %02x to %02x', at, len(entries), entries[at][0], new)
    entries[at] = bytes([new]) + entries[at][1:]
    put(m, t, make.listpack_join(entries))


@mutation('listpack-wide', LISTPACKS)
def listpack_wide(m, t):
    """Entries in wider forms than needed: sound."""
    entries = []
    for e in packed_elements(m, t):
        n = make.integer(e)
        code, size = m.pick(((0xf1, 2), (0xf2, 3), (0xf3, 4), (0xf4, 8)))
        body = make.listpack_text(e)
        if m.chance(0.5):
            body = b'\xf0' + struct.pack('<I', len(e)) + e if m.chance(0.5) or len(e) > 4095 \
                else struct.pack('>H', 0xe000 | len(e)) + e
        elif n is not None and -(1 << 8 * size - 1) <= n < 1 << 8 * size - 1:
            body = bytes([code]) + n.to_bytes(size, 'little', signed=True)
        entries.append(body + make.backlen(len(body)))
    m.note('wide entries')
    put(m, t, make.listpack_join(entries))


LONG = (63, 64, 124, 125, 126, 127, 128, 4095, 4096, 16379, 16380, 16381, 16382, 16383)


@mutation('listpack-long', LISTPACKS)
def listpack_long(m, t):
    """Elements around where their heads and back lengths grow: sound, but for one byte at times."""
    found = [bytes([97 + i]) * m.pick(LONG) for i in range(2)] + [b'1', b'2']
    entries = [make.listpack_entry(e) for e in found]
    if m.chance(0.3):
        entries[0] = entries[0][:-1] + bytes([entries[0][-1] ^ 1 << m.below(8)])
        m.note('a back length is off')
    m.note('of %d and %d bytes', len(found[0]), len(found[1]))
    put(m, t, make.listpack_join(entries))


@mutation('listpack-twins', (16, 17, 20))
def listpack_twins(m, t):
    """A number once as an integer and once as a string: the same element."""
    n = m.below(5000)
    as_text = make.listpack_text(b'%d' % n)
    entries = listpack_entries(m, t)[:40]
    step = 1 if t == 20 else 2
    for body in (make.listpack_body(n), as_text):
        at = m.below(len(entries) // step + 1) * step
        entries[at:at] = [body + make.backlen(len(body))] + [make.listpack_entry(7)] * (step - 1)
    m.note('%d as integer and as string', n)
    put(m, t, make.listpack_join(entries))


@mutation('listpack-end', LISTPACKS, times=2)
def listpack_end(m, t):
    """FF in the middle, none at the end, bytes behind it."""
    entries = listpack_entries(m, t)
    how = m.pick(('middle', 'middle counted', 'none', 'other', 'behind', 'no count'))
    at = m.below(len(entries) + 1)
    m.note('FF: %s, at %d of %d', how, at, len(entries))
    if how == 'middle':
        blob = make.listpack_join(entries[:at] + [b'\xff'] + entries[at:], count=len(entries))
    elif how == 'middle counted':
        blob = make.listpack_join(entries[:at] + [b'\xff'] + entries[at:], count=at)
    elif how == 'none':
        blob = make.listpack_join(entries, end=b'')
    elif how == 'other':
        blob = make.listpack_join(entries, end=bytes([m.pick((0, 0xfe, 1))]))
    elif how == 'behind':
        blob = make.listpack_join(entries, end=b'\xff' + bytes(m.below(3)) + b'\xff')
    else:
        blob = make.listpack_join(entries[:at] + [b'\xff'] + entries[at:], count=65535)
    put(m, t, blob)


@mutation('listpack-odd', (16, 17), times=3)
def listpack_odd(m, t):
    entries = listpack_entries(m, t)
    at = m.below(len(entries))
    del entries[at]
    if m.chance(0.3):
        del entries[m.below(len(entries)):]
    n = m.pick((None, None, 65535, len(entries) + 1))
    m.note('%d entries, counted as %s', len(entries), n)
    put(m, t, make.listpack_join(entries, count=n))


# Ziplist


def ziplist_entries(m, t):
    return make.ziplist_entries([make.ziplist_body(e) for e in packed_elements(m, t)])


@mutation('ziplist-head', ZIPLISTS, times=3)
def ziplist_head(m, t):
    entries = ziplist_entries(m, t)
    blob = make.ziplist_join(entries)
    size, tail, n = struct.unpack_from('<IIH', blob)
    which = m.pick(('size', 'tail', 'count', 'count'))
    value = {'size': m.pick((size + 1, size - 1, 0, (1 << 32) - 1)),
             'tail': m.pick((tail + 1, tail - 1, 0, 10, 9, size, size - 1, (1 << 32) - 1)),
             'count': m.pick((0, n + 1, n - 1, 65535, 65534, n + 2, n - 2))}[which]
    m.note('%s %d to %d', which, {'size': size, 'tail': tail, 'count': n}[which], value)
    put(m, t, make.ziplist_join(entries, **{which: value}))


@mutation('ziplist-prevlen', ZIPLISTS, times=2)
def ziplist_prevlen(m, t):
    bodies = [make.ziplist_body(e) for e in packed_elements(m, t)]
    at, previous, entries = m.below(len(bodies)), 0, []
    how = m.pick(('long', 'off', 'byte'))
    for i, body in enumerate(bodies):
        head = make.prevlen(previous)
        if i == at:
            head = make.prevlen(previous, long=True) if how == 'long' else \
                make.prevlen(max(previous + m.pick((-1, 1)), 0)) if how == 'off' else \
                bytes([m.pick((0, 253, 254, 255))]) + head[1:]
        entries.append(head + body)
        previous = len(entries[-1])
    m.note('prevlen of entry %d of %d: %s', at, len(bodies), how)
    put(m, t, make.ziplist_join(entries))


@mutation('ziplist-encoding', ZIPLISTS, times=2)
def ziplist_encoding(m, t):
    entries = ziplist_entries(m, t)
    at = m.below(len(entries))
    new = m.pick(BYTES + (0xc1, 0xd0, 0xd1, 0xe1, 0xf2, 0xfd))
    k = 1 if entries[at][0] < 254 else 5
    m.note('encoding of entry %d of %d: %02x to %02x', at, len(entries), entries[at][k], new)
    entries[at] = entries[at][:k] + bytes([new]) + entries[at][k + 1:]
    put(m, t, make.ziplist_join(entries))


@mutation('ziplist-wide', ZIPLISTS)
def ziplist_wide(m, t):
    """Wider strings and integers than needed: sound."""
    bodies = []
    for e in packed_elements(m, t):
        n = make.integer(e)
        body = make.ziplist_body(e)
        if n is None and m.chance(0.6):
            body = b'\x80' + struct.pack('>I', len(e)) + e if m.chance(0.5) else \
                struct.pack('>H', 0x4000 | len(e)) + e
        elif n is not None and m.chance(0.6):
            body = b'\xe0' + n.to_bytes(8, 'little', signed=True)
        bodies.append(body)
    m.note('wide entries')
    put(m, t, make.ziplist_join(make.ziplist_entries(bodies)))


@mutation('ziplist-long', ZIPLISTS)
def ziplist_long(m, t):
    """Elements around where heads and prevlens grow: sound."""
    found = [bytes([97 + i]) * m.pick((63, 64, 250, 251, 252, 253, 16383, 16384)) for i in range(2)]
    m.note('of %d and %d bytes', *map(len, found))
    put(m, t, make.ziplist([*found, b'1', b'2']))


@mutation('ziplist-end', ZIPLISTS)
def ziplist_end(m, t):
    entries = ziplist_entries(m, t)
    how = m.pick(('middle', 'none', 'other', 'behind'))
    at = m.below(len(entries) + 1)
    m.note('FF: %s', how)
    if how == 'middle':
        blob = make.ziplist_join(entries[:at] + [b'\xff'] + entries[at:], count=len(entries))
    else:
        end = {'none': b'', 'other': b'\xfe', 'behind': b'\xff\xff'}[how]
        blob = make.ziplist_join(entries, end=end)
    put(m, t, blob)


@mutation('ziplist-odd', (12, 13))
def ziplist_odd(m, t):
    entries = packed_elements(m, t)
    del entries[m.below(len(entries))]
    m.note('%d entries', len(entries))
    put(m, t, make.ziplist(entries))


# Zipmap


@mutation('zipmap', (9,), times=8)
def zipmap(m, t):
    found = m.elements('hash', m.pick((253, 254, 255)) if m.chance(0.15) else 1 + m.below(5))
    how = m.pick(('count', 'count', 'free', 'long length', 'end', 'huge', 'odd', 'special',
                  'long value'))
    entries = [make.zipmap_pair(*p) for p in found]
    head, end = bytes([min(len(found), 254)]), b'\xff'
    at = m.below(len(found))
    field, value = found[at]
    if how == 'count':
        head = bytes([m.pick((0, len(found) + 1 & 255, len(found) - 1 & 255, 253, 254, 255))])
    elif how == 'free':
        entries[at] = make.zipmap_pair(field, value, m.pick((1, 2, 3, 4, 100, 255)))
        if m.chance(0.3):
            entries[at] = entries[at][:-1]
    elif how == 'long length':
        entries[at] = b'\xfe' + struct.pack('<I', len(field)) + entries[at][1:]
    elif how == 'end':
        end = m.pick((b'', b'\xfe', b'\xff\xff', b'\0'))
    elif how == 'huge':
        n = m.pick((254, 1 << 31, (1 << 32) - 1))
        entries[at] = b'\xfe' + struct.pack('<I', n) + entries[at][1:]
    elif how == 'long value':
        value = b'v' * m.pick((252, 253, 254, 255, 300))
        entries[at] = make.zipmap_pair(field, value, m.below(2))
    elif how == 'odd':
        entries[at] = make.zipmap_length(len(field)) + field
    else:
        entries[at] = bytes([m.pick((0xfd, 0xfe, 0xff))]) + entries[at][1:]
    m.note('zipmap of %d: %s at %d', len(found), how, at)
    m.record(t, m.blob(head + b''.join(entries) + end))


# Intset


@mutation('intset', (11,), times=8)
def intset(m, t):
    numbers = m.integers()
    sound = make.intset(numbers)
    width = sound[0]
    how = m.pick(('shuffled', 'swapped', 'twice', 'width', 'width kept', 'wider', 'count', 'bytes'))
    blob = sound
    if how == 'shuffled':
        blob = make.intset(m.shuffled(numbers))
    elif how == 'swapped':
        at = m.below(len(numbers))
        numbers[at - 1], numbers[at] = numbers[at], numbers[at - 1]
        blob = make.intset(numbers)
    elif how == 'twice':
        at = m.below(len(numbers))
        blob = make.intset(numbers[:at] + [numbers[at]] * m.pick((2, 3)) + numbers[at + 1:])
    elif how == 'width':
        blob = struct.pack('<I', m.pick((0, 1, 2, 3, 4, 5, 8, 16))) + sound[4:]
    elif how == 'width kept':
        blob = make.intset(numbers, m.pick((2, 4, 8)))
    elif how == 'wider' and width < 8:
        blob = make.intset(numbers, 8)
    elif how == 'count':
        blob = make.intset(numbers, count=m.pick((0, len(numbers) - 1, len(numbers) + 1, 1 << 29,
                                                  (1 << 32) - 1)))
    else:
        blob = m.pick((sound[:-1], sound + b'\0', sound[:8], sound[:7], sound[:4], b''))
    m.note('intset of %d: %s', len(numbers), how)
    m.record(t, m.blob(blob))


# Quicklist


@mutation('quicklist-node', (14, 18), times=5)
def quicklist_node(m, t):
    nodes = m.nodes(t, m.elements('list', 1 + m.below(6)))
    if t == 14:
        nodes.insert(m.below(len(nodes) + 1), make.ziplist([]))
        m.note('an empty node among %d', len(nodes))
        return m.record(t, m.quicklist(t, nodes))
    how, node = m.pick((
        ('empty', (2, make.listpack([]))), ('empty', (2, make.listpack([]))),
        ('empty, of unknown count', (2, make.listpack_join([], count=65535))),
        ('plain empty', (1, b'')), ('packed empty string', (2, b'')),
        ('container', (m.pick((0, 3, 4, 255, 1 << 33)), make.listpack([b'a']))),
        ('plain listpack', (1, make.listpack([b'a', b'b']))), ('plain integer', (1, b'12345')),
        ('packed text', (2, b'hello world')), ('plain long', (1, b'x' * m.pick((1, 200, 3000)))),
        ('plain only', None)))
    if node is None:
        nodes = [(1, b'p%d' % i) for i in range(3)]
    else:
        nodes.insert(m.below(len(nodes) + 1), node)
    m.note('node: %s', how)
    m.record(t, m.quicklist(t, nodes))
