"""What the services of a fault run say of themselves, compared with what is in the logs (I1 to I3 of faults.py)."""
import os
import re

# Name, lines per second, bytes per line, life in ms (0: until told to end), extra options.
SERVICES = (
    [('steady%d' % i, 200, 60, 0, ('', 'killmode=tree')[i % 2]) for i in range(4)] +
    [('fast%d' % i, 20000, 100, 0, 'stdout_logfile_maxbytes=200KB\nstdout_logfile_backups=100000') for i in range(2)] +
    [('large', 300, 4000, 0, 'stdout_logfile_maxbytes=1000KB\nstdout_logfile_backups=100000')] +
    [('short%d' % i, 2000, 80, 40, ('', 'killmode=tree')[i % 2]) for i in range(6)] +
    [('brief%d' % i, 500, 80, 1, 'stdout_logfile_maxbytes=20KB\nstdout_logfile_backups=100000') for i in range(4)] +
    [('piped', 4000, 100, 0, '')]
)
PIPED = 'piped'  # its log is a FIFO


def written(identity, lines, size):
    """What a witness writes (witness.cpp)."""
    filler = ''.join(chr(ord('a') + at % 26) for at in range(size))
    out = []
    for number in range(lines):
        head = '%s %d ' % (identity, number)
        out.append(head + filler[len(head):max(size - 1, len(head))] + '\n')
    return ''.join(out).encode()


class Judge:
    """The part of a test that comes when all have ended."""

    def judge(self):
        with open(self.path('main.log'), encoding='utf-8', errors='replace') as file:
            activity = file.read()
        starts = 0
        for name, *_ in SERVICES:
            with open(os.path.join(self.truth, name)) as file:
                truth = [line.split() for line in file.read().splitlines()]
            self.check(['twice'] not in truth, 'I1: two of %s at once' % name)
            started = [line for line in truth if line[0] == 'start']
            ended = [line for line in truth if line[0] == 'end']
            starts += len(started)
            self.judge_activity(name, started, ended, activity)
            if name == PIPED:
                self.judge_fifo(ended)
            else:
                self.judge_log(name, started, ended)
        self.starts = starts
        self.check(self.silent <= self.launches - 1 + self.keepers, 'I2: %d never began in %d deaths of keepers' % (self.silent, self.launches - 1 + self.keepers))
        self.heard, self.repeated = self.events.judge(activity, [name for name, *_ in SERVICES])
        self.check(not os.path.exists(self.path('s.sock')), 'the socket is left')
        self.check(not os.path.exists(self.path('pid')), 'the pidfile is left')

    def judge_activity(self, name, started, ended, activity):
        runs = []
        for pid, deed, code in re.findall(r"^\S+ \S+ \w+ (?:spawned: '%s' with pid (\d+)$|(exited|stopped): %s "
                                          r'\((.*?)(?:; (?:not )?expected)?\)$)' % (name, name), activity, re.M):
            if pid:
                self.check(not runs or runs[-1][1], 'I2: %s was spawned twice without an end between' % name)
                runs.append([pid, '', ''])
            else:
                self.check(bool(runs) and not runs[-1][1], 'I2: %s ended without a start' % name)
                runs[-1:] = [[runs[-1][0] if runs else '', deed, code]]
        self.check(not runs or runs[-1][1], 'I2: the last end of %s is missing' % name)
        # A child that was told to end before it had said that it lives is in the activity log alone; so is one that had not
        # begun when both died, and was not let: one of a name, each time.
        said = iter([line[2] for line in started] + [None])
        next_said, seen, silent = next(said), [], 0
        for run in runs:
            if run[0] == next_said:
                next_said = next(said)
            elif run[1] == 'stopped':
                continue
            elif run[2] == 'status unknown':
                silent += 1
                continue
            seen.append(run)
        self.silent += silent
        self.check(silent <= self.launches - 1, 'I2: %d of %s never began, and both died %d times' % (silent, name, self.launches - 1))
        self.check([run[0] for run in seen] == [line[2] for line in started], 'I2: pids of %s differ' % name)
        codes = [run[2] for run in seen]
        told = [code for code in codes[:len(ended)]]
        self.unknown += told.count('status unknown')
        true = ['exit status ' + line[3] if code != 'status unknown' else code for line, code in zip(ended, told)]
        self.check(true == told, 'I2: exit codes of %s differ' % name)

    def judge_fifo(self, ended):
        with open(self.path('logs', PIPED + '.read'), 'rb') as file:
            data = file.read()
        size = next(s[2] for s in SERVICES if s[0] == PIPED)
        wanted = b''.join(written(identity, int(lines), size) for _, identity, lines, _ in ended)
        at = 0
        while data[at:] != wanted[at:]:
            end = next((place for place, (one, other) in enumerate(zip(data, wanted)) if one != other), len(wanted))
            again = wanted.find(data[end:end + 2 * size], at, end + size)  # no line is like another
            if not 0 <= again < end < len(data):
                return self.check(False, 'I3: %s: byte %d: %r instead of %r' % (PIPED, end, data[end:end + 80], wanted[end:end + 80]))
            self.doubled += 1
            at, data = again, data[:again] + data[end:]
        self.check(self.doubled <= self.launches - 1, 'I3: %s: %d writes came twice, and both died %d times' % (PIPED, self.doubled, self.launches - 1))

    def judge_log(self, name, started, ended):
        base = os.path.join(self.logs, name)
        backups = sorted((int(f.rsplit('.', 1)[1]) for f in os.listdir(self.logs) if re.fullmatch(name + r'\.\d+', f)),
                         reverse=True)
        parts = []
        for path in [base + '.%d' % n for n in backups] + [base]:
            with open(path, 'rb') as file:
                parts.append(file.read())
        data = b''.join(parts)
        size = next(s[2] for s in SERVICES if s[0] == name)
        at = 0
        for place, (_, identity, lines, _) in enumerate(ended):
            text = written(identity, int(lines), size)
            if data.startswith(text, at):
                at += len(text)
                continue
            # Where the next begins that is there; what is before is a part of this one.
            following = (data.find(('%s 0 ' % later[1]).encode(), at) for later in ended[place + 1:])
            end = next((begin for begin in following if begin >= 0), len(data))
            if identity not in self.lossy or not text.startswith(data[at:end]):
                return self.check(False, 'I3: %s: byte %d: %r instead of what %s wrote: %r' % (
                    name, at, data[at:at + 80], identity, text[:80]))
            at = end
        self.check(at == len(data), 'I3: %s: more than was written: %r' % (name, data[at:at + 60]))
