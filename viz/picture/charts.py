"""Small charts inside a card: a heat map of an array, or a histogram of a large one.

A chart is drawn into the SVG later; Graphviz knows only how large the card is. Colours
run one way above zero and another way below, from the paper at 0 to the full hue at the
largest absolute value of the array, which the card states beside it; gradients have
other hues than values. A negative cell has a dot, so that its sign survives grey, and
NaN a cross. No bin of a histogram has both signs in it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from viz.picture.colours import Theme, mixed
from viz.words.detail import detail
from viz.words.numbers import as_table, is_few, is_numpy, is_uniform

MANY = 32  # rows and columns up to which an array is a heat map
_SIDE = 72.0  # points that a heat map takes at most, each way
_LEAST = 3.0  # points: the side of a cell; `Detail.cell` is the greatest
_HISTOGRAM = (84.0, 22.0)  # width and height
_BINS = 24
_SHADES = 12  # steps from paper to the full hue; a step is hardly seen

Cells = list[tuple[int, int]]  # column, row


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """A drawing of an array, and the room that it takes.

    Attributes:
        kind: "map", or "slopes" of a gradient; or "histogram".
        width: in points.
        height: in points.
        draw: theme -> SVG elements, from (0, 0) at the top left to (width, height).
        colours: theme -> the colour of each cell, row by row; of a histogram, none.
        has_nan: whether cells are crossed.
    """

    kind: str
    width: float
    height: float
    draw: Callable[[Theme], str]
    colours: Callable[[Theme], list[list[str]]]
    has_nan: bool = False


class _Hues(NamedTuple):
    """The roles of the colours above and below 0: fields of Theme."""

    above: str
    below: str


_OF_VALUES, _OF_GRADIENTS = _Hues("positive", "negative"), _Hues("rising", "falling")


def chart(data: Any, *, gradient: bool = False) -> Chart | None:
    """The chart of an array that is too large to be written out, and whose entries
    differ; None for any other.

    Args:
        data: the array, or what is none.
        gradient: whether it is a gradient, which has its own hues.
    """
    if not is_numpy(data) or np.asarray(data).dtype.kind not in "biuf":
        return None
    array = np.asarray(data)
    if is_few(array) or is_uniform(array):
        return None
    table, hues = as_table(array), _OF_GRADIENTS if gradient else _OF_VALUES
    if max(table.shape) <= MANY:
        return heat_map(table, "slopes" if gradient else "map", hues)
    return histogram(array, hues)


def heat_map(table: np.ndarray, kind: str, hues: _Hues) -> Chart:
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
            _path(_boxes(cells, x, y), f'fill="{_colour(shade, theme, hues)}"')
            for shade, cells in painted.items()
        ]
        parts += [_dots(painted, x, y, theme, hues), _crosses(painted, x, y, theme)]
        return "".join([*parts, _frame(columns * x, rows * y, theme)])

    def colours(theme: Theme) -> list[list[str]]:
        return [
            [_colour(shade, theme, hues) for shade in row] for row in shades.tolist()
        ]

    has_nan = bool(np.isnan(shades).any())
    return Chart(kind, columns * x, rows * y, draw, colours, has_nan)


def histogram(entries: np.ndarray, hues: _Hues) -> Chart:
    """A chart of how many entries lie where, from the least to the greatest.

    Bars below 0 are hollow. Entries that are 0 are grey, at the foot of a bar: they
    have no sign.
    """
    known = np.isfinite(entries)
    finite = np.asarray(entries.ravel() if known.all() else entries[known], float)
    width, height = _HISTOGRAM
    with np.errstate(all="ignore"):
        counts, edges = _binned(finite)
    at_zero = min(int(np.searchsorted(edges, 0.0, "right")), len(counts)) - 1
    zeros = min(int((finite == 0).sum()), counts[at_zero])
    scale, step = height / counts.max(initial=1), width / len(counts)

    def draw(theme: Theme) -> str:
        bars, above, below = "", getattr(theme, hues.above), getattr(theme, hues.below)
        for i, count in enumerate(counts):
            foot, signed = height, count
            if zeros and i == at_zero:
                box = _bar(i * step, step, foot, zeros * scale)
                bars += _path(box, f'fill="{mixed(0.8, theme.operation, theme.paper)}"')
                foot, signed = height - zeros * scale, count - zeros
            box = _bar(i * step, step, foot, signed * scale)
            if signed and edges[i] >= 0:
                bars += _path(box, f'fill="{mixed(0.8, above, theme.paper)}"')
            elif signed:  # hollow: its sign survives grey
                fill = f'fill="{mixed(0.15, below, theme.paper)}"'
                bars += _path(box, f'{fill} stroke="{below}" stroke-width="0.6"')
        return bars + _axis(edges, width, height, theme)

    return Chart("histogram", width, height, draw, colours=lambda _: [])


def _bar(x: float, wide: float, foot: float, tall: float) -> str:
    return f"M{x:.4g} {foot:.4g}v{-tall:.4g}h{wide:.4g}v{tall:.4g}z"


def _binned(finite: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Counts and edges of the bins; of numbers too far apart to bin, none."""
    try:
        return np.histogram(finite, bins=_edges(finite))
    except (ValueError, IndexError, OverflowError):
        return np.zeros(1, int), np.array([0.0, 0.0])


def _edges(finite: np.ndarray) -> Any:
    """The edges of bins of one width, or how many bins; 0 is inside none of them."""
    least, greatest = finite.min(initial=np.inf), finite.max(initial=-np.inf)
    if not least < 0 < greatest:
        return _BINS
    below = round(_BINS / (1 + greatest / -least))
    below = min(max(below, 1), _BINS - 1)
    wide = max(-least / below, greatest / (_BINS - below))
    edges = wide * np.arange(-below, _BINS - below + 1)
    edges[0], edges[-1] = min(edges[0], least), max(edges[-1], greatest)  # rounding
    return edges


def _axis(edges: np.ndarray, width: float, height: float, theme: Theme) -> str:
    """The base line, and a tick where 0 is."""
    line, last = f"M0 {height:.4g}h{width:.4g}", len(edges) - 1
    for i in np.flatnonzero(edges == 0) if edges[-1] > edges[0] else ():
        line += f"M{width * i / last:.4g} 0v{height:.4g}"
    return _path(line, f'stroke="{theme.operation}" stroke-width="0.6"')


def _cell(count: int) -> float:
    return min(max(_SIDE / count, _LEAST), detail().cell)


def _dots(
    painted: dict[float, Cells], x: float, y: float, theme: Theme, hues: _Hues
) -> str:
    """A dot in each negative cell: dark in a pale one, pale in a dark one."""
    hue = getattr(theme, hues.below)
    found = {hue: "", theme.paper: ""}
    for shade, cells in painted.items():
        if shade < 0:
            ink = theme.paper if shade < -0.5 else hue
            centres = (((i + 0.5) * x, (j + 0.5) * y) for i, j in cells)
            # Of no length at all, a single dot would be left out of a PDF.
            found[ink] += "".join(f"M{cx:.4g} {cy:.4g}h.01" for cx, cy in centres)
    width = f"{max(0.28 * min(x, y), 0.9):.3g}"
    return "".join(
        _path(d, f'stroke="{ink}" stroke-width="{width}" stroke-linecap="round"')
        for ink, d in found.items()
    )


def _crosses(painted: dict[float, Cells], x: float, y: float, theme: Theme) -> str:
    """A cross in each cell of NaN."""
    wide, high = 0.5 * x, 0.5 * y
    strokes = "".join(
        f"M{(i + 0.25) * x:.4g} {(j + 0.25) * y:.4g}l{wide:.4g} {high:.4g}"
        f"m0 {-high:.4g}l{-wide:.4g} {high:.4g}"
        for shade, cells in painted.items()
        for i, j in (cells if shade != shade else ())
    )
    width = f"{max(0.14 * min(x, y), 0.6):.3g}"
    return _path(strokes, f'stroke="{theme.paper}" stroke-width="{width}"')


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


def _colour(shade: float, theme: Theme, hues: _Hues) -> str:
    if shade != shade:
        return theme.nan
    if shade == 0:
        return theme.paper
    hue = getattr(theme, hues.above if shade > 0 else hues.below)
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
