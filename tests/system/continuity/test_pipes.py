"""The pipes of a program, which are open for both directions at its end."""

import contextlib
import os
import sys
import unittest

from bed import Bed

LEAVES_A_WRITER = '''#!/bin/sh
# Ends at once, and leaves a process that writes for ever and counts.
(n=0; while :; do printf '%4096d\\n' 0; n=$((n+1)); echo $n > {count}; done) &
'''


# Of two listeners the first says that it is ready, and closes its stdin.
LISTENER = '''
import os, sys, time
if sys.argv[1] == '0':
    os.write(1, b'READY\\n')
    os.close(0)
    open(sys.argv[2], 'w').close()
    time.sleep(1000)
else:
    os.execv(sys.executable, [sys.executable, sys.argv[3], sys.argv[2]])
'''
# Answers once there is the file that it is told; writes down what it was sent.
PATIENT = '''
import os, sys, time
while True:
    os.write(1, b'READY\\n')
    head = b''
    while not head.endswith(b'\\n'):
        head += os.read(0, 1)
    words = dict(word.split(':') for word in head.decode().split())
    os.read(0, int(words['len']))
    with open(sys.argv[1], 'a') as file:
        file.write(words['serial'] + ' ')
    while not os.path.exists(sys.argv[2]):
        time.sleep(0.01)
    os.write(1, b'RESULT 2\\nOK')
'''


class Pipes(Bed):
    def test_a_process_that_a_program_has_left_goes_on_writing_whoever_dies(self):
        script, count = self.path('script'), self.path('count')
        with open(script, 'w') as file:
            file.write(LEAVES_A_WRITER.format(count=count))
        self.start('[program:p]\ncommand=/bin/sh %s\nstartsecs=0\nautorestart=false\nstdout_logfile=NONE\n' % script)
        self.wait_for_log('exited: p')

        def counted():
            try:
                with open(count) as file:
                    return int(file.read())
            except (FileNotFoundError, ValueError):
                return 0

        def more_than_a_pipe_has_room_for():
            before = counted()
            self.wait_for('more to be written', lambda: counted() > before + 40)
        more_than_a_pipe_has_room_for()
        self.kill_controller()
        more_than_a_pipe_has_room_for()
        old = self.keeper()
        self.kill(old)
        self.wait_for('another keeper', lambda: self.keeper() != old)
        more_than_a_pipe_has_room_for()

    def test_a_program_under_another_user_can_open_its_stdout(self):
        if os.getuid() != 0:
            self.skipTest('only root can start programs under another user')
        out = self.path('out')
        self.start('[program:p]\ncommand=/bin/sh -c "echo hello > /dev/stdout"\nuser=nobody\nstartsecs=0\n'
                   'autorestart=false\nstdout_logfile=%s\n' % out)
        self.wait_for('its line', lambda: os.path.exists(out) and open(out).read() == 'hello\n')

    def test_an_event_for_a_listener_that_has_closed_its_stdin_before_both_died_goes_to_another(self):
        with open(self.path('script'), 'w') as file:
            file.write(LISTENER)
        listener = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'events', 'listener.py')
        self.start('[eventlistener:l]\ncommand=%s %s %%(process_num)d %s%%(process_num)d %s\nnumprocs=2\n'
                   'process_name=l%%(process_num)d\nevents=REMOTE_COMMUNICATION\nstartsecs=0\n'
                   % (sys.executable, self.path('script'), self.path('out'), listener))

        self.wait_for('both to be ready', lambda: self.rpc.insist('getAllEventPoolInfo')[0]['ready'] == 2)
        self.wait_for('a closed stdin', lambda: os.path.exists(self.path('out0')))
        self.kill_both()
        self.start()
        self.rpc.insist('sendRemoteCommEvent', 'hello', 'x')
        self.wait_for('the event', lambda: os.path.exists(self.path('out1')))

    @unittest.skipUnless(os.environ.get('CRASH_POINTS') == '1', 'crash points are not compiled in')
    def test_an_answer_that_is_in_the_journal_of_a_dead_controller_is_followed_by_the_next_event(self):
        with open(self.path('script'), 'w') as file:
            file.write(PATIENT)
        self.write_config('[eventlistener:l]\ncommand=%s %s %s %s\nevents=REMOTE_COMMUNICATION\nstartsecs=0\nstdout_logfile=NONE\n'
                          % (sys.executable, self.path('script'), self.path('out'), self.path('go')))
        self.try_to_start(env=dict(os.environ, SUPERVISORD_CRASH_FILE=self.path('crash')))
        self.rpc.insist('sendRemoteCommEvent', 'first', 'x')
        self.rpc.insist('sendRemoteCommEvent', 'second', 'x')

        def sent():
            with contextlib.suppress(FileNotFoundError), open(self.path('out')) as file:
                return file.read()
        self.wait_for('the first', sent)
        with open(self.path('crash.new'), 'w') as file:
            file.write('journal.spliced 1\n')
        os.rename(self.path('crash.new'), self.path('crash'))
        open(self.path('go'), 'w').close()
        self.wait_for('a death', lambda: os.path.exists(self.path('crash.drawn')))
        os.unlink(self.path('crash'))

        def all_is_done():
            pool, = self.rpc.insist('getAllEventPoolInfo')
            return pool['ready'] == 1 and pool['waiting'] == 0
        self.wait_for('no event to be left', all_is_done)
        self.assertEqual(sent(), '0 1 ')
        self.assertNotIn('UNKNOWN', self.log())
