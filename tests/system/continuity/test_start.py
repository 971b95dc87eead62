"""A start that cannot be: it ends, soon, and whoever has started supervisord is told why."""
import ctypes
import os
import resource
import shutil
import signal
import subprocess
import unittest

from bed import Bed

CLONE_NEWNS, MS_RDONLY, MS_REC, MS_PRIVATE = 0x20000, 1, 0x4000, 1 << 18
libc = ctypes.CDLL(None, use_errno=True)


def only_root(test):
    return unittest.skipUnless(os.getuid() == 0, 'not root')(test)


def limit(which, number):
    return lambda: resource.setrlimit(which, (number, number))


def become_nobody():
    """Of root there may be any number of processes."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)


def no_process_more():
    become_nobody()
    os.environ['ASAN_OPTIONS'] = os.environ.get('ASAN_OPTIONS', '') + ':detect_leaks=0'  # which takes a process
    resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))


def nothing_to_write_in():
    """Where a table could be kept."""
    os.environ.pop('XDG_RUNTIME_DIR', None)
    if libc.unshare(CLONE_NEWNS) != 0 or libc.mount(b'none', b'/', None, MS_REC | MS_PRIVATE, None) != 0:
        raise OSError(ctypes.get_errno(), 'cannot have mounts of its own')
    for place in (b'/run', b'/dev/shm'):
        if libc.mount(b'none', place, b'tmpfs', MS_RDONLY, None) != 0:
            raise OSError(ctypes.get_errno(), 'cannot mount')


class Start(Bed):
    def setUp(self):
        super().setUp()
        self.binary = shutil.copy(self.binary, self.directory)  # where others than root may execute it

    def configure(self, programs, settings):
        self.write_config(programs, settings)
        if os.getuid() == 0:
            os.chown(self.directory, 65534, 65534)

    def refused(self, settings='', **options):
        """What the user is told."""
        self.configure('', settings)
        done = self.try_to_start(**options)
        self.wait_for('its end', lambda: not self.supervisors())
        self.assertNotEqual(done.returncode, 0)
        self.assertFalse(os.path.exists(self.path('s.sock')), 'the socket is left')
        return done.stdout.decode()

    def test_no_process_for_the_controller(self):
        told = self.refused('minprocs=1\nnodaemon=true', preexec_fn=no_process_more)
        self.assertIn('cannot start a controller: Resource temporarily unavailable (RLIMIT_NPROC is 1)', told)
        self.assertIn('CRIT cannot start a controller: Resource temporarily unavailable (RLIMIT_NPROC is 1)', self.log())

    def test_no_process_for_the_controller_leaves_what_is_left_to_the_next_start(self):
        program = '[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\n'
        self.configure(program, 'minprocs=1')
        self.assertEqual(self.try_to_start(preexec_fn=become_nobody).returncode, 0)
        pid = self.wait_for('p to run', lambda: self.pid('p'))
        self.kill_both()
        self.configure(program, 'minprocs=1\nnodaemon=true')
        done = self.try_to_start(preexec_fn=no_process_more)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.configure(program, 'minprocs=1')
        self.assertEqual(self.try_to_start(preexec_fn=become_nobody).returncode, 0)
        self.assertEqual(self.pid('p'), pid)
        self.assertIn("adopted: 'p' with pid %d" % pid, self.log())
        self.kill(self.keeper(), signal.SIGTERM)
        self.wait_for('the end', lambda: not self.supervisors())

    def test_no_process_for_the_background(self):
        told = self.refused('minprocs=1', preexec_fn=no_process_more)
        self.assertIn('cannot go into the background: Resource temporarily unavailable (RLIMIT_NPROC is 1)', told)

    def test_too_few_descriptors(self):
        for settings in ('minfds=40', 'minfds=40\nnodaemon=true'):
            told = self.refused(settings, preexec_fn=limit(resource.RLIMIT_NOFILE, 40))
            self.assertIn('cannot hold the socket unix:%s: Too many open files (RLIMIT_NOFILE is 40)' % self.path('s.sock'), told)
            self.assertEqual(told.count('Error:'), 1)

    def test_files_that_may_not_be_large_enough(self):
        told = self.refused(preexec_fn=limit(resource.RLIMIT_FSIZE, 1000))
        self.assertIn('cannot write what the keeper starts with: File too large', told)
        told = self.refused(preexec_fn=limit(resource.RLIMIT_FSIZE, 10 ** 7))
        self.assertIn('cannot start; why is in ' + self.path('log'), told)
        self.assertIn('CRIT cannot make the notes: File too large', self.log())

    def test_it_is_told_also_to_who_does_not_want_to_hear_of_children(self):
        def prepare():
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (10 ** 7, 10 ** 7))
        self.assertIn('cannot start; why is in ' + self.path('log'), self.refused(preexec_fn=prepare))

    @unittest.skipUnless(os.environ.get('CRASH_POINTS') == '1', 'crash points are not compiled in')
    def test_one_that_is_killed_cannot_write_why_into_its_log(self):
        with open(self.path('crash'), 'w') as file:
            file.write('keeper.before_controller 1\n')
        told = self.refused(env=dict(os.environ, SUPERVISORD_CRASH_FILE=self.path('crash')))
        self.assertIn('cannot start: supervisord was ended by SIGKILL', told)

    def test_a_server_that_cannot_be_opened_is_named(self):
        self.configure('', '')
        with open(self.path('conf')) as file:
            text = file.read()
        with open(self.path('conf'), 'w') as file:
            file.write(text.replace(self.path('s.sock'), self.path('nowhere/s.sock')))
        done = self.try_to_start()
        self.assertEqual(done.returncode, 2)
        self.assertIn('for [unix_http_server] in %s: unix:%s' % (self.path('conf'), self.path('nowhere/s.sock')), done.stdout.decode())

    @only_root
    def test_process_1_in_the_background(self):
        self.under = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']
        self.assertIn('process 1 cannot go into the background', self.refused())


class NoTable(Bed):
    @only_root
    def test_is_said_and_the_start_waited_for(self):
        self.write_config('[program:p]\ncommand=/bin/sleep 1000\n')
        done = self.try_to_start(preexec_fn=nothing_to_write_in)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertTrue(os.path.exists(self.path('pid')))
        self.assertIn('WARN no directory in memory can be written to (/run/supervisord-', self.log())


class Callers(Bed):
    def test_who_reads_what_it_prints_is_not_kept_waiting(self):
        """As by ssh, or `supervisord | cat`."""
        self.write_config('[program:p]\ncommand=/bin/sleep 1000\n')
        kept, given = os.pipe()
        with subprocess.Popen([self.binary, '-c', self.path('conf')], stdin=subprocess.DEVNULL,
                              stdout=given, stderr=given, pass_fds=(given,)) as caller:
            os.close(given)
            with open(kept, 'rb') as file:
                self.wait_for('its end', lambda: caller.poll() is not None)
                self.assertEqual(caller.returncode, 0)
                os.set_blocking(file.fileno(), False)
                self.wait_for('nobody to write', lambda: file.read() == b'')
        self.assertTrue(self.supervisors())
