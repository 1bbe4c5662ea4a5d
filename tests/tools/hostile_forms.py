"""What tests/tools/hostile.py puts around the RDB files that it makes: append-only files and their
directories, captures of a replication link, compression, damage of the transport.

No compressor is needed: zstd and LZ4 frames hold their blocks stored or as runs of one byte.
Source: RFC 1952, RFC 8878, lz4 doc/lz4_Frame_format.md, redis 7.2.6 src/replication.c, src/aof.c.
"""
import gzip
import struct
import zlib

import rdb_make as make

VERBS = (b'SET', b'DEL', b'SELECT', b'MULTI', b'EXEC', b'RPUSH', b'XADD', b'FLUSHALL', b'EVAL',
         b'FUNCTION', b'RESTORE', b'BF.ADD', b'EXPIRE', b'nothing', b'SWAPDB', b'MOVE', b'')


def command(*words):
    return b'*%d\r\n' % len(words) + b''.join(b'$%d\r\n%b\r\n' % (len(w), w) for w in words)


def restore(m):
    t = m.pick((0, 1, 4, 10, 13, 16, 17, 20, 21))
    payload = bytes([t]) + m.value(t) + struct.pack('<H', m.pick((6, 9, 11, 11, 80, 99)))
    payload += struct.pack('<Q', make.crc64(payload)) if m.chance(0.8) else bytes(8)
    return command(b'RESTORE', m.name(), b'0', payload, b'REPLACE')


def commands(m):
    """Of an append-only file, most of them sound."""
    out = []
    for _ in range(1 + m.below(12)):
        verb = m.pick(VERBS)
        if verb == b'RESTORE' and m.chance(0.7):
            out.append(restore(m))
        elif verb == b'SELECT' and m.chance(0.8):
            out.append(command(verb, b'%d' % m.below(20)))
        elif verb in (b'MULTI', b'EXEC'):
            out.append(command(verb))
        elif m.chance(0.9):
            out.append(command(verb, *(m.word() for _ in range(m.below(6)))))
        else:
            out.append(m.pick((
                b'#TS:1700000000\r\n', b'#TS:' + m.word() + b'\r\n', b'*0\r\n', b'*-1\r\n',
                b'*1\r\n$-1\r\n', b'*999999999999\r\n', b'*1\r\n$536870913\r\n',
                b'*3\r\n$3\r\nSET\r\n$1\r\n', b'PING\r\n', b'\n', b'\0' * 9, m.noise(),
                b'*1\r\n$' + m.word() + b'\r\n')))
    return b''.join(out)


def quoted(name):
    return b'"%b"' % b''.join(b'\\x%02x' % b for b in name)


def directory(m, data):
    """{file name: bytes}: an appendonlydir with its manifest."""
    base, files, lines = b'a.aof.1.base.rdb', {}, []
    files[base] = data
    lines.append(b'file %b seq 1 type b' % base)
    for i in range(m.below(4)):
        name = b'a.aof.%d.incr.aof' % (i + 1)
        files[name] = commands(m)
        lines.append(b'file %b seq %d type %b' % (name if m.chance(0.8) else quoted(name), i + 1,
                                                 m.pick((b'i', b'i', b'i', b'h', b'b', b'x'))))
    if m.chance(0.15):
        del files[m.pick(sorted(files))]
    if m.chance(0.2):
        at = m.below(len(lines) + 1)
        lines.insert(at, m.pick((b'# comment', b'file', lines[0], b'file ../x seq 9 type i',
                                 b'file ' + quoted(m.word() or b'x') + b' seq 1 type i',
                                 b'file x seq 99999999999999999999 type i', m.noise(), b'')))
    files[b'a.aof.manifest'] = b'\n'.join(lines) + (b'\n' if m.chance(0.9) else b'')
    return files


def capture(m, data):
    """A replication link: the snapshot by its size or between marks, then commands."""
    front = m.pick((b'', b'', b'\n' * 5, b'+FULLRESYNC ' + b'a' * 40 + b' 1\r\n'))
    tail = commands(m) if m.chance(0.4) else b''
    if m.chance(0.5):
        size = len(data) if m.chance(0.7) else m.pick((0, len(data) - 1, len(data) + 1, 1 << 40, -1))
        return front + b'$%d\r\n' % size + data + tail
    mark = bytes(m.pick(b'0123456789abcdef') for _ in range(40))
    end = mark if m.chance(0.8) else m.pick((b'', mark[:20], mark[::-1]))
    return front + b'$EOF:' + mark + b'\r\n' + data + end + tail


# Wrappers: a frame around the data, at times one that lies.


def as_gzip(m, data):
    if m.chance(0.2) and len(data) > 2:
        half = len(data) // 2
        packed = gzip.compress(data[:half], 1) + gzip.compress(data[half:], 1)
    else:
        packed = gzip.compress(data, 1)
    if m.chance(0.15):  # flags, with the fields that they announce or without
        flags = m.below(256)
        packed = packed[:3] + bytes([flags]) + packed[4:10] + (m.word() + b'\0') * 2 + packed[10:]
    if m.chance(0.1):
        packed = packed[:-8] + m.rng.randbytes(8)
    return packed + (bytes(m.below(600)) if m.chance(0.1) else b'')


def as_zlib(_, data):
    return zlib.compress(data, 1)


def as_zstd(m, data):
    """Stored blocks of up to 128 KiB, and runs."""
    blocks = [data[at:at + (1 << 17)] for at in range(0, len(data), 1 << 17)] or [b'']
    out = []
    for i, block in enumerate(blocks):
        out.append(struct.pack('<I', len(block) << 3 | (i == len(blocks) - 1))[:3] + block)
    if m.chance(0.05):  # a run of 2 MiB, in blocks of three bytes
        out[0:0] = [struct.pack('<I', 1 << 17 << 3 | 2)[:3] + b'\0'] * 16
    window = 0x58 if m.chance(0.9) else m.below(256)
    head = b'\x00' + bytes([window])
    if m.chance(0.2):
        size = len(data) if m.chance(0.6) else m.pick((0, 1, 1 << 40, (1 << 64) - 1))
        head = b'\xe0' + struct.pack('<Q', size)
    elif m.chance(0.05):
        head = bytes([m.below(256)]) + m.noise(9)
    skipped = b'\x50\x2a\x4d\x18' + struct.pack('<I', 4) + b'skip' if m.chance(0.1) else b''
    return skipped + b'\x28\xb5\x2f\xfd' + head + b''.join(out)


def as_lz4(m, data):
    """Stored blocks of up to 64 KiB; the check of the descriptor is known for this one alone."""
    out = [b'\x04\x22\x4d\x18\x60\x40\x82']
    if m.chance(0.05):
        out[0] = b'\x04\x22\x4d\x18' + m.rng.randbytes(3)
    for at in range(0, len(data), 65536):
        block = data[at:at + 65536]
        size = len(block) | 1 << 31
        if m.chance(0.03):
            size = m.pick((len(block), 1 << 31, (1 << 32) - 1, 65537 | 1 << 31))
        out.append(struct.pack('<I', size) + block)
    if m.chance(0.05):  # a block of LZ4 that makes much of little
        out.append(struct.pack('<I', 4 + 250) + b'\x1fa\x01\x00' + b'\xff' * 249 + b'\x00')
    return b''.join(out) + (bytes(4) if m.chance(0.95) else b'')


def as_envelope(m, data):
    head = m.pick((b'VKCS\1\1\1\0', b'VKCS\1\1\1\0', b'VCS\1\1\0\1', b'VCS\1\1\0\1', b'VCS\1\2\0\1'))
    if m.chance(0.15):
        at = 3 + m.below(len(head) - 3)
        head = head[:at] + bytes([m.below(256)]) + head[at + 1:]
    return head + as_lz4(m, data)


WRAPPERS = 4 * (as_gzip, as_zstd, as_lz4) + (as_envelope, as_envelope, as_zlib)


# What happens to files on their way


def printable(data):
    return data.decode('latin-1').encode()


TURNS = (
    lambda m, d: d.replace(b'\n', b'\r\n'), lambda m, d: d.replace(b'\r\n', b'\n'),
    lambda m, d: d.replace(b'\r', b'\n'), lambda m, d: b'\xef\xbb\xbf' + d,
    lambda m, d: b'\xff\xfe' + d.decode('latin-1').encode('utf-16-le'),
    lambda m, d: d.decode('latin-1').encode('utf-16-be'),
    lambda m, d: b'\xff\xfe' + d.decode('cp437').encode('utf-16-le'),
    lambda m, d: printable(d), lambda m, d: d.decode('utf-8', 'replace').encode(),
    lambda m, d: bytes(b & 127 for b in d), lambda m, d: d.replace(b'\0', b''),
    lambda m, d: d.replace(b'\0', b' '), lambda m, d: d.hex().encode(),
    lambda m, d: m.word() + b'\n' + d, lambda m, d: b'Defaulted container "redis"\n' + d,
    lambda m, d: b'"' + b''.join(b'\\x%02x' % b for b in d[:5000]) + b'"\n',
    lambda m, d: d + bytes(m.below(9000)), lambda m, d: d + m.noise(300),
    lambda m, d: bytes(m.below(100)) + d, lambda m, d: d[m.below(40):],
    lambda m, d: d + d, lambda m, d: d.rstrip(b'\0\n'),
)


def cut(m, data):
    return data[:m.below(len(data) + 1)]


def zeroed(m, data):
    """Sectors that were never written."""
    out = bytearray(data)
    size = m.pick((1, 16, 512, 4096))
    at = m.below(len(out) + 1) // size * size
    out[at:at + size] = bytes(len(out[at:at + size]))
    return bytes(out)


def flipped(m, data):
    out = bytearray(data)
    for _ in range(m.pick((1, 1, 1, 2, 9))):
        if out:
            out[m.below(len(out))] ^= 1 << m.below(8)
    return bytes(out)


def dressed(m, data):
    """(what a program is to read: bytes, or the files of a directory by name; how they came to be)"""
    said = []
    kind = m.rng.random()
    if kind < 0.08:
        data, said = data + commands(m), ['commands']
    elif kind < 0.10:
        data, said = commands(m), ['commands alone']
    elif kind < 0.15:
        data, said = capture(m, data), ['capture']
    if m.chance(0.12):
        way = m.pick((cut, cut, zeroed, flipped, flipped))
        data = way(m, data)
        said.append(way.__name__)
    if 0.15 < kind < 0.20:
        return directory(m, data), [*said, 'directory']
    for _ in range(m.pick((0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 3))):
        wrap = m.pick(WRAPPERS)
        data = wrap(m, data)
        said.append(wrap.__name__)
        if m.chance(0.1):
            data = m.pick((cut, flipped, zeroed))(m, data)
            said.append('and damaged')
        if m.chance(0.05):
            data = capture(m, data)
            said.append('capture')
    if m.chance(0.05):
        turn = m.below(len(TURNS))
        data = TURNS[turn](m, data)
        said.append('turn %d' % turn)
    return data, said
