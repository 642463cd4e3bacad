"""Whether every `raise` of the house was provoked, read from coverage's data.

    python tests/helpers/provoked.py

after the suite has run with `--cov` (`make test` does both). Names the file and the
line of each `raise` that never ran: an error that nobody has seen yet. It looks at
lines only; that a test catches the error and matches its words is up to the test.
"""

import ast
import sys
from pathlib import Path

from coverage import CoverageData

ROOT = Path(__file__).parents[2]
PACKAGES = ("engine", "nn", "viz")

# These run elsewhere, or are not messages to a person. The words with which the
# statement begins, and why it may stay silent here:
SILENT = (
    # while a package is imported, in a process of its own (tests/test_house.py):
    "raise ImportError(",
    # never: it says that a method is for subclasses to write
    "raise NotImplementedError",
)


def raises(source):
    """Each `raise` of a new error: its first line, its last line, and its text."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Raise) and node.exc is not None:
            yield node.lineno, node.end_lineno, ast.unparse(node)


def never_ran(source, lines_run):
    """The raises of a source none of whose lines ran, as (line, text)."""
    return [
        (first, text)
        for first, last, text in sorted(raises(source))
        if not text.startswith(SILENT) and not lines_run & set(range(first, last + 1))
    ]


def lines_run_in(data_file):
    """By file, the lines that ran in any process of the suite."""
    data = CoverageData(str(data_file))
    data.read()
    return {Path(ROOT, f).resolve(): set(data.lines(f)) for f in data.measured_files()}


def main():
    data_file = ROOT / ".coverage"
    if not data_file.exists():
        return f"{data_file.name} is missing: run the suite with --cov, as `make test`"
    lines_run = lines_run_in(data_file)
    silent = [
        f"{path.relative_to(ROOT)}:{line}: never ran: {text:.100}"
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        for line, text in never_ran(
            path.read_text("utf-8"), lines_run.get(path.resolve(), set())
        )
    ]
    print("\n".join(silent) or "Every raise was provoked.")
    return bool(silent)


if __name__ == "__main__":
    sys.exit(main())
