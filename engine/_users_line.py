"""The line of the user's program that an error points to.

A computation has frames of the engine, of NumPy, of Python's own library, and of others
that call functions which they are given (SciPy, pandas). The user's line is the
innermost one of none of these.
"""

from __future__ import annotations

import linecache
import os
import sys
from functools import lru_cache
from types import FrameType

import numpy as np

# viz and nn lie beside engine, and SciPy and the others beside NumPy.
_HOUSE = os.path.dirname(os.path.dirname(__file__))
_LIBRARIES = os.path.dirname(np.__path__[0])
_NOT_THE_USERS = tuple(
    os.path.join(folder, name) + os.sep
    for folder, names in (
        (_HOUSE, ("engine", "nn", "viz")),
        (_LIBRARIES, ("numpy", "scipy", "pandas", "xarray", "matplotlib")),
    )
    for name in names
)


_PYTHON = os.path.dirname(os.__file__) + os.sep
_INSTALLED = ("site-packages", "dist-packages")


def is_pythons(file: str) -> bool:
    """Whether a file is of Python's own library."""
    return file.startswith(_PYTHON) and not any(name in file for name in _INSTALLED)


@lru_cache(maxsize=4096)
def is_users(file: str) -> bool:
    return not is_pythons(file) and not file.startswith(_NOT_THE_USERS)


def users_line() -> str:
    """Where the user's line stands: file, number and text."""
    frame = users_frames()[0]
    file, line = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(file, line, frame.f_globals).strip()
    return f"{file}:{line}" + (f" ({text})" if text else "")


def users_place() -> str:
    """Where the user's line stands: file and number, which are found sooner."""
    # The operation that has just computed something and what it called are not users.
    frame = sys._getframe(3)
    while not is_users(frame.f_code.co_filename) and frame.f_back:
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def is_asked_by_user() -> bool:
    """Whether the code that asks an object is the user's, or asks for the user's."""
    frame = sys._getframe(2)
    while frame.f_back and is_pythons(frame.f_code.co_filename):
        frame = frame.f_back
    return is_users(frame.f_code.co_filename)


def users_frames() -> tuple[FrameType, FrameType]:
    """The innermost frame that is the user's, and the one that it called."""
    called = frame = sys._getframe(1)
    while frame.f_back and not is_users(frame.f_code.co_filename):
        called, frame = frame, frame.f_back
    return frame, called
