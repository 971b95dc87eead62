#!/usr/bin/python3
"""What a supervisor costs: memory, wake-ups while idle, time from a crash to the next start, time to be in control again.

    bench/daemon.py NAME=FOLDER...         for instance: bench/daemon.py ours=build-release/bin original=/usr/bin

Each folder holds supervisord and supervisorctl.  Everything runs in a fresh directory and on a Unix socket; 100 programs
sleep.  Figures are for reading side by side, on a machine that has nothing else to do; nothing here passes or fails."""
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

PROGRAMS = 100
CRASHES = 20
CONTROLLER_KILLS = 10

CONFIG = """[unix_http_server]
file={d}/s.sock
[supervisord]
logfile={d}/main.log
pidfile={d}/pid
childlogdir={d}
nodaemon=true
silent=true
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://{d}/s.sock
"""


def read(path):
    with open(path) as file:
        return file.read()


def parent_and_name(pid):
    text = read('/proc/%d/stat' % pid)
    return int(text[text.rindex(')') + 2:].split()[1]), text[text.index('(') + 1:text.rindex(')')]


def controllers(keeper):
    out = []
    for entry in os.listdir('/proc'):
        if entry.isdigit():
            try:
                if parent_and_name(int(entry)) == (keeper, 'supervisord-ctl'):
                    out.append(int(entry))
            except OSError:
                pass
    return out


def field(pid, file, name):
    return int(re.search(r'^%s:\s+(\d+)' % name, read('/proc/%d/%s' % (pid, file)), re.M).group(1))


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
    raise SystemExit('waited %d s in vain' % seconds)


def measure(folder, directory):
    conf = os.path.join(directory, 'conf')
    with open(conf, 'w') as file:
        file.write(CONFIG.format(d=directory))
        for number in range(PROGRAMS):
            file.write('[program:p%d]\ncommand=/bin/sleep 100000\n' % number)
    daemon = subprocess.Popen([os.path.join(folder, 'supervisord'), '-c', conf],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    log = os.path.join(directory, 'main.log')

    def control(*words):
        return subprocess.run([os.path.join(folder, 'supervisorctl'), '-c', conf, *words], capture_output=True, text=True)

    result = {}
    try:
        wait_for(lambda: os.path.exists(log) and len(re.findall('entered RUNNING', read(log))) == PROGRAMS)
        time.sleep(2)
        processes = [daemon.pid] + controllers(daemon.pid)
        result['resident memory, KiB'] = sum(field(pid, 'smaps_rollup', 'Rss') for pid in processes)
        result['proportional memory, KiB'] = sum(field(pid, 'smaps_rollup', 'Pss') for pid in processes)

        def switches():
            return sum(field(pid, 'status', 'voluntary_ctxt_switches') for pid in processes)
        before = switches()
        time.sleep(10)
        result['wake-ups in 10 s'] = switches() - before

        times = []
        for number in range(CRASHES):
            pid = int(control('pid', 'p%d' % number).stdout)
            begin = time.monotonic()
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda: len(re.findall("spawned: 'p%d' " % number, read(log))) == 2)
            times.append((time.monotonic() - begin) * 1000)
        result['crash to next start, ms (median)'] = statistics.median(times)

        times = []
        for _ in range(10):
            begin = time.monotonic()
            control('status')
            times.append((time.monotonic() - begin) * 1000)
        result['supervisorctl status, ms (median)'] = statistics.median(times)

        times = []
        for _ in range(CONTROLLER_KILLS if controllers(daemon.pid) else 0):
            begin = time.monotonic()
            os.kill(controllers(daemon.pid)[0], signal.SIGKILL)
            wait_for(lambda: control('pid').returncode == 0)
            times.append((time.monotonic() - begin) * 1000)
            time.sleep(1.1)
        if times:
            result['kill -9 of the controller to an answer, ms (median)'] = statistics.median(times)
    finally:
        daemon.terminate()
        begin = time.monotonic()
        daemon.wait(120)
        result['stop of all, s'] = time.monotonic() - begin
    return result


def main():
    contenders = dict(word.split('=', 1) for word in sys.argv[1:])
    if not contenders:
        sys.exit(__doc__)
    results = {}
    for name, folder in contenders.items():
        with tempfile.TemporaryDirectory() as directory:
            results[name] = measure(os.path.abspath(folder), directory)
    rows = list(dict.fromkeys(row for result in results.values() for row in result))
    print('%-52s' % '' + ''.join('%14s' % name for name in results))
    for row in rows:
        print('%-52s' % row + ''.join('%14s' % ('%.1f' % result[row] if row in result else '-') for result in results.values()))


if __name__ == '__main__':
    main()
