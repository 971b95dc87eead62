"""A reload puts all in force, or nothing: then what runs goes on, and the log says what would have to be right."""
import os
import re
import signal
import socket
import subprocess

from daemon import Daemon, DaemonCase, alive, free_port, program, until

PROGRAM = '[program:p]\ncommand=/bin/sleep 1000\nstartsecs=0\n'


class Reload(DaemonCase):
    def setUp(self):
        super().setUp()
        self.daemon.configure(PROGRAM)
        self.daemon.start()
        self.pid = until('the program', lambda: self.daemon.state('p')['pid'])

    def reload(self):
        """By its name; when the next one answers."""
        before = self.daemon.controller()
        os.kill(self.daemon.keeper.pid, signal.SIGHUP)
        until('another controller', lambda: self.daemon.controllers() not in ([before], []))
        until('its program', lambda: self.daemon.answers() and self.daemon.state('p').get('pid', 0) not in (0, self.pid))
        self.assertFalse(alive(self.pid))
        self.pid = self.daemon.state('p')['pid']
        self.assertEqual(self.daemon.times_logged('the files have changed'), 0)

    def refused(self, place, *words):
        """In vain; the log names a line of the configuration."""
        controller = self.daemon.controller()
        os.kill(self.daemon.keeper.pid, signal.SIGHUP)
        with open(self.daemon.path('conf')) as file:
            line = next(number for number, text in enumerate(file, 1) if text.startswith(place))
        self.daemon.until_logged('CRIT restart refused, everything goes on as it was: %s:%d: `%s` in ' %
                                 (re.escape(self.daemon.path('conf')), line, place.split('=')[0]))
        for word in words:
            self.assertIn(word, self.daemon.text('log'))
        self.assertEqual(self.daemon.state('p')['pid'], self.pid)
        self.assertEqual(self.daemon.controller(), controller)
        self.assertEqual(self.daemon.ctl('pid'), '%d\n' % self.daemon.keeper.pid)

    def test_a_port_that_is_taken_refuses_it(self):
        with socket.socket() as other:
            other.bind(('127.0.0.1', 0))
            other.listen()
            self.daemon.configure(PROGRAM, '[unix_http_server:2]\nfile=%s\n[inet_http_server]\nport=127.0.0.1:%d\n' %
                                  (self.daemon.path('second'), other.getsockname()[1]))
            self.refused('port=', 'Another program is already listening', 'a port that no other program uses')
            self.assertFalse(os.path.exists(self.daemon.path('second')))
            self.assertIn('cannot be put in force', self.daemon.ctl('reload', status=1))
        self.reload()  # the port is free now
        self.assertTrue(os.path.exists(self.daemon.path('second')))

    def test_the_user_is_told_again(self):
        told = self.daemon.times_logged('Supervisor is running as root')
        self.reload()
        self.assertEqual(self.daemon.times_logged('Supervisor is running as root'), 2 * told)

    def test_what_the_files_give_cause_to_say_is_said_again(self):
        with open(self.daemon.path('more.ini'), 'w') as file:
            file.write('[program:q]\ncommand=/bin/sleep 1000\n')
        self.daemon.configure(PROGRAM, '[include]\nfiles=more.ini none*.ini\n')
        for times in 1, 2:
            self.reload()
            self.assertEqual(self.daemon.times_logged('WARN No file matches via include "'), times)
            self.assertEqual(self.daemon.times_logged('INFO Included extra file "%s" during parsing\n' %
                                                      re.escape(self.daemon.path('more.ini'))), times)

    def test_a_socket_where_none_can_be_refuses_it(self):
        self.daemon.configure(PROGRAM, '[unix_http_server:2]\nfile=/nonexistent/second\n')
        self.refused('file=/nonexistent', 'a path in a directory')

    def test_files_that_cannot_be_written_refuse_it(self):
        for option in ('logfile', 'pidfile'):
            self.daemon.configure(PROGRAM, settings='%s=%s\n' % (option, self.daemon.directory))
            if option == 'logfile':
                text = self.daemon.text('conf').replace('logfile=%s\n' % self.daemon.path('log'), '', 1)
                with open(self.daemon.path('conf'), 'w') as file:
                    file.write(text)
            self.refused(option + '=' + self.daemon.directory, 'it has to be a file')

    def test_what_would_be_open_to_other_machines_needs_a_password(self):
        servers = '[inet_http_server]\nport=*:%d\n' % free_port()
        self.daemon.configure(PROGRAM, servers)
        self.refused('port=', 'can be reached from others', 'insecure=true')
        self.daemon.configure(PROGRAM, servers + 'username=joe\npassword={CRYPT}nothing\n')
        self.refused('password=', 'no hash that crypt(3) of this machine knows')
        other = Daemon()
        self.addCleanup(other.close)
        other.configure(PROGRAM, servers)
        other.start(wait=False)
        self.assertEqual(other.keeper.wait(20), 2)
        self.assertIn('`port` in [inet_http_server] cannot be put in force: all addresses of this machine', other.text('out'))
        self.assertFalse(os.path.exists(other.path('log')))
        checked = subprocess.run([program('supervisord'), '-c', other.path('conf'), '--check'], stdout=subprocess.PIPE, text=True)
        self.assertEqual(checked.returncode, 2)
        self.assertIn('can be reached from others', checked.stdout)

    def test_what_only_a_start_puts_in_force_is_told(self):
        self.daemon.configure(PROGRAM, settings='minfds=512\nloglevel=debug\numask=027\n')
        self.reload()
        with open(self.daemon.path('conf')) as file:
            lines = {text.split('=')[0]: number for number, text in enumerate(file, 1)}
        for option in 'minfds', 'umask':
            self.daemon.until_logged('WARN %s:%d: `%s` in .supervisord. has changed, which a reload does not put in force' %
                                     (re.escape(self.daemon.path('conf')), lines[option], option))
        self.assertEqual(self.daemon.times_logged('does not put in force'), 2)
        # What counts is what is in force since the start, not what the last reload has read.
        self.reload()
        self.assertEqual(self.daemon.times_logged('does not put in force'), 4)
        self.daemon.configure(PROGRAM)
        self.reload()
        self.assertEqual(self.daemon.times_logged('does not put in force'), 4)

    def test_servers_come_and_go_and_move(self):
        port = free_port()
        address = '[inet_http_server]\nport=%%s:%d\n' % port
        self.daemon.configure(PROGRAM, address % '127.0.0.1', unix='chmod=0770')
        self.reload()
        self.assertEqual(os.stat(self.daemon.path('sock')).st_mode & 0o777, 0o770)
        socket.create_connection(('127.0.0.1', port), timeout=5).close()
        # The same address for the kernel, and another for the configuration.
        self.daemon.configure(PROGRAM, address % '[::ffff:127.0.0.1]')
        self.reload()
        socket.create_connection(('127.0.0.1', port), timeout=5).close()
        self.daemon.configure(PROGRAM)
        self.reload()
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(('127.0.0.1', port), timeout=5)

    def test_the_pidfile_is_written_again_and_moves(self):
        os.unlink(self.daemon.path('pid'))
        self.reload()
        number = '%d\n' % self.daemon.keeper.pid
        until('the pidfile', lambda: self.daemon.text('pid') == number)
        self.daemon.configure(PROGRAM, settings='pidfile=%s\n' % self.daemon.path('other'))
        self.reload()
        until('the new one', lambda: self.daemon.text('other') == number)
        self.assertFalse(os.path.exists(self.daemon.path('pid')))
        self.daemon.kill_controller()
        self.daemon.configure(PROGRAM, settings='pidfile=%s\n' % self.daemon.path('third'))
        self.reload()
        until('the third', lambda: self.daemon.text('third') == number)
        self.assertFalse(os.path.exists(self.daemon.path('other')))
        self.daemon.keeper.terminate()
        self.daemon.keeper.wait(20)
        self.assertFalse(os.path.exists(self.daemon.path('third')))

    def test_a_pidfile_that_is_a_link_is_not_followed(self):
        with open(self.daemon.path('precious'), 'w') as file:
            file.write('mine\n')
        os.symlink(self.daemon.path('precious'), self.daemon.path('link'))
        self.daemon.configure(PROGRAM, settings='pidfile=%s\n' % self.daemon.path('link'))
        self.refused('pidfile=', 'is a symbolic link')
        other = Daemon()
        self.addCleanup(other.close)
        other.configure(PROGRAM, settings='pidfile=%s\n' % self.daemon.path('link'))
        other.start()
        other.until_logged('CRIT could not write pidfile ' + re.escape(self.daemon.path('link')))
        self.assertEqual(self.daemon.text('precious'), 'mine\n')
