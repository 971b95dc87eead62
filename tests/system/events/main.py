#!/usr/bin/python3
"""Events, standard input and FastCGI sockets with the real programs, and through the death of the controller.

    main.py BIN [TEST...]

Every wait is for the thing itself, with a deadline.  Ends with the status of unittest."""
import os
import random
import re
import shutil
import signal
import socket
import stat
import sys
import time
import unittest
import urllib.request

from daemon import HERE, Daemon, Fault, until
from outside import alive, free_port

BIN = ''

POOL = ('[eventlistener:l]\ncommand={listener} {dir}/seen %s\nevents=%s\nstartsecs=0\nstdout_logfile=NONE\n'
        'stderr_logfile={dir}/errors\n%s\n')
CAPTURE_BEGIN, CAPTURE_END = '<!--XSUPERVISOR:BEGIN-->', '<!--XSUPERVISOR:END-->'


def daemon(programs, settings=''):
    return Daemon(BIN, programs, settings)


class Deaths(unittest.TestCase):
    """The controller is killed; listeners live on."""

    def test_every_event_arrives_once_whenever_the_controller_dies(self):
        chance = random.Random(5)
        with daemon(POOL % ('slow', 'REMOTE_COMMUNICATION', 'buffer_size=1000\nnumprocs=2\n'
                            'process_name=%(program_name)s_%(process_num)d')) as d:
            for name in ('l:l_0', 'l:l_1'):
                d.wait_state(name, 'RUNNING')
            pids = {d.info(name)['pid'] for name in ('l:l_0', 'l:l_1')}
            for number in range(90):
                d.insist('sendRemoteCommEvent', 'n%d' % number, 'x' * chance.choice((10, 5000, 200000)))
                if number % 22 == 21:  # after many deaths in a row the keeper waits before it starts another
                    time.sleep(chance.random() * 0.02)
                    d.kill_controller()
            seen = d.wait_events(90)
            until('all numbers', lambda: len({e['body'].split('\n')[0] for e in d.events()}) == 90)
            time.sleep(0.2)
            seen = d.events()
            serials = [e['serial'] for e in seen]
            lost_track = d.read('log').count('it is not known what it has read')
            self.assertLessEqual(len(serials) - len(set(serials)), lost_track)
            self.assertEqual(sorted(set(serials)), list(range(min(serials), max(serials) + 1)))
            for e in seen:
                self.assertRegex(e['body'], r'\Atype:n\d+\nx+\Z')
            if lost_track == 0:
                self.assertEqual({e['pid'] for e in seen}, pids)
            self.assertNotIn('UNKNOWN', d.read('log'))

    def test_a_half_sent_event_goes_on_from_where_it_was(self):
        with daemon(POOL % ('rest={dir}/go', 'REMOTE_COMMUNICATION', '')) as d:
            d.wait_log('l: ACKNOWLEDGED -> READY')
            pid = d.info('l')['pid']
            text = ''.join('%07d\n' % i for i in range(50000))
            d.insist('sendRemoteCommEvent', 'big', text)
            until('half an event', lambda: os.path.exists(d.path('seen.half')))
            old = d.kill_controller()
            until('another controller', lambda: d.controller() not in (0, old))
            d.insist('sendRemoteCommEvent', 'small', 'y')
            d.write('go', '')
            self.check_both_came_whole(d, text, pid)

    def check_both_came_whole(self, d, text, pid):
        """The large event, then the small one, to the same listener."""
        first, second = d.wait_events(2)
        self.assertEqual(first['body'], 'type:big\n' + text)
        self.assertEqual(second['body'], 'type:small\ny')
        self.assertEqual({first['pid'], second['pid']}, {pid})

    def test_a_listener_that_answers_early_gets_the_rest_and_then_the_next_event(self):
        for small_comes_first in (True, False):
            with daemon(POOL % ('rest={dir}/go early', 'REMOTE_COMMUNICATION', '')) as d:
                d.wait_log('l: ACKNOWLEDGED -> READY')
                pid = d.info('l')['pid']
                text = ''.join('%07d\n' % i for i in range(50000))
                d.insist('sendRemoteCommEvent', 'big', text)
                d.wait_log('l: ACKNOWLEDGED -> READY', 2)
                if small_comes_first:
                    d.insist('sendRemoteCommEvent', 'small', 'y')
                old = d.kill_controller()
                until('another controller', lambda: d.controller() not in (0, old))
                if not small_comes_first:
                    d.insist('sendRemoteCommEvent', 'small', 'y')
                d.write('go', '')
                self.check_both_came_whole(d, text, pid)
                d.wait_log('l: event was processed', 2)

    def test_a_capture_that_the_controller_did_not_survive_is_whole(self):
        program = ('[program:p]\ncommand=/bin/sh -c "printf \'out%s one \'; until [ -e {dir}/go ]; do sleep 0.02; done; '
                   'printf \'two%spost\'; exec sleep 100"\nstartsecs=0\nstdout_capture_maxbytes=1MB\nstdout_logfile={dir}/out\n'
                   % (CAPTURE_BEGIN, CAPTURE_END[:10] + "'; sleep 0.2; printf '" + CAPTURE_END[10:]))
        with daemon(POOL % ('', 'PROCESS_COMMUNICATION', '') + program) as d:
            d.wait_log('l: ACKNOWLEDGED -> READY')
            until('output', lambda: d.read('out') == 'out')
            pid = d.info('p')['pid']
            old = d.kill_controller()
            until('another controller', lambda: d.controller() not in (0, old))
            d.write('go', '')
            event = d.wait_events(1)[0]
            self.assertEqual(event['body'], 'processname:p groupname:p pid:%d\n one two' % pid)
            until('the rest', lambda: d.read('out') == 'outpost')

    def test_states_are_told_once_and_in_order(self):
        with daemon(POOL % ('', 'PROCESS_STATE', 'buffer_size=10000') +
                    '[program:p]\ncommand=/bin/sleep 0.02\nstartsecs=0\nautorestart=true\nstdout_logfile=NONE\n') as d:
            chance = random.Random(9)
            for _ in range(6):
                time.sleep(chance.random() * 0.2)
                d.kill_controller()
            d.insist('stopProcess', 'p')
            until('the last', lambda: any('PROCESS_STATE_STOPPED' == e['head']['eventname'] for e in d.events()))
            events = d.events()
            seen = {e['serial']: e for e in events}
            # One that was being sent in the moment of a death comes again; the log says so.
            self.assertLessEqual(len(events) - len(seen), d.read('log').count('it is not known what it has read'))
            line = [e['head']['eventname'][14:] for e in seen.values() if 'processname:p ' in e['body']]
            before = dict(STARTING=('EXITED', 'STOPPED'), RUNNING=('STARTING',), EXITED=('RUNNING',),
                          STOPPING=('RUNNING', 'STARTING'), STOPPED=('STOPPING',))
            for one, next_one in zip(line, line[1:]):
                self.assertIn(one, before[next_one], line)
            self.assertEqual(line.count('EXITED'), d.read('log').count(' exited: p '))


class Pools(unittest.TestCase):
    def test_a_stuck_listener_is_restarted_and_its_event_comes_again(self):
        with daemon(POOL % ('stuck={dir}/was', 'REMOTE_COMMUNICATION', 'busy_timeout=1\nautorestart=false')) as d:
            d.wait_log('l: ACKNOWLEDGED -> READY')
            first = d.info('l')['pid']
            d.insist('sendRemoteCommEvent', 'a', 'b')
            one, two = d.wait_events(2)
            self.assertEqual(one['serial'], two['serial'])
            self.assertEqual(one['pid'], first)
            self.assertNotEqual(two['pid'], first)
            d.wait_log('l: has been BUSY for 1 seconds (busy_timeout), restarting it')

    def test_a_listener_that_reads_bytes_gets_whole_events_when_it_asks_for_it(self):
        with daemon(POOL % ('', 'REMOTE_COMMUNICATION', 'event_len=bytes')) as d:
            d.wait_log('l: ACKNOWLEDGED -> READY')
            d.insist('sendRemoteCommEvent', 'a', 'dätä ☃')
            d.insist('sendRemoteCommEvent', 'b', 'next')
            self.assertEqual([event['body'] for event in d.wait_events(2)], ['type:a\ndätä ☃', 'type:b\nnext'])

    def test_listeners_hear_how_all_others_end_at_a_shutdown(self):
        programs = ''.join('[program:p%d]\ncommand=/bin/sleep 1000\nstartsecs=0\nstdout_logfile=NONE\n' % n for n in range(5))
        d = daemon(POOL % ('', 'PROCESS_STATE,SUPERVISOR_STATE_CHANGE', 'buffer_size=1000') + programs +
                   '[eventlistener:mute]\ncommand=/bin/sleep 1000\nevents=PROCESS_STATE\nstartsecs=0\nstdout_logfile=NONE\n')
        with d:
            for number in range(5):
                d.wait_state('p%d' % number, 'RUNNING')
            began = time.monotonic()
            d.keeper.terminate()
            d.keeper.wait(20)
            self.assertLess(time.monotonic() - began, 10)  # who never listens is not waited for for ever
            names = [e['head']['eventname'] for e in d.events()]
            self.assertIn('SUPERVISOR_STATE_CHANGE_STOPPING', names)
            for state in ('STOPPING', 'STOPPED'):
                stopped = {e['body'].split()[0] for e in d.events() if e['head']['eventname'] == 'PROCESS_STATE_' + state}
                self.assertLessEqual({'processname:p%d' % number for number in range(5)}, stopped)

    def test_a_stopped_listener_is_in_no_state(self):
        with daemon(POOL % ('stuck={dir}/was', 'REMOTE_COMMUNICATION', 'autorestart=false')) as d:
            d.wait_log('l: ACKNOWLEDGED -> READY')
            d.insist('sendRemoteCommEvent', 'a', 'b')
            d.wait_events(1)
            self.assertEqual(d.insist('getAllEventPoolInfo')[0]['busy'], 1)
            d.insist('stopProcess', 'l')
            pool, = d.insist('getAllEventPoolInfo')
            self.assertEqual([pool[key] for key in ('listeners', 'ready', 'busy', 'acknowledged', 'unknown', 'waiting')],
                             [1, 0, 0, 0, 0, 1])

    def test_overflow_is_counted_for_those_who_ask(self):
        with daemon(POOL.replace('{listener} {dir}/seen', '/bin/sleep 1000') % ('', 'REMOTE_COMMUNICATION', 'buffer_size=3')) as d:
            for number in range(5):
                d.insist('sendRemoteCommEvent', 'n', str(number))
            d.wait_log('pool l event buffer overflowed, discarding event', 2)
            d.kill_controller()
            pool, = d.insist('getAllEventPoolInfo')
            self.assertEqual(pool, {'name': 'l', 'buffer_size': 3, 'waiting': 3, 'discarded': 2, 'listeners': 1, 'ready': 0,
                                    'busy': 0, 'acknowledged': 1, 'unknown': 0})

    def test_nobody_wakes_up_without_ticks(self):
        with daemon(POOL % ('', 'PROCESS_STATE', '')) as d:
            d.wait_log('l: BUSY -> ACKNOWLEDGED')
            d.wait_log('l: ACKNOWLEDGED -> READY', 2)
            time.sleep(1.5)  # what the start has needed is given back

            def switches():
                with open('/proc/%d/status' % d.controller()) as file:
                    return int(next(line.split()[1] for line in file if line.startswith('voluntary')))
            before = switches()
            time.sleep(1.5)
            self.assertLessEqual(switches() - before, 1)

    def test_output_becomes_events_only_where_it_is_wanted(self):
        program = '[program:%s]\ncommand=/bin/sh -c "echo of %s; exec sleep 100"\nstartsecs=0\nstdout_logfile=NONE\n%s\n'
        with daemon(POOL % ('', 'PROCESS_LOG', '') + program % ('p', 'p', 'stdout_events_enabled=true') +
                    program % ('q', 'q', '')) as d:
            event = d.wait_events(1)[0]
            self.assertEqual(event['body'], 'processname:p groupname:p pid:%d channel:stdout\nof p\n' % d.info('p')['pid'])
            d.wait_log('of q')
            self.assertEqual(len(d.events()), 1)


class StandardInput(unittest.TestCase):
    def test_a_full_pipe_does_not_block_and_a_bound_is_a_fault(self):
        with daemon('[program:p]\ncommand=/bin/sh -c "until [ -e {dir}/go ]; do sleep 0.02; done; exec cat > {dir}/got"\n'
                    'startsecs=0\n') as d:
            d.wait_state('p', 'RUNNING')
            sent = ''
            with self.assertRaisesRegex(Fault, 'FAILED'):
                for number in range(100):
                    piece = ('%02d' % number) * 10000
                    d.call('sendProcessStdin', 'p', piece)
                    sent += piece
            self.assertGreaterEqual(len(sent), 1 << 20)
            d.write('go', '')
            until('all of it', lambda: len(d.read('got')) >= len(sent))
            self.assertEqual(d.read('got'), sent)

    def test_a_child_that_closed_it_is_no_file(self):
        with daemon('[program:p]\ncommand=/bin/sh -c "exec <&-; echo closed; exec sleep 100"\nstartsecs=0\n'
                    'stdout_logfile={dir}/out\n') as d:
            until('closed', lambda: d.read('out') == 'closed\n')
            with self.assertRaisesRegex(Fault, 'NO_FILE: p'):
                d.call('sendProcessStdin', 'p', 'x')


NGINX = '''daemon off;
master_process off;
pid {dir}/nginx.pid;
error_log {dir}/nginx.err;
events {}
http {
    access_log off;
    client_body_temp_path {dir}/body;
    proxy_temp_path {dir}/proxy;
    fastcgi_temp_path {dir}/fastcgi;
    uwsgi_temp_path {dir}/uwsgi;
    scgi_temp_path {dir}/scgi;
    server {
        listen 127.0.0.1:{port};
        location / {
            fastcgi_pass unix:{dir}/f.sock;
            fastcgi_param REQUEST_URI $request_uri;
        }
    }
}
'''


class FastCgi(unittest.TestCase):
    PROGRAM = ('[fcgi-program:f]\ncommand=%s {dir}/child.py\nstartsecs=0\nautorestart=true\nstderr_logfile={dir}/errors\n'
               % sys.executable)
    CHILD = ('import os, socket\nlistening = socket.socket(fileno=0)\nwhile True:\n    one, _ = listening.accept()\n'
             '    one.sendall(str(os.getpid()).encode())\n    one.close()\n')

    def made(self, extra):
        d = daemon(self.PROGRAM + extra)
        d.write('child.py', self.CHILD)
        return d

    def ask(self, address):
        with socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET) as link:
            link.settimeout(20)
            link.connect(address)
            return int(link.recv(100))

    def test_a_unix_socket_is_shared_and_outlives_the_controller(self):
        with self.made('socket=unix://{dir}/f.sock\nsocket_mode=0660\nnumprocs=2\n'
                       'process_name=%(program_name)s_%(process_num)d\n') as d:
            names = ('f:f_0', 'f:f_1')
            for name in names:
                d.wait_state(name, 'RUNNING')
            pids = {d.info(name)['pid'] for name in names}
            path = d.path('f.sock')
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o660)
            self.assertIn(self.ask(path), pids)
            old = d.kill_controller()
            until('another controller', lambda: d.controller() not in (0, old))
            self.assertIn(self.ask(path), pids)
            d.insist('stopProcess', 'f:f_0')
            killed = d.info('f:f_1')['pid']
            os.kill(killed, signal.SIGKILL)
            d.insist('startProcess', 'f:f_0')
            until('its end', lambda: not alive(killed))  # else it may be who accepts, and then it dies
            self.assertGreater(self.ask(path), 1)
            created = d.read('log').count('Creating socket')
            for name in names:
                d.insist('stopProcess', name)
            d.wait_log('Closing socket unix://' + path, created)
            with self.assertRaises(ConnectionRefusedError):
                self.ask(path)
            d.insist('startProcess', 'f:f_1')
            self.assertEqual(self.ask(path), d.info('f:f_1')['pid'])

    def test_a_port_is_free_again_when_the_last_has_stopped(self):
        port = free_port()
        with self.made('socket=tcp://localhost:%d\nsocket_backlog=7\n' % port) as d:
            for _ in range(3):
                d.wait_state('f', 'RUNNING')
                self.assertEqual(self.ask(('127.0.0.1', port)), d.info('f')['pid'])
                d.insist('stopProcess', 'f')
                d.insist('startProcess', 'f')
            with self.assertRaisesRegex(Fault, 'NO_FILE'):
                d.call('sendProcessStdin', 'f', 'x')

    def test_that_its_socket_is_closed_is_told_after_its_end(self):
        with self.made('socket=unix://{dir}/f.sock\n') as d:
            d.wait_state('f', 'RUNNING')
            os.kill(d.info('f')['pid'], signal.SIGKILL)
            d.wait_log("spawned: 'f'", 2)
            d.wait_state('f', 'RUNNING')
            d.insist('stopProcess', 'f')
            d.wait_log('Closing socket', 3)
            told = re.findall(r' (Creating|Closing|exited|stopped)(?: socket|:)', d.read('log'))
            self.assertEqual(told, ['Creating', 'Closing',  # it was tried at the start of supervisord
                                    'Creating', 'exited', 'Closing', 'Creating', 'stopped', 'Closing'])

    def test_a_socket_that_cannot_be_made_is_a_failed_start(self):
        d = self.made('socket=unix://{dir}/sub/f.sock\nstartretries=0\nautostart=false\n')
        os.mkdir(d.path('sub'))  # else supervisord would not start
        with d:
            os.unlink(d.path('sub/f.sock'))
            os.rmdir(d.path('sub'))
            with self.assertRaisesRegex(Fault, 'SPAWN_ERROR'):
                d.call('startProcess', 'f')
            self.assertEqual(d.wait_state('f', 'FATAL'), True)
            self.assertEqual(d.info('f')['spawnerr'],
                             'Could not create FastCGI socket unix://%s/sub/f.sock: No such file or directory' % d.directory)
            os.mkdir(d.path('sub'))
            d.call('startProcess', 'f')
            self.assertEqual(self.ask(d.path('sub/f.sock')), d.info('f')['pid'])

    @unittest.skipUnless(shutil.which('nginx', path='/usr/sbin:/usr/bin:/bin'), 'there is no nginx')
    def test_an_application_serves_nginx_through_the_death_of_the_controller(self):
        port = free_port()
        with daemon('[fcgi-program:f]\ncommand=%s\nsocket=unix://{dir}/f.sock\nsocket_mode=0666\nnumprocs=2\n'
                    'process_name=%%(program_name)s_%%(process_num)d\nstartsecs=0\n'
                    '[program:nginx]\ncommand=/usr/sbin/nginx -c {dir}/nginx.conf -e {dir}/nginx.err\nautostart=false\n'
                    'startsecs=0\n' % os.path.join(HERE, 'responder.py')) as d:
            d.write('nginx.conf', NGINX.replace('{dir}', d.directory).replace('{port}', str(port)))
            d.insist('startProcess', 'nginx')

            def ask(uri):
                with urllib.request.urlopen('http://127.0.0.1:%d%s' % (port, uri), timeout=20) as answer:
                    return answer.read().decode().split()
            pids = {str(d.info(name)['pid']) for name in ('f:f_0', 'f:f_1')}

            def answered():
                try:
                    return ask('/hello')
                except OSError:
                    return None
            pid, uri = until('an answer', answered)
            self.assertEqual(uri, '/hello')
            self.assertIn(pid, pids)
            d.kill_controller()
            for number in range(50):
                pid, uri = ask('/%d' % number)
                self.assertEqual(uri, '/%d' % number)
                self.assertIn(pid, pids)


if __name__ == '__main__':
    BIN = os.path.abspath(sys.argv[1])
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
