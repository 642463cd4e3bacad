"""What a script can know of the cells of heat maps."""

import math
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from helpers.scenes import scene

from engine import Tensor
from viz import draw
from viz.picture.cells import cell_numbers
from viz.picture.draw import draw_scene
from viz.picture.lines import Shown, number_rows
from viz.picture.options import Options
from viz.words.numbers import number

SHOWN = Shown(frozenset(("value", "grad", "shape")))


def graph(array):
    x = Tensor(array, name="x")
    (np.tanh(x) * array).sum().backward()
    return x


def test_the_numbers_of_value_and_gradient_stand_in_the_order_of_the_entries():
    x = graph(np.linspace(-1.0, 1.0, 24).reshape(2, 3, 4))
    found = cell_numbers(number_rows(x, SHOWN))
    assert found["value"].split(" ") == [number(entry) for entry in x.data.ravel()]
    assert found["grad"].split(" ") == [number(entry) for entry in x.grad.ravel()]


def test_odd_numbers_are_written_as_on_cards():
    x = Tensor([np.nan, np.inf, -np.inf, 1.5e-7, -0.0])
    (field,) = number_rows(x, SHOWN)[0]
    assert cell_numbers([[field]]) == {"value": "NaN ∞ -∞ 1.5e-7 0.0"}
    mask = np.tri(5) > 0
    assert cell_numbers(number_rows(mask, SHOWN))["value"].startswith("True False")
    assert cell_numbers(number_rows(np.arange(6), SHOWN)) == {"value": "0 1 2 3 4 5"}


@pytest.mark.parametrize("array", [2.0, np.ones(9), np.arange(4.0), np.arange(99.0)])
def test_what_has_no_map_has_no_cells(array):
    assert cell_numbers(number_rows(Tensor(array), SHOWN)) == {}


def test_the_numbers_are_copies():
    x = graph(np.linspace(-1.0, 1.0, 10))
    rows = number_rows(x, SHOWN)
    before = cell_numbers(rows)
    x.data[:] = 0.0
    x.grad[:] = 0.0
    assert cell_numbers(rows) == before


def maps(svg):
    """The first group of a heat map in an SVG, by class."""
    groups = list(ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}g"))
    return {g.get("class"): g for g in reversed(groups) if g.get("data-rows")}


def entry_at(group, x, y):
    """The number of the entry whose cell a point of the group lies in: what a script
    computes, from the attributes alone."""
    rows, columns, slices, across = (
        int(group.get(f"data-{word}"))
        for word in ("rows", "columns", "slices", "across")
    )
    wide, high = map(float, group.get("data-cell").split(","))
    gap, x = float(group.get("data-gap")), x - float(group.get("data-left"))
    beside, below = columns * wide + gap, rows * high + gap
    i, j = math.floor(x / beside), math.floor(y / below)
    column, row = (
        math.floor((x - i * beside) / wide),
        math.floor((y - j * below) / high),
    )
    at = j * across + i
    inside = 0 <= i < across and 0 <= row < rows and 0 <= column < columns
    return (at * rows + row) * columns + column if inside and at < slices else None


@pytest.mark.parametrize(
    "shape", [(7,), (5, 6), (12, 1), (4, 6, 6), (3, 5, 5), (1, 2, 3, 4, 4)]
)
def test_a_script_finds_each_cell_by_the_attributes_of_its_map(shape):
    x = graph(np.linspace(-1.0, 1.0, math.prod(shape)).reshape(shape))
    drawn = draw(x * 2.0, legend=False).svg()
    chart = next(f.chart for row in number_rows(x, SHOWN) for f in row[0] if f.chart)
    group = maps(drawn)["chart value"]
    assert group.get("data-shape") == ",".join(map(str, shape))
    grid, left = chart.cells.grid, chart.cells.left
    for k, (at, top) in enumerate(grid.cells()):
        middle = left + at + grid.wide / 2, top + grid.high / 2
        assert entry_at(group, *middle) == k
    assert entry_at(group, left + grid.wide / 2, chart.height - 1) is None  # the bar
    assert entry_at(group, left + grid.size[0] + 1, 1.0) is None


def test_a_histogram_says_nothing_of_cells():
    assert not maps(draw(graph(np.linspace(-1.0, 1.0, 90)) * 2.0).svg())


def titled(group):
    """The title of each cell, and the middle of the line by which one points at it."""
    cells = next(g for g in group if g.get("class") == "numbers")
    for cell in cells:
        line = re.fullmatch(r"M(\S+) (\S+)h(\S+)", cell.get("d"))
        x, y, wide = map(float, line.groups())
        yield cell[0].text, (x + wide / 2, y)


def test_a_browser_shows_the_index_and_the_number_of_a_cell_that_one_points_at():
    x = graph(np.linspace(-1.0, 1.0, 24).reshape(2, 3, 4))
    groups = maps(draw(x * 2.0, legend=False).svg())
    for part, entries in (("value", x.data), ("grad", x.grad)):
        found = list(titled(groups[f"chart {part}"]))
        said = [f"{list(i)} {number(n)}" for i, n in np.ndenumerate(entries)]
        assert [text for text, _ in found] == said
        places = [place for _, place in found]
        assert [entry_at(groups[f"chart {part}"], *place) for place in places] == list(
            range(24)
        )
        high = float(groups[f"chart {part}"].get("data-cell").split(",")[1])
        assert places[0][1] == pytest.approx(high / 2, abs=0.01)


def test_a_large_picture_and_a_page_have_no_titles_of_cells():
    few = draw(graph(np.linspace(-1.0, 1.0, 1024).reshape(32, 32)) * 2.0)
    x = Tensor(np.linspace(-1.0, 1.0, 1024).reshape(32, 32), name="x")
    many = np.tanh(x) * np.cos(x)
    many.backward(np.linspace(0.0, 1.0, 1024).reshape(32, 32))
    assert few.svg().count('<g class="numbers"') == 3  # x, its gradient, and 2 x
    assert '<g class="numbers"' not in draw(many).svg()
    assert '<g class="numbers"' not in few.html()


def test_a_scene_whose_numbers_a_page_changes_has_none():
    x = graph(np.linspace(-1.0, 1.0, 10))
    show = frozenset(("value",))
    options = Options(None, "LR", show, "grad", "light", True, True, True)
    svg = draw_scene(scene(x * 2.0), options).svg()
    assert maps(svg)
    assert '<g class="numbers"' not in svg
