"""The line of the user's program that an error points to.

A computation has frames of the engine, of NumPy, and of libraries that call functions
which they are given (SciPy, pandas). The user's line is the innermost one of none.
"""

from __future__ import annotations

import linecache
import os
import sys
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


def users_line() -> str:
    """Where the user's line stands: file, number and text."""
    frame = users_frames()[0]
    file, line = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(file, line, frame.f_globals).strip()
    return f"{file}:{line}" + (f" ({text})" if text else "")


def users_frames() -> tuple[FrameType, FrameType]:
    """The innermost frame that is the user's, and the one that it called."""
    called = frame = sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename.startswith(_NOT_THE_USERS):
        called, frame = frame, frame.f_back
    return frame, called
