"""Where the lines of a card stand: on the card, each by itself."""

from itertools import combinations

import numpy as np
import pytest
from helpers.gallery import PROGRAMS
from helpers.scenes import worded

from viz.picture.card_layout import laid_out, stacked
from viz.picture.charts import chart
from viz.picture.lines import ENTRY, NOTE, NUMBER, TITLE, Line
from viz.words.text import width

SHOW = frozenset(("value", "grad", "shape", "sum"))


def boxes(layout):
    """Left, top, right and bottom of every line of a card."""
    for line, x, y in layout.placed:
        if line.chart is not None:
            yield line, x, y, x + line.chart.width, y + line.chart.height
        else:
            half, size = 0.3 * line.size * width(line.text), line.size
            yield line, x - half, y - 0.75 * size, x + half, y + 0.2 * size


def check(rows):
    """Nothing stands outside of the card, and no line on another."""
    layout = laid_out(rows)
    found = list(boxes(layout))
    assert len(found) == sum(len(field) for row in rows for field in row)
    for line, left, top, right, bottom in found:
        assert 0 < left <= right < layout.width, line
        assert 0 < top <= bottom < layout.height, line
    for (one, *a), (other, *b) in combinations(found, 2):
        apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
        assert apart, f"{one} meets {other}"


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("form", [list, stacked])
def test_all_lines_of_a_card_are_on_it_and_apart(program, form):
    tensor, names = PROGRAMS[program]()
    for words in worded(tensor, names, SHOW, 60)[0]:
        check(form(words.rows))


@pytest.mark.parametrize("size", [NOTE, TITLE, ENTRY, NUMBER])
def test_a_card_is_as_wide_as_its_widest_line(size):
    short, long = Line("x", size=size), Line("m" * 50, size=size)
    assert laid_out([[[short]], [[long]]]).width == laid_out([[[long]]]).width
    assert laid_out([[[long]]]).width > 50 * 0.6 * size
    assert laid_out([[[short]]]).width == laid_out([[[Line("xy", size=size)]]]).width


def test_wide_characters_take_the_room_of_two_at_least_and_accents_none():
    wide, accents = Line("重み" * 9), Line("e\u0301" * 18)
    assert laid_out([[[wide]]]).width >= laid_out([[[Line("m" * 36)]]]).width
    assert laid_out([[[accents]]]).width == laid_out([[[Line("e" * 18)]]]).width


def test_fields_of_a_row_stand_side_by_side_from_left_to_right():
    row = [[Line("left"), Line("below")], [Line("right")]]
    (left, x1, y1), (_, x2, y2), (right, x3, y3) = laid_out([row]).placed
    assert (left.text, right.text) == ("left", "right")
    assert (x1, y1) == (x2, y3)
    assert x3 > x1
    assert y2 > y1
    assert len({x for _, x, _ in laid_out(stacked([row])).placed}) == 1


def test_rows_stand_in_the_middle_under_each_other():
    layout = laid_out([[[Line("wide" * 9)]], [[Line("x")]], [[Line("y")]]])
    assert {x for _, x, _ in layout.placed} == {layout.width / 2}
    heights = [y for _, _, y in layout.placed]
    assert heights == sorted(set(heights))


def test_a_chart_has_its_whole_room_and_text_under_it():
    drawn = chart(np.arange(60.0).reshape(20, 3))
    check([[[Line("title")]], [[Line("", chart=drawn), Line("0.0 … 59.0")]]])
    layout = laid_out([[[Line("", chart=drawn)]]])
    assert layout.height > drawn.height
    assert layout.width > drawn.width


def test_a_card_of_one_character_is_still_a_card():
    assert laid_out([[[Line("·")]]]).width >= 36
