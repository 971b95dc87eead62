"""Small rules for every source file: what headers keep out, who may signal, how files begin."""

import collections
import pathlib
import re
import sys

from source import code_of, files, includes, line_of, report

# Four to six seconds of compile time each, for every file that includes the header.  A header that is part of one
# single .cpp costs no more than that file does.
HEAVY = re.compile(r"(boost/(asio|beast|process)\b.*|nlohmann/json\.hpp)$")

# Two numbers that mean "everybody", one slip away from any pid: there is one place that refuses them.
SIGNALS = re.compile(r"(?<![\w:.>])(?:::|std::)?(kill|killpg|tkill|tgkill|sigqueue)\s*\((?!\s*(?:::)?getpid\(\))")
MAY_SIGNAL = ("common/base/signals.cpp",)


def complaints_of(path, text, companion=False, includers=2):
    """companion: whether a .cpp of the same name stands beside a header, or the other way round; includers: how many
    files include a header."""
    name = str(path)
    code = code_of(text)
    out = []
    if path.suffix == ".hpp":
        if not text.startswith("//"):
            out.append(f"{name}:1: a header begins with a comment: what this is, and what it does not do")
        if "#pragma once" not in code:
            out.append(f"{name}:1: no #pragma once")
        if re.search(r"\busing\s+namespace\b", code):
            out.append(f"{name}: using namespace in a header")
        out += [f"{name}:{number}: {header} is too heavy for a header" for number, header, _ in includes(text)
                if HEAVY.match(header) and includers > 1]
    elif companion:
        first = next((header for _, header, ours in includes(text)), None)
        if first != str(path.with_suffix(".hpp")):
            out.append(f"{name}: the own header comes first, so that it is known to compile alone")
    if name not in MAY_SIGNAL:
        out += [f"{name}:{line_of(code, match.start())}: {match[1]}() may mean everybody; use base::send_signal"
                for match in SIGNALS.finditer(code)]
    return out


def main(root):
    root = pathlib.Path(root)
    texts = {path: (root / path).read_text() for path in files(root, ".hpp", ".cpp")}
    includers = collections.Counter(name for text in texts.values() for _, name, ours in includes(text) if ours)
    complaints = []
    for path, text in texts.items():
        other = path.with_suffix(".cpp" if path.suffix == ".hpp" else ".hpp")
        complaints += complaints_of(path, text, other in texts, includers[str(path)])
    report(complaints)


if __name__ == "__main__":
    main(sys.argv[1])
