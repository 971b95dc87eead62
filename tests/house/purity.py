"""What is pure does no input and output, and asks no clock.

Pure are the folders below, and every file whose first comment says so: "Pure." (not: "Pure but for ...").
"""

import pathlib
import re
import sys

from source import code_of, files, includes, line_of, report

PURE_FOLDERS = ("common/api", "supervisord/process", "supervisord/event")

IMPURE_HEADERS = re.compile(
    r"(arpa/.*|boost/(asio|beast|process)\b.*|dirent\.h|fcntl\.h|grp\.h|ifaddrs\.h|net/.*|netdb\.h|netinet/.*|poll\.h"
    r"|pthread\.h|pwd\.h|sched\.h|spawn\.h|sys/(epoll|eventfd|file|inotify|ioctl|mman|mount|prctl|random|resource|select"
    r"|sendfile|signalfd|socket|stat|statvfs|syscall|time|timerfd|uio|un|utsname)\.h|syslog\.h|termios\.h|unistd\.h"
    r"|condition_variable|filesystem|fstream|future|iostream|mutex|random|thread"
    r"|common/base/(fd|users)\.hpp)$")

IMPURE_CALLS = re.compile(
    r"\b(std::cout|std::cerr|std::clog|(std::)?getenv|(steady|system|high_resolution)_clock::now|base::now|wall_now"
    r"|localtime(_r)?|gmtime|clock_gettime|gettimeofday|(std::)?time|printf|fopen|base::send_signal\w*)\s*[(<]"
    r"|\bstd::(cout|cerr|clog)\b")


def says_pure(text):
    """Whether the comment at the top of a file says that it is pure."""
    head = re.match(r"(?://[^\n]*\n)*", text)[0].replace("\n//", " ")
    return re.search(r"\b(Pure|PURE)\s*[.:;]", head) is not None


def complaints_of(path, text):
    out = [f"{path}:{number}: a pure file may not include {name}"
           for number, name, _ in includes(text) if IMPURE_HEADERS.match(name)]
    code = code_of(text)
    out += [f"{path}:{line_of(code, match.start())}: a pure file may not use {match[0].rstrip('(< ')}"
            for match in IMPURE_CALLS.finditer(code)]
    return out


def main(root):
    root = pathlib.Path(root)
    pure = set()
    for path in files(root, ".hpp", ".cpp"):
        if str(path.parent) in PURE_FOLDERS or says_pure((root / path).read_text()):
            pure |= {path.with_suffix(suffix) for suffix in (".hpp", ".cpp")}
    complaints = []
    for path in sorted(pure):
        if (root / path).exists():
            complaints += complaints_of(path, (root / path).read_text())
    report(complaints)


if __name__ == "__main__":
    main(sys.argv[1])
