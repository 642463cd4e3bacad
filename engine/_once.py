"""What has effects is called once, also where a call has to begin anew.

A compiled program (engine/compilation) may find, after it has drawn random numbers,
that it was recorded for another way of going on. The function then runs once more, by
another program or as it is, and what was drawn is not drawn again: it waits here.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

_waiting: ContextVar[list[Any] | None] = ContextVar("waiting", default=None)


def once(call: Callable[..., Any], *args: Any) -> Any:
    """What call(*args) gives, or gave already."""
    waiting = _waiting.get()
    return waiting.pop(0) if waiting else call(*args)


def waiting(i: int) -> Any:
    """The i-th result that waits, or None."""
    results = _waiting.get() or ()
    return results[i] if i < len(results) else None


def wait(*results: Any) -> None:
    """Have the next calls give these results."""
    _waiting.set([*results, *(_waiting.get() or ())])


def forget_waiting() -> None:
    _waiting.set(None)
