"""Colours can be read, on every fill and in every theme, and tell things apart."""

import itertools

import numpy as np
import pytest
from helpers.yardstick.contrast import colour_of, ratio

from viz.picture.colours import THEMES, Magnitude, Scale, Scales, pale
from viz.picture.legend import ENTRIES

TEXTS = ("ink", "muted", "gradient", "stale")  # on cards
LINES = ("parameter", "operation", "constant", "loss", "gradient", "nan")
THINGS = ("gradient", "parameter", "positive", "negative", "falling", "nan")
themes = pytest.mark.parametrize("theme", THEMES.values(), ids=list(THEMES))


def contrast(one, other):
    return ratio(colour_of(one), colour_of(other))


def fills(theme):
    """Every fill that a card can have, where it is strongest."""
    scale = Scales([Magnitude(1.0), Magnitude(100.0)])
    strongest = Magnitude(100.0)
    roles = ("parameter", "operation", "constant", "loss")
    return [
        theme.paper,
        scale.fill(strongest, theme.gradient, theme.paper),
        scale.fill(strongest, theme.value, theme.paper),
        *(pale(getattr(theme, role), theme.paper) for role in roles),
    ]


@themes
def test_text_has_a_contrast_of_four_and_a_half_on_every_fill(theme):
    for role, fill in itertools.product(TEXTS, fills(theme)):
        assert contrast(getattr(theme, role), fill) >= 4.5, (role, fill)


@themes
def test_every_entry_of_the_legend_has_it_on_the_paper(theme):
    for _, role in ENTRIES.values():
        assert contrast(getattr(theme, role), theme.paper) >= 4.5, role


@themes
def test_lines_have_a_contrast_of_three_on_the_paper(theme):
    for role in LINES:
        assert contrast(getattr(theme, role), theme.paper) >= 3, role


@pytest.mark.parametrize(
    "theme", [THEMES["light"], THEMES["dark"]], ids=["light", "dark"]
)
def test_what_means_different_things_has_different_hues(theme):
    for one, other in itertools.combinations(THINGS, 2):
        a, b = (colour_of(getattr(theme, role)) for role in (one, other))
        a, b = a / a.max(), b / b.max()  # as bright as can be
        assert np.abs(a - b).max() > 0.15, (one, other)


def test_print_is_greys_alone():
    theme = THEMES["print"]
    colours = [getattr(theme, role) for role in theme.__slots__]
    for colour in colours:
        if colour.startswith("#"):
            assert colour[1:3] == colour[3:5] == colour[5:7]


@pytest.mark.parametrize("name", ["light", "dark"])
def test_gradients_have_one_hue_and_values_another(name):
    theme = THEMES[name]
    assert theme.rising == theme.gradient
    assert theme.positive == theme.value
    assert len({theme.gradient, theme.positive, theme.negative, theme.falling}) == 4


# --- scales ---------------------------------------------------------------------------


def tints(scales, magnitudes, theme=THEMES["light"]):
    return [scales.fill(m, theme.gradient, theme.paper) for m in magnitudes]


def luminance(colour):
    return contrast(colour, "#000000")


@pytest.mark.parametrize("name", ["light", "dark", "print"])
def test_stronger_is_what_the_theme_calls_it(name):
    theme, sizes = THEMES[name], [Magnitude(x) for x in (1.0, 10.0, 100.0)]
    found = [luminance(tint) for tint in tints(Scales(sizes), sizes, theme)]
    darker = theme.stronger_word == "darker"
    assert found == sorted(found, reverse=darker)
    assert len(set(found)) == 3
    assert tints(Scales(sizes), [Magnitude()], theme) == [theme.paper]


def test_a_number_is_not_compared_with_an_entry_of_an_array():
    numbers = [Magnitude(number=x) for x in (1.0, 10.0, 100.0)]
    arrays = [Magnitude(array=x) for x in (1e-5, 1e-4, 1e-3)]
    scales = Scales([*numbers, *arrays])
    assert (
        tints(scales, numbers) == tints(scales, arrays) == tints(Scales(arrays), arrays)
    )
    assert (scales.numbers.ends, scales.arrays.ends) == ((1.0, 100.0), (1e-5, 1e-3))


def test_a_scale_ends_at_what_was_seen():
    assert Scale([1.0, 10.0, np.inf, 0.0, 100.0]).ends == (1.0, 100.0)
    assert Scale([1e-9, 3.0]).ends == (1e-9, 3.0)  # beyond the decades that differ
    assert (Scale([3.0]).ends, Scale([]).ends) == ((3.0, 3.0), ())
    assert Scale([3.0]).strength(3.0) == 0.5
    assert Scale([1e-9, 1e-7, 3.0]).strength(1e-7) == 0.0
    assert Scale([1e-9, 3.0]).strength(np.inf) == 1.0
