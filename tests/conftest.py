"""How hypothesis runs: the same examples every time, no clock, nothing kept on disk.

In `make fuzz`, which sets FUZZ to a number, that many other ones every time.

And the garbage collector turned off, for tests of what is freed without it, or made to
run often, for tests of threads; and a note of every error that a test expected, for
test_errors.py.
"""

import gc
import os
import time
from traceback import walk_tb

import pytest
from hypothesis import settings

settings.register_profile("suite", derandomize=True, deadline=None, database=None)
settings.register_profile(
    "fuzz",
    max_examples=int(os.environ.get("FUZZ", "100")),
    deadline=None,
    database=None,
    print_blob=True,
)
settings.load_profile("fuzz" if "FUZZ" in os.environ else "suite")


# --- notes for test_errors.py ---------------------------------------------------------

PROVOKED = set()  # the file and line that each error began at which a test expected
_leave = pytest.RaisesExc.__exit__


def _noting(self, kind, error, traceback):
    if not _leave(self, kind, error, traceback):
        return False
    while error is not None:  # and those that it was raised from
        for frame, line in walk_tb(error.__traceback__):
            PROVOKED.add((frame.f_code.co_filename, line))
        error = error.__cause__
    return True


pytest.RaisesExc.__exit__ = _noting


def pytest_collection_modifyitems(items):
    """test_errors.py comes last, when all errors have been provoked."""
    items.sort(key=lambda item: item.path.name == "test_errors.py")


def all_tests_ran(config):
    """Whether nothing was chosen or left out by hand."""
    chosen = config.option.keyword or config.option.markexpr or config.option.deselect
    return not chosen and config.args_source is not config.ArgsSource.ARGS


# --- the collector --------------------------------------------------------------------


@pytest.fixture
def no_collector():
    gc.disable()
    gc.freeze()  # or to collect takes a tenth of a second, late in the suite
    yield
    gc.unfreeze()
    gc.enable()


@pytest.fixture
def chatty_collector():
    """Of garbage: it runs often, and lets other threads run in the middle of it."""
    thresholds, hook = gc.get_threshold(), lambda *_: time.sleep(0)
    gc.callbacks.append(hook)
    gc.set_threshold(100)
    yield
    gc.set_threshold(*thresholds)
    gc.callbacks.remove(hook)
