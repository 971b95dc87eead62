"""Files of the project, as the checks of this folder look at them."""

import pathlib
import re
import sys

FOLDERS = ("common", "supervisord", "supervisorctl")


def files(root, *suffixes, folders=FOLDERS):
    """Paths relative to the root, sorted."""
    root = pathlib.Path(root)
    found = (path for folder in folders for path in (root / folder).rglob("*") if path.suffix in suffixes)
    return sorted(path.relative_to(root) for path in found)


def includes(text):
    """(line number, name, whether it is one of ours) of each #include."""
    for number, line in enumerate(text.split("\n"), 1):
        match = re.match(r'\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', line)
        if match:
            yield number, match[1] or match[2], match[1] is not None


_COMMENT_OR_TEXT = re.compile(
    r'//[^\n]*|/\*.*?\*/|(?:u8|[uUL])?R"([^()\\\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'', re.S)


def code_of(text):
    """The text with comments blank and literals empty; lines stay where they are."""

    def blank(match):
        quote = "" if match[0].startswith("/") else '""'
        return quote + "\n" * match[0].count("\n")

    return _COMMENT_OR_TEXT.sub(blank, text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def report(complaints):
    """Ends the check: prints what is wrong, one a line, as compilers do."""
    for complaint in complaints:
        print(complaint)
    sys.exit(1 if complaints else 0)
