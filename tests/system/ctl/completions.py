#!/usr/bin/python3
"""The completions of supervisorctl, loaded by the shells that they are for, with a supervisord and without.

    completions.py BUILD

bash as the script alone; bash with a Tab, zsh and fish where they (and python3-pexpect) are there.
As root to be run in a PID namespace (tests/support/contained)."""
import os
import re
import shutil
import socket
import subprocess
import time
import unittest

try:
    import pexpect
except ImportError:
    pexpect = None

from ctl import BUILD, HEAD, PATIENCE, SUPERVISORCTL, SUPERVISORD, Folder, main, run, until

PROGRAMS = """
[program:cat]
command=/bin/cat
[program:web]
command=/bin/cat
process_name=w%(process_num)d
numprocs=2
"""
NAMES = ['cat', 'web:*', 'web:w0', 'web:w1']


def script(name):
    return os.path.join(BUILD, 'supervisorctl', 'completions', name)


class Completions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()
        cls.folder.write('supervisord.conf', HEAD + PROGRAMS)
        os.mkdir(cls.folder.file('a folder'))
        cls.folder.write('a folder/some.conf', '')
        cls.environment = {**os.environ, 'HOME': cls.folder.path, 'TERM': 'xterm',
                           'PATH': os.path.dirname(SUPERVISORCTL) + ':' + os.environ['PATH']}
        cls.daemon = subprocess.Popen([SUPERVISORD, '-n', '-s', '-c', cls.folder.conf], cwd=cls.folder.path)
        until('the start', lambda: run(SUPERVISORCTL, '-c', cls.folder.conf, 'pid').returncode == 0)
        cls.nobody = ['-s', 'unix://' + cls.folder.file('no.sock')]

    @classmethod
    def tearDownClass(cls):
        cls.daemon.terminate()
        cls.daemon.wait(PATIENCE)
        shutil.rmtree(cls.folder.path)

    def bash(self, *words, options=None):
        """What bash would offer for the last of the words."""
        ask = ('source "$1"; shift; COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMP_WORDBREAKS=": "; '
               '_supervisorctl; ((${#COMPREPLY[@]} == 0)) || printf "%s\\n" "${COMPREPLY[@]}"')
        done = run('/bin/bash', '-c', ask, 'bash', script('supervisorctl'), SUPERVISORCTL,
                   *(options or ['-c', self.folder.conf]), *words, env=self.environment)
        self.assertEqual(done.stderr, '')
        return done.stdout.splitlines()

    def test_bash_completes_commands_switches_and_names(self):
        self.assertEqual(self.bash('st'), ['start', 'status', 'stop'])
        self.assertEqual(self.bash('stop', ''), NAMES)
        self.assertEqual(self.bash('stop', 'cat', 'web:'), ['*', 'w0', 'w1'])  # readline has the rest
        self.assertEqual(self.bash('update', '--'), ['--json', '--timeout', '--dry-run'])
        self.assertEqual(self.bash('update', ''), ['cat', 'web'])
        self.assertEqual(self.bash('shutdown', ''), [])
        self.assertEqual(self.bash('check', self.folder.file('supervisord.c')), [self.folder.conf])
        self.assertEqual(self.bash('help', 'maint'), ['maintail'])
        self.assertIn('--serverurl', self.bash('--s'))

    def test_bash_asks_with_the_options_that_stand_before_however_they_are_quoted(self):
        for options in (['-c', '~/supervisord.conf'], ['-i', '-c', '"%s"' % self.folder.conf],
                        ['-c' + self.folder.conf], ["--configuration='%s'" % self.folder.conf],
                        ['-s', 'unix://' + self.folder.file('socket')]):
            with self.subTest(options):
                self.assertEqual(self.bash('stop', 'c', options=options), ['cat'])

    def test_bash_completes_names_of_files_with_blanks(self):
        self.assertEqual(self.bash('check', self.folder.file('a')), [self.folder.file('a folder')])
        self.assertEqual(self.bash('check', self.folder.file('a\\ folder/')), [self.folder.file('a folder/some.conf')])

    def test_bash_without_a_supervisord_offers_no_names_and_says_nothing(self):
        self.assertEqual(self.bash('stop', '', options=self.nobody), [])
        self.assertEqual(self.bash('st', options=self.nobody), ['start', 'status', 'stop'])

    @unittest.skipUnless(pexpect, 'python3-pexpect is not there')
    def test_bash_at_a_terminal_has_it_in_the_line_after_a_tab(self):
        rc = self.folder.write('rc', """source %s
bind 'set enable-bracketed-paste off'
bind 'set show-all-if-ambiguous on'
bind -x '"\\C-t": echo "<$READLINE_LINE>"'
PS1='> '
echo READY
""" % script('supervisorctl'))
        bash = pexpect.spawn('/bin/bash', ['--noprofile', '--rcfile', rc, '-i'], env=self.environment, encoding='utf-8',
                             timeout=PATIENCE, dimensions=(50, 200))
        self.addCleanup(bash.close, True)
        bash.expect_exact('READY')
        begin = 'supervisorctl -c %s ' % self.folder.conf
        for typed, wanted in (('stop c', 'stop cat '), ('stop web:w', 'stop web:w'), ('upd', 'update '),
                              ('check ~/a', 'check ~/a\\ folder/')):
            with self.subTest(typed):
                bash.send(begin + typed + '\t\x14\x15')
                bash.expect_exact('<' + begin + wanted + '>')

    @unittest.skipUnless(shutil.which('fish'), 'fish is not there')
    def test_fish_completes_behind_options_too_and_nothing_without_supervisord(self):
        def complete(*words):
            done = run('fish', '--no-config', '-c', 'source $argv[1]; complete -C $argv[2]', script('supervisorctl.fish'),
                       ' '.join(['supervisorctl', *words]), env=self.environment)
            self.assertEqual(done.stderr, '')
            return [text.split('\t')[0] for text in done.stdout.splitlines()]

        self.assertEqual(complete('-c', self.folder.conf, 'st'), ['start', 'status', 'stop'])
        self.assertEqual(complete('-i', '-c', '~/supervisord.conf', 'stop', ''), NAMES)
        self.assertEqual(complete('-c', self.folder.conf, 'stop', 'web:w'), ['web:w0', 'web:w1'])
        self.assertEqual(complete('-c', self.folder.conf, 'add', ''), ['cat', 'web'])
        self.assertEqual(complete('-c', self.folder.conf, 'update', '--d'), ['--dry-run'])
        self.assertEqual(complete('-c', self.folder.conf, 'help', 'maint'), ['maintail'])
        self.assertEqual(complete(*self.nobody, 'stop', ''), [])

    @unittest.skipUnless(shutil.which('zsh'), 'zsh is not there')
    def test_zsh_has_what_completes_in_its_line_and_offers_the_rest(self):
        for begin, typed, wanted in ((['-c', self.folder.conf], 'stop ', ['cat', r'web:\*', 'web:w0', 'web:w1']),
                                     (['-c', '~/supervisord.conf'], 'stop web:', [r'web:\*', 'web:w0', 'web:w1']),
                                     (['-c', self.folder.conf], 'st', ['start', 'status', 'stop']),
                                     (['-c', self.folder.conf], 'add ', ['cat', 'web']),
                                     (['-c', self.folder.conf], 'update --', ['--dry-run', '--json', '--timeout']),
                                     (['-i', '-c', self.folder.conf], 'stop c', 'stop cat '),
                                     (['--configuration=' + self.folder.conf], 'help main', 'help maintail '),
                                     (self.nobody, 'stop c', 'stop c')):
            line = ' '.join(['supervisorctl', *begin, ''])
            with self.subTest(line + typed):
                offered, after = self.zsh(line + typed)
                if isinstance(wanted, str):
                    self.assertEqual(after, line + wanted)
                else:
                    self.assertEqual(offered, wanted)

    def zsh(self, line):
        """(what is listed after a Tab, the line that there is then): zsh completes at a terminal only."""
        master = r"""
zmodload zsh/zpty
zpty it zsh -f -i
until_there() { local piece said=; while zpty -r it piece; do said+=$piece; [[ $said == *$1* ]] && break; done; print -r -- "$said" }
zpty -w it "PS1= PROMPT_SP=; unsetopt prompt_sp; stty columns 300; fpath=(${(q)1:h} \$fpath); autoload -Uz compinit; compinit -u -D"
zpty -w it 'shown() { print -r -- "<<$BUFFER>>"; BUFFER= }; zle -N shown; bindkey "^T" shown; setopt list_rows_first; LISTMAX=999; print RE""ADY'
until_there READY > /dev/null
zpty -w -n it "$2"$'\t'$'\x14'
until_there '>>'
zpty -d it
"""
        done = run('zsh', '-f', '-c', master, 'zsh', script('_supervisorctl'), line, env=self.environment)
        self.assertEqual(done.stderr, '')
        said = re.sub(r'\x1b\[[0-9;?]*[A-Za-z]|[\r\x07\x0f]', '\n', done.stdout)
        listed = said[said.index('\n'):said.rindex('<<')]
        words = [re.split(r'\s+--\s', row)[0] for row in listed.splitlines()]
        return [word for row in words for word in row.split() if word not in line], said[said.rindex('<<') + 2:said.rindex('>>')]

    def test_a_supervisord_that_does_not_answer_is_not_waited_for(self):
        with socket.socket(socket.AF_UNIX) as silent:
            silent.bind(self.folder.file('silent.sock'))
            silent.listen()
            began = time.monotonic()
            self.assertEqual(self.bash('stop', '', options=['-s', 'unix://' + self.folder.file('silent.sock')]), [])
            self.assertLess(time.monotonic() - began, PATIENCE / 2)


if __name__ == '__main__':
    main()
