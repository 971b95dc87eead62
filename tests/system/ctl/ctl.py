#!/usr/bin/python3
"""supervisorctl, pidproxy and --check against the true supervisord, as a user has them: one daemon for all tests.

    ctl.py BUILD

As root to be run in a PID namespace (tests/support/contained).  Ends with 'N passed, N failed, N skipped'."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'support'))
from outside import PATIENCE, free_port, until  # noqa: E402, F401

try:
    import pexpect
except ImportError:
    pexpect = None

BUILD = sys.argv[1]
SUPERVISORD, SUPERVISORCTL, PIDPROXY = (os.path.join(BUILD, path) for path in (
    'supervisord/supervisord', 'supervisorctl/supervisorctl', 'supervisorctl/pidproxy'))

HEAD = '''
[supervisord]
logfile=%(here)s/main.log
pidfile=%(here)s/pid
childlogdir=%(here)s
[unix_http_server]
file=%(here)s/socket
[supervisorctl]
serverurl=unix://%(here)s/socket
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
'''
# Says who it is, then which signals come; a TERM ends it.
WITNESS = '''
import os, signal, sys, time
def note(text):
    with open(sys.argv[1] + '.notes', 'a') as file:
        file.write(text + '\\n')
def came(number, frame):
    note(signal.Signals(number).name)
    if number == signal.SIGTERM:
        sys.exit(7)
for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGUSR1):
    signal.signal(number, came)
with open(sys.argv[1] + '.new', 'w') as file:
    file.write('%d\\n' % os.getpid())
os.rename(sys.argv[1] + '.new', sys.argv[1])
while True:
    time.sleep(100)
'''


def read(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ''


class Folder:
    def __init__(self):
        self.path = tempfile.mkdtemp(prefix='ctl-')
        self.conf = self.file('supervisord.conf')
        self.write('witness.py', WITNESS)

    def file(self, name):
        return os.path.join(self.path, name)

    def write(self, name, text):
        with open(self.file(name), 'w') as file:
            file.write(text)
        return self.file(name)

    def content(self):
        return {name: os.stat(self.file(name)).st_mtime_ns for name in os.listdir(self.path)}


def run(program, *arguments, **options):
    if 'input' not in options:
        options.setdefault('stdin', subprocess.DEVNULL)
    return subprocess.run([program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=PATIENCE, **options)


class Check(unittest.TestCase):
    """Without any supervisord."""

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(shutil.rmtree, self.folder.path)

    def both(self, text, *switches):
        """What the two commands say; they agree, and leave no trace."""
        self.folder.write('supervisord.conf', text)
        before = self.folder.content()
        daemon = run(SUPERVISORD, '--check', '-c', self.folder.conf, *switches)
        client = run(SUPERVISORCTL, 'check', self.folder.conf, *switches)
        self.assertEqual((daemon.returncode, daemon.stdout), (client.returncode, client.stdout))
        self.assertEqual(daemon.stderr + client.stderr, '')
        self.assertEqual(self.folder.content(), before)
        return daemon

    def test_says_what_is_wrong_and_leaves_no_trace(self):
        self.assertEqual(self.both(HEAD + '[program:a]\ncommand=/bin/cat\n').returncode, 0)
        odd = self.both(HEAD + '[program:a]\ncommand=/bin/cat\nautostrat=true\n')
        self.assertEqual(odd.returncode, 1)
        self.assertIn('unknown option `autostrat` in [program:a]: did you mean `autostart`?', odd.stdout)
        self.assertEqual(self.both(HEAD + '[program:a]\ncommand=/bin/cat\nautostrat=true\n', '--strict').returncode, 2)
        bad = self.both(HEAD + '[program:a]\nstartsecs=soon\nnonsense\n')
        self.assertEqual(bad.returncode, 2)
        self.assertTrue(bad.stdout.endswith(': refused, 3 errors, 0 warnings\n'), bad.stdout)

    def test_as_json_has_what_was_read(self):
        read = json.loads(self.both(HEAD + '[program:a]\ncommand=/bin/cat\n', '--json').stdout)
        self.assertEqual(read['groups'][0]['processes'][0]['command'], '/bin/cat')
        self.assertEqual(read['servers'][0]['file'], self.folder.file('socket'))

    def test_a_client_whose_file_is_refused_can_check_it(self):
        self.folder.write('supervisord.conf', 'nonsense\n')
        done = run(SUPERVISORCTL, '-c', self.folder.conf, 'check')
        self.assertEqual(done.returncode, 2)
        self.assertIn(':1:1: error: a section has to begin before this line\n', done.stdout)

    def test_a_start_tells_the_line_of_supervisor_first_and_then_all_the_rest(self):
        self.folder.write('supervisord.conf', HEAD + '[program:a]\nstartsecs=soon\nnonsense\n')
        done = run(SUPERVISORD, '-c', self.folder.conf)
        self.assertEqual(done.returncode, 2)
        self.assertTrue(done.stderr.startswith("Error: Source contains parsing errors: '%s'\n\t[line "
                                               % self.folder.conf), done.stderr)
        self.assertIn('error: program section program:a does not specify a command\n', done.stderr)
        self.assertTrue(done.stderr.endswith('For help, use %s -h\n' % SUPERVISORD), done.stderr)

    def test_a_strict_start_refuses_what_another_warns_of(self):
        self.folder.write('supervisord.conf', HEAD + '[program:a]\ncommand=/bin/cat\nautostrat=true\n')
        done = run(SUPERVISORD, '--strict', '-c', self.folder.conf)
        self.assertEqual(done.returncode, 2)
        self.assertTrue(done.stderr.startswith('Error: unknown option `autostrat` in [program:a]'), done.stderr)


class Uncontrolled(unittest.TestCase):
    def test_without_the_interface_programs_run_and_nobody_controls_them_but_by_the_pages(self):
        folder = Folder()
        self.addCleanup(shutil.rmtree, folder.path)
        folder.write('supervisord.conf', HEAD[:HEAD.index('[rpcinterface')] + '[program:cat]\ncommand=/bin/cat\nstartsecs=0\n')
        daemon = subprocess.Popen([SUPERVISORD, '-n', '-s', '-c', folder.conf], cwd=folder.path)
        self.addCleanup(daemon.wait, PATIENCE)
        self.addCleanup(daemon.terminate)
        until('the start', lambda: os.path.exists(folder.file('socket')))
        for command, status in (('status', 4), ('start cat', 3), ('pid', 3)):
            done = run(SUPERVISORCTL, '-c', folder.conf, command)
            self.assertEqual((done.returncode, done.stdout[:60]),
                             (status, 'Sorry, supervisord responded but did not recognize the super'))
        self.assertIn('running', until('the page', lambda: self.page(folder.file('socket'))))

    def page(self, path):
        with socket.socket(socket.AF_UNIX) as one:
            one.settimeout(PATIENCE)
            one.connect(path)
            one.sendall(b'GET / HTTP/1.0\r\n\r\n')
            text = b''.join(iter(lambda: one.recv(65536), b'')).decode()
        return text if 'statusrunning' in text else None


class Control(unittest.TestCase):
    BASE = HEAD + '''
[program:cat]
command=/bin/cat
[program:web-1]
command=/bin/sleep 1000
[program:web-2]
command=/bin/sleep 1000
[program:stubborn]
command=/bin/sh -c 'trap "" TERM; echo ready; while :; do sleep 1; done'
autostart=false
stopwaitsecs=2
killasgroup=true
[program:proxied]
command=%s %%(here)s/proxied.pid %s %%(here)s/witness.py %%(here)s/proxied.pid
autostart=false
''' % (PIDPROXY, sys.executable)

    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()
        cls.folder.write('supervisord.conf', cls.BASE)
        cls.daemon = subprocess.Popen([SUPERVISORD, '-n', '-s', '-c', cls.folder.conf], cwd=cls.folder.path)
        until('the start', lambda: cls.ctl('status', 'web-1').stdout.count('RUNNING') == 1)
        until('the others', lambda: cls.ctl('status', 'cat', 'web-2').stdout.count('RUNNING') == 2)

    @classmethod
    def tearDownClass(cls):
        cls.daemon.terminate()
        cls.daemon.wait(PATIENCE)
        shutil.rmtree(cls.folder.path)

    @classmethod
    def ctl(cls, *words, **options):
        return run(SUPERVISORCTL, '-c', cls.folder.conf, *words, **options)

    def configure(self, text):
        self.folder.write('supervisord.conf', text)
        self.addCleanup(self.folder.write, 'supervisord.conf', self.BASE)

    def pids(self):
        return {one['name']: one['pid'] for one in json.loads(self.ctl('status', '--json').stdout)}

    def test_a_dry_run_says_what_update_does_and_does_nothing(self):
        self.configure(self.BASE.replace('[program:web-1]', '[program:web-1]\nstopwaitsecs=20')
                       .replace('[program:stubborn]', '[program:fresh]'))
        before, avail = self.pids(), self.ctl('avail').stdout
        plan = self.ctl('update', '--dry-run')
        self.assertEqual(plan.stdout,
                         'stubborn: would be removed\n'
                         'web-1: would be updated\n  stopwaitsecs: 10 -> 20\n  would restart: web-1\n'
                         'fresh: would be added\n')
        self.assertEqual(plan.returncode, 0)
        self.assertEqual([one['group'] for one in json.loads(self.ctl('update', '--dry-run', '--json').stdout)],
                         ['stubborn', 'web-1', 'fresh'])
        self.assertEqual(self.pids(), before)
        self.assertEqual(self.ctl('avail').stdout, avail)

        self.assertEqual(self.ctl('update').stdout,
                         'stubborn: stopped\nstubborn: removed process group\n'
                         'web-1: stopped\nweb-1: updated process group\nfresh: added process group\n')
        self.assertEqual(self.ctl('update', '--dry-run').stdout, 'No config updates to processes\n')
        after = self.pids()
        self.assertNotEqual(after['web-1'], before['web-1'])
        self.assertEqual({name: after[name] for name in ('cat', 'web-2')},
                         {name: before[name] for name in ('cat', 'web-2')})
        self.folder.write('supervisord.conf', self.BASE)
        self.ctl('update')

    def test_a_broken_configuration_disturbs_nothing(self):
        before = self.pids()
        self.configure(self.BASE + '[program:web-1]\nstartsecs=soon\n')
        for words in (['reread'], ['update'], ['update', '--dry-run'], ['reload']):
            with self.subTest(words):
                done = self.ctl(*words)
                self.assertEqual(done.returncode, 1)
                self.assertTrue(done.stdout.startswith("ERROR: CANT_REREAD: invalid literal for int() with base 10: 'soon'"),
                                done.stdout)
        self.assertEqual(self.pids(), before)

    def test_patterns(self):
        self.assertEqual(self.ctl('stop', 'web-*').stdout, 'web-1: stopped\nweb-2: stopped\n')
        self.assertEqual(self.ctl('start', 'web-[12]').stdout, 'web-1: started\nweb-2: started\n')
        self.assertEqual(self.ctl('stop', 'nosuch-*').stdout, 'nosuch-*: ERROR (no such process)\n')

    def test_a_command_gives_up_and_what_was_begun_goes_on(self):
        self.assertEqual(self.ctl('start', 'stubborn').stdout, 'stubborn: started\n')
        done = self.ctl('stop', '--timeout', '1', 'stubborn')
        self.assertEqual((done.returncode, done.stdout),
                         (1, 'error: gave up after 1 seconds; what was begun goes on\n'))
        until('the stop', lambda: 'STOPPED' in self.ctl('status', 'stubborn').stdout)

    def test_several_at_once(self):
        self.assertEqual(self.ctl('restart', '--parallel', 'web-2', 'web-1').stdout,
                         'web-2: stopped\nweb-1: stopped\nweb-2: started\nweb-1: started\n')

    def test_pidproxy_under_supervisord(self):
        notes = self.folder.file('proxied.pid.notes')
        self.assertEqual(self.ctl('start', 'proxied').stdout, 'proxied: started\n')
        pid = int(until('the pidfile', lambda: read(self.folder.file('proxied.pid'))))
        self.assertNotEqual(pid, self.pids()['proxied'])
        self.ctl('signal', 'HUP', 'proxied')
        until('the HUP', lambda: read(notes) == 'SIGHUP\n')
        self.assertEqual(self.ctl('stop', 'proxied').stdout, 'proxied: stopped\n')
        until('the TERM', lambda: read(notes) == 'SIGHUP\nSIGTERM\n')

    def terminal(self, *words, **environment):
        shell = pexpect.spawn(SUPERVISORCTL, ['-c', self.folder.conf, *words], encoding='utf-8', timeout=PATIENCE,
                              env={**os.environ, 'TERM': 'xterm', **environment})
        self.addCleanup(shell.close, force=True)
        return shell

    @unittest.skipUnless(pexpect, 'python3-pexpect is not there')
    def test_colours_are_for_terminals_and_for_those_who_want_them(self):
        plain = self.ctl('status', 'cat').stdout
        self.assertNotIn('\x1b', plain)
        name = plain[:plain.index('pid')]
        self.assertIn('\x1b[32m' + name, self.terminal('status', 'cat').read())
        for environment in ({'NO_COLOR': '1'}, {'TERM': 'dumb'}):
            with self.subTest(environment):
                text = self.terminal('status', 'cat', **environment).read()
                self.assertIn(name, text)
                self.assertNotIn('\x1b', text)

    @unittest.skipUnless(pexpect, 'python3-pexpect is not there')
    def test_closed_standard_descriptors_are_not_mistaken_for_the_connection(self):
        before = self.ctl('pid', 'web-1').stdout
        command = '"$@" <&- >&- 2>&-'
        done = run('/bin/sh', '-c', command, 'sh', SUPERVISORCTL, '-c', self.folder.conf, 'restart', 'web-1', 'web-2')
        self.assertEqual(done.returncode, 0)
        self.assertNotEqual(self.ctl('pid', 'web-1').stdout, before)
        self.assertIn('RUNNING', self.ctl('status', 'web-1').stdout)

    def test_fg_passes_lines_in_both_directions_and_leaves_the_program_alone(self):
        pid = self.pids()['cat']
        shell = self.terminal('fg', 'cat')
        shell.expect_exact('==> Press Ctrl-C to exit <==')
        shell.sendline('there and back')
        shell.expect_exact('there and back')  # the terminal's echo
        shell.expect_exact('there and back')  # the program's
        shell.sendintr()
        shell.expect_exact('Exiting foreground')
        shell.expect(pexpect.EOF)
        shell.close()
        self.assertEqual(shell.exitstatus, 0)
        self.assertEqual(self.pids()['cat'], pid)

    @unittest.skipUnless(pexpect, 'python3-pexpect is not there')
    def test_fg_ends_with_the_program(self):
        self.ctl('start', 'web-2')
        shell = self.terminal('fg', 'web-2')
        shell.expect_exact('==> Press Ctrl-C to exit <==')
        self.ctl('stop', 'web-2')
        shell.expect_exact('Process got killed')
        shell.expect_exact('Exiting foreground')
        shell.expect(pexpect.EOF)
        self.ctl('start', 'web-2')

    def test_fg_from_a_pipe_ends_with_it(self):
        with subprocess.Popen(['printf', 'one line\\n'], stdout=subprocess.PIPE) as lines:
            done = self.ctl('fg', 'cat', stdin=lines.stdout)
        self.assertTrue(done.stdout.endswith('Exiting foreground\n'), done.stdout)
        until('the line', lambda: 'one line\n' in self.ctl('tail', 'cat').stdout)


class PidProxy(unittest.TestCase):
    """By hand."""

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(shutil.rmtree, self.folder.path)
        self.pidfile = self.folder.file('it.pid')

    def proxy(self, *command):
        process = subprocess.Popen([PIDPROXY, self.pidfile, *command], stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        return process

    def witness(self):
        process = self.proxy(sys.executable, self.folder.file('witness.py'), self.pidfile)
        until('the pidfile', lambda: os.path.exists(self.pidfile))
        return process

    def test_passes_signals_on_and_ends_after_a_term(self):
        process = self.witness()
        for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGTERM):
            process.send_signal(number)
            until(number.name, lambda: number.name in read(self.pidfile + '.notes'))
        self.assertEqual(process.wait(PATIENCE), 0)

    def test_ends_as_its_command(self):
        self.assertEqual(self.proxy('/bin/sh', '-c', 'exit 3').wait(PATIENCE), 3)
        self.assertEqual(self.proxy('/bin/sh', '-c', 'kill -KILL $$').wait(PATIENCE), -signal.SIGKILL)
        self.assertEqual(run(PIDPROXY, self.pidfile, '/no/such/program').returncode, 127)
        self.assertEqual(run(PIDPROXY, self.pidfile).returncode, 1)

    def test_a_pidfile_that_cannot_be_read_is_told_and_the_signal_dropped(self):
        process = self.proxy('/bin/cat', self.folder.write('fifo-like', ''))
        process.wait(PATIENCE)
        process = self.witness()
        os.rename(self.pidfile, self.pidfile + '.away')
        process.send_signal(signal.SIGHUP)
        self.assertEqual(process.stdout.readline(), "Can't read child pidfile %s!\n" % self.pidfile)
        os.rename(self.pidfile + '.away', self.pidfile)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE), 0)
        until('the TERM', lambda: read(self.pidfile + '.notes') == 'SIGTERM\n')


def main():
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules['__main__'])
    result = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(suite)
    bad, skipped = len(result.failures) + len(result.errors), len(result.skipped)
    print('%d passed, %d failed, %d skipped' % (max(result.testsRun - bad - skipped, 0), bad, skipped))
    sys.exit(1 if bad else 0)


if __name__ == '__main__':
    main()
