"""The arguments of steps: steps and plain values, in tuples, lists and dicts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from engine.written.record import Step


def parts(x: Any) -> Iterable[Step]:
    """The steps in arguments of any form."""
    if isinstance(x, Step):
        yield x
    elif isinstance(x, tuple | list):
        for part in x:
            yield from parts(part)
    elif isinstance(x, dict):
        yield from parts(list(x.values()))
    elif isinstance(x, slice):
        yield from parts([x.start, x.stop, x.step])


def arrays_in(x: Any) -> Iterator[np.ndarray]:
    """The plain arrays in arguments of any form."""
    if isinstance(x, np.ndarray) and x.ndim:
        yield x
    elif isinstance(x, tuple | list):
        for part in x:
            yield from arrays_in(part)
    elif isinstance(x, dict):
        yield from arrays_in(list(x.values()))


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
    return ("array", id(x)) if isinstance(x, np.ndarray) else (type(x), repr(x))
