#!/usr/bin/python3
"""What programs write, on its way to files, through the death of the controller, with the real programs.

    main.py BIN [TEST...]

Every wait is for the thing itself, with a deadline.  Ends with the status of unittest."""
import fcntl
import glob
import os
import runpy
import shutil
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'events'))
from daemon import Daemon, until  # noqa: E402
from logs import content, files_of, logged, size_of  # noqa: E402

BIN = ''
CHUNKS = os.path.join(HERE, 'chunks.py')


def daemon(programs, settings=''):
    return Daemon(BIN, programs, settings)


def written(name, size):
    """What chunks.py writes."""
    sys.argv, old = [CHUNKS, name, str(size), '1', ''], sys.argv
    try:
        return runpy.run_path(CHUNKS, run_name='chunks')['text']
    finally:
        sys.argv = old


def pipe_size(d, name, number):
    link = '/proc/%d/fd/%d' % (d.info(name)['pid'], number)
    until('the program to have its pipes', lambda: os.readlink(link).startswith('pipe:'))
    fd = os.open(link, os.O_RDONLY | os.O_NONBLOCK)
    try:
        return fcntl.fcntl(fd, 1032)  # F_GETPIPE_SZ
    finally:
        os.close(fd)


class Streams(unittest.TestCase):
    def test_fifty_programs_are_in_their_logs_byte_for_byte_though_the_controller_dies(self):
        size = 60000
        piece = {number: (10, 30, 300, 3000, 30000)[number % 5] for number in range(50)}
        programs = ''.join(
            '[program:p%d]\ncommand=%s %s p%d %d %d {dir}/go\nstdout_logfile={dir}/p%d.log\nstdout_logfile_maxbytes=7000\n'
            'stdout_logfile_backups=1000\nstartsecs=0\n%s\n'
            % (number, sys.executable, CHUNKS, number, size, piece[number], number,
               ('', 'stdout_logfile_whole_lines=true', 'stdout_pipe_size=256KB',
                'stdout_pipe_size=4KB\nstdout_logfile_whole_lines=true')[number % 4]) for number in range(50))
        with daemon(programs) as d:
            for number in range(50):
                d.wait_state('p%d' % number, 'RUNNING')
            d.write('go', '')
            logs = {number: d.path('p%d.log' % number) for number in range(50)}
            wanted = {number: written('p%d' % number, size) for number in range(50)}

            def written_to():
                return sum(size_of(name) for log in logs.values() for name in glob.glob(log + '*'))
            total = sum(map(len, wanted.values()))
            for part in (0.1, 0.4, 0.7):
                until('a part of the output', lambda: written_to() >= part * total)
                d.kill_controller()
            until(lambda: 'all output: %d of %d' % (written_to(), total), lambda: written_to() >= total)
            d.info('p0')  # one thread writes, rotates and answers: the last rotation is through
            for number, log in logs.items():
                until('the bytes of %s' % log, lambda log=log, number=number: logged(log) == wanted[number])
                files = files_of(log)
                self.assertGreater(len(files), 1, log)
                if number % 2:
                    for name in files[:-1]:
                        self.assertTrue(content(name).endswith(b'\n'), name)
            self.assertNotIn(' bytes of stdout lost', d.read('log'))

    def test_a_pipe_has_the_size_that_was_asked_for_or_a_warning_says_what_it_has(self):
        program = '[program:%s]\ncommand=/bin/sleep 1000\nstartsecs=0\nstdout_logfile=NONE\nstderr_logfile=NONE\n%s\n'
        with daemon(program % ('p', 'stdout_pipe_size=1MB\nstderr_pipe_size=100KB') + program % ('q', 'stdout_pipe_size=3GB')) as d:
            sizes = {}
            for name in ('p', 'q'):
                d.wait_state(name, 'RUNNING')
                for number in (1, 2):
                    sizes[name, number] = pipe_size(d, name, number)
            self.assertEqual(sizes['p', 1], 1 << 20)
            self.assertEqual(sizes['p', 2], 128 << 10)
            self.assertEqual(sizes['q', 2], 64 << 10)
            self.assertGreaterEqual(sizes['q', 1], 1 << 20)
            log = d.read('log')
            self.assertNotIn('p: the pipe', log)
            self.assertRegex(log, r'WARN q: the pipe of its stdout has %d bytes, not 3221225472 \(stdout_pipe_size\): ' % sizes['q', 1])

    def test_a_pipe_that_keeps_its_program_waiting_is_made_larger_unless_its_size_was_chosen(self):
        program = '[program:%s]\ncommand=/bin/sh -c "%s"\nstartsecs=0\nstdout_logfile={dir}/%s.log\nstdout_logfile_backups=0\n%s\n'
        with daemon(program % ('hot', 'exec yes', 'hot', '') + program % ('chosen', 'exec yes', 'chosen', 'stdout_pipe_size=64KB') +
                    program % ('quiet', 'echo a; exec sleep 1000', 'quiet', '')) as d:
            for name in ('hot', 'chosen', 'quiet'):
                d.wait_state(name, 'RUNNING')
            until('a larger pipe', lambda: pipe_size(d, 'hot', 1) == 256 << 10)
            until('much output', lambda: size_of(d.path('chosen.log')) > 1 << 20)
            d.kill_controller()
            d.info('hot')
            self.assertEqual([pipe_size(d, name, 1) >> 10 for name in ('hot', 'chosen', 'quiet')], [256, 64, 64])
            d.insist('stopProcess', 'hot')
            d.insist('startProcess', 'hot')
            until('a larger pipe again', lambda: pipe_size(d, 'hot', 1) == 256 << 10)


class Files(unittest.TestCase):
    @unittest.skipUnless(shutil.which('logrotate', path='/usr/sbin:/usr/bin'), 'there is no logrotate')
    def test_logrotate_moves_a_log_and_usr2_begins_the_next(self):
        script = 'i=0; while :; do echo $i; i=$((i+1)); sleep 0.002; done'
        with daemon('[program:p]\ncommand=/bin/sh -c "%s"\nstartsecs=0\nstdout_logfile={dir}/out\n' % script) as d:
            os.chmod(d.directory, 0o755)
            d.write('rotate', '%s {\n size 1\n rotate 50\n nocompress\n postrotate\n  kill -USR2 %d\n endscript\n}\n'
                    % (d.path('out'), d.keeper.pid))
            os.chmod(d.path('rotate'), 0o644)
            for turn in range(1, 4):
                until('output', lambda: d.read('out').count('\n') > 20)
                subprocess.run(['/usr/sbin/logrotate', '-f', '-s', d.path('state'), d.path('rotate')], check=True, timeout=60)
                d.wait_log('supervisord logreopen', turn)
                until('the next file', lambda: os.path.exists(d.path('out')))
            until('output', lambda: d.read('out').count('\n') > 20)
            d.insist('stopProcess', 'p')
            numbers = b''.join(map(content, files_of(d.path('out')))).split()
            self.assertEqual([int(number) for number in numbers], list(range(len(numbers))))

    @unittest.skipUnless(shutil.which('logrotate', path='/usr/sbin:/usr/bin'), 'there is no logrotate')
    def test_one_who_follows_a_log_that_is_copied_and_emptied_has_each_line_once(self):
        """logrotate's copytruncate, while nothing is written; then the controller dies, and the client goes on."""
        script = 'while read line; do echo $line; done'
        with daemon('[program:p]\ncommand=/bin/sh -c "%s"\nstartsecs=0\nstdout_logfile={dir}/out\n' % script) as d:
            os.chmod(d.directory, 0o755)
            d.write('rotate', '%s {\n size 1\n rotate 50\n nocompress\n copytruncate\n}\n' % d.path('out'))
            os.chmod(d.path('rotate'), 0o644)
            d.wait_state('p', 'RUNNING')
            lines = []

            def write(count):
                more = ['%06d' % number for number in range(len(lines), len(lines) + count)]
                d.insist('sendProcessStdin', 'p', '\n'.join(more) + '\n')
                lines.extend(more)
            with open(d.path('got'), 'w') as got:
                client = subprocess.Popen([os.path.join(BIN, '..', 'supervisorctl', 'supervisorctl'), '-s', 'unix://' + d.path('s.sock'),
                                           'tail', '-f', 'p'], stdout=got, stderr=got)
            try:
                until('the client', lambda: 'Press Ctrl-C' in d.read('got'))

                def has_all():
                    return [line for line in d.read('got').splitlines() if line.isdigit()] == lines
                write(100)
                for turn in range(3):
                    until(lambda: 'all lines, once: ' + d.read('got')[-2000:], has_all)
                    subprocess.run(['/usr/sbin/logrotate', '-f', '-s', d.path('state'), d.path('rotate')], check=True, timeout=60)
                    write(10)
                    until('the line that says so', lambda: d.read('got').count('==> File truncated <==') > turn)
                    until(lambda: 'all lines, once: ' + d.read('got')[-2000:], has_all)
                    old = d.kill_controller()
                    until('another controller', lambda: d.controller() not in (0, old))
                    write(100)
                until(lambda: 'all lines, once: ' + d.read('got')[-2000:], has_all)
                self.assertNotIn('missing', d.read('got'))
            finally:
                client.kill()
                client.wait()


if __name__ == '__main__':
    BIN = os.path.abspath(sys.argv[1])
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
