#!/usr/bin/python3
"""Kills the controller, again and again, while services start, write, rotate and end, and then compares what the services
say of themselves with the logs:
  I1  no two live processes of one name, ever (each holds a lock)
  I2  each start has exactly one 'spawned' line, each end exactly one line, with its true exit code
  I3  the rotated logs together are, byte for byte, what each incarnation wrote, in order
  I4  never two controllers
  and services that were asked for nothing keep their pid.

    faults.py --bin DIR --witness FILE [--kills N] [--crash-points] [--seed N] [--keep]

--crash-points needs binaries built with -Dcrash_points=true: the controller then dies at the places named there, and at
random times besides.  As root it runs in a PID namespace of its own.  Ends with 'N passed, N failed'.
"""
import argparse
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

PATIENCE = 20  # seconds: for anything that is to happen

# Name, lines per second, bytes per line, life in ms (0: until told to end), extra options.
SERVICES = (
    [('steady%d' % i, 200, 60, 0, '') for i in range(4)] +
    [('fast%d' % i, 20000, 100, 0, 'stdout_logfile_maxbytes=200KB\nstdout_logfile_backups=100000') for i in range(2)] +
    [('large', 300, 4000, 0, 'stdout_logfile_maxbytes=1MB\nstdout_logfile_backups=100000')] +
    [('short%d' % i, 2000, 80, 40, '') for i in range(6)] +
    [('brief%d' % i, 500, 80, 1, 'stdout_logfile_maxbytes=20KB\nstdout_logfile_backups=100000') for i in range(4)]
)


class Failure(Exception):
    pass


def until(what, condition, patience=PATIENCE):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.005)
    raise Failure('not within %d s: %s' % (patience, what))


def children(parent):
    """(pid, comm) of each child that lives."""
    out = []
    for entry in os.listdir('/proc'):
        if not entry.isdigit():
            continue
        try:
            with open('/proc/%s/stat' % entry) as file:
                text = file.read()
        except OSError:
            continue
        comm = text[text.index('(') + 1:text.rindex(')')]
        state, ppid = text[text.rindex(')') + 2:].split()[:2]
        if int(ppid) == parent and state not in 'ZX':
            out.append((int(entry), comm))
    return out


def controllers(keeper):
    # Between fork and exec a program has the keeper's name; a controller names itself first of all.
    return [pid for pid, comm in children(keeper) if comm == 'supervisord-ctl']


class Connection:
    """One JSON-RPC call a connection, as many times as it takes."""

    def __init__(self, path):
        self.path = path

    def call(self, method, *params):
        body = json.dumps({'jsonrpc': '2.0', 'id': 1, 'method': 'supervisor.' + method, 'params': list(params)}).encode()
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(PATIENCE)
            link.connect(self.path)
            link.sendall(b'POST /rpc HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n' % len(body) + body)
            answer = b''
            while True:
                part = link.recv(65536)
                if not part:
                    break
                answer += part
        head, _, body = answer.partition(b'\r\n\r\n')
        if b' 200 ' not in head.split(b'\r\n')[0]:
            raise ConnectionResetError('no whole answer')
        return json.loads(body)['result']

    def insist(self, method, *params):
        def attempt():
            try:
                return [self.call(method, *params)]
            except (OSError, ValueError, KeyError):
                return None
        return until('an answer to ' + method, attempt)[0]


class Test:
    def __init__(self, options, directory):
        self.options, self.directory = options, directory
        self.random = random.Random(options.seed)
        self.truth = self.path('truth')
        self.logs = self.path('logs')
        self.conf = self.path('supervisord.conf')
        self.crash_file = self.path('crash')
        self.rpc = Connection(self.path('s.sock'))
        self.keeper = None
        self.kills = 0
        self.slowest = 0.0
        self.failures = []

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def check(self, good, message):
        if not good:
            self.failures.append(message)

    def write_config(self):
        os.mkdir(self.truth)
        os.mkdir(self.logs)
        with open(self.conf, 'w') as file:
            file.write('[unix_http_server]\nfile=%s\n[supervisord]\nlogfile=%s\npidfile=%s\nchildlogdir=%s\n'
                       'nodaemon=true\nsilent=true\nlogfile_maxbytes=0\n'
                       '[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = '
                       'supervisor.rpcinterface:make_main_rpcinterface\n'
                       % (self.path('s.sock'), self.path('main.log'), self.path('pid'), self.directory))
            for name, rate, size, life, extra in SERVICES:
                file.write('[program:%s]\ncommand=%s %s %s %d %d %d\nautorestart=true\nstartsecs=0\nredirect_stderr=true\n'
                           'stdout_logfile=%s/%s\nstopwaitsecs=30\n%s\n'
                           % (name, self.options.witness, name, self.truth, rate, size, life, self.logs, name,
                              extra or 'stdout_logfile_maxbytes=0'))

    def start(self):
        environment = dict(os.environ, SUPERVISORD_CRASH_FILE=self.crash_file)
        self.errors = open(self.path('stderr'), 'w')
        self.keeper = subprocess.Popen([os.path.join(self.options.bin, 'supervisord'), '-c', self.conf],
                                       env=environment, stdin=subprocess.DEVNULL, stdout=self.errors, stderr=self.errors)
        self.rpc.insist('getPID')

    def steady_pids(self):
        return {p['name']: p['pid'] for p in self.rpc.insist('getAllProcessInfo')
                if p['name'].startswith(('steady', 'fast', 'large'))}

    def one_death(self):
        """The controller dies by SIGKILL; how long until it answers again."""
        before = controllers(self.keeper.pid)
        self.check(len(before) <= 1, 'I4: %d controllers: %s' % (len(before), before))
        if not before:
            return
        try:
            os.kill(before[0], signal.SIGKILL)
        except ProcessLookupError:
            return
        self.kills += 1
        begin = time.monotonic()
        if self.random.random() < 0.2:  # else the next death may well come in the middle of the recovery
            self.rpc.insist('getPID')
            self.slowest = max(self.slowest, time.monotonic() - begin)

    def kill_often(self):
        if self.options.crash_points:
            with open(self.crash_file, 'w') as file:
                # The death of the keeper, and of a child before it is a service, are other tests' subjects.
                file.write('keeper.* 0\nchild.* 0\n* %g\n' % self.options.probability)
        while self.kills < self.options.kills:
            time.sleep(self.random.choice((0.002, 0.01, 0.03, 0.1, 0.3)) * self.random.random())
            self.one_death()
            if self.keeper.poll() is not None:
                raise Failure('the keeper has ended: %s' % self.keeper.returncode)
            if self.kills % 50 == 0:
                self.check_pids()
        if self.options.crash_points:
            os.unlink(self.crash_file)

    def check_pids(self):
        pids = self.steady_pids()
        for name, pid in self.pids.items():
            self.check(pids.get(name) == pid, 'I9: %s had pid %s, and now %s' % (name, pid, pids.get(name)))
        self.pids = pids

    def run(self):
        self.write_config()
        self.start()
        try:
            until('all services running', lambda: all(self.steady_pids().values()))
            self.pids = self.steady_pids()
            self.kill_often()
            self.check_pids()
        finally:
            if self.keeper.poll() is None:
                self.keeper.send_signal(signal.SIGTERM)
        try:
            code = self.keeper.wait(60)
        except subprocess.TimeoutExpired:
            self.keeper.kill()
            raise Failure('supervisord did not stop')
        self.check(code == 0, 'supervisord ended with %d' % code)
        self.judge()

    def judge(self):
        with open(self.path('main.log'), encoding='utf-8', errors='replace') as file:
            activity = file.read()
        starts = 0
        for name, *_ in SERVICES:
            with open(os.path.join(self.truth, name)) as file:
                truth = [line.split() for line in file.read().splitlines()]
            self.check(['twice'] not in truth, 'I1: two of %s at once' % name)
            started = [line for line in truth if line[0] == 'start']
            ended = [line for line in truth if line[0] == 'end']
            starts += len(started)
            self.judge_activity(name, started, ended, activity)
            self.judge_log(name, started, ended)
        self.starts = starts
        self.check(not os.path.exists(self.path('s.sock')), 'the socket is left')
        self.check(not os.path.exists(self.path('pid')), 'the pidfile is left')

    def judge_activity(self, name, started, ended, activity):
        # A child that was told to end before it had said that it lives is in the activity log alone.
        pids = re.findall(r"^\S+ \S+ INFO spawned: '%s' with pid (\d+)$" % name, activity, re.M)
        codes = re.findall(r'^\S+ \S+ \w+ (?:exited|stopped): %s \((.*?)(?:; (?:not )?expected)?\)$' % name, activity, re.M)
        self.check(len(pids) == len(codes), 'I2: %s was spawned %d times and ended %d times' % (name, len(pids), len(codes)))
        self.check(0 <= len(pids) - len(started) <= 1, 'I2: %s says it started %d times, the log %d' % (name, len(started), len(pids)))
        self.check([line[2] for line in started] == pids[:len(started)], 'I2: pids of %s differ' % name)
        self.check(['exit status ' + line[3] for line in ended] == codes[:len(ended)], 'I2: exit codes of %s differ' % name)

    def judge_log(self, name, started, ended):
        base = os.path.join(self.logs, name)
        backups = sorted((int(f.rsplit('.', 1)[1]) for f in os.listdir(self.logs) if re.fullmatch(name + r'\.\d+', f)),
                         reverse=True)
        size = next(s[2] for s in SERVICES if s[0] == name)
        wanted = iter([(line[1], int(line[2])) for line in ended])
        current, number, count = None, 0, 0
        pending = b''
        for path in [base + '.%d' % n for n in backups] + [base]:
            with open(path, 'rb') as file:
                data = pending + file.read()
            lines = data.split(b'\n')
            pending = lines.pop()
            for line in lines:
                if current is None or number == current[1]:
                    if current is not None or number == 0:
                        current, number = next(wanted, None), 0
                    while current is not None and current[1] == 0:
                        current = next(wanted, None)
                    if current is None:
                        return self.check(False, 'I3: %s: more than was written: %r' % (name, line[:60]))
                head = ('%s %d ' % (current[0], number)).encode()
                if not line.startswith(head) or len(line) != max(size - 1, len(head)):
                    return self.check(False, 'I3: %s: %r instead of %r (%s)' % (name, line[:60], head, os.path.basename(path)))
                number += 1
                count += 1
        self.check(pending == b'', 'I3: %s ends in the middle of a line' % name)
        total = sum(int(line[2]) for line in ended)
        self.check(count == total, 'I3: %s has %d lines of %d' % (name, count, total))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--bin', required=True)
    parser.add_argument('--witness', required=True)
    parser.add_argument('--kills', type=int, default=150)
    parser.add_argument('--crash-points', action='store_true')
    parser.add_argument('--seed', type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument('--probability', type=float, default=0.0005, help='of death at each crash point that is passed')
    parser.add_argument('--keep', action='store_true')
    options = parser.parse_args()
    options.bin, options.witness = os.path.abspath(options.bin), os.path.abspath(options.witness)
    if os.getuid() == 0 and not os.environ.get('FAULTS_NAMESPACE'):
        os.environ['FAULTS_NAMESPACE'] = '1'
        os.execvp('unshare', ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc', sys.executable] + sys.argv)
    directory = tempfile.mkdtemp(prefix='faults-', dir='/dev/shm' if os.access('/dev/shm', os.W_OK) else None)
    test = Test(options, directory)
    try:
        test.run()
    except Failure as problem:
        test.failures.append(str(problem))
    print('seed %d: %d kills, %s starts, slowest return %.1f ms' % (
        options.seed, test.kills, getattr(test, 'starts', '?'), test.slowest * 1000))
    for failure in test.failures[:20]:
        print('  ' + failure)
    if test.failures or options.keep:
        print('  kept: ' + directory)
    else:
        shutil.rmtree(directory)
    print('%d passed, %d failed, 0 skipped' % (not test.failures, bool(test.failures)))
    return 1 if test.failures else 0


if __name__ == '__main__':
    sys.exit(main())
