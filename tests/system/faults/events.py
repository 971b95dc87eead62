"""Events through the deaths of faults.py: a pool hears of each end of a process, and of messages that are sent between the
deaths.
  E1  every event arrives, in the order of its serial
  E2  none arrives twice, unless it was in the very moment of the death of both that it was sent; a line in the log says so
  E3  each end of a process is one event, in order, with its pid
Whether a message whose sender got no answer was taken nobody knows; such a one may arrive, once."""
import json
import os
import re

LISTENER = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'events', 'listener.py')
SIZES = (10, 3000, 70000)  # bytes; a pipe takes the last in parts
UNCERTAIN = 'seer: it is not known what it has read, restarting it'


class Events:
    def __init__(self, test):
        self.test = test
        self.seen_file = test.path('seen')
        self.number, self.sure = 0, set()

    def config(self):
        return ('[eventlistener:seer]\ncommand=/usr/bin/python3 %s %s slow\nevents=REMOTE_COMMUNICATION,PROCESS_STATE_EXITED\n'
                'buffer_size=100000\nstartsecs=0\nautorestart=true\nstdout_logfile=NONE\nstderr_logfile=%s\n'
                % (LISTENER, self.seen_file, self.test.path('seer.err')))

    def send(self):
        """Once: a death may come before the answer."""
        self.number += 1
        number = self.number
        try:
            self.test.rpc.call('sendRemoteCommEvent', 'n%d' % number, 'x' * self.test.random.choice(SIZES))
            self.sure.add(number)
        except (OSError, ValueError, KeyError):
            pass
        return number in self.sure

    def seen(self):
        try:
            with open(self.seen_file) as file:
                return [json.loads(line) for line in file if line.endswith('\n')]
        except FileNotFoundError:
            return []

    def wait_for_all(self, until):
        """Order is kept, so the last one comes last; it is waited for as long as others come."""
        until('a message to be taken', self.send)
        last = ('"body": "type:n%d\\n' % self.number).encode()
        until('an event', lambda: os.path.exists(self.seen_file))
        with open(self.seen_file, 'rb') as file:
            def another():  # keeper and controller may both be at a crash point
                self.test.start_again()
                return os.path.getsize(self.seen_file) > file.tell()
            lines = [b'']
            while not any(last in line for line in lines[:-1]):
                until('another event', another)
                lines = (lines[-1] + file.read()).split(b'\n')

    def judge(self, activity, names):
        """names: of those whose ends are looked at."""
        check = self.test.check
        events = self.seen()
        serials = [event['serial'] for event in events]
        first = list(dict.fromkeys(serials))
        uncertain = activity.count(UNCERTAIN)
        check(first == sorted(first), 'E1: out of order: %s' % [b for a, b in zip(first, first[1:]) if b < a][:5])
        check(first == list(range(first[0], first[0] + len(first))) if first else False,
              'E1: serials are missing: %s' % sorted(set(range(first[0], first[-1])) - set(first))[:5])
        check(len(serials) - len(first) <= uncertain <= self.test.launches - 1,
              'E2: %d events twice, %d uncertain, begun again %d times'
              % (len(serials) - len(first), uncertain, self.test.launches - 1))
        once = {event['serial']: event for event in events}
        messages = [re.fullmatch(r'type:n(\d+)\nx+', event['body']) for event in once.values()
                    if event['head']['eventname'] == 'REMOTE_COMMUNICATION']
        check(all(messages), 'E1: a message is not what was sent')
        numbers = [int(message.group(1)) for message in messages if message]
        check(len(numbers) == len(set(numbers)), 'E2: a message is two events')
        check(self.sure <= set(numbers), 'E1: messages that were taken are missing: %s' % sorted(self.sure - set(numbers))[:5])
        for name in names:
            pids, last = [], None
            for pid, deed in re.findall(r"^\S+ \S+ \w+ (?:spawned: '%s' with pid (\d+)$|(exited|stopped): %s \()" % (name, name),
                                        activity, re.M):
                last = pid or last
                if deed == 'exited':  # a stop is another event
                    pids.append(last)
            ends = [event['body'].rsplit('pid:', 1)[1] for event in once.values()
                    if event['body'].startswith('processname:%s ' % name)]
            check(ends == pids[:len(ends)], 'E3: ends of %s: %s, exits: %s' % (name, ends[:8], pids[:8]))
        return len(first), len(serials) - len(first)
