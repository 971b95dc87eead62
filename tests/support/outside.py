"""What tests share that look at programs from outside: waiting with a deadline, ports, HTTP over a Unix socket."""
import http.client
import os
import socket
import time

PATIENCE = 20 * float(os.environ.get('SLOW', '1'))  # seconds: for anything that is to happen


def until(what, condition, patience=PATIENCE, pause=0.01):
    """The first true value of the condition; what: a text, or what makes one in the end."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(pause)
    raise AssertionError('not within %d s: %s' % (patience, what() if callable(what) else what))


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__('localhost', timeout=PATIENCE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)
