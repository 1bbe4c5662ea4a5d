"""Builds RDB files, values and packed blobs, sound or with any part of them given (for
tests/mutate). The counterpart of tests/rdb_read.py; same source.
"""
import array
import struct

POLY = 0x95AC9329AC4BC9B5


def crc_tables():
    t = []
    for i in range(256):
        for _ in range(8):
            i = i >> 1 ^ (POLY if i & 1 else 0)
        t.append(i)
    return t, [t[(t[i & 255] ^ i >> 8) & 255] ^ t[i & 255] >> 8 for i in range(65536)]


CRC8, CRC16 = crc_tables()


def crc64(data):
    """Jones, as section 10 has it; two bytes a step."""
    words = array.array('H', data[:len(data) & ~1])
    c, table = 0, CRC16
    for w in words:
        c = c >> 16 ^ table[(c ^ w) & 0xffff]
    if len(data) & 1:
        c = c >> 8 ^ CRC8[(c ^ data[-1]) & 255]
    return c


def finish(data):
    """The file: data up to FF with its checksum."""
    return data + struct.pack('<Q', crc64(data))


def length(n, form=None):
    """form: 6, 14, 32 or 64 bits; else the shortest."""
    n %= 1 << 64
    form = form or (6 if n < 64 else 14 if n < 16384 else 32 if n < 1 << 32 else 64)
    if form == 6:
        return bytes([n & 63])
    if form == 14:
        return struct.pack('>H', n & 0x3fff | 0x4000)
    return struct.pack('>BI', 0x80, n & 0xffffffff) if form == 32 else struct.pack('>BQ', 0x81, n)


def string(data):
    return length(len(data)) + data


def integer_string(n):
    """An int32 in the shortest encoded form."""
    kind = 0 if -128 <= n < 128 else 1 if -32768 <= n < 32768 else 2
    return struct.pack('<B' + 'bhi'[kind], 0xc0 + kind, n)


def lzf_string(data):
    packed = lzf_compress(data)
    return b'\xc3' + length(len(packed)) + length(len(data)) + packed


def lzf_compress(data):
    """Greedy; any output is valid LZF of the data."""
    out, seen, literals, at, n = bytearray(), {}, bytearray(), 0, len(data)

    def flush():
        for k in range(0, len(literals), 32):
            part = literals[k:k + 32]
            out.append(len(part) - 1)
            out.extend(part)
        literals.clear()

    while at < n:
        key = data[at:at + 3]
        was = seen.get(key, -1)
        seen[key] = at
        if was < 0 or len(key) < 3 or at - was > 8192:
            literals.append(data[at])
            at += 1
            continue
        size = 3
        while size < 264 and at + size < n and data[was + size] == data[at + size]:
            size += 1
        flush()
        back = at - was - 1
        if size - 2 < 7:
            out.append((size - 2) << 5 | back >> 8)
        else:
            out += bytes([0xe0 | back >> 8, size - 2 - 7])
        out.append(back & 255)
        at += size
    flush()
    return bytes(out)


def integer(text, low=-(1 << 63), high=(1 << 63) - 1):
    """The int whose canonical decimal the bytes are, or None."""
    if 0 < len(text) < 21 and (text.isdigit() or text[:1] == b'-' and text[1:].isdigit()):
        n = int(text)
        if low <= n <= high and b'%d' % n == text:
            return n
    return None


# Listpack


def backlen(size):
    groups = 1 + (size > 127) + (size >= 16383) + (size >= 2097151) + (size >= 268435455)
    out = [size >> 7 * k & 127 for k in range(groups - 1, -1, -1)]
    return bytes([out[0]] + [b | 128 for b in out[1:]])


def listpack_body(element):
    """Encoding and data of an int, or of bytes as a string or the int they spell."""
    if not isinstance(element, int):
        n = integer(element)
        if n is None:
            return listpack_text(element)
        element = n
    if 0 <= element < 128:
        return bytes([element])
    if -4096 <= element < 4096:
        return struct.pack('>H', 0xc000 | element & 0x1fff)
    size, code = next((s, c) for s, c in ((2, 0xf1), (3, 0xf2), (4, 0xf3), (8, 0xf4))
                      if -(1 << 8 * s - 1) <= element < 1 << 8 * s - 1)
    return bytes([code]) + element.to_bytes(size, 'little', signed=True)


def listpack_text(data):
    n = len(data)
    if n < 64:
        return bytes([0x80 | n]) + data
    return (struct.pack('>H', 0xe000 | n) if n < 4096 else b'\xf0' + struct.pack('<I', n)) + data


def listpack_entry(element):
    body = listpack_body(element)
    return body + backlen(len(body))


def listpack_join(entries, total=None, count=None, end=b'\xff'):
    body = b''.join(entries) + end
    total = len(body) + 6 if total is None else total
    count = min(len(entries), 65535) if count is None else count
    return struct.pack('<IH', total & 0xffffffff, count & 0xffff) + body


def listpack(elements):
    return listpack_join([listpack_entry(e) for e in elements])


# Ziplist


def ziplist_body(element):
    n = element if isinstance(element, int) else integer(element)
    if n is None:
        size = len(element)
        head = bytes([size]) if size < 64 else struct.pack('>H', 0x4000 | size) if size < 16384 \
            else b'\x80' + struct.pack('>I', size)
        return head + element
    if 0 <= n <= 12:
        return bytes([0xf1 + n])
    size, code = next((s, c) for s, c in ((1, 0xfe), (2, 0xc0), (3, 0xf0), (4, 0xd0), (8, 0xe0))
                      if -(1 << 8 * s - 1) <= n < 1 << 8 * s - 1)
    return bytes([code]) + n.to_bytes(size, 'little', signed=True)


def ziplist_entries(bodies):
    """Each with the prevlen it is to have."""
    entries, previous = [], 0
    for body in bodies:
        entries.append(prevlen(previous) + body)
        previous = len(entries[-1])
    return entries


def prevlen(size, long=False):
    return bytes([size]) if size < 254 and not long else b'\xfe' + struct.pack('<I', size)


def ziplist_join(entries, size=None, tail=None, count=None, end=b'\xff'):
    body = b''.join(entries)
    size = 11 + len(body) if size is None else size
    tail = 10 + len(body) - (len(entries[-1]) if entries else 0) if tail is None else tail
    count = min(len(entries), 65535) if count is None else count
    return struct.pack('<IIH', size & 0xffffffff, tail & 0xffffffff, count & 0xffff) + body + end


def ziplist(elements):
    return ziplist_join(ziplist_entries([ziplist_body(e) for e in elements]))


# Zipmap and intset


def zipmap_pair(field, value, free=0):
    return zipmap_length(len(field)) + field + zipmap_length(len(value)) + bytes([free]) + value + \
        bytes(free)


def zipmap_length(n):
    return bytes([n]) if n < 254 else b'\xfe' + struct.pack('<I', n)


def zipmap(pairs, count=None):
    count = min(len(pairs), 254) if count is None else count
    return bytes([count]) + b''.join(zipmap_pair(*p) for p in pairs) + b'\xff'


def intset(numbers, width=None, count=None):
    if width is None:
        width = next(w for w in (2, 4, 8) if all(-(1 << 8 * w - 1) <= n < 1 << 8 * w - 1
                                                 for n in numbers))
    count = len(numbers) if count is None else count
    mask = (1 << 8 * width) - 1
    return struct.pack('<II', width, count & 0xffffffff) + b''.join(
        (n & mask).to_bytes(width, 'little') for n in numbers)


# Scores, streams, modules


def text_score(text):
    """Of a type 3 element."""
    special = {b'nan': 253, b'inf': 254, b'-inf': 255}.get(text)
    return bytes([special]) if special else bytes([len(text)]) + text


def raw_id(id_):
    return struct.pack('>QQ', *(part % (1 << 64) for part in id_))


def stream_id(id_):
    return length(id_[0]) + length(id_[1])


def stream(s, version, blob=string):
    """s: as rdb_read.Reader.stream() gives it; a node key may be bytes of any size."""
    out = [length(s.get('node_count', len(s['nodes'])))]
    out += [string(key) + blob(packed) for key, packed in s['nodes']]
    out += [length(s['length']), stream_id(s['last'])]
    if version > 1:
        out += [stream_id(s['first']), stream_id(s['maxdel']), length(s['added'])]
    out.append(length(len(s['groups'])))
    for g in s['groups']:
        out += [string(g['name']), stream_id(g['last'])]
        if version > 1:
            out.append(length(g['read']))
        out.append(length(len(g['pel'])))
        out += [raw_id(i) + struct.pack('<q', at) + length(n) for i, at, n in g['pel']]
        out.append(length(len(g['consumers'])))
        for c in g['consumers']:
            out += [string(c['name']), struct.pack('<q', c['seen'])]
            if version > 2:
                out.append(struct.pack('<q', c['active']))
            out.append(length(len(c['pel'])))
            out += [raw_id(i) for i in c['pel']]
    return b''.join(out)


MODULE_ALPHABET = b'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'


def module_id(name, version):
    n = 0
    for c in name:
        n = n << 6 | MODULE_ALPHABET.index(c)
    return n << 10 | version


def module_item(code, value=b''):
    if code in (1, 2):
        return length(code) + length(value)
    return length(code) + (string(value) if code == 5 else value)
