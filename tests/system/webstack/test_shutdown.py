"""The end of all: on supervisords of their own, so that the shared stack goes on."""

import glob
import os
import shutil
import signal
import socket
import subprocess
import time
import unittest

import processes
from processes import wait_for
from stack import BIN, ROOT, Small, Stack, StackCase, better

SLOWLY = '[program:slow%d]\ncommand=/bin/sh -c "trap \'sleep 3; exit 0\' TERM; while :; do sleep 0.1; done"\n'


class Shutdown(unittest.TestCase):
    def test_nginx_stops_first_all_end_and_nothing_is_left(self):
        tables = set(glob.glob('/run/supervisord-*'))
        stack = Stack()
        try:
            stack.start()
            daemon, leaders = stack.daemon(), [pid for pid, _ in stack.pids().values()]
            self.assertEqual(len(leaders), 6)
            self.assertEqual(stack.ctl('shutdown'), 'Shut down\n')
            wait_for('supervisord to end', lambda: not processes.look_at(daemon), 60)
            for leader in leaders:
                self.assertEqual(processes.group(leader), [])
            for left in ('run/supervisor.sock', 'run/supervisord.pid', 'run/nginx.pid', 'sock/crm.sock'):
                self.assertFalse(os.path.exists(stack.path(left)), left)
            self.assertEqual(set(glob.glob('/run/supervisord-*')), tables)
            for port in stack.port.values():
                with socket.socket() as listener:
                    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    listener.bind(('127.0.0.1', port))
            stopped = [line.split()[4] for line in stack.text('run', 'supervisord.log').splitlines()
                       if ' stopped: ' in line]
            self.assertEqual(stopped[0], 'nginx')
            self.assertEqual(sorted(stopped), ['crm', 'direct', 'hello', 'nginx', 'web1', 'web2'])
        finally:
            stack.close()


class Together(StackCase):
    def setUp(self):
        pass

    @better('groups are stopped one after the other')
    def test_programs_of_one_priority_stop_at_the_same_time(self):
        daemon = Small(''.join(SLOWLY % number for number in range(4)))
        try:
            daemon.supervisord()
            wait_for('all to run', lambda: list(daemon.states().values()) == ['RUNNING'] * 4)
            begin = time.monotonic()
            daemon.shutdown()
            self.assertLess(time.monotonic() - begin, 9)
        finally:
            daemon.close()


class FirstProcess(unittest.TestCase):
    def setUp(self):
        if not ROOT:
            self.skipTest('only root can make a PID namespace')

    def test_it_reaps_orphans_and_obeys_term(self):
        daemon = Small('[program:father]\ncommand=/bin/sh -c "(sleep 0.2 & sleep 1000 &); exec sleep 1000"\n')
        outer = subprocess.Popen(['unshare', '--pid', '--fork', '--kill-child', '--mount-proc',
                                  os.path.join(BIN, 'supervisord'), '-n', '-c', daemon.conf], env={},
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for('it to run', lambda: daemon.states().get('father') == 'RUNNING')
            first = processes.children(outer.pid)[0]
            self.assertEqual(daemon.text('run', 'supervisord.pid').strip(), '1')
            wait_for('the short orphan to end', lambda: len([process for process in processes.children(first.pid)
                                                             if process.name == 'sleep']) == 2)
            wait_for('it to be reaped', lambda: not processes.dead_children(first.pid))
            os.kill(first.pid, signal.SIGTERM)
            self.assertEqual(outer.wait(60), 0)
            self.assertFalse(os.path.exists(daemon.path('run', 'supervisord.pid')))
        finally:
            if outer.poll() is None:
                outer.kill()
                outer.wait()
            shutil.rmtree(daemon.root)
