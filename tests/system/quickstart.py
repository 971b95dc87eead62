#!/usr/bin/python3
"""samples/quickstart keeps its word: run as a user runs it, with its claims looked up in /proc and on the disk.

    BIN=DIRECTORY tests/system/quickstart.py        wants to be run by tests/support/contained"""

import glob
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'support'))
from outside import until  # noqa: E402

SCRIPT = os.path.join(HERE, '..', '..', 'samples', 'quickstart')


def processes_of(folder):
    """The words of every process with the folder in its command line or in the environment it was given."""
    found = []
    for name in glob.glob('/proc/[0-9]*'):
        try:
            with open(name + '/cmdline', 'rb') as words, open(name + '/environ', 'rb') as variables:
                text = words.read()
                if folder.encode() in text or b'=unix://' + folder.encode() in variables.read():
                    found.append(text.decode(errors='replace').replace('\0', ' '))
        except OSError:
            continue
    return found


def heed_ctrl_c():
    """A script cannot: who was started in the background of a shell ignores it, and so do its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Quickstart(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix='qs.')
        self.addCleanup(self.folder.cleanup)
        self.environment = {**os.environ, 'TMPDIR': self.folder.name}

    def assert_nothing_left(self):
        self.assertEqual(os.listdir(self.folder.name), [])
        self.assertEqual(processes_of(self.folder.name + '/'), [])

    def start(self, *arguments):
        return subprocess.Popen([SCRIPT, *arguments], env=self.environment, stdin=subprocess.DEVNULL, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
                                preexec_fn=heed_ctrl_c)

    def read_until(self, process, text):
        """What it printed up to the line with the text; the test's own limit bounds the wait."""
        lines = []
        for line in process.stdout:
            lines.append(line)
            if text in line:
                return ''.join(lines)
        self.fail('it ended without %r:\n%s' % (text, ''.join(lines)))

    def test_once_it_shows_everything_and_leaves_nothing(self):
        process = self.start('--once')
        said, _ = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, said)
        self.assertRegex(said, r'worker:worker_3 +RUNNING +pid \d+, uptime')
        self.assertRegex(said, r'setup +EXITED')
        self.assertRegex(said, r'ticker had pid \d+, and has pid \d+ now')
        self.assertRegex(said, r'counts to \d+ without a gap')
        with open(os.path.join(os.environ['BIN'], 'supervisord'), 'rb') as file:
            if file.read(2) != b'#!':
                self.assertIn('Same pids, and their uptimes went on.', said)
        self.assertIn('nothing is left', said)
        self.assert_nothing_left()

    def test_ctrl_c_while_it_waits_stops_everything(self):
        process = self.start()
        said = self.read_until(process, 'Ctrl-C here stops')
        conf = re.search(r"supervisorctl -c (\S+)'", said).group(1)
        status = subprocess.run([os.path.join(os.environ['BIN'], 'supervisorctl'), '-c', conf, 'status', 'ticker'],
                                stdout=subprocess.PIPE, text=True, timeout=30)
        self.assertRegex(status.stdout, r'^ticker +RUNNING')
        os.killpg(process.pid, signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, rest)
        self.assertIn('nothing is left', rest)
        self.assert_nothing_left()

    def test_ctrl_c_in_the_middle_stops_everything_too(self):
        process = self.start()
        self.read_until(process, 'RUNNING')
        os.killpg(process.pid, signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, rest)
        self.assert_nothing_left()


@unittest.skipUnless(os.getuid() == 0 and subprocess.run(['unshare', '--mount', 'true']).returncode == 0, 'no mount namespaces')
class Installation(unittest.TestCase):
    """samples/install with an apt-get of ours, in a mount namespace of its own: no file of this machine is touched."""

    def begin(self):
        script = ('mount -t tmpfs none /usr/sbin && mkdir "$0/bin" "$0/tmp" && cd "$0/bin" && '
                  'printf "#!/bin/sh\\nexit 1\\n" > dpkg-query && printf "#!/usr/bin/tail -f\\n" > apt-get && '
                  'chmod +x * && export PATH="$0/bin:$PATH" TMPDIR="$0/tmp" && "$1" build; '
                  'echo "$? $(ls /usr/sbin "$TMPDIR" | grep -c .)"')
        folder = tempfile.TemporaryDirectory(prefix='install.')
        self.addCleanup(folder.cleanup)
        process = subprocess.Popen(['unshare', '--mount', 'bash', '-c', 'trap : INT TERM HUP; ' + script, folder.name,
                                    os.path.join(os.path.dirname(SCRIPT), 'install')], stdin=subprocess.DEVNULL, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True, preexec_fn=heed_ctrl_c)
        # No shell, which may lose the signal while it begins.
        until('an installation', lambda: any(words.startswith('/usr/bin/tail -f ') for words in processes_of(folder.name)))
        return process

    def test_what_keeps_services_from_starting_does_not_outlive_it(self):
        for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
            process = self.begin()
            os.killpg(process.pid, number)
            said, _ = process.communicate(timeout=60)
            # Its status, and how many files are left: of /usr/sbin and of the temporary directory the titles alone.
            self.assertEqual(said.split(), ['130' if number == signal.SIGINT else '143', '2'], number)


if __name__ == '__main__':
    if not os.environ.get('BIN'):
        sys.exit(__doc__)
    signal.alarm(240)
    result = unittest.main(testRunner=unittest.TextTestRunner(stream=sys.stdout, verbosity=2), exit=False).result
    bad = len(result.failures) + len(result.errors)
    print('%d passed, %d failed, %d skipped' % (result.testsRun - bad - len(result.skipped), bad, len(result.skipped)))
    sys.exit(1 if bad else 0)
