"""Clients that want too much: of one socket, or of the descriptors of the process."""
import contextlib
import os
import resource
import signal
import socket

from daemon import PATIENCE, DaemonCase, free_port, until

PROGRAM = '[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\nautorestart=true\n'


class Flood(DaemonCase):
    def setUp(self):
        super().setUp()
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096) if hard != resource.RLIM_INFINITY else 4096, hard))
        self.port = free_port()
        self.daemon.configure(PROGRAM, '[inet_http_server]\nport=127.0.0.1:%d\n' % self.port,
                              'minfds=64\n')
        self.others = []
        self.addCleanup(lambda: [one.close() for one in self.others])

    def connect(self, text):
        one = socket.create_connection(('127.0.0.1', self.port), timeout=PATIENCE)
        self.others.append(one)
        one.sendall(text)
        return one

    def sockets(self, pid):
        folder, count = '/proc/%d/fd/' % pid, 0
        for name in os.listdir(folder):
            with contextlib.suppress(FileNotFoundError):  # closed just now
                count += os.readlink(folder + name).startswith('socket:')
        return count

    def is_well(self):
        """Over the Unix socket, for supervisorctl and for a program that ends."""
        before = self.daemon.state('p')['pid']
        self.assertRegex(self.daemon.ctl('status'), r'^p +RUNNING   pid %d, ' % before)
        os.kill(before, signal.SIGKILL)
        until('a restart', lambda: self.daemon.state('p')['pid'] not in (0, before))
        self.assertNotIn('too many open files', self.daemon.text('log'))

    def test_half_requests_over_tcp_leave_room_for_all_others(self):
        self.daemon.start()
        for _ in range(700):
            self.connect(b'POST /RPC2 HTTP/1.1\r\nContent-Length: 100\r\n')
        self.is_well()
        whole = self.connect(b'GET /mainlogtail HTTP/1.1\r\n\r\n')
        self.assertTrue(whole.recv(100).startswith(b'HTTP/1.1 200 '))
        self.daemon.until_logged(r'\[inet_http_server\]: the limit of 512 connections is reached')
        self.assertEqual(self.daemon.times_logged('the limit of'), 1)

    def test_where_descriptors_are_few_clients_do_not_get_the_last(self):
        self.daemon.start(nofile=200)
        self.daemon.until_logged("entered RUNNING state")
        for _ in range(300):
            self.connect(b'POST /RPC2 HTTP/1.1\r\n')
        self.is_well()
        # These are whole requests, and each has a file open: nobody may be sent away for another.
        answers = [self.connect(b'GET /mainlogtail HTTP/1.1\r\n\r\n').recv(12) for _ in range(150)]
        served = answers.count(b'HTTP/1.1 200')
        self.assertGreater(served, 20)
        self.assertEqual(served + answers.count(b'HTTP/1.1 503'), 150)
        self.is_well()

    def test_who_sits_in_both_sockets_keeps_no_program_from_its_start(self):
        self.daemon.start(nofile=256)
        self.daemon.until_logged("entered RUNNING state")
        for _ in range(300):
            self.connect(b'')
            one = socket.socket(socket.AF_UNIX)
            self.others.append(one)
            one.settimeout(PATIENCE)
            one.connect(self.daemon.path('sock'))
        self.daemon.until_logged(r'\[unix_http_server\]: descriptors are short')
        os.kill(self.daemon.state('p')['pid'], signal.SIGKILL)
        self.daemon.until_logged("spawned: 'p'", 2)
        self.assertNotIn('too many open files', self.daemon.text('log'))
        self.is_well()

    def test_when_there_is_no_descriptor_at_all_a_client_is_told(self):
        self.daemon.start()
        self.daemon.until_logged('entered RUNNING state')
        controller = self.daemon.controller()
        # To the keeper, and for each server the one that is served, the one that is kept for a reload and the one that is
        # kept for the day when the keeper is gone.
        until('only sockets that stay', lambda: self.sockets(controller) == 7)
        taken = set(map(int, os.listdir('/proc/%d/fd' % controller)))
        lowest = next(number for number in range(len(taken) + 1) if number not in taken)
        before = resource.prlimit(controller, resource.RLIMIT_NOFILE)
        resource.prlimit(controller, resource.RLIMIT_NOFILE, (lowest, before[1]))
        self.connect(b'GET / HTTP/1.1\r\n\r\n')
        self.assertTrue(self.others[0].recv(100).startswith(b'HTTP/1.1 503 '))
        self.connect(b'GET / HTTP/1.1\r\n\r\n')
        self.assertTrue(self.others[1].recv(100).startswith(b'HTTP/1.1 503 '))
        resource.prlimit(controller, resource.RLIMIT_NOFILE, before)
        self.daemon.until_logged('cannot accept a connection: Too many open files')
        self.is_well()
