#!/usr/bin/python3
"""What dies, and what is then noticed of it (docs/continuity.md).  BIN is the folder of the programs; SLOW stretches what
is allowed to take time.  To be run in a PID namespace of its own (tests/support/contained)."""

import os
import sys
import unittest

if __name__ == '__main__':
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path.insert(0, here)
    chosen = sys.argv[1:] or ['test_*.py']
    suite = unittest.TestSuite()
    for pattern in chosen:
        suite.addTests(unittest.defaultTestLoader.discover(here, pattern=pattern))
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    bad = len(result.failures) + len(result.errors)
    print('%d passed, %d failed, %d skipped' % (result.testsRun - bad - len(result.skipped), bad, len(result.skipped)))
    sys.exit(1 if bad else 0)
