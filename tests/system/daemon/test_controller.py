"""What a controller that is killed, or sent signals, must not make of the log."""
import http.client
import os
import re
import signal
import subprocess
import time
import unittest

from daemon import PATIENCE, DaemonCase, program, until

class Start(DaemonCase):
    def test_who_has_an_answer_finds_the_pidfile(self):
        self.daemon.configure()
        for _ in range(10):
            self.daemon.start()
            self.assertEqual(self.daemon.text('pid').strip(), str(self.daemon.keeper.pid))
            self.daemon.keeper.terminate()
            self.daemon.keeper.wait(PATIENCE)

    def test_of_two_starts_at_once_one_is_refused_and_says_so(self):
        daemon = self.daemon
        with open(daemon.path('conf'), 'w') as file:  # no server, whose address would tell earlier
            file.write('[supervisord]\nlogfile=%s\npidfile=%s\n' % (daemon.path('log'), daemon.path('pid')))
        for _ in range(12):
            starts = [subprocess.Popen([program('supervisord'), '-c', daemon.path('conf')], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for _ in range(2)]
            told = [start.communicate(timeout=PATIENCE)[1] for start in starts]
            until('the pidfile', lambda: os.path.exists(daemon.path('pid')) and daemon.text('pid'))
            keeper = int(daemon.text('pid'))
            self.assertGreater(keeper, 1)
            os.kill(keeper, signal.SIGTERM)
            until('the end', lambda: not os.path.exists('/proc/%d' % keeper))
            self.assertEqual(sorted(start.returncode for start in starts), [0, 2], told)
            self.assertIn('Error: Another program is already running as this supervisord: process %d,' % keeper, ''.join(told))

    def test_the_way_into_the_background_is_told_after_the_servers(self):
        daemon = self.daemon
        daemon.configure()
        with open(daemon.path('conf')) as file:
            text = file.read().replace('nodaemon=true', 'directory=/')
        with open(daemon.path('conf'), 'w') as file:
            file.write(text)
        done = subprocess.run([program('supervisord'), '-c', daemon.path('conf')], stdin=subprocess.DEVNULL,
                              timeout=PATIENCE, cwd=daemon.directory)
        self.assertEqual(done.returncode, 0)
        daemon.until_logged('supervisord started with pid')
        self.addCleanup(lambda: until('the end', lambda: not os.path.exists(daemon.path('pid'))))
        self.addCleanup(daemon.ctl, 'shutdown')
        told = [line.split(' ', 2)[2].split(' with pid')[0] for line in daemon.text('log').splitlines()]
        self.assertEqual(told[-5:], ["INFO RPC interface 'supervisor' initialized",
                                     "CRIT Server 'unix_http_server' running without any HTTP authentication checking",
                                     'INFO daemonizing the supervisord process', "INFO set current directory: '/'",
                                     'INFO supervisord started'])

    @unittest.skipUnless(os.getuid() == 0, 'only root can start programs as another user')
    def test_the_order_is_that_of_the_priorities_whoever_programs_run_as(self):
        users = ['nobody', '', 'daemon', 'nobody', '']
        self.daemon.configure(''.join('[program:p%d]\ncommand=/bin/sleep 1000\nstartsecs=0\npriority=%d\n%s\n'
                                      % (number, number, user and 'user=' + user) for number, user in enumerate(users)))
        self.daemon.start()
        self.daemon.until_logged("spawned: 'p", 5)
        self.assertEqual(re.findall("spawned: 'p(\\d)'", self.daemon.text('log')), list('01234'))


class Signals(DaemonCase):
    def test_what_is_sent_to_both_processes_is_done_once(self):
        self.daemon.configure('[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\n')
        self.daemon.start()
        controller = self.daemon.controller()
        for times in range(1, 6):
            for pid in (controller, self.daemon.keeper.pid):
                os.kill(pid, signal.SIGUSR2)
            self.daemon.until_logged('supervisord logreopen', times)
        for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            os.kill(controller, number)
        self.assertEqual(self.daemon.call('getState')['statename'], 'RUNNING')
        self.assertEqual(self.daemon.controller(), controller)
        self.assertEqual(self.daemon.times_logged('supervisord logreopen'), 5)


class Inherited(DaemonCase):
    def test_the_end_of_a_child_that_it_had_before_it_was_supervisord_is_told_as_there(self):
        self.daemon.configure()
        self.daemon.start(by=('/bin/sh', '-c', '(while [ ! -e %s ]; do sleep 0.02; done; exit 7) & exec "$@"' % self.daemon.path('go'), 'sh'))
        open(self.daemon.path('go'), 'w').close()
        self.daemon.until_logged(r'INFO reaped unknown pid \d+ \(exit status 7\)')


class Signalled(DaemonCase):
    def test_what_a_broken_pipe_does_to_a_program(self):
        looks = 'command=/bin/grep SigIgn /proc/self/status\nstartsecs=0\nautorestart=false\n'
        self.daemon.configure('[program:usual]\n%s[program:lively]\n%ssigpipe=default\n' % (looks, looks))
        self.daemon.start()
        ignored = lambda name: until(name, lambda: self.daemon.call('readProcessStdoutLog', name, 0, 0)).split()[1]
        self.assertEqual(int(ignored('usual'), 16), 1 << signal.SIGPIPE - 1 | 1 << signal.SIGXFSZ - 1)
        self.assertEqual(int(ignored('lively'), 16), 0)

    def test_real_time_signals_have_names(self):
        script = self.daemon.path('counter')
        with open(script, 'w') as file:
            file.write('#!/bin/bash\ntrap "echo four" RTMIN+4; trap "kill \\$!; echo five; exit" RTMIN+5\necho ready\n'
                       'while :; do sleep 1000 & wait $!; kill $!; done\n')
        os.chmod(script, 0o755)
        self.daemon.configure('[program:p]\ncommand=%s\nstartsecs=0\nstopsignal=SIGRTMIN+5\n' % script, settings='loglevel=debug\n')
        self.daemon.start()
        told = lambda word: until(word, lambda: word in self.daemon.call('readProcessStdoutLog', 'p', 0, 0))
        told('ready')
        self.assertEqual(self.daemon.ctl('signal', 'rtmin+4', 'p'), 'p: signalled\n')
        told('four')
        self.daemon.ctl('stop', 'p')
        told('five')
        self.daemon.until_logged(r'killing p \(pid \d+\) with signal SIGRTMIN\+5')


class Success(DaemonCase):
    def test_of_what_ends_at_once_only_the_end_is_told(self):
        self.daemon.configure('[program:quick]\ncommand=/bin/true\nstartsecs=0\nautorestart=false\nnumprocs=20\n'
                              'process_name=%(program_name)s%(process_num)d\n'
                              '[program:lasting]\ncommand=/bin/sleep 1000\nstartsecs=0\n')
        self.daemon.start()
        self.daemon.until_logged('success: lasting entered RUNNING')
        self.daemon.until_logged(r'exited: quick\d+ \(exit status 0; expected\)', 20)
        self.assertLess(self.daemon.times_logged(r'success: quick\d+ entered RUNNING'), 20)  # a slow machine tells of some
        self.daemon.kill_controller()
        self.daemon.ctl('restart', 'lasting')  # who asks finds the line with the answer
        self.assertEqual(self.daemon.times_logged('success: lasting entered RUNNING'), 2)


class Crashing(DaemonCase):
    """What ends at once and is started again for ever."""

    def setUp(self):
        super().setUp()
        self.daemon.configure('[program:p]\ncommand=/bin/false\nstartsecs=0\nautorestart=true\n')
        self.began = time.monotonic()
        self.daemon.start()

    def test_it_is_not_started_as_often_as_the_machine_can(self):
        self.daemon.until_logged("spawned: 'p'", 20)
        self.assertLessEqual(self.daemon.times_logged("spawned: 'p'"), 12 + 5 * (time.monotonic() - self.began))

    def test_it_can_be_stopped_and_goes_on_with_the_next_controller(self):
        self.daemon.until_logged("spawned: 'p'", 2)
        for _ in range(5):
            self.daemon.kill_controller()
            times = self.daemon.times_logged("spawned: 'p'")
            self.daemon.until_logged("spawned: 'p'", times + 2)
        self.daemon.until_logged("spawned: 'p'", 14)
        for _ in range(5):
            self.assertEqual(self.daemon.ctl('stop', 'p'), 'p: stopped\n')
            self.assertEqual(self.daemon.state('p')['statename'], 'STOPPED')
            times = self.daemon.times_logged("spawned: 'p'")
            self.assertEqual(self.daemon.ctl('start', 'p'), 'p: started\n')
            self.daemon.until_logged("spawned: 'p'", times + 2)
        self.daemon.ctl('shutdown')
        self.assertEqual(self.daemon.keeper.wait(PATIENCE), 0)


class Asking(DaemonCase):
    """supervisorctl does what it was asked for, though the controller that it has asked dies."""
    SLOW = ('[program:%s]\ncommand=/bin/sh -c "trap \'sleep 0.5; exit 0\' TERM; : > %s; while :; do sleep 0.05; done"\n'
            'startsecs=%d\nautorestart=false\n')

    def programs(self, startsecs=1):
        return ''.join(self.SLOW % (name, self.daemon.path(name), startsecs) for name in ('a', 'b'))

    def setUp(self):
        super().setUp()
        self.daemon.configure(self.programs())
        self.daemon.start()
        self.run_both()

    def run_both(self):
        until('both to be deaf', lambda: all(os.path.exists(self.daemon.path(name)) for name in 'ab'))
        until('both to run', lambda: [self.daemon.state(name)['statename'] for name in 'ab'] == ['RUNNING'] * 2)

    def ask(self, words, marks, status=0):
        """The controller dies once after each line that is logged."""
        asked = subprocess.Popen([program('supervisorctl'), '-c', self.daemon.path('conf'), *words], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for mark in marks:
            self.daemon.until_logged(mark)
            self.daemon.kill_controller()
        out = asked.communicate(timeout=30)[0]
        self.assertEqual(asked.returncode, status, out)
        return out.splitlines()

    def test_a_restart_of_all_is_finished(self):
        before = [self.daemon.state(name)['pid'] for name in 'ab']
        told = self.ask(['restart', 'all'], ['waiting for a to stop', 'INFO stopped: b'])
        self.assertEqual(sorted(set(told)), ['a: started', 'a: stopped', 'b: started', 'b: stopped'])
        self.run_both()
        self.assertFalse(set(before) & {self.daemon.state(name)['pid'] for name in 'ab'})
        self.assertEqual([self.daemon.times_logged("INFO spawned: '%s'" % name) for name in 'ab'], [2, 2])

    def test_so_is_one_of_several_at_once_and_one_after_the_other(self):
        for words in (['restart', '--parallel', 'a', 'b'], ['serialrestart', 'all']):
            with self.subTest(' '.join(words)):
                stopped = self.daemon.times_logged('waiting for a to stop')
                asked = subprocess.Popen([program('supervisorctl'), '-c', self.daemon.path('conf'), *words],
                                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
                self.daemon.until_logged('waiting for a to stop', stopped + 1)
                self.daemon.kill_controller()
                out = asked.communicate(timeout=30)[0]
                self.assertEqual((asked.returncode, sorted(out.split('\n'))[1:]), (0, ['a: started', 'a: stopped', 'b: started', 'b: stopped']))
                self.run_both()

    def test_an_update_is_finished(self):
        self.daemon.configure(self.programs(startsecs=0))
        told = self.ask(['update', 'a'], ['waiting for a to stop'])
        self.assertEqual(told, ['a: stopped', 'a: updated process group'])
        self.assertEqual(self.daemon.state('a')['statename'], 'RUNNING')

    def test_what_has_run_to_its_end_meanwhile_is_not_run_again(self):
        job = '[program:%s]\ncommand=/bin/sh -c "echo >> %s; exec sleep %s"\nstartsecs=%d\nautorestart=false\nautostart=false\n'
        self.daemon.configure(job % ('job', self.daemon.path('ran'), '0.3', 0) + job % ('slow', '/dev/null', '1000', 3))
        self.daemon.ctl('update')
        told = self.ask(['start', 'all'], ['exited: job'])
        self.assertEqual(told, ['slow: started'])
        self.assertEqual(self.daemon.text('ran'), '\n')

    def test_a_start_that_fails_says_so(self):
        self.daemon.configure('[program:c]\ncommand=/bin/sh -c "sleep 0.3; exit 3"\nstartretries=1\nautostart=false\n')
        self.daemon.ctl('update')
        told = self.ask(['start', 'c'], ["spawned: 'c'"], status=7)
        self.assertEqual(told, ['c: ERROR (abnormal termination)'])


class Following(DaemonCase):
    def test_tail_f_goes_on_with_the_next_controller(self):
        self.follow_through_deaths(backups=50)

    def test_tail_f_goes_on_though_the_file_that_it_began_with_is_gone(self):
        self.follow_through_deaths(backups=1)

    def follow_through_deaths(self, backups):
        script = self.daemon.path('writer')
        with open(script, 'w') as file:
            file.write('#!/bin/sh\nwhile :; do n=$((n + 1)); echo line $n %s; sleep 0.01; done\n' % ('x' * 100))
        os.chmod(script, 0o755)
        self.daemon.configure('[program:p]\ncommand=%s\nstartsecs=0\nstdout_logfile=%s\nstdout_logfile_maxbytes=2KB\n'
                              'stdout_logfile_backups=%d\n' % (script, self.daemon.path('p.log'), backups))
        self.daemon.start()
        with open(self.daemon.path('told'), 'w') as told, open(self.daemon.path('errors'), 'w') as errors:
            tail = subprocess.Popen([program('supervisorctl'), '-c', self.daemon.path('conf'), 'tail', '-f', 'p'],
                                    stdin=subprocess.DEVNULL, stdout=told, stderr=errors)
        self.addCleanup(tail.wait)
        self.addCleanup(tail.kill)
        lines = lambda: self.daemon.text('told').split('\n')[1:-1]
        for _ in range(3):
            before = len(lines())
            until('lines', lambda: len(lines()) > before + 50)  # of which some twenty are in a file
            self.daemon.kill_controller()
        before = len(lines())
        until('lines', lambda: len(lines()) > before + 20)
        numbers = [int(line.split()[1]) for line in lines()]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))
        self.assertEqual(self.daemon.text('errors'), '')
        self.daemon.keeper.terminate()
        self.assertEqual(tail.wait(30), 1)
        self.assertRegex(self.daemon.text('errors'), '^unix:.* Cannot read on, the connection was closed\n$')

    def test_tail_f_goes_on_at_the_right_place_after_a_log_was_emptied(self):
        script = self.daemon.path('writer')
        with open(script, 'w') as file:
            file.write('#!/bin/sh\nwhile read word; do for i in 1 2 3 4 5 6 7 8 9; do echo $word $i; done; done\n')
        os.chmod(script, 0o755)
        self.daemon.configure('[program:p]\ncommand=%s\nstartsecs=0\nstdout_logfile=%s\n' % (script, self.daemon.path('p.log')))
        self.daemon.start()
        with open(self.daemon.path('told'), 'w') as told:
            tail = subprocess.Popen([program('supervisorctl'), '-c', self.daemon.path('conf'), 'tail', '-f', 'p'],
                                    stdin=subprocess.DEVNULL, stdout=told, stderr=told)
        self.addCleanup(tail.wait)
        self.addCleanup(tail.kill)
        def write(word, file):
            self.daemon.call('sendProcessStdin', 'p', word + '\n')
            until(word, lambda: word + ' 9\n' in self.daemon.text(file))
        until('a follower', lambda: 'Press Ctrl-C' in self.daemon.text('told'))
        write('before', 'told')
        os.truncate(self.daemon.path('p.log'), 0)  # as logrotate does with copytruncate
        write('now', 'told')
        self.assertIn('==> File truncated <==', self.daemon.text('told'))
        os.kill(tail.pid, signal.SIGSTOP)  # until there is more than it has counted: its count is a place in the log again
        self.daemon.kill_controller()
        after = 'after' * 100
        write(after, 'p.log')
        os.kill(tail.pid, signal.SIGCONT)
        until('the end', lambda: after + ' 9\n' in self.daemon.text('told'))
        lines = [line for line in self.daemon.text('told').split('\n') if line and not line.startswith('==> Conn')]
        self.assertEqual(lines, ['==> Press Ctrl-C to exit <=='] + ['before %d' % i for i in range(1, 10)] +
                         ['==> File truncated <=='] + ['%s %d' % (word, i) for word in ('now', after) for i in range(1, 10)])
        self.assertNotIn('missing', self.daemon.text('told'))


@unittest.skipUnless(os.environ.get('CRASH_POINTS'), 'a build without crash points')
class Output(DaemonCase):
    def test_the_copy_of_output_in_the_log_is_made_by_the_next_controller_when_one_dies_before(self):
        # It dies after the copy, which nobody can tell from before: so the copy is there twice, and never not at all.
        self.daemon.configure('[program:p]\ncommand=/bin/echo some output\nstartsecs=0\nautorestart=false\n'
                              'stdout_logfile=%s\nautostart=false\n' % self.daemon.path('p.log'),
                              settings='loglevel=debug\n')
        os.environ['SUPERVISORD_CRASH_FILE'] = self.daemon.path('crash')
        self.addCleanup(os.environ.pop, 'SUPERVISORD_CRASH_FILE')
        self.daemon.start()
        with open(self.daemon.path('crash'), 'w') as file:
            file.write('journal.heard 1\n')
        try:
            self.daemon.call('startProcess', 'p', False)
        except (OSError, http.client.HTTPException):
            pass  # it may die before it answers
        self.daemon.until_logged('controller died')
        os.unlink(self.daemon.path('crash'))
        self.daemon.until_logged("'p' stdout output:\nsome output\n", 2)
        self.assertEqual(self.daemon.text('p.log'), 'some output\n')
