#!/usr/bin/python3
"""supervisorctl at a terminal: the live view, the shell with Tab and Ctrl-C; and the view where there is no terminal.

    terminal.py BUILD

As root to be run in a PID namespace (tests/support/contained)."""
import os
import shutil
import signal
import subprocess
import unittest

try:
    import pexpect
except ImportError:
    pexpect = None

from ctl import HEAD, PATIENCE, SUPERVISORCTL, SUPERVISORD, Folder, main, run, until

PROGRAMS = '''
[program:cat]
command=/bin/cat
startsecs=0
[program:web]
command=/bin/sh -c 'echo hello; exec sleep 1000'
process_name=%(program_name)s-%(process_num)02d
numprocs=9
startsecs=0
'''
SCREEN, GIVEN_BACK = '\x1b[?1049h', '\x1b[?7h\x1b[?25h\x1b[?1049l'


SLOW = '''
[program:cat]
command=/bin/cat
startsecs=0
[program:slow]
command=/bin/sh -c 'trap "sleep 2; exit 0" TERM; while :; do sleep 0.1; done'
process_name=%(process_num)d
numprocs=3
startsecs=2
autostart=false
'''


class Terminals(unittest.TestCase):
    programs, running = PROGRAMS, 10

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(shutil.rmtree, self.folder.path)
        self.folder.write('supervisord.conf', HEAD + self.programs)
        self.addCleanup(self.end)
        self.begin()

    def begin(self):
        self.daemon = subprocess.Popen([SUPERVISORD, '-n', '-s', '-c', self.folder.conf], cwd=self.folder.path)
        until('the start', lambda: self.ctl('status').count('RUNNING') == self.running)

    def end(self):
        self.daemon.terminate()
        self.daemon.wait(PATIENCE)

    def ctl(self, *words):
        return run(SUPERVISORCTL, '-c', self.folder.conf, *words).stdout


class AtTerminal(Terminals):
    def terminal(self, *words, size=(8, 70), echo=True, **environment):
        """Below a shell, which stays, and says how it has found its terminal."""
        command = ' '.join([SUPERVISORCTL, '-c', self.folder.conf, *words])
        shell = pexpect.spawn('/bin/sh', ['-c', 'trap : INT; ' + command + '; echo "left with $?"; stty -a'], encoding='utf-8',
                              timeout=PATIENCE, dimensions=size, echo=echo, env={**os.environ, 'TERM': 'xterm', **environment})
        self.addCleanup(shell.close, force=True)
        return shell


@unittest.skipUnless(pexpect, 'python3-pexpect is not there')
class Progress(AtTerminal):
    programs, running = SLOW, 1

    def test_of_many_processes_it_is_seen_who_is_waited_for_until_the_lines_come(self):
        shell = self.terminal('restart', 'slow:*')
        shell.expect_exact('start: 0 of 3 running, waiting for slow:0, slow:1, slow:2')
        shell.expect_exact('\r\x1b[Kslow:')
        shell.expect('[012]: started\r\nslow:[012]: started\r\nslow:[012]: started\r\nleft with 0')
        shell = self.terminal('stop', 'all', size=(24, 40))
        shell.expect_exact('stop: ')
        shell.expect_exact('\r\x1b[K')
        self.assertLess(len('stop: ' + shell.before), 40)
        shell.expect('slow:[012]: stopped\r\n')
        shell.expect_exact('left with 0')

    def test_the_names_of_several_are_enough_for_it_and_ctrl_c_leaves_a_clean_line(self):
        shell = self.terminal('start', 'slow:0', 'slow:2')
        shell.expect_exact('start: 0 of 2 running, waiting for slow:0, slow:2')
        shell.sendintr()
        shell.expect_exact('\r\x1b[K')
        shell.expect('left with (130|1)')

    def test_there_is_none_of_it_for_one_process_elsewhere_or_on_a_dumb_terminal(self):
        shell = self.terminal('start', 'slow:0')
        shell.expect('left with 0')
        self.assertEqual(shell.before, 'slow:0: started\r\n')
        shell = self.terminal('start', 'all', TERM='dumb')
        shell.expect('left with 0')
        self.assertEqual(sorted(shell.before.split()), ['slow:1:', 'slow:2:', 'started', 'started'])
        self.assertEqual(sorted(self.ctl('stop', 'slow:*').splitlines()), ['slow:%d: stopped' % number for number in range(3)])
        self.assertEqual(sorted(self.ctl('start', 'slow:*').splitlines()), ['slow:%d: started' % number for number in range(3)])


@unittest.skipUnless(pexpect, 'python3-pexpect is not there')
class Screens(AtTerminal):
    def watch(self, **options):
        view = self.terminal('status', '--watch', '--interval=0.1', **options)
        view.expect_exact(SCREEN)
        view.expect_exact('10 processes: 10 RUNNING')
        return view

    def is_left(self, view):
        view.expect_exact(GIVEN_BACK)
        view.expect_exact('left with 0')
        view.expect(r'\sicanon\s')
        view.expect(r'\secho\s')

    def test_a_view_is_cut_to_the_screen_and_leaves_it_clean(self):
        view = self.watch()
        view.expect_exact('web:web-03')
        view.expect_exact('q quit')
        self.assertNotIn('web:web-04', view.before)
        view.setwinsize(20, 70)
        view.expect_exact('web:web-08')
        view.setwinsize(4, 12)
        view.expect_exact('10 processe\x1b[K')
        view.send('q')
        self.is_left(view)

    def test_ctrl_c_leaves_it_clean_too_and_so_does_a_term(self):
        view = self.watch()
        view.sendintr()
        self.is_left(view)
        view = pexpect.spawn(SUPERVISORCTL, ['-c', self.folder.conf, 'status', '--watch'], encoding='utf-8',
                             timeout=PATIENCE, env={**os.environ, 'TERM': 'xterm'})
        view.expect_exact('q quit')
        view.kill(signal.SIGTERM)
        view.expect_exact(GIVEN_BACK)
        view.expect(pexpect.EOF)
        view.close()
        self.assertEqual(view.signalstatus, signal.SIGTERM)

    def test_keys_choose_stop_start_restart_and_show_the_log(self):
        view = self.watch(NO_COLOR='1')
        view.expect_exact('\x1b[7mcat ')
        view.send('x')
        view.expect_exact('Stop cat? y/N')
        view.send('y')
        view.expect('cat  +STOPPED')
        view.send('s')
        view.expect('cat  +RUNNING')
        view.send('\x1b[B')
        view.expect_exact('\x1b[7mweb:web-00')
        before = self.ctl('pid', 'web:web-00')
        view.send('r')
        view.expect_exact('Restart web:web-00? y/N')
        view.send('y')
        until('the restart', lambda: self.ctl('pid', 'web:web-00') not in (before, '0\n'))
        view.send('x')
        view.expect_exact('y/N')
        view.send('n')
        view.send('l')
        view.expect_exact('==> Press Ctrl-C to exit <==')
        view.expect_exact('hello')
        view.sendintr()
        view.expect_exact(SCREEN)
        view.expect_exact('10 processes: 10 RUNNING')
        view.send('q')
        self.is_left(view)

    def test_it_lives_through_a_supervisord_that_goes_and_comes(self):
        view = self.watch()
        self.end()
        view.expect('No answer since [0-9:]+: unix://')
        self.begin()
        view.expect('supervisord answers again since [0-9:]+')
        view.expect_exact('10 RUNNING')
        view.send('q')
        self.is_left(view)

    def test_the_shell_completes_within_the_width_and_goes_on_after_ctrl_c(self):
        shell = self.terminal(size=(24, 40))
        shell.expect_exact('supervisor> ')
        shell.send('stop web:\t')
        shell.expect('web:web-08 *\r\n')
        self.assertLessEqual(max(len(line) for line in shell.before.splitlines()), 39)
        shell.send('\x15fg c\t\r')
        shell.expect_exact('==> Press Ctrl-C to exit <==')
        shell.sendintr()
        shell.expect_exact('supervisor> ')
        shell.send('tail -f web:web-01\r')
        shell.expect_exact('hello')
        shell.sendintr()
        shell.expect_exact('supervisor> ')
        shell.send('\x1b[A\x1b[A')
        shell.expect_exact('fg cat')
        shell.send('\x15exit\r')
        shell.expect_exact('left with 0')
        shell.expect(r'\secho\s')


    def test_help_lists_what_the_original_has_not_at_a_terminal_alone(self):
        more = 'more commands (type help <topic>):'
        shell = self.terminal('help')
        shell.expect_exact(more)
        shell.expect('check +mstart')
        shell.expect('upgrade')
        shell.expect_exact('left with 0')
        self.assertNotIn(more, self.ctl('help'))

    def test_help_of_a_command_has_its_switches_at_a_terminal_alone(self):
        shell = self.terminal('help', 'status')
        shell.expect_exact('Get all process status info')
        shell.expect(r'\r\n  --timeout SECONDS   Give up')
        shell.expect(r'\r\n  --watch             Show it')
        shell.expect_exact('left with 0')
        self.assertNotIn('--parallel', shell.before)
        self.assertNotIn('--', self.ctl('help', 'status'))

    def test_ctrl_d_ends_what_asked_and_not_the_shell(self):
        shell = self.terminal(size=(24, 80))
        for line, answer in ('fg cat', '==> Press Ctrl-C to exit <=='), ('reload', 'y/N? '), ('shutdown', 'y/N? '):
            shell.expect_exact('supervisor> ')
            shell.send(line + '\r')
            shell.expect_exact(answer)
            shell.sendeof()
            shell.expect(r'\r\n')
        shell.expect_exact('supervisor> ')
        shell.send('pid cat\r')
        shell.expect(r'\r\n\d+\r\n')
        shell.expect_exact('supervisor> ')
        shell.sendeof()
        shell.expect_exact('left with 0')

    def test_who_shows_what_is_typed_himself_does_not_get_it_again(self):
        shell = self.terminal(echo=False, TERM='dumb')
        shell.expect_exact('supervisor> ')
        shell.send('help versi\t\n')
        shell.expect_exact('version')
        self.assertEqual(shell.before, '')
        shell.expect_exact('supervisor> ')
        shell.sendline('foo')
        shell.expect_exact('*** Unknown syntax: foo\r\nsupervisor> ')
        self.assertEqual(shell.before, '')
        shell.sendeof()
        shell.expect_exact('left with 0')

    def test_a_dumb_terminal_completes_and_remembers_too(self):
        shell = self.terminal(size=(24, 80), TERM='dumb')
        shell.expect_exact('supervisor> ')
        shell.send('pid ca\t\r')
        shell.expect(r'\r\n\d+\r\n')
        shell.expect_exact('supervisor> ')
        shell.send('\x10\r')  # the line before
        shell.expect(r'pid cat.*\r\n\d+\r\n')
        shell.expect_exact('supervisor> ')
        shell.send('exit\r')
        shell.expect_exact('left with 0')


class Elsewhere(Terminals):
    def test_a_table_each_time_that_something_has_changed(self):
        watch = subprocess.Popen([SUPERVISORCTL, '-c', self.folder.conf, 'status', '--watch', '--interval', '0.1', 'cat'],
                                 stdout=subprocess.PIPE, text=True)
        self.addCleanup(watch.stdout.close)
        self.addCleanup(watch.wait, PATIENCE)
        self.addCleanup(watch.terminate)
        self.assertRegex(watch.stdout.readline(), '^cat {30}RUNNING   pid ')
        self.ctl('stop', 'cat')
        tables = [watch.stdout.readline() for _ in range(2)]
        while 'STOPPING' in tables[-1]:
            tables += [watch.stdout.readline() for _ in range(2)]
        self.assertEqual(tables[-2], '\n')
        self.assertRegex(tables[-1], '^cat {30}STOPPED   ')
        self.end()
        self.assertEqual(watch.stdout.readline(), '\n')
        self.assertRegex(watch.stdout.readline(), '^(unix://.* no such file|supervisord is shutting down|.* refused|unix:)')
        self.begin()
        self.assertEqual(watch.stdout.readline(), '\n')
        self.assertRegex(watch.stdout.readline(), '^cat {30}')

    def test_it_ends_when_nobody_reads(self):
        watch = subprocess.Popen([SUPERVISORCTL, '-c', self.folder.conf, 'status', '--watch', 'cat'], stdout=subprocess.PIPE)
        watch.stdout.readline()
        watch.stdout.close()
        self.assertEqual(watch.wait(PATIENCE), 0)


if __name__ == '__main__':
    main()
