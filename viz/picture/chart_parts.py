"""What all charts have: a kind, a size, hues, and how they are drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from viz.picture.colours import Theme
from viz.picture.map_grid import GAP, Grid
from viz.words.numbers import number


class Hues(NamedTuple):
    """The roles of the colours above and below 0: fields of Theme."""

    above: str
    below: str


OF_VALUES, OF_GRADIENTS = Hues("positive", "negative"), Hues("rising", "falling")


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The cells of a heat map, for who points at one.

    Attributes:
        grid: where they stand.
        left: points from the left of the chart to that of the grid.
        shape: of the array.
        entries: copies of them, in order.
    """

    grid: Grid
    left: float
    shape: tuple[int, ...]
    entries: np.ndarray

    @property
    def numbers(self) -> str:
        """The entries as cards write them, with a space between."""
        return " ".join(map(number, self.entries.tolist()))

    @property
    def attributes(self) -> str:
        """Where a script finds the cell under the pointer: attributes of an element."""
        grid = self.grid
        said = {
            "shape": ",".join(map(str, self.shape)),
            "rows": grid.rows,
            "columns": grid.columns,
            "slices": grid.slices,
            "across": grid.across,
            "cell": f"{grid.wide:.6g},{grid.high:.6g}",
            "gap": f"{GAP:g}",
            "left": f"{self.left:.4g}",
        }
        return " ".join(f'data-{word}="{value}"' for word, value in said.items())

    @property
    def titles(self) -> str:
        """Unseen cells, each with a title: its index and its number, which a browser
        shows who points at it."""
        grid, places = self.grid, self.grid.cells()
        indices = map(list, np.ndindex(self.shape))
        each = zip(places, indices, map(number, self.entries.tolist()), strict=True)
        cells = (
            f'<path d="M{x + self.left:.4g} {y + grid.high / 2:.4g}h{grid.wide:.4g}">'
            f"<title>{index} {entry}</title></path>"
            for (x, y), index, entry in each
        )
        look = f'fill="none" stroke-width="{grid.high:.4g}" pointer-events="stroke"'
        return f'<g class="numbers" {look}>{"".join(cells)}</g>'


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """A drawing of an array, and the room that it takes.

    Attributes:
        kind: "map", or "slopes" of a gradient; or "histogram".
        width: in points.
        height: in points.
        draw: theme -> SVG elements, from (0, 0) at the top left to (width, height).
        colours: theme -> the colour of each cell, row by row, "" between slices; of a
            histogram, none.
        bar: theme -> the colours of the bar below, each with its share of the width.
        states: "bar" or "array": how the least and the greatest entry are shown; of
            booleans "".
        has_nan: whether cells are crossed.
        cells: of a heat map.
    """

    kind: str
    width: float
    height: float
    draw: Callable[[Theme], str]
    colours: Callable[[Theme], list[list[str]]] = lambda _: []
    bar: Callable[[Theme], list[tuple[str, float]]] = lambda _: []
    states: str = "array"
    has_nan: bool = False
    cells: Cells | None = None


def path(d: str, look: str) -> str:
    """An SVG path, which is filled or has a stroke; "" of nothing."""
    if not d:
        return ""
    fill = "" if look.startswith("fill") else ' fill="none"'
    return f'<path{fill} {look} d="{d}"/>'


def crisp(paths: Iterable[str]) -> str:
    """Paths with sharp edges: filled boxes beside each other leave no gap."""
    return f'<g shape-rendering="crispEdges">{"".join(paths)}</g>'


def box(x: float, y: float, width: float, height: float) -> str:
    """A rectangle, as a part of a path."""
    return f"M{x:.4g} {y:.4g}h{width:.4g}v{height:.4g}h{-width:.4g}z"
