"""Small charts inside a card: a heat map of an array, or a histogram of a large one.

A chart is a few lines of a card that are left blank in the DOT, and drawn into the SVG
later; so Graphviz need not know of it. Colours run one way above zero and another way
below, from the paper at 0 to the full hue at the largest absolute value of the array,
which the card states beside it. A negative cell has a dot, so that its sign survives
grey.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from viz.picture.colours import Theme, mixed
from viz.words.numbers import as_table, is_few, is_numpy

LINE = 13.2  # points from line to line on a card: 1.2 × its font size
CHARACTER = 6.6  # points: 0.6 × the font size
MANY = 32  # rows and columns up to which an array is a heat map
_SIDE = 96.0  # points that a heat map takes at most, each way
_CELL_SIDES = (3.0, 11.0)  # least and greatest side of a cell
_HISTOGRAM = (96.0, 2 * LINE - 2)  # width and height
_BINS = 24
_SHADES = 12  # steps from paper to the full hue; a step is hardly seen

Cells = list[tuple[int, int]]  # column, row


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """A drawing of an array, and the room that it takes.

    Attributes:
        kind: "map" or "histogram".
        width: in points.
        height: in points.
        draw: theme -> SVG elements, from (0, 0) at the top left to (width, height).
        colours: theme -> the colour of each cell, row by row; of a histogram, none.
    """

    kind: str
    width: float
    height: float
    draw: Callable[[Theme], str]
    colours: Callable[[Theme], list[list[str]]]

    def blank(self) -> list[str]:
        """The lines of spaces that keep its room."""
        wide, high = self.width / CHARACTER, (self.height + 2) / LINE
        return [" " * math.ceil(wide)] * math.ceil(high)


def chart(data: Any) -> Chart | None:
    """The chart of an array that is too large to be written out; None for any other."""
    if not is_numpy(data) or np.asarray(data).dtype.kind not in "biuf":
        return None
    array = np.asarray(data)
    if is_few(array):
        return None
    table = as_table(array)
    return heat_map(table) if max(table.shape) <= MANY else histogram(array)


def heat_map(table: np.ndarray) -> Chart:
    """A chart of a matrix: one cell per entry, NaN in the colour of the ring."""
    rows, columns = table.shape
    x, y = _cell(columns), _cell(rows)
    shades = _shades(table.astype(float))  # now: the array may change

    def draw(theme: Theme) -> str:
        painted = _painted(shades)
        parts = [
            _path(f"M0 0h{x * columns:.4g}v{y * rows:.4g}H0z", f'fill="{theme.paper}"')
        ]
        parts += [
            _path(_boxes(cells, x, y), f'fill="{_colour(shade, theme)}"')
            for shade, cells in painted.items()
        ]
        parts += [_dots(painted, x, y, theme), _frame(columns * x, rows * y, theme)]
        return "".join(parts)

    def colours(theme: Theme) -> list[list[str]]:
        return [[_colour(shade, theme) for shade in row] for row in shades.tolist()]

    return Chart("map", columns * x, rows * y, draw, colours)


def histogram(entries: np.ndarray) -> Chart:
    """A chart of how many entries lie where, from the least to the greatest."""
    known = np.isfinite(entries)
    finite = np.asarray(entries.ravel() if known.all() else entries[known], float)
    width, height = _HISTOGRAM
    with np.errstate(all="ignore"):
        counts, edges = _binned(finite)
    tallest = counts.max(initial=1)

    def draw(theme: Theme) -> str:
        step = width / len(counts)
        bars = ""
        for i, count in enumerate(counts):
            tall = height * count / tallest
            above = edges[i] + edges[i + 1] >= 0
            hue = theme.positive if above else theme.negative
            box = f"M{i * step:.4g} {height:.4g}v{-tall:.4g}h{step:.4g}v{tall:.4g}z"
            fill = f'fill="{mixed(0.8, hue, theme.paper)}"'
            bars += _path(box, fill) if count else ""
        return bars + _axis(edges, width, height, theme)

    return Chart("histogram", width, height, draw, colours=lambda _: [])


def _binned(finite: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Counts and edges of the bins; of numbers too far apart to bin, none."""
    try:
        return np.histogram(finite, bins=_BINS)
    except (ValueError, IndexError, OverflowError):
        return np.zeros(1, int), np.array([0.0, 0.0])


def _axis(edges: np.ndarray, width: float, height: float, theme: Theme) -> str:
    """The base line, and a tick where 0 is."""
    line = f"M0 {height:.4g}h{width:.4g}"
    span = edges[-1] - edges[0]
    if span > 0 and edges[0] <= 0 <= edges[-1]:
        line += f"M{width * (-edges[0] / span):.4g} 0v{height:.4g}"
    return _path(line, f'stroke="{theme.operation}" stroke-width="0.6"')


def _cell(count: int) -> float:
    least, greatest = _CELL_SIDES
    return min(max(_SIDE / count, least), greatest)


def _dots(painted: dict[float, Cells], x: float, y: float, theme: Theme) -> str:
    """A dot in each negative cell: dark in a pale one, pale in a dark one."""
    found = {theme.negative: "", theme.paper: ""}
    for shade, cells in painted.items():
        if shade < 0:
            ink = theme.paper if shade < -0.5 else theme.negative
            centres = (((i + 0.5) * x, (j + 0.5) * y) for i, j in cells)
            found[ink] += "".join(f"M{cx:.4g} {cy:.4g}h0" for cx, cy in centres)
    width = f"{max(0.28 * min(x, y), 0.9):.3g}"
    return "".join(
        _path(d, f'stroke="{ink}" stroke-width="{width}" stroke-linecap="round"')
        for ink, d in found.items()
    )


def _shades(table: np.ndarray) -> np.ndarray:
    """A shade for each cell: -1 to 1 in steps, 0 for 0, NaN for NaN."""
    finite = np.abs(table[np.isfinite(table)])
    largest = finite.max(initial=0.0) or 1.0
    with np.errstate(all="ignore"):
        shares = np.clip(table / largest, -1.0, 1.0)
        return np.sign(shares) * np.ceil(np.abs(shares) * _SHADES) / _SHADES


def _painted(shades: np.ndarray) -> dict[float, Cells]:
    """The cells of each shade; none of 0."""
    found: dict[float, Cells] = {}
    for row, entries in enumerate(shades.tolist()):
        for column, shade in enumerate(entries):
            if shade != 0:
                key = math.nan if shade != shade else shade
                found.setdefault(key, []).append((column, row))
    return found


def _colour(shade: float, theme: Theme) -> str:
    if shade != shade:
        return theme.nan
    if shade == 0:
        return theme.paper
    hue = theme.positive if shade > 0 else theme.negative
    return mixed(abs(shade), hue, theme.paper)


def _boxes(cells: Cells, x: float, y: float) -> str:
    return "".join(
        f"M{i * x:.4g} {j * y:.4g}h{x:.4g}v{y:.4g}h{-x:.4g}z" for i, j in cells
    )


def _frame(width: float, height: float, theme: Theme) -> str:
    return _path(
        f"M0 0h{width:.4g}v{height:.4g}h{-width:.4g}z",
        f'stroke="{theme.operation}" stroke-width="0.6"',
    )


def _path(d: str, look: str) -> str:
    if not d:
        return ""
    fill = "" if look.startswith("fill") else ' fill="none"'
    crisp = ' shape-rendering="crispEdges"' if not fill else ""
    return f'<path{fill} {look}{crisp} d="{d}"/>'
