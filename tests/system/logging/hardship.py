#!/usr/bin/python3
"""Logs that take nothing for a while, that somebody clears, or that are no files, with the real programs.

    hardship.py BIN [TEST...]

Every wait is for the thing itself, with a deadline.  Mounts in the namespace that tests/support/contained makes; what needs
one is skipped where that could not.  Ends with the status of unittest."""
import os
import pty
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import xmlrpc.client
from http.client import HTTPConnection

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'events'))
from daemon import PATIENCE, Daemon, Fault, until  # noqa: E402
from logs import content, files_of, logged, size_of  # noqa: E402

BIN = ''

# Writes numbered lines, a batch at each sign of life of the file GO, and says in the file DONE how many; never waits long.
WRITER = '''import os, sys, time
directory, size = sys.argv[1], int(sys.argv[2])
number = 0
while True:
    line = b'%07d ' % number
    data = line + b'x' * (size - len(line) - 1) + b'\\n'
    while data:
        data = data[os.write(1, data):]
    number += 1
    if number % 50 == 0:
        with open(directory + '/count.new', 'w') as file:
            file.write(str(number))
        os.rename(directory + '/count.new', directory + '/count')
        time.sleep(0.01)
'''


def daemon(programs, settings=''):
    return Daemon(BIN, programs, settings)


def mount(*words):
    return subprocess.run(('mount',) + words, stderr=subprocess.DEVNULL).returncode == 0


class Disks(unittest.TestCase):
    def writer(self, log, extra='', directory=None):
        d = daemon('[program:p]\ncommand=/usr/bin/python3 {dir}/writer.py {dir} 1000\nautostart=false\nstartsecs=0\n'
                   'stdout_logfile=%s\nstdout_logfile_maxbytes=0\n%s\n' % (log, extra))
        d.write('writer.py', WRITER)
        if directory:
            os.mkdir(d.path(directory))  # else supervisord would not start
        return d

    def goes_on(self, d, lines=500):
        """The program is not held up: it writes that many lines more."""
        before = int(d.read('count') or 0)
        until('the program to go on', lambda: int(d.read('count') or 0) >= before + lines)

    def lines_are_in_order(self, text):
        """Whole lines in the order of their numbers; how many numbers are missing."""
        numbers = [int(number) for number in re.findall(rb'^(\d{7}) x{991}$', text, re.M)]
        self.assertEqual(numbers, sorted(set(numbers)))
        return numbers

    def test_a_disk_that_is_full_and_has_room_again(self):
        with self.writer('{dir}/disk/log', directory='disk') as d:
            if os.getuid() != 0 or not mount('-t', 'tmpfs', '-o', 'size=300k', 'none', d.path('disk')):
                self.skipTest('cannot mount')
            try:
                with open(d.path('disk/other'), 'wb') as other:  # of somebody else
                    other.write(b'x' * 100000)
                pid = d.insist('startProcess', 'p') and d.info('p')['pid']
                d.wait_log(' bytes of stdout lost: cannot write %s: No space left on device' % d.path('disk/log'))
                self.goes_on(d, 3000)
                self.assertEqual(d.read('log').count(' bytes of stdout lost'), 1)  # not once a write
                with open(d.path('disk/log'), 'r+b') as log:
                    first = self.lines_are_in_order(log.read())
                    began = int(d.read('count'))
                    log.truncate(0)
                until('output', lambda: os.path.getsize(d.path('disk/log')) > 20000)
                again = self.lines_are_in_order(content(d.path('disk/log')))
                self.assertGreater(again[0], first[-1] + 1)
                self.assertGreaterEqual(again[-1], began - 200)
                self.assertEqual(d.info('p')['pid'], pid)
                self.goes_on(d, 1000)  # it is full once more, and somebody else makes room
                size = os.path.getsize(d.path('disk/log'))
                os.unlink(d.path('disk/other'))
                until('output', lambda: os.path.getsize(d.path('disk/log')) != size)
                d.insist('stopProcess', 'p')
            finally:
                subprocess.run(['umount', '-l', d.path('disk')])

    def test_what_is_lost_is_counted_to_the_byte(self):
        script = 'import os, sys\nfor line in sys.stdin:\n    os.write(1, b"y" * int(line))\n    open("{dir}/wrote", "a").write(".")\n'
        with daemon('[program:p]\ncommand=/usr/bin/python3 {dir}/script.py\nautostart=false\nstartsecs=0\nstdout_logfile=/dev/full\n'
                    'stdout_logfile_maxbytes=0\n') as d:
            d.write('script.py', script.replace('{dir}', d.directory))
            d.insist('startProcess', 'p')
            for size in (1, 10, 100, 1000):
                d.insist('sendProcessStdin', 'p', '%d\n' % size)
            until('all to be written', lambda: d.read('wrote') == '....')
            d.wait_log(' bytes of stdout lost')
            d.insist('stopProcess', 'p')
            lost = re.findall(r'WARN p: (\d+) bytes of stdout lost: cannot write /dev/full: No space left on device', d.read('log'))
            until('all to be counted', lambda: sum(map(int, re.findall(r'p: (\d+) bytes of stdout lost', d.read('log')))) == 1111)
            self.assertLessEqual(len(lost), 2)

    def test_a_directory_that_vanishes_and_comes_back(self):
        with self.writer('{dir}/logs/log', 'stdout_logfile_maxbytes=100KB\nstdout_logfile_backups=3', 'logs') as d:
            d.insist('startProcess', 'p')
            until('output', lambda: os.path.exists(d.path('logs/log.1')))
            os.rename(d.path('logs'), d.path('vanished'))  # at once: a rotation renames and makes files in it meanwhile
            shutil.rmtree(d.path('vanished'))
            d.wait_log(' bytes of stdout lost: cannot write %s: No such file or directory' % d.path('logs/log'))
            self.goes_on(d, 1000)
            self.assertEqual(d.read('log').count(' bytes of stdout lost'), 1)
            os.mkdir(d.path('logs'))
            until('output', lambda: size_of(d.path('logs/log')) > 5000)
            d.insist('stopProcess', 'p')
            self.lines_are_in_order(content(d.path('logs/log')))

    def test_a_directory_that_is_moved_away_loses_nothing(self):
        with self.writer('{dir}/logs/log', 'stdout_logfile_maxbytes=100KB\nstdout_logfile_backups=1000', 'logs') as d:
            d.insist('startProcess', 'p')
            until('output', lambda: os.path.exists(d.path('logs/log.1')))
            os.rename(d.path('logs'), d.path('moved'))
            self.goes_on(d, 1000)
            os.mkdir(d.path('logs'))
            until('a new log', lambda: size_of(d.path('logs/log')) > 5000)
            d.insist('stopProcess', 'p')
            # In the middle of a rotation the old log had lost its name, and there was no next one yet.
            moved = b''.join(content(name) for name in files_of(d.path('moved/log')) if os.path.exists(name))
            numbers = self.lines_are_in_order(moved + logged(d.path('logs/log')))
            self.assertEqual(numbers, list(range(len(numbers))))
            self.assertEqual(d.read('log').count('cannot rotate'), 1)
            self.assertNotIn('lost', d.read('log'))

    def test_a_log_that_is_removed_is_begun_anew(self):
        with self.writer('{dir}/out') as d:
            d.insist('startProcess', 'p')
            for _ in range(2):
                until('output', lambda: size_of(d.path('out')) > 5000)
                os.unlink(d.path('out'))
            os.unlink(d.path('log'))
            until('output', lambda: size_of(d.path('out')) > 5000)
            d.insist('stopProcess', 'p')
            d.insist('startProcess', 'p')
            d.wait_log('spawned')

    def test_a_fifo_whose_reader_goes_away_and_comes_back(self):
        with self.writer('{dir}/fifo') as d:
            os.mkfifo(d.path('fifo'))
            reader = os.open(d.path('fifo'), os.O_RDONLY | os.O_NONBLOCK)
            d.insist('startProcess', 'p')

            def read():
                try:
                    return os.read(reader, 1 << 16)
                except BlockingIOError:
                    return b''
            got = until('output', read)
            self.assertTrue(got.startswith(b'0000000 '))
            os.close(reader)
            self.goes_on(d)
            reader = os.open(d.path('fifo'), os.O_RDONLY | os.O_NONBLOCK)
            until('output', read)
            os.close(reader)
            self.assertEqual(d.info('p')['statename'], 'RUNNING')
            self.assertLessEqual(d.read('log').count(' bytes of stdout lost'), 1)
            self.assertNotIn('ERRO', d.read('log'))
            self.assertNotIn('CRIT', d.read('log').replace('CRIT Supervisor', '').replace('CRIT Server', ''))


class Foreground(Daemon):
    """With a stdout of its own, or none."""
    stdout = None

    def __enter__(self):
        self.keeper = subprocess.Popen([os.path.join(BIN, 'supervisord'), '-c', self.path('supervisord.conf')],
                                       stdin=subprocess.DEVNULL, stdout=self.stdout, stderr=subprocess.DEVNULL,
                                       preexec_fn=None if self.stdout else lambda: os.close(1))
        self.insist('getPID')
        return self


class Targets(unittest.TestCase):
    def foreground(self, programs, stdout, settings=''):
        d = Foreground(BIN, programs, settings)
        d.stdout = stdout
        return d

    PROGRAM = ('[program:p]\ncommand=/bin/sh -c "echo of the program; exec sleep 1000"\nstartsecs=0\n'
               'stdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=%s\n')

    def test_a_terminal_and_a_pipe_as_dev_stdout_rotation_or_not(self):
        for maxbytes in ('0', '50'):
            for kind in ('terminal', 'pipe'):
                ends = pty.openpty() if kind == 'terminal' else os.pipe()
                with self.subTest(kind=kind, maxbytes=maxbytes), self.foreground(self.PROGRAM % maxbytes, ends[1]) as d:
                    os.close(ends[1])
                    got = b''
                    deadline = time.monotonic() + PATIENCE
                    while b'of the program' not in got and time.monotonic() < deadline:
                        got += os.read(ends[0], 4096)
                    self.assertIn(b'of the program', got)
                    self.assertNotIn('lost', d.read('log'))
                    self.assertNotIn('Illegal seek', d.read('log'))
                os.close(ends[0])

    def test_programs_that_share_stdout_have_a_name_before_each_line(self):
        program = ('[program:%s]\ncommand=/usr/bin/python3 {dir}/pieces.py\nstartsecs=0\nautorestart=false\n'
                   'stdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=0\nstdout_prefix=%%(program_name)s |\n')
        pieces = 'import os\nfor n in range(2000):\n    os.write(1, b"%06d, " % n)\n    os.write(1, b"z" * (n % 90) + b".\\n")\n'
        names = ('web', 'queue', 'mail')
        ends = os.pipe()
        d = self.foreground(''.join(program % name for name in names), ends[1])
        d.write('pieces.py', pieces)
        with d:
            os.close(ends[1])
            got = b''
            deadline = time.monotonic() + PATIENCE
            while got.count(b'001999') < len(names) and time.monotonic() < deadline:
                got += os.read(ends[0], 65536)
            said = dict.fromkeys(names, '')
            for line in got.decode().split('\n')[:-1]:
                name, text = line.split(' | ', 1)
                said[name] += text     # a program that had to wait within a line has two of it
            for name in names:
                self.assertEqual(said[name].split('.')[:1999], ['%06d, ' % n + 'z' * (n % 90) for n in range(1999)])
        os.close(ends[0])

    def test_a_stdout_that_is_closed(self):
        with self.foreground(self.PROGRAM % '0', None) as d:
            d.wait_state('p', 'RUNNING')
            for number in (0, 1, 2):  # so that nothing else can have taken the number of what is written to
                self.assertEqual(os.readlink('/proc/%d/fd/%d' % (d.controller(), number)), '/dev/null')


class Sharing(unittest.TestCase):
    def test_two_programs_on_one_file_lose_nothing_and_cut_no_write(self):
        script = ('import os, sys\nfor n in range(3000):\n    os.write(1, b"%s %06d " % (sys.argv[1].encode(), n) + b"z" * (n % 90) + b"\\n")\n'
                  'open(sys.argv[2] + sys.argv[1], "w").close()\nimport time; time.sleep(1000)\n')
        programs = ''.join('[program:%s]\ncommand=/usr/bin/python3 {dir}/s.py %s {dir}/done-\nautostart=false\nstartsecs=0\nstdout_logfile={dir}/out\n'
                           'stdout_logfile_maxbytes=20KB\nstdout_logfile_backups=1000\nstdout_logfile_whole_lines=true\n' % (name, name) for name in 'ab')
        with daemon(programs) as d:
            d.write('s.py', script)
            for name in 'ab':
                d.insist('startProcess', name)
            until('all output', lambda: all(os.path.exists(d.path('done-' + name)) for name in 'ab'))
            d.kill_controller()
            for name in 'ab':
                wanted = [b'%s %06d ' % (name.encode(), n) + b'z' * (n % 90) for n in range(3000)]
                until('the lines of ' + name,
                      lambda: [line for line in logged(d.path('out')).split(b'\n') if line.startswith(name.encode())] == wanted)

    def test_clear_while_it_is_written_to_loses_only_what_was_before(self):
        with daemon('[program:p]\ncommand=/usr/bin/python3 {dir}/writer.py {dir} 100\nautostart=false\nstartsecs=0\n'
                    'stdout_logfile={dir}/out\nstdout_logfile_maxbytes=0\n') as d:
            d.write('writer.py', WRITER)
            d.insist('startProcess', 'p')
            last = -1
            for _ in range(20):
                until('output', lambda: os.path.getsize(d.path('out')) > 3000)
                numbers = [int(line.split()[0]) for line in content(d.path('out')).split(b'\n')[:-1]]
                self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))
                self.assertGreater(numbers[0], last)
                last = numbers[0]
                d.insist('clearProcessLogs', 'p')


class Transport(xmlrpc.client.Transport):
    def __init__(self, path):
        super().__init__()
        self.path = path

    def make_connection(self, host):
        if not self._connection[1]:
            self._connection = host, HTTPConnection('localhost', timeout=PATIENCE)
            link = socket.socket(socket.AF_UNIX)
            link.settimeout(PATIENCE)
            link.connect(self.path)
            self._connection[1].sock = link
        return self._connection[1]


class Bytes(unittest.TestCase):
    ODD = b'\x80\xff\xc3(\xe2\x82\x00\x01\x1b[31m \xf0\x9f\x98\x80 \xed\xa0\x80<&>]]>\r\n'

    def test_what_is_no_text_is_in_the_file_as_it_is_and_valid_where_it_must_be(self):
        with daemon('[program:p]\ncommand=/usr/bin/python3 {dir}/s.py\nstartsecs=0\nautostart=false\nstdout_logfile={dir}/out\n'
                    'stdout_events_enabled=true\n[eventlistener:l]\ncommand={listener} {dir}/seen\nevents=PROCESS_LOG\nstartsecs=0\n'
                    'stdout_logfile=NONE\n') as d:
            d.write('s.py', 'import os, time\nos.write(1, %r)\ntime.sleep(1000)\n' % self.ODD)
            d.wait_log('l: ACKNOWLEDGED -> READY')
            d.insist('startProcess', 'p')
            until('output', lambda: content(d.path('out')) == self.ODD)
            self.assertEqual(d.wait_events(1)[0]['body'].split('\n', 1)[1], 'Undecodable: %r' % self.ODD)
            text = d.insist('readProcessStdoutLog', 'p', 0, 0)  # JSON that Python could read
            self.assertIn('\U0001f600 ', text)

            with xmlrpc.client.ServerProxy('http://localhost/RPC2', transport=Transport(d.path('s.sock'))) as proxy:
                self.ask_at_each_byte(d, proxy)

    def ask_at_each_byte(self, d, proxy):
        self.assertIn('\U0001f600 ', proxy.supervisor.readProcessStdoutLog('p', 0, 0))
        for offset in range(len(self.ODD) + 2):  # at each byte: cut characters and all
            for length in (1, 3, 7, 100):
                part, end, overflow = proxy.supervisor.tailProcessStdoutLog('p', offset, length)
                self.assertEqual(end, len(self.ODD))
                self.assertIsInstance(part, str)
                self.assertIn(overflow, (True, False))
                d.insist('tailProcessStdoutLog', 'p', offset, length)
            if offset <= len(self.ODD):
                proxy.supervisor.readProcessStdoutLog('p', offset, 3)

    def test_colours_and_captures_cut_anywhere(self):
        """The same stream, cut after each byte in turn with a pause, with the real pipes."""
        stream = b'a\x1b[1;31mred\x1b[0m <!--XSUPERVISOR:BEGIN-->in\x1b[4mside<!--XSUPERVISOR:END--> z\n'
        script = ('import os, sys, time\ns = %r\nn = int(sys.argv[1])\nos.write(1, s[:n])\ntime.sleep(0.05)\nos.write(1, s[n:])\ntime.sleep(1000)\n' % stream)
        count = len(stream)
        with daemon('[program:p]\ncommand=/usr/bin/python3 {dir}/s.py %%(process_num)d\nprocess_name=%%(program_name)s%%(process_num)d\n'
                    'numprocs=%d\nstartsecs=0\nautostart=false\nstdout_logfile={dir}/out%%(process_num)d\nstdout_capture_maxbytes=1MB\n'
                    '[eventlistener:l]\ncommand={listener} {dir}/seen\nevents=PROCESS_COMMUNICATION\nstartsecs=0\nbuffer_size=1000\n'
                    'stdout_logfile=NONE\n' % count, 'strip_ansi=true') as d:
            d.write('s.py', script)
            d.insist('startProcessGroup', 'p')
            events = d.wait_events(count)
            self.assertEqual({event['body'].split('\n', 1)[1] for event in events}, {'inside'})
            self.assertEqual(len(events), count)
            for number in range(count):
                until('the text', lambda: content(d.path('out%d' % number)) == b'ared  z\n')


class Activity(unittest.TestCase):
    WORDS = {'critical': 'CRIT', 'error': 'ERRO', 'warn': 'WARN', 'info': 'INFO', 'debug': 'DEBG', 'trace': 'TRAC', 'blather': 'BLAT'}

    def test_each_loglevel_says_what_it_should_and_silent_nothing_on_stdout(self):
        for place, level in enumerate(self.WORDS):
            with self.subTest(level=level), daemon('[program:p]\ncommand=/bin/cat\nstartsecs=0\n', 'loglevel=' + level) as d:
                d.wait_state('p', 'RUNNING')
                d.insist('sendProcessStdin', 'p', 'hello\n')
                if level in ('debug', 'trace', 'blather'):
                    d.wait_log("DEBG 'p' stdout output:\nhello\n")
                d.insist('stopProcess', 'p')
                d.insist('getPID')
                log = d.read('log')
                for other, (name, word) in enumerate(self.WORDS.items()):
                    if other > place:
                        self.assertNotIn(' %s ' % word, log, name)
                self.assertEqual('INFO spawned:' in log, place >= 3)
                self.assertEqual('TRAC' in log, place >= 5)

    def test_what_a_child_wrote_and_its_end_stand_before_the_signal(self):
        with daemon('[program:p]\ncommand=/bin/echo words\nstartsecs=0\nautorestart=false\n', 'loglevel=debug') as d:
            d.wait_log('received SIGCHLD')
            log = d.read('log')
            places = [log.find(text) for text in ("'p' stdout output:\nwords\n", 'exited: p (exit status 0; expected)',
                                                  'received SIGCHLD indicating a child quit')]
            self.assertNotIn(-1, places)
            self.assertEqual(places, sorted(places))

    def test_each_signal_that_is_to_end_a_child_is_told_at_debug(self):
        with daemon('[program:p]\ncommand=/bin/sh -c "trap : TERM; echo ready; while :; do sleep 0.1; done"\nstartsecs=0\n'
                    'stopwaitsecs=1\n[program:q]\ncommand=/bin/cat\nstartsecs=0\nstopsignal=KILL\n', 'loglevel=debug') as d:
            d.wait_log("'p' stdout output:\nready\n")
            for name in ('p', 'q'):
                d.insist('stopProcess', name)
            d.wait_log('stopped: q (terminated by SIGKILL)')
            log = d.read('log')
            for name, told in (('p', ["DEBG killing p (pid N) with signal SIGTERM", "WARN killing 'p' (N) with SIGKILL",
                                      'DEBG killing p (pid N) with signal SIGKILL', 'WARN stopped: p (terminated by SIGKILL)']),
                               ('q', ['DEBG killing q (pid N) with signal SIGKILL', 'WARN stopped: q (terminated by SIGKILL)'])):
                lines = re.findall(r"^[-0-9]+ [0-9:,]+ (\w+ (?:killing '?%s\b|stopped: %s ).*)$" % (name, name), log, re.M)
                self.assertEqual([re.sub(r'\d+', 'N', line) for line in lines], told)

    def test_syslog_hears_programs_and_the_activity_log(self):
        """In a /dev of its own, where /dev/log is the test's."""
        with tempfile.TemporaryDirectory() as dev:
            if os.getuid() != 0 or not mount('--rbind', '/dev', dev) or not mount('-t', 'tmpfs', 'none', '/dev'):
                self.skipTest('cannot mount')
            try:
                for name in ('null', 'zero', 'full', 'random', 'urandom', 'tty', 'ptmx', 'pts', 'shm'):
                    os.symlink(os.path.join(dev, name), os.path.join('/dev', name))
                os.symlink('/proc/self/fd', '/dev/fd')
                with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
                    log.bind('/dev/log')
                    log.settimeout(PATIENCE)
                    self.listen_to(log)
            finally:
                subprocess.run(['umount', '-l', '/dev'])
                subprocess.run(['umount', '-l', dev])

    def listen_to(self, log):
        lines = []

        def hear(wanted):
            while not any(re.fullmatch(wanted, line) for line in lines):
                lines.append(log.recv(70000).decode())
        head = r'<14>[A-Z][a-z]{2} [ 1-3]\d \d\d:\d\d:\d\d supervisord: '
        with daemon('[program:p]\ncommand=/bin/sh -c "printf \'one\\ntwo\\n\'; echo bad >&2; exec sleep 1000"\nstartsecs=0\n'
                    'stdout_syslog=true\nstderr_logfile=syslog\nstdout_logfile={dir}/out\n', 'logfile=syslog\nlogfile_maxbytes=0') as d:
            for line in ('p one', 'p two', 'p bad', r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} INFO spawned: \'p\' with pid \d+'):
                hear(head + line)
            until('the file', lambda: d.read('out') == 'one\ntwo\n')
            with self.assertRaisesRegex(Fault, 'NO_FILE'):
                d.call('readLog', 0, 0)


if __name__ == '__main__':
    BIN = os.path.abspath(sys.argv[1])
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
