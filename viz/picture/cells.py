"""The numbers of the cells of heat maps, for a page on which one points at a cell.

Where a cell stands, the SVG says: `data-rows`, `data-columns`, `data-slices`,
`data-across`, `data-cell`, `data-gap` and `data-left` of a map, in points. Cells go row
by row, slice by slice, as the entries of the array, whose shape is `data-shape`.
"""

from __future__ import annotations

from collections.abc import Iterable

from viz.picture.lines import Field


def cell_numbers(rows: Iterable[Iterable[Field]]) -> dict[str, str]:
    """The numbers in the cells of a card, as a card writes them.

    Args:
        rows: of the card.

    Returns:
        "value" and "grad", if there is a map of it -> the copied entries in order, with
        four digits and one space between.
    """
    lines = (line for row in rows for field in row for line in field)
    maps = ((line.part, line.chart.cells) for line in lines if line.chart is not None)
    return {part: cells.numbers for part, cells in maps if cells is not None}
