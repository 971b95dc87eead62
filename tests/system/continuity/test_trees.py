"""killmode=tree where it is hard: members that flee, strangers that look like members, cgroups that are not as they were."""
import contextlib
import os
import re
import signal
import subprocess
import sys
import time
import unittest

from bed import BIN
from outside import alive, look_at
import kernel
import test_killmode
from test_killmode import CGROUPS, Families, is_populated, leaf_of

# Forks and ends, again and again: each look finds another one.
FUGITIVE = ('env -i PATH=$PATH perl -e \'use POSIX; $SIG{{TERM}} = "IGNORE"; $SIG{{CHLD}} = "IGNORE"; exit if fork; setsid; $0 = "fugitive"; '
            'while (!-e "{0}/mercy") {{ my $child = fork; exit if $child; }}\'\n')


def named(name):
    found = []
    for entry in os.listdir('/proc'):
        if entry.isdigit():
            with contextlib.suppress(OSError), open('/proc/%s/cmdline' % entry) as file:
                if file.read().split('\0')[0].split(' ')[0] == name:
                    found.append(int(entry))
    return found


def next_pid(pid):
    with open('/proc/sys/kernel/ns_last_pid', 'w') as file:
        file.write(str(pid - 1))


class Trees(Families):
    def leaf(self, program='p'):
        """Of a program, once it is in it; None where there are none."""
        def look():
            found = leaf_of(self.pid(program)) if self.pid(program) else ''
            return '/%s:%s.' % (program, program) in found and found
        if not CGROUPS or self.under:
            return None
        return self.wait_for('its leaf', look)


# Takes in what loses its parent, and does not look at its ends.
CARELESS = """
import ctypes, os, sys, time
told, tell = os.pipe()
if os.fork():
    os.close(tell)
    os._exit(os.read(told, 1)[0])
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
starter = os.fork()
if starter == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
status = os.waitstatus_to_exitcode(os.waitpid(starter, 0)[1])
with open(sys.argv[1], 'w') as file:
    file.write(str(os.getpid()))
os.dup2(os.open('/dev/null', os.O_RDWR), 1)
os.dup2(1, 2)
os.write(tell, bytes([status]))
time.sleep(1000)
"""


class CarelessParent(Trees):
    def test_a_leader_that_nobody_reaps_is_not_waited_for(self):
        self.under = [sys.executable, '-c', CARELESS, self.path('parent')]
        self.start('[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\nkillmode=tree\nstopwaitsecs=1000\n')
        with open(self.path('parent')) as file:
            parent = int(file.read())
        self.addCleanup(self.kill, parent)
        keeper, pid = self.keeper(), self.wait_for('p to run', lambda: self.pid('p'))
        self.kill(keeper)
        self.wait_for('another keeper', lambda: self.keeper() != keeper)
        self.wait_for_answer()
        self.assertEqual(look_at(pid).parent, parent)
        self.rpc.insist('stopProcess', 'p', False)
        self.wait_for('the stop', lambda: self.state('p') == 'STOPPED')
        self.assertEqual(look_at(pid).state, 'Z')


class Strangers(Trees):
    """Who does not belong to a program is never ended with it."""

    def test_who_has_the_number_of_a_dead_leader_is_a_stranger(self):
        self.start('[program:p]\ncommand=/bin/sleep 1000\nautorestart=false\nstartsecs=0\nkillmode=tree\n')
        self.wait_for('p to run', lambda: self.state('p') == 'RUNNING')
        pid, _ = self.pid('p'), self.leaf()
        self.kill_both()
        self.kill(pid)
        self.wait_for('the end of p', lambda: not os.path.exists('/proc/%d' % pid))
        next_pid(pid)
        stranger = subprocess.Popen(['/bin/bash', '-c', 'set -m; sleep 1000 & echo $!; wait'], start_new_session=True, stdout=subprocess.PIPE)
        self.addCleanup(stranger.wait)
        self.addCleanup(stranger.kill)
        self.assertEqual(stranger.pid, pid)
        child = int(stranger.stdout.readline())
        self.everybody = [child]
        self.addCleanup(self.end_family)
        self.start()
        self.wait_for_log(r'exited: p \(status unknown; not expected\)$')
        self.assertEqual(self.state('p'), 'EXITED')
        self.assertTrue(self.rpc.insist('startProcess', 'p'))
        self.assertEqual((stranger.poll(), alive(child)), (None, True))
        self.assertNotIn('SIGKILL', self.log())

    def test_a_supervisord_that_a_program_starts_does_not_make_its_programs_members(self):
        others = '[program:q]\ncommand=/bin/sleep 1000\nautostart=false\nstartsecs=0\n'
        with open(self.path('script'), 'w') as file:
            file.write('while :; do sleep 0.05; [ -e {0}/go ] && rm {0}/go && {1}/supervisord -c {0}/conf; done'.format(self.directory, BIN))
        self.start('[program:watch]\ncommand=/bin/sh %s\nstartsecs=0\nkillmode=tree\nstopwaitsecs=2\n%s' % (self.path('script'), others))
        watch, _ = self.wait_for('watch to run', lambda: self.pid('watch')), self.leaf('watch')
        self.kill_both()
        open(self.path('go'), 'w').close()
        self.wait_for_answer()
        self.assertEqual(self.pid('watch'), watch)
        self.assertTrue(self.rpc.insist('startProcess', 'q'))
        keeper, q = self.keeper(), self.pid('q')
        def environment():
            with open('/proc/%d/environ' % q) as file:
                return file.read()
        self.wait_for('its exec', lambda: 'SUPERVISOR_PROCESS_NAME=q\0' in environment())
        self.assertFalse(re.search('SUPERVISOR_TREE.*', environment()))
        self.assertTrue(self.rpc.insist('stopProcess', 'watch'))
        self.assertFalse(alive(watch))
        self.assertEqual((self.keeper(), self.state('q'), self.pid('q'), alive(q)), (keeper, 'RUNNING', q, True))


class StrangersWithoutCgroup(Strangers):
    under = test_killmode.WithoutCgroup.under


@unittest.skipUnless(CGROUPS, 'no cgroup v2 that we may write to')
class Cgroups(Trees):
    def test_who_forks_and_ends_all_the_time_does_not_outlive_the_end_of_the_program(self):
        self.addCleanup(lambda: open(self.path('mercy'), 'w').close())
        crowd = [subprocess.Popen(['/bin/sleep', '1000']) for _ in range(300)]  # a look takes its time
        self.addCleanup(lambda: [(one.kill(), one.wait()) for one in crowd])
        self.family(FUGITIVE + 'while [ ! -e {0}/go ]; do sleep 0.02; done; rm {0}/go\n', 'killmode=tree\nautorestart=false')
        for _ in range(8):
            leaf = self.leaf()
            self.wait_for('a fugitive', lambda: named('fugitive'))
            open(self.path('go'), 'w').close()
            self.wait_for('the end', lambda: self.state('p') == 'EXITED')
            self.wait_for('no leaf', lambda: not os.path.exists(leaf))
            self.assertTrue(self.rpc.insist('startProcess', 'p'))

    def test_a_stop_waits_for_who_forks_and_ends_all_the_time(self):
        for _ in range(5):
            self.family(FUGITIVE + 'sleep 1000\n', 'killmode=tree\nstopwaitsecs=1')
            self.wait_for('a fugitive', lambda: named('fugitive'))
            leaf = self.leaf()
            self.assertTrue(self.rpc.insist('stopProcess', 'p'))
            self.assertFalse(os.path.exists(leaf), self.log())
            # One that has left the cgroup on its way out may still be seen for a moment.
            self.wait_for('no fugitive', lambda: not named('fugitive'))
            self.kill(self.keeper(), signal.SIGTERM)
            self.wait_for('the end', lambda: not self.supervisors())

    def test_who_has_made_a_cgroup_of_his_own_below_stays_a_member(self):
        self.family('leaf=%s$(sed -n s/^0:://p /proc/self/cgroup); mkdir $leaf/own $leaf/own/too\n'
                    'setsid -f env -i PATH=$PATH /bin/sh -c "echo 0 > $leaf/own/too/cgroup.procs; trap : TERM; echo \\$\\$ > {0}/lost.new; mv {0}/lost.new {0}/lost; '
                    'while :; do sleep 1000; done"\nsleep 1000\n' % CGROUPS, 'killmode=tree\nstopwaitsecs=1')
        lost, = self.members('lost')
        leaf = self.leaf()
        self.assertEqual(leaf_of(lost), leaf + '/own/too')
        self.assertIn(lost, [one['pid'] for one in self.rpc.insist('getAllProcessTrees')])
        self.assertTrue(self.rpc.insist('stopProcess', 'p'))
        self.assertFalse(alive(lost))
        self.assertFalse(os.path.exists(leaf))

    def test_who_has_the_environment_of_a_program_and_is_not_in_its_cgroup_is_a_stranger(self):
        """As one that an administrator has started with a copy of it."""
        self.family('exec sleep 1000\n', 'killmode=tree\nautorestart=false')
        self.leaf()
        def find_mark():
            with open('/proc/%d/environ' % self.pid('p')) as file:
                return re.search('SUPERVISOR_TREE=[0-9]+', file.read())
        mark = self.wait_for('its exec', find_mark).group()
        subprocess.run(['setsid', '-f', 'env', mark, 'sh', '-c', 'echo $$ > {0}.new; mv {0}.new {0}; exec sleep 1000'.format(self.path('copy'))],
                       check=True)
        stranger, = self.members('copy')
        self.assertNotIn(stranger, [one['pid'] for one in self.rpc.insist('getAllProcessTrees')])
        self.assertTrue(self.rpc.insist('stopProcess', 'p'))
        self.assertTrue(alive(stranger))

    def test_leaves_of_any_name_are_removed(self):
        names = ['.p', '-n', 'cgroup.kill', 'ü', 'x' * 60]
        self.start(''.join('[program:%s]\ncommand=/bin/sleep 1000\nkillmode=tree\nstartsecs=0\n' % name for name in names))
        self.wait_for('all to run', lambda: all(one['statename'] == 'RUNNING' for one in self.info().values()))
        leaves = [self.leaf(name) for name in names]
        place, = {os.path.dirname(leaf) for leaf in leaves}
        self.assertEqual(len([name for name in os.listdir(place) if os.path.isdir(os.path.join(place, name))]), 5)
        pids = [one['pid'] for one in self.info().values()]
        self.kill_both()
        for pid in pids:
            self.kill(pid)
        self.wait_for('their end', lambda: not self.living(pids))
        self.start()
        self.wait_for('all to run', lambda: all(one['statename'] == 'RUNNING' for one in self.info().values()))
        self.wait_for('old leaves to go', lambda: not any(map(os.path.exists, leaves)))
        self.kill(self.keeper(), signal.SIGTERM)
        self.wait_for('the end', lambda: not self.supervisors())
        self.assertFalse(os.path.exists(place))

    def test_a_leaf_of_one_that_lives_is_not_removed_though_it_is_empty(self):
        self.family('sleep 1000\n', 'killmode=tree')
        leaf = self.leaf()
        with open(leaf + '/cgroup.procs') as file:
            inside = file.read().split()
        for one in inside:
            with open(CGROUPS + '/cgroup.procs', 'w') as file:
                file.write(one)
        self.kill_controller()
        self.wait_for_answer()
        self.assertTrue(os.path.exists(leaf))

    def test_no_place_is_left_when_nobody_wants_a_tree_any_more(self):
        self.family('exec sleep 1000\n', 'killmode=tree')
        leaf, pid = self.leaf(), self.pid('p')
        place = os.path.dirname(leaf)
        self.kill_both()
        self.kill(pid)
        self.wait_for('its end', lambda: not is_populated(leaf))
        self.start('[program:q]\ncommand=/bin/sleep 1000\n')
        self.wait_for('no place', lambda: not os.path.exists(place))

    def test_a_start_in_another_cgroup_finds_those_of_before(self):
        
        other = CGROUPS + '/trees-test-%d-%d' % (os.getpid(), int(time.time() * 1000))
        self.family('setsid -f env -i PATH=$PATH /bin/sh -c \'trap "" TERM; echo $$ > {0}/lost.new; mv {0}/lost.new {0}/lost; '
                    'while :; do sleep 1; done\'\nsleep 1000\n', 'killmode=tree\nstopwaitsecs=1')
        lost, = self.members('lost')
        leaf = self.leaf()
        self.assertEqual(leaf_of(lost), leaf)
        self.kill_both()
        self.places.add(other)
        os.mkdir(other)
        self.under = ['sh', '-c', 'echo 0 > %s/cgroup.procs; exec "$@"' % other, 'x']
        self.start()
        self.assertEqual(os.path.dirname(leaf_of(self.controller())), CGROUPS)
        self.assertTrue(self.rpc.insist('stopProcess', 'p'))
        self.assertFalse(alive(lost))
        self.assertFalse(os.path.exists(leaf))
        self.assertFalse(os.path.exists(os.path.dirname(leaf)))
        self.kill(self.keeper(), signal.SIGTERM)
        self.wait_for('the end', lambda: not self.supervisors())


@unittest.skipUnless(CGROUPS, 'no cgroup v2 that we may write to')
class CgroupsOfOldKernels(Trees):
    def try_to_start(self, **options):
        return super().try_to_start(preexec_fn=lambda: kernel.mask(['cgroup_kill']), **options)

    def test_a_stop_waits_for_who_forks_and_ends_all_the_time(self):
        Cgroups.test_a_stop_waits_for_who_forks_and_ends_all_the_time(self)
