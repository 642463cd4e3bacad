"""The arguments of steps: steps and plain values, in tuples, lists and dicts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from engine.written.record import Step


def parts(x: Any) -> Iterator[Step]:
    """The steps in arguments of any form."""
    return (leaf for leaf in _leaves(x) if isinstance(leaf, Step))


def arrays_in(x: Any) -> Iterator[np.ndarray]:
    """The plain arrays in arguments of any form."""
    return (leaf for leaf in _leaves(x) if isinstance(leaf, np.ndarray) and leaf.ndim)


def _leaves(x: Any) -> Iterator[Any]:
    if isinstance(x, slice):
        x = [x.start, x.stop, x.step]
    elif isinstance(x, dict):
        x = list(x.values())
    if not isinstance(x, tuple | list):
        yield x
        return
    for part in x:
        yield from _leaves(part)


def replaced(by: Callable[[Step], Step], x: Any) -> Any:
    """Arguments of any form, with other steps in place of theirs."""
    if isinstance(x, Step):
        return by(x)
    if type(x) in (tuple, list):
        return type(x)(replaced(by, part) for part in x)
    if type(x) is dict:
        return {k: replaced(by, v) for k, v in x.items()}
    if isinstance(x, slice):
        return slice(*(replaced(by, p) for p in (x.start, x.stop, x.step)))
    return x


def key_of(x: Any) -> Any:
    """What two arguments have in common that are the same."""
    if isinstance(x, Step):
        return id(x)
    if isinstance(x, tuple | list):
        return (type(x), *map(key_of, x))
    if isinstance(x, dict):
        return tuple((k, key_of(v)) for k, v in x.items())
    if isinstance(x, slice):
        return (slice, key_of(x.start), key_of(x.stop), key_of(x.step))
    return contents(x) if isinstance(x, np.ndarray) else (type(x), repr(x))


def contents(x: np.ndarray) -> Any:
    """What two plain arrays have in common that are written in the same words."""
    return x.dtype, x.shape, x.tobytes()
