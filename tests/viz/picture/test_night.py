"""The page by night is the picture of the dark theme."""

import re

import numpy as np
import pytest
from helpers.gallery import PROGRAMS
from helpers.pages import bare, pictures
from helpers.yardstick.contrast import contrasts
from helpers.yardstick.shapes import read

from engine import Tensor
from viz import draw
from viz.picture.colours import PALE, THEMES, mixed
from viz.picture.night import SOLID, partner

LIGHT, DARK = THEMES["light"], THEMES["dark"]
COLOUR = re.compile("#[0-9A-Fa-f]{6}")
ROLES = ["gradient", "parameter", "operation", "constant", "loss", "value"]
HUES = ["gradient", "value", "positive", "negative", "rising", "falling"]


def drawn(name, **options):
    loss, names = PROGRAMS[name]()
    return draw(loss, names=names, **options)


def levels(colour):
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def off(one, other):
    return max(abs(a - b) for a, b in zip(levels(one), levels(other), strict=True))


@pytest.mark.parametrize("role", HUES)
def test_a_tint_is_the_same_share_of_the_hue_on_dark_paper(role):
    light, dark = getattr(LIGHT, role), getattr(DARK, role)
    for percent in range(3, 101):
        day = mixed(percent / 100, light, LIGHT.paper)
        night = mixed(percent / 100, dark, DARK.paper)
        assert off(partner(day), night) <= 1, percent


@pytest.mark.parametrize("share", [PALE, SOLID])
@pytest.mark.parametrize("role", ROLES)
def test_so_are_the_tints_that_have_no_strength(role, share):
    light, dark = getattr(LIGHT, role), getattr(DARK, role)
    night = mixed(share, dark, DARK.paper)
    assert off(partner(mixed(share, light, LIGHT.paper)), night) <= 1


def test_a_colour_of_nobodys_stays():
    assert partner("#00FF00") == "#00FF00"


@pytest.mark.parametrize("color", ["grad", "value", "role"])
@pytest.mark.parametrize("name", ["nan", "stale", "broadcasting", "rnn_50", "gpt"])
def test_the_page_is_the_light_picture_by_day_and_the_dark_one_by_night(name, color):
    looks = {"color": color, "direction": "TB", "legend": False}
    page = drawn(name, **looks).html()
    for night, theme in ((False, "light"), (True, "dark")):
        wanted = bare(drawn(name, theme=theme, **looks).svg())
        seen = pictures(page, night=night)[0]
        assert COLOUR.sub("", seen) == COLOUR.sub("", wanted)
        pairs = zip(COLOUR.findall(seen), COLOUR.findall(wanted), strict=True)
        assert max(off(*pair) for pair in pairs) <= night


def test_so_it_is_with_a_histogram_and_its_zeros():
    x = Tensor(np.maximum(np.linspace(-1.0, 2.0, 100), -0.5) * np.arange(100) % 7 - 3)
    loss = np.maximum(x, 0.0).sum()
    loss.backward()
    seen = pictures(draw(loss, legend=False).html(), night=True)[0]
    pairs = zip(
        COLOUR.findall(seen),
        COLOUR.findall(draw(loss, legend=False, theme="dark").svg()),
        strict=True,
    )
    assert max(off(*pair) for pair in pairs) <= 1
    assert partner(mixed(SOLID, LIGHT.operation, LIGHT.paper)).lower() in seen.lower()


def test_the_legend_says_what_colours_are_called_by_night():
    page = drawn("nan", direction="TB").html()
    day, night = (pictures(page, night=night)[0] for night in (False, True))
    assert "dark yellow ring: where" in day
    assert "darker: larger" in day
    assert ">yellow ring: where" in night
    assert "lighter: larger" in night


@pytest.mark.parametrize("night", [False, True])
@pytest.mark.parametrize("name", ["nan", "broadcasting", "gpt"])
def test_every_text_of_every_picture_of_the_page_can_be_read(name, night):
    for svg in pictures(drawn(name).html(), night=night):
        assert min(contrast.ratio for contrast in contrasts(read(svg))) >= 4.5


@pytest.mark.parametrize("theme", ["dark", "print"])
def test_a_theme_that_was_chosen_stays(theme):
    page = drawn("nan", theme=theme).html()
    assert bare(drawn("nan", theme=theme).svg()) in page
    assert "prefers-color-scheme" not in page
    assert f"--paper:{THEMES[theme].paper};" in page
