"""What is seen through nginx, while the backends are stopped, started and reloaded through supervisorctl."""

import os
import threading

import processes
from processes import wait_for
from stack import StackCase
from web import Load, answers, ask, backends, together


class Files(StackCase):
    def test_a_static_site_is_served_from_disk(self):
        answer = ask(self.stack.port['site'], '/')
        self.assertEqual((answer.status, answer.body), (200, b'<h1>nginx root</h1>\n'))
        self.assertIn('ETag', answer.headers)
        self.assertEqual(answer.headers['Server'], 'nginx')

    def test_the_files_of_the_application_are_served_by_nginx_its_pages_by_uwsgi(self):
        app = self.stack.port['app']
        answer = ask(app, '/static/site.css')
        self.assertEqual((answer.status, answer.body), (200, b'body { color: #333 }\n'))
        self.assertIn('ETag', answer.headers)
        page = ask(app, '/')
        self.assertEqual(page.status, 200)
        self.assertIn(b'/static/site.css', page.body)
        self.assertNotIn('ETag', page.headers)
        self.assertEqual(ask(app, '/whoami').json['backend'], 'crm')
        self.assertEqual(ask(app, '/whoami').json['program'], 'crm')

    def test_a_program_that_speaks_http_is_reached_by_proxy_pass(self):
        self.assertEqual(ask(self.stack.port['app'], '/hello/').body, b'<h1>Hello, web!</h1>')


class Balancing(StackCase):
    def test_round_robin_is_even(self):
        for path in ('/rr/whoami', '/roll/whoami'):
            self.assertEqual(backends(self.stack.port['app'], path, 30), {'web1': 15, 'web2': 15})

    def test_weights_of_5_and_10_give_30_and_60_of_90(self):
        self.assertEqual(backends(self.stack.port['app'], '/weighted/whoami', 90), {'web1': 30, 'web2': 60})

    def test_with_ip_hash_a_client_stays_with_its_backend(self):
        seen = {}
        for network in range(1, 25):
            source = '127.0.%d.1' % network
            seen[source] = backends(self.stack.port['app'], '/sticky/whoami', 3, source=source)
            self.assertEqual(len(seen[source]), 1, source)
            neighbour = '127.0.%d.77' % network
            self.assertEqual(set(backends(self.stack.port['app'], '/sticky/whoami', 1, source=neighbour)),
                             set(seen[source]), 'the last byte does not count')
        self.assertEqual({name for answered in seen.values() for name in answered}, {'web1', 'web2'})

    def test_with_a_hash_of_the_url_a_page_stays_with_its_backend(self):
        used = set()
        for page in range(12):
            answered = backends(self.stack.port['app'], '/byurl/whoami?page=%d' % page, 4)
            self.assertEqual(len(answered), 1)
            used |= set(answered)
        self.assertEqual(used, {'web1', 'web2'})

    def test_least_conn_avoids_the_backend_that_holds_a_slow_request(self):
        app = self.stack.port['app']
        slow = []
        thread = threading.Thread(target=lambda: slow.append(ask(app, '/least/whoami?sleep=4').json['backend']))
        thread.start()
        try:
            def avoided():
                answered = backends(app, '/least/whoami', 6)
                return set(answered) if len(answered) == 1 and thread.is_alive() else None
            others = wait_for('six requests in a row to go to one backend', avoided, 3.8)
        finally:
            thread.join()
        self.assertNotIn(slow[0], others)


class Backups(StackCase):
    def test_the_backup_takes_over_when_the_backend_is_stopped_and_is_left_after_start(self):
        app = self.stack.port['app']
        self.assertEqual(backends(app, '/spare/whoami', 10), {'web1': 10})
        with Load(app, '/spare/whoami') as load:
            self.assertEqual(self.stack.ctl('stop', 'web1'), 'web1: stopped\n')
            self.assertEqual(backends(app, '/spare/whoami', 10), {'web2': 10})
            self.assertEqual(self.stack.ctl('start', 'web1'), 'web1: started\n')
            wait_for('web1 to serve again', lambda: backends(app, '/spare/whoami', 3) == {'web1': 3})
        self.assert_served(load)

    def test_the_backup_helps_when_the_backend_is_full(self):
        app = self.stack.port['app']
        results, _ = together([lambda: ask(app, '/full/whoami?sleep=0.3').json['backend']] * 2)
        self.assertEqual(sorted(results), ['web1', 'web2'])
        self.assertEqual(backends(app, '/full/whoami', 5), {'web1': 5})


class UnderLoad(StackCase):
    def test_stopping_one_backend_fails_no_request(self):
        with Load(self.stack.port['app'], '/roll/whoami') as load:
            self.assertEqual(self.stack.ctl('stop', 'web1'), 'web1: stopped\n')
            load.go_on(60)
            self.assertEqual(self.stack.ctl('start', 'web1'), 'web1: started\n')
            load.go_on(60)
        self.assert_served(load)

    def test_restarting_one_after_the_other_fails_no_request(self):
        before = self.stack.pids()
        with Load(self.stack.port['app'], '/roll/whoami') as load:
            for name in ('web1', 'web2'):
                self.assertEqual(self.stack.ctl('restart', name), '%s: stopped\n%s: started\n' % (name, name))
                wait_for('%s to answer' % name, lambda: answers(self.stack.port[name + '_http'], '/whoami'))
                load.go_on(40)
        self.assert_served(load)
        after = self.stack.pids()
        changed = {name for name in after if after[name] != before[name]}
        self.assertEqual(changed, {'web1', 'web2'})


class Reloading(StackCase):
    def test_hup_brings_the_new_configuration_and_fails_no_request(self):
        app, site, kept = self.stack.port['app'], self.stack.port['site'], self.stack.text('nginx.conf')
        pid = self.stack.pid('nginx')
        workers = {process.pid for process in processes.children(pid)}
        self.assertEqual(ask(site, '/new').status, 404)
        try:
            with Load(app, '/roll/whoami') as load:
                in_flight = []
                thread = threading.Thread(target=lambda: in_flight.append(ask(app, '/whoami?sleep=1').status))
                thread.start()
                load.go_on(20)
                with open(self.stack.path('nginx.conf'), 'w') as file:
                    file.write(kept.replace('root html;', 'root html; location /new { return 200 "new"; }'))
                self.assertEqual(self.stack.ctl('signal', 'HUP', 'nginx'), 'nginx: signalled\n')
                wait_for('the new configuration', lambda: answers(site, '/new'))
                thread.join()
                wait_for('the old workers to end',
                         lambda: not workers & {process.pid for process in processes.children(pid)})
            self.assertEqual(in_flight, [200])
            self.assert_served(load)
            self.assertEqual(self.stack.pid('nginx'), pid)
        finally:
            with open(self.stack.path('nginx.conf'), 'w') as file:
                file.write(kept)
            self.stack.ctl('signal', 'HUP', 'nginx')
            wait_for('the old configuration', lambda: answers(site, '/new', 404))

    def test_usr1_makes_nginx_write_a_new_log_file(self):
        current, old = self.stack.path('log', 'nginx-access.log'), self.stack.path('log', 'nginx-access.log.1')
        os.rename(current, old)
        self.assertEqual(self.stack.ctl('signal', 'USR1', 'nginx'), 'nginx: signalled\n')
        wait_for('a new log file', lambda: os.path.exists(current))

        def written():
            ask(self.stack.port['site'], '/?mark=rotated')
            return 'mark=rotated' in self.stack.text('log', 'nginx-access.log')
        wait_for('a line in it', written)
