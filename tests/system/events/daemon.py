"""A supervisord with a directory of its own, and what tests ask of it."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'support'))
from outside import PATIENCE, processes, until  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
LISTENER = os.path.join(HERE, 'listener.py')


class Fault(Exception):
    pass


class Daemon:
    def __init__(self, binaries, programs, settings=''):
        self.binaries = binaries
        self.killed = 0  # the last controller that was
        self.directory = tempfile.mkdtemp(prefix='events-')
        self.write('supervisord.conf', '[unix_http_server]\nfile=%s\n[supervisord]\nlogfile=%s\npidfile=%s\nchildlogdir=%s\n'
                   'nodaemon=true\nsilent=true\nloglevel=debug\n%s\n[rpcinterface:supervisor]\n'
                   'supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n%s'
                   % (self.path('s.sock'), self.path('log'), self.path('pid'), self.directory, settings,
                      programs.replace('{dir}', self.directory).replace('{listener}', LISTENER)))

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, text):
        with open(self.path(name), 'w') as file:
            file.write(text)

    def read(self, name):
        try:
            with open(self.path(name), encoding='utf-8', errors='replace') as file:
                return file.read()
        except FileNotFoundError:
            return ''

    def __enter__(self):
        self.keeper = subprocess.Popen([os.path.join(self.binaries, 'supervisord'), '-c', self.path('supervisord.conf')],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.insist('getPID')
        return self

    def __exit__(self, kind, *_):
        try:
            self.keeper.send_signal(signal.SIGTERM)
            if self.keeper.wait(PATIENCE) != 0 and kind is None:
                raise AssertionError('supervisord ended with %d' % self.keeper.returncode)
        finally:
            if self.keeper.poll() is None:
                self.keeper.kill()
                self.keeper.wait()
            if kind is None:
                shutil.rmtree(self.directory)
            else:
                print('kept: ' + self.directory)

    def call(self, method, *params):
        body = json.dumps({'jsonrpc': '2.0', 'id': 1, 'method': 'supervisor.' + method, 'params': list(params)}).encode()
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(PATIENCE)
            link.connect(self.path('s.sock'))
            link.sendall(b'POST /rpc HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n' % len(body) + body)
            answer = b''
            while part := link.recv(65536):
                answer += part
        head, _, body = answer.partition(b'\r\n\r\n')
        if b' 200 ' not in head.split(b'\r\n')[0]:
            raise ConnectionResetError('no whole answer')
        answer = json.loads(body)
        if 'error' in answer:
            raise Fault(answer['error']['message'])
        return answer['result']

    def insist(self, method, *params):
        """As often as it takes, for the controller may be killed meanwhile."""
        def attempt():
            try:
                return [self.call(method, *params)]
            except (OSError, ValueError):
                return None
        return until('an answer to ' + method, attempt)[0]

    def info(self, name):
        return self.insist('getProcessInfo', name)

    def wait_state(self, name, state):
        return until(lambda: '%s is %s' % (name, self.info(name)), lambda: self.info(name)['statename'] == state)

    def wait_log(self, text, count=1):
        return until(lambda: '%d times %r in the log:\n%s' % (count, text, self.read('log')[-3000:]),
                     lambda: self.read('log').count(text) >= count)

    def events(self, name='seen'):
        return [json.loads(line) for line in self.read(name).splitlines(True) if line.endswith('\n')]

    def wait_events(self, count, name='seen'):
        return until(lambda: '%d events, not %d\n%s' % (count, len(self.events(name)), self.read('log')[-2000:]),
                     lambda: len(self.events(name)) >= count and self.events(name))

    def controller(self):
        """Its pid, or 0."""
        return next((process.pid for process in processes()
                     if process.name == 'supervisord-ctl' and process.parent == self.keeper.pid), 0)

    def kill_controller(self):
        """Who comes after the last that was killed; answers its pid."""
        self.killed = until('a controller', lambda last=self.killed: (found := self.controller()) != last and found)
        if self.killed > 1:
            os.kill(self.killed, signal.SIGKILL)
        return self.killed
