"""Where the cells of heat maps stand."""

import pytest

from viz.picture.map_grid import _MOST, GAP, grid_of
from viz.words.detail import Detail, in_detail


@pytest.mark.parametrize(
    ("shape", "rows", "columns", "slices", "across"),
    [
        ((5,), 1, 5, 1, 1),
        ((6, 4), 6, 4, 1, 1),
        ((1, 1, 6, 4), 6, 4, 1, 1),
        ((1, 32), 1, 32, 1, 1),
        ((2, 5, 5), 5, 5, 2, 2),
        ((4, 6, 6), 6, 6, 4, 2),
        ((1, 4, 6, 6), 6, 6, 4, 2),
        ((12, 5, 5), 5, 5, 12, 4),
        ((4, 1, 6), 1, 6, 4, 1),
        ((3, 2, 4), 2, 4, 3, 1),  # not two beside each other, and one below
        ((4, 6, 1), 6, 1, 4, 4),
        ((3, 2, 5, 3), 5, 3, 6, 2),
        ((2, 3, 1, 5), 1, 5, 6, 3),
        ((2, 2, 2, 3, 3), 3, 3, 8, 2),
    ],
)
def test_slices_stand_in_a_grid_and_leading_ones_do_not_count(
    shape, rows, columns, slices, across
):
    grid = grid_of(shape)
    assert grid[:4] == (rows, columns, slices, across)
    assert len(grid.cells()) == rows * columns * slices


@pytest.mark.parametrize(
    "shape", [(33,), (33, 2), (2, 33), (2, 32, 32), (16, 3, 32), (60, 1, 20)]
)
def test_what_would_have_cells_too_small_to_be_seen_has_no_grid(shape):
    assert grid_of(shape) is None


@pytest.mark.parametrize("n", [1, 2, 3, 5, 7, 12, 20])
@pytest.mark.parametrize("rows", [1, 2, 6, 9])
@pytest.mark.parametrize("columns", [1, 3, 8, 14])
def test_slices_keep_within_their_room_and_cells_are_at_least_three_points(
    n, rows, columns
):
    grid = grid_of((n, rows, columns))
    if grid is None:
        assert n * rows * columns > 500
        return
    assert grid.wide >= 3.0
    assert grid.high >= 3.0
    assert grid.size[0] <= _MOST[0] + 1e-9
    assert grid.size[1] <= _MOST[1] + 1e-9


def test_cells_follow_the_order_of_the_entries():
    grid = grid_of((2, 3, 4))
    cells = grid.cells()
    assert cells[0] == (0, 0)
    assert cells[1] == (grid.wide, 0)
    assert cells[4] == (0, grid.high)
    assert cells[12] == pytest.approx((4 * grid.wide + GAP, 0))


def test_less_detail_makes_smaller_cells():
    for shape in [(4, 4), (2, 3, 3)]:
        with in_detail(Detail(cell=4.0)):
            small = grid_of(shape)
        assert small.wide == small.high
        assert 3.0 < small.wide <= 4.0
        assert grid_of(shape).wide > 4.0
