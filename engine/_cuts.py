"""What cut a result from its argument: the warning about a gradient that is 0.

A function whose result is a number that came out of the graph (a rounded one, a length,
`t.data`) has the gradient 0, which is right and rarely meant. The outermost derivative
keeps a record of the functions of zero derivative that are called meanwhile. Where
derivatives nest, nobody is warned: the slope of a slope is often 0.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import numpy as np

# The functions that were called, in order; None among them if another derivative was
# taken meanwhile.
_record: ContextVar[dict[Any, None] | None] = ContextVar("record", default=None)

# Their results are shapes and new arrays, and not what stands in for an argument.
_ABOUT_SHAPES = frozenset(
    {np.shape, np.ndim, np.size, np.result_type, np.iscomplexobj, np.isrealobj}
    | {np.zeros_like, np.ones_like, np.empty_like}
    | {np.diag_indices_from, np.tril_indices_from, np.triu_indices_from}
)


def note(function: Any) -> None:
    """Remember a function of zero derivative that a Tensor came to."""
    record = _record.get()
    if record is not None:
        record[function] = None


def called_alone(
    f: Callable[..., Any], args: Any, kwargs: Any
) -> tuple[Any, list[Any] | None]:
    """The result of f, and the functions noted; None for these where derivatives nest.

    Then they are none of a person's own: a derivative is taken inside f, or around it.
    """
    around = _record.get()
    if around is not None:
        around[None] = None
        return f(*args, **kwargs), None
    record: dict[Any, None] = {}
    token = _record.set(record)
    try:
        result = f(*args, **kwargs)
    finally:
        _record.reset(token)
    return result, None if None in record else list(record)


def warn_of_zero(
    caller: str, places: tuple[int, ...], called: list[Any], name_of: Callable[..., str]
) -> None:
    """Say that a gradient is 0, and why; to be called three calls below the user's."""
    which = f"argument {places[0]}" if len(places) == 1 else f"arguments {places}"
    names = [name_of(function) for function in called if function not in _ABOUT_SHAPES]
    why = (
        f"f called {', '.join(names)}, of derivative 0"
        if names
        else "constants and comparisons (t > 0) have the slope 0, and t.data, "
        "t.item(), t.detach() and no_grad() cut the graph"
    )
    warnings.warn(
        f"{caller}: what f returned does not depend on {which}, so the gradient is 0; "
        f"{why}",
        UserWarning,
        stacklevel=4,
    )
