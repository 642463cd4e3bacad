"""Every error of the house is provoked somewhere in the suite and known by its words.

The one idea: conftest.py notes at which `raise` each error began that a test expected
with `pytest.raises`, and these tests look at its words. When all tests have run, this
file, which comes last, holds the notes to the `raise` statements that stand in engine,
nn and viz.
"""

import ast
from pathlib import Path

import pytest
from conftest import PROVOKED, all_tests_ran

ROOT = Path(__file__).parents[1]
FILES = sorted(p for d in ("engine", "nn", "viz") for p in (ROOT / d).rglob("*.py"))


# A `raise` that is tried in a process of its own, in test_house.py, or that is no
# message to a person but says that a class is abstract.
ELSEWHERE = ("ImportError(", "NotImplementedError")


def raises(path):
    """The first and last line of each `raise` of an error of ours, by file."""
    for part in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(part, ast.Raise) and part.exc is not None:
            yield part.lineno, part.end_lineno, ast.unparse(part.exc)


def test_every_error_is_provoked_and_read(request):
    if not all_tests_ran(request.config):
        pytest.skip("not all tests ran, so not all errors were provoked")
    unread = [
        f"{path.relative_to(ROOT)}:{first}: {text:.100}"
        for path in FILES
        for first, last, text in raises(path)
        if not text.startswith(ELSEWHERE)
        and not any((str(path), line) in PROVOKED for line in range(first, last + 1))
    ]
    assert not unread, "\n".join(unread)
