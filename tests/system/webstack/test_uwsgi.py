"""What uWSGI and Django do below supervisord, and what is left when they are killed."""

import http.client
import os
import signal
import socket

import processes
from processes import wait_for
from stack import ROOT, SLOW, StackCase, better
from web import Load, answers, ask, together


class Protocols(StackCase):
    def test_plain_http_to_the_uwsgi_socket_is_dropped_and_logged(self):
        with self.assertRaises((OSError, http.client.HTTPException)):
            ask(self.stack.port['web1'], '/whoami')
        wait_for('the complaint', lambda: 'invalid request block size: 21573 (max 4096)...skip'
                 in self.stack.ctl('tail', 'web1'))

    def test_the_http_mode_has_a_router_process_and_http_socket_has_none(self):
        direct, web1 = self.stack.pid('direct'), self.stack.pid('web1')
        self.assertEqual(len(processes.children(direct)), 3)
        self.assertEqual(len(processes.children(web1)), 2)
        self.assertEqual(ask(self.stack.port['direct'], '/whoami').json['master'], direct)
        self.assertEqual(ask(self.stack.port['web1_http'], '/whoami').json['master'], web1)

    def test_two_processes_of_four_threads_answer_eight_at_once(self):
        app = self.stack.port['app']
        answered, seconds = together([lambda: ask(app, '/whoami?sleep=1').json] * 8)
        self.assertLess(seconds, min(3 * SLOW, 6))  # eight, one after the other
        self.assertEqual(len({answer['pid'] for answer in answered}), 2)
        self.assertEqual(len({(answer['pid'], answer['thread']) for answer in answered}), 8)

    def test_threads_of_the_application_run_only_with_enable_threads(self):
        def ticks(port):
            """Of the first worker that was asked, since then."""
            first = ask(self.stack.port[port], '/ticks').json
            return lambda: wait_for('the same worker', lambda: next(
                (answer for answer in [ask(self.stack.port[port], '/ticks').json]
                 if answer['pid'] == first['pid']), None))['ticks'] - first['ticks']
        without, having = ticks('web1_http'), ticks('direct')
        wait_for('the thread to tick', lambda: having() > 20)
        self.assertLess(without(), 10)


class Permissions(StackCase):
    def setUp(self):
        if not ROOT:
            self.skipTest('only root can give a program another user')
        super().setUp()

    def test_the_socket_belongs_to_the_user_of_the_site_and_nginx_may_write(self):
        status = os.stat(self.stack.path('sock', 'crm.sock'))
        self.assertEqual((status.st_mode & 0o777, status.st_uid), (0o664, 1000))
        answer = ask(self.stack.port['app'], '/whoami').json
        self.assertEqual((answer['uid'], answer['gid']), (status.st_uid, status.st_gid))

    def test_without_the_permission_nginx_says_502_and_logs_why(self):
        path = self.stack.path('sock', 'crm.sock')
        os.chmod(path, 0o600)
        try:
            self.assertEqual(ask(self.stack.port['app'], '/').status, 502)
            wait_for('the reason', lambda: 'Permission denied' in self.stack.text('log', 'nginx-error.log'))
        finally:
            os.chmod(path, 0o664)
        self.assertEqual(ask(self.stack.port['app'], '/').status, 200)


class Django(StackCase):
    def test_files_are_not_served_by_the_application(self):
        self.assertEqual(ask(self.stack.port['web1_http'], '/static/site.css').status, 404)

    def test_a_foreign_host_is_refused(self):
        self.assertEqual(ask(self.stack.port['app'], '/', host='example.org').status, 400)

    def test_the_virtual_environment_is_that_of_the_site_only(self):
        self.assertEqual(ask(self.stack.port['app'], '/whoami').json['prefix'], self.stack.path('Envs', 'crm'))
        self.assertEqual(ask(self.stack.port['web1_http'], '/whoami').json['prefix'], '/usr')


class Reloading(StackCase):
    def test_hup_renews_the_workers_of_the_same_master_and_loses_no_post(self):
        pid = self.stack.pid('web1')
        workers = {process.pid for process in processes.children(pid)}
        with Load(self.stack.port['app'], '/roll/echo', body=b'x' * 100) as load:
            self.assertEqual(self.stack.ctl('signal', 'HUP', 'web1'), 'web1: signalled\n')

            def renewed():
                now = {process.pid for process in processes.children(pid)}
                return len(now) == 2 and not now & workers
            wait_for('new workers', renewed)
            load.go_on(30)
        self.assert_served(load)
        self.assertEqual(self.stack.pid('web1'), pid)


class Killing(StackCase):
    def test_a_killed_worker_is_the_business_of_its_master(self):
        pid, before = self.stack.pid('web1'), self.stack.pids()
        victim = processes.children(pid)[0].pid
        os.kill(victim, signal.SIGKILL)

        def replaced():
            now = {process.pid for process in processes.children(pid)}
            return len(now) == 2 and victim not in now
        wait_for('a new worker', replaced)
        self.assertEqual(self.stack.pids(), before)

    def kill_master(self, name):
        """Answers what was in its group."""
        pid = self.stack.pid(name)
        crowd = processes.group(pid)
        os.kill(pid, signal.SIGKILL)
        return pid, crowd

    def is_back(self, name, old):
        """RUNNING under a new pid."""
        return self.stack.states()[name] == 'RUNNING' and self.stack.pid(name) not in (0, old)

    def test_a_killed_master_is_started_again_and_no_request_fails(self):
        with Load(self.stack.port['app'], '/roll/whoami') as load:
            old, crowd = self.kill_master('web1')
            wait_for('web1 to be back', lambda: self.is_back('web1', old))
            wait_for('web1 to answer', lambda: answers(self.stack.port['web1_http'], '/whoami'))
            load.go_on(30)
        self.assert_served(load)
        self.assertEqual(len(crowd), 3)
        self.assertEqual([process for process in crowd if processes.look_at(process.pid)], [])
        self.assertNotIn('Address already in use', self.stack.ctl('tail', '-8000', 'web1'))

    @better('the rest of the group is left alone, and the new master meets "Address already in use"')
    def test_a_killed_master_with_a_busy_worker_is_started_again_and_no_worker_is_left(self):
        # Without no-orphans a busy worker outlives its master and holds the port.
        with open(self.stack.path('orphans.ini'), 'w') as file:
            file.write(self.stack.text('web.ini').replace('no-orphans = true\n', ''))
        port = self.stack.port['spare2']
        with self.stack.also('[program:orphans]\ncommand=/usr/bin/uwsgi --ini %s\nkillasgroup=true\n'
                             'redirect_stderr=true\nenvironment=PORT="%d",HTTP_PORT="%d"\n' % (
                                 self.stack.path('orphans.ini'), self.stack.port['spare1'], port)):
            wait_for('it to answer', lambda: answers(port, '/whoami'))
            self.stack.wait_state('orphans', 'RUNNING')
            with socket.create_connection(('127.0.0.1', port)) as busy:
                busy.sendall(b'GET /whoami?sleep=20 HTTP/1.0\r\nHost: localhost\r\n\r\n')
                wait_for('a worker to take the request', lambda: answers(port, '/whoami'))
                old, crowd = self.kill_master('orphans')
                try:
                    wait_for('it to be back', lambda: self.is_back('orphans', old), 18 if self.original else 40)
                    wait_for('it to answer', lambda: answers(port, '/whoami'))
                    self.assertEqual(ask(port, '/whoami').json['master'], self.stack.pid('orphans'))
                    self.assertEqual([process for process in crowd if processes.look_at(process.pid)], [])
                    self.assertNotIn('Address already in use', self.stack.ctl('tail', '-8000', 'orphans'))
                finally:
                    for process in processes.group(old):
                        processes.kill(process.pid)
