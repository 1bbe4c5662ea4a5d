"""What the mutants of tests/mutate do around values: keys, databases, expiries, opcodes, functions,
modules, header and end."""
import struct

import rdb_make as make
import rdb_read as read
from mutant import ALL, FAR, PAST
from mutations import mutation

# Sizes of hash tables that a server takes with ease, or does not try to. Those between are few:
# KEYS does not end in one that takes them.
TABLES = (1 << 14, 1 << 20, 1 << 62, 1 << 63, (1 << 64) - 1)
HEADERS = (b'REDIS0001', b'REDIS0002', b'REDIS0003', b'REDIS0004', b'REDIS0005', b'REDIS0006',
           b'REDIS0007', b'REDIS0008', b'REDIS0009', b'REDIS0010', b'REDIS0011', b'REDIS0012',
           b'REDIS0014', b'REDIS0079', b'REDIS0080', b'REDIS0081', b'REDIS1011', b'REDIS0000',
           b'VALKEY080', b'VALKEY081', b'VALKEY999', b'VALKEY011', b'VALKEY001', b'VALKEY012',
           b'VALKEY079', b'VALKEY000', b'REDIS  11', b'VALKEY 80', b'REDIS 011', b'REDIS00 9',
           b'redis0011', b'REDIS0x11', b'REDIS011\n', b'REDISabcd', b'VKCS\1\1\0\0\0', b'')


@mutation('header', times=8)
def header(m, _):
    t = m.pick(ALL)
    m.record(t, m.value(t))
    m.header = m.pick(HEADERS)
    m.note('header %r with type %d', m.header, t)
    if m.chance(0.2):
        m.body.append(b'\xf4\x01\x01\x00')
        m.note('F4')
    if b'0' < m.header[-1:] < b'5' and m.header[:8] == b'REDIS000' and m.chance(0.7):
        m.checksum = b''  # none before version 5


@mutation('old-plain', times=2)
def old_plain(m, _):
    """Types under the header of a version that did not have them."""
    t = m.pick(ALL[:-1])
    m.record(t, m.value(t))
    m.header = b'REDIS%04d' % (1 + m.below(11))
    if int(m.header[5:]) < 5:
        m.checksum = b''
    m.note('%s', m.header.decode())


@mutation('checksum', times=4)
def checksum(m, _):
    t = m.pick(ALL[:-1])
    m.record(t, m.value(t))
    how = m.pick(('zero', 'wrong', 'one bit', 'none', 'short', 'behind'))
    right = m.data()[-8:]
    m.note('checksum %s', how)
    m.checksum = {'zero': bytes(8), 'wrong': b'abcdefgh', 'one bit': bytes([right[0] ^ 1]) + right[1:],
                  'none': b'', 'short': right[:m.below(8)], 'behind': right}[how]
    if how == 'behind':
        m.after = m.pick((b'\0', b'\n', b'*1\r\n', b'a' * 40, b'\xff' * 8, b'\xfe\0\0\1a\1b\xff'))


@mutation('no-end', times=2)
def no_end(m, _):
    t = m.pick(ALL[:-1])
    m.record(t, m.value(t))
    m.witnesses[1] = m.chance(0.5)
    m.tail = m.pick((b'', b'\xff', b'\xfe', b'\xfe\0', b'\0', b'\xfc', b'\xf9', b'\xfa'))
    m.note('ends in %r', m.tail)


# Duplicate keys


@mutation('duplicate-key', ALL[:-1], times=2)
def duplicate_key(m, t):
    other = t if m.chance(0.5) else m.pick(ALL[:-1])
    which = m.below(2)
    how = m.pick(('alive', 'alive', 'expired', 'empty', 'other db', 'other db and back', 'expiring'))
    m.note('key twice, types %d %d: %s', t, other, how)
    for i, kind in enumerate((t, other)):
        if how.startswith('other db') and i:
            m.body.append(b'\xfe\x01')
        is_odd = i == which
        value = m.value(kind)
        if how == 'empty' and is_odd and kind in (1, 2, 3, 4, 5, 10, 12, 13, 14, 16, 17, 18, 20):
            value = m.encode(kind, [])
        m.record(kind, value, b'twice', expire=PAST if how == 'expired' and is_odd else
                 FAR if how == 'expiring' else None)
        if how == 'other db and back' and i:
            m.body.append(b'\xfe\x00')
        if m.chance(0.2):
            m.extra()


@mutation('duplicate-key', (None,), times=6)
def duplicate_witness(m, _):
    """A key again much later, or in another spelling."""
    m.witnesses[0] = True
    t = m.pick(ALL[:-1])
    how = m.pick(('late', 'lzf', 'integer', 'db again', 'case'))
    m.note('the first key again: %s', how)
    value = m.value(t)
    if how == 'integer':
        m.body.append(b'\0\xc0\x07\1a\0\x017\1b')
    elif how == 'lzf':
        m.body.append(bytes([t]) + make.lzf_string(b'abcabcabcabcabcabc') + value)
        m.record(t, value, b'abcabcabcabcabcabc')
    elif how == 'case':
        m.record(t, value, b'WIT1')
    else:
        if how == 'db again':
            m.body.append(b'\xfe\x00')
        m.record(t, value, b'wit1')


# Opcodes


@mutation('expiry', ALL[:-1], times=2)
def expiry(m, t):
    at = m.pick((PAST, 0, -1, -2, -(1 << 63), 1, FAR, (1 << 63) - 1, 1 << 62))
    m.note('expiry %d', at)
    m.record(t, m.value(t), expire=at)
    form = m.below(5)
    if form == 1:
        at = m.pick((0, 1, -1, 1000000000, (1 << 31) - 1, -(1 << 31)))
        m.body[0] = b'\xfd' + struct.pack('<i', at)
        m.notes[0] = 'expiry in seconds %d' % at
    elif form == 2:
        m.body.insert(m.below(2), m.pick((b'\xf8\x05', b'\xf9\xff', b'\xf8\x05\xf9\x07', b'\xf8\x81' + b'\xff' * 8,
                                          b'\xf9\x05\xf9\x06', b'\xf8\xc1')))
        m.note('with %s', m.body[0].hex())
    elif form == 3:
        m.body.insert(0, b'\xfc' + struct.pack('<q', m.pick((PAST, FAR))))
        m.note('behind another')
    elif form == 4:
        m.body.insert(1, m.pick((b'\xfe\x01', b'\xfb\x01\x01', b'\xfa\x01a\x01b', b'\xfe\x00')))
        m.note('before %s', m.body[1][:1].hex())


@mutation('dangling', times=4)
def dangling(m, _):
    what = m.pick((b'\xfc' + struct.pack('<q', PAST), b'\xfd\0\0\0\0', b'\xf8\x01', b'\xf9\x01', b'\xfe\x03',
                   b'\xfb\x00\x00', b'\xfc' + struct.pack('<q', FAR)))
    m.note('%s before FF', what.hex())
    m.witnesses[1] = m.chance(0.3)
    m.body.append(what)
    if m.witnesses[1] and m.chance(0.5):
        m.extra()


@mutation('select', times=8)
def select(m, _):
    db = m.pick((0, 1, 15, 16, 17, 63, 64, 255, 1000, (1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 32,
                 (1 << 64) - 1))
    how = m.pick(('one', 'one', 'twice', 'empty', 'descending', 'none', 'long', 'resize'))
    m.note('db %d: %s', db, how)
    t = m.pick(ALL[:-1])
    if how == 'none':
        m.first = b''
        return m.record(t, m.value(t))
    m.body.append(b'\xfe' + (make.length(db, 64 if m.chance(0.5) else 32) if how == 'long' and
                             db < 1 << 32 else make.length(db)))
    if how == 'resize':
        m.body.append(b'\xfb\x01\x00')
    if how != 'empty':
        m.record(t, m.value(t))
    if how == 'twice':
        m.body.append(b'\xfe' + make.length(db))
        m.record(0, m.value(0))
    if how == 'descending':
        m.body.append(b'\xfe\x00')
    if how == 'empty':
        m.body.append(b'\xfe\x00')


@mutation('resizedb', times=6)
def resizedb(m, _):
    sizes = [m.pick((0, 1, 2, 1000) + TABLES), m.pick((0, 1, 3) + TABLES)]
    if m.chance(0.03):
        sizes[m.below(2)] = m.pick((1 << 31, (1 << 32) - 1, 1 << 32, 1 << 40))
    m.note('RESIZEDB %d %d', *sizes)
    op = b'\xfb' + make.length(sizes[0]) + make.length(sizes[1])
    if m.chance(0.7):
        m.first += op
    elif m.chance(0.5):
        m.body.append(op)
    else:
        m.first = op + m.first
    m.extra()


@mutation('aux', times=8)
def aux(m, _):
    key, value = m.pick((
        (b'redis-ver', b'7.2.4'), (b'valkey-ver', b'9.1.2'), (b'redis-bits', b'64'), (b'redis-bits', b'16'),
        (b'ctime', b'x'), (b'used-mem', b'99999999999999999999'), (b'used-mem', b'-5'), (b'aof-base', b'1'),
        (b'aof-preamble', b'1'), (b'aof-base', b'x'), (b'lua', b'return 1'), (b'%odd', b'1'), (b'%', b''),
        (b'', b''), (b'unknown', b'x' * 300), (b'REDIS-VER', b'1'), (b'repl-stream-db', b'0'),
        (b'repl-stream-db', b'99'), (b'repl-id', b'a' * 40), (b'repl-id', b'a' * 41), (b'repl-id', b''),
        (b'repl-offset', b'-1'), (b'repl-offset', b'x'), (b'cluster-slot-states', b''),
        (b'cluster-slot-states', b'garbage'), (b'cluster-slot-states', b'1<' + b'a' * 40 + b';'),
        (b'slot-info', b'1,1,0'), (b'slot-info', b'1,1,0,0'), (b'slot-info', b'1,1'), (b'slot-info', b'x'),
        (b'slot-info', b''), (b'slot-info', b'-1,1,0'), (b'slot-info', b'20000,1,0'),
        (b'slot-info', b'1,x,0'), (b'slot-info', b'1,1,0,0,0'), (b'slot-info', b'1,1,0,x'),
        (b'slot-info', b',,'), (b'slot-info', b'1, 1,0'), (b'slot-info', b'1,1,0 '),
        (b'slot-info', b'99999999999999999999,1,0'), (b'SLOT-INFO', b'1'), (b'slot-info', b'1,-1,-1')))
    m.note('AUX %r %r', key, value)
    op = b'\xfa' + make.string(key) + m.blob(value)
    if m.chance(0.1):
        op = m.pick((op[:-1], b'\xfa\xc0\x01\xc1\x01\x01', b'\xfa\xc4', b'\xfa\xc3\x01\x05\x00\x00'))
        m.note('as %s', op[:8].hex())
    if m.chance(0.6):
        m.before.append(op)
    else:
        m.body.append(op)
    if m.chance(0.5):
        m.extra()


CODE = b"redis.register_function('f%d', function(keys, args) return %d end)"


@mutation('function', times=10)
def function(m, _):
    good = b'#!lua name=lib1\n' + CODE % (1, 1)
    other = b'#!lua name=lib2\n' + CODE % (2, 2)
    how, parts = m.pick((
        ('good', [good]), ('two', [good, other]), ('twice', [good, good]),
        ('function twice', [good, b'#!lua name=lib2\n' + CODE % (1, 1)]),
        ('no shebang', [CODE % (1, 1)]), ('engine', [b'#!perl name=lib1\n' + CODE % (1, 1)]),
        ('engine LUA', [b'#!LUA name=lib1\n' + CODE % (1, 1)]), ('no name', [b'#!lua\n' + CODE % (1, 1)]),
        ('empty name', [b'#!lua name=\n' + CODE % (1, 1)]), ('bad name', [b'#!lua name=a-b\n' + CODE % (1, 1)]),
        ('two names', [b'#!lua name=a name=b\n' + CODE % (1, 1)]),
        ('unknown word', [b'#!lua name=a foo=b\n' + CODE % (1, 1)]),
        ('spaces', [b'#!lua   name=a  \n' + CODE % (1, 1)]),
        ('syntax', [b'#!lua name=lib1\nreturn (']), ('runtime', [b'#!lua name=lib1\nerror("x")']),
        ('none registered', [b'#!lua name=lib1\nlocal a = 1']), ('only head', [b'#!lua name=lib1']),
        ('only head line', [b'#!lua name=lib1\n']), ('empty', [b'']), ('binary', [b'#!lua name=lib1\n\0\xff']),
        ('server api', [b"#!lua name=lib1\nserver.register_function('g', function() return 1 end)"]),
        ('call', [b"#!lua name=lib1\nredis.call('ping')\n" + CODE % (1, 1)]),
        ('flags', [b"#!lua name=lib1\nredis.register_function{function_name='f', callback=function() end, "
                   b"flags={'no-writes'}}"]),
        ('bad flags', [b"#!lua name=lib1\nredis.register_function{function_name='f', callback=function() end, "
                       b"flags={'nope'}}"]),
        ('bad function name', [b"#!lua name=lib1\nredis.register_function('a b', function() end)"]),
        ('registered twice', [good + b'\n' + CODE % (1, 1)]),
        ('crlf', [good.replace(b'\n', b'\r\n')]), ('loop', [b'#!lua name=lib1\nfor i=1,10 do end\n' + CODE % (1, 1)]),
        ('name case', [good, b'#!lua name=LIB1\n' + CODE % (3, 3)])))
    m.note('function: %s', how)
    ops = [b'\xf5' + m.blob(p) for p in parts]
    if m.chance(0.75):
        m.before += ops
    else:
        m.body += ops
    if m.chance(0.1):
        ops[-1] = ops[-1][:-1]
        m.before = ops
        m.note('cut')
    if m.chance(0.1):
        m.before = [b'\xf6' + make.string(b'lib1') + make.string(b'LUA') + b'\x00' + make.string(CODE % (1, 1))]
        m.note('F6')


@mutation('opcode', times=8)
def opcode(m, _):
    """Opcodes and types that are foreign or that nobody knows."""
    how, op = m.pick((
        ('F3', b'\xf3' + make.string(b'a' * 40) + b'\x01\x00\x05'), ('F3', b'\xf3\x01a\x00'),
        ('F3', b'\xf3' + make.string(b'a' * 40) + b'\x01\x05\x00'),
        ('F4', b'\xf4\x01\x01\x00'), ('F4', b'\xf4\x80\xff\xff\xff\xff\x01\x00'), ('F4', b'\xf4\xc1\x01\x00'),
        ('F2', b'\xf2\x01\x00'), ('F2', b'\xf2'), ('F1', b'\xf1'), ('type 6', b'\x06\1k\0'), ('type 8', b'\x08\1k\0'),
        ('type 23', b'\x17\1k' + make.string(make.listpack([b'a', b'1', 0]))),
        ('type 24', b'\x18\1k' + bytes(8) + b'\x01\x00\x01a\x01b'),
        ('type 25', b'\x19\1k' + bytes(8) + make.string(make.listpack([b'a', b'1', 0]))),
        ('type 26', b'\x1a\1k\0'), ('type', bytes([m.pick((27, 28, 30, 100, 101, 107, 121, 128, 200, 240))]) + b'\1k\0')))
    m.header = m.pick((b'REDIS0011', b'REDIS0011', b'VALKEY080', b'REDIS0012'))
    m.note('%s under %s', how, m.header.decode())
    (m.body if m.chance(0.7) else m.before).append(op)


# Modules


def module_items(m):
    items = [(2, m.below(1000)), (1, 5), (3, bytes(4)), (4, bytes(8)), (5, b'text'), (5, b'')]
    return [m.pick(items) for _ in range(m.below(5))]


@mutation('module', (7,), times=8)
def module(m, t):
    id_ = make.module_id(m.pick((b'hellotype', b'vectorset', b'ReJSON-RL', b'AAAAAAAAA')), m.below(4))
    items = [make.module_item(*i) for i in module_items(m)]
    how = m.pick(('sound', 'opcode', 'cut at item', 'cut', 'no end', 'corpus', 'id'))
    if how == 'opcode':
        items.insert(m.below(len(items) + 1), make.length(m.pick((6, 7, 63, 255, 1 << 40))))
    if how == 'cut':
        items = [b''.join(items)[:-1]]
    if how == 'id':
        id_ = m.pick((0, 1, (1 << 64) - 1))
    value = make.length(id_) + b''.join(items)
    if how not in ('cut at item', 'cut', 'no end'):
        value += b'\0'
    if how == 'corpus' and m.corpus.raw[7]:
        value = m.pick(m.corpus.raw[7])
    m.note('module: %s', how)
    m.record(t, value)
    if how in ('cut at item', 'cut'):
        m.witnesses[1] = False
    elif m.chance(0.3):
        m.extra()


@mutation('module-aux', (None,), times=6)
def module_aux(m, _):
    id_ = make.module_id(m.pick((b'hellotype', b'vectorset', b'AAAAAAAAA')), 1)
    when = m.pick((1, 2, 0, 3, 1 << 40))
    op = m.pick((2, 2, 2, 1, 5, 0))
    items = b''.join(make.module_item(*i) for i in module_items(m))
    end = m.pick((b'\0', b'\0', b'\0', b''))
    m.note('module AUX when %d, opcode %d, end %r', when, op, end)
    data = b'\xf7' + make.length(id_) + make.length(op) + make.length(when) + items + end
    (m.before if m.chance(0.5) else m.body).append(data)
    if not end:
        m.witnesses[1] = False
