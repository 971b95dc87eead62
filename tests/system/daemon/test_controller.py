"""What a controller that is killed, or sent signals, must not make of the log."""
import http.client
import os
import signal
import unittest

from daemon import DaemonCase

class Signals(DaemonCase):
    def test_what_is_sent_to_both_processes_is_done_once(self):
        self.daemon.configure('[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\n')
        self.daemon.start()
        controller = self.daemon.controller()
        for times in range(1, 6):
            for pid in (controller, self.daemon.keeper.pid):
                os.kill(pid, signal.SIGUSR2)
            self.daemon.until_logged('supervisord logreopen', times)
        for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            os.kill(controller, number)
        self.assertEqual(self.daemon.call('getState')['statename'], 'RUNNING')
        self.assertEqual(self.daemon.controller(), controller)
        self.assertEqual(self.daemon.times_logged('supervisord logreopen'), 5)


@unittest.skipUnless(os.environ.get('CRASH_POINTS'), 'a build without crash points')
class Output(DaemonCase):
    def test_the_copy_of_output_in_the_log_is_made_by_the_next_controller_when_one_dies_before(self):
        # It dies after the copy, which nobody can tell from before: so the copy is there twice, and never not at all.
        self.daemon.configure('[program:p]\ncommand=/bin/echo some output\nstartsecs=0\nautorestart=false\n'
                              'stdout_logfile=%s\nautostart=false\n' % self.daemon.path('p.log'),
                              settings='loglevel=debug\n')
        os.environ['SUPERVISORD_CRASH_FILE'] = self.daemon.path('crash')
        self.addCleanup(os.environ.pop, 'SUPERVISORD_CRASH_FILE')
        self.daemon.start()
        with open(self.daemon.path('crash'), 'w') as file:
            file.write('journal.heard 1\n')
        try:
            self.daemon.call('startProcess', 'p', False)
        except (OSError, http.client.HTTPException):
            pass  # it may die before it answers
        self.daemon.until_logged('controller died')
        os.unlink(self.daemon.path('crash'))
        self.daemon.until_logged("'p' stdout output:\nsome output\n", 2)
        self.assertEqual(self.daemon.text('p.log'), 'some output\n')
