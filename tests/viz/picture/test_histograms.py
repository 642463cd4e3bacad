"""Histograms: how many entries lie where."""

import re

import numpy as np
import pytest
from helpers.charts import LIGHT, paths

from viz.picture.colours import THEMES, mixed


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
