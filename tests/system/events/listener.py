#!/usr/bin/python3
"""An event listener that writes down what it is sent, as one JSON object a line: serial, body, pid.

    listener.py OUT [rest=FILE] [stuck=FILE] [slow] [early]

rest   having read the header and a few bytes of the first large event, waits for FILE before it reads the rest
stuck  hangs with the first event, unless FILE exists already; makes FILE
slow   reads in small pieces
early  with rest: answers before it waits, and is ready for the next event
"""
import json
import os
import sys
import time

out = sys.argv[1]
modes = dict(word.partition('=')[::2] for word in sys.argv[2:])


def read(size):
    data = b''
    while len(data) < size:
        part = os.read(0, min(size - len(data), 3000 if 'slow' in modes else 1 << 20))
        if not part:
            sys.exit(0)
        data += part
    return data


def wait_for(path):
    while not os.path.exists(path):
        time.sleep(0.01)


answered = False
while True:
    if not answered:
        os.write(1, b'READY\n')
    line = b''
    while not line.endswith(b'\n'):
        line += read(1)
    head = dict(word.split(':', 1) for word in line.decode().split())
    size = int(head['len'])
    body, answered = b'', False
    if 'rest' in modes and size > 100000 and not os.path.exists(modes['rest']):
        body = read(10)
        with open(out + '.half', 'w'):
            pass
        if 'early' in modes:
            os.write(1, b'RESULT 2\nOKREADY\n')
            answered = True
        wait_for(modes['rest'])
    body += read(size - len(body))
    with open(out, 'a') as file:
        file.write(json.dumps({'serial': int(head['serial']), 'head': head, 'body': body.decode(), 'pid': os.getpid()}) + '\n')
    if 'stuck' in modes and not os.path.exists(modes['stuck']):
        with open(modes['stuck'], 'w'):
            pass
        time.sleep(1000)
    if not answered:
        os.write(1, b'RESULT 2\nOK')
