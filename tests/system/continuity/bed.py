"""A supervisord for a test: its own directory, its processes found through /proc, its programs told by their own files."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'faults'))
from pair import Connection, controllers, keepers, supervisors, until  # noqa: E402
from outside import look_at, processes  # noqa: E402

BIN = os.environ['BIN']
SLOW = float(os.environ.get('SLOW', '1'))
# Linux before 6.15 forgets how a process ended as soon as its new parent knows: then it is a race, and we may lose it.
KEEPS_STATUS = [int(number) for number in re.findall(r'\d+', os.uname().release)[:2]] >= [6, 15]
OR_UNKNOWN = '' if KEEPS_STATUS else '|status unknown'


class Bed(unittest.TestCase):
    settings = ''
    under = []  # a command that executes supervisord
    binary = os.path.join(BIN, 'supervisord')

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix='continuity-')
        self.addCleanup(shutil.rmtree, self.directory)
        self.rpc = Connection(self.path('s.sock'))
        self.addCleanup(self.end_all)
        self.addCleanup(self.show_log)

    def show_log(self):
        """Of a test that has failed: what supervisord said."""
        if not self._outcome.success:
            print('%s: the end of its activity log:\n%s' % (self.id(), self.log()[-6000:]), file=sys.stderr)

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def write_config(self, programs, settings=''):
        with open(self.path('conf'), 'w') as file:
            file.write('[unix_http_server]\nfile=%s\n[supervisord]\nlogfile=%s\npidfile=%s\nchildlogdir=%s\n%s\n%s\n'
                       '[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = '
                       'supervisor.rpcinterface:make_main_rpcinterface\n%s\n'
                       % (self.path('s.sock'), self.path('log'), self.path('pid'), self.directory, self.settings,
                          settings, programs))

    def start(self, programs=None, settings=''):
        """In the background, as a service is; returns when it answers."""
        if programs is not None:
            self.write_config(programs, settings)
        done = self.try_to_start()
        self.assertEqual(done.returncode, 0, done.stdout)
        self.wait_for_answer()

    def try_to_start(self, **options):
        """How it went; no answer is waited for."""
        return subprocess.run([*self.under, self.binary, '-c', self.path('conf')], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60 * SLOW, **options)

    def end_all(self):
        """Each brings the other back: first one stands still, so that nobody can take the other's place.  When it returns, no
        program is left that the next supervisord of the test could adopt and see dying."""
        while self.supervisors():
            for number in (signal.SIGSTOP, signal.SIGKILL):
                for pid, words in self.supervisors():
                    with contextlib.suppress(ProcessLookupError):
                        if words != ['']:
                            os.kill(pid, number)
        killed = []
        for pid in self.started() + self.programs():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
                killed.append(pid)
        self.wait_for('the end of all', lambda: not any(one.pid in killed or one.group in killed for one in processes()))

    def started(self):
        """Pids of all programs that were ever started, as the activity log has them."""
        return [int(pid) for pid in re.findall(r"spawned: '[^']*' with pid (\d+)$", self.log(), re.M)]

    def programs(self):
        """Pids of those that live, also when nobody came so far as to log them, and of what they have left."""
        ours, found = b'SUPERVISOR_SERVER_URL=unix://' + self.path('s.sock').encode(), []
        for entry in os.listdir('/proc'):
            with contextlib.suppress(OSError, ValueError), open('/proc/%d/environ' % int(entry), 'rb') as file:
                if ours in file.read().split(b'\0') and os.getpgid(int(entry)) == int(entry):
                    found.append(int(entry))
        return found

    def spawned(self, name):
        return re.findall(r"spawned: '%s' with pid (\d+)$" % name, self.log(), re.M)

    def log(self):
        try:
            with open(self.path('log'), errors='replace') as file:
                return file.read()
        except FileNotFoundError:
            return ''

    def wait_for(self, what, condition, patience=20):
        return until(what, condition, patience * SLOW)

    def wait_for_log(self, pattern, patience=20):
        return self.wait_for('in the log: ' + pattern, lambda: re.search(pattern, self.log(), re.M), patience)

    def wait_for_answer(self):
        self.rpc.insist('getState')

    # One supervisord at a time with this file: its processes are known by their arguments.

    def supervisors(self):
        return supervisors(self.path('conf'))

    def keepers(self):
        return keepers(self.path('conf'))

    def keeper(self):
        """Clients may be answered before the pidfile is there."""
        def read():
            with contextlib.suppress(FileNotFoundError, ValueError), open(self.path('pid')) as file:
                return int(file.read())
        return self.wait_for('a pidfile', read)

    def controller(self):
        found = controllers(self.path('conf'))
        self.assertLessEqual(len(found), 1)
        return found[0] if found else None

    def kill(self, pid, number=signal.SIGKILL):
        self.assertGreater(pid, 1)
        os.kill(pid, number)

    def kill_controller(self):
        """And waits for the next."""
        old = self.wait_for('a controller', self.controller)
        self.kill(old)
        self.wait_for('another controller', lambda: self.controller() not in (None, old))

    def kill_both(self):
        """The keeper stands still first, so that it can do nothing about the other.  A controller that stands still when
        its keeper dies would not help: the kernel lets it go on, as a member of an orphaned group."""
        keeper, controller = self.keeper(), self.wait_for('a controller', self.controller)
        self.kill(keeper, signal.SIGSTOP)
        self.wait_for('it to stand still', lambda: look_at(keeper).state == 'T')
        self.kill(controller)
        self.kill(keeper)
        self.wait_for('their end', lambda: not self.supervisors())

    def info(self):
        return {one['name']: one for one in self.rpc.insist('getAllProcessInfo')}

    def state(self, name):
        return self.info()[name]['statename']

    def pid(self, name):
        return self.info()[name]['pid']
