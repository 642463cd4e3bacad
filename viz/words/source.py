"""The line of the user's program that made an op, where it was noted."""

from __future__ import annotations

import linecache
import os
import re
from typing import NamedTuple

from engine import Tensor

_PLACE = re.compile(r"(?s)(.*):(\d+)(?: \((.*)\))?")


class SourceLine(NamedTuple):
    """A line of a program.

    Attributes:
        file: its name, without the folder; "" for a cell of a notebook.
        number: of the line, from 1.
        text: of the line; "" if the file is not there.
    """

    file: str
    number: int
    text: str


def source_line(node: Tensor) -> SourceLine | None:
    """Where an op was made under `lines()` or `debug()`; None of any other."""
    noted = (getattr(fn, "edge", fn) for fn in node.grad_fns)
    place = next(filter(None, (getattr(x, "place", "") for x in noted)), "")
    found = _PLACE.fullmatch(place)
    if found is None:
        return None
    folder, file = os.path.split(found[1])
    in_notebook = "ipykernel_" in folder or file.startswith("<")
    text = found[3] or linecache.getline(found[1], int(found[2])).strip()
    return SourceLine("" if in_notebook else file, int(found[2]), text)
