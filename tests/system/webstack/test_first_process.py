"""supervisord as process 1, as in a container: whose parent nobody else is, and whom it obeys."""

import os
import shutil
import signal
import subprocess
import time
import unittest

import processes
from processes import wait_for
from stack import BIN, ROOT, SLOW, Small

# Fifty orphans in each round, dead or about to be; says how many there were.
STORM = """import os, sys
count = 0
while not os.path.exists(sys.argv[1]):
    father = os.fork()
    if father == 0:
        for _ in range(50):
            if os.fork() == 0:
                os._exit(0)
        os._exit(0)
    os.waitpid(father, 0)
    count += 50
print(count)
"""
# As the scripts that end a container do it: by the parent, or by the pidfile.
LISTENER = """#!/bin/sh
printf 'READY\\n'
read -r event
kill -s %s %s
exec sleep 1000
"""


class FirstProcess(unittest.TestCase):
    def setUp(self):
        if not ROOT:
            self.skipTest('only root can make a PID namespace')

    def begin(self, programs, running=(), **scripts):
        """`first` is then its pid out here; `running` programs have that state."""
        self.daemon = Small(programs)
        self.addCleanup(shutil.rmtree, self.daemon.root)
        for name, text in scripts.items():
            self.daemon.write(name, text)
        self.outer = subprocess.Popen(['unshare', '--pid', '--fork', '--kill-child', '--mount-proc',
                                       os.path.join(BIN, 'supervisord'), '-n', '-c', self.daemon.conf], env=self.daemon.environment,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.end)
        if running:
            wait_for('programs to run', lambda: all(self.daemon.states().get(name) == 'RUNNING' for name in running))
            self.first = processes.children(self.outer.pid)[0].pid

    def end(self):
        if self.outer.poll() is None:
            self.outer.kill()
            self.outer.wait()

    def test_it_reaps_orphans_and_obeys_term(self):
        self.begin('[program:father]\ncommand=/bin/sh -c "(sleep 0.2 & sleep 1000 &); exec sleep 1000"\n', ['father'])
        self.assertEqual(self.daemon.text('run', 'supervisord.pid').strip(), '1')
        wait_for('the short orphan to end', lambda: len([process for process in processes.children(self.first)
                                                         if process.name == 'sleep']) == 2)
        wait_for('it to be reaped', lambda: not processes.dead_children(self.first))
        os.kill(self.first, signal.SIGTERM)
        self.assertEqual(self.outer.wait(60), 0)
        self.assertFalse(os.path.exists(self.daemon.path('run', 'supervisord.pid')))

    def test_a_storm_of_orphans_leaves_no_zombie_and_disturbs_nobody(self):
        self.begin('[program:web]\ncommand=/bin/sleep 1000\n'
                   '[program:storm]\ncommand=/usr/bin/python3 %(here)s/storm %(here)s/over\nautostart=false\nstartsecs=0\n'
                   'autorestart=false\nstdout_logfile=%(here)s/orphans\n', ['web'],
                   storm=STORM)
        before, dead, begin = self.daemon.pid('web'), [], time.monotonic()
        self.daemon.ctl('start', 'storm')
        while time.monotonic() < begin + 3:
            dead.append(len(processes.dead_children(self.first)))
            self.assertEqual(self.daemon.states()['web'], 'RUNNING')
        self.daemon.write('over', '')
        wait_for('its end', lambda: self.daemon.states()['storm'] == 'EXITED')
        a_second = int(self.daemon.text('orphans')) / (time.monotonic() - begin)
        wait_for('all to be reaped', lambda: not processes.dead_children(self.first))
        self.assertGreater(a_second, 1000 / SLOW)
        self.assertLess(max(dead), a_second / 4 + 50)
        self.assertEqual(self.daemon.pid('web'), before)

    def test_a_daemon_that_leaves_its_parent_is_reaped_too(self):
        self.begin('[program:web]\ncommand=/bin/sleep 1000\n[program:daemon]\nstartsecs=0\nautorestart=false\n'
                   'command=/bin/sh -c "setsid sh -c \'sleep 0.5; : > %(here)s/over\' & exit 0"\n', ['web'])
        wait_for('its parent to be gone', lambda: self.daemon.states()['daemon'] == 'EXITED')
        wait_for('it to end', lambda: os.path.exists(self.daemon.path('over')))
        wait_for('it to be reaped', lambda: not processes.dead_children(self.first))

    def ends_by_listener(self, signal_name, pid):
        """When a program becomes FATAL, as people have it in their containers."""
        self.begin('[program:broken]\ncommand=/bin/false\nstartretries=0\n'
                   '[eventlistener:ender]\ncommand=/bin/sh %(here)s/ender\nevents=PROCESS_STATE_FATAL\n',
                   ender=LISTENER % (signal_name, pid))
        self.assertEqual(self.outer.wait(60), 0)
        log = self.daemon.text('run', 'supervisord.log')
        self.assertIn('received SIG%s indicating exit request' % signal_name, log)
        self.assertIn('stopped: ender (terminated by SIGTERM)', log)

    def test_a_listener_ends_it_by_its_parent(self):
        self.ends_by_listener('TERM', '$PPID')

    def test_a_listener_ends_it_by_the_pidfile(self):
        self.ends_by_listener('QUIT', '$(cat "${0%/*}/run/supervisord.pid")')
