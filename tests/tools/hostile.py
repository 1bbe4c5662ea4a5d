#!/usr/bin/env python3
"""Makes hostile files by their structure and runs every command of rdbferry over each of them.

  tests/tools/hostile.py [--binary build/asan/bin/rdbferry] [--seed S] [--count N] [--first I]
                         [--seconds N] [--jobs N] [--part NAME] [--keep DIR] [-v]

File I depends on the seed, I and testdata/ alone. It is put together of the parts of
hostile_parts.py and tests/mutations*.py, most of them sound, its checksum is right most of the
time, and hostile_forms.py puts around it what snapshots come in. A run fails if

  it ends by a signal, with a report of a sanitizer, or with a status that the command has not
  it takes more than 10 s of processor time, or 60 s
  it takes more memory than MEMORY says (with a function library what that may take, too)
  a JSON document of it is not such as a strict parser takes
  what it prints for people is not UTF-8, or holds a control character or a forged line
  an output is there after a status that promises none, or anything else is left
  it says nothing although it fails
  its output is not what `check --target` says that the target loads
  it ends otherwise when it reads the file itself in place of a pipe, or prints no JSON

The last line tells how many files and runs there were, the time, the largest memory, and how many
runs failed. --keep writes the files of these to a folder.
"""
import argparse
import collections
import concurrent.futures
import itertools
import multiprocessing
import os
import pathlib
import random
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import hostile_forms  # noqa: E402
import hostile_parts  # noqa: E402
import hostile_runs  # noqa: E402
import measured  # noqa: E402
import mutations_file  # noqa: E402,F401
import mutations_packed  # noqa: E402,F401
import printed  # noqa: E402
import rdb_make as make  # noqa: E402
from mutant import Corpus  # noqa: E402

ROOT = HERE.parent.parent
CPU_MAX_S, WALL_MAX_S = 10, 60
# Resident bytes: of a release build and one with sanitizers; a library may take 256 MiB (--help).
MEMORY = {False: 64 << 20, True: 512 << 20}
LIBRARY_MEMORY = 256 << 20
REPORTS = (b'Sanitizer', b'runtime error:')
SANITIZER_EXIT = 99
RELEASES = ('valkey-8.1.1', 'valkey-8.1.10', 'valkey-8.1.1+dfsg1-3+deb13u3')
NODES = (b'%b 127.0.0.1:1@2 master - 0 0 1 connected 0-8000\n%b 127.0.0.1:3@4 master - 0 0 2 '
         b'connected 8001-16383\n' % (b'a' * 40, b'b' * 40))


def hostile_file(corpus, seed, index, only=None):
    """(what is to be read: bytes or the files of a directory by name; notes; may it run libraries)
    only: the name of the one part that is not sound."""
    m = hostile_parts.Hostile(corpus, seed, index)
    soundness = m.pick((0.4, 0.8, 0.9))
    for _ in range(m.pick((1, 2, 4, 8, 12))):
        name, part = ('sound', hostile_parts.sound) if m.chance(soundness) else m.pick(
            [p for p in hostile_parts.PARTS if only in (None, p[0])])
        m.note('[%s]', name)
        part(m)
    if m.whole is not None and m.chance(0.5):
        m.whole = None
    if m.checksum is None and m.chance(0.1):
        m.checksum = m.pick((bytes(8), m.noise(7) + b'\0', b''))
    if m.chance(0.05):
        m.header = m.pick((b'REDIS0009', b'REDIS0006', b'REDIS0003', b'VALKEY080', b'VALKEY081'))
    data, said = hostile_forms.dressed(m, m.data())
    return data, m.notes + said, m.has_library


class Ended:
    """How a run ended."""

    def __init__(self, status, usage, wall, out, words):
        self.status, self.wall = status, wall
        self.cpu = usage.ru_utime + usage.ru_stime
        self.peak = usage.ru_maxrss * 1024
        self.out, self.words = out, words


def feed(pipe, data):
    try:
        pipe.write(data)
        pipe.close()
    except BrokenPipeError:
        pass


def has_ended(pid, seconds):
    """Waits so long for a child, which stays to be waited for."""
    try:
        watch = os.pidfd_open(pid)
    except ProcessLookupError:  # it has ended already
        return True
    poll = select.poll()
    poll.register(watch, select.POLLIN)
    ended = poll.poll(seconds * 1000)
    os.close(watch)
    return bool(ended)


def execute(arguments, data=None):
    """Runs a program; `data`: what comes to it by a pipe."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as words:
        began = time.monotonic()
        stdin = subprocess.DEVNULL if data is None else subprocess.PIPE
        pid, pipe = measured.start(arguments, stdin, out, words)
        if pipe:
            threading.Thread(target=feed, args=(pipe, data), daemon=True).start()
        if not has_ended(pid, WALL_MAX_S):
            os.kill(pid, signal.SIGKILL)
        _, status, usage = os.wait4(pid, 0)
        out.seek(0)
        words.seek(0)
        return Ended(os.waitstatus_to_exitcode(status), usage, time.monotonic() - began,
                     out.read(), words.read())


class Trial:
    """All runs over one file, in a folder of its own."""

    def __init__(self, args, index):
        self.args, self.index = args, index
        self.problems, self.runs, self.peak = [], 0, (0, '')
        self.slowest = (0, '')
        self.statuses = collections.Counter()

    def fail(self, about, words):
        self.problems.append('file %d: %s: %s' % (self.index, about, words))

    def go(self):
        data, self.notes, has_library = hostile_file(self.args.corpus, self.args.seed, self.index,
                                                      self.args.part)
        self.memory = MEMORY[self.args.is_sanitized] + LIBRARY_MEMORY * has_library
        self.data = data
        before = pathlib.Path.cwd()
        folder = pathlib.Path(tempfile.mkdtemp(prefix='hostile-'))
        try:
            os.chdir(folder)
            self.rng = random.Random('%s %d' % (self.args.seed, self.index))
            self.prepare(folder, data)
            size = None if isinstance(data, dict) else len(data)
            runs = hostile_runs.Maker(self.rng, 'in', size, self.args.targets, self.args.writes)
            for run in runs.all():
                self.one(run)
        finally:
            os.chdir(before)
            shutil.rmtree(folder)
        if self.problems and self.args.keep:
            self.keep()
        return self

    def prepare(self, folder, data):
        if isinstance(data, dict):
            (folder / 'in').mkdir()
            for name, content in data.items():
                (folder / 'in' / os.fsdecode(name)).write_bytes(content)
        else:
            (folder / 'in').write_bytes(data)
        (folder / hostile_runs.PLAIN).write_bytes(make.finish(
            b'REDIS0011\xfe\x00\x00\x02k1\x01a\x04\x02zz\x01\x01f\x01v\xff'))
        (folder / 'nodes.conf').write_bytes(NODES)
        (folder / 'names').write_bytes(b'k1\n"k2"\nwit1\n')
        made = execute([self.args.binary, 'manifest', hostile_runs.PLAIN])
        (folder / hostile_runs.MANIFEST).write_bytes(made.out)
        if made.status != 0:
            self.fail('manifest', excerpt(made.words))
        for sound, odd in zip((hostile_runs.MANIFEST, None, 'names', 'nodes.conf'),
                              hostile_runs.ODD.values()):
            text = (folder / sound).read_bytes() if sound else b'# Keyspace\r\ndb0:keys=2,expires=0'
            (folder / odd).write_bytes(hostile_parts.odd_text(self.rng, text))
        other, _, library = hostile_file(self.args.corpus, 'other %s' % self.args.seed, self.index)
        self.memory += LIBRARY_MEMORY * library
        (folder / hostile_runs.OTHER).write_bytes(
            other if isinstance(other, bytes) else b''.join(other.values()))
        self.here = set(os.listdir('.'))

    def one(self, run):
        about = ' '.join(run.arguments) + (' < in' if run.by_pipe else '')
        data = pathlib.Path('in').read_bytes() if run.by_pipe else None
        ended = execute([self.args.binary, *run.arguments], data)
        self.count(ended, about)
        self.look(run, ended, about)
        left = set(os.listdir('.')) - self.here
        if left - set(run.outputs):
            self.fail(about, 'left %s' % sorted(left - set(run.outputs)))
        elif left and ended.status not in run.done:
            self.fail(about, 'exit %d leaves %s' % (ended.status, sorted(left)))
        elif run.outputs and ended.status in run.done and run.outputs[0] not in left:
            self.fail(about, 'exit %d without an output' % ended.status)
        for name in left:
            self.look_at_output(run, name, about)
        self.clear()
        if self.rng.random() < 0.2 and ended.status in run.exits:
            self.again(run, ended.status, about)

    def clear(self):
        for name in set(os.listdir('.')) - self.here:
            shutil.rmtree(name) if os.path.isdir(name) else os.unlink(name)

    def again(self, run, status, about):
        """The same by a file, and without JSON: it must end in the same way."""
        arguments = [a for a in run.arguments if a != '--json']
        if run.by_pipe:
            arguments[arguments.index('-')] = 'in'
        ended = execute([self.args.binary, *arguments])
        self.count(ended, about)
        self.clear()
        if ended.status != status and (ended.status in run.exits or not run.by_pipe):
            self.fail(about, 'exit %d, and %d of %s' % (status, ended.status, ' '.join(arguments)))

    def count(self, ended, about):
        self.runs += 1
        self.statuses[ended.status] += 1
        where = 'file %d: %s' % (self.index, about)
        self.peak = max(self.peak, (ended.peak, where))
        self.slowest = max(self.slowest, (ended.cpu, where))
        if ended.cpu > CPU_MAX_S or ended.wall > WALL_MAX_S:
            self.fail(about, 'took %.1f s, %.1f s of them by the processor' % (ended.wall, ended.cpu))
        if ended.peak > self.memory:
            self.fail(about, 'took %d MiB of memory' % (ended.peak >> 20))

    def look(self, run, ended, about):
        """At how it ended, and at all that it printed."""
        is_usage = ended.status == 2 and (
            any(why in ended.words for why in hostile_runs.USAGE)
            or any(odd in run.arguments for odd in hostile_runs.ODD.values()))
        if not (ended.status in run.exits or is_usage) or any(r in ended.words for r in REPORTS):
            self.fail(about, 'exit %d: %s' % (ended.status, excerpt(ended.words)))
            return
        for stream in (ended.out, ended.words):
            for fault in printed.faults_of_text(stream):
                self.fail(about, fault)
        if ended.status > 1 and not ended.words and not ended.out:
            self.fail(about, 'exit %d without a word' % ended.status)
        documents = []
        if run.prints == 'json' and (ended.out or ended.status == 0):
            documents = [ended.out]
        elif run.prints == 'lines':  # the last line of damaged data ends early
            documents = ended.out.splitlines()[:-1 if ended.status else None]
        for document in documents:
            self.parse(document, about)

    def parse(self, document, about):
        try:
            printed.parse(document)
        except ValueError as error:
            self.fail(about, 'no JSON: %s: %r' % (error, document[-200:]))

    def look_at_output(self, run, name, about):
        if name.endswith(('.json', '.jsonl')):
            data = pathlib.Path(name).read_bytes()
            for fault in printed.faults_of_text(data):
                self.fail(about, 'in %s: %s' % (name, fault))
            for document in data.splitlines() if name.endswith('.jsonl') else [data]:
                self.parse(document, about)
            if name == 'man.json':
                proven, plain = (execute([self.args.binary, 'check', *hostile_runs.NOW, *option, 'in'])
                                 for option in (['--manifest', name], []))
                if proven.status != plain.status:
                    self.fail(about, 'check --manifest ends with %d: %s' % (
                        proven.status, excerpt(proven.out + proven.words)))
        elif run.target:
            parts = sorted(pathlib.Path(name).iterdir()) if name == 'parts' else [name]
            for path in parts[:20]:
                again = execute([self.args.binary, 'check', *run.target, str(path)])
                self.count(again, 'check of the output of ' + about)
                if again.status not in (0, 7):
                    self.fail(about, 'check %s says %d of its output %s: %s' % (
                        ' '.join(run.target), again.status, path, excerpt(again.out + again.words)))

    def keep(self):
        folder = pathlib.Path(self.args.keep)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / ('%s-%d' % (self.args.seed, self.index))
        path.with_suffix('.txt').write_text('\n'.join([*self.notes, *self.problems]) + '\n',
                                            encoding='utf-8', errors='backslashreplace')
        if isinstance(self.data, dict):
            path.mkdir(exist_ok=True)
            for name, content in self.data.items():
                (path / os.fsdecode(name)).write_bytes(content)
        else:
            path.write_bytes(self.data)


def excerpt(data, most=600):
    """Of what a program said: from the report of a sanitizer on, if there is one."""
    at = max(0, min((data.find(r) for r in REPORTS if r in data), default=0) - 40)
    return data[at:at + most].decode(errors='backslashreplace').strip()


ARGS = None


def trial(index):
    return finished(Trial(ARGS, index).go())


def finished(done):
    """What of a trial goes back to the one that asked."""
    done.args = done.data = done.rng = None
    return done


def environment(args):
    """Sanitizers end a program with a status of their own; nothing takes the machine's memory."""
    options = 'exitcode=%d:quarantine_size_mb=8:hard_rss_limit_mb=3000' % SANITIZER_EXIT
    os.environ.update(ASAN_OPTIONS=options, UBSAN_OPTIONS='print_stacktrace=1', TZ='UTC')
    if not args.is_sanitized:
        resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))


def trials(args):
    """The trials, as they end, until there are enough."""
    ends = time.monotonic() + args.seconds if args.seconds else None
    indexes = itertools.count(args.first) if ends else iter(
        range(args.first, args.first + args.count))
    pool = concurrent.futures.ProcessPoolExecutor(
        args.jobs, mp_context=multiprocessing.get_context('fork'))
    with pool:
        waiting = set()
        while True:
            while len(waiting) < 2 * args.jobs and not (ends and time.monotonic() > ends):
                index = next(indexes, None)
                if index is None:
                    break
                waiting.add(pool.submit(trial, index))
            if not waiting:
                return
            done, waiting = concurrent.futures.wait(
                waiting, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in done:
                yield future.result()


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--binary', default=str(ROOT / 'build/asan/bin/rdbferry'))
    parser.add_argument('--seed', default='1')
    parser.add_argument('--count', type=int, default=100)
    parser.add_argument('--first', type=int, default=0)
    parser.add_argument('--seconds', type=float, help='so long, in place of --count')
    parser.add_argument('--jobs', type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument('--part', choices=sorted({name for name, _ in hostile_parts.PARTS}),
                        help='the one that is not sound')
    parser.add_argument('--keep', metavar='DIR')
    parser.add_argument('-v', '--verbose', action='store_true', help='also the notes on each file')
    args = parser.parse_args()
    args.binary = os.path.abspath(args.binary)
    args.keep = args.keep and os.path.abspath(args.keep)
    say = subprocess.run([args.binary, '--version'], capture_output=True, check=True).stdout
    args.is_sanitized = b'sanitizers' in say
    targets = printed.parse(subprocess.run([args.binary, 'targets', '--json'], check=True,
                                           capture_output=True).stdout)
    args.writes = [t['target'] for t in targets['targets']]
    args.targets = [*args.writes, *RELEASES]
    args.corpus = Corpus(ROOT / 'testdata')
    return args


def main():
    global ARGS
    ARGS = args = parse_arguments()
    environment(args)
    began, files, runs, failed = time.monotonic(), 0, 0, 0
    peak = slowest = (0, '')
    statuses = collections.Counter()
    for done in trials(args):
        files, runs, failed = files + 1, runs + done.runs, failed + len(done.problems)
        peak, slowest = max(peak, done.peak), max(slowest, done.slowest)
        statuses += done.statuses
        if args.verbose:
            print('file %d: %s' % (done.index, '; '.join(done.notes)))
        for problem in done.problems:
            print('FAILED seed %s %s' % (args.seed, problem), flush=True)
    print('exit statuses: %s' % ', '.join('%d: %d' % pair for pair in sorted(statuses.items())))
    print('slowest: %.1f s, %s' % slowest)
    print('largest: %d KiB, %s' % (peak[0] >> 10, peak[1]))
    print('%d files, %d runs, %.1f minutes, peak %.1f MiB, %d failed' % (
        files, runs, (time.monotonic() - began) / 60, peak[0] / (1 << 20), failed))
    return 1 if failed or not files else 0


if __name__ == '__main__':
    sys.exit(main())
