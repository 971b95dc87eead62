"""The clients: one request, many requests, and a load that goes on while something is done to the servers."""

import http.client
import json
import socket
import threading
import time
from collections import Counter, namedtuple


class Answer(namedtuple('Answer', 'status headers body')):
    @property
    def json(self):
        return json.loads(self.body)


def ask(port, path, source='127.0.0.1', host=None, body=None, timeout=30):
    """One request on a connection of its own, from a source address in 127/8 of one's choice."""
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=timeout, source_address=(source, 0))
    try:
        headers = {'Connection': 'close'}
        if host:
            headers['Host'] = host
        connection.request('POST' if body is not None else 'GET', path, body=body, headers=headers)
        response = connection.getresponse()
        return Answer(response.status, dict(response.getheaders()), response.read())
    finally:
        connection.close()


def answers(port, path, status=200):
    """At once, that is."""
    try:
        return ask(port, path, timeout=10).status == status
    except (OSError, http.client.HTTPException):
        return False


def backends(port, path, times, **how):
    """Who answered how often."""
    return Counter(ask(port, path, **how).json['backend'] for _ in range(times))


def together(functions):
    """Calls them all at once; their results in order, and how long it took."""
    results = [None] * len(functions)

    def call(index):
        results[index] = functions[index]()
    threads = [threading.Thread(target=call, args=(index,)) for index in range(len(functions))]
    begin = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results, time.monotonic() - begin


def listens(port):
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(('127.0.0.1', port)) == 0


class Load:
    """Requests all the time, a hundred or two a second, while the body of the `with` runs.

    Each has a connection of its own; whatever is not a 200 is a failure, with the moment at which it happened."""

    def __init__(self, port, path, body=None, clients=3, pause=0.015):
        self.port, self.path, self.body, self.pause = port, path, body, pause
        self.good, self.failures = 0, []
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run) for _ in range(clients)]

    def _run(self):
        while not self._over.is_set():
            try:
                status = ask(self.port, self.path, body=self.body).status
            except (OSError, http.client.HTTPException) as error:
                status = repr(error)
            with self._lock:
                if status == 200:
                    self.good += 1
                else:
                    self.failures.append((round(time.monotonic() - self.begin, 3), status))
            self._over.wait(self.pause)

    def __enter__(self):
        self.begin = time.monotonic()
        for thread in self._threads:
            thread.start()
        self.go_on(10)
        return self

    def go_on(self, requests, seconds=40):
        """Waits for that many more requests."""
        target = self.good + len(self.failures) + requests
        deadline = time.monotonic() + seconds
        while self.good + len(self.failures) < target and time.monotonic() < deadline:
            time.sleep(0.01)

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()
