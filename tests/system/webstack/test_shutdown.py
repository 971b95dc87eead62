"""The end of all: on supervisords of their own, so that the shared stack goes on."""

import glob
import os
import socket
import time
import unittest

import processes
from processes import wait_for
from stack import Small, Stack, StackCase, better

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
