"""How large a PNG is: what is asked for, what fits, and what a refusal advises."""

import re
import struct
from base64 import b64decode

import numpy as np
import pytest

from engine import Tensor
from viz import draw
from viz.picture import render
from viz.picture.render import MAX_PIXELS, fitting_scale, to_png


def size(png):
    return struct.unpack(">II", png[16:24])


def blank(width, height):
    """An SVG of so many points, and nothing in it."""
    return (
        f'<svg width="{width:.2f}pt" height="{height:.2f}pt" '
        f'viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg"></svg>'
    )


@pytest.fixture
def drawing():
    L = Tensor(2.0, name="a") * Tensor(-3.0, name="b")
    L.backward()
    return draw(L)


# --- a width in pixels ----------------------------------------------------------------


@pytest.mark.parametrize("width", [1, 2, 3, 7, 640, 641, 799, 800, 1920, 3840])
def test_a_png_is_as_wide_as_it_was_asked_to_be(drawing, width):
    assert size(drawing.png(width=width))[0] == width


def test_a_width_keeps_the_proportions_and_may_be_a_number_of_numpys(drawing, tmp_path):
    wide, high = size(drawing.png(scale=2))
    path = drawing.save(tmp_path / "x.png", width=np.int64(3 * wide))
    assert size(path.read_bytes()) == pytest.approx((3 * wide, 3 * high), abs=3)
    assert size(drawing.png()) == (wide, high)


@pytest.mark.parametrize("width", [0, -1, 2.0, "800", True, float("nan"), [800]])
def test_a_width_that_is_no_number_of_pixels_is_refused(drawing, width, tmp_path):
    with pytest.raises(
        ValueError, match=r"png: width is .*, and must be a positive wh"
    ):
        drawing.save(tmp_path / "x.png", width=width)
    assert list(tmp_path.iterdir()) == []


def test_a_width_and_a_scale_are_not_both_taken(drawing):
    with pytest.raises(ValueError, match="png: scale and width are both given"):
        drawing.png(scale=2.0, width=800)


def test_a_width_is_of_a_png_only(drawing, tmp_path):
    with pytest.raises(
        ValueError, match=r"width is of a \.png, in pixels, .* is \.svg"
    ):
        drawing.save(tmp_path / "x.svg", width=800)
    assert list(tmp_path.iterdir()) == []


# --- what fits ------------------------------------------------------------------------


def test_no_png_is_refused_at_its_default_size(monkeypatch):
    monkeypatch.setattr(render, "MAX_PIXELS", 10_000)
    rng = np.random.default_rng(0)
    for width, height in np.exp(rng.uniform(0, 12, size=(100, 2))):
        wide, high = size(to_png(blank(width, height)))
        assert wide * high <= 10_000 + wide + high  # a pixel that is begun counts
    assert size(to_png(blank(30, 30))) == (80, 80)  # 2.0 wherever it fits


def test_the_largest_of_pictures_is_drawn_at_a_smaller_scale():
    svg = blank(30_000, 2000)
    scale = fitting_scale(svg, most=MAX_PIXELS)
    assert scale == pytest.approx((MAX_PIXELS / 40_000 / 2667) ** 0.5, 1e-3)
    with pytest.raises(ValueError, match=r"4\.3e\+08 pixels at scale 2\.0, and at m"):
        to_png(svg, 2.0)


SIZES = np.exp(np.random.default_rng(1).uniform(0, 10, size=(200, 2)))


def test_the_scale_that_a_refusal_advises_fits(monkeypatch):
    monkeypatch.setattr(render, "MAX_PIXELS", 10_000)
    for width, height in SIZES:
        svg = blank(width, height)
        largest = 100 / (width * height) ** 0.5 * 72 / 96
        with pytest.raises(ValueError, match=r"at scale .*; scale=.* would") as error:
            to_png(svg, 1.02 * largest)
        advice = float(re.search(r"; scale=([\d.]+) or an", str(error.value))[1])
        assert to_png(svg, advice)
        assert advice > 0.9 * largest


def test_the_width_that_a_refusal_advises_fits(monkeypatch):
    monkeypatch.setattr(render, "MAX_PIXELS", 10_000)
    advised = 0
    for width, height in SIZES:
        svg = blank(width, height)
        with pytest.raises(ValueError, match=r"at width .*; .*an \.svg would") as error:
            to_png(svg, width=10_001 + int(100 * width / height))
        found = re.search(r"; width=(\d+) or an", str(error.value))
        if found:
            advised += 1
            assert to_png(svg, width=int(found[1]))
    assert advised > 150


def test_the_advice_is_not_rounded_up(monkeypatch):
    svg = blank(75, 75)  # 100 × 100 pixels
    monkeypatch.setattr(render, "MAX_PIXELS", 0.897**2 * 10_000)
    with pytest.raises(ValueError, match=r"; scale=0\.89 or an \.svg would fit"):
        to_png(svg, 0.9)
    with pytest.raises(ValueError, match=r"; width=89 or an \.svg would fit"):
        to_png(svg, width=90)


def test_a_scale_so_small_that_nothing_is_left_is_one_pixel(drawing):
    assert size(drawing.png(scale=1e-12)) == (1, 1)


# --- beside the SVG of a notebook -----------------------------------------------------


def test_a_notebook_keeps_a_png_beside_the_svg(drawing):
    bundle = drawing._repr_mimebundle_()
    png = b64decode(bundle["image/png"], validate=True)
    assert png == drawing.png()


def test_the_png_of_a_notebook_is_never_large():
    t = Tensor(1.0)
    for _ in range(40):
        t = np.tanh(t)
    for direction in ("LR", "TB"):
        drawing = draw(t, direction=direction, max_nodes=None)
        png = b64decode(drawing._repr_mimebundle_()["image/png"])
        wide, high = size(png)
        assert wide <= 2000
        assert wide * high < 3.1e6
        assert len(png) < 400_000


def test_a_notebook_without_resvg_has_the_svg_alone(drawing, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "resvg", None)
    assert sorted(drawing._repr_mimebundle_()) == [
        "image/svg+xml",
        "text/html",
        "text/plain",
    ]
