"""What a real server does with a file: the judge of tests/agree.

A verdict is (class, detail); the classes:
  loads     all keys are there, and every answer agrees with every other and with the file
  drops     it loads without keys or elements that stand in the file and have not expired
  breaks    it loads, then dies, fails, hangs or contradicts itself as the keys are first read
  refuses   it gives up loading (the detail has the reason it logs)
  crashes   it dies by a signal as it loads
  hangs     it does not finish loading

A running server is told to load each file: DEBUG RELOAD NOSAVE. As a command of a client is at work
then, the loader returns an error where it would run the checker and exit as a server starts
(valkey 8.0.1 src/rdb.c, rdbReportError), and the server lives on. What dies by a signal or hangs is
judged once more by a real start, and read command by command; `start` does so with every file.
"""
import math
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time

import rdb_read as read

TIMEOUT = 5  # seconds until a server hangs
ELEMENTS_MAX = 40  # elements of a collection that are asked for one by one
SEVERITY = ('loads', 'drops', 'breaks', 'refuses', 'crashes', 'hangs')


class Died(Exception):
    """The server closed the connection."""


class Hung(Exception):
    """No answer in time."""


class ErrorReply(str):
    pass


def request(args):
    parts = [a if isinstance(a, bytes) else str(a).encode() for a in args]
    return b'*%d\r\n' % len(parts) + b''.join(b'$%d\r\n%b\r\n' % (len(p), p) for p in parts)


class Wire:
    """A RESP2 client whose strings are bytes."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(TIMEOUT)
        self.socket.connect(path)
        self.replies = self.socket.makefile('rb', 1 << 16)

    def send(self, commands):
        try:
            self.socket.sendall(b''.join(map(request, commands)))
        except TimeoutError:
            raise Hung from None
        except OSError:
            raise Died from None

    def reply(self):
        try:
            return self.read()
        except TimeoutError:
            raise Hung from None
        except OSError:
            raise Died from None

    def read(self):
        line = self.replies.readline()
        if not line:
            raise Died
        kind, rest = line[0], line[1:-2]
        if kind == 36:  # $
            size = int(rest)
            return None if size < 0 else self.replies.read(size + 2)[:-2]
        if kind == 42:  # *
            return None if rest == b'-1' else [self.read() for _ in range(int(rest))]
        if kind == 58:  # :
            return int(rest)
        return rest if kind == 43 else ErrorReply(rest.decode('latin-1'))

    def ask(self, *commands):
        self.send(commands)
        return [self.reply() for _ in commands]

    def close(self):
        self.replies.close()
        self.socket.close()


class Config:
    """A server and how it is set: `name` is SERVER or SERVER/SANITIZE."""

    def __init__(self, binary, sanitize):
        self.binary, self.sanitize = binary, sanitize
        self.has_sanitize = binary.version[:3] < ('valkey', 9, 1) or binary.version[0] == 'redis'
        self.name = binary.name + ('/' + sanitize if self.has_sanitize else '')

    def settings(self, folder):
        s = {'port': 0, 'unixsocket': folder + '/s', 'dir': folder, 'save': '', 'dbfilename': 'dump.rdb',
             'appendonly': 'no', 'loglevel': 'verbose', 'logfile': folder + '/log', 'databases': 16,
             'hz': 10}
        version = self.binary.version[1:3]
        if version >= (6, 2):
            s.update({'crash-log-enabled': 'no', 'crash-memcheck-enabled': 'no'})
        if version >= (6, 2) and self.has_sanitize:
            s['sanitize-dump-payload'] = self.sanitize
        if version >= (7, 0):
            s['enable-debug-command'] = 'yes'
        return [word for k, v in s.items() for word in ('--' + k, str(v))]


class Process:
    """One server process in a folder of its own."""

    def __init__(self, config, root, data=None):
        self.folder = tempfile.mkdtemp(dir=root)
        self.dump = self.folder + '/dump.rdb'
        if data is not None:
            pathlib.Path(self.dump).write_bytes(data)
        self.log_at = 0
        self.wire = None
        self.process = subprocess.Popen([config.binary.path, *config.settings(self.folder)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, cwd=self.folder)

    def connect(self):
        """Waits until it answers; Died or Hung."""
        end = time.monotonic() + TIMEOUT
        while not self.wire:
            try:
                self.wire = Wire(self.folder + '/s')
            except OSError:
                if self.process.poll() is not None:
                    raise Died from None
                if time.monotonic() > end:
                    raise Hung from None
                time.sleep(0.001)
        while True:
            answer = self.wire.ask(['PING'])[0]
            if answer == b'PONG':
                return
            if time.monotonic() > end:
                raise Hung
            time.sleep(0.005)  # LOADING

    def exit_status(self):
        """How it died; negative: a signal."""
        try:
            return self.process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            raise Hung from None

    def skip_log(self):
        self.log_at = os.stat(self.folder + '/log').st_size

    def new_log(self):
        """What it has logged since skip_log()."""
        try:
            with open(self.folder + '/log', 'rb') as log:
                log.seek(self.log_at)
                text = log.read()
        except OSError:
            return ''
        return text.decode('latin-1')

    def end(self):
        if self.wire:
            self.wire.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


NOISE = re.compile(r'overcommit|Huge|THP|backlog|open files|maxclients|oO0OoO0|WARNING|jemalloc|'
                   r'Configuration loaded|Cannot check RDB that is a FIFO|crash report|'
                   r'guru meditation|^=== |=== VALKEY|=== REDIS|built-in|bug report|Short read or OOM|'
                   r'AUX field|Skipping empty key')
STAMP = re.compile(r'^\d+:[A-Z] \d+ \w+ \d+ [\d:.]+ . ')


def reason(log):
    """The line of a log that says why."""
    lines = [STAMP.sub('', line) for line in log.splitlines()]
    lines = [line for line in lines if line.strip() and not NOISE.search(line)]
    for mark in ('==>', 'Guru', 'FATAL', 'rdb.c:', 'rror', 'Failed', "Can't", "can't", 'Wrong', ' '):
        for line in lines:
            if mark in line:
                return line.strip()[:200]
    return ''


class Host:
    """Judges one mutant after another in one configuration."""

    def __init__(self, config, root, start=False):
        self.config, self.root, self.start = config, root, start
        self.now = self.spare = None
        self.previous = None
        self.starts = 0

    def close(self):
        for process in (self.now, self.spare):
            if process:
                process.end()
        self.now = self.spare = None

    def running(self):
        """A process that is ready; the next one is started beside it."""
        if self.now is None:
            self.now = self.spare or Process(self.config, self.root)
            self.now.connect()
            self.spare = Process(self.config, self.root)
            self.starts += 1
        return self.now

    def drop(self):
        self.now.end()
        self.now = None

    def judge(self, data):
        if self.start:
            return self.judge_start(data)
        verdict = self.judge_running(data)
        if verdict[0] in ('crashes', 'hangs') or verdict[0] == 'breaks' and self.now is None:
            again = self.judge_start(data)
            if again[0] != verdict[0]:
                return again[0], '%s (unsteady: %s %s)' % (again[1], *verdict)
            return again
        if self.now and (verdict[0] == 'breaks' or 'PEL' in verdict[1]):
            self.drop()  # what it freed twice is the next one's trouble
        return verdict

    def judge_running(self, data):
        try:
            process = self.running()
        except (Died, Hung):
            raise SystemExit('%s does not start' % self.config.name) from None
        try:
            answer = self.reload(process, data)
        except Hung:
            self.drop()
            return 'hangs', 'loading'
        except Died:
            return self.died(process)
        log = process.new_log()
        if isinstance(answer, ErrorReply):
            return 'refuses', reason(log) or answer
        if 'Internal error in RDB' in log:  # reported, and not minded: a start does not go on
            return self.judge_start(data)
        return self.read(process, data)

    def died(self, process):
        try:
            status = process.exit_status()
            why = reason(process.new_log())
        except Hung:
            status, why = None, 'dying'
        self.drop()
        if status is None:
            return 'hangs', why
        if status < 0:
            return 'crashes', 'signal %d: %s' % (-status, why)
        return 'refuses', 'exit %d: %s' % (status, why)

    def read(self, process, data, at_once=True):
        try:
            found = Reading(process.wire, data, at_once).verdict()
        except Died:
            try:
                status = process.exit_status()
            except Hung:
                status = 0
            found = 'breaks', 'dies (%d) at %s: %s' % (status, at(process), reason(process.new_log()))
            self.drop()
        except Hung:
            found = 'breaks', 'hangs at %s' % at(process)
            self.drop()
        return found

    def judge_start(self, data):
        """By a real start."""
        held, self.now = self.now, Process(self.config, self.root, data)
        try:
            process = self.now
            try:
                process.connect()
            except Hung:
                why = reason(process.new_log())
                self.drop()
                return 'hangs', 'loading: ' + why
            except Died:
                return self.died(process)
            return self.read(process, data, at_once=False)
        finally:
            if self.now:
                self.drop()
            self.now = held

    def reload(self, process, data):
        """The reply to DEBUG RELOAD NOSAVE."""
        with open(process.dump + '.new', 'wb') as out:
            out.write(data)
        os.rename(process.dump + '.new', process.dump)
        process.skip_log()
        return process.wire.ask(('DEBUG', 'RELOAD', 'NOSAVE'))[0]


def at(process):
    return ' '.join(map(str, getattr(process.wire, 'asked', ())))


# What is there against what should be


def standing(data, now_ms):
    """{(db, key): [elements of a live copy, or None where the blob does not tell]} of a file, and the
    keys that are expired or empty."""
    live, gone = {}, set()
    for r in read.records(data):
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
        live.setdefault(place, []).append((r.type, found))
    return live, gone


class Reading:
    """Everything that is read of a server that has loaded a file."""

    def __init__(self, wire, data, at_once):
        self.wire, self.data, self.at_once = wire, data, at_once
        self.broken, self.dropped = [], []

    def ask(self, commands):
        if not commands:
            return []
        if self.at_once:
            self.wire.asked = commands[0]
            return self.wire.ask(*commands)
        replies = []
        for command in commands:
            self.wire.asked = command
            replies += self.wire.ask(command)
        return replies

    def verdict(self):
        try:
            self.live, self.gone = standing(self.data, time.time() * 1000)
        except read.Bad as why:
            self.live, self.gone = None, None
            self.broken.append('loads what does not frame: %s' % why)
        db0, keyspace = self.ask([('KEYS', '*'), ('INFO', 'keyspace')])
        keys = [(0, key) for key in db0]
        for db in re.findall(rb'db(\d+):', keyspace):
            if db != b'0':
                keys += [(int(db), key) for key in self.ask([('SELECT', db), ('KEYS', '*')])[1]]
        there = set()
        for db in sorted({db for db, _ in keys}):
            mine = [key for d, key in keys if d == db]
            kinds = self.ask([('SELECT', db)] + [('TYPE', key) for key in mine])[1:]
            for key, kind in zip(mine, kinds):
                there.add((db, key))
                self.key(db, key, kind.decode())
        for db, key in (self.live or {}).keys() - there:
            if all(found is not None for _, found in self.live[db, key]):
                self.dropped.append('key %r is missing' % key)
        end = self.ask([('SELECT', 0), ('PING',), ('DEBUG', 'DIGEST')])
        if isinstance(end[2], ErrorReply):
            self.broken.append('DEBUG DIGEST: %s' % end[2])
        self.ask([('FLUSHALL',), ('PING',)])
        if self.broken:
            return 'breaks', '; '.join(self.broken[:3])
        if self.dropped:
            return 'drops', '; '.join(self.dropped[:3])
        return 'loads', ''

    def key(self, db, key, kind):
        read_one = getattr(self, 'read_' + kind, None)
        if not read_one:
            self.broken.append('type %s' % kind)
            return
        before = len(self.broken)
        found, dump = read_one(key)
        for reply in (found, dump):
            if isinstance(reply, ErrorReply):
                self.broken.append('%s: %s' % (kind, reply))
                return
        if self.live is None or len(self.broken) > before:
            return
        copies = self.live.get((db, key))
        if copies is None:
            self.broken.append('key %r out of nothing' % key if (db, key) not in self.gone else
                               'key %r is expired or empty' % key)
        elif not any(known is None or same(kind, known, found) for _, known in copies):
            self.compare(kind, key, copies[0][1], found)

    def compare(self, kind, key, known, found):
        if kind != 'string' and len(found) < len(known):
            self.dropped.append('%s: %d of %d elements' % (kind, len(found), len(known)))
        else:
            self.broken.append('%s %r: other content than the file: %r, %r' % (
                kind, key, [e for e in found if e not in known][:1] if kind != 'string' else found[:20],
                [e for e in known if e not in found][:1] if kind != 'string' else known[:20]))

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

    # Each returns (elements, DUMP)

    def read_string(self, key):
        text, n, dump = self.ask([('GET', key), ('STRLEN', key), ('DUMP', key)])
        if not isinstance(text, ErrorReply):
            self.check(n == len(text), 'string: STRLEN %s, GET %d', n, len(text))
        return text, dump

    def read_list(self, key):
        replies = self.ask([('LLEN', key), ('LRANGE', key, 0, -1), ('LRANGE', key, -3, -1),
                            ('LINDEX', key, -1), ('DUMP', key)])
        if not self.no_errors('list', replies):
            return [], None
        n, found, tail, last, dump = replies
        self.check(n == len(found), 'list: LLEN %d, LRANGE %d', n, len(found))
        self.check(found[-3:] == tail and found[-1:] == [last], 'list: another end from behind')
        return found, dump

    def read_set(self, key):
        replies = self.ask([('SCARD', key), ('SMEMBERS', key), ('DUMP', key)])
        if not self.no_errors('set', replies):
            return [], None
        n, found, dump = replies
        self.check(n == len(found), 'set: SCARD %d, SMEMBERS %d', n, len(found))
        self.check(len(set(found)) == len(found), 'set: a member twice')
        asked = sample(found)
        answers = self.ask([('SISMEMBER', key, e) for e in asked])
        self.check(all(a == 1 for a in answers), 'set: a member is none')
        return found, dump

    def read_hash(self, key):
        replies = self.ask([('HLEN', key), ('HGETALL', key), ('HKEYS', key), ('HVALS', key), ('DUMP', key)])
        if not self.no_errors('hash', replies):
            return [], None
        n, flat, names, values, dump = replies
        self.check(2 * n == len(flat), 'hash: HLEN %d, HGETALL %d', n, len(flat))
        self.check(flat[::2] == names and flat[1::2] == values, 'hash: HKEYS or HVALS differ')
        found = list(zip(flat[::2], flat[1::2]))
        self.check(len(set(names)) == len(names), 'hash: a field twice')
        asked = sample(found)
        answers = self.ask([('HGET', key, f) for f, _ in asked])
        self.check(answers == [v for _, v in asked], 'hash: HGET differs')
        return found, dump

    def read_zset(self, key):
        replies = self.ask([('ZCARD', key), ('ZRANGE', key, 0, -1, 'WITHSCORES'),
                            ('ZREVRANGE', key, 0, -1), ('ZCOUNT', key, '-inf', '+inf'),
                            ('ZRANGEBYSCORE', key, '-inf', '+inf'), ('DUMP', key)])
        if not self.no_errors('zset', replies):
            return [], None
        n, flat, reverse, counted, ranged, dump = replies
        found = [(m, float(s)) for m, s in zip(flat[::2], flat[1::2])]
        names = flat[::2]
        self.check(2 * n == len(flat), 'zset: ZCARD %d, ZRANGE %d', n, len(flat))
        self.check(len(set(names)) == len(names), 'zset: a member twice')
        self.check(names == reverse[::-1], 'zset: ZREVRANGE differs')
        self.check(not any(math.isnan(s) for _, s in found), 'zset: a score is NaN')
        self.check(all(a <= b for a, b in zip(turned(found), turned(found)[1:])), 'zset: order')
        self.check(counted == len(found) and ranged == names, 'zset: ZCOUNT or ZRANGEBYSCORE differ')
        asked = sample(found)
        answers = self.ask([c for m, _ in asked for c in (('ZSCORE', key, m), ('ZRANK', key, m))])
        if self.no_errors('zset', answers):
            scores = [float(a) if a is not None else None for a in answers[::2]]
            self.check(all(same_score(a, s) for a, (_, s) in zip(scores, asked)), 'zset: ZSCORE differs')
            ranks = dict(zip(names, range(len(names))))
            self.check(answers[1::2] == [ranks[m] for m, _ in asked], 'zset: ZRANK differs')
        return found, dump

    def read_stream(self, key):
        replies = self.ask([('XLEN', key), ('XRANGE', key, '-', '+'), ('XREVRANGE', key, '+', '-'),
                            ('XINFO', 'STREAM', key, 'FULL', 'COUNT', 0), ('XREAD', 'STREAMS', key, '0-0'),
                            ('DUMP', key)])
        if not self.no_errors('stream', replies):
            return [], None
        n, found, reverse, info, _, dump = replies
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
        return [(id_, e[1]) for id_, e in zip(ids, found)], dump

    def groups(self, key, groups):
        for group in groups:
            g = dict(zip(group[::2], group[1::2]))
            name = g[b'name']
            pending, consumers, rows = self.ask([('XPENDING', key, name), ('XINFO', 'CONSUMERS', key, name),
                                                 ('XPENDING', key, name, '-', '+', 100)])
            if not self.no_errors('group', (pending, consumers, rows)):
                continue
            owned = sum(len(c[c.index(b'pending') + 1]) if isinstance(c[c.index(b'pending') + 1], list)
                        else c[c.index(b'pending') + 1] for c in consumers)
            self.check(owned == pending[0], 'group: %d pending, %d owned', pending[0], owned)
        names = [g[g.index(b'name') + 1] for g in groups]
        self.check(len(set(names)) == len(names), 'group: a name twice')


def sample(items):
    return items if len(items) <= ELEMENTS_MAX else items[:ELEMENTS_MAX // 2] + items[-ELEMENTS_MAX // 2:]


def turned(found):
    return [(s, m) for m, s in found]


def same_score(a, b):
    return a is not None and (a == b or math.isnan(a) and math.isnan(b))


NUMBER = re.compile(rb'[-+]?(inf(inity)?|nan|(\d+\.?\d*|\.\d+)(e[-+]?\d+)?)', re.I)


def score(text):
    """The number, or None where loaders differ on what the text is."""
    if isinstance(text, float):
        return text
    return float(text) if NUMBER.fullmatch(text) else None


def same(kind, known, found):
    if kind == 'zset':
        known = {m: score(s) for m, s in known}
        return len(known) == len(found) and all(
            m in known and (known[m] is None or same_score(known[m], s)) for m, s in found)
    if kind in ('set', 'hash'):
        return sorted(map(tuple, known) if kind == 'hash' else known) == sorted(found)
    return known == found
