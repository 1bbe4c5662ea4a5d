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
(valkey 8.0.1 src/rdb.c, rdbReportError), and the server lives on. Where that may make a difference
the file is judged once more, by a server that is started on it; with `start` every file is.
"""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

import reading
from wire import TIMEOUT, Died, ErrorReply, Hung, Wire

ASSERTIONS = ('==> ', 'Guru Meditation')
SEVERITY = ('loads', 'drops', 'breaks', 'refuses', 'crashes', 'hangs')


class Config:
    """A server and its setting; `name` is TARGET/SANITIZE, or TARGET where it always sanitizes;
    `package` is the version of its package."""

    def __init__(self, binary, sanitize):
        self.binary, self.sanitize = binary, sanitize
        self.has_sanitize = (6, 2) <= binary.version[1:3] < (9, 1)
        self.name = binary.target + ('/' + sanitize if self.has_sanitize else '')
        self.package = binary.package

    def settings(self, folder):
        s = {'port': 0, 'unixsocket': folder + '/s', 'dir': folder, 'dbfilename': 'dump.rdb',
             'save': '', 'appendonly': 'no', 'logfile': folder + '/log', 'loglevel': 'verbose',
             'databases': 16}
        version = self.binary.version[1:3]
        if version >= (6, 2):
            s.update({'crash-log-enabled': 'no', 'crash-memcheck-enabled': 'no'})
        if self.has_sanitize:
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

    def connect(self, timeout=TIMEOUT):
        """Waits until it answers; Died or Hung."""
        end = time.monotonic() + timeout
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
            answer = self.wire.ask(('PING',))[0]
            if answer == b'PONG':
                return
            if time.monotonic() > end:
                raise Hung
            time.sleep(0.005)  # LOADING

    def reload(self, data):
        """The reply to DEBUG RELOAD NOSAVE of the file."""
        with open(self.dump + '.new', 'wb') as out:
            out.write(data)
        os.rename(self.dump + '.new', self.dump)
        self.log_at = os.stat(self.folder + '/log').st_size
        return self.wire.ask(('DEBUG', 'RELOAD', 'NOSAVE'))[0]

    def exit_status(self):
        """How it died, negative: by a signal; None when it does not die."""
        try:
            return self.process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            return None

    def new_log(self):
        """What it has logged of the last file."""
        try:
            with open(self.folder + '/log', 'rb') as log:
                log.seek(self.log_at)
                return log.read().decode('latin-1')
        except OSError:  # it died before it had one
            return ''

    def end(self):
        if self.wire:
            self.wire.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


NOISE = re.compile(r'overcommit|Huge|THP|backlog|open files|maxclients|oO0OoO0|WARNING|jemalloc|'
                   r'Configuration loaded|crash report|^=== |=== VALKEY|=== REDIS|bug report|'
                   r'Short read or OOM|just started|AUX field|kipping empty key')
STAMP = re.compile(r'^\d+:[A-Z] \d+ \w+ \d+ [\d:.]+ . ')


def reason(log):
    """The line of a log that says why."""
    lines = [STAMP.sub('', line) for line in log.splitlines()]
    lines = [line for line in lines if line.strip() and not NOISE.search(line)]
    for mark in (*ASSERTIONS, 'FATAL', 'rdb.c:', 'rror', 'Failed', "an't", 'Wrong', ' '):
        for line in lines:
            if mark in line:
                return line.strip()[:200]
    return ''


def place_of(detail):
    """What is the same in the details of one cause: the place in the source, or else the words."""
    found = re.search(r'\w+\.c:\d+', detail)
    return found[0] if found else re.sub(r'b?\'.*\'|b".*"|\d+', '', detail)[:40]


class Host:
    """Judges one file after another in one configuration."""

    def __init__(self, config, root, start=False):
        self.config, self.root, self.start = config, root, start
        self.now = self.spare = None
        self.further = False
        self.log = ''
        self.digest = None  # DEBUG DIGEST of the last file that was read

    def close(self):
        for process in (self.now, self.spare):
            if process:
                process.end()
        self.now = self.spare = None

    def judge(self, data, further=False):
        """The verdict; `further`: also on what happens as every key is written to."""
        self.further = further
        if self.start:
            return self.judge_start(data)
        verdict = self.judge_running(data)
        if self.is_doubtful(verdict):
            return self.judge_start(data)
        if self.now and (verdict[0] == 'breaks' or 'PEL' in verdict[1]):
            self.drop()  # what it freed twice is not to be the next one's trouble
        return verdict

    def is_doubtful(self, verdict):
        """True where a start may do another thing: what went on after an error that it had
        reported, and what died or hung without an assertion."""
        if verdict[0] == 'refuses':
            return False
        return 'Internal error in RDB' in self.log or \
            self.now is None and not any(mark in self.log for mark in ASSERTIONS)

    def ready(self):
        """A server is running that can be told to load a file."""
        if self.now is None:
            self.now = self.spare or Process(self.config, self.root)
            self.spare = Process(self.config, self.root)  # ready when this one dies
            self.now.connect(60)

    def judge_running(self, data):
        self.ready()
        return self.load(data, lambda: self.now.reload(data), at_once=True)

    def judge_start(self, data):
        """By a server that is started on the file."""
        held, self.now = self.now, Process(self.config, self.root, data)
        try:
            return self.load(data, self.now.connect, at_once=False)
        finally:
            if self.now:
                self.drop()
            self.now = held

    def load(self, data, how, at_once):
        """The verdict on the file, which the process loads with how()."""
        self.digest = None
        try:
            answer = how()
            self.log = self.now.new_log()
            if isinstance(answer, ErrorReply):
                return 'refuses', reason(self.log) or answer
        except (Died, Hung) as end:
            status, why = self.end(end)
            if status is None:
                return 'hangs', why
            return ('crashes' if status < 0 else 'refuses'), 'exit %d: %s' % (status, why)
        wire = self.now.wire
        try:
            found = reading.Reading(wire, data, at_once)
            verdict = found.verdict(self.further)
            self.digest = found.digest
            return verdict
        except (Died, Hung) as end:
            status, why = self.end(end)
            does = 'hangs' if status is None else 'exit %d' % status
            return 'breaks', '%s at %s: %s' % (does, wire.asked, why)

    def end(self, how):
        """(exit status or None for one that hangs, reason) of the process, which is no more."""
        status = self.now.exit_status() if isinstance(how, Died) else None
        self.log = self.now.new_log()
        self.drop()
        return status, reason(self.log)

    def drop(self):
        self.now.end()
        self.now = None
