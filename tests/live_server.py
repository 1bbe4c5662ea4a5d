"""Runs a Redis or Valkey server on a private folder and reads back what it holds (for tests/live).

The server listens on a Unix socket in that folder only, saves nothing, and is killed at the end.
"""
import gzip
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time

import targets

NOISE = re.compile(r'overcommit|Huge|THP|backlog|open files|maxclients|oO0OoO0|'
                   r'Configuration loaded|jemalloc|WARNING: The|Bio worker')


class ReplyError(Exception):
    """An error reply."""


def request(*args):
    parts = [a if isinstance(a, bytes) else str(a).encode('latin-1') for a in args]
    return b'*%d\r\n' % len(parts) + b''.join(b'$%d\r\n%b\r\n' % (len(p), p) for p in parts)


class Client:
    """A RESP2 client; strings in replies are the Latin-1 decoding of their bytes."""

    def __init__(self, path, timeout=300):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(str(path))
        self.replies = self.socket.makefile('rb', 1 << 20)

    def read(self):
        line = self.replies.readline()
        if not line:
            raise ConnectionError('the server closed the connection')
        kind, rest = line[:1], line[1:-2]
        if kind == b'$':
            size = int(rest)
            return None if size < 0 else self.replies.read(size + 2)[:-2].decode('latin-1')
        if kind == b'*':
            return None if rest == b'-1' else [self.read() for _ in range(int(rest))]
        if kind == b':':
            return int(rest)
        if kind == b'+':
            return rest.decode('latin-1')
        return ReplyError(rest.decode('latin-1'))

    def ask(self, *args):
        """The reply, a ReplyError among them."""
        self.socket.sendall(request(*args))
        return self.read()

    def call(self, *args):
        """The reply; raises an error reply."""
        reply = self.ask(*args)
        if isinstance(reply, ReplyError):
            raise ReplyError('%s: %s' % (args[0], reply))
        return reply

    def call_all(self, commands, batch=100):
        """The replies to many commands, sent in batches; raises an error reply."""
        replies = []
        for at in range(0, len(commands), batch):
            part = commands[at:at + batch]
            self.socket.sendall(b''.join(request(*command) for command in part))
            for command in part:
                reply = self.read()
                if isinstance(reply, ReplyError):
                    raise ReplyError('%s: %s' % (command[0], reply))
                replies.append(reply)
        return replies

    def call_at_once(self, commands):
        """The replies to commands between which the server does nothing else."""
        self.call('MULTI')
        self.call_all(commands)
        return self.call('EXEC')

    def close(self):
        self.replies.close()
        self.socket.close()


class Server:
    """One process of a Binary; use with `with`. folder: where its files are, kept by the caller;
    user: the number of the one that runs it, and of its group, if not the caller."""

    def __init__(self, binary, folder, settings=(), user=None):
        self.folder = pathlib.Path(folder)
        self.socket = self.folder / 's'
        self.log = self.folder / 'log'
        config = ['port 0', 'unixsocket %s' % self.socket, 'dir %s' % self.folder, 'save ""',
                  'dbfilename dump.rdb', 'databases 16', *settings]
        if binary.version[1] >= 7:
            config.append('enable-debug-command yes')
        (self.folder / 'conf').write_text('\n'.join(config) + '\n')
        self.socket.unlink(missing_ok=True)
        with self.log.open('wb') as log:
            self.process = subprocess.Popen([binary.path, self.folder / 'conf'], cwd=self.folder,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            user=user, group=user,
                                            extra_groups=None if user is None else [])
        self.client = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def wait(self, timeout=120):
        """True when it answers, its data loaded; False when it gave up."""
        end = time.monotonic() + timeout
        pause = 0.005
        while time.monotonic() < end and self.process.poll() is None:
            try:
                self.client = Client(self.socket)
                if not isinstance(self.client.ask('PING'), ReplyError):
                    return True
                self.client.close()
            except OSError:
                pass
            time.sleep(pause)
            pause = min(pause * 1.5, 0.1)
        self.client = None
        return False

    def stop(self):
        if self.client:
            self.client.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def complaints(self, last=3):
        """The last warnings of the log: a refusal's reason is there."""
        text = self.log.read_text(errors='replace')
        lines = [re.sub(r'^\S+ \d+ \w+ \d+ \S+ # ', '', line) for line in text.splitlines()
                 if ' # ' in line or 'ASSERTION' in line or 'crashed' in line]
        return ' / '.join([line for line in lines if not NOISE.search(line)][-last:])


class Binary:
    """A server program: `version` is (family, major, minor, patch)."""

    def __init__(self, name, path):
        self.name, self.path = name, str(path)
        done = subprocess.run([self.path, '--version'], capture_output=True, text=True, timeout=20,
                              stdin=subprocess.DEVNULL)
        found = re.search(r'v=(\d+)\.(\d+)\.(\d+)', done.stdout)
        if not found:
            raise OSError('%s --version does not answer' % self.path)
        family = 'redis' if 'Redis' in done.stdout else 'valkey'  # Valkey 7.2 names neither
        self.version = (family, int(found[1]), int(found[2]), int(found[3]))
        self.package = package_version(pathlib.Path(self.path).parent, family) or '.'.join(
            found.groups())

    @property
    def is_newer_than_target(self):
        """True for Redis since 7.4, which reads what is written for 7.2."""
        return self.version[0] == 'redis' and self.version[1:3] > (7, 2)

    @property
    def target(self):
        """The --target whose output this server is to load, or None."""
        family, major, minor, _ = self.version
        if self.is_newer_than_target:
            major, minor = 7, 2
        name = '%s-%d.%d' % (family, major, minor)
        return name if name in targets.RDB_VERSION else None


def package_version(home, family):
    """The version of the Debian package that tests/servers unpacked there, without its epoch, or
    None: security updates have the same version as what they update."""
    log = home / 'root/usr/share/doc' / (family + '-server') / 'changelog.Debian.gz'
    if not log.is_file():
        return None
    with gzip.open(log, 'rt', errors='replace') as text:
        found = re.match(r'\S+ \((?:\d+:)?([^)]+)\)', text.readline())
    return found[1] if found else None


def find_binaries(built):
    """Every server in built/, in $RDBFERRY_SERVERS and on PATH; those with one path only once."""
    places = []
    for root in (built, os.environ.get('RDBFERRY_SERVERS')):
        if root:
            places += [(p.parent.name, p) for p in sorted(pathlib.Path(root).glob('*/server'))]
    for name in ('valkey-server', 'redis-server'):
        if shutil.which(name):
            places.append((name, pathlib.Path(shutil.which(name))))
    binaries, seen = [], set()
    for name, path in places:
        if path.resolve() in seen:
            continue
        seen.add(path.resolve())
        try:
            binaries.append(Binary(name, path))
        except (OSError, subprocess.TimeoutExpired) as why:
            print('%s: cannot be run: %s' % (name, why), flush=True)
    return binaries


def private_folder():
    """A new folder with a name short enough for the socket in it."""
    return tempfile.mkdtemp(prefix='live-')


class Failure(Exception):
    """Why a file failed in a server."""


class Loader:
    """Loads one file after another in one server version."""

    def __init__(self, binary, fresh):
        self.binary = binary
        self.version = binary.version[1:3]
        self.fresh = fresh or self.version < (6, 0)
        self.folder = pathlib.Path(private_folder())
        self.dump = self.folder / 'dump.rdb'
        self.server = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end_server()
        shutil.rmtree(self.folder, ignore_errors=True)

    def end_server(self):
        if self.server:
            self.server.stop()
            self.server = None

    def complaints(self):
        return self.server.complaints() if self.server else ''

    def start(self, *settings):
        """Starts a server on what is in the folder; Failure when it gives up."""
        self.end_server()
        self.server = Server(self.binary, self.folder, settings)
        if not self.server.wait():
            complaints = self.server.complaints()
            self.end_server()
            raise Failure('the server does not start on it: %s' % complaints)
        return self.server.client

    def load(self, path, policy):
        """A client of a server that holds what is in the file and nothing else."""
        settings = ['maxmemory-policy %s' % policy] if policy else []
        if not self.fresh and not self.server:
            self.dump.unlink(missing_ok=True)
            self.start()
        shutil.copyfile(path, self.dump)
        if self.fresh:
            return self.start(*settings)
        try:
            client = self.server.client
            client.call('FLUSHALL')
            if self.version >= (7, 0):
                client.call('FUNCTION', 'FLUSH', 'SYNC')
            client.call('CONFIG', 'SET', 'maxmemory-policy', policy or 'noeviction')
            client.call('DEBUG', 'RELOAD', 'NOSAVE')
            return client
        except (OSError, ReplyError) as why:
            complaints = self.server.complaints()
            self.start(*settings)  # tells whether a start fails too
            raise Failure('DEBUG RELOAD fails where a start does not: %s; %s' % (why, complaints))

    def load_aof(self, path, incr):
        """A client of a server started on the file as the base of an AOF, then `incr`."""
        self.end_server()
        aof = self.folder / 'appendonlydir'
        shutil.rmtree(aof, ignore_errors=True)
        aof.mkdir()
        shutil.copyfile(path, aof / 'appendonly.aof.1.base.rdb')
        (aof / 'appendonly.aof.1.incr.aof').write_bytes(incr)
        (aof / 'appendonly.aof.manifest').write_text(
            'file appendonly.aof.1.base.rdb seq 1 type b\n'
            'file appendonly.aof.1.incr.aof seq 1 type i\n')
        return self.start('appendonly yes')

    def clear(self):
        """Leaves nothing of the last file behind."""
        if (self.folder / 'appendonlydir').exists():
            self.end_server()
            shutil.rmtree(self.folder / 'appendonlydir')


def keyspace_lines(client):
    return [line for line in client.call('INFO', 'keyspace').splitlines() if line.startswith('db')]


def pairs(flat):
    return [list(pair) for pair in zip(flat[::2], flat[1::2])]


def fields(flat):
    return dict(zip(flat[::2], flat[1::2]))


def functions(client):
    """The loaded libraries: [{library_name, functions, library_code}], by name."""
    reply = client.ask('FUNCTION', 'LIST', 'WITHCODE')
    if isinstance(reply, ReplyError):
        return []
    libraries = []
    for library in map(fields, reply):
        libraries.append({'library_name': library['library_name'],
                          'functions': sorted(fields(f)['name'] for f in library['functions']),
                          'library_code': library['library_code']})
    return sorted(libraries, key=lambda item: item['library_name'])


def stream(client, key):
    info = fields(client.call('XINFO', 'STREAM', key, 'FULL', 'COUNT', '0'))
    groups = []
    for group in map(fields, info['groups']):
        consumers = []
        for consumer in map(fields, group['consumers']):
            consumers.append({'name': consumer['name'], 'seen_time': consumer.get('seen-time'),
                              'active_time': consumer.get('active-time'),
                              'pel': consumer.get('pending', consumer.get('pel'))})
        groups.append({'name': group['name'], 'last_delivered_id': group['last-delivered-id'],
                       'entries_read': group.get('entries-read'),
                       'pel': group.get('pending', group.get('pel')), 'consumers': consumers})
    return {'entries': [[i, f or []] for i, f in info['entries']], 'length': info['length'],
            'last_id': info['last-generated-id'], 'groups': groups,
            'max_deleted_id': info.get('max-deleted-entry-id'),
            'entries_added': info.get('entries-added')}


def stream_of_5_0(client, key):
    """What stream() tells, from a server without XINFO STREAM FULL: times come as idle times."""
    info = fields(client.call('XINFO', 'STREAM', key))
    groups = []
    for group in map(fields, client.call('XINFO', 'GROUPS', key)):
        name = group['name']
        now, (pending, told) = at_one_time(client, [
            ('XPENDING', key, name, '-', '+', '1000000'), ('XINFO', 'CONSUMERS', key, name)])
        pel = [[i, owner, now - idle, count] for i, owner, idle, count in pending]
        consumers = [{'name': c['name'], 'seen_time': now - c['idle'], 'active_time': None,
                      'pel': [[p[0], p[2], p[3]] for p in pel if p[1] == c['name']]}
                     for c in map(fields, told)]
        groups.append({'name': name, 'last_delivered_id': group['last-delivered-id'],
                       'entries_read': None, 'pel': pel, 'consumers': consumers})
    return {'entries': client.call('XRANGE', key, '-', '+'), 'length': info['length'],
            'last_id': info['last-generated-id'], 'groups': groups,
            'max_deleted_id': None, 'entries_added': None}


def at_one_time(client, commands):
    """(the server's time in ms, the replies) of commands that it does in one millisecond."""
    for _ in range(2000):
        first, *replies, last = client.call_at_once([('TIME',), *commands, ('TIME',)])
        first, last = (int(t[0]) * 1000 + int(t[1]) // 1000 for t in (first, last))
        if first == last:
            return first, replies
    raise ReplyError('%s takes longer than a millisecond' % commands[0][0])


def expiries(client, version, keys):
    """When they expire, in ms, or None."""
    if version >= (7, 0):
        return [t if t >= 0 else None for t in client.call_all([('PEXPIRETIME', k) for k in keys])]
    found = [None] * len(keys)
    expiring = [i for i, ttl in enumerate(client.call_all([('PTTL', key) for key in keys]))
                if ttl >= 0]
    for at in range(0, len(expiring), 10):
        part = expiring[at:at + 10]
        now, ttls = at_one_time(client, [('PTTL', keys[i]) for i in part])
        for i, ttl in zip(part, ttls):
            found[i] = now + ttl
    return found


READ = {'string': ('GET',), 'list': ('LRANGE', '0', '-1'), 'set': ('SMEMBERS',),
        'hash': ('HGETALL',), 'zset': ('ZRANGE', '0', '-1', 'WITHSCORES')}


def content(client, version, field_ttls=False, lru=None):
    """Everything a server of that version holds, by (db, key), in the form of the recorded content.

    field_ttls: also ask when hash fields expire. lru: 'idle' or 'freq', asked before any read.
    """
    rows = {}
    read_stream = stream if version >= (6, 0) else stream_of_5_0
    for line in keyspace_lines(client):
        db = int(line[2:line.index(':')])
        client.call('SELECT', db)
        keys = client.call('KEYS', '*')
        use = [None] * len(keys)
        if lru:
            command = {'idle': 'IDLETIME', 'freq': 'FREQ'}[lru]
            use = client.call_all([('OBJECT', command, key) for key in keys])
        kinds = client.call_all([('TYPE', key) for key in keys])
        encodings = client.call_all([('OBJECT', 'ENCODING', key) for key in keys])
        expires = expiries(client, version, keys)
        values = client.call_all([(READ[kind][0], key, *READ[kind][1:]) if kind in READ else
                                  ('TYPE', key) for kind, key in zip(kinds, keys)])
        for key, kind, encoding, expire, used, value in zip(keys, kinds, encodings, expires, use,
                                                            values):
            row = {'db': db, 'key': key, 'type': kind, 'expire_at_ms': expire,
                   'encoding': encoding, 'value': value}
            if lru:
                row[lru] = used
            if kind in ('hash', 'zset'):
                row['value'] = pairs(value)
            elif kind == 'stream':
                row['value'] = read_stream(client, key)
            if kind == 'hash' and field_ttls:
                row['field_expire_at_ms'] = hash_field_ttls(client, key, row['value'])
            rows[db, key] = row
    client.call('SELECT', 0)
    return rows


def hash_field_ttls(client, key, value, batch=1000):
    names = [field for field, _ in value]
    found = []
    for at in range(0, len(names), batch):
        part = names[at:at + batch]
        times = client.call('HPEXPIRETIME', key, 'FIELDS', len(part), *part)
        found += [[name, at_ms] for name, at_ms in zip(part, times) if at_ms >= 0]
    return found
