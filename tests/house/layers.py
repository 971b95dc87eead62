"""A folder includes only what its row in tests/layers.txt allows."""

import pathlib
import sys

from source import files, includes, report


def read_rows(text):
    """{folder: what it may include}; a line that begins with a blank continues the row before."""
    rows = {}
    for line in text.split("\n"):
        words = line.split("#")[0].split()
        if not words:
            continue
        if line[0].isspace():
            rows[folder] += words
        else:
            folder = words[0]
            rows[folder] = [word for word in words[1:] if word != "-"]
    return rows


def complaints_of(path, text, rows):
    """path is relative to the root of the project."""
    folder = str(path.parent)
    if folder not in rows:
        return [f"{path}: folder {folder} has no row in tests/layers.txt"]
    out = []
    for number, name, ours in includes(text):
        target = str(pathlib.PurePosixPath(name).parent)
        if not ours:
            if target.split("/")[0] in ("common", "supervisord", "supervisorctl"):
                out.append(f"{path}:{number}: {name} is ours: include it in quotes")
        elif target != folder and target not in rows[folder] and name not in rows[folder]:
            out.append(f"{path}:{number}: {folder} may not include {name} (tests/layers.txt)")
    return out


def main(root):
    root = pathlib.Path(root)
    rows = read_rows((root / "tests/layers.txt").read_text())
    complaints = [f"tests/layers.txt: there is no folder {folder}" for folder in rows if not (root / folder).is_dir()]
    for path in files(root, ".hpp", ".cpp"):
        complaints += complaints_of(path, (root / path).read_text(), rows)
    report(complaints)


if __name__ == "__main__":
    main(sys.argv[1])
