#!/usr/bin/python3
"""XML-RPC libraries of other languages against our supervisord: Go (github.com/kolo/xmlrpc), Perl, PHP and Ruby.

    languages.py BUILD

Those of Debian: golang-go and golang-github-kolo-xmlrpc-dev, libxmlrpc-lite-perl, php-cli and php-xmlrpc, ruby-xmlrpc.  What
is not there is skipped, and said.  As root to be run in a PID namespace (tests/support/contained)."""
import json
import os
import shutil

from clients import OneServer
from ctl import Folder, main, run

RUBY = '''
require 'xmlrpc/client'
require 'json'
client = XMLRPC::Client.new3(host: '127.0.0.1', port: ARGV[0].to_i, path: '/RPC2', user: 'chris', password: 'secret')
ask = lambda do |method, *words|
  ok, answer = client.call2(method, *words)
  ok ? answer : {'fault' => answer.faultCode}
end
puts JSON.generate(JSON.parse(ARGV[1]).map { |call| ask.call(*call) })
'''
# Perl does not tell 1 from true.
PERL = '''
use XMLRPC::Lite;
use JSON::PP;
my $client = XMLRPC::Lite->proxy("http://chris:secret\\@127.0.0.1:$ARGV[0]/RPC2");
sub numbers {
    my $it = shift;
    return [map { numbers($_) } @$it] if ref $it eq 'ARRAY';
    return {map { $_ => numbers($it->{$_}) } keys %$it} if ref $it eq 'HASH';
    return $it =~ /^-?[0-9]+$/ ? $it + 0 : $it;
}
my @answers = map {
    my $answer = $client->call(map { JSON::PP::is_bool($_) ? XMLRPC::Data->type(boolean => $_ ? 1 : 0) : $_ } @$_);
    $answer->fault ? {fault => $answer->faultcode + 0} : numbers($answer->result)
} @{decode_json($ARGV[1])};
print encode_json(\\@answers);
'''
PHP = '''
$answers = [];
foreach (json_decode($argv[2], true) as $call) {
    $method = array_shift($call);
    $answer = xmlrpc_decode(file_get_contents("http://127.0.0.1:$argv[1]/RPC2", false, stream_context_create(['http' => [
        'method' => 'POST', 'content' => xmlrpc_encode_request($method, $call),
        'header' => "Content-Type: text/xml\\r\\nAuthorization: Basic " . base64_encode('chris:secret')]])));
    $answers[] = is_array($answer) && xmlrpc_is_fault($answer) ? ['fault' => $answer['faultCode']] : $answer;
}
echo json_encode($answers);
'''
# As clients in the wild have it: what does not fit into these types is an error.
GO = '''
package main

import (
    "encoding/json"
    "fmt"
    "os"

    "github.com/kolo/xmlrpc"
)

type Info struct {
    Name        string `xmlrpc:"name" json:"name"`
    Group       string `xmlrpc:"group" json:"group"`
    Description string `xmlrpc:"description" json:"description"`
    Start       int    `xmlrpc:"start" json:"start"`
    Stop        int    `xmlrpc:"stop" json:"stop"`
    Now         int    `xmlrpc:"now" json:"now"`
    State       int16  `xmlrpc:"state" json:"state"`
    StateName   string `xmlrpc:"statename" json:"statename"`
    SpawnErr    string `xmlrpc:"spawnerr" json:"spawnerr"`
    ExitStatus  int8   `xmlrpc:"exitstatus" json:"exitstatus"`
    LogFile     string `xmlrpc:"logfile" json:"logfile"`
    Stdout      string `xmlrpc:"stdout_logfile" json:"stdout_logfile"`
    Stderr      string `xmlrpc:"stderr_logfile" json:"stderr_logfile"`
    Pid         int    `xmlrpc:"pid" json:"pid"`
}

func main() {
    client, err := xmlrpc.NewClient("http://chris:secret@127.0.0.1:"+os.Args[1]+"/RPC2", nil)
    if err != nil {
        panic(err)
    }
    var calls [][]interface{}
    if err := json.Unmarshal([]byte(os.Args[2]), &calls); err != nil {
        panic(err)
    }
    var infos []Info
    answers := []interface{}{}
    for i, call := range calls {
        var any interface{}
        var answer interface{} = &any
        if i == 0 {
            answer = &infos
        }
        for j, word := range call {
            if number, ok := word.(float64); ok {
                call[j] = int(number)
            }
        }
        err := client.Call(call[0].(string), call[1:], answer)
        if err != nil {
            var code int
            if n, _ := fmt.Sscanf(err.Error(), "Fault(%d)", &code); n != 1 {
                panic(err)
            }
            answer = map[string]int{"fault": code}
        }
        answers = append(answers, answer)
    }
    json.NewEncoder(os.Stdout).Encode(answers)
}
'''
SEVERAL = [{'methodName': 'supervisor.getPID', 'params': []}, {'methodName': 'supervisor.nosuch', 'params': []}]
CALLS = [['supervisor.getAllProcessInfo'], ['supervisor.stopProcess', 'cat', True], ['supervisor.startProcess', 'cat'],
         ['supervisor.startProcess', 'nosuch'], ['supervisor.readProcessStdoutLog', 'web:web_00', 0, 100],
         ['supervisor.getState'], ['supervisor.tailProcessStdoutLog', 'web:web_00', 0, 3], ['system.multicall', SEVERAL]]
GO_LIBRARIES = '/usr/share/gocode'  # of Debian


class Languages(OneServer):
    def needs(self, *probe):
        if not shutil.which(probe[0]) or run(*probe).returncode != 0:
            self.skipTest('%s, or its XML-RPC, is not installed' % probe[0])

    def ask(self, *command):
        done = run(*command, str(self.server.port), json.dumps(CALLS))
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        info, stopped, started, refused, log, state, tail, several = json.loads(done.stdout)
        self.assertEqual([one['name'] for one in info], ['cat', 'off', 'web_00', 'web_01'])
        self.assertEqual([type(one[key]) for one in info for key in ('pid', 'state', 'start', 'exitstatus')], [int] * 16)
        self.assertTrue(stopped and started)
        self.assertEqual(refused, {'fault': 10})
        self.assertIn('hello\n', log)
        self.assertEqual(state, {'statecode': 1, 'statename': 'RUNNING'})
        self.assertEqual((tail[0], bool(tail[2])), ('lo\n', True))
        self.assertEqual(several, [self.server.process.pid, {'faultCode': 1, 'faultString': 'UNKNOWN_METHOD'}])

    def test_ruby(self):
        self.needs('ruby', '-e', 'require "xmlrpc/client"')
        self.ask('ruby', '-e', RUBY)

    def test_perl(self):
        self.needs('perl', '-MXMLRPC::Lite', '-e', '1')
        self.ask('perl', '-e', PERL)

    def test_php(self):
        self.needs('php', '-r', 'exit(function_exists("xmlrpc_decode") ? 0 : 1);')
        self.ask('php', '-r', PHP)

    def test_go(self):
        if not os.path.isdir(os.path.join(GO_LIBRARIES, 'src/github.com/kolo/xmlrpc')):
            self.skipTest('golang-github-kolo-xmlrpc-dev is not installed')
        self.needs('go', 'version')
        folder = Folder()
        self.addCleanup(shutil.rmtree, folder.path)
        client = folder.file('client')
        run('go', 'build', '-o', client, folder.write('client.go', GO), check=True, env={
            **os.environ, 'GOPATH': GO_LIBRARIES, 'GO111MODULE': 'off', 'GOCACHE': folder.file('cache'), 'GOPROXY': 'off'})
        self.ask(client)


if __name__ == '__main__':
    main()
