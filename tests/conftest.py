"""How hypothesis runs: the same examples every time, no clock, nothing kept on disk."""

from hypothesis import settings

settings.register_profile("suite", derandomize=True, deadline=None, database=None)
settings.load_profile("suite")
