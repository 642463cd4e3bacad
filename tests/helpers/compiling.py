"""What tests of compiled functions share."""

import re
import warnings
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from engine import Tensor, compiled

X = np.linspace(0.1, 1.3, 6).reshape(2, 3)
# Gives a function of one array, and after each further step something has changed that
# the function uses.
Case = Callable[[], Iterator[Any]]


def runs_as_a_program(fast: Any) -> bool:
    return bool(fast._programs) and not fast._as_it_is


def programs(fast: Any) -> int:
    """How many were recorded."""
    return sum(map(len, fast._programs.values()))


def plain(x: Any) -> Any:
    """A result with arrays in place of Tensors."""
    if isinstance(x, Tensor):
        return x.data
    if isinstance(x, dict):
        return {key: plain(part) for key, part in x.items()}
    return type(x)(map(plain, x)) if type(x) in (tuple, list) else x


def assert_same(x: Any, y: Any) -> None:
    """Of the same class, shape, dtype and bits; containers in the same order."""
    assert type(x) is type(y)
    if isinstance(x, dict):
        assert [(type(k), k) for k in x] == [(type(k), k) for k in y]
        x, y = list(x.values()), list(y.values())
    if isinstance(x, tuple | list):
        assert len(x) == len(y)
        for a, b in zip(x, y, strict=True):
            assert_same(a, b)
    elif isinstance(x, np.ndarray | np.generic):
        assert (x.shape, x.dtype) == (y.shape, y.dtype)
        assert x.tobytes() == y.tobytes(), (x, y)
    else:
        assert repr(x) == repr(y)


def assert_follows(case: Case, x: Any = X) -> Any:
    """A compiled function gives what another one like it gives, after each change."""
    ours, theirs = case(), case()
    f, fast = next(ours), compiled(next(theirs))
    ended = False
    while True:
        for factor in (1.0, -0.5):
            assert_same(fast(x * factor), plain(f(x * factor)))
        if ended:
            break
        ended = next(ours, ours) is ours  # after the last change
        next(theirs, None)
    assert runs_as_a_program(fast), fast._as_it_is
    return fast


def assert_refused(f: Any, words: str, *args: Any) -> None:
    """A compiled function raises in each call, and says why, by its name."""
    fast = compiled(f)
    words = re.sub("^f ", rf"^compiled: {re.escape(fast.__name__)} ", words)
    for _ in range(2):
        with pytest.raises(TypeError, match=words):
            fast(*(args or (X,)))
    assert not programs(fast)


def assert_as_it_is(f: Any, *args: Any, why: str = "", told: bool = False) -> None:
    """A compiled function runs as it is, silently or with one warning."""
    fast = compiled(f)
    args = args or (X,)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        for _ in range(2):
            assert_same(fast(*args), plain(f(*args)))
    assert sum("It runs as it is" in str(w.message) for w in warned) == told
    assert not programs(fast)
    assert why in "".join(fast._as_it_is.values())


def users_module(text: str, name: str = "users_module") -> ModuleType:
    """A module of the user's with this text."""
    module = ModuleType(name)
    module.__file__ = f"/home/user/{name}.py"
    vars(module)["np"] = np
    exec(compile(text, module.__file__, "exec"), vars(module))
    return module
