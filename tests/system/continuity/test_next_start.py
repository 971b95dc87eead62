"""The start after keeper and controller were killed, when something is not as it was at the start before."""

import glob
import os
import re
import resource
import shutil
import signal
import socket
import tempfile

from bed import Bed
from outside import alive, free_port

# Answers "hi" to whoever connects to its descriptor 0.
ANSWERER = '''import os, socket
listening = socket.socket(fileno=0)
while True:
    connection = listening.accept()[0]
    connection.sendall(b'%d' % os.getpid())
    connection.close()
'''
# Counts what it could write.
WRITER = '''import os, sys
written = 0
while True:
    os.write(1, b'x' * 1000)
    written += 1
    with open(sys.argv[1], 'w') as file:
        file.write('%d ' % written)
'''


class NextStart(Bed):
    def run_until_killed(self, programs, names=('p',), settings=''):
        self.start(programs, settings)
        self.wait_for('all to run', lambda: all(self.state(name) == 'RUNNING' for name in names))
        pids = [self.pid(name) for name in names]
        table = os.readlink('/proc/%d/fd/6' % self.controller())
        self.kill_both()
        return pids, table

    def test_too_few_descriptors_refuse_it_and_lose_nothing(self):
        names = ['p_%d' % number for number in range(12)]
        pids, _ = self.run_until_killed('[program:p]\ncommand=/bin/sleep 1000\nnumprocs=12\nstartsecs=0\n'
                                        'process_name=%(program_name)s_%(process_num)d\n', names, 'minfds=40')
        done = self.try_to_start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (80, 80)))
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertIn(b'cannot start; why is in %s' % os.fsencode(self.path('log')), done.stdout)
        self.wait_for_log(r'CRIT cannot start: Too many open files \(RLIMIT_NOFILE is 80\)$')
        self.wait_for('its end', lambda: not self.supervisors())
        self.start()
        self.assertEqual([self.pid(name) for name in names], pids)
        self.assertNotIn('status unknown', self.log())

    def test_what_a_shutdown_had_told_to_end_ends_first_and_is_begun_anew(self):
        self.end_in_the_middle_of(signal.SIGTERM)

    def test_what_a_reload_had_told_to_end_ends_first_and_is_begun_anew(self):
        self.end_in_the_middle_of(signal.SIGHUP)

    def end_in_the_middle_of(self, what):
        deaf = ('[program:%s]\ncommand=/bin/sh -c "trap \'%s\' TERM; : > %s; while :; do sleep 0.05; done"\n'
                'startsecs=0\nstopwaitsecs=3\n')
        traps = {'polite': 'sleep 2; exit 0', 'stubborn': ': >> %s' % self.path('told'), 'gone': 'sleep 0.5; exit 0'}
        programs = ''.join(deaf % (name, trap, self.path(name)) for name, trap in traps.items())
        self.start(programs)
        self.wait_for('all to be deaf', lambda: all(os.path.exists(self.path(name)) for name in traps))
        pids = [self.pid(name) for name in traps]
        os.kill(self.keeper(), what)
        self.wait_for('the signal', lambda: os.path.exists(self.path('told')))
        self.kill_both()
        self.wait_for('the end of one', lambda: not alive(pids[2]))
        self.start(programs)
        self.wait_for('all to be begun anew', lambda: all(self.state(name) == 'RUNNING' and self.pid(name) not in pids for name in traps))
        self.assertFalse(any(alive(pid) for pid in pids))

    def test_another_environment_does_not_hide_what_is_left(self):
        session = tempfile.mkdtemp(dir='/dev/shm')
        self.addCleanup(shutil.rmtree, session)
        for directory in (session, self.directory):
            os.chown(directory, 65534, 65534)
        (pid,), _ = self.run_until_killed('[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\n', settings='user=nobody')
        os.environ['XDG_RUNTIME_DIR'] = session
        self.addCleanup(os.environ.pop, 'XDG_RUNTIME_DIR')
        self.start()
        self.wait_for_log("('p' with pid|adopted: 'p' with pid) %d" % pid)
        self.assertIn('supervisord was killed, keeper and controller, resumed: 1 process', self.log())
        self.assertEqual(os.listdir(session), [])

    def test_programs_in_a_table_of_another_version_refuse_it(self):
        (pid,), table = self.run_until_killed('[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\n')
        with open(table, 'r+b') as file:
            file.seek(8)
            right = file.read(4)
            file.seek(8)
            file.write(b'\x63\0\0\0')
        done = self.try_to_start()
        self.assertEqual(done.returncode, 2)
        self.assertIn('of another version, which was killed, are still running (pids %d)' % pid, done.stdout.decode())
        with open(table, 'r+b') as file:
            file.seek(8)
            file.write(right)
        self.start()
        self.assertEqual(self.pid('p'), pid)

    def places(self):
        """What is there of those with the name of this test, which others have not."""
        return {found for place in ('/run', '/dev/shm')
                for found in glob.glob('%s/supervisord-*-%s-*' % (place, os.path.basename(self.directory)))}

    def test_one_that_is_refused_for_its_socket_leaves_nothing(self):
        self.start('', 'identifier=' + os.path.basename(self.directory))
        before = self.places()
        self.assertEqual(len(before), 1)
        with open(self.path('conf')) as file:
            text = file.read()
        with open(self.path('conf'), 'w') as file:
            file.write(re.sub('^pidfile=.*', 'pidfile=' + self.path('other'), text, flags=re.M))
        done = self.try_to_start()
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertIn(b'already listening', done.stdout)
        self.assertEqual(self.places(), before)

    def test_one_that_is_refused_for_the_socket_of_a_program_leaves_nothing(self):
        self.write_config('[fcgi-program:p]\ncommand=/bin/cat\nsocket=unix://%s\n' % self.path('nowhere/p.sock'),
                          'identifier=' + os.path.basename(self.directory))
        done = self.try_to_start()
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertEqual(self.places(), set())

    def test_a_second_supervisord_of_the_same_name_is_refused_without_a_server_too(self):
        self.write_config('[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\n')
        with open(self.path('conf')) as file:
            text = file.read()
        with open(self.path('conf'), 'w') as file:
            file.write(text.replace('[unix_http_server]\nfile=%s\n' % self.path('s.sock'), ''))
        self.assertEqual(self.try_to_start().returncode, 0)
        self.wait_for_log("spawned: 'p' with pid")
        done = self.try_to_start()
        self.assertEqual(done.returncode, 2)
        self.assertIn('already running as this supervisord: process %d' % self.keeper(), done.stdout.decode())
        self.assertEqual(len(self.spawned('p')), 1)

    def test_one_with_the_same_pidfile_and_other_servers_is_another_supervisord(self):
        (pid,), _ = self.run_until_killed('[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\n')
        self.start()
        other = tempfile.mkdtemp(dir=self.directory)
        with open(self.path('conf')) as file:
            text = file.read()
        with open(self.path('conf'), 'w') as file:
            file.write(text.replace(self.path('s.sock'), other + '/s.sock').replace(self.path('log'), other + '/log'))
        self.assertEqual(self.try_to_start().returncode, 0)

        def has_spawned():
            with open(other + '/log') as file:
                return "spawned: 'p' with pid" in file.read()
        self.wait_for('the other to start', has_spawned)
        with open(self.path('pid')) as file:
            other_keeper = int(file.read())
        os.kill(other_keeper, signal.SIGTERM)
        self.wait_for('the other to end', lambda: not alive(other_keeper))
        self.assertTrue(alive(pid))

    def ask(self, family, address):
        with socket.socket(family) as client:
            client.settimeout(10)
            client.connect(address)
            return int(client.recv(20))

    def test_the_socket_of_an_fcgi_program_is_the_one_that_it_has(self):
        with open(self.path('answerer'), 'w') as file:
            file.write(ANSWERER)
        port = free_port()
        url = {'u': 'unix://' + self.path('f.sock'), 't': 'tcp://127.0.0.1:%d' % port}
        where = {'u': (socket.AF_UNIX, self.path('f.sock')), 't': (socket.AF_INET, ('127.0.0.1', port))}
        pids, _ = self.run_until_killed(''.join(
            '[fcgi-program:%s]\ncommand=/usr/bin/python3 %s\nsocket=%s\nstartsecs=0\n'
            % (name, self.path('answerer'), url[name]) for name in 'ut'), 'ut')
        self.start()
        self.wait_for('adopted', lambda: self.log().count('adopted: ') == 2)
        self.assertEqual([self.ask(*where[name]) for name in 'ut'], pids)
        for name in 'ut':
            self.rpc.insist('stopProcess', name)
            self.rpc.insist('startProcess', name)
            self.assertEqual(self.wait_for('an answer', lambda name=name: self.ask(*where[name])), self.pid(name))

    def test_what_is_configured_again_is_adopted(self):
        other = '[program:o]\ncommand=/bin/sleep 1000\nstartsecs=0\n'
        program = '[program:p]\ncommand=/bin/cat\nstartsecs=0\nstdout_logfile=%s\n' % self.path('cat.out')
        (pid, _), _ = self.run_until_killed(other + program, 'po')
        self.start(other)
        self.wait_for_log("CRIT process %d was 'p:p' and is not under control any more" % pid)
        self.write_config(other + program)
        self.rpc.insist('reloadConfig')
        self.assertTrue(self.rpc.insist('addProcessGroup', 'p'))
        self.wait_for_log("adopted: 'p' with pid %d$" % pid)
        self.assertEqual((self.state('p'), self.pid('p')), ('RUNNING', pid))
        self.rpc.insist('sendProcessStdin', 'p', 'hello\n')
        self.wait_for('cat to answer', lambda: os.path.getsize(self.path('cat.out')) == 6)
        self.kill_controller()
        self.assertEqual((self.state('p'), self.pid('p')), ('RUNNING', pid))
        self.rpc.insist('stopProcess', 'p')
        self.assertFalse(alive(pid))
        self.rpc.insist('startProcess', 'p')
        self.assertEqual(len(self.spawned('p')), 2)

    def test_what_is_left_alone_is_read_whoever_dies(self):
        with open(self.path('writer'), 'w') as file:
            file.write(WRITER)
        other = '[program:o]\ncommand=/bin/sleep 1000\nstartsecs=0\n'
        self.run_until_killed('[program:w]\ncommand=/usr/bin/python3 %s %s\nstartsecs=0\nstdout_logfile=NONE\n%s'
                              % (self.path('writer'), self.path('count'), other), 'wo')
        self.start(other)

        def goes_on():
            def count():
                if not os.path.exists(self.path('count')):  # it has not come that far yet
                    return 0
                with open(self.path('count')) as file:
                    return int(file.read() or 0)
            before = count()
            self.wait_for('more than a pipe', lambda: count() > before + 200)

        goes_on()
        self.kill_controller()
        goes_on()
        keeper = self.keeper()
        self.kill(keeper)
        self.wait_for('another keeper', lambda: self.keeper() != keeper)
        goes_on()

    def test_at_the_limit_of_descriptors_no_program_starts_and_every_death_is_mended(self):
        self.write_config('[program:p]\ncommand=/bin/sleep 1000\nnumprocs=40\nstartsecs=0\nstartretries=1000\n'
                          'process_name=%(program_name)s_%(process_num)02d\nstdout_logfile=NONE\nstderr_logfile=NONE\n', 'minfds=64')
        limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (110, 110))
        self.assertEqual(self.try_to_start(preexec_fn=limit).returncode, 0)
        self.wait_for_answer()
        self.wait_for_log("spawnerr: too many open files to spawn 'p_39'|unknown error making dispatchers|too many open files")
        with_pids = lambda: {name: one['pid'] for name, one in self.info().items() if one['pid']}
        self.wait_for('the first program', with_pids)  # the last are refused while the first are on their way
        before = with_pids()
        self.assertLess(len(before), 40)
        self.kill_controller()
        keeper = self.keeper()
        self.kill(keeper)
        self.wait_for('another keeper', lambda: self.keeper() != keeper)
        self.wait_for_answer()
        now = self.info()
        self.assertEqual({name: now[name]['pid'] for name in before}, before)

    def test_launches_on_their_way_leave_the_others_their_descriptors(self):
        """Each will bring one for its child, and many are on their way at once."""
        self.write_config('[program:p]\ncommand=/bin/sleep 1000\nnumprocs=60\nstartsecs=0\nautorestart=false\n'
                          'process_name=%(program_name)s_%(process_num)02d\n', 'minfds=130')
        limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (130, 130))
        self.assertEqual(self.try_to_start(preexec_fn=limit).returncode, 0)
        self.wait_for_log('too many open files')
        self.wait_for('the first program', lambda: any(one['statename'] == 'RUNNING' for one in self.info().values()))
        for _ in range(3):
            states = [one['statename'] for one in self.info().values()]
            self.assertTrue(0 < states.count('RUNNING') < 60, states)
        free = 130 - len(os.listdir('/proc/%d/fd' % self.controller()))
        self.assertGreaterEqual(free, 20)
