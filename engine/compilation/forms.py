"""Arguments in tuples, lists and dicts: what of them a program was recorded for.

A program is for arguments of one form: as many, in the same tuples, lists and dicts,
arrays of the same shapes and dtypes. Their numbers may differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from engine.written.array import Writing

PLAIN = (bool, str, bytes, type(None))  # whose values are part of the form


class Refused(TypeError):  # noqa: N818 - a word, as Other
    """The error of a function that can't be compiled, with the cure."""


class Other(Exception):  # noqa: N818 - no error: such a call runs as it is
    """Raised for what a program can't take: the function then runs as it is.

    Attributes:
        told: whether a warning says so.
    """

    def __init__(self, why: str, *, told: bool = False) -> None:
        super().__init__(why)
        self.told = told


def key_of(x: Any) -> Any:
    """What arguments have in common that one program is for.

    Raises:
        Other: if there is something else among them than plain numbers and arrays.
    """
    kind = type(x)
    if kind is np.ndarray:
        return (dtype_of(x), x.shape, layout_of(x))
    if kind in (float, int):
        return kind
    if kind in PLAIN:
        return (kind, x)
    if kind in (tuple, list) or is_named_tuple(kind):
        return (kind, *map(key_of, x))
    if kind is dict:
        return (dict, *((type(k), k, key_of(v)) for k, v in x.items()))
    if isinstance(x, np.generic):
        return (kind, dtype_of(x))
    if is_an_object(x):
        return _ItsSelf(x)
    raise Other(f"an argument is a {kind.__name__}")


class _ItsSelf:
    """An object in a key: only itself is equal to it, and it is kept alive."""

    __slots__ = ("of",)

    def __init__(self, of: Any) -> None:
        self.of = of

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ItsSelf) and other.of is self.of

    def __hash__(self) -> int:
        return id(self.of)


def is_an_object(x: Any) -> bool:
    """Whether it is looked into, as what is outside: a network, `self`, a function."""
    if isinstance(x, dict | list | tuple | set | frozenset) or hasattr(x, "__array__"):
        return False
    return callable(x) or hasattr(x, "__dict__")


def layout_of(x: np.ndarray) -> tuple[int, ...] | None:
    """How an array lies in memory: sums go along it, and what is a view depends on it.

    None if entry follows on entry.
    """
    return None if x.flags.c_contiguous else x.strides


def is_named_tuple(kind: type) -> bool:
    return issubclass(kind, tuple) and hasattr(kind, "_fields")


def dtype_of(x: Any) -> Any:
    """The dtype of an array or a scalar; only those that all NumPy functions take."""
    dtype = x.dtype
    if dtype.kind not in "biuf" or dtype.itemsize > 8 or not dtype.isnative:
        raise Other(f"an argument is of {dtype}")
    return dtype


def has_writing(x: Any) -> bool:
    """Whether an array that writes is among arguments."""
    if isinstance(x, Writing):
        return True
    if isinstance(x, dict):
        return any(map(has_writing, x.values()))
    return isinstance(x, tuple | list) and any(map(has_writing, x))


def leaves_of(x: Any) -> Iterator[Any]:
    """All that is in tuples, lists and dicts."""
    if isinstance(x, dict):
        x = x.values()
    elif not isinstance(x, tuple | list):
        yield x
        return
    for part in x:
        yield from leaves_of(part)
