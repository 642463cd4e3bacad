"""Calls that leave a program: what is not written down, but called in every run.

A schedule of learning rates is a function of Python's numbers; a generator of random
numbers is drawn from anew each time. Called with plain numbers these are what they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine._once import once
from engine.written.array import Writing, values_in


def called(f: Callable[..., Any], *args: Any) -> Any:
    """f(*args); in a function that is compiled a call that every run makes.

    Args:
        f: without effects, of numbers and arrays, with one number as result.
        args: for it.
    """
    writing = next((x for x in args if isinstance(x, Writing)), None)
    if writing is None:
        return f(*args)
    return writing.record.call(f, args, f(*values_in(args)), pure=True)


def is_known(x: Any) -> bool:
    """Whether the values of x may be checked: of an array, or of one that is compiled.

    There each check is one that every run makes.
    """
    return isinstance(x, np.ndarray) or (isinstance(x, Writing) and x.record.exact)


def drawn(rng: np.random.Generator, shape: tuple[int, ...], like: Any) -> Any:
    """Random numbers from 0 to 1, of a shape; where `like` is recorded, of every run.

    Args:
        rng: draws them.
        shape: how many.
        like: the array that they will go with.
    """
    if not isinstance(like, Writing):
        return once(rng.random, shape)
    return like.record.draw(rng, shape)
