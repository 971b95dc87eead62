#!/usr/bin/python3
"""A FastCGI application: accepts on descriptor 0, answers each request with its pid and the URI that was asked for."""
import os
import socket
import struct

PARAMS, STDIN, STDOUT, END = 4, 5, 6, 3


def exactly(link, size):
    data = b''
    while len(data) < size:
        part = link.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def record(kind, request, content):
    return struct.pack('>BBHHBB', 1, kind, request, len(content), 0, 0) + content


def length(data):
    return (data[0], data[1:]) if data[0] < 128 else (struct.unpack('>I', data[:4])[0] & 0x7fffffff, data[4:])


def pairs(data):
    while data:
        name_size, data = length(data)
        value_size, data = length(data)
        yield data[:name_size], data[name_size:name_size + value_size]
        data = data[name_size + value_size:]


def serve(link):
    params = b''
    while True:
        _, kind, request, size, padding, _ = struct.unpack('>BBHHBB', exactly(link, 8))
        content = exactly(link, size)
        exactly(link, padding)
        if kind == PARAMS:
            params += content
        if kind == STDIN and not content:
            text = b'Content-Type: text/plain\r\n\r\n%d %s' % (os.getpid(), dict(pairs(params))[b'REQUEST_URI'])
            link.sendall(record(STDOUT, request, text) + record(STDOUT, request, b'') + record(END, request, bytes(8)))
            return


listening = socket.socket(fileno=0)
while True:
    connection, _ = listening.accept()
    with connection:
        try:
            serve(connection)
        except (EOFError, OSError):
            pass
