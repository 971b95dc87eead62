"""Every header compiles alone.  Those that come first in a .cpp of their own have been compiled with it (sources.py
sees to that); the others are compiled here."""

import concurrent.futures
import os
import pathlib
import subprocess
import sys

from source import files, report


def complaint_of(root, compiler, header):
    command = compiler + ["-std=c++20", "-D_GNU_SOURCE", "-I", str(root), "-fsyntax-only", "-x", "c++", "-"]
    done = subprocess.run(command, input=f'#include "{header}"\n', capture_output=True, text=True, check=False)
    return f"{header}: does not compile alone\n{done.stderr}" if done.returncode else None


def main(root, compiler):
    root = pathlib.Path(root)
    alone = [header for header in files(root, ".hpp") if not (root / header).with_suffix(".cpp").exists()]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        complaints = list(pool.map(lambda header: complaint_of(root, compiler, header), alone))
    report([complaint for complaint in complaints if complaint])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
