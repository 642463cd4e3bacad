"""Heat maps and histograms."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from engine import Tensor
from viz import draw
from viz.picture.charts import chart
from viz.picture.colours import THEMES, mixed

LIGHT = THEMES["light"]


def paths(array, theme=LIGHT, **kind):
    svg = ET.fromstring(f"<svg>{chart(array, **kind).draw(theme)}</svg>")
    return [dict(path.attrib) for path in svg.iter("path")]


def cells(array, theme=LIGHT):
    """Fill -> how many cells of a heat map have it; the first path is the paper."""
    boxes = [p for p in paths(array, theme)[1:] if p.get("fill") != "none"]
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


@pytest.mark.parametrize("theme", THEMES.values())
def test_every_cell_of_nan_has_a_cross_so_that_it_is_no_number(theme):
    array = np.array([[np.nan, 1.0, -1.0, np.nan, 0.0]])
    *_, crosses, _ = paths(array, theme)
    assert crosses["d"].count("M") == 2
    assert crosses["stroke"] == theme.paper
    assert chart(array).has_nan
    assert not chart(np.arange(5.0)).has_nan


def test_gradients_have_other_hues_than_values():
    for array in (np.linspace(-1.0, 1.0, 6), np.linspace(-1.0, 1.0, 60)):
        values = {p["fill"] for p in paths(array)}
        gradients = {p["fill"] for p in paths(array, gradient=True)}
        assert values & gradients <= {"none", LIGHT.paper}
    full = {LIGHT.rising, LIGHT.falling}
    assert full <= {p["fill"] for p in paths(np.linspace(-1, 1, 6), gradient=True)}


def test_every_negative_cell_has_a_dot_so_that_grey_tells_the_sign():
    array = np.linspace(-1.0, 1.0, 12).reshape(2, 6)
    for theme in THEMES.values():
        dotted = [p for p in paths(array, theme) if p.get("stroke-linecap") == "round"]
        assert sum(p["d"].count("M") for p in dotted) == (array < 0).sum()


def test_cells_stand_where_their_entries_do():
    array = np.zeros((5, 8))
    array[3, 6] = 1.0
    (cell,) = [p["d"] for p in paths(array)[1:] if p.get("fill") != "none"]
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


def bars(array):
    """Fill -> x, width and height of each bar; and where the ticks at 0 are."""
    *boxes, axis = paths(array)
    found = {}
    for box in boxes:
        shape = re.match(r"M(\S+) \S+?v-(\S+?)h(\S+?)v", box["d"])
        x, tall, wide = map(float, shape.groups())
        found.setdefault(box["fill"], []).append((x, wide, tall))
    return found, [float(x) for x in re.findall(r"M(\S+) 0v", axis["d"])]


ABOVE, BELOW, AT_ZERO = (
    mixed(share, hue, LIGHT.paper)
    for share, hue in (
        (0.8, LIGHT.positive),
        (0.15, LIGHT.negative),
        (0.8, LIGHT.operation),
    )
)


@pytest.mark.parametrize("theme", THEMES.values())
def test_bars_below_zero_are_hollow_so_that_grey_tells_the_sign(theme):
    *boxes, _ = paths(np.linspace(-1.0, 1.0, 90), theme)
    hollow = {box["fill"] for box in boxes if box.get("stroke") == theme.negative}
    full = {box["fill"] for box in boxes if "stroke" not in box}
    assert (len(hollow), len(full)) == (1, 1)
    assert hollow != full


@pytest.mark.parametrize("low", [-1e-9, -0.01, -0.3, -1.0, -7.7, -1e6])
@pytest.mark.parametrize("high", [1e-9, 0.2, 1.0, 10.0])
def test_zero_is_an_edge_of_bins_and_the_colour_is_the_sign(low, high):
    array = np.concatenate(
        [np.linspace(low, low / 99, 40), np.linspace(high, high / 9)]
    )
    found, (tick,) = bars(array)
    assert set(found) == {ABOVE, BELOW}
    assert all(x + wide <= tick * 1.001 for x, wide, _ in found[BELOW])
    assert all(x >= tick * 0.999 for x, _, _ in found[ABOVE])
    below, above = (sum(tall for *_, tall in found[hue]) for hue in (BELOW, ABOVE))
    assert below / above == pytest.approx(40 / 50, rel=1e-3)


def test_every_entry_is_in_a_bin_however_edges_round():
    rng = np.random.default_rng(0)
    for _ in range(300):
        low, high = 10.0 ** rng.uniform(-3, 3, size=2)
        array = np.concatenate([np.full(20, -low), np.full(20, high)])
        assert set(bars(array)[0]) == {BELOW, ABOVE}


def test_of_one_sign_only_all_bars_have_its_colour():
    assert set(bars(np.linspace(0.5, 2.0))[0]) == {ABOVE}
    assert set(bars(np.linspace(-2.0, -0.5))[0]) == {BELOW}


@pytest.mark.parametrize("sign", [1, -1])
def test_entries_that_are_zero_are_grey_at_the_foot_of_their_bar(sign):
    array = sign * np.concatenate([np.zeros(30), np.linspace(0.01, 1.0, 50)])
    found, (tick,) = bars(array)
    assert set(found) == {AT_ZERO, ABOVE if sign > 0 else BELOW}
    ((x, wide, tall),) = found[AT_ZERO]
    assert tick == pytest.approx(x if sign > 0 else x + wide, rel=1e-3)
    (signed,) = [bar[2] for bar in found[ABOVE if sign > 0 else BELOW] if bar[0] == x]
    assert 0 < signed < tall / 2  # of the others in the bin
    feet = [float(f) for f in re.findall(rf"M{x:.4g} (\S+?)v", str(paths(array)[:-1]))]
    assert sorted(feet) == [pytest.approx(22 - tall, abs=0.01), 22]  # one on the other


def test_zeros_between_both_signs_stand_in_the_bar_where_they_are_counted():
    array = np.concatenate([np.full(5, -1.0), np.zeros(30), np.full(5, 1.0)])
    found, (tick,) = bars(array)
    ((x, _, tall),) = found[AT_ZERO]
    assert x == pytest.approx(tick, rel=1e-3)
    assert max(bar[2] for bar in found[ABOVE]) == pytest.approx(tall / 6, rel=1e-3)
    assert x not in [bar[0] for bar in found[ABOVE]]  # all of that bin are 0


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
