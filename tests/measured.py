"""Runs a program and says what it took (for tests/memory and tests/bench/run)."""
import ctypes
import os
import subprocess
import tempfile
import time

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h

# The peak of a process counts what it was before exec, and a child of this interpreter would never
# be seen below some 10 MB. So a shell starts the program and ends at once, and the orphan is
# adopted here, by a subreaper. The pid comes through fd 4, since a shell takes one digit only. The
# program begins when it hears through fd 5 that the shell has ended, which would wait for it.
LAUNCH = 'exec 3<&0; { read -r _ <&5; exec "$@" <&3 3<&- 4>&- 5<&-; } & echo $! >&4'


class Usage:
    """What a program took: wall and cpu (user and system) seconds, peak resident bytes; how it
    ended (as subprocess has it) and its last words."""

    def __init__(self, wall, usage, status, words):
        self.wall = wall
        self.cpu = usage.ru_utime + usage.ru_stime
        self.peak = usage.ru_maxrss * 1024
        self.status = os.waitstatus_to_exitcode(status)
        self.words = words


def start(args, stdin, stdout, stderr):
    """(pid, pipe to its standard input or None)"""
    if ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError('prctl(PR_SET_CHILD_SUBREAPER) is refused')
    told, telling = os.pipe()
    gate, opening = os.pipe()

    def pass_pipes():
        tell = os.dup(telling)  # the other end of one may be fd 4 or 5
        wait = os.dup(gate)
        os.dup2(tell, 4)
        os.dup2(wait, 5)

    shell = subprocess.Popen(['sh', '-c', LAUNCH, 'sh', *map(str, args)], stdin=stdin,
                             stdout=stdout, stderr=stderr, pass_fds=(4, 5), preexec_fn=pass_pipes)
    os.close(telling)
    os.close(gate)
    with os.fdopen(told) as pids:
        pid = int(pids.readline())
    shell.wait()
    os.write(opening, b'\n')
    os.close(opening)
    return pid, shell.stdin


def run(args, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, feed=None):
    """Runs a program to its end; `feed` yields what goes to its standard input by a pipe."""
    with tempfile.TemporaryFile() as stderr:
        began = time.monotonic()
        pid, pipe = start(args, stdin if feed is None else subprocess.PIPE, stdout, stderr)
        try:
            for piece in feed or ():
                pipe.write(piece)
        except BrokenPipeError:
            pass  # it ended early: its status says more
        finally:
            if pipe:
                try:
                    pipe.close()
                except BrokenPipeError:
                    pass
        _, status, usage = os.wait4(pid, 0)
        wall = time.monotonic() - began
        stderr.seek(0)
        return Usage(wall, usage, status, stderr.read().decode(errors='replace').strip())
