#!/usr/bin/python3
"""Kills the controller, the keeper, or both, again and again, while services start, write, rotate and end, and then
compares what the services say of themselves with the logs:
  I1  no two live processes of one name, ever (each holds a lock)
  I2  each start has exactly one 'spawned' line, each end exactly one line, with its true exit code where it is known
  I3  the rotated logs together are, byte for byte, what each incarnation wrote, in order; but for the tail of one that
      ended while neither keeper nor controller lived; and so is what is read from a log that is a FIFO, but for one write
      that comes twice with each death of both
  I4  never two controllers, never two keepers
  I9  services that were asked for nothing keep their pid
and what events.py says of events.

    faults.py --bin DIR --witness FILE [--kills N] [--keepers P] [--both P] [--upgrades P] [--noise P] [--mask NAME,...]
              [--crash-points] [--aim ...] [--seed N] [--keep]

--keepers and --both: which part of the deaths is the keeper's, and both's; then it is started again.  --upgrades: which
part of the deaths comes a moment after an upgrade was asked for, by a signal.  --noise: before which part of the deaths
keeper and controller get what is no message (noise.py).  --mask: what the kernel has not (kernel.py).  --crash-points
needs binaries built with -Dcrash_points=true: keeper and controller then die at the places named there, more often at
those of --aim, and at random times besides.  SIGINT ends the kills early.  As root it runs in a PID namespace of its own.  Ends with 'N passed, N failed'.
"""
import argparse
import collections
import contextlib
import ctypes
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import kernel
import noise
from events import Events
from judge import PIPED, SERVICES, Judge
from pair import Connection, controllers, keepers, supervisors, until


class Test(Judge):
    def __init__(self, options, directory):
        self.options, self.directory = options, directory
        self.random = random.Random(options.seed)
        self.truth = self.path('truth')
        self.logs = self.path('logs')
        self.conf = self.path('supervisord.conf')
        self.crash_file = self.path('crash')
        self.drawn = self.path('crash.drawn')
        self.rpc = Connection(self.path('s.sock'))
        self.doubled = self.kills = self.keepers = self.launches = self.upgrades = self.unknown = self.silent = self.noises = 0
        self.statuses = {}  # of what came to us and was reaped
        self.lossy = set()  # incarnations that ended while nobody lived
        self.ended, self.recent, self.looked = set(), set(), 0  # incarnations that ended, at the looks at them
        self.has_ended, self.truth_read = set(), collections.Counter()
        self.slowest = 0.0
        self.events = Events(self)
        self.failures = []

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def check(self, good, message):
        if not good:
            self.failures.append(message)

    def write_config(self):
        # A rotation renames all that is kept, and all is: in a long run the logs are larger, and not thousands more.
        larger = max(1, self.options.kills // 100)
        os.mkdir(self.truth)
        os.mkdir(self.logs)
        with open(self.conf, 'w') as file:
            file.write('[unix_http_server]\nfile=%s\n[supervisord]\nlogfile=%s\npidfile=%s\nchildlogdir=%s\n'
                       'nodaemon=true\nsilent=true\nlogfile_maxbytes=0\n'
                       '[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = '
                       'supervisor.rpcinterface:make_main_rpcinterface\n'
                       % (self.path('s.sock'), self.path('main.log'), self.path('pid'), self.directory))
            file.write(self.events.config())
            for name, rate, size, life, extra in SERVICES:
                file.write('[program:%s]\ncommand=%s %s %s %d %d %d\nautorestart=true\nstartsecs=0\nredirect_stderr=true\n'
                           'stdout_logfile=%s/%s\nstopwaitsecs=30\n%s\n%s\n'
                           % (name, self.options.witness, name, self.truth, rate, size, life, self.logs, name,
                              re.sub(r'\d+(?=KB)', lambda found: str(int(found[0]) * larger), extra),
                              '' if 'maxbytes' in extra else 'stdout_logfile_maxbytes=0'))

    def read_fifo(self):
        """As another program does, until nobody holds the other end any more: not before we do not."""
        path = self.path('logs', PIPED)
        os.mkfifo(path)
        self.fifo = os.open(path, os.O_RDWR)
        with open(path, 'rb') as fifo, open(path + '.read', 'wb') as file:
            self.reader = subprocess.Popen(['cat'], stdin=fifo, stdout=file)

    def launch(self):
        self.launches += 1
        environment = dict(os.environ, SUPERVISORD_CRASH_FILE=self.crash_file)
        with open(self.path('stderr'), 'a') as errors:
            subprocess.Popen([os.path.join(self.options.bin, 'supervisord'), '-c', self.conf], env=environment,
                             stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
                             preexec_fn=lambda: kernel.mask(self.options.mask.split(',')) if self.options.mask else None)

    def keeper(self):
        try:
            with open(self.path('pid')) as file:
                return int(file.read())
        except (FileNotFoundError, ValueError):
            return None

    def steady_pids(self):
        return {p['name']: p['pid'] for p in self.answer('getAllProcessInfo')
                if p['name'].startswith(('steady', 'fast', 'large', PIPED))}

    def reap(self):
        """Whose keeper is dead comes to us.  Not at once: a parent that takes its time makes it harder."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self.statuses[pid] = status

    def kill(self, pids, *numbers):
        for number in numbers:
            for pid in filter(None, pids):  # there may be no pidfile
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    pass

    def all_ended(self):
        """A copy.  Only what has come since the last look is read: there are hundreds of thousands in a long run."""
        for name, *_ in SERVICES:
            with contextlib.suppress(FileNotFoundError), open(os.path.join(self.truth, name), 'rb') as file:
                file.seek(self.truth_read[name])
                text = file.read()
                text = text[:text.rfind(b'\n') + 1]
                self.truth_read[name] += len(text)
                self.has_ended.update(line.split()[1] for line in text.decode().splitlines() if line.startswith('end '))
        return set(self.has_ended)

    def look_at_ended(self):
        """After an answer.  Had the controller been able to read what they wrote?  It had, if it still answers later."""
        if time.monotonic() > self.looked + 0.2:
            self.ended, self.recent, self.looked = self.recent, self.all_ended(), time.monotonic()

    def one_death(self):
        """By SIGKILL; how long until there is an answer again."""
        there = controllers(self.conf)
        self.check(len(there) <= 1, 'I4: %d controllers: %s' % (len(there), there))
        keeper = self.keeper()
        self.kills += 1
        begin = time.monotonic()
        lot = self.random.random()
        if lot < self.options.both:
            self.kill(there + [keeper], signal.SIGSTOP, signal.SIGKILL)  # a keeper that died first would let its controller go on
        elif lot < self.options.both + self.options.keepers:
            self.keepers += 1
            self.kill([keeper], signal.SIGKILL)
        else:
            self.kill(there, signal.SIGKILL)
        if self.random.random() < 0.5:
            self.reap()
        if self.random.random() < 0.2 or lot < self.options.both:  # else the next death may come in the middle of the recovery
            self.come_back()
            self.slowest = max(self.slowest, time.monotonic() - begin)

    def ask_for_upgrade(self):
        """Another death may come before, in the middle of it, or after."""
        keeper = self.keeper()
        if keeper in keepers(self.conf):
            self.kill([keeper], signal.SIGUSR1)
            self.upgrades += 1
            time.sleep(self.random.uniform(0, 0.25))

    def make_noise(self):
        for pid in controllers(self.conf) + keepers(self.conf):
            self.noises += noise.make(pid, self.random)

    def answer(self, method, *params):
        """Of whoever lives; started from outside when neither does, again when that one dies on its way."""
        launched = False

        def attempt():
            nonlocal launched
            if not supervisors(self.conf):
                launched = True
                self.launch()
            try:
                answer = self.rpc.call_raw(method, *params)
                return [answer['result'] if not params else answer.get('result')]  # with a name a fault is an answer, too
            except (OSError, ValueError, KeyError):
                return None
        result = until('an answer to ' + method, attempt)[0]
        if launched:  # what ended since the last look but one, or while nobody lived, was not seen
            self.lossy |= self.all_ended() - self.ended
        self.look_at_ended()
        return result

    def come_back(self):
        self.answer('getPID')

    def start_again(self):
        """When nobody lives."""
        if not supervisors(self.conf):
            self.come_back()

    def kill_often(self):
        if self.options.crash_points:
            with open(self.crash_file, 'w') as file:
                # The death of a child before it is a service is another test's subject.
                lines = ['child.* 0'] + [line for line in self.options.aim.split(',') if line] + ['* %g' % self.options.probability]
                file.write('\n'.join(lines) + '\n')
        while self.kills < self.options.kills:
            time.sleep(self.random.choice((0.002, 0.01, 0.03, 0.1, 0.3)) * self.random.random())
            self.start_again()
            if self.random.random() < self.options.upgrades:
                self.ask_for_upgrade()
            if self.random.random() < 0.7:
                self.events.send()
            if self.random.random() < self.options.noise:
                self.make_noise()
            self.one_death()
            if self.kills % 50 == 0:
                self.come_back()
                self.check_pids()
            if self.kills % 200 == 0:
                self.calm_down()
                self.events.wait_for_all(until)
                self.rouse()
        if self.options.crash_points:
            os.unlink(self.crash_file)
        self.come_back()

    def check_pids(self):
        pids = self.steady_pids()
        for name, pid in self.pids.items():
            self.check(pids.get(name) == pid, 'I9: %s had pid %s, and now %s' % (name, pid, pids.get(name)))
        self.pids = pids

    def calm_down(self):
        """Each end is an event: the listener catches up when those that end all the time are stopped."""
        def restless():
            return [p['name'] for p in self.answer('getAllProcessInfo')
                    if p['name'].startswith(('short', 'brief')) and p['statename'] != 'STOPPED']
        def are_stopped():
            for name in restless():
                with contextlib.suppress(OSError, ValueError, KeyError):  # refused, when one is about to be started again
                    self.rpc.call('stopProcess', name, False)
            return not restless()
        until('short and brief to be stopped', are_stopped)

    def rouse(self):
        for name, *_ in SERVICES:
            if name.startswith(('short', 'brief')):
                self.answer('startProcess', name, False)

    def run(self):
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: what loses its parent comes to us
        signal.signal(signal.SIGINT, lambda *_: setattr(self.options, 'kills', self.kills))  # enough: now it is judged
        self.write_config()
        self.read_fifo()
        self.come_back()
        try:
            until('all services running', lambda: all(self.steady_pids().values()))
            self.pids = self.steady_pids()
            self.kill_often()
            self.check_pids()
            # Between its fork and its exec a program has the keeper's name.
            until('one keeper (I4)', lambda: keepers(self.conf) == [self.keeper()])
            until('strays to be closed', lambda: not any(noise.keeps_strays(pid) for pid, _ in supervisors(self.conf)))
            self.calm_down()
            self.events.wait_for_all(until)
        finally:
            keeper = self.keeper()
            if keeper:
                self.kill([keeper], signal.SIGTERM)

        def has_ended():
            self.reap()
            return keeper in self.statuses
        until('the end of supervisord', has_ended, 60)
        code = os.waitstatus_to_exitcode(self.statuses[keeper])
        self.check(code == 0, 'supervisord ended with %d' % code)
        os.close(self.fifo)
        until('the end of what reads the FIFO', lambda: self.reader.pid in self.statuses or self.reap())
        self.judge()

def enter_namespace():
    """As root: of its own, so that nothing that is killed is anybody else's."""
    if os.getuid() == 0 and not os.environ.get('FAULTS_NAMESPACE'):
        os.environ['FAULTS_NAMESPACE'] = '1'
        os.execvp('unshare', ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc', sys.executable] + sys.argv)


def perform(test):
    try:
        test.run()
    except AssertionError as problem:
        test.failures.append(str(problem))


def result_of(test):
    """The last lines, and the status to exit with."""
    if test.failures or test.options.keep:
        print('  kept: ' + test.directory)
    else:
        shutil.rmtree(test.directory)
    print('%d passed, %d failed, 0 skipped' % (not test.failures, bool(test.failures)))
    return 1 if test.failures else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--bin', required=True)
    parser.add_argument('--witness', required=True)
    parser.add_argument('--kills', type=int, default=120)
    parser.add_argument('--keepers', type=float, default=0.15)
    parser.add_argument('--both', type=float, default=0.03)
    parser.add_argument('--upgrades', type=float, default=0)
    parser.add_argument('--noise', type=float, default=0)
    parser.add_argument('--mask', default='')
    parser.add_argument('--crash-points', action='store_true')
    parser.add_argument('--aim', default='', help='NAME PROBABILITY,... of crash points that are hit more often')
    parser.add_argument('--seed', type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument('--probability', type=float, default=0.0005, help='of death at each crash point that is passed')
    parser.add_argument('--keep', action='store_true')
    options = parser.parse_args()
    options.bin, options.witness = os.path.abspath(options.bin), os.path.abspath(options.witness)
    enter_namespace()
    directory = tempfile.mkdtemp(prefix='faults-', dir='/dev/shm' if os.access('/dev/shm', os.W_OK) else None)
    test = Test(options, directory)
    perform(test)
    print('seed %d: %d kills, %d of them of the keeper alone; %d upgrades asked for; %d times noise; begun again %d times; %s starts, '
          '%d ends unknown, %d of none that began; %d writes to a FIFO twice; %s events, %s of them twice; slowest return %.1f ms' % (options.seed, test.kills, test.keepers, test.upgrades, test.noises,
                                      test.launches - 1, getattr(test, 'starts', '?'),
                                      test.unknown, test.silent, test.doubled, getattr(test, 'heard', '?'), getattr(test, 'repeated', '?'), test.slowest * 1000))
    for failure in test.failures[:20]:
        print('  ' + failure)
    if test.failures and os.path.exists(test.drawn):
        with open(test.drawn) as file:
            print('  the last crash points: ' + ', '.join(file.read().splitlines()[-8:]))
    return result_of(test)


if __name__ == '__main__':
    sys.exit(main())
