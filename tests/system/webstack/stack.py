"""The system under test: laid down by samples/webstack/run, started by the two commands that people know.

A Daemon is a supervisord with a directory of its own, a Stack one with the sample and ports of its own.  BIN names the folder of the programs under test; when its supervisord is
the Python program, some tests are about known defects of it (see `better`)."""

import contextlib
import functools
import os
import re
import shutil
import socket
import subprocess
import tempfile
import unittest

from processes import command_line, everything, kill, look_at, wait_for
from web import answers

HERE = os.path.dirname(os.path.abspath(__file__))
SAMPLE = os.path.join(HERE, '..', '..', '..', 'samples', 'webstack', 'run')
BIN = os.path.abspath(os.environ['BIN']) if 'BIN' in os.environ else ''
OFFSETS = {'web1': 1, 'web2': 2, 'direct': 3, 'hello': 5, 'web1_http': 11, 'web2_http': 12, 'spare1': 21, 'spare2': 22,
           'site': 80, 'app': 81}
ROOT = os.getuid() == 0
SLOW = float(os.environ.get('SLOW', '1'))      # how much longer things may take, as with sanitizers


def is_original():
    with open(os.path.join(BIN, 'supervisord'), 'rb') as file:
        return file.read(2) == b'#!'


def free_ports():
    """A prefix of three digits so that nobody listens on the hundred's ports that are used, below the range from which
    the kernel takes ports for outgoing connections."""
    with open('/proc/sys/net/ipv4/ip_local_port_range') as file:
        end = int(file.read().split()[0])
    for prefix in range(180, min(end // 100, 326)):
        try:
            for offset in OFFSETS.values():
                with socket.socket() as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(('127.0.0.1', prefix * 100 + offset))
        except OSError:
            continue
        return prefix
    raise RuntimeError('no free ports')


class Daemon:
    """One supervisord with a directory of its own, and the ways to ask it."""

    def __init__(self):
        self.root = tempfile.mkdtemp(prefix='webstack.', dir='/var/tmp')
        os.chmod(self.root, 0o755)
        self.conf = self.path('supervisord.conf')
        self.environment = {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL': 'C.UTF-8', 'HOME': self.root,
                            **{name: os.environ[name] for name in ('ASAN_OPTIONS', 'UBSAN_OPTIONS')
                               if name in os.environ}}

    def path(self, *names):
        return os.path.join(self.root, *names)

    def text(self, *names):
        with open(self.path(*names), errors='replace') as file:
            return file.read()

    def write(self, name, text):
        with open(self.path(name), 'w') as file:
            file.write(text)

    def run(self, *command, status=0, timeout=90, **environment):
        """Runs a command that has to end with `status` (None: any); answers its output."""
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors='replace', timeout=timeout, cwd='/',
                              env={**self.environment, **environment})
        if status is not None and done.returncode != status:
            raise AssertionError('%s ended with %d, not %d:\n%s' % (' '.join(command), done.returncode, status,
                                                                    done.stdout))
        return done.stdout

    # --- the two programs

    def supervisord(self, *arguments, **how):
        return self.run(os.path.join(BIN, 'supervisord'), '-c', self.conf, *arguments, **how)

    def ctl(self, *arguments, **how):
        return self.run(os.path.join(BIN, 'supervisorctl'), '-c', self.conf, *arguments, **how)

    def daemon(self):
        """Its pid, from its pidfile."""
        wait_for('the pidfile', lambda: os.path.exists(self.path('run', 'supervisord.pid')))
        return int(self.text('run', 'supervisord.pid'))

    def controller(self):
        """The process that decides and talks, where it is not supervisord itself; None in the original."""
        found = [process.pid for process in everything()
                 if process.parent == self.daemon() and process.name == 'supervisord-ctl']
        return found[0] if found else None

    def pid(self, name):
        return int(self.ctl('pid', name, status=None))

    def states(self):
        """name -> state, of all programs; nothing while nobody answers."""
        return dict(re.findall(r'^(\S+) +(STOPPED|STARTING|RUNNING|BACKOFF|STOPPING|EXITED|FATAL|UNKNOWN)\b',
                               self.ctl('status', status=None), re.M))

    def pids(self):
        """name -> (pid, start time): the same as long as no program was started again."""
        found = {}
        for line in self.ctl('status', status=None).splitlines():
            pid = re.search(r'RUNNING +pid (\d+),', line)
            process = look_at(int(pid.group(1))) if pid else None
            found[line.split()[0]] = process and (process.pid, process.started)
        return found

    def wait_state(self, name, state, seconds=90):
        wait_for('%s to be %s' % (name, state), lambda: self.states().get(name) == state, seconds)

    @contextlib.contextmanager
    def also(self, text):
        """With more programs in the configuration, added and removed by `update`; answers what that said."""
        before = self.text('supervisord.conf')
        with open(self.conf, 'a') as file:
            file.write('\n' + text)
        try:
            yield self.ctl('update')
        finally:
            with open(self.conf, 'w') as file:
                file.write(before)
            self.ctl('update')

    def shutdown(self):
        daemon = self.daemon()
        self.ctl('shutdown')
        wait_for('supervisord to end', lambda: not look_at(daemon), 60)

    def close(self):
        if os.path.exists(self.path('run', 'supervisord.pid')) and look_at(self.daemon()):
            self.shutdown()
        shutil.rmtree(self.root, ignore_errors=True)


class Small(Daemon):
    """A supervisord with nothing but the programs that a test gives it."""

    def __init__(self, programs):
        super().__init__()
        os.mkdir(self.path('run'))
        with open(self.conf, 'w') as file:
            file.write('[unix_http_server]\nfile={0}/supervisor.sock\n[supervisord]\nlogfile={0}/supervisord.log\n'
                       'pidfile={0}/supervisord.pid\nchildlogdir={0}\n[rpcinterface:supervisor]\n'
                       'supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n'
                       '[supervisorctl]\nserverurl=unix://{0}/supervisor.sock\n'.format(self.path('run')))
            file.write(programs)


class Stack(Daemon):
    """The sample, laid down by its own script."""

    def __init__(self):
        super().__init__()
        prefix = free_ports()
        self.port = {name: prefix * 100 + offset for name, offset in OFFSETS.items()}
        self.run(SAMPLE, 'setup', self.root, BIN=BIN, PORTS=str(prefix))
        # They end by themselves in a second or two; where time is short, a SIGKILL after ten would leave their sockets.
        with open(self.conf) as file:
            text = re.sub(r'^stopasgroup=true.*', 'stopasgroup=true\nstopwaitsecs=60', file.read(), flags=re.M)
        with open(self.conf, 'w') as file:
            file.write(text)

    def start(self):
        """As people do it, one straight after the other; answers what `start all` said."""
        self.supervisord()
        said = self.ctl('start', 'all')
        self.settle()
        return said

    def settle(self):
        """Waits until all programs run and answer."""
        wait_for('all programs to be RUNNING', lambda: set(self.states().values()) == {'RUNNING'})
        for program, port, path in (('crm', 'app', '/whoami'), ('web1', 'web1_http', '/whoami'), ('nginx', 'site', '/'),
                                    ('web2', 'web2_http', '/whoami'), ('hello', 'hello', '/'),
                                    ('direct', 'direct', '/whoami')):
            wait_for('%s to answer' % program, lambda: answers(self.port[port], path))

    def restore(self):
        """All programs of the sample run again, whatever the test before did; nothing else does."""
        states = self.states()
        if set(states.values()) != {'RUNNING'}:
            for process in self.strays():
                kill(process.pid)
            self.ctl('start', 'all', status=None)
        self.settle()

    def strays(self):
        """Processes of this directory that belong to no program."""
        leaders = {pid[0] for pid in self.pids().values() if pid}
        supervisors = {self.daemon(), self.controller()}
        return [process for process in everything() if self.root in command_line(process.pid)
                and process.group not in leaders and process.pid not in supervisors and process.pid > 1]


class StackCase(unittest.TestCase):
    """A test on the one stack that all of them share; each finds all programs running."""
    stack = None        # set by main.py before the tests run
    original = False

    def setUp(self):
        self.stack.restore()

    def assert_served(self, load):
        self.assertEqual(load.failures, [])
        self.assertGreater(load.good, 0)


def better(why):
    """A test of what Supervisor itself gets wrong: when it is what is tested, a failure is known and says why."""
    def decorate(test):
        @functools.wraps(test)
        def run(self):
            if not self.original:
                return test(self)
            try:
                test(self)
            except AssertionError:
                self.skipTest('known defect of Supervisor: ' + why)
        return run
    return decorate
