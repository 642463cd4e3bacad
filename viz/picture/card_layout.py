"""Where the lines of a card stand, and how large the card is.

Graphviz is told the size and finds the place of the card; what stands on it is placed
here. Widths are counted: our font has one width for all characters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from viz.picture.lines import Field, Line

_BESIDE, _ABOVE = 8.0, 4.0  # points between the border and the lines
_BETWEEN = 14.0  # between fields side by side
_ROWS = 1.0  # between rows
_BASE = 0.8  # of a line's height lie above its base line
_LEAST = 36.0  # points: the width of a card


class Placed(NamedTuple):
    """A line and its place: the middle of its base line, or the top left of a chart."""

    line: Line
    x: float
    y: float


class Layout(NamedTuple):
    """The lines of a card, from its top left corner, and the size of the card."""

    width: float
    height: float
    placed: list[Placed]


def stacked(rows: Iterable[list[Field]]) -> list[list[Field]]:
    """Rows of one field each: narrow, where `rows` is low."""
    return [[field] for row in rows for field in row]


def laid_out(rows: Iterable[list[Field]]) -> Layout:
    """Places rows under each other, and the fields of a row side by side."""
    rows = list(rows)
    width = max([_LEAST, *(row_width(row) + 2 * _BESIDE for row in rows)])
    placed: list[Placed] = []
    top = _ABOVE
    for row in rows:
        placed += _placed(row, (width - row_width(row)) / 2, top)
        top += max(map(_height, row)) + _ROWS
    return Layout(width, top - _ROWS + _ABOVE, placed)


def _placed(row: list[Field], left: float, top: float) -> Iterator[Placed]:
    for field in row:
        middle, y = left + _field_width(field) / 2, top
        for line in field:
            if line.chart is not None:
                yield Placed(line, middle - line.width / 2, y)
            else:
                yield Placed(line, middle, y + _BASE * line.height)
            y += line.height
        left += _field_width(field) + _BETWEEN


def row_width(row: list[Field]) -> float:
    """Points that the fields of a row take, side by side."""
    return sum(map(_field_width, row)) + _BETWEEN * (len(row) - 1)


def _field_width(field: Field) -> float:
    return max(line.width for line in field)


def _height(field: Field) -> float:
    return sum(line.height for line in field)
