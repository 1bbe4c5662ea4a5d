"""Records of what real servers said of their snapshots; shared by tests/corpus and tests/live.

A record is CASE.json beside CASE.rdb (or CASE.aof, or CASE.appendonlydir/): what the server that
wrote the file told of itself (`info_keyspace`, `debug_digest`), what occurs in the file
(`rdb_types`, `rdb_opcodes`, `string_encodings`), what each Valkey made of it (`valkey`), and
CASE.content.jsonl.gz: one key a line, byte strings as their Latin-1 decoding, sets and hashes
sorted, zset scores as "%.17g". The servers from 7.4 of Redis on are called CE here.
"""
import functools
import gzip
import json
import os
import pathlib
import re
import subprocess

import digest

TESTS = pathlib.Path(__file__).resolve().parent
PROGRAM = os.environ.get('RDBFERRY') or str(TESTS.parent / 'build/release/bin/rdbferry')

# exit codes of rdbferry
DAMAGED, FOREIGN, NOT_LOADABLE = 4, 5, 6


def run(*args, timeout=300):
    """Runs rdbferry; a run that takes too long counts as exit code -1."""
    command = [PROGRAM, *map(str, args)]
    try:
        return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL,
                              timeout=timeout)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, -1, b'', b'no end after %d s' % timeout)


def last_words(done):
    lines = done.stderr.decode('utf-8', 'replace').strip().splitlines()
    return lines[-1] if lines else 'nothing on standard error'


class Case:
    """One recorded file."""

    def __init__(self, r, record_path, root):
        self.record = r
        kind = r.get('kind', 'rdb')
        self.file = record_path.with_suffix('.' + kind)
        self.name = str(self.file.relative_to(root))
        self.group = r.get('server') or str(self.file.parent.relative_to(root))
        self.types = r.get('rdb_types') or {}
        self.opcodes = r.get('rdb_opcodes') or {}
        self.header = r.get('header')
        self.is_aof = kind != 'rdb'
        self.digests = {}
        self.content_path = self.beside(r.get('content'), record_path.stem + '.content.jsonl.gz')
        if kind == 'appendonlydir':
            self.base = sorted(self.file.glob('*.base.*'))[0]
            self.incr = sorted(self.file.glob('*.incr.*'))
        else:
            self.base, self.incr = self.file, []

    def beside(self, named, default=None):
        """The file of that name in the folder of this one, else the one of the default name."""
        for name in (named and pathlib.PurePath(named).name, default):
            if name and (self.file.parent / name).is_file():
                return self.file.parent / name
        return None

    @property
    def is_rdb(self):
        """False for an AOF of commands only."""
        return self.header is not None

    @property
    def is_ce(self):
        return bool(self.header and self.header.startswith('REDIS') and int(self.header[5:]) > 11)

    @property
    def has_commands(self):
        """True when commands belong to the RDB part, which are elsewhere or after it."""
        is_base = self.record.get('kind') == 'appendonlydir'
        return self.is_rdb and (is_base or bool(self.tail()))

    @property
    def allow(self):
        """The option for commands that read the RDB part alone."""
        return ['--allow-loss', 'commands'] if self.has_commands else []

    @property
    def has_pre_ga_modules(self):
        return 'module_pre_ga' in self.types

    @property
    def has_modules(self):
        return 'module_2' in self.types or 'module_aux' in self.opcodes

    def is_by_redis(self, first, last):
        """True when a Redis of these versions wrote the file."""
        writer = re.match(r'redis-(\d+)\.(\d+)', self.group)
        return bool(writer) and first <= (int(writer[1]), int(writer[2])) <= last

    def check_exit(self):
        """What `rdbferry check` is to exit with."""
        if not self.is_rdb:
            return 0
        if self.is_ce or self.has_pre_ga_modules:
            return FOREIGN
        return NOT_LOADABLE if 'function_pre_ga' in self.opcodes else 0

    def header_line(self):
        """The header of the content: functions among others."""
        if not self.content_path:
            return {}
        with gzip.open(self.content_path, 'rt', encoding='ascii') as lines:
            return json.loads(next(lines))

    def rows(self, in_file=False):
        """The recorded content by (db, key). in_file: also what the server hid from clients, and
        without what it does not write: 2.0 has no -0."""
        paths = [self.content_path]
        if in_file and self.record.get('in_file_content'):
            paths = [self.beside(self.record['in_file_content'])]
        if in_file and self.record.get('importing_content'):
            paths.append(self.beside(self.record['importing_content']))
        rows = {(row['db'], row['key']): row for path in paths for row in read_rows(path)}
        if in_file and self.record['self_reload'].get('differs_only_in_sign_of_zero_scores'):
            rows = {place: without_zero_signs(row) for place, row in rows.items()}
        return rows

    @functools.cached_property
    def in_file(self):
        return self.rows(in_file=True)

    @functools.cached_property
    def base_rows(self):
        """in_file without the keys that the commands after an AOF's RDB part touch."""
        touched = self.tail_words()
        return {place: row for place, row in self.in_file.items() if place[1] not in touched}

    def key_digests(self, score_text, rows):
        """{place: digest.of_key} of rows made of in_file; what is the same row is digested once."""
        known = self.digests.setdefault(score_text, {})
        found = {}
        for place, row in rows.items():
            was, key = known.get(place, (None, None))
            if was is not row:
                key = digest.of_key(row, score_text)
                known[place] = row, key
            found[place] = key
        return found

    def tail(self):
        """The commands after an AOF's RDB part, as bytes."""
        if self.incr:
            return b''.join(path.read_bytes() for path in self.incr)
        if self.is_aof and self.is_rdb:
            return self.file.read_bytes()[self.record['scan_preamble_end']:]
        return b''

    def tail_words(self):
        """Every argument of the commands after the RDB part: the keys they touch are among them."""
        words, data, at = set(), self.tail(), 0
        while at < len(data):
            end = data.index(b'\r\n', at)
            size = int(data[at + 1:end]) if data[at:at + 1] == b'$' else None
            at = end + 2
            if size is not None:
                words.add(data[at:at + size].decode('latin-1'))
                at += size + 2
        return words

    def before_1970(self):
        """The (db, key) of seconds that wrapped around in 32 bits: the file says 1963."""
        for result in self.valkey_results():
            return [(example['db'], example['key'])
                    for example in result.get('difference_examples', ())
                    if example.get('what') == 'missing after load']
        return []

    def valkey_results(self):
        """What the Valkeys that loaded the file made of it: without modules, alone if possible."""
        for result in self.record.get('valkey', {}).values():
            ways = [result] + [result.get(way) for way in ('standalone', 'cluster_mode',
                                                           'without_modules')]
            loaded = [way for way in ways if way and way.get('loaded')]
            if loaded:
                yield loaded[0]


def read_rows(path):
    with gzip.open(path, 'rt', encoding='ascii') as lines:
        for line in lines:
            row = json.loads(line)
            if not row.get('header'):
                yield row


def find_cases(root):
    """The cases under a folder: every JSON record with a file beside it."""
    root = pathlib.Path(root)
    cases = []
    for path in sorted(root.rglob('*.json')):
        try:
            record = json.loads(path.read_text())
        except (ValueError, UnicodeDecodeError):
            continue
        if not isinstance(record, dict) or 'rdb_types' not in record:
            continue
        if path.with_suffix('.' + record.get('kind', 'rdb')).exists():
            cases.append(Case(record, path, root))
    return cases


def parse_keyspace(lines):
    """{db: (keys, expires)} of INFO keyspace lines."""
    found = {}
    for line in lines:
        m = re.match(r'db(\d+):keys=(\d+),expires=(\d+)', line)
        if m and int(m[2]):
            found[int(m[1])] = (int(m[2]), int(m[3]))
    return found


def keyspace_of(rows):
    """{db: (keys, expires)} of content rows."""
    found = {}
    for row in rows.values():
        keys, expires = found.get(row['db'], (0, 0))
        found[row['db']] = (keys + 1, expires + (row['expire_at_ms'] is not None))
    return found


def drop_expired(rows, now_ms):
    """Content rows without the keys and hash fields whose time has passed."""
    left = {}
    for place, row in rows.items():
        expire = row['expire_at_ms']
        if expire is not None and expire <= now_ms:
            continue
        gone = {field for field, at in row.get('field_expire_at_ms', ()) if at <= now_ms}
        if gone:
            row = dict(row, **{part: [pair for pair in row[part] if pair[0] not in gone]
                               for part in ('value', 'field_expire_at_ms')})
        if row['value'] or row['type'] in ('string', 'stream'):
            left[place] = row
    return left


def score(text):
    """A score as "%.17g", from whatever text or number stands for it."""
    return '%.17g' % float(text)


def without_zero_signs(row):
    if row['type'] != 'zset':
        return row
    return dict(row, value=[[member, '0' if s == '-0' else s] for member, s in row['value']])


def stream_id(text):
    return tuple(int(part) for part in text.split('-'))


def sorted_stream(value):
    """A stream with groups and consumers by name and PELs by id."""
    groups = []
    for group in value['groups']:
        consumers = [dict(c, pel=sorted(c['pel'], key=lambda p: stream_id(p[0])))
                     for c in group['consumers']]
        groups.append(dict(group, pel=sorted(group['pel'], key=lambda p: stream_id(p[0])),
                           consumers=sorted(consumers, key=lambda c: c['name'])))
    return dict(value, groups=sorted(groups, key=lambda g: g['name']))


def fits(recorded, found):
    """True when two stream values agree; null is what one of the servers does not have or tell."""
    if recorded is None or found is None:
        return True
    if isinstance(recorded, dict):
        return all(fits(recorded[k], found[k]) for k in recorded.keys() & found.keys())
    if isinstance(recorded, list):
        return len(recorded) == len(found) and all(map(fits, recorded, found))
    return recorded == found


def value_difference(recorded, found):
    """What is different between two rows of one key, or None."""
    for field in ('type', 'expire_at_ms'):
        if recorded.get(field) != found.get(field):
            return '%s %r, recorded %r' % (field, found.get(field), recorded.get(field))
    kind, a, b = recorded['type'], recorded['value'], found['value']
    if kind == 'set':
        a, b = sorted(a), sorted(b)
    elif kind == 'hash':
        a, b = sorted(a), sorted(b)
        ttl = [sorted(row.get('field_expire_at_ms') or []) for row in (recorded, found)]
        if ttl[0] != ttl[1]:
            return 'field expiries %s, recorded %s' % (excerpt(ttl[1]), excerpt(ttl[0]))
    elif kind == 'zset':
        a, b = (sorted([member, score(s)] for member, s in v) for v in (a, b))
    elif kind == 'stream':
        a, b = sorted_stream(a), sorted_stream(b)
        return None if fits(a, b) else stream_difference(a, b)
    elif kind not in ('string', 'list'):
        return None  # a module's own type: nothing but its name is recorded
    if a == b:
        return None
    if kind != 'string':
        for x, y in zip(a, b):
            if x != y:
                return 'element %s, recorded %s' % (excerpt(y), excerpt(x))
        return '%d elements, recorded %d' % (len(b), len(a))
    return 'value %s, recorded %s' % (excerpt(b), excerpt(a))


def stream_difference(a, b):
    for field in a.keys() & b.keys():
        if not fits(a[field], b[field]):
            return 'stream %s %s, recorded %s' % (field, excerpt(b[field]), excerpt(a[field]))
    return 'stream'


def excerpt(value, size=80):
    text = json.dumps(value)
    return text if len(text) <= size else text[:size] + '...'


def content_differences(recorded, found):
    """Lines on how two contents by (db, key) differ."""
    lines = []
    for place in sorted(recorded.keys() | found.keys()):
        if place not in found:
            lines.append('db %d key %s: missing' % (place[0], excerpt(place[1])))
        elif place not in recorded:
            lines.append('db %d key %s: not in the record' % (place[0], excerpt(place[1])))
        else:
            what = value_difference(recorded[place], found[place])
            if what:
                lines.append('db %d key %s: %s' % (place[0], excerpt(place[1]), what))
    return lines


def read_dump(out):
    """(rows by (db, key), header lines) of what `dump` printed; ValueError says what is wrong."""
    rows, headers = {}, []
    for line in out.splitlines():
        row = json.loads(line)
        if row.get('header'):
            headers.append(row)
        elif (row['db'], row['key']) in rows:
            raise ValueError('db %d key %r twice' % (row['db'], row['key']))
        else:
            rows[row['db'], row['key']] = row
    return rows, headers


def dump_differences(case, recorded, rows):
    """Lines on how rows of a dump differ from the recorded content of the file, or a part of it."""
    touched = case.tail_words()
    if touched:  # what came after the RDB part is not in it
        recorded, rows = ({p: r for p, r in both.items() if p[1] not in touched}
                          for both in (recorded, rows))
    for place in case.before_1970():
        late = rows.get(place, {}).get('expire_at_ms')
        if place in recorded and late is not None and late < 0:
            recorded = {**recorded, place: dict(recorded[place], expire_at_ms=late)}
    return content_differences(recorded, rows)


def summary(lines, shown=2):
    more = len(lines) - shown
    return '; '.join(lines[:shown]) + ('; and %d more' % more if more > 0 else '')
