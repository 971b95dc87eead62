#!/usr/bin/python3
"""chunks.py NAME BYTES PIECE GO: when the file GO is there, writes numbered lines of NAME to stdout, at least BYTES in all,
in pieces of 1 to PIECE bytes, and then sleeps.  main.py knows what they are."""
import os
import random
import sys
import time

name, total, piece, go = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
chance = random.Random(name)
lines = []
size = 0
while size < total:
    lines.append('%s %06d %s\n' % (name, len(lines), 'x' * (len(lines) * 7919 % 300)))
    size += len(lines[-1])
text = ''.join(lines).encode()
if __name__ == '__main__':
    while not os.path.exists(go):
        time.sleep(0.02)
    at = 0
    while at < len(text):
        at += os.write(1, text[at:at + chance.randint(1, piece)])
    time.sleep(1000)
