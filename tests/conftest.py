"""How hypothesis runs: the same examples every time, no clock, nothing kept on disk.

And the garbage collector turned off, for tests of what is freed without it.
"""

import gc

import pytest
from hypothesis import settings

settings.register_profile("suite", derandomize=True, deadline=None, database=None)
settings.load_profile("suite")


@pytest.fixture
def no_collector():
    gc.disable()
    gc.freeze()  # or to collect takes a tenth of a second, late in the suite
    yield
    gc.unfreeze()
    gc.enable()
