"""Makes function libraries at random for tests/live_functions --generated: first lines, what is
read and called while a server loads them, branches on its version, names, flags, sizes.

A library is known by a seed and a number. They are made when they are needed and never kept: some
of them end a server.
"""
import random

import libraries

HEADS = ('#!lua name=l', '#!lua name=l', '#!lua name=l', '#!LUA name=l', '#!lua NAME=l',
         '#!lua  name=l ', '#!lua\tname=l', '#!lua name="l"', "#!lua name='l'", '#!lua name=l\r',
         '#!js name=l', '#!lua name=', '#!lua name=l name=m', '#!lua name=l x=1')
WORDS = ('f', 'g', 'f1', 'F', '_', 'a_b', '0', 'get', 'a-b', 'a b', '', 'a.b', 'x' * 300)
FLAGS = ('no-writes', 'allow-oom', 'allow-stale', 'no-cluster', 'allow-cross-slot-keys',
         'NO-WRITES', 'no-write', '', 'no-writes ')
VERSIONS = ('REDIS_VERSION', 'VALKEY_VERSION', 'SERVER_VERSION', 'REDICT_VERSION')
NUMBERS = (0x060000, 0x07000E, 0x07000F, 0x070010, 0x070200, 0x070203, 0x070204, 0x070205, 0x080000,
           0x080001, 0x080002, 0x080100, 0x080101, 0x080102, 0x090000, 0x090101, 0x090102,
           0x090103, 0x0A0000)
TEXTS = ('7.0.15', '7.2.4', '8.0.1', '8.1.1', '9.1.2', '8.0', '9', '')
OPERATORS = ('<', '<=', '>', '>=', '==', '~=')
APIS = ('redis',) * 12 + ('server',) * 4 + ('redict',)
FAILS = ('x()', 'local y = x', 'x = 1', "error('no')", 'local z = nil .. 1', "redis.call('ping')",
         "redis.nothing()", 'local s = string.len("a")', 'local n = tonumber("1")')
PLAIN = ('1', '-1', '0', '2.5', '1e3', "'7'", "'0x10'", '#{1, 2}', '1 / 0', 'redis.LOG_WARNING')
VALUES = ('1', '-1', '0', '2.5', '1e3', "'a'", "'7'", "''", 'nil', 'true', 'false', '{}', "{'a'}",
          'redis', 'function() end', "('ab'):upper()", '#{1, 2}', "#'abc'", '1 / 0', "'0x10'",
          'redis.LOG_WARNING', 'server')
BINARY = ('+', '-', '*', '/', '%', '^', '..', '<', '<=', '==', '~=', 'and', 'or')
METHODS = ("('%s'):rep(%d)", "('%s'):sub(%d)", "('%s'):byte(%d)", "('%s'):format(%d)",
           "('%s'):find('%%d', %d)", "('%s'):gsub('a', 'b', %d)", "('%s'):upper(%d)",
           "('%s'):nothing(%d)", "('%s'):match('(a)', %d)", "('%s'):len(%d)", "('%s'):char(%d)")
SUBJECTS = ('a', 'abc', '%d', '%s %d', 'a1', '%', '%5.1f', '7.2.4', '%q')
SHAPES = ('local v = [[%s]]', "local v = '%s'", 'local v = "%s"', '--[[%s]]', '-- %s\n',
          'local v = [==[%s]==]')
INSIDE = ('a', "it''s", 'a"b', '\\n', '\\65', '\\q', '\\0', '\0', ']]', '\u00e9', '\\x41', '\\300',
          'a\\\nb')
BIG = 1200000  # bytes: over a mebibyte


class Maker:
    """One library after another from one source of chance."""

    def __init__(self, rng):
        self.rng = rng

    def pick(self, *choices):
        return self.rng.choice(choices)

    def head(self, name):
        if self.rng.random() < 0.75:
            return '#!lua name=' + name
        if self.rng.random() < 0.5:
            return self.rng.choice(HEADS)
        parts = ['#!lua', ' ', 'name=', name]
        for _ in range(self.rng.randint(1, 3)):
            parts.insert(self.rng.randint(0, len(parts)), self.rng.choice(libraries.PIECES))
        return ''.join(parts)

    def flags(self):
        chosen = [repr(self.rng.choice(FLAGS[:5] if self.rng.random() < 0.9 else FLAGS))
                  for _ in range(self.rng.randint(0, 3))]
        if self.rng.random() < 0.1:
            chosen.insert(self.rng.randint(0, len(chosen)), self.pick('1', 'nil', '{}', 'true'))
        return '{%s}' % ', '.join(chosen)

    def name(self):
        if self.rng.random() < 0.08:
            return self.pick('1', '2.5', '-3', 'nil', 'true', '{}', '1e100', '12345678901234567890')
        good = self.rng.random() < 0.93
        return repr(self.rng.choice(WORDS[:7] if good else WORDS))

    def callback(self):
        return 'function(keys, args) return %s end' % self.rng.choice(VALUES) \
            if self.rng.random() < 0.95 else self.rng.choice(VALUES)

    def case(self, word):
        return word if self.rng.random() < 0.9 else self.pick(word.upper(), word.title(), word[:-1])

    def register(self):
        api = self.rng.choice(APIS)
        if self.rng.random() < 0.4:
            more = ', 1' if self.rng.random() < 0.05 else ''
            return '%s.register_function(%s, %s%s)' % (api, self.name(), self.callback(), more)
        fields = [(self.case('function_name'), self.name()), (self.case('callback'),
                                                              self.callback())]
        if self.rng.random() < 0.6:
            fields.append((self.case('flags'), self.flags()))
        if self.rng.random() < 0.3:
            fields.append((self.case('description'), self.pick("'d'", "''", '1', '{}', 'nil')))
        if self.rng.random() < 0.05:
            fields.append((self.pick('other', 'name', 'f'), '1'))
        if self.rng.random() < 0.05:
            del fields[self.rng.randrange(len(fields))]
        self.rng.shuffle(fields)
        return '%s.register_function{%s}' % (api, ', '.join('%s = %s' % f for f in fields))

    def condition(self):
        api, what = self.rng.choice(APIS), self.rng.choice(VERSIONS[:2] if self.rng.random() < 0.9
                                                           else VERSIONS)
        kind = self.rng.random()
        if kind < 0.5:
            return '%s.%s_NUM %s 0x%06x' % (api, what, self.rng.choice(OPERATORS),
                                            self.rng.choice(NUMBERS))
        if kind < 0.7:
            return "%s.%s %s '%s'" % (api, what, self.rng.choice(OPERATORS), self.rng.choice(TEXTS))
        if kind < 0.8:
            return "%s.%s:sub(1, %d) == '%s'" % (api, what, self.rng.randint(1, 6),
                                                 self.rng.choice(TEXTS)[:self.rng.randint(1, 6)])
        if kind < 0.9:
            return "%s.%s:match('^(%%d+)') + 0 > %d" % (api, what, self.rng.randint(6, 9))
        return "%s.SERVER_NAME == '%s'" % (api, self.pick('valkey', 'redis', 'Valkey'))

    def branch(self):
        one, other = self.pick('local ok = 1', self.rng.choice(FAILS)), self.pick(
            '', '', 'else ' + self.rng.choice(FAILS), 'else local ok = 2')
        return 'if %s then %s %s end' % (self.condition(), one, other)

    def read(self):
        return 'local v = %s.%s' % (self.rng.choice(APIS), self.rng.choice(libraries.CONSTANTS))

    def call(self):
        function = self.rng.choice(libraries.CALLABLE[2:] if self.rng.random() < 0.8 else ('log',))
        return '%s.%s(%s)' % (self.rng.choice(APIS), function,
                              self.rng.choice(libraries.ARGUMENTS))

    def compute(self):
        values = PLAIN if self.rng.random() < 0.7 else VALUES
        return 'local v = %s %s %s' % (self.rng.choice(values), self.rng.choice(BINARY),
                                       self.rng.choice(values))

    def method(self):
        return 'local v = ' + self.rng.choice(METHODS) % (self.rng.choice(SUBJECTS),
                                                          self.rng.randint(-2, 300))

    def text(self):
        return self.rng.choice(SHAPES) % self.rng.choice(INSIDE)

    def size(self):
        n = self.rng.choice((10, 1000, 50000))
        return self.pick(
            'local t = {} for i = 1, %d do t[i] = i end' % n,
            "local s = ('x'):rep(%d)" % (n * 20), 'for i = 1, %d do end' % (n * 20),
            'local t = {%s}' % ('1,' * n),
            "for i = 1, %d do redis.register_function('n' .. i, function() end) end" % (n % 997),
            '-- ' + 'x' * (BIG if self.rng.random() < 0.2 else n) + '\n')

    def statement(self):
        kinds = (self.branch, self.branch, self.read, self.compute, self.method, self.text,
                 self.register, self.size)
        if self.rng.random() < 0.06:
            return self.pick(self.call(), self.rng.choice(FAILS),
                             self.rng.choice(libraries.CODES))
        return self.rng.choice(kinds)()

    def library(self, name='l'):
        lines = [self.statement() for _ in range(self.rng.choice((0, 0, 1, 1, 2, 3)))]
        lines.insert(self.rng.randint(0, len(lines)), self.register())
        return self.head(name) + '\n' + self.pick('\n', ' ', ';').join(lines)

    def sources(self):
        """Of one file."""
        if self.rng.random() < 0.85:
            return [self.library()]
        return [self.library(self.pick('a', 'b', 'c', 'A')) for _ in range(self.rng.randint(2, 4))]


def cases(count, seed):
    """(label, sources as bytes) of files with `count` libraries."""
    made = 0
    for i in range(count):
        sources = Maker(random.Random('%s %d' % (seed, i))).sources()
        yield 'generated %s %d' % (seed, i), tuple(s.encode() for s in sources)
        made += len(sources)
        if made >= count:
            return
