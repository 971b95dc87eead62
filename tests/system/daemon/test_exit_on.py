"""exit_on=: supervisord ends when its programs do, with their exit code."""
import os
import signal

from daemon import DaemonCase, alive, until

# Makes a file when it is deaf to the first SIGTERM.
SLOW = ('[program:slow]\ncommand=/bin/sh -c "trap \'sleep 3; exit 0\' TERM; : > {0}; while :; do sleep 0.05; done"\n'
        'startsecs=0\n')


class ExitOn(DaemonCase):
    def end(self):
        return until('the end of supervisord', lambda: [self.daemon.keeper.poll()] if self.daemon.keeper.poll() is not None else None)[0]

    def test_with_a_program_supervisord_ends_and_has_its_exit_code(self):
        go = self.daemon.path('go')
        self.daemon.configure('[program:job]\ncommand=/bin/sh -c "while [ ! -e %s ]; do sleep 0.02; done; exit 3"\n'
                              'autorestart=false\nstartsecs=0\n' % go + SLOW.format(self.daemon.path('slow')), settings='exit_on=job')
        self.daemon.start()
        other = self.daemon.state('slow')['pid']
        open(go, 'w').close()
        self.assertEqual(self.end(), 3)
        self.assertFalse(os.path.exists('/proc/%d' % other))
        self.daemon.until_logged(r'WARN exit_on: job ended \(exit status 3\), shutting down; exit status 3')

    def test_the_code_outlives_controllers(self):
        go = self.daemon.path('go')
        self.daemon.configure('[program:job]\ncommand=/bin/sh -c "while [ ! -e %s ]; do sleep 0.02; done; exit 3"\n'
                              'autorestart=false\nstartsecs=0\n' % go + SLOW.format(self.daemon.path('slow')), settings='exit_on=job')
        self.daemon.start()
        until('slow to be deaf', lambda: os.path.exists(self.daemon.path('slow')))
        controller = self.daemon.controller()
        open(go, 'w').close()
        self.daemon.until_logged('exit_on: job ended')
        os.kill(controller, signal.SIGKILL)  # slow takes three seconds to stop
        self.assertEqual(self.end(), 3)

    def test_what_ended_while_no_controller_lived_counts(self):
        go = self.daemon.path('go')
        self.daemon.configure('[program:job]\ncommand=/bin/sh -c "while [ ! -e %s ]; do sleep 0.02; done; kill -9 $$"\n'
                              'autorestart=false\nstartsecs=0\n' % go, settings='exit_on=all-exited')
        self.daemon.start()
        job, controller = self.daemon.state('job')['pid'], self.daemon.controller()
        os.kill(controller, signal.SIGSTOP)
        open(go, 'w').close()
        until('the end of the program', lambda: not alive(job))
        os.kill(controller, signal.SIGKILL)
        self.assertEqual(self.end(), 137)

    def test_a_stop_does_not_count_and_a_signal_ends_with_0(self):
        self.daemon.configure('[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\n', settings='exit_on=p,fatal')
        self.daemon.start()
        self.daemon.ctl('stop', 'p')
        self.daemon.ctl('start', 'p')
        self.daemon.keeper.terminate()
        self.assertEqual(self.end(), 0)

    def test_a_restart_and_an_update_of_the_last_that_runs_are_no_end(self):
        programs = ('[program:once]\ncommand=/bin/true\nautorestart=false\nstartsecs=0\n'
                    '[program:web]\ncommand=/bin/sleep %d\nstartsecs=0\n')
        self.daemon.configure(programs % 1000, settings='exit_on=all-exited')
        self.daemon.start()
        self.daemon.until_logged('exited: once')
        self.daemon.ctl('restart', 'web')
        self.daemon.configure(programs % 1001, settings='exit_on=all-exited')
        self.daemon.ctl('update')
        self.daemon.ctl('stop', 'web')
        self.daemon.ctl('start', 'web')
        self.assertEqual(self.daemon.state('web')['statename'], 'RUNNING')
        self.assertEqual(self.daemon.times_logged('exit_on'), 0)
        self.assertIsNone(self.daemon.keeper.poll())

    def test_what_is_removed_counts_no_more(self):
        once = '[program:once]\ncommand=/bin/sh -c "exit 3"\nautorestart=false\nexitcodes=3\nstartsecs=0\n'
        self.daemon.configure(once + '[program:web]\ncommand=/bin/sleep 1000\nstartsecs=0\n', settings='exit_on=all-exited')
        self.daemon.start()
        self.daemon.until_logged('exited: once')
        self.daemon.configure(once, settings='exit_on=all-exited')
        self.daemon.ctl('update')
        self.assertEqual(self.end(), 3)

    def test_fatal(self):
        self.daemon.configure('[program:p]\ncommand=/bin/sleep 1000\n[program:bad]\ncommand=/bin/sh -c "exit 5"\n'
                              'startretries=1\n', settings='exit_on=fatal')
        self.daemon.start()
        self.assertEqual(self.end(), 5)

    def test_a_name_that_means_nothing_is_refused(self):
        self.daemon.configure('[program:web]\ncommand=/bin/sleep 1000\n', settings='exit_on=wbe')
        self.daemon.start(wait=False)
        self.assertEqual(self.end(), 2)
        self.assertIn("exit_on names 'wbe', which is no program and no group", self.daemon.text('out'))
        self.assertIn('did you mean `web`?', self.daemon.text('out'))
