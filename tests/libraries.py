"""Makes function libraries of every kind for tests/live_functions: their first lines, what they
read and call while a server loads them, what they register, and what several of one file share.

They are made when they are needed and never kept: some of them end a server.
"""
import itertools
import random

GOOD = "redis.register_function('f', function() return 1 end)"

# Names that a library may try to read while it is loaded. Most of them exist only later, when one
# of its functions is called.
GLOBALS = (
    'redis', 'server', 'redict', 'valkey', 'string', 'table', 'math', 'cjson', 'cmsgpack', 'bit',
    'struct', 'os', 'io', 'debug', 'package', 'coroutine', '_G', '_VERSION', 'pcall', 'xpcall',
    'error', 'assert', 'print', 'setmetatable', 'getmetatable', 'rawget', 'rawset', 'rawequal',
    'type', 'tonumber', 'tostring', 'unpack', 'select', 'next', 'pairs', 'ipairs', 'load',
    'loadstring', 'loadfile', 'dofile', 'require', 'module', 'setfenv', 'getfenv', 'gcinfo',
    'collectgarbage', 'newproxy', 'KEYS', 'ARGV', 'x')
STANDARD_CALLS = (
    "string.format('%d', 1)", "table.concat({'a'}, '')", 'math.floor(1.5)', 'math.random()',
    "cjson.encode({})", "cjson.decode('{}')", "cmsgpack.pack(1)", 'bit.band(1, 1)',
    "struct.pack('b', 1)", 'os.clock()', 'os.time()', "tostring(1)", "tonumber('1')", 'type(1)',
    'pairs({})', 'ipairs({})', 'next({})', 'unpack({})', "select('#')", "loadstring('return 1')",
    "pcall(function() end)", "assert(true)", "error('x')", "print('x')", 'setmetatable({}, {})',
    "getmetatable('')", 'rawget({}, 1)', 'rawset({}, 1, 1)', 'getfenv()', 'setfenv(1, {})')

# The API: what it has when a function is called, and what it has had in some version.
APIS = ('redis', 'server', 'redict')
CALLABLE = ('register_function', 'log', 'call', 'pcall', 'setresp', 'error_reply', 'status_reply',
            'sha1hex', 'breakpoint', 'debug', 'acl_check_cmd', 'replicate_commands', 'set_repl')
CONSTANTS = ('LOG_DEBUG', 'LOG_VERBOSE', 'LOG_NOTICE', 'LOG_WARNING', 'REPL_NONE', 'REPL_AOF',
             'REPL_SLAVE', 'REPL_REPLICA', 'REPL_ALL', 'REDIS_VERSION', 'REDIS_VERSION_NUM',
             'VALKEY_VERSION', 'VALKEY_VERSION_NUM', 'SERVER_NAME', 'SERVER_VERSION',
             'SERVER_VERSION_NUM', 'log', 'register_function', '__index', 'nothing')
ARGUMENTS = ('', '1', "'x'", "1, 'x'", "'1', 'x'", "' 0x2 ', 'x'", "3, 'a', 'b'", "-1, 'x'",
             "4, 'x'", "3.9, 'x'", "-0.5, 'x'", "1e300, 'x'", "0/0, 'x'", "nil, 'x'", "{}, 'x'",
             '1, nil', '1, {}', '1, nil, 2', "true, 'x'", "'get', 'k'", '3', "{'x'}")

NAMES = ("'f'", "'f1'", "'_'", "'F'", "'0'", "''", "' '", "'a b'", "'a-b'", "'a.b'", "'a:b'",
         "'\\195\\169'", "'a\\0b'", "'a\\n'", '1', '-1', '1.5', '1e15', '1e16', 'nil', 'true', '{}',
         "('x'):rep(5000)")
CALLBACKS = ('function() end', 'f', '1', 'nil', "'f'", '{}', 'redis.register_function',
             "('').rep")
FLAGS = ('{}', "{'no-writes'}", "{'allow-oom'}", "{'allow-stale'}", "{'no-cluster'}",
         "{'allow-cross-slot-keys'}", "{'NO-WRITES'}", "{'no-writes', 'allow-oom'}", "{'nope'}",
         "{''}", '{1}', '{{}}', '{true}', "{'no-writes', nil, 'nope'}", "{nil, 'nope'}",
         "{a='nope'}", "{'no-writes ', }", "{'no-writes\\0x'}", "{'no-writes', 'no-writes'}",
         "'no-writes'", '1', 'false')
TABLES = (
    '{}', "{function_name='f'}", '{callback=f}', "{function_name='f', callback=f}",
    "{FUNCTION_NAME='f', Callback=f}", "{function_name='f', FUNCTION_NAME='g', callback=f}",
    "{function_name='f', callback=f, CALLBACK=f}", "{function_name='f', callback=f, description=1}",
    "{function_name='f', callback=f, description='d'}",
    "{function_name='f', callback=f, description=''}",
    "{function_name='f', callback=f, description='a\\0b'}",
    "{function_name='f', callback=f, description={}}",
    "{function_name='f', callback=f, description=true}", "{function_name=1, callback=f}",
    "{function_name=1.5, callback=f}", "{function_name=true, callback=f}",
    "{function_name='a b', callback=f}", "{function_name='', callback=f}",
    "{function_name='f', callback=1}", "{function_name='f', callback='f'}",
    "{function_name='f', callback=f, other=1}", "{function_name='f', callback=f, 1}",
    "{function_name='f', callback=f, [1.5]=1}", "{function_name='f', callback=f, [true]=1}",
    "{function_name='f', callback=f, [f]=1}", "{'f', f}", '{function_name="f", callback=f, [""]=1}',
    "{['function_name\\0x']='f', callback=f}", "{name='f', callback=f}")

HEADS = (
    '#!lua name=l', '#!LUA name=l', '#!Lua name=l', '#!lua NAME=l', '#!lua nAmE=l', '#!lua', '#!',
    '', '#!lua ', '#!lua name=', '#!lua name= l', '#!lua name =l', '#!lua name', '#!lua l',
    '#!lua name=a-b', '#!lua name=a.b', '#!lua name=\u00e9', '#!lua name=_', '#!lua name=0',
    '#!lua name=' + 'l' * 5000, '#! lua name=l', '#!lua\tname=l', '#!lua  name=l  ',
    '#!lua name=l\t',
    '#!lua\vname=l', '#!lua\fname=l', '#!lua name=l\f', '#!lua name=l\r', '\n#!lua name=l',
    ' #!lua name=l', '#lua name=l', '!#lua name=l', '#!/usr/bin/lua name=l', '#!lua5.1 name=l',
    '#!js name=l', '#!python name=l', '#!wasm name=l', '#!redis name=l', '#!lua name=a name=b',
    '#!lua name=a name=a', '#!lua name=a name=', '#!lua name=a other=b', '#!lua name=a other',
    '#!lua other=b name=a', '#!lua flags=no-writes name=a', '#!lua,name=l', '#!lua;name=l',
    '#!name=l', '#!lua name=l #comment', '#!lua name=l -- comment', '#!"lua" name=l',
    '"#!lua" name=l', "#!'lua' name=l", '#!lua name="l"', "#!lua name='l'", '#!lua "name=l"',
    "#!lua 'name=l'", '#!lua na"me=l"', '#!lua name="l', "#!lua name='l", '#!lua name="l"m',
    '#!lua name=l""', "#!lua name=l''", '#!lua name=""', '#!lua name=l ""', "#!lua '' name=l",
    '#!lua name="a b"', '#!lua name="\\x6c"', '#!lua name="\\x6"', '#!lua name="\\n"',
    '#!lua name="\\l"', "#!lua name='\\l'", "#!lua name='\\''", '#!lua name="\\""',
    '#!lua name=\\l', '#!lu"a" name=l', '#!"lu"a name=l', '#!lua name="l\\', '#!lua name="\\x6C"m',
    '#!\\x6cua name=l', '#!lua name="l" ', '#!lua name="l"\t', '#!lua name=l\0', '#!lua\0 name=l',
    '#!lua name=l \0', '#!lua name="l\\x00"', '#!lua name="a""b"', "#!lua name='a''b'",
    '#!"l\\x75a" name=l', '#!lua name=l\u00a0', '\ufeff#!lua name=l', '#!lua name=l\\')

# What heads are put together of at random, after '#!lua name=l' with a few of them put in.
PIECES = (' ', '\t', '\v', '\r', '"', "'", '""', "''", '\\', '\\x6c', '\\x4', '\\n', '\\"', "\\'",
'l',
          'name=', 'NAME=', '=', '_', '\0', '\u00e9')
RANDOM_HEADS = 600

CODES = (
    # no code, no function
    '', ' ', '-- nothing', 'local x = 1', 'return', 'return 1', "return redis.register_function",
    # syntax
    'local = 1', 'return (', 'this is not lua', 'end', 'local x <const> = 1', 'goto a ::a::',
    'local x = 7 // 2', 'local x = 1 & 2', "local x = 'a", 'local x = [[a', '--[[ a', 'x:y',
    '1 = 2',
    "local s = 'a\\qb'", "local s = '\\x41'", "local s = '\\400'", 'break', 'return 1 local x = 2',
    'local x = ...', 'local function f(...) return arg end f()', 'for i = 1, 0 do end',
    'local a, b = 1', ';', ';;', 'local x = 1;;', 'do end', 'local x = 0x10', 'local x = 0b1',
    'local x = 1e', 'local x = .5', 'local x = 3..2', 'local x = 3 ..2', '#!lua', '# comment',
    'local t = {1, 2; 3, }', 'local t = {,}', "f = function() end", 'function f() end',
    'local function f() return f end f()', 'return ' + '(' * 150 + '1' + ')' * 150,
    'return ' + '(' * 250 + '1' + ')' * 250, 'local x = ' + '{' * 150 + '}' * 150,
    'local x = ' + '{' * 250 + '}' * 250, 'local x = ' + '-' * 150 + '1',
    'local x = ' + '- ' * 250 + '1',
    '\n'.join('local a%d' % i for i in range(200)), '\n'.join('local a%d' % i for i in range(199)),
    '\n'.join('local a%d' % i for i in range(201)), 'local x = {' + '1,' * 60000 + '}',
    'do ' * 150 + ' end' * 150, 'do ' * 210 + ' end' * 210,
    'local t = {' + ','.join("'a%d'" % i for i in range(3000)) + '}',
    'local x = 1\r\nlocal y = 2', 'local x = 1\rlocal y = 2', '\ufefflocal x = 1', '\u00e9 = 1',
    "local s = '\u00e9'", 'local \u00e9 = 1', '\x1bLua', 'local x = 1 \0', "local s = 'a\0b'",
    '-- a\0b\nlocal x = 1', '-- a\0b\nthis is not lua', '\0', 'local s = [[a\0b]]',
    # globals
    'x = 1', 'redis = 1', 'server = 1', "redis.x = 1", "redis.log = 1", 'redis.LOG_DEBUG = 1',
    'string = {}', "_G.x = 1", 'redis.call = function() end', 'local r = redis; r.x = 1',
    'local x = y', 'if x then end', 'local x = x or 1', 'if redis.call then end',
    "local x = redis['call']", 'local x = redis[1]', 'local x = redis[nil]', 'local x = redis[{}]',
    'redis[1] = 1', 'redis[nil] = 1', 'local x = #redis', 'local x = redis .. redis',
    'local x = redis + 1', 'redis()', 'local x = -redis', 'local x = redis == redis',
    'local x = redis < redis', 'local x = not redis', 'local x = redis == server',
    'for k in redis do end', 'local x = redis:log()', "redis:register_function('f')",
    # values
    'local t = {} t.x = 1 local y = t.x.y', 'local t = {} t.x.y = 1', 'local x = nil .. 1',
    'local x = 1 .. 2', "local x = '1' + 1", "local x = 'a' + 1", 'local x = {} + 1',
    'local x = 1 < 2', "local x = 1 < '2'", "local x = 'a' < 'b'", 'local x = {} < {}',
    'local x = 1 == {}', 'local x = #{}', "local x = #'a'", 'local x = #1', 'local x = -{}',
    "local x = -'1'", 'local t = {} t[nil] = 1', 'local t = {} t[0/0] = 1', 'local x = ({})[nil]',
    'local x = 1 / 0', 'local x = 0 % 0', 'local x = 2 ^ 1024', '(nil)()', '(1)()', "('a')()",
    '({})()', 'local f f()', 'local x = (1).y', 'local x = (nil).y', 'local x = (true).y',
    'local x = (function() end).y', "local x = ('a').y", "local x = ('a')[1]", "('a').y = 1",
    'for i = 1, 3 do end', "for i = 'a', 3 do end", "for i = '1', '3' do end",
    'for i = 1, 3, 0 do break end',
    'for i = 1, nil do end', 'for k in nil do end', 'for k in 1 do end',
    'for k in function() end do end', 'local i = 0 while i < 1000 do i = i + 1 end',
    'local i = 0 repeat i = i + 1 until i == 1000', 'if nil then x = 1 end', 'if nil then else end',
    'local function f(n) if n > 0 then return f(n - 1) end end f(100000)',
    'local function f(n) if n > 0 then f(n - 1) end end f(1000)',
    'local function f(n) if n > 0 then f(n - 1) end end f(15000)',
    'local function f(n) if n > 0 then f(n - 1) end end f(25000)',
    'local function f() return f() + 1 end f()', 'local t = {} for i = 1, 10000 do t[i] = i end',
    "local s = '' for i = 1, 2000 do s = s .. i end",
    # methods of strings are there, but not their table
    "local x = ('a'):rep(3)", "local x = ('a'):rep(-1)", "local x = ('a'):rep('3')",
    "local x = ('a'):rep()",
    "local x = ('a'):rep({})", "local x = ('%d'):format(1)", "local x = ('%d'):format('x')",
    "local x = ('%d'):format()", "local x = ('%q'):format('a')", "local x = ('%s'):format(nil)",
    "local x = ('%s'):format({})", "local x = ('%y'):format(1)", "local x = ('%'):format(1)",
    "local x = ('%99d'):format(1)", "local x = ('%100d'):format(1)",
    "local x = ('%.99f'):format(1)",
    "local x = ('%c'):format(65)", "local x = ('%5.3s'):format('abc')",
    "local x = ('%i'):format(1.5)",
    "local x = ('%a'):format(1)", "local x = ('%u'):format(-1)", "local x = ('%x'):format(255)",
    "local x = ('abc'):sub(2)", "local x = ('abc'):sub()", "local x = ('abc'):upper()",
    "local x = ('abc'):lower()", "local x = ('abc'):len()", "local x = ('abc'):reverse()",
    "local x = ('abc'):byte(1, -1)", "local x = ('').char(65, 66)", "local x = ('').char(256)",
    "local x = ('').char('x')", "local x = ('abc'):find('b')", "local x = ('abc'):find('[')",
    "local x = ('abc'):find('[', 1, true)", "local x = ('abc'):find('(b')",
    "local x = ('abc'):find('%')",
    "local x = ('abc'):find('%f[a]')", "local x = ('abc'):match('(b)(c)')",
    "local x = ('abc'):match('%1')",
    "local x = ('abc'):gsub('b', 'x')", "local x = ('abc'):gsub('b', '%2')",
    "local x = ('abc'):gsub('b', function(c) return c end)", "local x = ('abc'):gsub('b', {b='x'})",
    "local x = ('abc'):gsub('b', function(c) return {} end)", "local x = ('abc'):gsub('b', nil)",
    "local x = ('abc'):gsub('b', 1)", "local x = ('abc'):gsub('b', function() x() end)",
    "for c in ('abc'):gmatch('.') do local x = c end", "for c in ('abc'):gfind('.') do end",
    "local x = ('').dump(function() end)", "local x = ('').dump(('').dump)",
    "local x = ('').dump(1)",
    "local x = ('a'):bytes()", "local x = ('a'):split()", "local x = ('').format('%s', 'a')",
    "local x = ('').concat({'a'})", "local x = ('a').len", "local x = ('').find(1, 1)",
    "local x = ('').rep('a', 100000)",
    "local x = (('a'):rep(300)):find(('a?'):rep(8) .. ('a'):rep(8))",
    "if ('').gfind then x() end", "if not ('').gmatch then x() end", "if ('').pack then x() end",
    "if ('').dump == nil then x() end",
    # how numbers read as text
    "if 0.1 .. '' ~= '0.1' then x() end", "if 1e15 .. '' ~= '1e+15' then x() end",
    "if 1e14 .. '' ~= '1e+14' then x() end", "if 100 .. '' ~= '100' then x() end",
    "if 1/3 .. '' ~= '0.33333333333333' then x() end", "if -0 .. '' ~= '-0' then x() end",
    "if 1/0 .. '' ~= 'inf' then x() end", "if '0x10' + 0 ~= 16 then x() end",
    "if ' 1 ' + 0 ~= 1 then x() end", "if '1e2' + 0 ~= 100 then x() end",
    "local x = 'inf' + 0", "local x = 'nan' + 0", "local x = '' + 0", "local x = '0x' + 0",
    "if '0x1p4' + 0 ~= 16 then x() end",
    # versions
    "if redis.REDIS_VERSION_NUM < 0x00080000 then x() end",
    "if redis.REDIS_VERSION_NUM >= 0x00070200 then x() end",
    "if redis.REDIS_VERSION ~= '7.2.4' then x() end", "local x = redis.REDIS_VERSION + 1",
    "local x = redis.REDIS_VERSION_NUM + 1", "local x = redis.REDIS_VERSION:sub(1, 1)",
    "if redis.REDIS_VERSION:sub(1, 3) == '7.2' then x() end",
    "if redis.VALKEY_VERSION_NUM >= 0x00090000 then x() end",
    "if redis.VALKEY_VERSION_NUM >= 0x00080100 then x() end",
    "if server.VALKEY_VERSION:sub(1, 2) == '8.' then x() end",
    "if server.SERVER_NAME ~= 'valkey' then x() end", "local x = redis.LOG_WARNING + 1",
    "if redis.LOG_DEBUG ~= 0 or redis.LOG_WARNING ~= 3 then x() end",
    "if redis.LOG_VERBOSE ~= 1 or redis.LOG_NOTICE ~= 2 then x() end",
)

REGISTERS = (
    "redis.register_function('f', function(keys, args) return redis.call('get', keys[1]) end)",
    "server.register_function('f', function(keys, args) return server.call('get', keys[1]) end)",
    "redict.register_function('f', function(keys, args) return 1 end)",
    "valkey.register_function('f', function(keys, args) return 1 end)",
    "register_function('f', function() end)", "redis.registerFunction('f', function() end)",
    "for i = 1, 3 do redis.register_function('f' .. i, function() return i end) end",
    "for i = 1, 1000 do redis.register_function('f' .. i, function() return i end) end",
    "redis.register_function('f', function() end) redis.register_function('f', function() end)",
    "redis.register_function('f', function() end) x()",
    "local r = redis.register_function r('f', function() end)",
    "local r = redis r.register_function('f', function() end)",
    "if false then redis.register_function('f', function() end) end",
    "redis.register_function('f', function() return undefined_name.x end)",
    "redis.register_function('f', function() x = 1 end)",
    "redis.register_function('f', function() error('x') end)",
    "redis.register_function('f', function() redis.register_function('g', function() end) end)",
    "local function g() redis.register_function('f', function() end) end g()",
    "('x'):gsub('x', function(c) redis.register_function(c, function() end) end)",
    "redis.register_function('f', function() end, 1)", "redis.register_function()",
    "redis.register_function('f')", "redis.register_function(nil)",
    "redis.register_function('f', nil)",
    "redis.register_function({}, function() end)", "redis.register_function(1)",
    "local x = redis.register_function('f', function() end) if x ~= nil then y() end",
    "return redis.register_function('f', function() end)",
    "redis['register_function']('f', function() end)", 'redis:register_function(function() end)',
    "redis.register_function ('f', function() end);",
    "redis.register_function{'f', function() end}",
)


def random_heads():
    """Heads with a few pieces put in at random, the same ones every time."""
    rng = random.Random(1)
    for _ in range(RANDOM_HEADS):
        parts = ['#!lua', ' ', 'name=', 'l']
        for _ in range(rng.randint(1, 4)):
            parts.insert(rng.randint(0, len(parts)), rng.choice(PIECES))
        yield ''.join(parts)


def library(code, name='l', head='#!lua name=%s'):
    return head % name + '\n' + code


def registers(function, api='redis'):
    return "%s.register_function('%s', function() return 1 end)" % (api, function)


def single():
    """(label, source) of one library each."""
    for name in GLOBALS:
        yield 'reads ' + name, library('local v = %s\n%s' % (name, GOOD))
        yield 'may read %s later' % name, library(
            "redis.register_function('f', function() return %s end)" % name)
    for call in STANDARD_CALLS:
        yield 'calls ' + call, library('local v = %s\n%s' % (call, GOOD))
    for api, name in itertools.product(APIS, CONSTANTS):
        yield 'reads %s.%s' % (api, name), library('local v = %s.%s\n%s' % (api, name, GOOD))
    for api, name, arguments in itertools.product(APIS, CALLABLE, ARGUMENTS):
        call = '%s.%s(%s)' % (api, name, arguments)
        yield 'calls ' + call, library('%s\n%s' % (call, GOOD))
    f = 'local f = function() end '
    for name in NAMES:
        yield 'registers ' + name[:40], library(f + 'redis.register_function(%s, f)' % name)
        yield 'names it ' + name[:40], library(
            f + 'redis.register_function{function_name=%s, callback=f}' % name)
    for callback in CALLBACKS:
        yield 'callback ' + callback, library(f + "redis.register_function('f', %s)" % callback)
    for flags in FLAGS:
        yield 'flags ' + flags, library(
            f + "redis.register_function{function_name='f', callback=f, flags=%s}" % flags)
    for table in TABLES:
        yield 'table ' + table, library(f + 'redis.register_function%s' % table)
    for head in HEADS:
        yield 'head %.60r' % head, head + '\n' + GOOD
        yield 'head %.60r alone' % head, head
    for head in random_heads():
        yield 'head %.60r' % head, head + '\n' + GOOD
    for code in CODES:
        yield 'code %.60r' % code, library('%s\n%s' % (code, GOOD))
        yield 'code %.60r last' % code, library('%s\n%s' % (GOOD, code))
        yield 'code %.60r alone' % code, library(code)
    for code in REGISTERS:
        yield 'code %.70r' % code, library(code)


def several():
    """(label, sources) of one file each."""
    a, b = library(registers('f'), 'a'), library(registers('g'), 'b')
    yield 'two libraries', [a, b]
    yield 'the same library twice', [a, a]
    yield 'one name, other functions', [a, library(registers('g'), 'a')]
    yield 'names that differ in case', [a, library(registers('g'), 'A')]
    yield 'one function in two', [a, library(registers('f'), 'b')]
    yield 'functions that differ in case', [a, library(registers('F'), 'b')]
    yield 'functions that differ in case within one', [
        library(registers('fa') + '\n' + registers('fA'), 'a')]
    yield 'a function named as another library', [a, library(registers('a'), 'b')]
    yield 'one of several in two', [library(registers('f') + '\n' + registers('h'), 'a'),
                                    library(registers('g') + '\n' + registers('h'), 'b')]
    yield 'a bad one behind a good one', [a, library('x()', 'b')]
    yield 'a bad one before a good one', [library('x()', 'b'), a]
    yield 'a foreign engine behind', [a, library('x', 'b', '#!js name=%s')]
    yield 'one that sets a global, one that reads it', [
        library('x = 1\n' + registers('f'), 'a'), library('local y = x\n' + registers('g'), 'b')]
    yield 'a local of the other', [library('local x = 1\n' + registers('f'), 'a'),
                                   library('local y = x\n' + registers('g'), 'b')]
    yield 'many', [library(registers('f%d' % i), 'l%d' % i) for i in range(300)]
    yield 'many, the last twice', [library(registers('f%d' % (i % 299)), 'l%d' % i)
                                   for i in range(300)]
    for api, other in itertools.product(APIS, APIS):
        yield '%s, then %s' % (api, other), [library(registers('f', api), 'a'),
                                             library(registers('g', other), 'b')]


def cases():
    """(label, sources as bytes), each once."""
    seen = set()
    for label, source in itertools.chain(((w, [s]) for w, s in single()), several()):
        sources = tuple(s.encode() for s in source)
        if sources not in seen:
            seen.add(sources)
            yield label, sources
