"""What supervisord and supervisorctl have to do for the stack."""

import glob
import os
import socket
import time

import processes
from processes import wait_for
from stack import ROOT, SLOW, StackCase, better
from web import answers, ask, listens


class Starting(StackCase):
    def test_start_all_names_only_what_was_not_running(self):
        self.assertEqual(self.said_at_start, 'direct: started\n')
        self.assertEqual(self.stack.ctl('start', 'all'), '')

    def test_nginx_with_the_higher_priority_number_is_started_last(self):
        log = self.stack.text('run', 'supervisord.log')
        spawned = [line.split("'")[1] for line in log.splitlines() if 'INFO spawned: ' in line]
        self.assertEqual(spawned[:5][-1], 'nginx', spawned)

    def test_every_program_leads_a_group_of_its_own_in_which_its_children_stay(self):
        for name, (pid, _) in self.stack.pids().items():
            with self.subTest(name):
                leader = processes.look_at(pid)
                self.assertEqual(leader.group, pid)
                self.assertEqual(leader.parent, self.stack.daemon())
                self.assertNotEqual(leader.group, processes.look_at(self.stack.daemon()).group)
                if name != 'hello':
                    self.assertTrue(processes.children(pid))
                for child in processes.children(pid):
                    self.assertEqual(child.group, pid)

    def test_a_second_supervisord_is_refused_and_the_first_one_goes_on(self):
        before, daemon = self.stack.pids(), self.stack.daemon()
        self.assertIn('Another program is already listening', self.stack.supervisord(status=2))
        self.assertEqual(self.stack.pids(), before)
        self.assertEqual(self.stack.daemon(), daemon)


class Stopping(StackCase):
    def gone(self, leader):
        """No waiting: it has to be so when `stop` answers."""
        self.assertEqual(processes.group(leader), [])

    def test_a_stopped_backend_leaves_no_process_and_its_ports_are_free(self):
        for name, ports in (('web1', ('web1', 'web1_http')), ('direct', ('direct',)), ('hello', ('hello',))):
            with self.subTest(name):
                leader = self.stack.pid(name)
                self.assertEqual(self.stack.ctl('stop', name), name + ': stopped\n')
                self.gone(leader)
                for port in ports:
                    with socket.socket() as listener:
                        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                        listener.bind(('127.0.0.1', self.stack.port[port]))
                        listener.listen()

    def test_a_stopped_site_leaves_no_socket_nginx_says_502_and_files_are_served_on(self):
        leader, app = self.stack.pid('crm'), self.stack.port['app']
        self.assertEqual(self.stack.ctl('stop', 'crm'), 'crm: stopped\n')
        self.gone(leader)
        self.assertFalse(os.path.exists(self.stack.path('sock', 'crm.sock')))
        self.assertEqual(ask(app, '/').status, 502)
        self.assertEqual(ask(app, '/static/site.css').status, 200)
        self.assertEqual(self.stack.ctl('start', 'crm'), 'crm: started\n')
        wait_for('the site', lambda: answers(app, '/'))

    def test_what_does_not_react_to_the_stop_signal_is_killed_with_its_group(self):
        # Without die-on-term, TERM makes uWSGI reload.
        with open(self.stack.path('reloads.ini'), 'w') as file:
            file.write(self.stack.text('web.ini').replace('die-on-term = true\n', ''))
        with self.stack.also('[program:reloads]\ncommand=/usr/bin/uwsgi --ini %s\nstopwaitsecs=2\nstopasgroup=true\n'
                             'environment=PORT="%d",HTTP_PORT="%d"\n' % (
                                 self.stack.path('reloads.ini'), self.stack.port['spare1'],
                                 self.stack.port['spare2'])):
            wait_for('the reloading one', lambda: answers(self.stack.port['spare2'], '/whoami'))
            leader = self.stack.pid('reloads')
            begin = time.monotonic()
            self.assertEqual(self.stack.ctl('stop', 'reloads'), 'reloads: stopped\n')
            self.assertGreater(time.monotonic() - begin, 1.9)
            self.gone(leader)
            self.assertIn("WARN killing 'reloads' (%d) with SIGKILL" % leader,
                          self.stack.text('run', 'supervisord.log'))

    PAIR = '[program:pair]\ncommand=/bin/sh -c "sleep 1000 & echo $! > %s; wait"\nstopasgroup=%s\n'

    def child_of_a_stopped_pair(self, stopasgroup):
        note = self.stack.path('run', 'pair')
        with self.stack.also(self.PAIR % (note, stopasgroup)):
            child = wait_for('the child', lambda: os.path.exists(note) and self.stack.text('run', 'pair').strip())
            self.assertEqual(self.stack.ctl('stop', 'pair'), 'pair: stopped\n')
            alive = processes.look_at(int(child))
            os.unlink(note)
            if alive:
                processes.kill(alive.pid)
            return alive

    def test_without_stopasgroup_the_signal_goes_to_the_leader_only(self):
        self.assertTrue(self.child_of_a_stopped_pair('false'))

    def test_with_stopasgroup_the_children_get_it_too(self):
        self.assertFalse(self.child_of_a_stopped_pair('true'))

    def test_stopasgroup_without_killasgroup_is_refused_and_nothing_is_touched(self):
        before, kept = self.stack.pids(), self.stack.text('supervisord.conf')
        try:
            with open(self.stack.conf, 'a') as file:
                file.write('\n[program:half]\ncommand=/bin/cat\nstopasgroup=true\nkillasgroup=false\n')
            self.assertRegex(self.stack.ctl('reread', status=1), 'ERROR: CANT_REREAD: ')
        finally:
            with open(self.stack.conf, 'w') as file:
                file.write(kept)
        self.assertEqual(self.stack.ctl('reread'), 'No config updates to processes\n')
        self.assertEqual(self.stack.pids(), before)


class UnderAShell(StackCase):
    """command=sh -c "uwsgi ...; echo end": the leader is gone at the first TERM, uWSGI needs longer."""

    def setUp(self):
        super().setUp()
        with open(self.stack.path('shell.ini'), 'w') as file:
            file.write(self.stack.text('web.ini') + 'pidfile = %s\n' % self.stack.path('run', 'shell.pid'))
        self.program = ('[program:shell]\ncommand=/bin/sh -c "uwsgi --ini %s; echo end"\nstopasgroup=true\n'
                        'redirect_stderr=true\nstdout_logfile=%s\nenvironment=PORT="%d",HTTP_PORT="%d"\n' % (
                            self.stack.path('shell.ini'), self.stack.path('log', 'shell.log'),
                            self.stack.port['spare1'], self.stack.port['spare2']))

    def wait_for_it(self):
        wait_for('uWSGI under the shell', lambda: answers(self.stack.port['spare2'], '/whoami'))

    def pidfile_is_gone(self):
        return not os.path.exists(self.stack.path('run', 'shell.pid'))

    def test_stop_lets_uwsgi_end_in_order(self):
        with self.stack.also(self.program):
            self.wait_for_it()
            leader = self.stack.pid('shell')
            self.assertEqual(self.stack.ctl('stop', 'shell'), 'shell: stopped\n')
            wait_for('uWSGI to remove its pidfile', self.pidfile_is_gone)
            wait_for('its group to end', lambda: not processes.group(leader))

    @better('it counts as stopped when the shell is gone')
    def test_stop_answers_when_the_whole_group_is_gone(self):
        with self.stack.also(self.program):
            self.wait_for_it()
            leader = self.stack.pid('shell')
            self.stack.ctl('stop', 'shell')
            left, in_order = processes.group(leader), self.pidfile_is_gone()
            wait_for('its group to end', lambda: not processes.group(leader))
            self.assertEqual(left, [])
            self.assertTrue(in_order)

    @better('the new one meets "Address already in use"')
    def test_restart_waits_for_the_port(self):
        with self.stack.also(self.program):
            self.wait_for_it()
            first = ask(self.stack.port['spare2'], '/whoami').json['master']
            self.assertEqual(self.stack.ctl('restart', 'shell', status=None), 'shell: stopped\nshell: started\n')
            self.wait_for_it()
            self.assertNotEqual(ask(self.stack.port['spare2'], '/whoami').json['master'], first)
            self.assertEqual(self.stack.states()['shell'], 'RUNNING')
            log = self.stack.text('log', 'shell.log')
            self.assertNotIn('Address already in use', log)
            self.assertIn('goodbye to uWSGI', log)


class Failing(StackCase):
    def test_a_program_that_cannot_start_becomes_fatal_and_its_reason_is_in_its_log(self):
        # -ini is read as -i -n -i: a mistake that many have made.
        with self.stack.also('[program:broken]\ncommand=/usr/bin/uwsgi -ini %s\nstartsecs=10\nstartretries=1\n' %
                             self.stack.path('web.ini')) as said:
            self.assertEqual(said, 'broken: added process group\n')
            self.stack.wait_state('broken', 'FATAL')
            self.assertRegex(self.stack.ctl('start', 'broken', status=7),
                             r'^broken: ERROR \((spawn error|abnormal termination)\)\n$')
            self.stack.wait_state('broken', 'FATAL')
            self.assertIn("invalid option -- 'n'", self.stack.ctl('tail', 'broken', 'stderr'))
            log = self.stack.text('run', 'supervisord.log')
            self.assertIn('gave up: broken entered FATAL state, too many start retries too quickly', log)
            self.assertRegex(self.stack.ctl('status', 'broken', status=3),
                             r'^broken +FATAL +Exited too quickly \(process log may have details\)\n$')

    def test_a_program_that_is_not_there_is_named(self):
        with self.stack.also('[program:absent]\ncommand=%s\nautostart=false\n' % self.stack.path('no', 'such')):
            self.assertEqual(self.stack.ctl('start', 'absent', status=1), 'absent: ERROR (no such file)\n')

    @better('its end is noticed late, so that it is taken for RUNNING and started again for ever')
    def test_a_program_that_dies_in_its_first_moments_becomes_fatal(self):
        with self.stack.also('[program:brief]\ncommand=/bin/sh -c "exec >/dev/null 2>&1; sleep 0.3; exit 1"\n'
                             'startretries=1\n'):
            self.stack.wait_state('brief', 'FATAL', 8 * SLOW)


class Operating(StackCase):
    def test_update_adds_and_removes_without_touching_the_others(self):
        before = self.stack.pids()
        with self.stack.also('[program:extra]\ncommand=/bin/sleep 1000 ; a comment\n') as said:
            self.assertEqual(said, 'extra: added process group\n')
            self.stack.wait_state('extra', 'RUNNING')
            during = self.stack.pids()
            extra, _ = during.pop('extra')
            self.assertEqual(during, before)
            with open(self.stack.conf) as file:
                text = file.read()
            with open(self.stack.conf, 'w') as file:
                file.write(text[:text.index('[program:extra]')])
            self.assertEqual(self.stack.ctl('update'), 'extra: stopped\nextra: removed process group\n')
            self.assertIsNone(processes.look_at(extra))
        self.assertEqual(self.stack.pids(), before)

    def test_a_signal_leaves_state_and_pid_as_they_are(self):
        before = self.stack.pids()
        self.assertEqual(self.stack.ctl('signal', 'HUP', 'web1'), 'web1: signalled\n')
        self.assertEqual(self.stack.ctl('signal HUP', 'web2'), 'web2: signalled\n')
        self.assertEqual(self.stack.pids(), before)
        self.assertEqual(self.stack.states()['web1'], 'RUNNING')

    def test_tail_shows_what_the_programs_wrote(self):
        self.assertIn('spawned uWSGI worker', self.stack.ctl('tail', '-4000', 'crm', 'stderr'))
        self.assertIn('Serving HTTP on port %d' % self.stack.port['hello'], self.stack.ctl('tail', '-0', 'hello'))
        ask(self.stack.port['web1_http'], '/whoami?mark=tail')
        wait_for('the request in the log of web1', lambda: 'mark=tail' in self.stack.ctl('tail', 'web1'))

    def test_the_log_files_fill(self):
        ask(self.stack.port['app'], '/whoami?mark=crm')
        ask(self.stack.port['app'], '/roll/whoami?mark=roll')
        ask(self.stack.port['direct'], '/whoami?mark=direct')
        ask(self.stack.port['hello'], '/?mark=hello')
        folder = self.stack.path('log')

        def holds(pattern, mark):
            return any(mark in self.stack.text(name) for name in glob.glob(os.path.join(folder, pattern)))
        for pattern, mark in (('auto/crm-stderr---supervisor-*.log', 'mark=crm'), ('web[12].log', 'mark=roll'),
                              ('direct.log', 'mark=direct'), ('auto/hello-stderr---supervisor-*.log', 'mark=hello'),
                              ('nginx-access.log', 'mark=crm'), ('nginx-access.log', 'mark=roll')):
            with self.subTest(pattern):
                wait_for('%s in %s' % (mark, pattern), lambda: holds(pattern, mark))

    def test_a_program_without_root_is_controlled_all_the_same(self):
        if not ROOT:
            self.skipTest('only root can give a program another user')
        pid = self.stack.pid('crm')
        self.assertEqual([processes.user(process.pid) for process in processes.group(pid)], [1000] * 3)
        self.assertEqual(self.stack.ctl('restart', 'crm'), 'crm: stopped\ncrm: started\n')
        self.assertFalse(processes.group(pid))
        self.assertTrue(listens(self.stack.port['app']))
