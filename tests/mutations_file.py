"""What the mutants of tests/mutate do around values: header and end, keys, expiries, databases,
opcodes, functions, modules."""
import struct

import rdb_make as make
from mutant import ALL, FAR, PAST
from mutations import mutation

LOADABLE = ALL[:-1]  # under REDIS magic
HEADERS = [b'REDIS%04d' % n for n in (*range(13), 14, 79, 80, 81, 1011)] + [
    b'VALKEY080', b'VALKEY081', b'VALKEY999', b'VALKEY011', b'VALKEY001', b'VALKEY012',
    b'VALKEY079', b'VALKEY000', b'REDIS  11', b'VALKEY 80', b'REDIS 011', b'REDIS00 9',
    b'redis0011', b'REDIS0x11', b'REDIS011\n', b'REDISabcd', b'VKCS\1\1\0\0\0', b'']
# Sizes of hash tables that a server takes with ease or does not try to make; those between are
# rare: a server that makes one takes long for KEYS.
TABLES = (1 << 14, 1 << 20, 1 << 62, 1 << 63, (1 << 64) - 1)


def sound(m, types=LOADABLE):
    """A record without fault."""
    t = m.pick(types)
    m.record(t, m.value(t))
    return t


# Header and end


@mutation('header', times=8)
def header(m, _):
    t = sound(m, ALL)
    m.header = m.pick(HEADERS)
    m.note('%r with type %d', m.header, t)
    if m.chance(0.2):
        m.body.append(b'\xf4\x01\x01\x00')
        m.note('F4')
    if m.header in HEADERS[1:5] and m.chance(0.7):
        m.checksum = b''  # none before version 5


@mutation('old-header', times=2)
def old_header(m, _):
    """A type under the header of a version that did not have it."""
    sound(m)
    m.header = m.pick(HEADERS[1:12])
    if m.header in HEADERS[1:5]:
        m.checksum = b''
    m.note('%s', m.header.decode())


@mutation('checksum', times=4)
def checksum(m, _):
    sound(m)
    how = m.pick(('zero', 'wrong', 'one bit', 'none', 'short', 'behind'))
    right = m.data()[-8:]
    m.note('%s', how)
    m.checksum = {'zero': bytes(8), 'wrong': b'abcdefgh', 'none': b'', 'short': right[:m.below(8)],
                  'one bit': bytes([right[0] ^ 1]) + right[1:], 'behind': right}[how]
    if how == 'behind':
        m.after = m.pick((b'\0', b'\n', b'*1\r\n', b'a' * 40, b'\xff' * 8,
                          b'\xfe\0\0\1a\1b\xff'))


@mutation('no-end', times=2)
def no_end(m, _):
    sound(m)
    m.witnesses[1] = m.chance(0.5)
    m.tail = m.pick((b'', b'\xff', b'\xfe', b'\xfe\0', b'\0', b'\xfc', b'\xf9', b'\xfa'))
    m.note('%s at the end', m.tail.hex())


# Keys


@mutation('duplicate-key', LOADABLE, times=2)
def duplicate_key(m, t):
    other = t if m.chance(0.5) else m.pick(LOADABLE)
    odd = m.below(2)
    how = m.pick(('alive', 'alive', 'expired', 'empty', 'other db', 'other db and back',
                  'expiring'))
    m.note('types %d and %d: %s', t, other, how)
    for i, kind in enumerate((t, other)):
        if how.startswith('other db') and i:
            m.body.append(b'\xfe\x01')
        value, expire = m.value(kind), FAR if how == 'expiring' else None
        if i == odd and how == 'expired':
            expire = PAST
        if i == odd and how == 'empty' and kind not in (0, 9, 11, 15, 19, 21):
            value = m.encode(kind, [])
        m.record(kind, value, b'twice', expire)
        if m.chance(0.2):
            m.extra()
    if how == 'other db and back':
        m.body.append(b'\xfe\x00')


@mutation('duplicate-key', times=6)
def first_key_again(m, _):
    """The first key of the file, or one in another spelling."""
    m.witnesses[0] = True
    t = m.pick(LOADABLE)
    how = m.pick(('late', 'lzf', 'integer', 'db again', 'case'))
    m.note('again: %s', how)
    key = {'lzf': b'abcabcabcabcabcabc', 'integer': b'7', 'case': b'WIT1'}.get(how, b'wit1')
    spelling = {'lzf': make.lzf_string(key), 'integer': b'\xc0\x07'}.get(how)
    if spelling:
        m.body.append(b'\0' + spelling + b'\1a')
    elif how == 'db again':
        m.body.append(b'\xfe\x00')
    m.record(t, m.value(t), key)


@mutation('expiry', LOADABLE, times=2)
def expiry(m, t):
    at = m.pick((PAST, 0, -1, -2, -(1 << 63), 1, FAR, (1 << 63) - 1, 1 << 62))
    m.note('at %d', at)
    value = m.value(t)
    use = m.pick((b'\xf8\x05', b'\xf9\xff', b'\xf8\x05\xf9\x07', b'\xf8\x81' + b'\xff' * 8,
                  b'\xf9\x05\xf9\x06', b'\xf8\xc1'))
    between = m.pick((b'\xfe\x01', b'\xfb\x01\x01', b'\xfa\x01a\x01b', b'\xfe\x00'))
    form = m.pick(('alone', 'seconds', 'use before', 'use behind', 'another before', 'between'))
    if form == 'seconds':
        at = m.pick((0, 1, -1, 1000000000, (1 << 31) - 1, -(1 << 31)))
        m.body.append(b'\xfd' + struct.pack('<i', at))
        m.note('in seconds %d instead', at)
    else:
        before = {'use before': use, 'another before': b'\xfc' + struct.pack('<q', FAR)}
        behind = {'use behind': use, 'between': between}
        m.note('%s', form)
        m.body.append(before.get(form, b'') + b'\xfc' + struct.pack('<q', at) +
                      behind.get(form, b''))
    m.record(t, value, expire=False)


@mutation('dangling', times=4)
def dangling(m, _):
    """Opcodes that nothing follows, or another key."""
    what = m.pick((b'\xfc' + struct.pack('<q', PAST), b'\xfd\0\0\0\0', b'\xf8\x01', b'\xf9\x01',
                   b'\xfe\x03', b'\xfb\x00\x00', b'\xfc' + struct.pack('<q', FAR)))
    m.note('%s', what.hex())
    m.witnesses[1] = m.chance(0.3)
    m.body.append(what)
    if m.witnesses[1] and m.chance(0.5):
        m.extra()


# Databases


@mutation('select', times=8)
def select(m, _):
    db = m.pick((0, 1, 15, 16, 17, 63, 64, 255, 1000, (1 << 31) - 1, 1 << 31, (1 << 32) - 1,
                 1 << 32, (1 << 64) - 1))
    how = m.pick(('one', 'one', 'twice', 'empty', 'back', 'none', 'long', 'resize', 'form'))
    m.note('db %d: %s', db, how)
    if how == 'none':
        m.first = b''
        return sound(m)
    number = make.length(db)
    if how == 'long':
        number = make.length(db, 64)
    elif how == 'form':
        number = bytes([m.pick((0x82, 0x8f, 0xbf, 0xc0, 0xc1, 0xcf, 0xd0, 0xff))])
        m.note('as %s', number.hex())
    m.body.append(b'\xfe' + number)
    if how == 'resize':
        m.body.append(b'\xfb\x01\x00')
    if how != 'empty':
        sound(m)
    if how == 'twice':
        m.body.append(b'\xfe' + number)
        sound(m)
    if how in ('back', 'empty'):
        m.body.append(b'\xfe\x00')


@mutation('resizedb', times=6)
def resizedb(m, _):
    sizes = [m.pick((0, 1, 2, 1000) + TABLES), m.pick((0, 1, 3) + TABLES)]
    if m.chance(0.03):
        sizes[m.below(2)] = m.pick((1 << 31, (1 << 32) - 1, 1 << 32, 1 << 40))
    m.note('%d %d', *sizes)
    op = b'\xfb' + make.length(sizes[0]) + make.length(sizes[1])
    if m.chance(0.7):
        m.first += op
    elif m.chance(0.5):
        m.body.append(op)
    else:
        m.first = op + m.first
    m.extra()


# AUX, functions, opcodes

AUX = {b'redis-ver': (b'7.2.4',), b'valkey-ver': (b'9.1.2', b''), b'redis-bits': (b'64', b'16'),
       b'ctime': (b'x',), b'used-mem': (b'99999999999999999999', b'-5'), b'aof-base': (b'1', b'x'),
       b'aof-preamble': (b'1',), b'lua': (b'return 1', b'('), b'%odd': (b'1',), b'%': (b'',),
       b'': (b'',), b'unknown': (b'x' * 300,), b'REDIS-VER': (b'1',),
       b'repl-stream-db': (b'0', b'99'), b'repl-id': (b'a' * 40, b'a' * 41, b''),
       b'repl-offset': (b'-1', b'x'), b'SLOT-INFO': (b'1',),
       b'cluster-slot-states': (b'', b'garbage', b'1<' + b'a' * 40 + b';'),
       b'slot-info': (b'1,1,0', b'1,1,0,0', b'1,1', b'x', b'', b'-1,1,0', b'20000,1,0', b'1,x,0',
                      b'1,1,0,0,0', b'1,1,0,x', b',,', b'1, 1,0', b'1,1,0 ', b'1,-1,-1',
                      b'99999999999999999999,1,0')}


@mutation('aux', times=8)
def aux(m, _):
    key, values = m.pick([item for item in AUX.items() for _ in item[1]])
    value = m.pick(values)
    m.note('%r %r', key, value)
    op = b'\xfa' + make.string(key) + m.blob(value)
    if m.chance(0.1):
        op = m.pick((op[:-1], b'\xfa\xc0\x01\xc1\x01\x01', b'\xfa\xc4', b'\xfa\xc3\x01\x05\0\0'))
        m.note('as %s', op[:8].hex())
    (m.before if m.chance(0.6) else m.body).append(op)
    if m.chance(0.5):
        m.extra()


CODE = b"redis.register_function('f%d', function(keys, args) return %d end)"
GOOD = b'#!lua name=lib1\n' + CODE % (1, 1)
TABLE = b"#!lua name=a\nredis.register_function{function_name='f', callback=function() end, "
LIBRARIES = {
    'good': [GOOD], 'two': [GOOD, b'#!lua name=lib2\n' + CODE % (2, 2)], 'twice': [GOOD, GOOD],
    'function twice': [GOOD, b'#!lua name=lib2\n' + CODE % (1, 1)],
    'name case': [GOOD, b'#!lua name=LIB1\n' + CODE % (3, 3)],
    'empty': [b''], 'no shebang': [CODE % (1, 1)], 'only head': [b'#!lua name=a'],
    'only head line': [b'#!lua name=a\n'], 'binary': [b'#!lua name=a\n\0\xff'],
    'crlf': [GOOD.replace(b'\n', b'\r\n')], 'registered twice': [GOOD + b'\n' + CODE % (1, 1)],
    'syntax': [b'#!lua name=a\nreturn ('], 'runtime': [b'#!lua name=a\nerror("x")'],
    'call': [b"#!lua name=a\nredis.call('ping')\n" + CODE % (1, 1)],
    'none registered': [b'#!lua name=a\nlocal a = 1'],
    'server': [b"#!lua name=a\nserver.register_function('g', function() return 1 end)"],
    'name with space': [b"#!lua name=a\nredis.register_function('a b', function() end)"],
    'flags': [TABLE + b"flags={'no-writes'}}"], 'unknown flag': [TABLE + b"flags={'nope'}}"]}
LIBRARIES.update({'head %s' % head.decode(): [head + b'\n' + CODE % (1, 1)] for head in (
    b'#!perl name=a', b'#!LUA name=a', b'#!lua', b'#!lua name=', b'#!lua name=a-b', b'#! name=a',
    b'#!lua name=a name=b', b'#!lua name=a foo=b', b'#!lua   name=a  ', b'#lua name=a',
    b'#!lua NAME=a', b'#!lua name="a"', b"#!lua name='a b'", b' #!lua name=a')})


@mutation('function', times=12)
def function(m, _):
    how = m.pick(list(LIBRARIES))
    m.note('%s', how)
    ops = [b'\xf5' + m.blob(code) for code in LIBRARIES[how]]
    if m.chance(0.1):
        ops[-1] = ops[-1][:-1]
        m.note('cut')
    elif m.chance(0.1):
        name, engine, code = map(make.string, (b'a', b'LUA', CODE % (1, 1)))
        ops[0] = b'\xf6' + name + engine + b'\0' + code
        m.note('with F6')
    (m.before if m.chance(0.75) else m.body).extend(ops)


JOB = make.string(b'a' * 40)
FOREIGN = (
    b'\xf3' + JOB + b'\x01\x00\x05', b'\xf3' + JOB + b'\x01\x05\x00', b'\xf3\x01a\x00',
    b'\xf4\x01\x01\x00', b'\xf4\x80\xff\xff\xff\xff\x01\x00', b'\xf4\xc1\x01\x00', b'\xf2\x01\x00',
    b'\xf2', b'\xf1', b'\x06\1k\0', b'\x08\1k\0', b'\x1a\1k\0',
    b'\x17\1k' + make.string(make.listpack([b'a', b'1', 0])),
    b'\x18\1k' + bytes(8) + b'\x01\x00\x01a\x01b',
    b'\x19\1k' + bytes(8) + make.string(make.listpack([b'a', b'1', 0])),
    *(bytes([t]) + b'\1k\0' for t in (27, 28, 30, 100, 101, 107, 121, 128, 200, 240)))


@mutation('opcode', times=8)
def opcode(m, _):
    """Opcodes and types that are foreign or that nobody knows."""
    op = m.pick(FOREIGN)
    m.header = m.pick((b'REDIS0011', b'REDIS0011', b'VALKEY080', b'REDIS0012'))
    m.note('%s under %s', op[:4].hex(), m.header.decode())
    (m.body if m.chance(0.7) else m.before).append(op)


# Modules


def module_items(m):
    items = [(2, m.below(1000)), (1, 5), (3, bytes(4)), (4, bytes(8)), (5, b'text'), (5, b'')]
    return [make.module_item(*m.pick(items)) for _ in range(m.below(5))]


def module_id(m):
    name = m.pick((b'hellotype', b'vectorset', b'ReJSON-RL', b'AAAAAAAAA'))
    return make.length(make.module_id(name, m.below(4)))


@mutation('module', (7,), times=8)
def module(m, t):
    """A value of a module that is not loaded."""
    id_, items = module_id(m), module_items(m)
    how = m.pick(('sound', 'opcode', 'cut at item', 'cut', 'no end', 'corpus', 'id'))
    if how == 'opcode':
        items.insert(m.below(len(items) + 1), make.length(m.pick((6, 7, 63, 255, 1 << 40))))
    elif how == 'cut':
        items = [b''.join(items)[:-1]]
    elif how == 'id':
        id_ = make.length(m.pick((0, 1, (1 << 64) - 1)))
    value = id_ + b''.join(items)
    if how not in ('cut at item', 'cut', 'no end'):
        value += b'\0'
    if how == 'corpus' and m.corpus.raw[7]:
        value = m.pick(m.corpus.raw[7])
    m.note('%s', how)
    m.record(t, value)
    if how in ('cut at item', 'cut'):
        m.witnesses[1] = False
    elif m.chance(0.3):
        m.extra()


@mutation('module-aux', times=6)
def module_aux(m, _):
    when, op = m.pick((1, 2, 0, 3, 1 << 40)), m.pick((2, 2, 2, 1, 5, 0))
    end = m.pick((b'\0', b'\0', b'\0', b''))
    m.note('when %d, opcode %d, end %s', when, op, end.hex())
    m.witnesses[1] = bool(end)
    head = b'\xf7' + module_id(m) + make.length(op) + make.length(when)
    (m.before if m.chance(0.5) else m.body).append(head + b''.join(module_items(m)) + end)
