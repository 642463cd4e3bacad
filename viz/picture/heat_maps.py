"""A heat map: one cell per entry, slices apart, and a bar that says the scale.

Colours run one way above zero and another way below, from the paper at 0 to the full
hue at the largest absolute value of the array; all slices have that one scale. A
negative cell has a dot, so that its sign survives grey, and NaN a cross.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from viz.picture.chart_parts import Cells, Chart, Hues, box, crisp, path
from viz.picture.colour_bars import ABOVE, HEIGHT, LEAST, NO_BAR, SHADES, Bar, bar_of
from viz.picture.colours import Theme, mixed
from viz.picture.map_grid import Grid

_TICK = 1.0  # points that the tick at 0 is longer than the bar is high, each way

Places = list[tuple[float, float]]  # the top left of cells, in points


class _Map(NamedTuple):
    """What is drawn; the colours are found when they are asked for.

    Attributes:
        grid: where cells stand.
        left: points from the left of the chart to that of the grid.
        entries: of the array, copied, as floats.
        width: of the bar; 0 of booleans, which have none.
        hues: the roles of the colours.
    """

    grid: Grid
    left: float
    entries: np.ndarray
    width: float
    hues: Hues

    def bar(self) -> Bar:
        return bar_of(self.entries, self.width) if self.width else NO_BAR

    def shades(self) -> list[float]:
        """Of each cell: -1 to 1 in steps, 0 for 0, NaN for NaN."""
        entries = self.entries
        finite = np.abs(entries[np.isfinite(entries)])
        largest = finite.max(initial=0.0) or 1.0
        with np.errstate(all="ignore"):
            shares = np.clip(entries / largest, -1.0, 1.0)
            steps = np.sign(shares) * np.ceil(np.abs(shares) * SHADES) / SHADES
        return list(steps.tolist())

    @property
    def bar_top(self) -> float:
        return self.grid.size[1] + ABOVE


def heat_map(array: np.ndarray, grid: Grid, kind: str, hues: Hues) -> Chart:
    """The chart of an array whose cells stand in a grid."""
    copied = array.flatten()  # now: the array may change
    (width, height), is_scale = grid.size, array.dtype.kind != "b"
    wide = max(width, LEAST) if is_scale else width
    left, entries = (wide - width) / 2, copied.astype(float)
    drawn = _Map(grid, left, entries, wide if is_scale else 0.0, hues)
    return Chart(
        kind,
        wide,
        height + (ABOVE + HEIGHT) * is_scale,
        draw=lambda theme: _drawn(drawn, theme),
        colours=lambda theme: list(_table(drawn, theme)),
        bar=lambda theme: _bar_colours(drawn, theme),
        states="bar" if is_scale else "",
        has_nan=bool(np.isnan(entries).any()),
        cells=Cells(grid, left, array.shape, copied),
    )


def _drawn(drawn: _Map, theme: Theme) -> str:
    """The map as SVG: paper, cells, dots, crosses, and lines around all."""
    places, bar = _painted(drawn), drawn.bar()
    frames = "".join(_frames(drawn, bar))
    filled = [path(frames, f'fill="{theme.paper}"')] + [
        path(d, f'fill="{_colour(shade, theme, drawn.hues)}"')
        for shade, d in _boxes(drawn, bar, places).items()
    ]
    look = f'stroke="{theme.operation}" stroke-width="0.6"'
    return "".join(
        [
            crisp(filled),
            _dots(drawn, places, theme),
            _crosses(drawn, places, theme),
            path(frames + _tick(drawn, bar), look),
        ]
    )


def _painted(drawn: _Map) -> dict[float, Places]:
    """The places of the cells of each shade; none of 0."""
    found: dict[float, Places] = {}
    for shade, (x, y) in zip(drawn.shades(), drawn.grid.cells(), strict=True):
        if shade != 0:
            key = math.nan if shade != shade else shade
            found.setdefault(key, []).append((x + drawn.left, y))
    return found


def _boxes(drawn: _Map, bar: Bar, places: dict[float, Places]) -> dict[float, str]:
    """The cells of each shade, and the piece of the bar, as a path."""
    wide, high = drawn.grid.wide, drawn.grid.high
    size = f"h{wide:.4g}v{high:.4g}h{-wide:.4g}z"
    found = {
        shade: "".join(f"M{x:.4g} {y:.4g}{size}" for x, y in cells)
        for shade, cells in places.items()
    }
    for piece in bar.pieces:
        part = box(piece.left, drawn.bar_top, piece.width, HEIGHT)
        found[piece.shade] = found.get(piece.shade, "") + part
    return found


def _frames(drawn: _Map, bar: Bar) -> Iterator[str]:
    """The outlines of slices, and of the bar."""
    for left, top in drawn.grid.corners():
        yield box(left + drawn.left, top, *drawn.grid.slice_size)
    for left, width in bar.parts:
        yield box(left, drawn.bar_top, width, HEIGHT)


def _tick(drawn: _Map, bar: Bar) -> str:
    if bar.zero is None:
        return ""
    top, long = drawn.bar_top - _TICK, HEIGHT + 2 * _TICK
    return f"M{bar.zero:.4g} {top:.4g}v{long:.4g}"


def _dots(drawn: _Map, places: dict[float, Places], theme: Theme) -> str:
    """A dot in each negative cell: dark in a pale one, pale in a dark one."""
    wide, high = drawn.grid.wide, drawn.grid.high
    hue = getattr(theme, drawn.hues.below)
    found = {hue: "", theme.paper: ""}
    for shade, cells in places.items():
        if shade < 0:
            ink = theme.paper if shade < -0.5 else hue
            # Of no length at all, a single dot would be left out of a PDF.
            found[ink] += "".join(
                f"M{x + wide / 2:.4g} {y + high / 2:.4g}h.01" for x, y in cells
            )
    width = f"{max(0.28 * min(wide, high), 0.9):.3g}"
    return "".join(
        path(d, f'stroke="{ink}" stroke-width="{width}" stroke-linecap="round"')
        for ink, d in found.items()
    )


def _crosses(drawn: _Map, places: dict[float, Places], theme: Theme) -> str:
    """A cross in each cell of NaN."""
    wide, high = drawn.grid.wide / 2, drawn.grid.high / 2
    strokes = "".join(
        f"M{x + wide / 2:.4g} {y + high / 2:.4g}l{wide:.4g} {high:.4g}"
        f"m0 {-high:.4g}l{-wide:.4g} {high:.4g}"
        for shade, cells in places.items()
        for x, y in (cells if shade != shade else ())
    )
    width = f"{max(0.28 * min(wide, high), 0.6):.3g}"
    return path(strokes, f'stroke="{theme.paper}" stroke-width="{width}"')


def _colour(shade: float, theme: Theme, hues: Hues) -> str:
    if shade != shade:
        return theme.nan
    if shade == 0:
        return theme.paper
    hue = getattr(theme, hues.above if shade > 0 else hues.below)
    return mixed(abs(shade), hue, theme.paper)


# --- as a table, for the program `dot` ------------------------------------------------


def _table(drawn: _Map, theme: Theme) -> Iterator[list[str]]:
    """The colours of the cells, row by row; between slices ""."""
    grid = drawn.grid
    found = [_colour(shade, theme, drawn.hues) for shade in drawn.shades()]
    rows = [found[i : i + grid.columns] for i in range(0, len(found), grid.columns)]
    none = [""] * grid.columns
    for first in range(0, grid.slices, grid.across):
        if first:
            yield [""] * (grid.across * (grid.columns + 1) - 1)
        for row in range(grid.rows):
            beside: list[str] = []
            for i in range(first, first + grid.across):
                gap = [""] if beside else []
                beside += gap + (rows[i * grid.rows + row] if i < grid.slices else none)
            yield beside


def _bar_colours(drawn: _Map, theme: Theme) -> list[tuple[str, float]]:
    """The colours of the bar, and the share of its width that each takes."""
    pieces = drawn.bar().pieces
    width = sum(piece.width for piece in pieces)
    return [
        (_colour(piece.shade, theme, drawn.hues), piece.width / width)
        for piece in pieces
    ]
