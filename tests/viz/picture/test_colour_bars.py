"""The bar under a heat map, which says what colours mean."""

from itertools import pairwise

import numpy as np
import pytest
from helpers.charts import LIGHT, bar, cells, paths

from viz.picture.charts import chart
from viz.picture.colour_bars import HEIGHT, bar_of
from viz.picture.colours import mixed

WIDTH = 60.0
EITHER_SIGN = [np.linspace(-1.0, 2.0, 30), np.linspace(-7e-9, 1e-9, 30)]
ONE_SIGN = [
    np.linspace(0.47, 2.0, 30),
    np.linspace(0.0, 3.0, 30),
    -np.arange(1.0, 12.0),
]


@pytest.mark.parametrize("array", EITHER_SIGN + ONE_SIGN)
def test_the_pieces_fill_the_bar_without_gaps(array):
    pieces = bar_of(array, WIDTH).pieces
    assert pieces[0].left == 0.0
    for piece, following in pairwise(pieces):
        assert piece.left + piece.width == pytest.approx(following.left)
        assert piece.shade < following.shade
    assert pieces[-1].left + pieces[-1].width == pytest.approx(WIDTH)


@pytest.mark.parametrize("array", EITHER_SIGN)
def test_zero_has_a_tick_where_it_lies(array):
    least, greatest = array.min(), array.max()
    found = bar_of(array, WIDTH)
    assert found.zero == pytest.approx(-least / (greatest - least) * WIDTH)
    below = [p for p in found.pieces if p.shade < 0]
    assert below[-1].left + below[-1].width == pytest.approx(found.zero)
    lines = paths(array.reshape(3, 10))[-1]["d"]
    assert lines.count("M") == 3  # frames of the map and of the bar, and the tick


@pytest.mark.parametrize("array", ONE_SIGN)
def test_zero_has_none_where_it_is_an_end_or_beyond(array):
    assert bar_of(array, WIDTH).zero is None


@pytest.mark.parametrize("array", EITHER_SIGN + ONE_SIGN)
def test_a_cell_has_the_colour_that_the_bar_has_at_its_number(array):
    width, (least, greatest) = chart(array).width, (array.min(), array.max())
    fills = {
        round(box[0] / box[2]): fill
        for fill, found in cells(array).items()
        for box in found
    }
    pieces = bar(array)
    for i, entry in enumerate(array):
        at = (entry - least) / (greatest - least) * width
        here = [f for x, wide, f in pieces if x - 0.3 <= at <= x + wide + 0.3]
        assert (fills[i] in here) if entry else (i not in fills)


def test_each_infinity_has_a_piece_of_its_own_beyond_the_scale():
    array = np.array([-np.inf, -1.0, 0.5, 2.0, np.inf, np.nan])
    found = bar_of(array, WIDTH)
    first, *scale, last = found.pieces
    assert (first.shade, last.shade) == (-1.0, 1.0)
    assert scale[0].left > first.left + first.width
    assert scale[-1].left + scale[-1].width < last.left
    assert last.left + last.width == WIDTH
    assert len(found.parts) == 3
    assert scale[0].shade == -0.5  # of -1, where 2 has the full hue


@pytest.mark.parametrize(
    ("entries", "parts", "pieces"),
    [
        ([np.inf, -np.inf], 2, 2),
        ([np.inf, np.nan], 1, 1),
        ([3.0, np.nan], 1, 1),
        ([0.0, np.nan], 1, 0),
        ([-1.7e308, 1.7e308], 1, 24),
        ([-5e-324, 5e-324], 1, 24),
    ],
)
@pytest.mark.filterwarnings("error")
def test_the_oddest_numbers_have_a_bar(entries, parts, pieces):
    found = bar_of(np.array(entries), WIDTH)
    assert (len(found.parts), len(found.pieces)) == (parts, pieces)
    assert np.isfinite([piece[:2] for piece in found.pieces]).all()


def test_the_bar_is_thin_and_below_the_cells():
    array = np.linspace(-1.0, 1.0, 30).reshape(5, 6)
    drawn = chart(array)
    assert drawn.height - drawn.cells.grid.size[1] <= 8.0
    assert HEIGHT <= 5.0
    left, width, fill = bar(array)[0]
    assert (left, fill) == (0.0, LIGHT.negative)
    assert width == pytest.approx(drawn.width / 24, abs=0.01)
    assert bar(array, gradient=True)[-1][2] == LIGHT.rising


def test_the_colours_of_a_bar_are_told_with_their_shares():
    found = chart(np.linspace(0.5, 1.0, 6)).bar(LIGHT)
    assert sum(share for _, share in found) == pytest.approx(1.0)
    assert found[-1][0] == LIGHT.positive
    assert found[0][0] == mixed(7 / 12, LIGHT.positive, LIGHT.paper)
