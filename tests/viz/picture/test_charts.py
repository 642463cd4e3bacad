"""Which arrays have a heat map, a histogram or no chart."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from helpers.charts import LIGHT, paths

from engine import Tensor
from viz import draw
from viz.picture.charts import chart


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        ((4, 4), None),
        ((5,), "map"),
        ((4, 5), "map"),
        ((32, 32), "map"),
        ((33, 1), "histogram"),
        ((33,), "histogram"),
        ((2, 17, 3), "map"),
        ((2, 64, 64), "histogram"),
        ((0, 9), None),
        ((), None),
    ],
)
def test_the_size_of_an_array_decides_how_it_is_drawn(shape, kind):
    drawn = chart(np.arange(np.prod(shape)).reshape(shape))
    assert (drawn and drawn.kind) == kind


@pytest.mark.parametrize("value", [0.0, 0.001, np.nan, -np.inf, True, 7])
def test_an_array_of_one_value_has_no_chart(value):
    assert chart(np.full((5, 5), value)) is None
    assert chart(np.full(500, value)) is None


def test_what_has_no_order_has_no_chart():
    assert chart(np.ones((5, 5), complex)) is None
    assert chart(np.array(["a"] * 9)) is None
    assert chart("text") is None


def test_gradients_have_other_hues_than_values():
    for array in (np.linspace(-1.0, 1.0, 6), np.linspace(-1.0, 1.0, 60)):
        values = {p["fill"] for p in paths(array)}
        gradients = {p["fill"] for p in paths(array, gradient=True)}
        assert values & gradients <= {"none", LIGHT.paper}
    full = {LIGHT.rising, LIGHT.falling}
    assert full <= {p["fill"] for p in paths(np.linspace(-1, 1, 6), gradient=True)}


@pytest.mark.parametrize(
    "array",
    [
        np.full(50, np.nan),
        np.array([np.inf] * 40 + [1.0]),
        np.array([-1.7e308, 1.7e308] * 20),
        np.array([-1.7e308, 1e-300] * 20),
        np.array([-5e-324, 5e-324] * 20),
        np.full(40, 5e-324),
        np.array([0.0, 5e-324] * 20),
        np.zeros(40),
        np.arange(40) % 2 == 0,
        np.arange(40, dtype="uint8"),
        np.arange(40, dtype=np.float16),
    ],
)
@pytest.mark.filterwarnings("error")
def test_no_array_is_too_odd_to_be_drawn(array):
    for shaped in (array, array.reshape(-1)[:30], array[:9].reshape(1, 9)):
        drawn = chart(shaped)
        assert drawn is None or "nan" not in drawn.draw(LIGHT)


def test_a_chart_stands_in_the_room_that_was_kept_for_it():
    x = Tensor(np.linspace(-1.0, 1.0, 60).reshape(20, 3), name="x")
    svg = draw(np.tanh(x), legend=False).svg()
    drawn = chart(x.data)
    root = ET.fromstring(svg)
    ns = "{http://www.w3.org/2000/svg}"
    for card in root.iter(f"{ns}g"):
        if not card.get("class", "").startswith("node card"):
            continue
        box = next(card.iter(f"{ns}path")).get("d")
        points = np.array(re.findall(r"(-?[\d.]+),(-?[\d.]+)", box), float)
        (group,) = [
            g for g in card.iter(f"{ns}g") if (g.get("class") or "").startswith("chart")
        ]
        left, top = map(float, re.findall(r"-?[\d.]+", group.get("transform")))
        low, high = points.min(axis=0), points.max(axis=0)
        assert low[0] < left
        assert left + drawn.width < high[0]
        assert low[1] < top
        assert top + drawn.height < high[1]
