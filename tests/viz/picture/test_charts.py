"""Heat maps and histograms."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from engine import Tensor
from viz import draw
from viz.picture.charts import LINE, chart
from viz.picture.colours import THEMES

LIGHT = THEMES["light"]


def paths(array, theme=LIGHT):
    svg = ET.fromstring(f"<svg>{chart(array).draw(theme)}</svg>")
    return [dict(path.attrib) for path in svg.iter("path")]


def cells(array, theme=LIGHT):
    """Fill -> how many cells of a heat map have it; the first path is the paper."""
    boxes = [p for p in paths(array, theme)[1:] if "shape-rendering" in p]
    return {p["fill"]: p["d"].count("M") for p in boxes}


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        ((4, 4), None),
        ((5,), "map"),
        ((4, 5), "map"),
        ((32, 32), "map"),
        ((33, 1), "histogram"),
        ((33,), "histogram"),
        ((2, 17, 3), "histogram"),
        ((0, 9), None),
        ((), None),
    ],
)
def test_the_size_of_an_array_decides_how_it_is_drawn(shape, kind):
    drawn = chart(np.ones(shape))
    assert (drawn and drawn.kind) == kind


def test_what_has_no_order_has_no_chart():
    assert chart(np.ones((5, 5), complex)) is None
    assert chart(np.array(["a"] * 9)) is None
    assert chart("text") is None


def test_the_scale_is_centred_at_zero_and_ends_at_the_largest():
    found = cells(np.array([[-2.0, -1.0, 0.0, 1.0, 2.0]]))
    assert found[LIGHT.positive] == found[LIGHT.negative] == 1
    assert len(found) == 4  # 0 is the paper's
    assert sum(found.values()) == 4


def test_the_smallest_number_is_told_from_zero():
    assert sum(cells(np.array([[1e-9, 0.0, 0.0, 0.0, 1.0]])).values()) == 2


def test_nan_has_the_colour_of_the_ring_and_infinity_the_strongest():
    found = cells(np.array([[np.nan, np.inf, -np.inf, 1.0, 0.0]]))
    assert found[LIGHT.nan] == 1
    assert found[LIGHT.negative] == 1
    assert found[LIGHT.positive] == 2


def test_every_negative_cell_has_a_dot_so_that_grey_tells_the_sign():
    array = np.linspace(-1.0, 1.0, 12).reshape(2, 6)
    for theme in THEMES.values():
        dotted = [p for p in paths(array, theme) if p.get("stroke-linecap") == "round"]
        assert sum(p["d"].count("M") for p in dotted) == (array < 0).sum()


def test_cells_stand_where_their_entries_do():
    array = np.zeros((5, 8))
    array[3, 6] = 1.0
    (cell,) = [p["d"] for p in paths(array)[1:] if "shape-rendering" in p]
    x, y, width, height = map(
        float, re.match(r"M(\S+) (\S+?)h(\S+?)v(\S+?)h", cell).groups()
    )
    assert (x / width, y / height) == (6, 3)
    drawn = chart(array)
    assert (width * 8, height * 5) == pytest.approx((drawn.width, drawn.height))


def test_a_histogram_has_every_entry_in_a_bar_and_a_tick_at_zero():
    array = np.concatenate([np.full(60, -3.0), np.full(30, 1.0)])
    negative, positive, axis = paths(array)
    tall = [float(re.search(r"v-([\d.]+)", p["d"])[1]) for p in (negative, positive)]
    assert tall[0] == 2 * tall[1]
    assert axis["d"].count("M") == 2
    assert paths(np.arange(1.0, 90.0))[-1]["d"].count("M") == 1


@pytest.mark.parametrize(
    "array",
    [
        np.full(50, np.nan),
        np.array([np.inf] * 40 + [1.0]),
        np.array([-1.7e308, 1.7e308] * 20),
        np.full(40, 5e-324),
        np.zeros(40),
        np.ones(40, bool),
        np.arange(40, dtype="uint8"),
        np.ones(40, np.float16),
    ],
)
@pytest.mark.filterwarnings("error")
def test_no_array_is_too_odd_to_be_drawn(array):
    for shaped in (array, array.reshape(-1)[:30], array[:9].reshape(1, 9)):
        assert "nan" not in chart(shaped).draw(LIGHT)


def test_a_chart_stands_in_the_room_that_was_kept_for_it():
    x = Tensor(np.linspace(-1.0, 1.0, 60).reshape(20, 3), name="x")
    svg = draw(np.tanh(x), legend=False).svg()
    drawn = chart(x.data)
    assert len(drawn.blank()) * LINE >= drawn.height
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
