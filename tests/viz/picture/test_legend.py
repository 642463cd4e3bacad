"""The legend explains all that a picture shows, and nothing else."""

import html
import re

import numpy as np
import pytest
from helpers.pictures import read

from engine import Tensor
from nn import relu
from viz import draw
from viz.picture.colours import THEMES
from viz.picture.legend import ENTRIES, _words, legend_label


def explained(tensor, **options):
    """The kinds of ENTRIES that the legend of a picture explains."""
    lines = " · ".join(read(draw(tensor, **options).svg()).legend)
    scales = ", from |, numbers |, arrays' largest "
    words = {re.split(scales, entry)[0] for entry in lines.split(" · ")}
    return {kind for kind in ENTRIES if _words(kind, THEMES["light"]) in words}


def backward(y):
    y.backward(np.ones(y.shape))
    return y


def scalars():
    a, b = Tensor(2.0, name="a"), Tensor(3.0)
    return backward((a * b + a) * fixed(3.0))


def fixed(value):
    return Tensor(value, requires_grad=False)


def recurrent(rounds):
    h, w = Tensor(np.ones((2, 2))), Tensor(np.eye(2))
    for _ in range(rounds):
        h = np.tanh(h @ w)
    return backward(h.sum())


def stale():
    x = Tensor(2.0)
    y = backward(x * x)
    x.data = np.float64(3.0)
    return y


def doubtful():
    x, w = Tensor(2.0), Tensor(3.0)
    y = backward(x * w)
    x.data = np.float64(3.0)
    return y


def noisy():
    x, w = Tensor(1.0, name="x"), Tensor(1e-14, name="w")
    return backward(x * w)


def far():
    w = Tensor(1.0)
    return backward(np.tanh(np.tanh(np.tanh(w * fixed(2.0)))) * w)


def large():
    x = Tensor(2.0, name="x")
    y = x * 2.0
    for i in range(6):
        y = y + Tensor(float(i), name=f"x{i}")
    return backward(y)


def nan():
    with np.errstate(all="ignore"):
        return backward(np.sqrt(Tensor(-1.0)) * fixed(2.0))


USUAL = {"parameter", "operation", "constant", "loss", "gradient"}
PICTURES = [
    (scalars, {}, USUAL | {"edge", "scale", "nameless"}),
    (scalars, {"color": None}, USUAL | {"edge", "nameless"}),
    (scalars, {"color": "role"}, USUAL | {"edge", "nameless", "roles"}),
    (scalars, {"color": "value"}, USUAL | {"edge", "nameless", "values"}),
    (scalars, {"edge_labels": False}, USUAL | {"scale", "nameless"}),
    (
        lambda: recurrent(40),
        {"max_nodes": 10},
        (USUAL - {"constant"})
        | {"formula", "scale", "state", "rounds", "given", "made up"},
    ),
    (
        lambda: recurrent(40),
        {"max_nodes": 5},
        (USUAL - {"constant", "operation"})
        | {"formula", "scale", "folded", "rounds", "given", "nameless"},
    ),
    (
        lambda: backward(np.tanh(Tensor(np.arange(12.0).reshape(6, 2), name="x"))),
        {},
        {"parameter", "loss", "gradient", "formula", "scale", "bar", "made up"}
        | {"map", "slopes"},
    ),
    (
        lambda: backward(np.tanh(Tensor([np.nan] + [1.0] * 9, name="x"))),
        {"show": ("value",)},
        {"parameter", "loss", "formula", "bar", "map", "made up"}
        | {"not a number", "nan", "way"},
    ),
    (
        lambda: backward(np.tanh(Tensor(np.arange(100.0), name="x"))),
        {},
        {"parameter", "loss", "gradient", "formula", "scale", "array", "made up"}
        | {"histogram", "saturated"},
    ),
    (large, {}, (USUAL - {"constant"}) | {"edge", "scale", "nameless", "ones"}),
    (far, {}, USUAL | {"edge", "scale", "nameless", "made up", "reference"}),
    (
        stale,
        {},
        {"parameter", "loss", "gradient", "edge", "scale", "nameless", "stale"}
        | {"changed"},
    ),
    (
        doubtful,
        {},
        {"parameter", "loss", "gradient", "edge", "scale", "nameless", "stale"}
        | {"suspect"},
    ),
    (
        lambda: backward(np.sum(Tensor(np.ones((2, 2))) + Tensor([1.0, 2.0]))),
        {},
        {"parameter", "loss", "operation", "gradient", "formula", "made up"}
        | {"nameless", "scale", "sum"},
    ),
    (noisy, {}, {"parameter", "loss", "gradient", "edge", "scale", "noise"}),
    (
        lambda: Tensor(2.0, name="x") * Tensor(3.0, name="y"),
        {},
        {"parameter", "loss", "edge"},
    ),
    (nan, {}, USUAL | {"edge", "scale", "nameless", "nan", "way"}),
    (
        lambda: backward(relu(Tensor(-1.0, name="x"))),
        {},
        {"parameter", "loss", "gradient", "edge", "dead"},
    ),
]


@pytest.mark.parametrize(("make", "options", "kinds"), PICTURES)
def test_it_explains_what_the_picture_shows_and_nothing_else(make, options, kinds):
    assert explained(make(), **options) == kinds


def test_the_pictures_above_show_all_that_there_is_to_explain():
    assert set().union(*(kinds for _, _, kinds in PICTURES)) == set(ENTRIES)


def test_made_up_names_are_explained_by_their_own_letter():
    x = Tensor(np.arange(12.0).reshape(6, 2))
    for name, letter in (("x", "v"), ("v", "t"), ("v0", "t")):
        svg = draw(backward(np.tanh(np.tanh(x))), names={name: x}).svg()
        assert f"{letter}1, {letter}2, …: names given here" in svg
        assert f">{letter}1</tspan>" in svg


def test_in_print_one_entry_explains_the_cells_of_values_and_of_gradients():
    x = Tensor(np.arange(12.0).reshape(6, 2) - 5, name="x")
    y = backward(np.tanh(x))
    counts = [draw(y, theme=theme).svg().count("cells") for theme in ("light", "print")]
    assert counts == [2, 1]


def test_a_scale_of_one_number_is_named_beside_that_of_arrays():
    x, b = Tensor(np.arange(3.0), name="x"), Tensor(2.0, name="b")
    svg = draw(backward((x * b).sum())).svg()
    assert "numbers 3.0, arrays&#39; largest" in svg or "numbers 3.0, arrays' l" in svg


def test_what_has_no_entry_is_not_left_out_silently():
    with pytest.raises(ValueError, match="not in list"):
        legend_label({"no such kind": None}, THEMES["light"])


def test_a_scale_whose_numbers_no_card_shows_has_no_ends():
    whole, bare = (draw(scalars(), show=show) for show in (("grad",), ("value",)))
    assert "larger |∂|, from 3.0 to 12.0" in whole.svg()
    assert "larger |∂|<" in bare.svg().replace("</tspan>", "<")
    assert "from 3.0" not in bare.svg()
    whole, bare = (
        draw(scalars(), show=show, color="value") for show in (("value",), ("grad",))
    )
    assert "larger |value|, from 2.0 to 24.0" in whole.svg()
    assert "larger |value|<" in bare.svg()


def test_every_entry_has_its_own_colour_whatever_characters_it_has():
    theme, svg = THEMES["light"], draw(noisy()).svg()
    spans = re.findall(r'<tspan fill="(#\w+)">([^<]+)</tspan>', svg)
    colours = {html.unescape(said).split(",")[0]: fill for fill, said in spans}
    for kind in explained(noisy()):
        assert colours[_words(kind, theme)] == getattr(theme, ENTRIES[kind][1])
