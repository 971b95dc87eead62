"""The pipes of a program, which are open for both directions at its end."""

import os

from bed import Bed

LEAVES_A_WRITER = '''#!/bin/sh
# Ends at once, and leaves a process that writes for ever and counts.
(n=0; while :; do printf '%4096d\\n' 0; n=$((n+1)); echo $n > {count}; done) &
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
