"""Rotated logs, as tests read them."""
import glob
import os


def files_of(path):
    """A rotated log, oldest first."""
    backups = glob.glob(path + '.*')
    return sorted(backups, key=lambda name: -int(name.rsplit('.', 1)[1])) + [path]


def content(path):
    with open(path, 'rb') as file:
        return file.read()


def size_of(path):
    """0: there is none, as in the middle of a rotation."""
    try:
        return os.path.getsize(path)
    except FileNotFoundError:
        return 0


def logged(path):
    """All that is in a log and its backups; nothing in the middle of a rotation, when a name is missing for a moment."""
    try:
        return b''.join(map(content, files_of(path)))
    except FileNotFoundError:
        return b''
