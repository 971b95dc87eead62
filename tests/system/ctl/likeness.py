#!/usr/bin/python3
"""What supervisord says and answers in the order and with the words of the original, where that takes a whole daemon.

    likeness.py BUILD

With ORIGINAL=1 in the environment the original, Debian's package `supervisor`, is put through the same tests in place of ours.
As root to be run in a PID namespace (tests/support/contained)."""
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import unittest
import xmlrpc.client

from clients import THEIRS_CTL, THEIRS_D, UnixTransport
from ctl import HEAD, PATIENCE, SUPERVISORCTL, SUPERVISORD, Folder, main, read, run, until

if os.environ.get('ORIGINAL'):
    SUPERVISORD, SUPERVISORCTL = THEIRS_D, THEIRS_CTL

DEAF = '''/bin/sh -c 'trap "" TERM; echo ready; while :; do sleep 0.1; done' '''
# Writes down the first line of each event.
LISTENER = '''
import sys
while True:
    sys.stdout.write('READY\\n')
    sys.stdout.flush()
    header = sys.stdin.readline()
    words = dict(word.split(':') for word in header.split())
    sys.stdin.read(int(words['len']))
    with open(sys.argv[1], 'a') as file:
        file.write(header)
    sys.stdout.write('RESULT 2\\nOK')
    sys.stdout.flush()
'''


class Daemon(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(shutil.rmtree, self.folder.path)

    def begin(self, programs, options='', **how):
        self.configure(programs, options)
        self.daemon = subprocess.Popen([SUPERVISORD, '-n', '-s', '-c', self.folder.conf], cwd=self.folder.path, **how)
        self.addCleanup(self.end, self.daemon)
        self.wait_log('supervisord started with pid')

    def end(self, daemon=None):
        daemon = daemon or self.daemon
        if daemon.poll() is None:
            daemon.terminate()
            daemon.wait(PATIENCE)

    def configure(self, programs, options=''):
        self.folder.write('supervisord.conf', HEAD.replace('[supervisord]', '[supervisord]\n' + options) + programs)

    def log(self):
        """Its lines, without their times; pids are N, the folder is HERE."""
        text = read(self.folder.file('main.log')).replace(self.folder.path, 'HERE')
        return [re.sub(r'pid \d+', 'pid N', line[24:]) for line in text.splitlines()]

    def wait_log(self, text, times=1):
        until(lambda: '%s in:\n%s' % (text, '\n'.join(self.log())), lambda: sum(text in line for line in self.log()) >= times)

    def supervisor(self):
        return xmlrpc.client.ServerProxy('http://localhost', transport=UnixTransport(self.folder.file('socket'))).supervisor


class Start(Daemon):
    def test_critical_lines_then_warnings_then_the_rest_also_after_a_reload(self):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        wanted = 900 if hard == resource.RLIM_INFINITY else min(900, hard)
        limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (wanted - 1, hard))
        is_root = os.getuid() == 0
        files = '[include]\nfiles=%(here)s/nosuch*.ini %(here)s/more.ini\n'
        rest = ['WARN No file matches via include "HERE/nosuch*.ini"', 'INFO Included extra file "HERE/more.ini" during parsing']
        self.folder.write('more.ini', '[program:x]\ncommand=/bin/cat\nautostart=false\n')
        raised = 'INFO Increased RLIMIT_NOFILE limit to %d' % wanted
        for user in ['', 'user=root\n'] if is_root else ['']:
            with self.subTest(user=user):
                self.begin(files, user + 'minfds=%d\n' % wanted, preexec_fn=limit)
                first = ['CRIT Supervisor is running as root.'] if is_root and not user else []
                last = ['INFO Set uid to user 0 succeeded'] if user else []
                cut = lambda lines: [line.split('  Privileges')[0] for line in lines]
                expected = first + rest + last
                self.assertEqual(cut(self.log())[:len(expected) + 1], expected + [raised])
                before = len(self.log())
                self.daemon.send_signal(signal.SIGHUP)
                self.wait_log('supervisord started with pid', 2)
                self.assertEqual(cut(self.log())[before + 1:before + 1 + len(expected)], expected)
                self.end()
                os.remove(self.folder.file('main.log'))

    def test_a_socket_of_a_program_that_cannot_be_started_is_closed_after_the_reason(self):
        self.begin('[fcgi-program:f]\ncommand=/nonexistent/f\nsocket=unix://%(here)s/f\nstartretries=2\n')
        self.wait_log('gave up: f')
        lines = [line for line in self.log() if ' socket unix:' in line or 'spawnerr' in line]
        made, closed = 'INFO Creating socket unix://HERE/f', 'INFO Closing socket unix://HERE/f'
        self.assertEqual(lines, [made, closed] + 3 * [made, "INFO spawnerr: can't find command '/nonexistent/f'", closed])


class Shutdown(Daemon):
    def lines(self, programs, ready):
        """From the request on."""
        self.begin(programs, 'loglevel=blather\n')
        ready()
        self.end()
        lines = self.log()
        return lines[[line.startswith('WARN received SIGTERM') for line in lines].index(True) + 1:]

    def test_those_whose_turn_it_is_are_signalled_before_it_is_told_who_is_left(self):
        def ready():
            until('b', lambda: 'ready' in run(SUPERVISORCTL, '-c', self.folder.conf, 'tail', 'b').stdout)
            self.wait_log('success: ', 2)

        lines = self.lines('[program:a]\ncommand=/bin/cat\nstartsecs=0\npriority=1\n'
                           '[program:b]\ncommand=' + DEAF + '\nstartsecs=0\nstopwaitsecs=1\npriority=2\n',
                           ready)
        self.assertEqual(lines[:4], ['DEBG killing b (pid N) with signal SIGTERM', 'INFO waiting for a, b to die',
                                     'BLAT a state: RUNNING', 'BLAT b state: STOPPING'])

    def test_who_is_not_started_again_is_not_waited_for(self):
        lines = self.lines('[program:a]\ncommand=/nonexistent/a\nstartretries=100\n', lambda: self.wait_log('spawnerr'))
        self.assertEqual([line for line in lines if 'waiting for' in line or 'state:' in line], [])


class Calls(Daemon):
    def test_a_log_that_is_gone_is_not_cleared(self):
        self.begin('')
        os.remove(self.folder.file('main.log'))
        with self.assertRaises(xmlrpc.client.Fault) as refused:
            self.supervisor().clearLog()
        self.assertEqual((refused.exception.faultCode, refused.exception.faultString), (20, 'NO_FILE'))
        self.assertFalse(os.path.exists(self.folder.file('main.log')))

    def test_events_carry_the_identifier_that_was_read_last(self):
        heard = self.folder.file('heard')
        pool = '[eventlistener:l]\ncommand=%s %s %s\nevents=REMOTE_COMMUNICATION\n' % (
            sys.executable, self.folder.write('listener.py', LISTENER), heard)
        self.begin(pool, 'identifier=one\n')
        self.wait_log('success: l entered RUNNING')
        for number, identifier in enumerate(['one', 'two']):
            self.configure(pool, 'identifier=%s\n' % identifier)
            self.assertEqual(self.supervisor().reloadConfig(), [[[], [], []]])
            self.supervisor().sendRemoteCommEvent('a', 'b')
            until('the event', lambda: read(heard).count('\n') == number + 1)
            self.assertIn(' server:%s ' % identifier, read(heard).splitlines()[number])


if __name__ == '__main__':
    main()
