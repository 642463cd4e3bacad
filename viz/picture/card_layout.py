"""Where the lines of a card stand, and how large the card is.

Graphviz is told the size and finds the place of the card; what stands on it is placed
here. Widths are counted: our font has one width for all characters.
"""

from __future__ import annotations

from collections.abc import Iterable
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
    measured = [(row, list(map(_field_width, row))) for row in rows]
    taken = [_beside(widths) for _, widths in measured]
    width = max([_LEAST, *(points + 2 * _BESIDE for points in taken)])
    placed: list[Placed] = []
    top = _ABOVE
    for (row, widths), points in zip(measured, taken, strict=True):
        left, bottom = (width - points) / 2, top
        for field, field_width in zip(row, widths, strict=True):
            middle, y = left + field_width / 2, top
            for line in field:
                height = line.height
                if line.chart is not None:
                    placed.append(Placed(line, middle - line.width / 2, y))
                else:
                    placed.append(Placed(line, middle, y + _BASE * height))
                y += height
            left += field_width + _BETWEEN
            bottom = max(bottom, y)
        top = bottom + _ROWS
    return Layout(width, top - _ROWS + _ABOVE, placed)


def row_width(row: list[Field]) -> float:
    """Points that the fields of a row take, side by side."""
    return _beside(list(map(_field_width, row)))


def _beside(widths: list[float]) -> float:
    return sum(widths) + _BETWEEN * (len(widths) - 1)


def _field_width(field: Field) -> float:
    return max([line.width for line in field])
