"""Everything that is read of a server that has loaded a file, and whether that is what the file
says (for tests/judge.py).
"""
import math
import re
import time

import rdb_read as read
from wire import ErrorReply

SAMPLE = 40  # elements that are asked for one by one
MARK = b'written to by the judge'


def standing(data, now_ms):
    """({(db, key): [the elements of each live copy, None where a blob does not tell]},
    {(db, key) that is expired or empty}, what stands behind the end) of a file."""
    live, gone, end = {}, set(), len(data)

    def records():
        nonlocal end
        end = yield from read.records(data)

    for r in records():
        place = (r.db, r.key)
        if r.expire_ms is not None and r.expire_ms != -1 and r.expire_ms <= now_ms:
            gone.add(place)
            continue
        try:
            found = read.elements(r.type, r.value)
        except read.Bad:
            found = None
        if r.type == 22:
            found = [e[:2] for e in found if not -1 != e[2] <= now_ms]
        if found == [] and r.type not in read.STREAMS:
            gone.add(place)
            continue
        live.setdefault(place, []).append(found)
    return live, gone, data[end:]


class Reading:
    """Everything that is read of a server that has loaded a file."""

    def __init__(self, wire, data, at_once):
        self.wire, self.data, self.at_once = wire, data, at_once
        self.broken, self.dropped = [], []
        self.digest = None  # the reply to DEBUG DIGEST, once all was read

    def ask(self, commands):
        if not commands:
            return []
        if self.at_once:
            return self.wire.ask(*commands)
        return [self.wire.ask(command)[0] for command in commands]

    def verdict(self, further=False):
        """`further`: every key is written to as well."""
        try:
            self.live, self.gone, behind = standing(self.data, time.time() * 1000)
            if re.match(rb'[*][0-9]', behind):
                self.dropped.append('append-only commands behind the end')
        except read.Bad as why:
            self.live, self.gone = None, None
            self.broken.append('loads what does not frame: %s' % why)
        db0, keyspace = self.ask([('KEYS', '*'), ('INFO', 'keyspace')])
        keys = [(0, key) for key in db0]
        for db in re.findall(rb'db(\d+):', keyspace):
            if db != b'0':
                keys += [(int(db), key) for key in self.ask([('SELECT', db), ('KEYS', '*')])[1]]
        self.kinds = {}
        for db in sorted({db for db, _ in keys}):
            mine = [key for d, key in keys if d == db]
            kinds = self.ask([('SELECT', db)] + [('TYPE', key) for key in mine])[1:]
            for key, kind in zip(mine, kinds):
                self.kinds[db, key] = kind.decode()
                self.key(db, key, kind.decode())
        for db, key in (self.live or {}).keys() - self.kinds.keys():
            if None not in self.live[db, key]:
                self.dropped.append('key %r is missing' % key)
        end = self.ask([('SELECT', 0), ('PING',), ('DEBUG', 'DIGEST')])
        self.digest = end[2]
        if isinstance(end[2], ErrorReply):
            self.broken.append('DEBUG DIGEST: %s' % end[2])
        for place, kind in self.kinds.items() if further else ():
            self.write(*place, kind)
        self.ask([('FLUSHALL', 'SYNC'), ('PING',)])
        if self.broken:
            return 'breaks', '; '.join(self.broken[:3])
        if self.dropped:
            return 'drops', '; '.join(self.dropped[:3])
        return 'loads', ''

    def key(self, db, key, kind):
        before = len(self.broken)
        found = getattr(self, 'read_' + kind, self.read_other)(key)
        if self.live is None or found is None or len(self.broken) > before:
            return
        copies = self.live.get((db, key))
        if copies is None:
            self.broken.append('key %r is %s' % (
                key, 'expired or empty' if (db, key) in self.gone else 'out of nothing'))
        elif not any(known is None or same(kind, known, found) for known in copies):
            if kind != 'string' and len(found) < len(copies[0]):
                self.dropped.append('%s: %d of %d elements' % (kind, len(found), len(copies[0])))
            else:
                self.broken.append('%s %r: other content than the file' % (kind, key))

    def check(self, is_good, what, *args):
        if not is_good:
            self.broken.append(what % args)
        return is_good

    def no_errors(self, kind, replies):
        for reply in replies:
            if isinstance(reply, ErrorReply):
                self.broken.append('%s: %s' % (kind, reply))
                return False
        return True

    # Writing: what was there still is, and what is added stands behind it

    ADD = {'list': ('RPUSH', MARK), 'set': ('SADD', MARK), 'hash': ('HSET', MARK, MARK),
           'zset': ('ZADD', '+inf', MARK), 'stream': ('XADD', '*', MARK, MARK)}
    ALL = {'list': ('LRANGE', 0, -1), 'set': ('SMEMBERS',), 'hash': ('HGETALL',),
           'zset': ('ZRANGE', 0, -1), 'stream': ('XRANGE', '-', '+')}

    def write(self, db, key, kind):
        if kind not in self.ADD:
            return
        (add, *what), (all_, *of) = self.ADD[kind], self.ALL[kind]
        _, before, added, after = self.ask([('SELECT', db), (all_, key, *of), (add, key, *what),
                                            (all_, key, *of)])
        if kind == 'stream' and 'equal or smaller' in str(added):  # its last id is the highest
            return
        if not self.no_errors(kind, (before, added, after)):
            return
        new = [[added, [MARK, MARK]]] if kind == 'stream' else [MARK] * (1 + (kind == 'hash'))
        as_set = kind in ('set', 'hash')
        self.check(sorted(after) == sorted(before + new) if as_set else after == before + new,
                   '%s: other content once written to', kind)
        if kind == 'list':
            found = self.ask([('LINDEX', key, at - len(after)) for at in range(len(after))])
            self.check(found == after, 'list: LINDEX from behind differs')
        if kind == 'stream':
            for entry in sample(after):
                tail, back = self.ask([('XRANGE', key, entry[0], '+'),
                                       ('XREVRANGE', key, entry[0], '-')])
                at = after.index(entry)
                self.check(tail == after[at:] and back == after[at::-1],
                           'stream: other entries from the middle')

    # Each returns the elements

    def read_other(self, key):
        self.no_errors('value', self.ask([('DUMP', key)]))

    def read_none(self, key):
        self.check(False, 'key %r is gone', key)

    def read_string(self, key):
        replies = self.ask([('GET', key), ('STRLEN', key), ('DUMP', key)])
        if not self.no_errors('string', replies):
            return None
        text, n, _ = replies
        self.check(n == len(text), 'string: STRLEN %s, GET %d', n, len(text))
        return text

    def read_list(self, key):
        replies = self.ask([('LLEN', key), ('LRANGE', key, 0, -1), ('LRANGE', key, -3, -1),
                            ('LINDEX', key, -1), ('DUMP', key)])
        if not self.no_errors('list', replies):
            return None
        n, found, tail, last, _ = replies
        self.check(n == len(found), 'list: LLEN %d, LRANGE %d', n, len(found))
        self.check(found[-3:] == tail and found[-1:] == [last], 'list: another end from behind')
        return found

    def read_set(self, key):
        replies = self.ask([('SCARD', key), ('SMEMBERS', key), ('DUMP', key)])
        if not self.no_errors('set', replies):
            return None
        n, found, _ = replies
        self.check(n == len(found), 'set: SCARD %d, SMEMBERS %d', n, len(found))
        self.check(len(set(found)) == len(found), 'set: a member twice')
        are = self.ask([('SISMEMBER', key, member) for member in found])
        self.check(are == [1] * len(found), 'set: a member is none')
        return found

    def read_hash(self, key):
        replies = self.ask([('HLEN', key), ('HGETALL', key), ('HKEYS', key), ('HVALS', key),
                            ('DUMP', key)])
        if not self.no_errors('hash', replies):
            return None
        n, flat, names, values, _ = replies
        self.check(2 * n == len(flat), 'hash: HLEN %d, HGETALL %d', n, len(flat))
        self.check(flat[::2] == names and flat[1::2] == values, 'hash: HKEYS or HVALS differ')
        found = list(zip(flat[::2], flat[1::2]))
        self.check(len(set(names)) == len(names), 'hash: a field twice')
        if found:
            answers, = self.ask([('HMGET', key, *names)])
            self.check(answers == values, 'hash: HMGET differs')
        return found

    def read_zset(self, key):
        replies = self.ask([('ZCARD', key), ('ZRANGE', key, 0, -1, 'WITHSCORES'),
                            ('ZREVRANGE', key, 0, -1), ('ZCOUNT', key, '-inf', '+inf'),
                            ('ZRANGEBYSCORE', key, '-inf', '+inf'), ('DUMP', key)])
        if not self.no_errors('zset', replies):
            return None
        n, flat, reverse, counted, ranged, _ = replies
        found = [(m, float(s)) for m, s in zip(flat[::2], flat[1::2])]
        names = flat[::2]
        self.check(2 * n == len(flat), 'zset: ZCARD %d, ZRANGE %d', n, len(flat))
        self.check(len(set(names)) == len(names), 'zset: a member twice')
        self.check(names == reverse[::-1], 'zset: ZREVRANGE differs')
        self.check(not any(math.isnan(s) for _, s in found), 'zset: a score is NaN')
        order = [(s, m) for m, s in found]
        self.check(all(a <= b for a, b in zip(order, order[1:])), 'zset: order')
        self.check(counted == len(found) and ranged == names,
                   'zset: ZCOUNT or ZRANGEBYSCORE differ')
        scores = self.ask([('ZSCORE', key, member) for member in names])
        self.check(scores == flat[1::2], 'zset: ZSCORE differs')
        asked = sample(names)
        ranks = self.ask([('ZRANK', key, member) for member in asked])
        self.check(ranks == [names.index(member) for member in asked], 'zset: ZRANK differs')
        return found

    def read_stream(self, key):
        replies = self.ask([('XLEN', key), ('XRANGE', key, '-', '+'), ('XREVRANGE', key, '+', '-'),
                            ('XINFO', 'STREAM', key, 'FULL', 'COUNT', 0),
                            ('XREAD', 'STREAMS', key, '0-0'), ('DUMP', key)])
        if not self.no_errors('stream', replies):
            return None
        n, found, reverse, info, *_ = replies
        self.check(n == len(found), 'stream: XLEN %d, XRANGE %d', n, len(found))
        self.check(found == reverse[::-1], 'stream: XREVRANGE differs')
        info = dict(zip(info[::2], info[1::2]))
        self.check(info[b'entries'] == found, 'stream: XINFO differs')
        ids = [tuple(map(int, e[0].split(b'-'))) for e in found]
        self.check(all(a < b for a, b in zip(ids, ids[1:])), 'stream: ids do not ascend')
        if ids:
            last = tuple(map(int, info[b'last-generated-id'].split(b'-')))
            self.check(last >= ids[-1], 'stream: last id before the last entry')
        asked = sample(found)
        answers = self.ask([('XRANGE', key, e[0], e[0]) for e in asked])
        self.check(all(e in a for e, a in zip(asked, answers) if isinstance(a, list)),
                   'stream: an entry is not found by its id')
        self.groups(key, info[b'groups'])
        return [(id_, e[1]) for id_, e in zip(ids, found)]

    def groups(self, key, groups):
        for group in groups:
            g = dict(zip(group[::2], group[1::2]))
            name = g[b'name']
            replies = self.ask([('XPENDING', key, name), ('XINFO', 'CONSUMERS', key, name),
                                ('XPENDING', key, name, '-', '+', 100)])
            if not self.no_errors('group', replies):
                continue
            (pending, *_), consumers, _ = replies
            owned = sum(c[c.index(b'pending') + 1] for c in consumers)
            self.check(owned == pending, 'group: %d pending, %d owned', pending, owned)
        names = [g[g.index(b'name') + 1] for g in groups]
        self.check(len(set(names)) == len(names), 'group: a name twice')


def sample(items):
    return items if len(items) <= SAMPLE else items[:SAMPLE // 2] + items[-SAMPLE // 2:]


def same_score(a, b):
    return a is not None and (a == b or math.isnan(a) and math.isnan(b))


NUMBER = re.compile(rb'[-+]?(inf(inity)?|nan|(\d+\.?\d*|\.\d+)(e[-+]?\d+)?)', re.I)


def score(text):
    """The number, or None where loaders differ on what the text is."""
    if isinstance(text, float):
        return text
    return float(text) if len(text) < 128 and NUMBER.fullmatch(text) else None


def same(kind, known, found):
    if kind == 'zset':
        known = {m: score(s) for m, s in known}
        return len(known) == len(found) and all(
            m in known and (known[m] is None or same_score(known[m], s)) for m, s in found)
    if kind in ('set', 'hash'):
        return sorted(map(tuple, known) if kind == 'hash' else known) == sorted(found)
    return known == found
