"""A second class or function of one name takes the place of the first in Python: a test that is the first never runs."""

import ast
import pathlib
import sys

from source import report


def complaints_of(path, text):
    out = []
    for scope in ast.walk(ast.parse(text)):
        if not isinstance(scope, (ast.Module, ast.ClassDef)):
            continue
        seen = set()
        for item in scope.body:
            if isinstance(item, (ast.ClassDef, ast.FunctionDef)):
                if item.name in seen:
                    out.append(f"{path}:{item.lineno}: {item.name} is there already, and the first of them is lost")
                seen.add(item.name)
    return out


def main(root):
    root = pathlib.Path(root)
    report([complaint for folder in ("tests", "bench", "samples") for path in sorted((root / folder).rglob("*.py"))
            for complaint in complaints_of(path.relative_to(root), path.read_text())])


if __name__ == "__main__":
    main(sys.argv[1])
