"""The rule for co_await: one in a statement, and beside it no lambda, no braces, no ?:, no subscript.

g++ 12 destroys such temporaries twice, or not at all, without a warning; the same code is clean with clang.  What is
needed gets a name in the statement before, and is moved in.  And nothing is spawned detached: exceptions would vanish.
"""

import pathlib
import re
import sys

from source import code_of, files, line_of, report

_BEGINNING = re.compile(r"\s*(else\s+)?(if|while|switch|for|do|try)\b")
_NAMES = re.compile(r"\[\[[^\]]*\]\]|\bauto\s*&{0,2}\s*\[[\w\s,]*\]")  # attributes, structured bindings


def statement_around(code, position):
    """(statement, whether it ended in a brace that belongs to an expression)."""
    begin = max(code.rfind(mark, 0, position) for mark in ";{}") + 1
    depth = 0
    for end in range(begin, len(code)):
        mark = code[end]
        depth += (mark == "(") - (mark == ")")
        if mark in ";}":
            return code[begin:end], False
        if mark == "{":
            of_block = depth == 0 and _BEGINNING.match(code[begin:end]) is not None
            return code[begin:end], not of_block
    return code[begin:], False


def complaints_of(path, text):
    code = code_of(text)
    out = []
    for match in re.finditer(r"\bco_await\b", code):
        statement, braces = statement_around(code, match.start())
        rest = _NAMES.sub(" ", statement)
        where = f"{path}:{line_of(code, match.start())}:"
        if rest.count("co_await") > 1:
            out.append(f"{where} more than one co_await in a statement")
        if braces:
            out.append(f"{where} braces in a statement with co_await; name the value first")
        if "[" in rest:
            out.append(f"{where} a lambda or a subscript in a statement with co_await; name it first")
        if "?" in rest:
            out.append(f"{where} ?: in a statement with co_await; choose first")
        if re.search(r"\bfor\s*\([^;]*:[^;]*co_await", rest):
            out.append(f"{where} a loop over what co_await gives; name it first")
    out += [f"{path}:{line_of(code, match.start())}: detached swallows exceptions; give co_spawn a handler"
            for match in re.finditer(r"\bdetached\b", code) if "co_spawn" in code]
    return out


def main(root):
    root = pathlib.Path(root)
    complaints = []
    for path in files(root, ".hpp", ".cpp", folders=("common", "supervisord", "supervisorctl", "tests")):
        complaints += complaints_of(path, (root / path).read_text())
    report(complaints)


if __name__ == "__main__":
    main(sys.argv[1])
