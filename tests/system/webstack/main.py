#!/usr/bin/python3
"""The end-to-end test of samples/webstack.

    BIN=DIRECTORY tests/system/webstack/main.py [NAME...]     NAME as in test_nginx, test_nginx.Balancing

Wants to be run by tests/support/contained.  Skips itself where the packages are missing.  The last line is
`N passed, N failed, N skipped`."""

import glob
import os
import signal
import sys
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)


def missing():
    programs = [name for name in ('/usr/sbin/nginx', '/usr/bin/uwsgi') if not os.access(name, os.X_OK)]
    plugin = '/usr/lib/uwsgi/plugins/python3_plugin.so'
    return programs + [plugin] * (not os.path.exists(plugin)) + \
        ['django'] * (not os.path.isdir('/usr/lib/python3/dist-packages/django'))


def show(stack):
    """What may explain a failure."""
    print('--- status\n' + stack.ctl('status', status=None))
    for name in ['run/supervisord.log', *(os.path.relpath(found, stack.root) for pattern in ('*.log', 'auto/*.log')
                                          for found in sorted(glob.glob(stack.path('log', pattern))))]:
        print('--- %s\n%s' % (name, stack.text(name)[-3000:]))


def main(names):
    if not os.environ.get('BIN'):
        sys.exit(__doc__)
    if missing():
        print('skipped: not installed: %s (samples/install webstack)' % ', '.join(missing()))
        print('0 passed, 0 failed, 1 skipped')
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))      # so that what was made is removed
    from stack import Stack, StackCase, is_original
    tests = unittest.defaultTestLoader.loadTestsFromNames(names) if names else \
        unittest.defaultTestLoader.discover(HERE)
    StackCase.original = is_original()
    StackCase.stack = Stack()
    bad = 1
    try:
        StackCase.said_at_start = StackCase.stack.start()
        result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(tests)
        bad = len(result.failures) + len(result.errors)
    finally:
        if bad:
            show(StackCase.stack)
        StackCase.stack.close()
    print('%d passed, %d failed, %d skipped' % (result.testsRun - bad - len(result.skipped), bad, len(result.skipped)))
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
