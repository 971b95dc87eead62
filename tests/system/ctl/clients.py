#!/usr/bin/python3
"""Other people's clients against our supervisord, and our client against other people's.

    clients.py BUILD

The original is the Debian package `supervisor`, of which only the two programs in /usr/bin are run; the clients of npm are
`supervisord` (with `xmlrpc`) and `@foxglove/xmlrpc`, looked for below $NPM_CLIENTS/node_modules, or fetched into a
temporary directory when npm and its registry are there.  What is not there is skipped, and said.
As root to be run in a PID namespace (tests/support/contained)."""
import concurrent.futures
import http.client
import json
import os
import re
import select
import shutil
import socket
import subprocess
import time
import unittest
import xmlrpc.client

from ctl import HEAD, PATIENCE, SUPERVISORCTL, SUPERVISORD, Folder, free_port, main, run, until

THEIRS_D, THEIRS_CTL = '/usr/bin/supervisord', '/usr/bin/supervisorctl'
NPM = ('supervisord@0.1.0', 'xmlrpc@1.3.2', '@foxglove/xmlrpc@1.3.0')
original = unittest.skipUnless(os.path.exists(THEIRS_D) and os.path.exists(THEIRS_CTL),
                               "the original (Debian's package supervisor) is not installed")

PROGRAMS = '''
[inet_http_server]
port=127.0.0.1:%d
username=chris
password=secret
[program:cat]
command=/bin/cat
startsecs=0
[program:web]
command=/bin/sh -c 'echo hello; exec sleep 1000'
process_name=%%(program_name)s_%%(process_num)02d
numprocs=2
startsecs=0
[program:off]
command=/bin/sleep 1000
autostart=false
startsecs=0
'''

# What a deployment says, each leaving things as they were; what comes back has to be the same to the letter.
SAID = '''version
status
status web:* off nosuch nosuch:*
avail
stop cat
start cat nosuch nosuch:*
restart cat web:*
signal HUP off
signal CONT web:*
clear web:web_00 nosuch
tail nosuch
pid off
reread
add web
remove web
update
nonsense
fg off
'''.splitlines()
ONE_SHOT = 'status', 'start cat nosuch'


def settled(text):
    """Without what differs from run to run, and with the lines of what happens at once in order."""
    text = re.sub(r'^4\.\d\.\d', 'VERSION', text)
    text = re.sub(r'pid \d+, uptime \d+:\d\d:\d\d', 'pid N, uptime T', text)
    text = re.sub(r'[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M', 'DATE', text)
    return ''.join(sorted(text.splitlines(True)))


class Server:
    """A supervisord with the programs, ours or not."""

    def __init__(self, binary):
        self.folder = Folder()
        self.port = free_port()
        self.folder.write('supervisord.conf', HEAD + PROGRAMS % self.port)
        self.process = subprocess.Popen([binary, '-n', '-c', self.folder.conf], cwd=self.folder.path,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.socket = self.folder.file('socket')
        until('the start', lambda: self.ctl(SUPERVISORCTL, 'status').count('RUNNING') == 3)
        until('the output', lambda: 'hello' in self.ctl(SUPERVISORCTL, 'tail', 'web:web_00'))

    def ctl(self, client, *words):
        return run(client, '-c', self.folder.conf, *words).stdout

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        finally:
            shutil.rmtree(self.folder.path)


def dialogues(server):
    """(what, client, server) -> what was said: to each line of the shell, and with its status to some as arguments."""
    heard = {}
    daemon = Server(server)
    try:
        for client in SUPERVISORCTL, THEIRS_CTL:
            shell = run(client, '-c', daemon.folder.conf, input='\n'.join(SAID) + '\n')
            answers = shell.stdout.split('supervisor> ')[1:]
            for line, said in zip(SAID, answers, strict=False):
                heard[line, client, server] = settled(said)
            heard['the shell', client, server] = (len(answers), shell.stderr, shell.returncode)
            for line in ONE_SHOT:
                done = run(client, '-c', daemon.folder.conf, *line.split())
                heard['as argument: ' + line, client, server] = (settled(done.stdout), done.stderr, done.returncode)
    finally:
        daemon.close()
    return heard


class Pairs(unittest.TestCase):
    @original
    def test_each_client_hears_the_same_of_each_server(self):
        heard = {}
        with concurrent.futures.ThreadPoolExecutor() as at_once:
            for one in at_once.map(dialogues, (SUPERVISORD, THEIRS_D)):
                heard.update(one)
        for (line, client, server), said in heard.items():
            with self.subTest(line, client=client, server=server):
                self.assertEqual(said, heard[line, THEIRS_CTL, THEIRS_D])


    @original
    def test_each_client_follows_logs_of_each_server(self):
        for server in SUPERVISORD, THEIRS_D:
            daemon = Server(server)
            try:
                for client in SUPERVISORCTL, THEIRS_CTL:
                    for words, what in ((['tail', '-f', 'web:web_00'], 'hello'), (['maintail', '-f'], "'web_00' with pid"),
                                        (['fg', 'web:web_00'], 'hello')):
                        with self.subTest(client=client, server=server, words=words):
                            self.assertIn(what, self.heard([client, '-c', daemon.folder.conf, *words], what))
            finally:
                daemon.close()

    @staticmethod
    def heard(command, what):
        """What is printed until this is, or nothing more comes."""
        text = b''
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as follower:
            try:
                end = time.monotonic() + PATIENCE
                while what.encode() not in text and select.select([follower.stdout], [], [], max(end - time.monotonic(), 0))[0]:
                    news = os.read(follower.stdout.fileno(), 65536)
                    if not news:
                        break
                    text += news
            finally:
                follower.kill()
        return text.decode()


class UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path):
        super().__init__()
        self.path = path

    def make_connection(self, host):
        connection = http.client.HTTPConnection('localhost', timeout=PATIENCE)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(self.path)
        return connection


NODE = '''
const [server, url] = process.argv.slice(1);
const other = new (require('@foxglove/xmlrpc').XmlRpcClient)(url,
    {headers: {Authorization: 'Basic ' + Buffer.from('chris:secret').toString('base64')}});
const ask = (client, method, ...words) => new Promise((done) =>
    client[method](...words, (error, value) => done(error ? {fault: error.faultCode} : value)));
const both = [];
(async () => {
    const client = require('supervisord').connect(server);
    both.push([
        await ask(client, 'getAllProcessInfo'), await ask(client, 'stopProcess', 'cat', true),
        await ask(client, 'startProcess', 'cat'), await ask(client, 'startProcess', 'nosuch'),
        await ask(client, 'readProcessStdoutLog', 'web:web_00', 0, 100), await ask(client, 'getState'),
        await ask(client, 'multicall', [{methodName: 'supervisor.getPID', params: []},
                                        {methodName: 'supervisor.nosuch', params: []}])]);
    const call = (method, ...words) => other.methodCall('supervisor.' + method, words)
        .catch((error) => ({fault: error.faultCode ?? error.code ?? String(error)}));
    both.push([
        await call('getAllProcessInfo'), await call('stopProcess', 'cat', true), await call('startProcess', 'cat'),
        await call('startProcess', 'nosuch'), await call('readProcessStdoutLog', 'web:web_00', 0, 100),
        await call('getState'),
        await other.methodCall('system.multicall', [[{methodName: 'supervisor.getPID', params: []},
                                                     {methodName: 'supervisor.nosuch', params: []}]])]);
    console.log(JSON.stringify(both));
})();
'''


class OneServer(unittest.TestCase):
    """For all tests of a class."""
    @classmethod
    def setUpClass(cls):
        cls.server = Server(SUPERVISORD)

    @classmethod
    def tearDownClass(cls):
        cls.server.close()


class Libraries(OneServer):
    def judge(self, info, stopped, started, refused, log, state, several):
        self.assertEqual([one['name'] for one in info], ['cat', 'off', 'web_00', 'web_01'])
        self.assertEqual([type(one['pid']) for one in info], [int] * 4)
        self.assertEqual((stopped, started, refused), (True, True, {'fault': 10}))
        self.assertIn('hello\n', log)
        self.assertEqual(state, {'statecode': 1, 'statename': 'RUNNING'})
        self.assertEqual(several, [self.server.process.pid, {'faultCode': 1, 'faultString': 'UNKNOWN_METHOD'}])

    def test_xmlrpc_client_of_python(self):
        def fault(call):
            try:
                return call()
            except xmlrpc.client.Fault as fault:
                return {'fault': fault.faultCode}
        url = 'http://chris:secret@127.0.0.1:%d/RPC2' % self.server.port
        for proxy in (xmlrpc.client.ServerProxy(url),
                      xmlrpc.client.ServerProxy('http://localhost', UnixTransport(self.server.socket))):
            with proxy:
                s = proxy.supervisor
                self.judge(s.getAllProcessInfo(), s.stopProcess('cat', True), s.startProcess('cat'),
                           fault(lambda: s.startProcess('nosuch')), s.readProcessStdoutLog('web:web_00', 0, 100),
                           s.getState(), proxy.system.multicall([{'methodName': 'supervisor.getPID', 'params': []},
                                                                 {'methodName': 'supervisor.nosuch', 'params': []}]))

    def npm(self):
        """A directory with node_modules in it."""
        if not shutil.which('node'):
            self.skipTest('node is not installed')
        given = os.environ.get('NPM_CLIENTS')
        if given:
            return given
        if not shutil.which('npm'):
            self.skipTest('npm is not installed, and NPM_CLIENTS names no directory')
        there = self.server.folder.file('npm')
        os.mkdir(there)
        try:
            done = run('npm', 'install', '--prefix', there, '--cache', os.path.join(there, 'cache'), '--ignore-scripts',
                       '--no-audit', '--no-fund', '--fetch-retries=0', '--fetch-timeout=10000', *NPM)
        except subprocess.TimeoutExpired:
            self.skipTest('npm takes too long')
        if done.returncode != 0:
            self.skipTest('npm cannot install the clients: %s' % done.stderr.strip()[:200])
        return there

    def test_clients_of_npm(self):
        done = run('node', '-e', NODE, 'unix://' + self.server.socket, 'http://127.0.0.1:%d/RPC2' % self.server.port,
                   cwd=self.npm())
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        for answers in json.loads(done.stdout):
            self.judge(*answers)


if __name__ == '__main__':
    main()
