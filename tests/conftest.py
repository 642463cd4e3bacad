"""How hypothesis runs: the same examples for the same sources, no clock, no database.

In `make fuzz`, which sets FUZZ to a number, that many other ones every time.

And the garbage collector turned off, for tests of what is freed without it, or made to
run often, for tests of threads.
"""

import gc
import os
import time

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


def pytest_collection_modifyitems(items):
    """Coverage sleeps in slow tests, which it slows down; no raise is theirs alone."""
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker("no_cover")  # of pytest-cov


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
