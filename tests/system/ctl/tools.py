#!/usr/bin/python3
"""What other people's tools cut out of supervisorctl's lines and supervisord's answers, each in the way that it does it:
modules of Ansible and Salt, shell scripts, Puppet, and the monitoring of Datadog, Telegraf and node_exporter.

    tools.py BUILD

As root to be run in a PID namespace (tests/support/contained)."""
import configparser
import os
import shutil
import subprocess
import unittest
import xmlrpc.client
from xml.etree import ElementTree

from ctl import BUILD, HEAD, PATIENCE, SUPERVISORCTL, SUPERVISORD, Folder, free_port, main, run, until
from outside import UnixConnection

PROGRAMS = '''
[inet_http_server]
port=127.0.0.1:%d
username=joe
password=secret word
[program:nginx]
command=/bin/sleep 1000
startsecs=0
[program:idle]
command=/bin/sleep 1000
startsecs=0
autostart=false
[program:fatal]
command=/no/such
startretries=0
[program:killed]
command=/bin/sh -c 'kill -9 $$'
startsecs=0
autorestart=false
[program:code]
command=/bin/sh -c 'exit 100'
startsecs=0
autorestart=false
[program:worker]
command=/bin/sleep 1000
process_name=%%(program_name)s_%%(process_num)02d
numprocs=2
startsecs=0
'''
STATES = {'STOPPED', 'STARTING', 'RUNNING', 'BACKOFF', 'STOPPING', 'EXITED', 'FATAL', 'UNKNOWN'}


class Tools(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder, cls.port = Folder(), free_port()
        cls.base = HEAD + PROGRAMS % cls.port
        cls.folder.write('supervisord.conf', cls.base)
        cls.daemon = subprocess.Popen([SUPERVISORD, '-n', '-s', '-c', cls.folder.conf], cwd=cls.folder.path)
        settled = ['EXITED', 'FATAL', 'STOPPED', 'EXITED', 'RUNNING', 'RUNNING', 'RUNNING']
        until('the start', lambda: settled == [line.split()[1] for line in run(
            SUPERVISORCTL, '-c', cls.folder.conf, 'status').stdout.splitlines() if line.count(' ') > 2])

    @classmethod
    def tearDownClass(cls):
        cls.daemon.terminate()
        cls.daemon.wait(PATIENCE)
        shutil.rmtree(cls.folder.path)

    def ctl(self, *words):
        return run(SUPERVISORCTL, '-c', self.folder.conf, *words, env={**os.environ, 'LANGUAGE': 'C', 'LC_ALL': 'C'})

    def configure(self, text):
        self.folder.write('supervisord.conf', self.base + text)

    def in_state(self, name, state):
        until(name + ' ' + state, lambda: self.ctl('status', name).stdout.split()[1] == state)


class Ansible(Tools):
    """Cuts the lines of `status` at each blank; gives a verb together with its first argument as one word."""

    def states(self):
        return {line.split(' ')[0]: [word for word in line.split(' ') if word][1]
                for line in self.ctl('status').stdout.rstrip('\n').split('\n')}

    def done(self, name, said, *words):
        result = self.ctl(*words)
        self.assertEqual((result.returncode, result.stderr), (0, ''), words)
        self.assertIn('%s: %s' % (name, said), result.stdout)

    def test_every_line_has_a_name_and_a_state(self):
        states = self.states()
        self.assertEqual(sorted(states), ['code', 'fatal', 'idle', 'killed', 'nginx', 'worker:worker_00', 'worker:worker_01'])
        self.assertLessEqual(set(states.values()), STATES)
        self.assertEqual((states['nginx'], states['idle'], states['fatal']), ('RUNNING', 'STOPPED', 'FATAL'))

    def test_what_is_done_is_said_with_the_name(self):
        self.done('idle', 'started', 'start', 'idle')
        self.done('idle', 'started', 'restart', 'idle')
        self.done('idle', 'signalled', 'signal CONT', 'idle')
        self.done('idle', 'stopped', 'stop', 'idle')
        self.done('worker:worker_01', 'started', 'restart', 'worker:worker_01')

    def test_nothing_to_do_is_no_failure(self):
        for words in (['reread'], ['update'], ['update', 'nginx'], ['start', 'nginx'], ['stop', 'idle']):
            self.assertEqual(self.ctl(*words).returncode, 0, words)

    def test_groups_come_and_go(self):
        self.configure('[program:fresh]\ncommand=/bin/sleep 1000\nstartsecs=0\n')
        self.addCleanup(self.configure, '')
        self.assertEqual(self.ctl('reread').stdout, 'fresh: available\n')
        self.done('fresh', 'added process group', 'add', 'fresh')
        self.done('fresh', 'stopped', 'stop', 'fresh')
        self.done('fresh', 'removed process group', 'remove', 'fresh')

    def test_another_server_is_named_before_the_verb(self):
        words = ['-s', 'http://127.0.0.1:%d' % self.port, '-u', 'joe', '-p', 'secret word', 'status', 'nginx']
        self.assertEqual(self.ctl(*words).stdout.split()[:2], ['nginx', 'RUNNING'])
        words[5] = 'wrong'
        self.assertNotEqual(self.ctl(*words).returncode, 0)


class Salt(Tools):
    """Cuts the lines of `status` in three at blanks of any number, and looks for words of errors."""

    def test_a_verb_and_its_argument_are_one_word(self):
        self.assertEqual(self.ctl('status nginx').stdout.split(None, 2)[:2], ['nginx', 'RUNNING'])
        self.assertEqual(self.ctl('status nosuch').stdout, 'nosuch: ERROR (no such process)\n')

    def test_lines_have_two_parts_or_three(self):
        for line in self.ctl('status').stdout.splitlines():
            self.assertIn(len(line.split(None, 2)), (2, 3), line)

    def test_states_are_told_from_the_words(self):
        for words, said in ((['start', 'nginx'], 'nginx: ERROR (already started)'), (['stop', 'idle'], 'idle: ERROR (not running)'),
                            (['add', 'nginx'], 'ERROR: process group already active'),
                            (['restart', 'nosuch'], 'nosuch: ERROR (no such process)')):
            self.assertIn(said, self.ctl(*words).stdout)

    def test_a_group_is_written_without_its_star(self):
        self.assertEqual(sorted(self.ctl('restart', 'worker:').stdout.splitlines()),
                         ['worker:worker_0%d: %s' % (number, what) for number in (0, 1) for what in ('started', 'stopped')])

    def test_an_update_says_what_it_updated(self):
        self.configure('[program:idle]\npriority=5\n')
        self.addCleanup(lambda: (self.configure(''), self.ctl('update')))
        self.assertIn('idle: updated process group\n', self.ctl('update').stdout)

    def test_python_reads_what_a_sample_has(self):
        parser = configparser.RawConfigParser(inline_comment_prefixes=(';',))
        parser.read_string(run(os.path.join(BUILD, 'common/config/echo_supervisord_conf')).stdout)
        self.assertEqual(parser.get('supervisord', 'nodaemon'), 'false')


class Scripts(Tools):
    def awk(self, program, *words):
        status = self.ctl('status', *words).stdout
        return run('/usr/bin/awk', program, input=status).stdout

    def test_columns_of_status(self):
        self.assertRegex(self.awk('{print $4" "$1" "$2" "$6}', 'nginx'), r'^[0-9]+, nginx RUNNING [0-9]+:[0-9]{2}:[0-9]{2}\n$')
        self.assertEqual(self.awk('{print $2}', 'nginx'), 'RUNNING\n')
        self.assertEqual(self.awk('/^nginx[: ]/{print $2}'), 'RUNNING\n')
        self.assertEqual(self.awk('{print $3, $4}', 'idle'), 'Not started\n')

    def test_the_exit_status_tells_whether_all_is_well(self):
        self.assertEqual(self.ctl('status', 'nginx', 'worker:*').returncode, 0)
        self.assertEqual(self.ctl('status').returncode, 3)
        self.assertEqual(self.ctl('status', 'nosuch').returncode, 4)
        self.assertEqual(self.ctl('-s', 'unix:///no/such', 'status').returncode, 4)
        self.assertEqual(self.ctl('pid', 'idle').returncode, 7)


class Monitoring(Tools):
    def post(self, body):
        connection = UnixConnection(self.folder.file('socket'))
        self.addCleanup(connection.close)
        connection.request('POST', '/RPC2', body, {'Content-Type': 'text/xml'})
        return connection.getresponse().read()

    def call(self, method, *parameters):
        return xmlrpc.client.loads(self.post(xmlrpc.client.dumps(parameters, method)))[0][0]

    def processes(self):
        return {one['name']: one for one in self.call('supervisor.getAllProcessInfo')}

    def test_what_is_said_of_a_process_are_scalars_of_the_types_that_parsers_in_go_cast_to(self):
        answer = ElementTree.fromstring(self.post('<methodCall><methodName>supervisor.getAllProcessInfo</methodName></methodCall>'))
        structs = answer.findall('./params/param/value/array/data/value/struct')
        self.assertEqual(len(structs), 7)
        wanted = {'int': {'start', 'stop', 'now', 'state', 'exitstatus', 'pid'},
                  'string': {'name', 'group', 'statename', 'spawnerr', 'logfile', 'stdout_logfile', 'stderr_logfile', 'description'}}
        for struct in structs:
            types = {'int': set(), 'string': set()}
            for member in struct.findall('member'):
                value, = member.find('value')
                self.assertEqual(len(value), 0, 'nested: ' + member.findtext('name'))
                if value.tag in types:
                    types[value.tag].add(member.findtext('name'))
            for kind, names in wanted.items():
                self.assertLessEqual(names, types[kind])

    def test_numbers_fit_and_names_are_known(self):
        for process in self.processes().values():
            self.assertIn(process['statename'], STATES)
            self.assertTrue(-2**7 <= process['exitstatus'] < 2**7, process)
            self.assertTrue(-2**15 <= process['state'] < 2**15, process)
            for name in ('start', 'stop', 'now', 'pid'):
                self.assertTrue(0 <= process[name] < 2**31, process)
        state = self.call('supervisor.getState')
        self.assertEqual(state, {'statecode': 1, 'statename': 'RUNNING'})
        self.assertIs(type(self.call('supervisor.getIdentification')), str)

    def test_a_death_by_a_signal_is_minus_one(self):
        processes = self.processes()
        self.assertEqual((processes['killed']['exitstatus'], processes['killed']['statename']), (-1, 'EXITED'))
        self.assertEqual((processes['code']['exitstatus'], processes['code']['spawnerr']), (100, 'Bad exit code 100'))
        self.assertEqual(processes['fatal']['spawnerr'], "can't find command '/no/such'")

    def test_fields_that_datadog_formats(self):
        text = '%(name)s %(group)s %(description)s %(stderr_logfile)s %(stdout_logfile)s %(logfile)s %(statename)s %(start)s ' \
               '%(stop)s %(now)s %(exitstatus)s'
        for process in self.processes().values():
            self.assertTrue(text % process)
            self.assertEqual(process['logfile'], process['stdout_logfile'])
        self.assertRegex(self.call('supervisor.getSupervisorVersion'), r'^\d+\.\d+(\.\d+)?([a-z]\d+)?$')

    def test_a_wrong_password_is_an_error_with_the_status_401(self):
        server = xmlrpc.client.ServerProxy('http://joe:wrong@127.0.0.1:%d/RPC2' % self.port)
        with self.assertRaises(xmlrpc.client.ProtocolError) as error:
            server.supervisor.getState()
        self.assertEqual((error.exception.errcode, error.exception.errmsg), (401, 'Unauthorized'))

    def test_calls_as_clients_send_them(self):
        call = '<?xml version="1.0"?><methodCall><methodName>supervisor.%s</methodName>%s</methodCall>'
        for parameters in ('', '<params/>', '<params></params>'):
            self.assertIn(b'<string>3.0</string>', self.post(call % ('getAPIVersion', parameters)))
        untyped = '<params><param><value>nginx</value></param></params>'
        self.assertIn(b'<string>RUNNING</string>', self.post(call % ('getProcessInfo', untyped)))
        wait_as_number = '<params><param><value><string>idle</string></value></param><param><value><int>1</int></value></param></params>'
        self.assertIn(b'<boolean>1</boolean>', self.post(call % ('startProcess', wait_as_number)))
        self.in_state('idle', 'RUNNING')
        self.assertIn(b'<boolean>1</boolean>', self.post(call % ('stopProcess', wait_as_number)))
        self.in_state('idle', 'STOPPED')


if __name__ == '__main__':
    main()
