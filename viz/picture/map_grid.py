"""Where the cells of a heat map stand: in one matrix, or in slices that stand apart.

A vector is a row, and a matrix one slice. Of three axes each slice is a small matrix,
and they stand in a grid that is nearly square; of four the first axis goes down and the
second across. Leading axes of length 1 do not count.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from viz.words.detail import detail

MANY = 32  # rows and columns up to which a matrix is a heat map
GAP = 3.0  # points between slices
_SIDE = 66.0  # points that a matrix takes at most, each way
_USUAL = (80.0, 72.0)  # points that slices take: width and height
_MOST = (150.0, 110.0)  # the same, where cells would be small
_SMALL = 5.5  # points: the side of a cell that is
_IN_SLICES = 0.9  # of the greatest side of a cell: of slices there are several
_LEAST = 3.0  # points: the side of a cell; `Detail.cell` is the greatest


class Grid(NamedTuple):
    """The cells of a heat map, in points.

    Attributes:
        rows: of a slice.
        columns: of a slice.
        slices: how many there are.
        across: how many of them stand side by side.
        wide: the width of a cell.
        high: its height.
    """

    rows: int
    columns: int
    slices: int
    across: int
    wide: float
    high: float

    @property
    def down(self) -> int:
        """Rows of slices."""
        return -(-self.slices // self.across)

    @property
    def slice_size(self) -> tuple[float, float]:
        """Width and height of a slice."""
        return self.columns * self.wide, self.rows * self.high

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of all."""
        wide, high = self.slice_size
        return _row(self.across, wide), _row(self.down, high)

    def corners(self) -> list[tuple[float, float]]:
        """The top left of each slice."""
        wide, high = self.slice_size
        places = (divmod(i, self.across) for i in range(self.slices))
        return [(column * (wide + GAP), row * (high + GAP)) for row, column in places]

    def cells(self) -> list[tuple[float, float]]:
        """The top left of each cell, in the order of the entries."""
        return [
            (left + column * self.wide, top + row * self.high)
            for left, top in self.corners()
            for row in range(self.rows)
            for column in range(self.columns)
        ]


def grid_of(shape: Sequence[int]) -> Grid | None:
    """Where the entries of an array stand; None if they are too many for cells."""
    *leading, rows, columns = [1, 1, *shape]
    leading = [n for i, n in enumerate(leading) if any(m > 1 for m in leading[: i + 1])]
    if not leading:
        if max(rows, columns) > MANY:
            return None
        return Grid(rows, columns, 1, 1, _cell(columns), _cell(rows))
    slices = math.prod(leading)
    if slices * rows * columns > MANY**2:
        return None
    tried = range(1, slices + 1) if len(leading) == 1 else leading[-1:]
    grids = [_in_slices(rows, columns, slices, across) for across in tried]
    best = max(grids, key=_fitness)
    return best if best.wide >= _LEAST else None


def _fitness(grid: Grid) -> tuple[float, bool, float, int]:
    """What makes a grid better: large cells, then that it is full, then low."""
    width, height = grid.size
    full = grid.slices % grid.across == 0 and width <= _USUAL[0]
    return grid.wide, full, -height, -grid.across


def _in_slices(rows: int, columns: int, slices: int, across: int) -> Grid:
    """A grid of square cells, as large as there is room for."""
    counts = (across, columns), (-(-slices // across), rows)

    def side(room: tuple[float, float]) -> float:
        return min(
            (points - GAP * (count - 1)) / (count * cells)
            for points, (count, cells) in zip(room, counts, strict=True)
        )

    most = _IN_SLICES * detail().cell
    cell = min(max(side(_USUAL), min(side(_MOST), _SMALL)), most)
    return Grid(rows, columns, slices, across, cell, cell)


def _cell(count: int) -> float:
    return min(max(_SIDE / count, _LEAST), detail().cell)


def _row(count: int, size: float) -> float:
    """Points that so many slices take beside each other."""
    return count * (size + GAP) - GAP
