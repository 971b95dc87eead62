#!/usr/bin/python3
"""What supervisord does as a whole, seen from outside: clients, reload, shortages.

    BIN=DIRECTORY tests/system/daemon/main.py [NAME...]     NAME as in test_clients, test_clients.Flood

Wants to be run by tests/support/contained.  The last line is `N passed, N failed, N skipped`."""

import os
import signal
import sys
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)


def main(names):
    if not os.environ.get('BIN'):
        sys.exit(__doc__)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))      # so that what was made is removed
    tests = unittest.defaultTestLoader.loadTestsFromNames(names) if names else \
        unittest.defaultTestLoader.discover(HERE)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(tests)
    bad = len(result.failures) + len(result.errors)
    print('%d passed, %d failed, %d skipped' % (result.testsRun - bad - len(result.skipped), bad, len(result.skipped)))
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
