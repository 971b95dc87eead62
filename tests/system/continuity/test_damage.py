"""What a supervisord that was killed has left is written over before the next start: that one starts all the same, at once,
and ends nobody who is none of its own.  DAMAGE_SEED repeats a run, DAMAGE_ROUNDS makes it longer."""

import contextlib
import os
import random
import shutil
import subprocess
import unittest

from bed import Bed

FILES = ('keeper.tab', 'notes', 'journal', 'events')
LANE = 536576  # log/lane.hpp


def places(name, size):
    """Where there is something."""
    if name == 'journal':  # header, rows, the first lane
        return (0, 64), (4096, 6144), (max(size - 32 * LANE, 0), max(size - 32 * LANE, 0) + 512)
    end = {'keeper.tab': 1 << 17, 'notes': 18 << 10, 'events': 6 << 10}[name]
    return (0, 128), (4096, end), (4096, end)


def flip(random, path, name, count):
    size = os.path.getsize(path)
    with open(path, 'r+b') as file:
        for _ in range(count):
            file.seek(min(random.randrange(*random.choice(places(name, size))), max(size - 1, 0)))
            file.write(random.choice((random.randbytes(1), random.randbytes(4), random.randbytes(64), b'\xff' * 4, bytes(4), b'\1')))


def damage(random, path, name):
    """Answers what was done."""
    if not os.path.isfile(path):
        return '%s: nothing' % name
    size = os.path.getsize(path)
    kind = random.choice(('cut', 'empty', 'noise', 'zeros', 'flip', 'flip', 'flip', 'flip much', 'longer', 'pipe', 'directory', 'gone'))
    if kind == 'cut':
        os.truncate(path, random.randrange(size + 1))
    elif kind == 'empty':
        os.truncate(path, 0)
    elif kind == 'noise':
        with open(path, 'r+b') as file:
            file.write(random.randbytes(min(size, 1 << 18)))
    elif kind == 'zeros':
        with open(path, 'r+b') as file:
            file.write(bytes(min(size, 1 << 18)))
    elif kind == 'longer':
        os.truncate(path, size + 4096)
    elif kind.startswith('flip'):
        flip(random, path, name, 500 if kind == 'flip much' else random.randrange(1, 10))
    else:
        os.unlink(path)
        if kind == 'pipe':
            os.mkfifo(path, 0o600)
        elif kind == 'directory':
            os.mkdir(path)
    return '%s: %s' % (name, kind)


class Damage(Bed):
    configured = ('[program:writer]\ncommand=/bin/sh -c "while :; do echo line; sleep 0.02; done"\nstartsecs=0\n'
                'stdout_capture_maxbytes=1KB\n[program:cat]\ncommand=/bin/cat\nstartsecs=0\n[program:ends]\ncommand=/bin/sleep 0.3\nstartsecs=0\n'
                'autorestart=true\n[eventlistener:ear]\ncommand=/bin/sh -c "echo READY; sleep 1000"\nevents=PROCESS_STATE\nstartsecs=0\n')

    def place(self):
        """Where the table is."""
        table = os.stat('/proc/%d/fd/%d' % (self.controller(), 6))
        for place in ('/run', '/dev/shm'):
            for directory, _, names in os.walk(place):
                with contextlib.suppress(OSError):  # others come and go there
                    if 'keeper.tab' in names and os.path.samestat(os.stat(os.path.join(directory, 'keeper.tab')), table):
                        return directory
        return None  # what had its name was no file

    def all_run(self):
        with contextlib.suppress(KeyError):
            return all(self.state(name) == 'RUNNING' for name in ('writer', 'cat', 'ear')) and self.state('ends') != 'FATAL'

    def test_damage(self):
        seed = int(os.environ.get('DAMAGE_SEED', random.randrange(1 << 32)))
        chance = random.Random(seed)
        bystander = subprocess.Popen(['/bin/sleep', '1000'], start_new_session=True)
        self.addCleanup(bystander.wait)
        self.addCleanup(bystander.kill)
        self.write_config(self.configured)
        self.start()
        place = None
        for number in range(int(os.environ.get('DAMAGE_ROUNDS', 6))):
            self.wait_for('all to run', self.all_run)
            place = self.place() or self.clean(place)
            before = self.programs_before()
            self.kill_both()
            whole = chance.random() < 0.7
            done = [damage(chance, os.path.join(place, name), name)
                    for name in FILES if not (whole and name == 'keeper.tab') and chance.random() < 0.6]
            with self.subTest(seed=seed, number=number, done=done):
                said = len(self.log())
                self.start_in_spite(place)
                self.wait_for('all to run, after ' + ', '.join(done), self.all_run)
                self.assertIsNone(bystander.poll())
                new = self.log()[said:]
                self.assertNotIn('controller died', new)
                if whole:  # who was found is found, whatever the rest says
                    self.assertEqual({name: self.pid(name) for name in before}, before, new)
                else:
                    for pid in before.values():
                        with contextlib.suppress(ProcessLookupError):
                            if pid not in [one['pid'] for one in self.info().values()]:
                                os.killpg(pid, 9)

    def clean(self, place):
        self.end_all()
        shutil.rmtree(place)
        self.start()
        self.wait_for('all to run', self.all_run)
        return self.place()

    def programs_before(self):
        """Not the listener: it is begun anew where it is not known what it has read."""
        return {name: self.pid(name) for name in ('writer', 'cat')}

    def start_in_spite(self, place):
        """A table of what seems to be another version, whose programs live, may be refused: then it is for the user to end them."""
        done = self.try_to_start()
        if done.returncode != 0:
            self.assertRegex(done.stdout + self.log().encode(), b'another version|cannot be used|Another program')
            shutil.rmtree(place)
            done = self.try_to_start()
        self.assertEqual(done.returncode, 0, done.stdout)
        self.wait_for_answer()


if __name__ == '__main__':
    unittest.main()
