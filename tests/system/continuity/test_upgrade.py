"""A new version is put in the place of the running one (supervisorctl upgrade, SIGUSR1): programs, their logs and their
clients do not notice; a version that is not fit changes nothing."""

import contextlib
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import unittest

from bed import BIN, OR_UNKNOWN, SLOW, Bed
from outside import alive, free_port

CTL = os.environ['CTL']
HAS_CRASH_POINTS = os.environ.get('CRASH_POINTS') == '1'
COUNTS = '/bin/sh -c "i=0; while :; do i=$((i+1)); echo $i; test $((i %% 100)) != 0 || sleep 0.01; done"'


class Upgraded(Bed):
    def setUp(self):
        super().setUp()
        self.program = self.path('bin', 'supervisord')
        self.versions = 0
        os.mkdir(self.path('bin'))
        self.install()

    def install(self, change=lambda content: content):
        """As a package does it: a new file takes the name of the old one.  Answers the inode of the new one."""
        with open(os.path.join(BIN, 'supervisord'), 'rb') as file:
            content = file.read()
        return self.install_file(change(content))

    def install_file(self, content):
        draft = self.path('bin', 'draft')
        with open(draft, 'wb') as file:
            file.write(content)
        os.chmod(draft, 0o755)
        os.rename(draft, self.program)
        return os.stat(self.program).st_ino

    def install_changed(self, old, new):
        """One that differs in a text of its own, as another version would."""
        self.assertEqual(len(old), len(new))

        def change(content):
            self.assertIn(old, content)
            return content.replace(old, new)
        return self.install(change)

    def start(self, programs=None, settings=''):
        if programs is not None:
            self.write_config(programs + '[supervisorctl]\nserverurl=unix://%s\n' % self.path('s.sock'), settings)
        environment = dict(os.environ, SUPERVISORD_CRASH_FILE=self.path('crash'))
        done = subprocess.run([self.program, '-c', self.path('conf')], stdin=subprocess.DEVNULL, env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60 * SLOW)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.wait_for_answer()

    def ctl(self, *words):
        """(exit status, output)"""
        done = subprocess.run([os.path.join(CTL, 'supervisorctl'), '-c', self.path('conf')] + list(words), timeout=60 * SLOW,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.returncode, done.stdout

    def upgrade(self):
        self.assertEqual(self.ctl('upgrade'), (0, 'Upgraded supervisord\n'), self.log())

    def refused(self, why):
        """An upgrade is, and nothing is changed by it."""
        def parts():
            return self.keeper(), self.controller(), self.inodes(), {name: one['pid'] for name, one in self.info().items()}
        before = parts()
        status, said = self.ctl('upgrade')
        self.assertEqual((status, said[:len('ERROR: FAILED: ')]), (1, 'ERROR: FAILED: '), said)
        self.assertIn(why, said)
        self.assertEqual(parts(), before)
        self.assertIn('WARN upgrade refused, everything goes on as it was: ' + said[len('ERROR: FAILED: '):].strip(), self.log())

    def inodes(self):
        return [os.stat('/proc/%d/exe' % pid).st_ino for pid in (self.keeper(), self.controller())]

    def descriptors(self, pid):
        return len(os.listdir('/proc/%d/fd' % pid))

    def check_counting(self, path):
        """Every number once, in order; the last may be in the middle of being written."""
        with open(path) as file:
            lines = file.read().split('\n')
        last = lines.pop()
        self.assertEqual(lines, [str(number) for number in range(1, len(lines) + 1)])
        self.assertTrue(str(len(lines) + 1).startswith(last))
        return len(lines)

    def end_orderly(self):
        keeper = self.keeper()
        self.kill(keeper, signal.SIGTERM)
        self.wait_for('its end', lambda: not alive(keeper) and not self.supervisors())
        for name in ('pid', 's.sock'):
            self.assertFalse(os.path.exists(self.path(name)), name)


class Clients(threading.Thread):
    """One request after the other, each on a connection of its own, or all on one that is kept as long as it can be."""

    def __init__(self, family, address, keeps=False):
        super().__init__()
        self.family, self.address, self.keeps = family, address, keeps
        self.ended, self.served, self.problems = False, 0, []
        self.start()

    def run(self):
        link = None
        while not self.ended:
            try:
                is_new = link is None
                if is_new:
                    link = socket.socket(self.family)
                    link.settimeout(30)
                    link.connect(self.address)
                whole, goes_on = self.ask(link)
                # The end of a connection that was kept is no failure, as long as no answer has begun.
                if whole:
                    self.served += 1
                elif is_new:
                    self.problems.append('no answer on a new connection')
                if not (whole and goes_on and self.keeps):
                    link.close()
                    link = None
            except OSError as error:
                if not (self.keeps and not is_new and isinstance(error, (BrokenPipeError, ConnectionResetError))):
                    self.problems.append(repr(error))
                if link:
                    link.close()
                link = None

    @staticmethod
    def ask(link):
        link.sendall(b'GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n')
        answer = b''
        while b'\r\n\r\n' not in answer:
            part = link.recv(65536)
            if not part:
                return False, False
            answer += part
        head, _, body = answer.partition(b'\r\n\r\n')
        length = int(re.search(rb'Content-Length: (\d+)', head).group(1))
        while len(body) < length:
            part = link.recv(65536)
            if not part:
                return False, False
            body += part
        return True, b'Connection: close' not in head

    def finish(self):
        self.ended = True
        self.join(60)
        return self.served, self.problems


class UnderLoad(Upgraded):
    def test_nobody_notices(self):
        port = free_port()
        codes = self.path('codes')
        self.start('[program:writer]\ncommand=%s\nstdout_logfile=%s\nstdout_logfile_maxbytes=0\n'
                   '[program:slow]\ncommand=/bin/sh -c "i=0; while :; do i=$((i+1)); echo $i; sleep 0.01; done"\n'
                   'stdout_logfile=%s\nstdout_logfile_maxbytes=0\n'
                   '[program:ends]\ncommand=/bin/sh -c "echo $$ >> %s; sleep 0.05; exit 3"\nprocess_name=%%(process_num)d\n'
                   'numprocs=4\nstartsecs=0\n'
                   '[program:stubborn]\ncommand=/bin/sh -c "trap : TERM; echo deaf; while :; do sleep 0.05; done"\nstartsecs=0\n'
                   'stopwaitsecs=3\n'
                   '[inet_http_server]\nport=127.0.0.1:%d\n'
                   % (COUNTS, self.path('writer'), self.path('slow'), codes, port))
        self.wait_for('all to run', lambda: self.state('writer') == self.state('slow') == 'RUNNING')
        keeper = self.keeper()
        before = {name: self.pid(name) for name in ('writer', 'slow', 'stubborn')}
        followed = subprocess.Popen([os.path.join(CTL, 'supervisorctl'), '-c', self.path('conf'), 'tail', '-f', 'slow'],
                                    stdin=subprocess.DEVNULL, stdout=open(self.path('followed'), 'w'), stderr=subprocess.STDOUT)
        self.addCleanup(followed.kill)
        clients = [Clients(socket.AF_UNIX, self.path('s.sock')), Clients(socket.AF_INET, ('127.0.0.1', port)),
                   Clients(socket.AF_UNIX, self.path('s.sock'), keeps=True)]
        for number in range(2):
            new = self.install()
            old = self.controller()
            if number == 1:
                self.rpc.insist('stopProcess', 'stubborn', False)  # goes on, in the middle of an upgrade
            self.upgrade()
            self.assertEqual((self.keeper(), self.inodes()), (keeper, [new, new]))
            self.assertNotEqual(self.controller(), old)
        self.wait_for('a stop that goes on', lambda: self.state('stubborn') == 'STOPPED')
        self.assertFalse(alive(before.pop('stubborn')))
        self.assertEqual(len(re.findall('killing .stubborn. .* with SIGKILL', self.log())), 1)
        for one in clients:
            served, problems = one.finish()
            self.assertEqual(problems, [])
            self.assertGreater(served, 10)
        self.assertEqual({name: self.pid(name) for name in before}, before)
        # Between its fork and its exec a program looks like a keeper.
        self.wait_for('one keeper and one controller', lambda: self.keepers() == [keeper] and self.controller())
        # What is followed goes on where it was: no line is missing, and none is there twice.
        size = os.path.getsize(self.path('slow'))
        self.wait_for('the log to be followed on', lambda: os.path.getsize(self.path('followed')) > size)
        followed.send_signal(signal.SIGINT)
        followed.wait(30)
        with open(self.path('followed')) as file:
            numbers = [int(line) for line in file.read().split('\n') if line.isdigit()][1:-1]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))
        for name in before:
            self.rpc.insist('stopProcess', name)
            self.check_counting(self.path(name))
        self.rpc.insist('stopProcessGroup', 'ends')
        # Each start and each end is told once, with what it was.
        with open(codes) as file:
            begun = file.read().split()
        spawned = re.findall(r"spawned: '\d' with pid (\d+)$", self.log(), re.M)
        self.assertEqual(sorted(set(spawned)), sorted(spawned))
        self.assertLessEqual(set(begun), set(spawned))
        ends = re.findall(r'(?:exited|stopped): \d \((.*)\)$', self.log(), re.M)
        self.assertEqual(len(ends), len(spawned))
        self.assertLessEqual(set(ends), {'exit status 3; not expected', 'exit status 3', 'terminated by SIGTERM'})
        self.end_orderly()

    def test_foreign_programs_too(self):
        """Those of a keeper that was killed: no children of the one that is upgraded."""
        self.start('[program:code]\ncommand=/bin/sh -c "while test ! -e %s; do sleep 0.05; done; exit 7"\nautorestart=false\n'
                   '[program:p]\ncommand=/bin/sleep 1000\n' % self.path('go'))
        self.wait_for('all to run', lambda: self.state('code') == self.state('p') == 'RUNNING')
        pids = self.pid('code'), self.pid('p')
        old = self.keeper()
        self.kill(old)
        self.wait_for('another keeper', lambda: self.keeper() != old)
        self.wait_for_answer()
        self.install()
        self.upgrade()
        self.assertEqual((self.pid('code'), self.pid('p')), pids)
        open(self.path('go'), 'w').close()
        self.wait_for_log(r'exited: code \((exit status 7%s); not expected\)$' % OR_UNKNOWN)
        # And the keeper that it has become is like any other.
        old = self.keeper()
        self.kill(old)
        self.wait_for('another keeper', lambda: self.keeper() != old)
        self.wait_for_answer()
        self.assertEqual(self.pid('p'), pids[1])
        self.assertTrue(self.rpc.insist('stopProcess', 'p'))
        self.end_orderly()

    def test_a_signal_will_do(self):
        self.start('[program:p]\ncommand=/bin/sleep 1000\n')
        self.wait_for('p to run', lambda: self.state('p') == 'RUNNING')
        pid, keeper, new = self.pid('p'), self.keeper(), self.install()
        descriptors = self.descriptors(keeper)
        self.kill(keeper, signal.SIGUSR1)
        self.wait_for_log('INFO upgrade: done, the keeper is of the new version too; it goes on with pid %d$' % keeper)
        self.assertEqual(self.descriptors(keeper), descriptors)
        self.assertIn('INFO received SIGUSR1 indicating upgrade request', self.log())
        self.assertEqual((self.keeper(), self.inodes(), self.pid('p')), (keeper, [new, new], pid))
        self.assertEqual(self.rpc.insist('getUpgradeInfo')['statename'], 'DONE')
        self.kill_controller()  # what comes back is the new version, and knows of it
        self.assertEqual(self.inodes(), [new, new])
        self.assertEqual(self.rpc.insist('getUpgradeInfo')['statename'], 'DONE')

    def test_one_that_is_asked_for_while_another_finishes_waits_for_that(self):
        self.start('[program:p]\ncommand=/bin/sleep 1000\n')
        for _ in range(10):
            self.install()
            # From the first moment in which the new controller answers, and its keeper is about to follow.
            for _ in range(2):
                self.assertTrue(self.rpc.insist('upgrade'), self.log()[-2000:])
        new = self.install()
        self.assertTrue(self.rpc.insist('upgrade'), self.log()[-2000:])
        self.wait_for('the upgrade', lambda: self.rpc.insist('getUpgradeInfo')['statename'] == 'DONE')
        self.assertEqual(self.inodes(), [new, new])
        self.assertNotIn('refused', self.log())


class Watched(Upgraded):
    def test_a_controller_that_hangs_is_replaced_after_an_upgrade(self):
        self.start('[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\n', 'controller_timeout=%d' % int(2 * SLOW))
        self.wait_for('p to run', lambda: self.state('p') == 'RUNNING')
        self.install()
        self.upgrade()
        pid, old = self.pid('p'), self.controller()
        self.kill(old, signal.SIGSTOP)
        self.wait_for_log('WARN controller did not answer and was killed, resumed: 1 process')
        self.wait_for_answer()
        self.assertNotEqual(self.controller(), old)
        self.assertEqual(self.pid('p'), pid)


class NotFit(Upgraded):
    def test_what_cannot_go_on_is_refused(self):
        self.start('[program:p]\ncommand=/bin/sleep 1000\n')
        self.wait_for('p to run', lambda: self.state('p') == 'RUNNING')
        self.install_file(b'garbage')
        self.refused('it cannot be executed')
        self.install_file(b'#!/bin/sh\nexit 0\n')
        self.refused('it cannot be executed')
        with open('/bin/true', 'rb') as file:
            self.install_file(file.read())
        self.refused('and without a verdict')
        self.install_changed(b'SVNOTES4', b'SVNOTES9')  # the notes have another layout
        self.refused('notes')
        self.install_changed(b'suprpass', b'suprpast')
        self.refused('the keeper hands over what this version does not know')
        os.unlink(self.program)
        self.refused('No such file or directory')
        # And one that can still does.
        new = self.install()
        self.upgrade()
        self.assertEqual(self.inodes(), [new, new])

    def test_files_that_are_not_valid_now_are_said_and_do_not_matter(self):
        self.start('[program:p]\ncommand=/bin/sleep 1000\n')
        with open(self.path('conf'), 'a') as file:
            file.write('[program:q]\ncommand=/bin/cat\nnumprocs=many\n[supervisorctl]\nserverurl=unix://%s\n' % self.path('s.sock'))
        self.kill(self.keeper(), signal.SIGUSR1)
        self.wait_for_log('INFO upgrade: done')
        self.assertRegex(self.log(), 'WARN upgrade: the new version finds fault with the files as they are now: .*many')
        self.assertEqual(self.rpc.insist('getUpgradeInfo')['statename'], 'DONE')

    def test_a_controller_that_ends_before_it_works_is_taken_back(self):
        self.start('[program:writer]\ncommand=%s\nstdout_logfile=%s\nstdout_logfile_maxbytes=0\n' % (COUNTS, self.path('out')))
        self.wait_for('it to run', lambda: self.state('writer') == 'RUNNING')
        pid, keeper, inodes = self.pid('writer'), self.keeper(), self.inodes()
        self.install_changed(b'--controller', b'--kontroller')  # passes its test, and does not know the role
        status, said = self.ctl('upgrade')
        self.assertEqual(status, 1)
        self.assertRegex(said, '^ERROR: TAKEN_BACK: ')
        self.assertRegex(self.log(), 'CRIT upgrade taken back, the old version goes on: the new controller ended before it '
                                     r'worked \(exit status \d+\), resumed: 1 process')
        self.assertEqual((self.keeper(), self.inodes(), self.pid('writer')), (keeper, inodes, pid))
        self.install()
        self.upgrade()
        self.rpc.insist('stopProcess', 'writer')
        self.check_counting(self.path('out'))


    def test_a_keeper_that_does_not_work_is_followed_by_its_controller(self):
        """It has passed its test, and ends, or hangs, when it is executed in the place of the old one."""
        shutil.copy(os.path.join(BIN, 'supervisord'), self.path('bin', 'real'))
        self.start('[program:writer]\ncommand=%s\nstdout_logfile=%s\nstdout_logfile_maxbytes=0\n' % (COUNTS, self.path('out')))
        self.wait_for('it to run', lambda: self.state('writer') == 'RUNNING')
        pid = self.pid('writer')
        with open(os.environ['IMPOSTOR'], 'rb') as file:
            impostor = file.read()
        for how in 'exit', 'hang':
            with open(self.path('bin', 'role'), 'w') as file:
                file.write('--upgraded ' + how)
            self.install_file(impostor)
            old = self.keeper()
            self.ctl('upgrade')
            self.wait_for('another keeper', lambda: self.keeper() != old)
            self.assertFalse(alive(old))
            self.wait_for_answer()
            self.assertEqual(self.pid('writer'), pid)
        self.rpc.insist('stopProcess', 'writer')
        self.check_counting(self.path('out'))
        self.end_orderly()


class Killed(Upgraded):
    """In the middle of an upgrade."""

    def begin(self):
        self.start('[program:writer]\ncommand=%s\nstdout_logfile=%s\nstdout_logfile_maxbytes=0\n'
                   '[program:p]\ncommand=/bin/sleep 1000\n' % (COUNTS, self.path('out')))
        self.wait_for('it to run', lambda: self.state('writer') == 'RUNNING')
        self.before = self.pid('writer'), self.pid('p')

    def settle(self):
        """All is as it was, but for who is in charge; and an upgrade can be had."""
        self.wait_for_answer()
        self.wait_for('one keeper and one controller', lambda: self.keepers() == [self.keeper()] and self.controller())
        self.assertEqual((self.pid('writer'), self.pid('p')), self.before)
        self.wait_for('the end of it', lambda: self.rpc.insist('getUpgradeInfo')['statename'] != 'GOING_ON')

    def finish(self):
        self.upgrade()
        self.assertEqual(len(set(self.inodes())), 1)
        self.settle()
        for name in ('writer', 'p'):
            self.assertEqual(len(self.spawned(name)), 1)
            self.rpc.insist('stopProcess', name)
        self.check_counting(self.path('out'))
        self.end_orderly()

    @unittest.skipUnless(HAS_CRASH_POINTS, 'crash points are not compiled in')
    def test_at_every_step(self):
        self.begin()
        for point in ('keeper.examined', 'controller.examined', 'keeper.upgrade_wanted', 'controller.makes_room',
                      'keeper.new_controller_works', 'keeper.follows', 'keeper.resuming'):
            new = self.install()
            old = self.keeper(), self.controller()
            with open(self.path('crash'), 'w') as file:
                file.write(point + ' 1\n')
            with contextlib.suppress(OSError, ValueError, KeyError):
                self.rpc.call('upgrade')
            victim = old[0] if point.startswith('keeper') else old[1]
            # A keeper that has been executed anew is the same process.
            self.wait_for('the death at ' + point, lambda: not alive(victim))
            os.unlink(self.path('crash'))
            self.settle()
            outcome = self.rpc.insist('getUpgradeInfo')['statename']
            is_new = self.inodes() == [new, new]
            self.assertEqual(outcome == 'DONE' and is_new, point not in ('keeper.examined', 'controller.examined', 'keeper.upgrade_wanted'), (point, outcome, is_new))
            if not is_new:
                self.assertEqual(len(set(self.inodes())), 1, point)
        self.finish()

    @unittest.skipIf(HAS_CRASH_POINTS, 'every step is looked at instead')
    def test_at_any_time(self):
        self.begin()
        lots = random.Random(4711)
        for _ in range(4):
            self.install()
            asked = threading.Thread(target=self.ask)
            asked.start()
            time.sleep(lots.uniform(0, 0.25 * SLOW))
            victim = self.keeper() if lots.random() < 0.5 else self.controller()
            if victim:
                with contextlib.suppress(ProcessLookupError):
                    self.kill(victim)
            asked.join()
            # The keeper alone, while there is no controller, is both: then somebody starts it again.
            with contextlib.suppress(Exception):
                self.wait_for('somebody', lambda: not self.supervisors(), 0.3)
            if not self.supervisors():
                self.install()
                self.start()
            self.settle()
        self.install()
        self.finish()

    def ask(self):
        with contextlib.suppress(OSError, ValueError, KeyError):
            self.rpc.call('upgrade')
