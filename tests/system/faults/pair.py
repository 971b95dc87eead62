"""A supervisord, keeper and controller, as others see it: who runs with a configuration, and what it answers."""
import json
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'support'))
import outside  # noqa: E402

PATIENCE = 60  # seconds: for anything that is to happen, on a machine with other things to do


def until(what, condition, patience=PATIENCE):
    return outside.until(what, condition, patience, 0.005)


def supervisors(conf):
    """Pids and words of all that run supervisord with this file, in whatever role, or are about to become a program.  In
    the middle of an exec one has no words, and looks dead while the thread that executes takes the place of the first."""
    out = []
    for entry in os.listdir('/proc'):
        words = words_of(entry) if entry.isdigit() else None
        if words is not None and (conf in words or words == ['']):
            out.append((int(entry), words))
    return out


def words_of(pid):
    """Of a supervisord; None: it is none, or dead."""
    for _ in range(3):
        try:
            if os.path.basename(os.readlink('/proc/%s/exe' % pid)).split()[0] != 'supervisord':
                return None
            with open('/proc/%s/cmdline' % pid, errors='replace') as file:
                return file.read().split('\0')
        except (FileNotFoundError, ProcessLookupError):
            try:
                with open('/proc/%s/stat' % pid, errors='replace') as file:
                    fields = file.read().rpartition(')')[2].split()  # from the third on, as proc(5) counts
            except OSError:
                fields = ['gone']
            if fields[0] == 'Z' and int(fields[17]) > 1:  # other threads of it live
                return ['']
            # It is dead, or of the kernel; or one takes the place of the first, and for a moment there is no entry.
        except OSError:
            return None
    return None


def running(role, conf):
    """Between its fork and its exec a program is a keeper by this."""
    return [pid for pid, words in supervisors(conf) if words[1:2] == [role]]


def keepers(conf):
    return running('--keeper', conf)


def controllers(conf):
    return running('--controller', conf)


class Connection:
    """One JSON-RPC call a connection, as many times as it takes."""

    def __init__(self, path):
        self.path = path

    def call(self, method, *params):
        return self.call_raw(method, *params)['result']

    def call_raw(self, method, *params):
        """With 'result' or 'error'."""
        body = json.dumps({'jsonrpc': '2.0', 'id': 1, 'method': 'supervisor.' + method, 'params': list(params)}).encode()
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(PATIENCE)
            link.connect(self.path)
            link.sendall(b'POST /rpc HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n' % len(body) + body)
            answer = b''
            while True:
                part = link.recv(65536)
                if not part:
                    break
                answer += part
        head, _, body = answer.partition(b'\r\n\r\n')
        if b' 200 ' not in head.split(b'\r\n')[0]:
            raise ConnectionResetError('no whole answer')
        return json.loads(body)

    def insist(self, method, *params):
        """As often as it takes; the supervisord to ask is not to die for good meanwhile."""
        def attempt():
            try:
                return [self.call(method, *params)]
            except (OSError, ValueError, KeyError):
                return None
        return until('an answer to ' + method, attempt)[0]
