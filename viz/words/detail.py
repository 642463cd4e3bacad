"""How much is written of numbers and arrays: in how many digits, how many entries.

A picture that is short of room asks for less, for as long as it is made: `in_detail`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

FEW = 4  # rows and columns up to which an array is written out


class Detail(NamedTuple):
    """How much is written of numbers and arrays.

    Attributes:
        digits: significant digits of a number.
        entries: up to which an array is written out, if it is at most 4 × 4.
        cell: points: the greatest side of a cell of a map.
    """

    digits: int = 4
    entries: int = FEW * FEW
    cell: float = 9.0


_USUAL = Detail()
_detail: ContextVar[Detail] = ContextVar("detail", default=_USUAL)


def detail() -> Detail:
    """How much is written now."""
    return _detail.get()


@contextmanager
def in_detail(chosen: Detail) -> Iterator[None]:
    """Writes numbers and arrays so, inside of `with`."""
    token = _detail.set(chosen)
    try:
        yield
    finally:
        _detail.reset(token)
