"""Small charts inside a card: a heat map of an array, or a histogram of a large one.

A chart is drawn into the SVG later; Graphviz knows only how large the card is. The
card states from the least to the greatest entry below it. Gradients have other hues
than values.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from viz.picture.chart_parts import OF_GRADIENTS, OF_VALUES, Chart
from viz.picture.heat_maps import heat_map
from viz.picture.histograms import histogram
from viz.picture.map_grid import grid_of
from viz.words.numbers import is_few, is_numpy, is_uniform


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
    hues = OF_GRADIENTS if gradient else OF_VALUES
    grid = grid_of(array.shape)
    if grid is None:
        return histogram(array, hues)
    return heat_map(array, grid, "slopes" if gradient else "map", hues)
