"""The line of the user's program that made an op, where `debug()` has noted it."""

from __future__ import annotations

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
    """Where an op was made; None if it was not made under `debug()`."""
    edges = (getattr(fn, "edge", None) for fn in node.grad_fns)
    place = next((edge.place for edge in edges if edge is not None), "")
    found = _PLACE.fullmatch(place)
    if found is None:
        return None
    folder, file = os.path.split(found[1])
    in_notebook = "ipykernel_" in folder or file.startswith("<")
    return SourceLine("" if in_notebook else file, int(found[2]), found[3] or "")
