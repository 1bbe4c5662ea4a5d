"""The writers' mode of tests/agree: the real server loads what convert, split, merge and salvage
write of a mutant, and holds what `digest --as-loaded` says.

  tests/agree --writers [--servers A,B] [--sanitize no] [--seed S] [--count N] [--jobs J]
              [--keep FOLDER] [--report FILE.json]

For each mutant, and for the target of each server:
- convert, exit 0: the server loads the output, nothing is dropped or breaks, and DEBUG DIGEST is
  what `digest --as-loaded` says of the mutant;
- split, exit 0: the same for each part, with the digest of the part; the content of the parts adds
  up to that of the mutant as loaded;
- merge of the mutant and a sound file, exit 0: the same for the output; its content is that of
  both;
- salvage, exit 0 or 1: the same for the output and the file of orphans, with their own digests;
- any other exit status: nothing is written.
Files with a function library that is undecided are counted apart: the server may refuse them.
What does not hold is an exception: each is counted and listed by its class. Exit 1 for any.

Servers: without --servers, valkey-8.0 and valkey-9.1 get all mutants, valkey-7.2, valkey-8.1 and
redis-7.0 a fifth of them. A server that is not there is skipped, and the reason printed.

Outputs of convert and salvage are read in full (tests/reading.py), parts and merged files are
loaded and digested; bytes that a server has had before are not loaded again. The program is run by
build/*/bin/runner (tests/runner), which saves the time that starting it takes. All of it together
takes 8 ms of processor time for a mutant and a server.
"""
import collections
import concurrent.futures
import hashlib
import json
import multiprocessing.util
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import judge
import live_server
import rdb_make as make
import records
from mutant import Corpus
from wire import Died, ErrorReply, Hung

ROOT = records.TESTS.parent
CHUNK = 250  # mutants at a time
ALL = ('valkey-8.0', 'valkey-9.1')  # get every mutant without --servers
SOME = ('valkey-7.2', 'valkey-8.1', 'redis-7.0')  # a fifth
NOT_THERE = 'no such server in build/servers (make servers; no release of Debian has valkey 7.2)'
SLOTS = '0-8191,8192-16383'
GOOD = ('same digest', 'digest not knowable', 'undecided', 'nothing written')
BAD = ('other digest', 'other sum', 'digest fails', 'drops', 'breaks', 'refuses', 'crashes',
       'hangs', 'output missing', 'output left', 'tool dies')
WRITES = {'convert': (0,), 'split': (0,), 'merge': (0,), 'salvage': (0, 1)}
MASK = (1 << 128) - 1
EXAMPLES = 3


def sound_file():
    """A file of every plain type that any target takes, with keys that no mutant has."""
    def named(n):
        return make.string(b'merged:%d' % n)
    values = [b'\x00' + named(0) + make.string(b'text'), b'\x01' + named(1) + b'\x02\1a\1b',
              b'\x02' + named(2) + b'\x02\1a\1b', b'\x04' + named(3) + b'\x01\1f\1v',
              b'\x03' + named(4) + b'\x01\1m' + make.text_score(b'1.5')]
    return make.finish(b'REDIS0006\xfe\x00' + b''.join(values) + b'\xff')


class Runner:
    """Runs the program, many times in a row."""

    def __init__(self):
        path = pathlib.Path(records.PROGRAM).resolve().parent / 'runner'
        if not path.exists():
            sys.exit('tests/agree --writers: no %s (make agree WRITERS=1)' % path)
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, commands):
        """(exit status, output, errors) of each command, a list of arguments."""
        lines = ['\t'.join(map(str, command)) for command in commands]
        answers = []
        for at in range(0, len(lines), 50):  # few enough for the pipe
            part = lines[at:at + 50]
            self.process.stdin.write(('\n'.join(part) + '\n').encode())
            self.process.stdin.flush()
            answers += [self.answer() for _ in part]
        return answers

    def answer(self):
        status, out, err = map(int, self.process.stdout.readline().split())
        text = self.process.stdout.read(out + err).decode('utf-8', 'replace')
        return status, text[:out], text[out:]

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Digests:
    """What `digest --as-loaded` says of files."""

    def __init__(self, runner, target):
        self.runner, self.target = runner, target

    def of(self, form, paths):
        """{path: (digest as a number, whether the server's can be known, '')}; where it fails
        (None, False, the error)."""
        found = {}
        for at in range(0, len(paths), CHUNK):
            part = paths[at:at + CHUNK]
            command = ['digest', '--json', '--as-loaded', '--format', form, '--target', self.target]
            status, out, err = self.runner.run([command + part])[0]
            try:
                files = json.loads(out)['files']
            except ValueError:
                found.update((path, (None, False, 'exit %d: %s' % (status, err))) for path in part)
                continue
            for path, file in zip(part, files):
                failed = file['error'] is not None
                found[path] = (None, False, file['error']) if failed else (
                    int(file['digest'], 16), not file.get('unknowable'), '')
        return found


class Target:
    """A server and what it makes of outputs."""

    def __init__(self, config, runner, root):
        self.config = config
        self.host = judge.Host(config, root)
        self.digests = Digests(runner, config.binary.target)
        self.options = ['--target', config.binary.target]
        help_text = runner.run([['convert', '--help']])[0][1]
        if config.sanitize == 'yes' and config.has_sanitize and '--sanitize' in help_text:
            self.options += ['--sanitize', 'yes']
        self.known = {}  # what was said of these bytes

    def judge(self, data, in_full):
        """(class, detail, digest) of a file that is loaded; `in_full`: and read."""
        name = hashlib.blake2b(data, digest_size=12).digest()
        known = self.known.get(name)
        if known and (known[1] or not in_full):
            return known[0]
        said = self.read(data) if in_full else self.load(data)
        self.known[name] = said, in_full
        return said

    def read(self, data):
        done, why = self.host.judge(data)
        return done, why, self.host.digest

    def load(self, data):
        self.host.ready()
        try:
            answer = self.host.now.reload(data)
            if isinstance(answer, ErrorReply):
                self.host.drop()  # what it may have freed twice is not to be the next one's trouble
                return self.read(data)
            return 'loads', '', self.host.now.wire.ask(('DEBUG', 'DIGEST'))[0]
        except (Died, Hung):
            self.host.drop()
            return self.read(data)  # says how it ends


class Mutation:
    """One mutant and the files that are made of it for one target."""

    def __init__(self, folder, line, data):
        self.line = line
        self.path = folder / ('%08d.rdb' % line['index'])
        self.path.write_bytes(data)
        self.out = {name: folder / ('%08d.%s' % (line['index'], name)) for name in WRITES}
        self.orphans = folder / ('%08d.orphans' % line['index'])

    def commands(self, options, sound):
        out = self.out
        return {'convert': ['convert', *options, self.path, out['convert']],
                'split': ['split', *options, '--slots', SLOTS, '--databases', '16', '--out-dir',
                          out['split'], self.path],
                'merge': ['merge', *options, self.path, sound, out['merge']],
                'salvage': ['salvage', *options, '--orphans', self.orphans, self.path,
                            out['salvage']]}

    def written(self, command):
        """The files that a command has left."""
        path = self.out[command]
        if command == 'split':
            return sorted(path.iterdir()) if path.is_dir() else []
        paths = [path, self.orphans] if command == 'salvage' else [path]
        return [p for p in paths if p.exists()]

    def remove(self):
        for command in WRITES:
            for path in self.written(command):
                path.unlink()
        if self.out['split'].is_dir():
            self.out['split'].rmdir()


class Worker:
    """What one process needs."""

    def __init__(self, args, configs, mutate):
        self.args, self.mutate = args, mutate
        self.corpus = Corpus(args.corpus)
        self.root = pathlib.Path(tempfile.mkdtemp(dir=args.root))
        self.runner = Runner()
        self.sound = self.root / 'sound.rdb'
        self.sound.write_bytes(sound_file())
        self.targets = [(Target(config, self.runner, self.root), count)
                        for config, count in configs]
        multiprocessing.util.Finalize(None, self.close, exitpriority=10)

    def close(self):
        for target, _ in self.targets:
            target.host.close()
        self.runner.close()

    def chunk(self, indexes):
        """[(mutant's line, configuration, command, exit status, outcome, detail)]"""
        mutations, rows = [], []
        for i in indexes:
            line, data = self.mutate.make(self.corpus, self.args.seed, i, self.args.header)
            mutations.append(Mutation(self.root, line, data))
        for target, count in self.targets:
            these = [m for m in mutations if m.line['index'] < self.args.first + count]
            rows += self.for_target(target, these) if these else []
        for mutation in mutations:
            mutation.path.unlink()
        return rows

    def for_target(self, target, mutations):
        commands = [(m, name, command) for m in mutations
                    for name, command in m.commands(target.options, self.sound).items()]
        answers = self.runner.run([command for _, _, command in commands])
        runs = [(m, name, *answer) for (m, name, _), answer in zip(commands, answers)]
        trial = Trial(target, runs, [m.path for m in mutations] + [self.sound], self.sound)
        rows = [(m.line, target.config.name, name, status, *trial.outcome(m, name, status, err))
                for m, name, status, _, err in runs]
        for mutation in mutations:
            mutation.remove()
        return rows


class Trial:
    """What was written of some mutants for one target, against what the server says."""

    def __init__(self, target, runs, sources, sound):
        self.target, self.sound = target, sound
        made = [path for m, name, status, *_ in runs if status in WRITES[name]
                for path in m.written(name) if name != 'convert']
        added = [path for m, name, status, *_ in runs if status in WRITES[name]
                 for path in m.written(name) if name in ('split', 'merge')]
        self.redis = target.digests.of('redis', [p for p in sources if p != sound] + made)
        self.sums = target.digests.of('xxh3', sources + added)

    def outcome(self, mutation, command, status, errors):
        """(outcome, detail) of a command."""
        last = errors.strip().splitlines()[-1:] or ['']
        paths = mutation.written(command)
        if status not in WRITES[command]:
            if status > 7 or status == 2:
                return 'tool dies', 'exit %d: %s' % (status, last[0])
            return ('output left', last[0]) if paths else ('nothing written', '')
        if not paths:
            return 'output missing', last[0]
        if 'is undecided: ' in errors:
            return 'undecided', last[0]
        outcomes = [self.file(command, path, mutation.path) for path in paths]
        if command in ('split', 'merge'):
            outcomes.append(self.sum(command, paths, mutation.path))
        return max(outcomes, key=lambda o: (*GOOD, *BAD).index(o[0]))

    def file(self, command, path, source):
        """The outcome of one file that was written."""
        done, why, digest = self.target.judge(path.read_bytes(), command in ('convert', 'salvage'))
        if done != 'loads':
            return done, why
        if isinstance(digest, ErrorReply) or digest is None:
            return 'breaks', 'DEBUG DIGEST: %s' % digest
        due, is_known, why = self.redis[source if command == 'convert' else path]
        if due is None:
            return 'digest fails', why
        if not is_known:
            return 'digest not knowable', ''
        found = int(digest, 16)
        if found != due:
            return 'other digest', 'DEBUG DIGEST %040x, digest %040x' % (found, due)
        return 'same digest', ''

    def sum(self, command, paths, source):
        """Whether the content of the outputs is that of the inputs."""
        inputs = [source, self.sound] if command == 'merge' else [source]
        totals = []
        for files in (inputs, paths):
            found = [self.sums[path] for path in files]
            failed = next((why for total, _, why in found if total is None), None)
            if failed is not None:
                return 'digest fails', failed
            totals.append(sum(total for total, *_ in found) & MASK)
        if totals[0] != totals[1]:
            return 'other sum', 'content %032x, of what was read %032x' % (totals[1], totals[0])
        return 'same digest', ''


WORKER = None


def start_worker(args, configs, load_mutate):
    global WORKER
    WORKER = Worker(args, configs, load_mutate())


def run_chunk(indexes):
    return WORKER.chunk(indexes)


class Matrix:
    """Counts of outcomes by configuration, command and exit status, and the exceptions."""

    def __init__(self):
        self.counts = collections.defaultdict(collections.Counter)
        self.classes = collections.defaultdict(list)
        self.exceptions = 0

    def add(self, row):
        line, config, command, status, outcome, detail = row
        self.counts[config, command, status][outcome] += 1
        if outcome in BAD:
            self.exceptions += 1
            self.classes[command, config, outcome, line['kind']].append((line, status, detail))

    def print(self):
        shown = [o for o in (*GOOD, *BAD) if any(c[o] for c in self.counts.values())]
        print('%-13s %-8s %4s' % ('', '', 'exit') + ''.join('%20s' % o for o in shown))
        for (config, command, status), counts in sorted(self.counts.items()):
            print('%-13s %-8s %4d' % (config, command, status) +
                  ''.join('%20s' % (counts[o] or '') for o in shown))
        for (command, config, outcome, kind), found in sorted(
                self.classes.items(), key=lambda item: (item[0][:3], -len(item[1]))):
            print('exception: %s for %s: %s: %d of %s' % (
                command, config, outcome, len(found), kind))
            for line, status, detail in found[:EXAMPLES]:
                print('    %08d type %s %s: exit %d; %s' % (
                    line['index'], line['type'], line['what'][:80], status, detail[:200]))

    def report(self):
        return {'matrix': [[*key, dict(counts)] for key, counts in sorted(self.counts.items())],
                'exceptions': [[*key, [line['index'] for line, *_ in found[:100]], len(found)]
                               for key, found in sorted(self.classes.items())]}

    def indexes(self):
        return sorted({line['index'] for found in self.classes.values() for line, *_ in found})


def find_configs(args):
    """[(configuration, how many mutants it gets)]; says which servers are not there."""
    binaries = {}
    for binary in live_server.find_binaries(ROOT / 'build/servers'):
        binaries.setdefault(binary.target, binary)
        binaries.setdefault(binary.name, binary)
    wanted = {name: args.count for name in (args.servers or '').split(',') if name} or \
        {**{name: args.count for name in ALL}, **{name: args.count // 5 for name in SOME}}
    configs = []
    for name, count in wanted.items():
        name, _, sanitize = name.partition('/')
        if name not in binaries:
            print('%s: skipped: %s' % (name, NOT_THERE))
            continue
        configs.append((judge.Config(binaries[name], sanitize or args.sanitize), count))
    return configs


def keep(folder, args, mutate, indexes):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    corpus = Corpus(args.corpus)
    for i in indexes:
        data = mutate.make(corpus, args.seed, i, args.header)[1]
        (folder / ('%08d.rdb' % i)).write_bytes(data)
    print('%d mutants in %s' % (len(indexes), folder))


def run(args, load_mutate):
    """The exit status."""
    began = time.monotonic()
    configs = find_configs(args)
    if not configs:
        sys.exit('tests/agree --writers: no server')
    matrix, end = Matrix(), args.first + args.count
    parts = [range(at, min(at + CHUNK, end)) for at in range(args.first, end, CHUNK)]
    with concurrent.futures.ProcessPoolExecutor(
            args.jobs, initializer=start_worker,
            initargs=(args, configs, load_mutate)) as pool:
        for rows in pool.map(run_chunk, parts):
            for row in rows:
                matrix.add(row)
    matrix.print()
    total = sum(count for _, count in configs)
    took = time.monotonic() - began
    print('%d mutants, %d for a server, %d outcomes, %d exceptions: %.0f s, %.1f ms for each' % (
        args.count, total, sum(sum(c.values()) for c in matrix.counts.values()),
        matrix.exceptions, took, 1000 * took / max(total, 1)))
    if args.keep:
        keep(args.keep, args, load_mutate(), matrix.indexes())
    if args.report:
        pathlib.Path(args.report).write_text(json.dumps(matrix.report(), indent=1) + '\n')
    return matrix.exceptions > 0
