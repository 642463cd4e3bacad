"""Margins: the same on each side, and nothing reaches into them."""

import io
import re

import numpy as np
import pytest
from helpers.gallery import PROGRAMS
from PIL import Image  # matplotlib brings it

from engine import Tensor, scope
from viz import draw
from viz.picture.geometry import paper
from viz.picture.glyphs import with_stand_ins
from viz.picture.margins import equal
from viz.picture.render import fitting_scale, size_of_svg, to_png
from viz.picture.svg import overlaid

MARGIN = 10.08  # points
NEAR = 2.5  # points: letters do not fill their places


def margins(svg):
    """How many points are free on the left, above, on the right and below."""
    png = to_png(with_stand_ins(svg), fitting_scale(svg, most=5 * 10**7))
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("L"))
    found = []
    for axis in (0, 1):
        (inked,) = np.nonzero((pixels < 235).any(axis=axis))
        found.append([inked[0], pixels.shape[1 - axis] - 1 - inked[-1]])
    (left, right), (top, bottom) = found
    return np.array([left, top, right, bottom]) * size_of_svg(svg)[0] / pixels.shape[1]


@pytest.mark.parametrize("direction", ["auto", "LR"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_margin_is_the_same_on_all_sides(name, direction):
    loss, names = PROGRAMS[name]()
    svg = draw(loss, names=names, direction=direction).svg()
    found = margins(svg)
    if is_tallest(svg):  # cut narrower, it would be too tall for a page
        assert found[0] == pytest.approx(found[2], abs=NEAR)
        assert found[0] > MARGIN - NEAR
        found = found[[1, 3]]
    assert found == pytest.approx(np.full(len(found), MARGIN), abs=NEAR)


def is_tallest(svg):
    """Whether a picture is as tall as one may be at 800 px."""
    wide, high = size_of_svg(svg)
    return high / wide == pytest.approx(1800 / 800, rel=2e-3)


@pytest.mark.parametrize("look", [{"legend": False}, {"font_size": 20}])
def test_it_is_so_without_a_legend_and_in_another_size(look):
    loss, names = PROGRAMS["neuron"]()
    svg = draw(loss, names=names, **look).svg()
    size = look.get("font_size", 10) / 10
    assert margins(svg) == pytest.approx(np.full(4, size * MARGIN), abs=size)


def test_the_paper_is_as_large_as_the_picture_in_whole_points():
    loss, names = PROGRAMS["pendulum"]()
    svg = draw(loss, names=names).svg()
    sheet, _ = paper(svg)
    wide, high = size_of_svg(svg)
    assert (wide, high) == pytest.approx((round(wide), round(high)))
    assert sheet.right - sheet.left == pytest.approx(wide, abs=0.02)
    assert sheet.bottom - sheet.top == pytest.approx(high, abs=0.02)
    x, y = map(float, re.search(r"translate\(([-\d.]+) ([-\d.]+)\)", svg).groups())
    assert (x, y) == (-sheet.left, -sheet.top)


def test_a_picture_is_not_cut_so_narrow_that_it_is_too_tall():
    loss, names = PROGRAMS["pendulum"]()
    drawing = draw(loss, names=names)
    raw, over = drawing._graphviz_svg(drawing.source), drawing._drawn.overlay
    wide, high = size_of_svg(overlaid(raw, over))
    assert size_of_svg(overlaid(raw, over, (wide, high))) == (wide, high)
    room = wide - 10, high - 50
    svg = overlaid(raw, over, room)
    wider, still = size_of_svg(svg)
    assert still == high
    assert wide < wider < size_of_svg(raw)[0] + MARGIN
    assert high * room[0] / wider <= room[1]
    left, top, right, bottom = margins(svg)
    assert left == pytest.approx(right, abs=NEAR)
    assert top == pytest.approx(bottom, abs=NEAR)
    assert left > top


def example():
    return draw(Tensor(2.0, name="a") * 3.0)


def test_a_users_wider_margin_stays_as_wide():
    drawing = example()
    drawing.digraph.attr(pad="0.5")
    assert margins(drawing.svg()) == pytest.approx(np.full(4, 25.2), abs=NEAR)


@pytest.mark.parametrize("shape", ["ellipse", "box", "cylinder", "plaintext"])
def test_a_users_own_card_is_not_cut(shape):
    drawing = example()
    drawing.digraph.node("extra", "a card of my own", shape=shape, color="black")
    drawing.digraph.edge("n1", "extra")
    assert margins(drawing.svg()) == pytest.approx(np.full(4, MARGIN), abs=5)


@pytest.mark.parametrize(
    "change", [{"size": "1,1"}, {"bgcolor": "transparent"}, {"bgcolor": "red:blue"}]
)
def test_a_paper_that_is_not_ours_stays_as_graphviz_made_it(change):
    drawing = example()
    drawing.digraph.attr(**change)
    svg = drawing._graphviz_svg(drawing.source)
    assert equal(svg) == svg


def test_frames_stand_inside_the_picture_though_its_paper_has_no_colour():
    with scope("inside"):
        loss = Tensor(2.0, name="a") * 3.0 + 1.0
    drawing = draw(loss)
    drawing.digraph.attr(bgcolor="transparent")
    svg = drawing.svg()
    assert svg.index('id="graph0"') < svg.index(">inside<") < svg.index('class="edge"')


def test_a_picture_of_nothing_stays_as_it_is():
    drawing = example()
    drawing.digraph.body.clear()
    svg = drawing._graphviz_svg(drawing.source)
    assert equal(svg) == svg
