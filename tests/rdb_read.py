"""Reads RDB files without rdbferry and without a server, as loosely as the loosest loader does
(for tests/mutate and tests/agree).

Source: the format document, sections 1 to 4. Byte strings stay bytes.
"""
import re
import struct

KIND = {0: 'string', 1: 'list', 2: 'set', 3: 'zset', 4: 'hash', 5: 'zset', 6: 'module', 7: 'module',
        9: 'hash', 10: 'list', 11: 'set', 12: 'zset', 13: 'hash', 14: 'list', 15: 'stream',
        16: 'hash', 17: 'zset', 18: 'list', 19: 'stream', 20: 'set', 21: 'stream', 22: 'hash'}
BLOBS = {9, 10, 11, 12, 13, 16, 17, 20}
STREAMS = {15: 1, 19: 2, 21: 3}
EOF, SELECTDB, EXPIRE_S, EXPIRE_MS, RESIZEDB, AUX, FREQ, IDLE, MODULE_AUX, FUNCTION_PRE_GA, \
    FUNCTION, SLOT_INFO, SLOT_IMPORT = range(255, 242, -1)


class Bad(Exception):
    """The bytes do not frame."""


class Reader:
    """A cursor; `lengths` and `strings` collect the (start, end) of what was read."""

    def __init__(self, data, at=0):
        self.data, self.at = data, at
        self.lengths, self.strings = [], []

    def take(self, size):
        end = self.at + size
        if end > len(self.data):
            raise Bad('%d bytes at %d of %d' % (size, self.at, len(self.data)))
        part = self.data[self.at:end]
        self.at = end
        return part

    def byte(self):
        return self.take(1)[0]

    def number(self, form):
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def length(self):
        start, first = self.at, self.byte()
        if first < 0x40:
            n = first
        elif first < 0x80:
            n = (first & 0x3f) << 8 | self.byte()
        elif first == 0x80:
            n = self.number('>I')
        elif first == 0x81:
            n = self.number('>Q')
        elif first < 0xc0:
            raise Bad('length byte %02x' % first)
        else:
            n = first & 0x3f  # loaders do so
        self.lengths.append((start, self.at))
        return n

    def string(self):
        start = self.at
        first = self.data[start] if start < len(self.data) else 0
        if first < 0xc0:
            part = self.take(self.length())
        elif first < 0xc3:
            self.at += 1
            part = b'%d' % self.number('<' + 'bhi'[first - 0xc0])
        elif first == 0xc3:
            self.at += 1
            packed, size = self.length(), self.length()
            part = self.take(packed)
            part = lzf_decompress(part, size) if size else b''  # loaders take a failure for that
        else:
            raise Bad('string encoding %02x' % first)
        self.strings.append((start, self.at))
        return part

    def value(self, kind):
        """What is framed: strings, blobs and numbers."""
        if kind == 0 or kind in BLOBS:
            return self.string()
        if kind in (1, 2, 14):
            return [self.string() for _ in self.times()]
        if kind == 3:
            return [(self.string(), self.text_score()) for _ in self.times()]
        if kind == 4:
            return [(self.string(), self.string()) for _ in self.times()]
        if kind == 5:
            return [(self.string(), self.number('<d')) for _ in self.times()]
        if kind == 7:
            return self.length(), self.module_items()
        if kind == 18:
            return [(self.length(), self.string()) for _ in self.times()]
        if kind == 22:
            return [(self.string(), self.string(), self.number('<q')) for _ in self.times()]
        if kind in STREAMS:
            return self.stream(STREAMS[kind])
        raise Bad('type %d' % kind)

    def times(self):
        n = self.length()
        if n > len(self.data):
            raise Bad('%d elements' % n)
        return range(n)

    def text_score(self):
        size = self.byte()
        return {253: b'nan', 254: b'inf', 255: b'-inf'}.get(size) or self.take(size)

    def module_items(self):
        items = []
        while True:
            code = self.length()
            if code == 0:
                return items
            if code in (1, 2):
                items.append((code, self.length()))
            elif code in (3, 4):
                items.append((code, self.take(4 * code - 8)))
            elif code == 5:
                items.append((code, self.string()))
            else:
                raise Bad('module opcode %d' % code)

    def id(self):
        return self.length(), self.length()

    def raw_id(self):
        return struct.unpack('>QQ', self.take(16))

    def stream(self, version):
        s = {'nodes': [(self.string(), self.string()) for _ in self.times()]}
        s['length'], s['last'] = self.length(), self.id()
        if version > 1:
            s['first'], s['maxdel'], s['added'] = self.id(), self.id(), self.length()
        s['groups'] = [self.group(version) for _ in self.times()]
        return s

    def group(self, version):
        g = {'name': self.string(), 'last': self.id()}
        g['read'] = self.length() if version > 1 else None
        g['pel'] = [(self.raw_id(), self.number('<q'), self.length()) for _ in self.times()]
        g['consumers'] = [self.consumer(version) for _ in self.times()]
        return g

    def consumer(self, version):
        c = {'name': self.string(), 'seen': self.number('<q')}
        c['active'] = self.number('<q') if version > 2 else None
        c['pel'] = [self.raw_id() for _ in self.times()]
        return c


class Record:
    """One key: `raw` is its value's bytes, `value` what they frame."""

    def __init__(self, db, expire_ms, kind, key, value, raw):
        self.db, self.expire_ms, self.type, self.key = db, expire_ms, kind, key
        self.value, self.raw = value, raw


def records(data):
    """Yields the records of a file, then returns where it ends; Bad where the framing is lost."""
    version = int(re.match(rb'\s*(\d*)', data[5 if data[:5] == b'REDIS' else 6:9])[1] or 0)
    in_ = Reader(data, 9)
    db, expire = 0, None
    while True:
        op = in_.byte()
        if op == EOF:
            if version >= 5:
                in_.take(8)
            return in_.at
        if op == SELECTDB:
            db = in_.length()
        elif op == EXPIRE_S:
            expire = in_.number('<i') * 1000
        elif op == EXPIRE_MS:
            expire = in_.number('<q')
        elif op == FREQ:
            in_.byte()
        elif op == IDLE:
            in_.length()
        elif op == RESIZEDB:
            in_.id()
        elif op == AUX:
            in_.string(), in_.string()
        elif op == FUNCTION:
            in_.string()
        elif op == MODULE_AUX:
            in_.length(), in_.length(), in_.length(), in_.module_items()
        elif op == SLOT_INFO:
            in_.id(), in_.length()
        elif op == SLOT_IMPORT:
            in_.string(), [in_.id() for _ in in_.times()]
        elif op > 22:
            raise Bad('opcode %d' % op)
        else:
            key, start = in_.string(), in_.at
            value = in_.value(op)
            yield Record(db, expire, op, key, value, data[start:in_.at])
            expire = None


# What is in a value


def lzf_decompress(packed, size):
    out, at = bytearray(), 0
    try:
        while at < len(packed):
            c = packed[at]
            at += 1
            if c < 32:
                if at + c + 1 > len(packed):
                    raise Bad('LZF literals')
                out += packed[at:at + c + 1]
                at += c + 1
                continue
            n = c >> 5
            if n == 7:
                n += packed[at]
                at += 1
            back = len(out) - ((c & 31) << 8 | packed[at]) - 1
            at += 1
            if back < 0 or len(out) + n + 2 > size:
                raise Bad('LZF reference')
            for k in range(back, back + n + 2):
                out.append(out[k])
    except IndexError:
        raise Bad('LZF end') from None
    if len(out) != size:
        raise Bad('LZF size')
    return bytes(out)


def signed(data):
    return int.from_bytes(data, 'little', signed=True)


LP_INTS = {0xf1: 2, 0xf2: 3, 0xf3: 4, 0xf4: 8}


def backlen_size(size):
    return 1 + (size > 127) + (size >= 16383) + (size >= 2097151) + (size >= 268435455)


def listpack_entry(blob, at):
    """(element, size without back length) of the entry at `at`: an int or bytes."""
    b = blob[at]
    if b < 0x80:
        return b, 1
    if b < 0xc0:
        head, n = 1, b & 0x3f
    elif b < 0xe0:
        v = (b & 0x1f) << 8 | blob[at + 1]
        return v - 8192 if v >= 4096 else v, 2
    elif b < 0xf0:
        head, n = 2, (b & 15) << 8 | blob[at + 1]
    elif b == 0xf0:
        head, n = 5, int.from_bytes(blob[at + 1:at + 5], 'little')
    elif b in LP_INTS:
        head, n = 1, LP_INTS[b]
    else:
        raise Bad('listpack byte %02x' % b)
    part = blob[at + head:at + head + n]
    if len(part) < n:
        raise Bad('listpack entry')
    return (part if b not in LP_INTS else signed(part)), head + n


def listpack(blob):
    """The elements, ints and bytes; also those behind an FF in the middle, if they are some."""
    found, at = listpack_part(blob, 6)
    if at + 1 < len(blob):
        try:
            behind, end = listpack_part(blob, at + 1)
            if end + 1 == len(blob):
                found += behind
        except Bad:
            pass
    return found


def listpack_part(blob, at):
    """(elements, offset of the FF that ends them)."""
    found = []
    try:
        while blob[at] != 255:
            element, size = listpack_entry(blob, at)
            found.append(element)
            at += size + backlen_size(size)
    except IndexError:
        raise Bad('listpack end') from None
    return found, at


ZL_INTS = {0xc0: 2, 0xd0: 4, 0xe0: 8, 0xf0: 3, 0xfe: 1}


def ziplist(blob):
    found, at = [], 10
    try:
        while blob[at] != 255:
            at += 1 if blob[at] < 254 else 5
            b = blob[at]
            if b < 0x40:
                head, n = 1, b
            elif b < 0x80:
                head, n = 2, (b & 63) << 8 | blob[at + 1]
            elif b < 0xc0:
                head, n = 5, int.from_bytes(blob[at + 1:at + 5], 'big')
            elif b in ZL_INTS:
                head, n = 1, ZL_INTS[b]
            elif 0xf1 <= b <= 0xfd:
                found.append((b & 15) - 1)
                at += 1
                continue
            else:
                raise Bad('ziplist byte %02x' % b)
            part = blob[at + head:at + head + n]
            if len(part) < n:
                raise Bad('ziplist entry')
            found.append(part if b < 0xc0 else signed(part))
            at += head + n
    except IndexError:
        raise Bad('ziplist end') from None
    return found


def zipmap(blob):
    found, at = [], 1
    try:
        while blob[at] != 255:
            pair = []
            for is_value in (0, 1):
                n = blob[at]
                at += 1
                if n >= 254:
                    n = int.from_bytes(blob[at:at + 4], 'little')
                    at += 4
                free = blob[at] if is_value else 0
                at += is_value
                pair.append(blob[at:at + n])
                at += n + free
            found.append(tuple(pair))
    except IndexError:
        raise Bad('zipmap end') from None
    return found


def intset(blob):
    width, n = struct.unpack_from('<II', blob)
    if width not in (2, 4, 8) or 8 + n * width != len(blob):
        raise Bad('intset header')
    return [signed(blob[8 + i * width:8 + (i + 1) * width]) for i in range(n)]


def texts(elements):
    return [e if isinstance(e, bytes) else b'%d' % e for e in elements]


def pairs(flat):
    if len(flat) % 2:
        raise Bad('odd number of elements')
    return list(zip(flat[::2], flat[1::2]))


def elements(kind, value):
    """The elements that a record's framed value stands for: bytes, a list of bytes, or pairs;
    stream entries as (id, [field, value..]). Bad when a blob does not tell."""
    try:
        if kind in (3, 5, 12, 17):
            unpack = {12: ziplist, 17: listpack}.get(kind)
            return pairs(texts(unpack(value))) if unpack else value
        if kind == 10:
            return texts(ziplist(value))
        if kind == 13:
            return pairs(texts(ziplist(value)))
        if kind == 14:
            return [e for blob in value for e in texts(ziplist(blob))]
        if kind == 18:
            return [e for container, blob in value
                    for e in ([blob] if container == 1 else texts(listpack(blob)))]
        if kind == 9:
            return zipmap(value)
        if kind == 11:
            return texts(intset(value))
        if kind == 16:
            return pairs(texts(listpack(value)))
        if kind == 20:
            return texts(listpack(value))
        if kind in STREAMS:
            return [entry for node in sorted(value['nodes']) for entry in stream_node(*node)]
    except (IndexError, TypeError, struct.error):
        raise Bad('a short blob') from None
    return value


def stream_node(key, blob):
    """The live entries of a node."""
    flat = listpack(blob)
    base = struct.unpack('>QQ', key)
    if flat[2] < 0:
        raise Bad('%d fields' % flat[2])
    names = flat[3:3 + flat[2]]
    at, found = 4 + flat[2], []
    while at < len(flat):
        flags, id_ = flat[at], tuple((b + d) % (1 << 64) for b, d in zip(base, flat[at + 1:at + 3]))
        at += 3
        if flags & 2:
            fields = [e for pair in zip(names, flat[at:at + len(names)]) for e in pair]
            at += len(names)
        else:
            n = flat[at]
            if n < 0:
                raise Bad('%d fields' % n)
            fields = flat[at + 1:at + 1 + 2 * n]
            at += 1 + 2 * n
        at += 1
        if not flags & 1:
            found.append((id_, texts(fields)))
    return found
