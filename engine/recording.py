"""Whether operations are recorded: on by default, off inside `no_grad()`.

The one idea: a single flag, kept per thread and per asyncio task (a ContextVar), that
op.py reads whenever a Tensor comes by.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_flag: ContextVar[bool] = ContextVar("recording", default=True)
_outer: ContextVar[Any] = ContextVar(
    "outer", default=None
)  # (flag, what is outside it)
is_recording = _flag.get
_RUN_LATER = (
    inspect.isgeneratorfunction,
    inspect.iscoroutinefunction,
    inspect.isasyncgenfunction,
)


class recording:
    """Record inside the `with` block (or decorated function), whatever is outside."""

    __slots__ = ()

    _on = True

    def __init__(self, *misplaced: Any) -> None:
        if misplaced:
            name = type(self).__name__
            raise TypeError(f"{name} takes no arguments; decorate with @{name}()")

    def __enter__(self) -> None:
        _outer.set((_flag.get(), _outer.get()))
        _flag.set(self._on)

    def __exit__(self, *exception: object) -> None:
        before, rest = _outer.get()
        _flag.set(before)
        _outer.set(rest)

    def __call__(self, fn: Callable[P, T]) -> Callable[P, T]:
        name = type(self).__name__
        if not callable(fn):
            raise TypeError(f"{name}: decorates functions, got {fn!r}; write {name}()")
        if any(runs_later(fn) for runs_later in _RUN_LATER):
            raise TypeError(
                f"{name}: {fn.__name__} runs after the decorator has returned; "
                f"use 'with {name}():' inside it"
            )

        @functools.wraps(fn)
        def wrapped(*args: Any, **kwargs: Any) -> T:
            with type(self)():
                return fn(*args, **kwargs)

        return wrapped


class no_grad(recording):
    """Record nothing inside the `with` block (or the decorated function).

    What is computed there from Tensors is a Tensor that wants no gradient. The state
    from before is restored on every way out, exceptions included.
    """

    __slots__ = ()

    _on = False
