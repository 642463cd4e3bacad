"""Heat maps: cells, slices apart, and what NaN and signs look like without colour."""

import numpy as np
import pytest
from helpers.charts import LIGHT, bar, boxes, cells, filled, paths

from viz.picture.charts import chart
from viz.picture.colours import THEMES, mixed
from viz.picture.map_grid import GAP


def counts(array):
    """Fill -> how many cells have it."""
    return {fill: len(found) for fill, found in cells(array).items()}


def test_the_scale_is_centred_at_zero_and_ends_at_the_largest():
    found = counts(np.array([[-2.0, -1.0, 0.0, 1.0, 2.0]]))
    assert found[LIGHT.positive] == found[LIGHT.negative] == 1
    assert len(found) == 4  # 0 is the paper's
    assert sum(found.values()) == 4


def test_the_smallest_number_is_told_from_zero():
    assert sum(counts(np.array([[1e-9, 0.0, 0.0, 0.0, 1.0]])).values()) == 2


def test_nan_has_the_colour_of_the_ring_and_infinity_the_strongest():
    found = counts(np.array([[np.nan, np.inf, -np.inf, 1.0, 0.0]]))
    assert found[LIGHT.nan] == 1
    assert found[LIGHT.negative] == 1
    assert found[LIGHT.positive] == 2


@pytest.mark.parametrize("theme", THEMES.values())
def test_every_cell_of_nan_has_a_cross_so_that_it_is_no_number(theme):
    array = np.array([[np.nan, 1.0, -1.0, np.nan, 0.0]])
    *_, crosses, _ = paths(array, theme)
    assert crosses["d"].count("M") == 2
    assert crosses["stroke"] == theme.paper
    assert chart(array).has_nan
    assert not chart(np.arange(5.0)).has_nan


def test_every_negative_cell_has_a_dot_so_that_grey_tells_the_sign():
    array = np.linspace(-1.0, 1.0, 12).reshape(2, 6)
    for theme in THEMES.values():
        dotted = [p for p in paths(array, theme) if p.get("stroke-linecap") == "round"]
        assert sum(p["d"].count("M") for p in dotted) == (array < 0).sum()


def test_cells_stand_where_their_entries_do():
    array = np.zeros((5, 8))
    array[3, 6] = 1.0
    ((x, y, width, height),) = cells(array)[LIGHT.positive]
    assert (x / width, y / height) == (6, 3)
    drawn = chart(array)
    assert (width * 8, height * 5) == pytest.approx(drawn.cells.grid.size)


def placed(array):
    """Left and top of the cells that are not 0, and the size of the last."""
    found = [box for boxes in cells(array).values() for box in boxes]
    return sorted((y, x) for x, y, _, _ in found), found[-1][2:]


def test_slices_stand_apart_each_with_its_frame():
    array = np.zeros((4, 6, 6))
    array[:, 0, 0] = 1.0
    places, (wide, high) = placed(array)
    right, down = 6 * wide + GAP, 6 * high + GAP
    assert wide == high
    expected = [(0, 0), (0, right), (down, 0), (down, right)]
    assert np.allclose(places, expected, atol=0.01)
    frames = boxes(paths(array)[-1]["d"])
    assert np.allclose([(y, x) for x, y, *_ in frames[:4]], expected, atol=0.01)
    assert len(frames) == 5  # and that of the colour bar


def test_all_slices_have_one_scale():
    array = np.stack([np.full((3, 3), 0.5), np.full((3, 3), 1.0)])
    array[0, 0, 0] = 0.0
    assert counts(array) == {mixed(0.5, LIGHT.positive, LIGHT.paper): 8} | {
        LIGHT.positive: 9
    }


def test_a_narrow_map_stands_over_the_middle_of_its_bar():
    array = np.arange(1.0, 13.0).reshape(12, 1)
    drawn = chart(array)
    (x, _, width, _), *_ = cells(array)[LIGHT.positive]
    assert x + width / 2 == pytest.approx(drawn.width / 2, abs=0.01)
    assert x == pytest.approx(drawn.cells.left, abs=0.01)
    assert drawn.width > width


def test_a_map_of_booleans_has_no_bar():
    drawn = chart(np.tri(6) > 0)
    assert drawn.bar(LIGHT) == []
    assert drawn.height == drawn.cells.grid.size[1]
    assert drawn.states == ""
    assert bar(np.tri(6) > 0) == []


def test_the_numbers_of_a_map_are_copies():
    array = np.arange(6.0)
    drawn = chart(array)
    array[:] = 9.0
    assert drawn.cells.numbers == "0.0 1.0 2.0 3.0 4.0 5.0"
    assert drawn.draw(LIGHT) == chart(np.arange(6.0)).draw(LIGHT)


def test_a_colour_has_one_path_cells_and_bar_together():
    array = np.linspace(-1.0, 1.0, 48).reshape(6, 8)
    fills = [p["fill"] for p in paths(array) if p.get("fill") != "none"]
    assert len(fills) == len(set(fills))
    assert set(filled(array)) == {fill for _, _, fill in bar(array)}


@pytest.mark.parametrize(
    ("shape", "rows", "columns"),
    [((5, 8), 5, 8), ((4, 6, 6), 13, 13), ((3, 2, 5, 3), 17, 7)],
)
def test_the_table_has_a_colour_for_each_cell_and_none_between_slices(
    shape, rows, columns
):
    array = np.arange(1.0, np.prod(shape) + 1).reshape(shape)
    table = chart(array).colours(LIGHT)
    assert (len(table), {len(row) for row in table}) == (rows, {columns})
    coloured = [colour for row in table for colour in row if colour]
    assert len(coloured) == array.size
    assert coloured[-1] == LIGHT.positive


def test_the_table_of_an_unfilled_grid_is_a_rectangle_too():
    array = np.arange(1.0, 76.0).reshape(3, 5, 5)
    table = chart(array).colours(LIGHT)
    assert len({len(row) for row in table}) == 1
    assert sum(bool(colour) for row in table for colour in row) == 75
