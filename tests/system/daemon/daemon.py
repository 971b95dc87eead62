"""A supervisord in a directory of its own, for a test that looks at it from outside."""
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'support'))
from outside import PATIENCE, UnixConnection, alive, free_port, processes, until  # noqa: E402, F401

BIN = os.environ.get('BIN', '')  # where the programs stand, each in its own folder (Meson) or together (samples/build)
PYTHON = '/usr/bin/python3'


def program(name):
    together = os.path.join(BIN, name)
    return together if os.path.isfile(together) else os.path.join(together, name)


class Daemon:
    """Files below `directory`: conf (what a test writes), sock, log, pid, out (what it printed)."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix='daemon-')
        self.keeper = None

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def configure(self, programs='', servers=None, settings='', unix=''):
        with open(self.path('conf'), 'w') as file:
            file.write('[supervisord]\nlogfile=%s\nchildlogdir=%s\nnodaemon=true\nsilent=true\n' %
                       (self.path('log'), self.directory))
            if 'pidfile' not in settings:
                file.write('pidfile=%s\n' % self.path('pid'))
            file.write(settings + '\n[unix_http_server]\nfile=%s\n%s\n' % (self.path('sock'), unix))
            file.write('[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory = '
                       'supervisor.rpcinterface:make_main_rpcinterface\n[supervisorctl]\nserverurl=unix://%s\n' %
                       self.path('sock'))
            file.write((servers or '') + '\n' + programs)

    def start(self, nofile=None, wait=True, by=()):
        """by: words before those of supervisord, of what executes it in its place."""
        def limit():
            import resource
            resource.setrlimit(resource.RLIMIT_NOFILE, (nofile, nofile))
        with open(self.path('out'), 'w') as out:
            self.keeper = subprocess.Popen([*by, program('supervisord'), '-c', self.path('conf')],
                                           stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=self.directory,
                                           preexec_fn=limit if nofile else None)
        if wait:
            until('an answer', self.answers)
        return self

    def answers(self):
        if self.keeper.poll() is not None:
            raise AssertionError('supervisord ended: %s' % self.text('out'))
        try:
            return self.call('getState')
        except (OSError, http.client.HTTPException, ValueError):
            return None

    def call(self, method, *params):
        connection = UnixConnection(self.path('sock'))
        try:
            connection.request('POST', '/rpc', json.dumps({'jsonrpc': '2.0', 'id': 1, 'method': 'supervisor.' + method,
                                                           'params': params}))
            answer = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        return answer['result'] if 'result' in answer else answer['error']

    def state(self, name):
        return self.call('getProcessInfo', name)

    def ctl(self, *words, status=0):
        done = subprocess.run([program('supervisorctl'), '-c', self.path('conf'), *words], text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=PATIENCE, cwd=self.directory)
        if status is not None and done.returncode != status:
            raise AssertionError('%s: status %d: %s' % (words, done.returncode, done.stdout))
        return done.stdout

    def text(self, name):
        try:
            with open(self.path(name), errors='replace') as file:
                return file.read()
        except OSError:
            return ''

    def times_logged(self, pattern):
        return len(re.findall(pattern, self.text('log')))

    def until_logged(self, pattern, times=1):
        until('%r in the log: %s' % (pattern, self.text('log')[-2000:]), lambda: self.times_logged(pattern) >= times)

    def controllers(self):
        return [process.pid for process in processes() if process.name == 'supervisord-ctl' and process.parent == self.keeper.pid]

    def controller(self):
        return until('a controller', self.controllers)[0]

    def kill_controller(self):
        controller = self.controller()
        os.kill(controller, signal.SIGKILL)
        until('the end of it', lambda: not alive(controller))
        until('an answer', self.answers)

    def close(self):
        if self.keeper and self.keeper.poll() is None:
            self.keeper.terminate()
            try:
                self.keeper.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                for pid in self.controllers():
                    os.kill(pid, signal.SIGKILL)
                self.keeper.kill()
                self.keeper.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


class DaemonCase(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.close)
