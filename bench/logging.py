#!/usr/bin/python3
"""How fast what programs write gets into rotated files, and what CPU time it costs, beside others who do the same.

    bench/logging.py LOAD NAME=FOLDER... [--rounds N] [--only NAME,...] [--directory D]

LOAD is the program bench/load of a build (ninja -C build bench/load); each folder holds a supervisord, as in
    bench/logging.py build-release/bench/load ours=build-release/bin original=/usr/bin
Beside them, when they are installed: s6-log, svlogd, multilog (one process for each writer, rotation at 10 MB, 3 old
files), cat (no rotation), and read and write with 64 KiB in one process (no rotation).

The ways take turns, so that each sees the same neighbours.  For each: MB/s from the first write until all has been taken,
and CPU seconds for a GB of those who take (of two supervisord processes together), as the median of the rounds and, in
brackets, the least and the most.  MB/s mean something on a machine that has nothing else to do, CPU seconds on any.
Nothing here passes or fails."""
import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

LOADS = (  # name, writers, bytes in a write, bytes of all
    ('1 writer, 100-byte lines', 1, 100, 100_000_000),
    ('1 writer, 4 KB writes', 1, 4096, 500_000_000),
    ('50 writers, 100-byte lines', 50, 100, 100_000_000),
    ('50 writers, 4 KB writes', 50, 4096, 500_000_000),
)

CONFIG = """[unix_http_server]
file={d}/s.sock
[supervisord]
logfile={d}/main.log
loglevel=warn
pidfile={d}/pid
childlogdir={d}
nodaemon=true
silent=true
minfds=1024
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[program:w]
command={load} write {size} {bytes} {d}/gate {d}/done
process_name=%(program_name)s%(process_num)d
numprocs={writers}
startsecs=0
autorestart=false
stdout_logfile={d}/%(program_name)s%(process_num)d.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
"""


def cpu_of(pid):
    """Seconds that a process has run, by the scheduler's own clock."""
    with open('/proc/%d/schedstat' % pid) as file:
        return int(file.read().split()[0]) / 1e9


def family(pid):
    """A process and its children that run the same program."""
    program = os.readlink('/proc/%d/exe' % pid)
    out = [pid]
    with open('/proc/%d/task/%d/children' % (pid, pid)) as file:
        for child in map(int, file.read().split()):
            try:
                if os.readlink('/proc/%d/exe' % child) == program:
                    out.append(child)
            except OSError:  # a writer that has ended
                pass
    return out


class Run:
    """One load in a directory of its own: the gate behind which the writers wait, and the FIFO where they say that they are done."""

    def __init__(self, options, load):
        self.load, self.writers, self.size, self.bytes = options.load, *load[1:]
        self.d = tempfile.mkdtemp(prefix='bench-', dir=options.directory)
        for name in ('gate', 'done'):
            os.mkfifo(self.path(name))
        self.gate, self.done = (os.open(self.path(name), os.O_RDWR) for name in ('gate', 'done'))

    def path(self, name):
        return os.path.join(self.d, name)

    def each(self):
        return self.bytes // self.writers

    def writer_command(self):
        return [self.load, 'write', str(self.size), str(self.each()), self.path('gate'), self.path('done')]

    def go(self, cpu):
        """Lets them write; MB/s, and what cpu() has grown by."""
        time.sleep(0.3 + 0.03 * self.writers)  # they are there by now, or a little late
        before, start = cpu(), time.monotonic()
        os.write(self.gate, b'.' * self.writers)
        for _ in range(self.writers):
            os.read(self.done, 1)
        wall, used = time.monotonic() - start, cpu() - before
        total = self.each() // self.size * self.size * self.writers
        return total / 1e6 / wall, used / (total / 1e9)

    def end(self):
        os.close(self.gate)
        os.close(self.done)
        shutil.rmtree(self.d, ignore_errors=True)


def by_supervisor(folder):
    def measure(run):
        with open(run.path('conf'), 'w') as file:
            file.write(CONFIG.format(d=run.d, load=run.load, size=run.size, bytes=run.each(), writers=run.writers))
        daemon = subprocess.Popen([os.path.join(folder, 'supervisord'), '-c', run.path('conf')])
        try:
            return run.go(lambda: sum(map(cpu_of, family(daemon.pid))))
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(60)
    return measure


def by_loggers(command):
    """One process for each writer; its words are made from the number of the writer and the directory."""
    def measure(run):
        writers, loggers, ends = [], [], []
        for number in range(run.writers):
            os.mkdir(run.path(str(number)))
            read, write = os.pipe()
            words, output = command(run.path(str(number)))
            with open(output or os.devnull, 'wb') as file:
                loggers.append(subprocess.Popen(words, stdin=read, stdout=file))
            writers.append(subprocess.Popen(run.writer_command(), stdout=write))
            os.close(read)
            ends.append(write)  # held, so that nobody's CPU time is gone before it is read
        try:
            return run.go(lambda: sum(cpu_of(logger.pid) for logger in loggers))
        finally:
            for end in ends:
                os.close(end)
            for process in writers + loggers:
                process.wait(60)
    return measure


def by_read_and_write(run):
    pipes = [os.pipe() for _ in range(run.writers)]
    copier = subprocess.Popen([run.load, 'copy', run.d] + ['/dev/fd/%d' % read for read, _ in pipes], pass_fds=[read for read, _ in pipes])
    writers = [subprocess.Popen(run.writer_command(), stdout=write) for _, write in pipes]
    time.sleep(0.2)  # it has opened them anew by now
    try:
        return run.go(lambda: cpu_of(copier.pid))
    finally:
        for process in writers:
            process.wait(60)
        for pair in pipes:
            for end in pair:
                os.close(end)
        copier.wait(60)


def svlogd(directory):
    with open(os.path.join(directory, 'config'), 'w') as file:
        file.write('s10485760\nn4\n')
    return ['svlogd', directory], None


LOGGERS = {
    'cat': lambda d: (['cat'], os.path.join(d, 'log')),
    's6-log': lambda d: (['s6-log', 'n3', 's10485760', d], None),
    'svlogd': svlogd,
    'multilog': lambda d: (['multilog', 's10485760', 'n4', d], None),
}


def told(figures):
    figures = sorted(figures)
    digits = 0 if figures[-1] > 20 else 2
    return '%.*f (%.*f - %.*f)' % (digits, statistics.median(figures), digits, figures[0], digits, figures[-1])


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('load')
    parser.add_argument('supervisors', nargs='*')
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--only', default='')
    parser.add_argument('--loads', default='')
    parser.add_argument('--directory', default=None)
    options = parser.parse_args()
    options.load = os.path.abspath(options.load)
    ways = {}
    for word in options.supervisors:
        name, folder = word.split('=')
        ways[name] = by_supervisor(os.path.abspath(folder))
    ways['read and write'] = by_read_and_write
    ways.update((name, by_loggers(command)) for name, command in LOGGERS.items() if shutil.which(name))
    if options.only:
        ways = {name: ways[name] for name in options.only.split(',')}
    for load in LOADS:
        if options.loads not in load[0]:
            continue
        results = {name: [] for name in ways}
        for _ in range(options.rounds):
            for name, measure in ways.items():
                run = Run(options, load)
                try:
                    results[name].append(measure(run))
                finally:
                    run.end()
        print('%s (load of the machine %.1f)' % (load[0], os.getloadavg()[0]))
        for name, found in results.items():
            print('    %-16s %-22s MB/s   %-24s CPU s/GB' % (name, told([speed for speed, _ in found]), told([cpu for _, cpu in found])))
        sys.stdout.flush()


if __name__ == '__main__':
    main()
