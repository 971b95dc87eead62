#!/usr/bin/python3
"""Asks for random things, one after the other, while controller and keeper die, hang, or are exchanged by another version;
and compares what is there with a model of what must be:
  M1  what was answered holds: started is running, stopped is gone, updated is as the file says
  M2  what was not answered has happened, or has not, and nothing else
  M3  what was asked for nothing keeps its state, and its pid
  M4  what supervisord says of a process is so: the pid lives, and is the one that says so itself; who is down is dead
  M5  a signal that was answered arrived once, one that was not at most once
  M6  an exit code is the true one, or said to be unknown; who was to be started again was, others not
  I1  no two live processes of one name, ever; I4  never two controllers, never two keepers

    operations.py --bin DIR --witness FILE [--operations N] [--seed N] [--user NAME] [--terminal] [--keep]

As root it runs in a PID namespace of its own; with --user under that user; with --terminal in the foreground of a terminal
that stops who writes from its background.  Ends with 'N passed, N failed, N skipped'.
"""
import argparse
import collections
import contextlib
import ctypes
import fcntl
import os
import pty
import pwd
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import threading
import time

sys.dont_write_bytecode = True
from faults import enter_namespace, perform, result_of  # noqa: E402
from pair import PATIENCE, Connection, controllers, keepers, supervisors, until  # noqa: E402

STOPPED, STARTING, RUNNING, BACKOFF, STOPPING, EXITED, FATAL = 0, 10, 20, 30, 40, 100, 200
PASSING = (STARTING, BACKOFF, STOPPING)
SPAWN_ERROR, ALREADY_STARTED, NOT_RUNNING = 50, 60, 70
UNKNOWN = 'status unknown'


class Program:
    """What the file says of it, and what is known to be so."""

    def __init__(self, name, autostart, autorestart):
        self.name, self.autostart, self.autorestart = name, autostart, autorestart
        self.version, self.present = 0, True
        self.up = self.pid = None   # up: None when nobody can know
        self.left = None    # pid of one that lived on when a start found that it is not configured any more
        self.wants = None   # what it was asked for: True, False, 'anew', 'gone', 'ended'

    def section(self, test):
        return ('[program:%s]\ncommand=%s %s %s 20 60 0\nautostart=%s\nautorestart=%s\nstartsecs=0\nstopwaitsecs=60\n'
                'stdout_logfile=%s\nenvironment=VERSION="%d"\n'
                % (self.name, test.witness, self.name, test.truth, self.autostart, self.autorestart,
                   test.path(self.name + '.log'), self.version))


class Test:
    def __init__(self, options, directory):
        self.options, self.directory = options, directory
        self.random = random.Random(options.seed)
        self.truth = self.path('truth')
        self.conf = self.path('supervisord.conf')
        self.rpc = Connection(self.path('s.sock'))
        self.witness = os.path.join(directory, 'witness')
        self.programs = [Program('p%d' % number, 'true' if number % 3 else 'false', ('true', 'false', 'unexpected')[number // 3])
                         for number in range(9)]
        self.done = collections.deque(maxlen=25)   # for who reads a failure
        self.counts = collections.Counter()
        self.signals = collections.Counter()   # sent to each, by name
        self.failures = []
        self.terminals = []   # the shells in them
        os.mkdir(self.truth)

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def say(self, text):
        self.done.append('%.3f %s' % (time.monotonic() - self.begin, text))

    def insist(self, good, message):
        if not good:
            raise AssertionError(message)

    # What there is

    def configure(self):
        with open(self.conf + '.new', 'w') as file:
            file.write('[unix_http_server]\nfile=%s\n[supervisord]\nlogfile=%s\npidfile=%s\nchildlogdir=%s\nnodaemon=true\n'
                       'silent=%s\nlogfile_maxbytes=0\ncontroller_timeout=2\n'
                       '[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = '
                       'supervisor.rpcinterface:make_main_rpcinterface\n[supervisorctl]\nserverurl=unix://%s\n'
                       % (self.path('s.sock'), self.path('main.log'), self.path('pid'), self.directory,
                          'false' if self.options.terminal else 'true', self.path('s.sock')))
            for program in self.programs:
                if program.present:
                    file.write(program.section(self))
        os.rename(self.conf + '.new', self.conf)

    def launch(self):
        if self.options.terminal:
            return self.launch_in_terminal()
        with open(self.path('stderr'), 'a') as errors:
            subprocess.Popen([os.path.join(self.options.bin, 'supervisord'), '-c', self.conf],
                             stdin=subprocess.DEVNULL, stdout=errors, stderr=errors)

    def launch_in_terminal(self):
        """By a shell that leads the session, and outlives what it started."""
        ours, theirs = pty.openpty()
        modes = termios.tcgetattr(theirs)
        modes[3] |= termios.TOSTOP
        termios.tcsetattr(theirs, termios.TCSANOW, modes)
        self.terminals.append(subprocess.Popen(
            ['/bin/sh', '-c', '"$0" -c "$1"; exec sleep 100000', os.path.join(self.options.bin, 'supervisord'), self.conf],
            stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)))
        os.close(theirs)

        def read():
            with contextlib.suppress(OSError), open(self.path('terminal'), 'ab') as file:
                while True:
                    file.write(os.read(ours, 65536))
                    file.flush()
        threading.Thread(target=read, daemon=True).start()

    def reap(self):
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0] != 0:
                pass

    def keeper(self):
        try:
            with open(self.path('pid')) as file:
                return int(file.read())
        except (FileNotFoundError, ValueError):
            return None

    def answer(self, method, *params):
        """Of something that may be asked again and again."""
        def attempt():
            self.reap()
            if not supervisors(self.conf):
                self.say('started again')
                self.counts['started again'] += 1
                self.launch()
            try:
                return [self.rpc.call(method, *params)]
            except (OSError, ValueError, KeyError):
                return None
        return until('an answer to ' + method, attempt)[0]

    def infos(self):
        """By name, when nothing is on its way."""
        def settled():
            found = {info['name']: info for info in self.answer('getAllProcessInfo')}
            return [found] if all(info['state'] not in PASSING for info in found.values()) else None
        return until('states that last', settled)[0]

    def told(self, name):
        """What a witness wrote of itself: words of each line."""
        try:
            with open(os.path.join(self.truth, name)) as file:
                return [line.split() for line in file.read().splitlines()]
        except FileNotFoundError:
            return []

    # Faults

    def some_fault(self):
        """At a random moment of the next operation.  True: both die, and all begins anew."""
        lot = self.random.random()
        delay = self.random.choice((0, 0.003, 0.02, 0.1)) * self.random.random()
        if lot < 0.4:
            return None, False
        kind = ('controller' if lot < 0.65 else 'keeper' if lot < 0.8 else 'upgrade' if lot < 0.9 else
                'both' if lot < 0.96 else 'hang')
        self.counts[kind] += 1

        def strike():
            time.sleep(delay)
            there, keeper = controllers(self.conf), self.keeper()
            self.say('%s: keeper %s, controllers %s' % (kind, keeper, there))
            if kind == 'both':
                self.kill(there + [keeper], signal.SIGSTOP)
                self.kill(there + [keeper], signal.SIGKILL)
            else:
                self.kill({'controller': there, 'hang': there}.get(kind, [keeper]),
                          {'upgrade': signal.SIGUSR1, 'hang': signal.SIGSTOP}.get(kind, signal.SIGKILL))
            if kind == 'hang':
                until('the end of a hang', lambda: self.hang_is_over(there))
        thread = threading.Thread(target=strike)
        thread.start()
        return thread, kind == 'both'

    def hang_is_over(self, hanging):
        if not set(keepers(self.conf)) - set(hanging):
            # Its keeper was killed just before: nobody is left who could notice that the last of all is stopped.
            self.say('continued')
            self.kill(hanging, signal.SIGCONT)
            return True
        return not set(controllers(self.conf)) & set(hanging)

    def kill(self, pids, number):
        for pid in pids:
            # The pidfile may be of one that is dead; an upgrade is no business of anybody else.
            if pid and pid in [there for there, _ in supervisors(self.conf)]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)

    # Operations.  Each answers who is asked for something, by name, and does what it is; how() does it once, None when
    # there was no answer.

    def once(self, method, *params):
        try:
            return self.rpc.call_raw(method, *params)
        except (OSError, ValueError, KeyError) as problem:
            self.say('no answer to %s: %r' % (method, problem))
            return None

    def present(self):
        return [program for program in self.programs if program.present]

    def start(self):
        program = self.random.choice(self.present())
        program.wants = True

        def how():
            answer = self.once('startProcess', program.name, True)
            wanted = {'error': ALREADY_STARTED} if program.up else {'result': True}
            self.judge_answer(program, answer, wanted)
            return answer
        return [program], how

    def stop(self):
        program = self.random.choice(self.present())
        program.wants = False

        def how():
            answer = self.once('stopProcess', program.name, True)
            self.judge_answer(program, answer, {'result': True} if program.up else {'error': NOT_RUNNING})
            return answer
        return [program], how

    def judge_answer(self, program, answer, wanted):
        if answer is None:
            return
        got = {'error': answer['error']['code']} if 'error' in answer else {'result': answer['result']}
        self.insist(program.up is None or got == wanted, 'M1: %s: answered %s, not %s' % (program.name, answer, wanted))

    def restart(self):
        program = self.random.choice(self.present())
        program.wants = 'anew'
        return [program], lambda: self.control('restart', program.name)

    def start_all(self):
        for program in self.present():
            program.wants = True
        return self.present(), lambda: self.once('startAllProcesses', True)

    def stop_all(self):
        for program in self.present():
            program.wants = False
        return self.present(), lambda: self.once('stopAllProcesses', True)

    def update(self):
        changed = self.random.sample(self.programs, self.random.randint(1, 3))
        for program in changed:
            if program.present and self.random.random() < 0.5:
                program.version += 1
            else:
                program.present = not program.present
            program.wants = ('anew' if program.autostart == 'true' else False) if program.present else 'gone'
        self.configure()
        # What a death cuts off is asked for again: an update is of all that the file says.
        return changed, lambda: until('an update', lambda: self.answer('getPID') and self.control('update'))

    def control(self, *words):
        try:
            done = subprocess.run([os.path.join(self.options.bin, 'supervisorctl'), '-c', self.conf, *words], text=True,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError('supervisorctl %s does not end' % (words,)) from None
        self.say('supervisorctl %s: %d: %s' % (' '.join(words), done.returncode, done.stdout.replace('\n', ' / ')))
        return True if done.returncode == 0 and 'rror' not in done.stdout else None

    def signal(self):
        up = [program for program in self.present() if program.up]
        if not up:
            return [], lambda: True
        program = self.random.choice(up)
        arrived = lambda: self.told(program.name).count(['usr1'])
        before = arrived()

        def how():
            self.signals[program.name] += 1
            answer = self.once('signalProcess', program.name, 'USR1')
            if answer is not None:
                self.insist(answer.get('result') is True, 'M5: %s: %s' % (program.name, answer))
                until('a signal that was sent to %s (M5)' % program.name, lambda: arrived() > before)
            # An earlier one that was not answered may be noted only now.
            self.insist(arrived() <= self.signals[program.name], 'M5: %s got a signal twice' % program.name)
            return True
        return [], how

    def end(self):
        """A program ends by itself."""
        up = [program for program in self.present() if program.up]
        if not up:
            return [], lambda: True
        program = self.random.choice(up)
        program.wants = 'ended'
        ends = sum(line[0] == 'end' for line in self.told(program.name))

        def how():
            os.kill(program.pid, signal.SIGUSR2)
            until('the end of ' + program.name, lambda: sum(line[0] == 'end' for line in self.told(program.name)) > ends)
            until('the end of %s to be seen' % program.name, lambda: self.answer('getProcessInfo', program.name)['pid'] != program.pid)
            return True
        return [program], how

    def nothing(self):
        return [], lambda: True

    # The model

    def perform(self, number):
        for program in self.programs:
            program.wants = None
        operation = self.random.choices(
            (self.start, self.stop, self.restart, self.start_all, self.stop_all, self.update, self.signal, self.end, self.nothing),
            (15, 12, 8, 2, 1, 6, 6, 10, 3))[0]
        asked, how = operation()
        fault, anew = self.some_fault()
        self.say('%d: %s %s' % (number, operation.__name__, ' '.join(program.name for program in asked)))
        self.counts['operations'] += 1
        begun = self.counts['started again']
        try:
            answered = how() is not None
        finally:
            if fault:
                fault.join()
        infos = self.infos()
        # A death of both may also come of two that were near to each other.
        anew = anew or self.counts['started again'] > begun
        for program in self.programs:
            self.compare(program, infos.get(program.name), answered, anew)
        there, keeper = controllers(self.conf), keepers(self.conf)
        if len(there) > 1 or len(keeper) > 1:  # between fork and exec one has the name of the other
            until('one controller and one keeper (I4): %s %s' % (there, keeper),
                  lambda: len(controllers(self.conf)) <= 1 and len(keepers(self.conf)) <= 1)

    def compare(self, program, info, answered, anew):
        """What is there with what must be; then what is there is what must be."""
        name = program.name
        if not program.present:
            self.insist(info is None, 'M1: %s is still there' % name)
            alive = self.lives(program)
            self.insist(not alive or anew or alive == program.left, 'M4: %s was removed, and lives' % name)
            program.up, program.pid, program.left = False, None, alive
            return
        self.insist(info is not None, 'M1: %s is not there' % name)
        up = info['state'] == RUNNING
        self.insist(up or info['state'] in (STOPPED, EXITED), 'M1: %s is %s' % (name, info['statename']))
        if up:  # it may just have been started, and not yet have said so
            until('%s to say that it has pid %d (M4)' % (name, info['pid']), lambda: self.lives(program) == info['pid'])
        self.insist(up or not self.lives(program), 'M4: %s is %s, and lives: %s' % (name, info['statename'], self.lives(program)))
        same = up and info['pid'] == program.pid
        if up and info['pid'] == program.left:
            self.counts['taken back'] += 1   # for it is configured again
        else:
            self.judge(program, info, up, same, answered, anew)
        program.left = None
        program.up, program.pid = up, info['pid'] if up else None

    def judge(self, program, info, up, same, answered, anew):
        was, wants, name = program.up, program.wants, program.name
        if was is None:
            return
        what = '%s was %s, is %s pid %s (%s)' % (name, 'up with pid %s' % program.pid if was else 'down', info['statename'],
                                                 info['pid'], info['spawnerr'])
        untouched = same if was else not up or (anew and program.autostart == 'true')
        if wants is None:
            return self.insist(untouched, 'M3: ' + what)
        if wants == 'ended':
            return self.judge_end(program, info, up, same, anew, what)
        happened = (up and (same if was else True) if wants is True else
                    not up or (anew and program.autostart == 'true' and not same) if wants is False else
                    up and not same)
        if answered and not anew:
            return self.insist(happened, 'M1: wanted %s: %s' % (wants, what))
        # A restart may have come as far as its stop.
        self.insist(happened or untouched or (wants == 'anew' and not up), 'M2: wanted %s: %s' % (wants, what))

    def judge_end(self, program, info, up, same, anew, what):
        code = int([line for line in self.told(program.name) if line[0] == 'end'][-1 if not up else -1][3])
        self.insist(not same, 'M6: it has ended: ' + what)
        restarts = program.autorestart == 'true' or (program.autorestart == 'unexpected' and code != 0)
        if up:
            # When nobody could see the code it counts as unexpected; who begins anew starts what is to be started.
            unknown = program.autorestart == 'unexpected' and UNKNOWN in self.activity_of(program.pid)
            self.insist(restarts or unknown or (anew and program.autostart == 'true'), 'M6: code %d: %s' % (code, what))
        else:
            self.insist(not restarts or anew, 'M6: code %d: %s' % (code, what))
            known = info['state'] == EXITED and not (anew or UNKNOWN in self.activity_of(program.pid))
            self.insist(not known or info['exitstatus'] == code, 'M6: code %d, said to be %d: %s' % (code, info['exitstatus'], what))

    def activity_of(self, pid):
        """What the activity log says after the start of this pid."""
        with open(self.path('main.log'), encoding='utf-8', errors='replace') as file:
            return file.read().rpartition('with pid %d\n' % pid)[2]

    def lives(self, program):
        """Its pid, as it says itself."""
        lines = self.told(program.name)
        self.insist(['twice'] not in lines, 'I1: two of %s at once' % program.name)
        last = [line for line in lines if line[0] in ('start', 'end')][-1:]
        return int(last[0][2]) if last and last[0][0] == 'start' else None

    def run(self):
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: what loses its parent comes to us
        self.begin = time.monotonic()
        self.configure()
        self.answer('getPID')
        try:
            self.look()
            for number in range(self.options.operations):
                self.perform(number)
        finally:
            # Again, as the keeper may just have been killed, and be followed by another.
            until('the end of supervisord', self.ends)
        for shell in self.terminals:
            shell.kill()
        for program in self.programs:
            self.insist(self.lives(program) == program.left, '%s is left' % program.name)
            if program.left:
                os.kill(program.left, signal.SIGKILL)

    def ends(self):
        self.reap()
        self.kill([self.keeper()], signal.SIGTERM)
        return not supervisors(self.conf)

    def look(self):
        """The first time."""
        infos = self.infos()
        for program in self.programs:
            self.insist((infos[program.name]['state'] == RUNNING) == (program.autostart == 'true'), 'M1: ' + program.name)
            self.compare(program, infos[program.name], True, False)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--bin', required=True)
    parser.add_argument('--witness', required=True)
    parser.add_argument('--operations', type=int, default=150)
    parser.add_argument('--seed', type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument('--user')
    parser.add_argument('--terminal', action='store_true')
    parser.add_argument('--keep', action='store_true')
    options = parser.parse_args()
    enter_namespace()
    if options.user and os.getuid() != 0 and pwd.getpwnam(options.user).pw_uid != os.getuid():
        print('skipped: only root can become %s\n0 passed, 0 failed, 1 skipped' % options.user)
        return 0
    directory = tempfile.mkdtemp(prefix='operations-', dir='/dev/shm' if os.access('/dev/shm', os.W_OK) else None)
    # Where everybody can read them, whoever may read the folder that they are built in.
    for name in ('supervisord', 'supervisorctl'):
        together = os.path.join(options.bin, name)
        shutil.copy(together if os.path.isfile(together) else os.path.join(together, name), directory)
    shutil.copy(options.witness, os.path.join(directory, 'witness'))
    options.bin = directory
    if options.user and os.getuid() == 0:
        user = pwd.getpwnam(options.user)
        os.chown(directory, user.pw_uid, user.pw_gid)
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
    test = Test(options, directory)
    perform(test)
    print('seed %d: %s' % (options.seed, ', '.join('%d %s' % (count, what) for what, count in test.counts.most_common())))
    if test.failures:
        print('\n'.join('  ' + line for line in list(test.done) + test.failures))
    return result_of(test)


if __name__ == '__main__':
    sys.exit(main())
