"""killmode=tree: what a program has started ends with it, also what has left its process group and lost its parent."""
import contextlib
import os
import re
import signal
import unittest

from bed import Bed
from outside import alive


def cgroups():
    """Where cgroup v2 is mounted, when a cgroup can be made below our own; else None."""
    with open('/proc/self/mountinfo') as mounts, open('/proc/self/cgroup') as own:
        place = re.search(r'^\S+ \S+ \S+ / (\S+) .* - cgroup2 ', mounts.read(), re.M)
        own = re.search('^0::(.*)$', own.read(), re.M)
    if place and own:
        probe = place.group(1) + own.group(1) + '/killmode-test-%d' % os.getpid()
        with contextlib.suppress(OSError):
            os.mkdir(probe)
            os.rmdir(probe)
            return place.group(1)
    return None


CGROUPS = cgroups()

# Orphans at once, each in a session of its own, with a child there: one that ends at SIGTERM, and one that does not.
FAMILY = ('setsid -f /bin/sh -c \'sleep 1000 & echo $$ $! > {0}/meek.new; mv {0}/meek.new {0}/meek; wait\'\n'
          'setsid -f /bin/sh -c \'trap "" TERM; sleep 1000 & echo $$ $! > {0}/deaf.new; mv {0}/deaf.new {0}/deaf; '
          'while :; do wait; done\'\n')

# Its first thread ends, and leaves it to the other: it looks like a zombie, and lives.
HEADLESS = """/usr/bin/python3 -c '
import ctypes, os, signal, threading, time
os.setsid()
signal.signal(signal.SIGTERM, signal.SIG_IGN)
def other():
    while open("/proc/self/stat").read().rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.01)
    open("{0}/headless.new", "w").write(str(os.getpid()))
    os.rename("{0}/headless.new", "{0}/headless")
    time.sleep(1000)
threading.Thread(target=other).start()
ctypes.CDLL(None).syscall(%d, 0)' &
""" % {'x86_64': 60}.get(os.uname().machine, 93)  # exit(2) of one thread


def leaf_of(pid):
    with open('/proc/%d/cgroup' % pid) as file:
        return CGROUPS + re.search('^0::(.*)$', file.read(), re.M).group(1)


def is_populated(leaf):
    with open(leaf + '/cgroup.events') as file:
        return 'populated 1' in file.read()


class Families(Bed):
    everybody = ()

    def setUp(self):
        super().setUp()
        self.places = set()
        self.addCleanup(self.remove_places)

    def start(self, *arguments):
        super().start(*arguments)
        controller = self.wait_for('a controller', self.controller)
        if CGROUPS:
            table = os.stat('/proc/%d/fd/6' % controller)
            self.places.add('%s/supervisord-%d-%d' % (leaf_of(controller), table.st_dev, table.st_ino))

    def remove_places(self):
        """Cgroups of supervisords that were killed."""
        self.end_all()
        self.end_family()
        for place in self.places:
            for folder, _, _ in os.walk(place, topdown=False):
                self.wait_for('an empty cgroup', lambda: not is_populated(folder))
                os.rmdir(folder)

    def family(self, script, options):
        """A program p that runs the lines of a script."""
        self.everybody = []
        self.addCleanup(self.end_family)
        with open(self.path('script'), 'w') as file:
            file.write(script.format(self.directory))
        self.start('[program:p]\ncommand=/bin/sh %s\nstartsecs=0\n%s\n' % (self.path('script'), options))

    def members(self, name):
        """Pids that one of the family has told."""
        pids = self.wait_for(name, lambda: os.path.exists(self.path(name)) and open(self.path(name)).read().split())
        os.remove(self.path(name))
        self.everybody += [int(pid) for pid in pids]
        return [int(pid) for pid in pids]

    def end_family(self):
        for pid in self.everybody:
            if alive(pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def living(self, pids):
        return sum(alive(pid) for pid in pids)

    def check_that_what_is_ignored_stays_alone(self):
        """The same program, of the same supervisord by its files: another tree all the same."""
        self.settings = 'leftovers=ignore'
        self.family(FAMILY + 'sleep 1000\n', 'killmode=tree\nstopwaitsecs=1')
        alone = self.members('meek') + self.members('deaf') + [self.pid('p')]
        self.everybody += alone
        self.kill_both()
        self.start()
        fresh = self.members('meek') + self.members('deaf')
        self.assertTrue(self.rpc.insist('stopProcess', 'p'))
        self.assertEqual((self.living(fresh), self.living(alone)), (0, 5))


class WithoutCgroup(Families):
    """As it is where there is none; where we can make one it is hidden from supervisord."""
    if CGROUPS:
        under = ['unshare', '-m', 'sh', '-c', 'mount -t tmpfs none "$0" && exec "$@"', CGROUPS]

    def test_without_it_who_has_left_the_group_stays(self):
        self.family(FAMILY + 'sleep 1000\n', 'stopasgroup=true\nstopwaitsecs=1')
        pids = self.members('meek') + self.members('deaf')
        self.assertTrue(self.rpc.insist('stopProcess', 'p'))
        self.assertEqual(self.living(pids), 4)

    def test_a_stop_ends_all_and_waits_for_them(self):
        self.family(FAMILY + 'sleep 1000\n', 'killmode=tree\nstopwaitsecs=1')
        pids = self.members('meek') + self.members('deaf')
        told = {one['pid']: one for one in self.rpc.insist('getAllProcessTrees')}
        self.assertLessEqual(set(pids), set(told))
        self.assertEqual(told[pids[1]]['parent'], pids[0])
        self.assertEqual(told[self.pid('p')]['command'], '/bin/sh ' + self.path('script'))
        self.assertTrue(self.rpc.insist('stopProcess', 'p'))
        self.assertEqual(self.living(pids), 0)
        self.assertEqual(len(re.findall(r"killing 'p' \(\d+\) with SIGKILL", self.log())), 1)
        self.assertNotIn('not permitted', self.log())
        self.assertIn('killmode=tree: no cgroup can be made', self.log())

    def test_what_is_ignored_stays_alone(self):
        self.check_that_what_is_ignored_stays_alone()

    def test_nobody_is_waited_for_longer_than_he_lives(self):
        self.family(FAMILY.split('\n')[0] + '\nsleep 1000\n', 'killmode=tree\nstopwaitsecs=1000')
        pids = self.members('meek')
        self.assertTrue(self.rpc.insist('stopProcess', 'p'))
        self.assertEqual(self.living(pids), 0)
        self.assertNotIn('SIGKILL', self.log())

    def test_who_lives_on_without_its_first_thread_is_one_of_them(self):
        self.family(HEADLESS + 'sleep 1000\n', 'killmode=tree\nstopwaitsecs=1')
        pids = self.members('headless')
        self.assertIn(pids[0], [one['pid'] for one in self.rpc.insist('getAllProcessTrees')])
        self.assertTrue(self.rpc.insist('stopProcess', 'p'))
        self.assertEqual(self.living(pids), 0)

    def test_an_end_ends_what_is_left_before_the_next_start(self):
        self.family(FAMILY + 'while [ ! -e {0}/go ]; do sleep 0.02; done; rm {0}/go\n', 'killmode=tree\nautorestart=true')
        pids = self.members('meek') + self.members('deaf')
        first = self.pid('p')
        open(self.path('go'), 'w').close()
        others = self.members('meek') + self.members('deaf')
        self.assertEqual(self.living(pids), 0)
        self.assertEqual(self.living(others), 4)
        self.assertNotEqual(self.pid('p'), first)

    def test_the_end_of_supervisord_ends_all(self):
        self.family(FAMILY + 'sleep 1000\n', 'killmode=tree\nstopwaitsecs=1')
        pids = self.members('meek') + self.members('deaf')
        self.kill(self.keeper(), signal.SIGTERM)
        self.wait_for('the end', lambda: not self.supervisors())
        self.assertEqual(self.living(pids), 0)

    def test_whoever_of_supervisord_dies(self):
        self.family(FAMILY + 'sleep 1000\n', 'killmode=tree\nstopwaitsecs=3')
        pids = self.members('meek') + self.members('deaf')
        old = self.keeper()
        self.kill(old)  # and so the orphans have another parent
        self.wait_for('another keeper', lambda: self.keeper() != old)
        self.wait_for_answer()
        self.assertEqual(self.living(pids), 4)
        self.assertTrue(self.rpc.insist('stopProcess', 'p', False))
        self.wait_for('the meek to end', lambda: not self.living(pids[:2]))
        self.kill_controller()
        self.wait_for('all to end', lambda: not self.living(pids))
        self.wait_for('it to be stopped', lambda: self.state('p') == 'STOPPED')
        self.assertEqual(len(re.findall(r"killing 'p' \(\d+\) with SIGKILL", self.log())), 1)


class WithCgroup(Families):
    @unittest.skipUnless(CGROUPS, 'no cgroup v2 that we may write to')
    def test_with_a_cgroup_nobody_gets_out_of_it(self):
        # No parent, no environment, a session of its own; and meanwhile it makes others, each as lost as itself.
        self.family('setsid -f env -i PATH=$PATH /bin/sh -c \'trap "" TERM; echo $$ > {0}/lost.new; mv {0}/lost.new {0}/lost; '
                    'while :; do setsid -f sleep 1000; sleep 0.1; done\'\nsleep 1000\n', 'killmode=tree\nstopwaitsecs=1')
        lost, = self.members('lost')
        for stop in (lambda: self.rpc.insist('stopProcess', 'p'), self.stop_over_a_death):
            leaf = leaf_of(lost)
            self.assertIn('/p:p.', leaf)
            with open(leaf + '/cgroup.procs') as file:
                inside = [int(line) for line in file]
            self.assertIn(lost, inside)
            stop()
            self.assertEqual(self.living(inside), 0)
            self.assertFalse(os.path.exists(leaf))
            self.assertTrue(self.rpc.insist('startProcess', 'p'))
            lost, = self.members('lost')
        self.kill(self.keeper(), signal.SIGTERM)
        self.wait_for('the end', lambda: not self.supervisors())
        self.assertFalse(os.path.exists(os.path.dirname(leaf)))

    def stop_over_a_death(self):
        self.assertTrue(self.rpc.insist('stopProcess', 'p', False))
        self.kill_controller()
        self.wait_for('it to be stopped', lambda: self.state('p') == 'STOPPED')

    @unittest.skipUnless(CGROUPS, 'no cgroup v2 that we may write to')
    def test_what_is_ignored_stays_alone(self):
        self.check_that_what_is_ignored_stays_alone()
