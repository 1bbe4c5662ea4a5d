"""The runs of tests/tools/hostile.py: every command of rdbferry in every form, with options at
random, over one input."""
import dataclasses

NOW = ['--now', '1700000000000']
LIBRARY_TIME = ['--library-time', '1']  # seconds, the least
MODULES = 'hellotype,ReJSON-RL,MBbloom--,hostile-m'
LOSSES = ('streams', 'stream_history', 'stream_activity', 'field_expiries', 'functions', 'modules',
          'damaged_values', 'commands')
TYPES = ('string', 'list', 'set', 'zset', 'hash', 'stream', 'module')
# Beside the input: a snapshot that is sound and its manifest, another hostile file, and files of
# other kinds with faults of their own, for which a command line may be refused.
PLAIN, MANIFEST, OTHER = 'plain.rdb', 'plain.json', 'other'
ODD = {'--manifest': 'odd.json', '--expect': 'odd.txt', '--list': 'odd.names',
       '--nodes-conf': 'odd.conf'}

# Exit statuses that the manual page gives to all commands; 1 to those that can answer no, 7 to
# those that verify. 2 is for a command line that is wrong: what the input is decides that here.
COMMON = frozenset((0, 3, 4, 5, 6))
USAGE = (b'reads the input twice', b'are read again to name them', b'keys cannot be selected or changed')
NO, UNVERIFIED = frozenset((1,)), frozenset((7,))


@dataclasses.dataclass
class Run:
    """One run. `outputs`: what it may write, in its folder; they are there after an exit status of
    `done`, and no other. `prints`: json (one document), lines (of JSON) or text."""
    arguments: list
    outputs: tuple = ()
    exits: frozenset = COMMON
    done: frozenset = frozenset((0,))
    prints: str = 'text'
    by_pipe: bool = False
    target: tuple = ()  # options of the check that what is written must pass


class Maker:
    """Makes the runs over one input. `targets`: of `check`; `writes`: those of `convert`."""

    def __init__(self, rng, path, size, targets, writes):
        self.rng, self.path, self.size = rng, path, size
        self.targets, self.writes = targets, writes
        self.is_directory = size is None

    def chance(self, p):
        return self.rng.random() < p

    def some(self, *options):
        """Each of them by chance."""
        return [word for option in options if self.chance(0.15) for word in option]

    def run(self, arguments, *places, pipes=True, **how):
        """Over the input, which may come by a pipe; `places`: what stands behind its name."""
        run = Run([], **how)
        run.by_pipe = pipes and not self.is_directory and self.chance(0.25)
        run.arguments = [*arguments, '-' if run.by_pipe else self.path, *places]
        return run

    def reports(self, arguments, *places, **how):
        """In text or in JSON."""
        if self.chance(0.5):
            return self.run([*arguments, '--json'], *places, prints='json', **how)
        return self.run(arguments, *places, **how)

    def odd(self, option, sound):
        """An option with a file, which is sound or has faults."""
        return [option, ODD[option] if self.chance(0.5) else sound]

    def second(self):
        return self.rng.choice((PLAIN, OTHER, self.path))

    def info(self):
        yield self.reports(['info', *NOW])
        form = self.rng.choice((['--header'], ['--keyspace'], ['--header', '--json']))
        yield self.run(['info', *form, *NOW], prints='json' if '--json' in form else 'text')

    def check(self):
        options = self.some(['--require-checksum'], ['--expect', 'db0=5'], ['--max-findings', '3'],
                            ['--max-memory', '1M'], ['--expire-byte-order', 'big'],
                            ['--cluster', '--slots', '0-8000'], self.odd('--expect', 'db1=0'))
        exits = COMMON | UNVERIFIED
        yield self.reports(['check', *NOW, *LIBRARY_TIME, *options], exits=exits)
        yield self.reports(['check', '--quick', *NOW, *self.some(['--require-checksum'])],
                           exits=exits)
        yield self.reports(['check', *NOW, *LIBRARY_TIME, *self.odd('--manifest', MANIFEST)],
                           pipes=False, exits=exits)
        for target in self.rng.sample(self.targets, 3):
            yield self.reports(['check', '--target', target, *NOW, *LIBRARY_TIME,
                                *self.settings(), *self.some(
                                    ['--rdb-version-check', 'relaxed'], ['--max-findings', '1'],
                                    ['--require-checksum'])], exits=exits)

    def settings(self):
        """Of a target."""
        return self.some(['--sanitize', 'yes'], ['--cluster'], ['--modules', MODULES],
                         ['--databases', '200'])

    def digests(self):
        exits = COMMON | NO
        yield self.reports(['digest', *NOW, *self.some(['--allow-loss', 'commands'])], exits=exits)
        target = self.some(['--target', self.rng.choice(self.writes)], ['--as-loaded'])
        yield self.reports(['digest', '--format', 'redis', *NOW, *target, *self.some(
            ['--key', 'k1'], ['--allow-loss', 'commands'])], exits=exits)

    def dump(self):
        options = self.some(['--allow-loss', 'commands'], ['--bytes', 'latin1'],
                            ['--bytes', 'base64'])
        if '--bytes' in options[2:]:
            options = options[:2]
        yield self.run(['dump', *options], prints='lines')
        yield self.run(['dump', '-o', 'out.jsonl', *options], outputs=('out.jsonl',))

    def explain(self):
        for _ in range(2):
            place = ['--offset', str(self.rng.randrange((self.size or 0) + 9))]
            if self.chance(0.3):
                place = ['--key', self.rng.choice(('k1', 'k2', 'wit2', 'none', ''))]
            yield self.reports(['explain', *self.some(['--all'], ['--all'], ['--all'],
                                                      ['--db', '3']), *place],
                               exits=COMMON | NO)

    def manifest(self):
        allow = self.some(['--allow-loss', 'commands'])
        yield self.run(['manifest', *allow], prints='json')
        yield self.run(['manifest', *allow, '-o', 'man.json'], outputs=('man.json',))

    def diff(self):
        options = self.some(['--verbose'], ['--max-differences', '0'], ['--ignore', 'ttl,expired'],
                            ['--allow-loss', 'commands'], ['--max-memory', '1M'])
        exits = COMMON | NO
        yield self.reports(['diff', *NOW, *options], self.second(), exits=exits)
        yield self.run(['diff', *NOW, *options, self.second()], exits=exits)

    def carrying(self):
        """(options of a command that writes for a target, those of the check of its output)"""
        target = self.rng.choice(self.writes)
        settings = self.settings()
        options = ['--target', target, *settings, *NOW, *LIBRARY_TIME, *self.some(
            ['--verify'], ['--reencode'], ['--compress', 'none'], ['--on-duplicate', 'first'],
            ['--on-duplicate', 'last'], ['--keep-replication-id'], ['--drop-functions'],
            ['--drop-module', 'hellotype'], ['--max-memory', '1M'],
            ['--expire-byte-order', 'big'])]
        if options.count('--on-duplicate') > 1:
            at = options.index('--on-duplicate')
            del options[at:at + 2]
        if self.chance(0.6):
            allowed = LOSSES if self.chance(0.6) else self.rng.sample(LOSSES, 3)
            options += ['--allow-loss', ','.join(allowed)]
        return options, ('--target', target, *settings, *LIBRARY_TIME, *NOW)

    def selecting(self):
        return self.some(
            ['--key', '*1*'], ['--exclude-key', 'k2'], ['--regex', '[0-9]'], ['--db', '0,1'],
            ['--type', ','.join(self.rng.sample(TYPES, 3))], ['--exclude-type', 'stream'],
            ['--ttl', 'any'], ['--size', '<64k'], ['--slot', '0-9000'], ['--expired', 'drop'],
            ['--allow-empty'], ['--allow-empty'],
            self.rng.choice((['--ttl-shift', '1h'], ['--ttl-rebase'])), ['--map-db', '0=1,1=0'],
            ['--prefix-strip', 'k'], ['--prefix-add', 'p:'], ['--no-lru'], ['--no-lfu'],
            self.odd('--list', 'names'))

    def convert(self):
        for _ in range(2):
            options, target = self.carrying()
            if self.chance(0.5):
                options += self.selecting()
            out = self.rng.choice(('out.rdb', 'out.rdb', 'out.rdb.gz', 'out.rdb.zst', 'out.lz4'))
            yield self.reports(['convert', *options], out, outputs=(out,), exits=COMMON | NO,
                               target=target)
        options, target = self.carrying()
        if '--verify' not in options:
            yield self.reports(['convert', '--dry-run', *options], exits=COMMON | NO)
        options, target = self.carrying()
        writes = [t for t in self.writes if t >= 'redis-7']
        options[1] = self.rng.choice(writes)
        yield self.reports(['convert', *options, '--aof-dir', 'dir'], outputs=('dir',),
                           target=('--target', options[1], *target[2:]))

    def split(self):
        options, target = self.carrying()
        how = self.rng.choice((['--nodes', '3'], ['--by-db'], ['--slots', '0-100,101-16383'],
                               self.odd('--nodes-conf', 'nodes.conf')))
        yield self.reports(['split', *how, *options, *self.some(['--map-db', '1=0'],
                                                                ['--allow-empty'],
                                                                ['--databases', '64'])
                            [:0 if '--databases' in options else None],
                            '--out-dir', 'parts'], outputs=('parts',), exits=COMMON | NO,
                           target=target)

    def merge(self):
        options, target = self.carrying()
        second = PLAIN if self.chance(0.5) else OTHER
        yield self.reports(['merge', *options, *self.some(['--on-function-conflict', 'last']),
                            '-o', 'out.rdb', second], outputs=('out.rdb',), target=target)

    def salvage(self):
        for _ in range(2):
            settings, target = self.settings(), self.rng.choice(self.writes)
            options = self.some(['--orphans-db', '2'], ['--max-loss', '100'], ['--max-memory', '1M'],
                                ['--allow-loss', 'commands'], ['--expire-byte-order', 'big'])
            outputs, reports = ['out.rdb', 'out.rdb.orphans.rdb'], self.chance(0.4)
            if reports:
                options += ['--report', 'report.json']
            if self.chance(0.4) and '--orphans-db' not in options:
                options += ['--orphans', 'orphans.rdb']
                outputs[1] = 'orphans.rdb'
            yield self.reports(
                ['salvage', '--target', target, *settings, *NOW, *LIBRARY_TIME, *options],
                'out.rdb', outputs=(*outputs, *['report.json'] * reports), exits=COMMON | NO,
                done=frozenset((0, 1)),
                target=('--target', target, *settings, *LIBRARY_TIME, *NOW))

    def all(self):
        for command in (self.info, self.check, self.digests, self.dump, self.explain, self.manifest,
                        self.diff, self.convert, self.split, self.merge, self.salvage):
            yield from command()
