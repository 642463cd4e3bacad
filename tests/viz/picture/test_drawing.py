"""The whole picture, and the files it is saved in."""

import re
import xml.etree.ElementTree as ET

import graphviz
import numpy as np
import pytest

from engine import Tensor
from viz import Drawing, draw
from viz.picture.colours import THEMES, Magnitude, Scales

SVG = "{http://www.w3.org/2000/svg}"


def expression():
    values = {"a": 2, "b": -3, "c": 10, "f": -2}
    a, b, c, f = (Tensor(value, name=name) for name, value in values.items())
    e = a * b
    d = e + c
    L = d * f
    e.name, d.name, L.name = "e", "d", "L"
    return L


@pytest.fixture
def loss():
    L = expression()
    L.backward()
    return L


def elements(drawing, kind):
    """The groups of an SVG of one class, in the order of their titles (n0, n1, ...)."""
    groups = ET.fromstring(drawing.svg()).iter(f"{SVG}g")
    found = [g for g in groups if (g.get("class") or "").startswith(kind)]
    return sorted(found, key=lambda g: g.findtext(f"{SVG}title") or "")


def numbers(points):
    """The points of an outline: pairs of numbers."""
    return [tuple(map(float, p)) for p in re.findall(r"(-?[\d.]+),(-?[\d.]+)", points)]


def texts(element):
    found = ("".join(t.itertext()) for t in element.iter(f"{SVG}text"))
    return [text.replace("\xa0", " ") for text in found]


def test_the_scalar_expression_reads_as_in_the_lesson(loss):
    drawing = draw(loss)
    assert [texts(card) for card in elements(drawing, "node card")] == [
        ["a", "2.0", "∂ 6.0"],
        ["b", "-3.0", "∂ -4.0"],
        ["e = a × b", "-6.0", "∂ -2.0"],
        ["c", "10.0", "∂ -2.0"],
        ["d = e + c", "4.0", "∂ -2.0"],
        ["f", "-2.0", "∂ 4.0"],
        ["L = d × f", "-8.0", "∂ 1.0"],
    ]
    assert [texts(edge) for edge in elements(drawing, "edge")] == [
        ["◂ ×-3.0"],
        ["◂ ×2.0"],
        ["◂ ×1.0"],
        ["◂ ×1.0"],
        ["◂ ×-2.0"],
        ["◂ ×4.0"],
    ]


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_every_edge_ends_at_the_border_of_its_card(loss, direction):
    drawing = draw(loss, direction=direction)
    cards = {card.findtext(f"{SVG}title"): card for card in elements(drawing, "node")}
    for edge in elements(drawing, "edge"):
        _, head = re.findall(r"n\d", edge.findtext(f"{SVG}title"))
        border = np.array(numbers(next(cards[head].iter(f"{SVG}path")).get("d")))
        tip = numbers(next(edge.iter(f"{SVG}polygon")).get("points"))[1]
        gaps = np.concatenate([border.min(axis=0) - tip, tip - border.max(axis=0)])
        assert -9 < gaps.max() < 3  # points; corners are round


def test_the_title_is_muted_the_value_ink_and_the_gradient_vermillion():
    leaf = Tensor(2.0, name="∂ 1.0 ▲")
    product = leaf * 3.0
    product.backward()
    cards = elements(draw(product), "node card")
    fills = [[t.get("fill") for t in card.iter(f"{SVG}text")] for card in cards]
    light = THEMES["light"]
    assert fills == [[light.muted, light.ink, light.gradient]] * 2


def test_value_and_gradient_are_larger_than_what_was_computed(loss):
    for card in elements(draw(loss), "node card"):
        title, value, gradient = (
            float(t.get("font-size")) for t in card.iter(f"{SVG}text")
        )
        assert title < value == gradient


def test_before_a_pass_every_gradient_is_not_run():
    shown = [texts(card)[-1] for card in elements(draw(expression()), "node card")]
    assert shown == ["∂ not run"] * 7


def test_borders_tell_parameter_operation_constant_and_loss():
    x, constant = Tensor(2.0), Tensor(3.0, requires_grad=False)
    source = draw(np.tanh(x) * constant, legend=False).source
    node = dict(re.findall(r"^\t(n\d) \[(.*)\]$", source, re.M))
    light = THEMES["light"]
    assert f'color="{light.parameter}"' in node["n0"]
    assert "color=" not in node["n1"].replace("fillcolor", "")  # the default
    assert re.search(rf'^\tnode \[.*color="{light.operation}"', source, re.M)
    assert "dashed" in node["n2"]
    assert 'color="#2B2B2B"' in node["n3"]
    first, drawn = (re.search(r"penwidth=([\d.]+)", node[n])[1] for n in ("n0", "n3"))
    assert float(drawn) > float(first)


def test_the_first_nan_is_ringed_in_yellow_and_no_later_one():
    with np.errstate(all="ignore"):
        y = np.log(Tensor(-1.0)) * 2.0
    y.backward()
    drawing = draw(y, legend=False)
    cards = {texts(c)[0]: ET.tostring(c) for c in elements(drawing, "node card")}
    assert [title for title, svg in cards.items() if b"#857000" in svg] == ["log(·)"]
    assert 'color="#2B2B2B"' in drawing.source  # the ring takes no border's place
    assert ">NaN<" in drawing.svg()


def test_edges_are_thin_and_neutral_and_dashed_where_nothing_goes_back():
    fixed = Tensor([3.0, 4.0], requires_grad=False, name="fixed")
    loss = (Tensor([1.0, 2.0], name="w") * fixed * 100.0).sum()
    loss.backward()
    lines = [next(e.iter(f"{SVG}path")) for e in elements(draw(loss), "edge")]
    light = THEMES["light"]
    assert [line.get("stroke") for line in lines] == [
        light.line.lower(),
        light.constant.lower(),
        light.line.lower(),
        light.line.lower(),
    ]
    assert [line.get("stroke-dasharray") is not None for line in lines] == [
        False,
        True,
        False,
        False,
    ]
    assert {line.get("stroke-width") for line in lines} == {None}  # 1 point


def test_in_a_large_picture_what_goes_back_as_it_is_has_no_label():
    def labelled(n):
        total = Tensor(0.0, name="x0") * 2.0
        for i in range(n):
            total = total + Tensor(float(i), name=f"x{i}")
        total.backward()
        drawing = draw(total, direction="TB")
        labels = [line for e in elements(drawing, "edge") for line in texts(e)]
        return labels, "no ◂: goes back as it is, ×1" in drawing.svg()

    assert labelled(5) == (["◂ ×2.0", *["◂ ×1.0"] * 10], False)  # 12 cards
    assert labelled(6) == (["◂ ×2.0"], True)


def test_an_infinite_gradient_is_the_strongest_not_the_weakest():
    x = Tensor(0.0)
    with np.errstate(divide="ignore"):
        y = 1 / x + x
    y.backward()
    shown = texts(ET.fromstring(draw(y).svg()))
    assert {"◂ ×-∞", "∂ -∞"} <= set(shown)
    sizes = [Magnitude(x) for x in (1.0, 10.0, np.inf)]
    tints = [Scales(sizes).fill(size, "#D55E00", "#FFFFFF") for size in sizes]
    assert tints[0] != tints[1] == tints[2]


def test_what_is_drawn_is_l_and_thick_whatever_a_pass_began_with():
    a, b = Tensor(2.0), Tensor(3.0)
    c = a * b
    before = draw(c, legend=False).source
    (c * c).backward()
    after = draw(c, legend=False).source
    for source in (before, after):
        assert re.search(r"n2 \[label=\"L&#32;=&#32;.* color=\"#2B2B2B\"", source)
        assert "loss" not in source


def test_broadcasting_is_seen_where_shapes_happen_to_agree():
    m, v = Tensor([[1.0, 2.0], [3.0, 4.0]]), Tensor([5.0, 6.0])
    assert "Σ axis 0" in draw((m * v).sum()).svg()


def test_a_training_step_shows_as_changed_since(loss):
    loss.parents[1].data = np.float64(-1.9)
    drawing = draw(loss)
    svg = drawing.svg()
    assert (svg.count(">changed since<"), svg.count(">out of date<")) == (1, 1)
    leaf, op = map(texts, elements(drawing, "node card stale"))
    assert leaf == ["f", "-1.9", "∂ 4.0", "changed since"]
    assert op[-2:] == ["∂ 1.0", "out of date"]


def test_groups_are_boxes_with_the_layers_name(loss):
    loss.group = ("Mse", None)
    assert [texts(g) for g in elements(draw(loss), "cluster")] == [["Mse"]]
    assert elements(draw(loss, groups=False), "cluster") == []


def test_the_legend_tells_only_what_is_there(loss):
    text = " ".join(texts(ET.fromstring(draw(loss).svg())))
    assert "green: parameter" in text
    for absent in ("dashed:", "↗", "yellow", "changed since", "of an array"):
        assert absent not in text
    assert "green:" not in draw(loss, legend=False).svg()
    assert "dashed: constant" not in draw(Tensor(1.0) * 2.0).svg()
    assert "dashed: constant" in draw(Tensor([1.0]) * np.array([2.0])).svg()


def test_names_of_variables_are_taken_from_locals(loss):
    w = Tensor(2.0)
    h = w * 3.0
    y = h * loss
    shown = texts(ET.fromstring(draw(y, names=locals()).svg()))
    assert {"w", "h = w × 3.0", "y = h × L"} <= set(shown)


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_the_same_program_gives_the_same_bytes(direction):
    def once():
        L = expression()
        L.backward()
        drawing = draw(L, direction=direction)
        return drawing.svg(), drawing.png()

    assert once() == once()


def test_the_drawing_is_a_digraph_and_shows_in_a_notebook(loss):
    drawing = draw(loss)
    assert isinstance(drawing, Drawing)
    assert isinstance(drawing.digraph, graphviz.Digraph)
    drawing.digraph.node("extra", label="more")
    assert ">more<" in drawing._repr_mimebundle_()["image/svg+xml"]


# --- wrong input --------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [3.0, np.ones(2), None, {1: Tensor(1.0)}])
def test_what_is_no_tensor_is_a_type_error_that_says_what_to_pass(wrong):
    with pytest.raises(TypeError, match=r"draw: got a \w+, and needs a Tensor"):
        draw(wrong)


def test_an_unknown_direction_names_those_that_are_known(loss):
    with pytest.raises(ValueError, match="'RL', and must be 'auto' or 'LR' or 'TB'"):
        draw(loss, direction="RL")


def test_a_leaf_and_a_constant_alone_can_be_drawn():
    shown = texts(elements(draw(Tensor(1.0, name="x")), "node")[0])
    assert shown == ["x", "1.0", "∂ not run"]
    constant = draw(Tensor(1.0, requires_grad=False))
    assert texts(elements(constant, "node")[0]) == ["1.0"]
    assert "dashed: constant" in constant.svg()


# --- what is shown, and what colours mean ---------------------------------------------


def example():
    x, w = Tensor(np.ones((2, 3)), name="x"), Tensor([[1.0], [-2.0], [0.5]], name="w")
    loss = np.sum(np.tanh(x @ w) * Tensor(3.0, requires_grad=False))
    loss.backward()
    return loss


def fills(drawing):
    return re.findall(r'fillcolor="(#\w+)"', drawing.source)


@pytest.mark.parametrize(
    "show", [(), ("grad",), ("value",), ("shape",), {"shape", "grad"}]
)
def test_a_card_says_what_is_asked_for_and_no_more(show):
    svg = draw(example(), show=show, legend=False, edge_labels=False).svg()
    shown = texts(ET.fromstring(svg))
    assert ("x (2, 3)" in shown) == ("shape" in show)
    assert ("x" in shown) == ("shape" not in show)
    assert ("all 1.0" in shown) == ("value" in show)
    assert any(text.startswith("∂ ") for text in shown) == ("grad" in show)
    assert any("x @ w" in text for text in shown)


def test_a_dtype_is_told_where_it_is_not_the_usual_one():
    wide, narrow = np.ones(2), np.ones(2, np.float32)
    usual = texts(elements(draw(Tensor(wide, name="x")), "node")[0])
    other = texts(elements(draw(Tensor(narrow, name="x")), "node")[0])
    assert usual[0] == "x (2,)"
    assert other[0] == "x (2,) float32"


def test_without_anything_a_nameless_constant_is_a_dot():
    svg = draw(example(), show=()).svg()
    assert ">·</text>" in svg
    assert "·: without a name" in svg


def test_edges_bear_no_labels_if_none_are_wanted():
    bare, whole = draw(example(), edge_labels=False), draw(example())
    assert "x.T @ ∂v1" in whole.svg()
    assert "x.T @ ∂v1" not in bare.svg()
    assert "◂" not in bare.svg()  # the legend neither
    assert "larger |∂|, arrays&#39; largest 1.0 to 4.719<" in bare.svg()


def test_colour_means_the_gradient_the_value_the_role_or_nothing():
    loss = example()
    by = {c: draw(loss, color=c) for c in ("grad", "value", "role", None)}
    assert by["grad"].source == draw(loss).source
    assert set(fills(by[None])) == {"#FFFFFF"}
    assert len(set(fills(by["role"]))) == 4  # parameter, constant, op, loss
    assert len(set(fills(by["value"]))) > 3
    for color, words in (("value", "darker: larger |value|"), ("role", "filled by")):
        assert words in by[color].svg()
        assert "larger |∂|" not in by[color].svg()
        assert "∂: gradient" in by[color].svg()


def test_changed_since_keeps_its_colour_where_no_gradient_is_shown():
    w = Tensor(2.0, name="w")
    loss = w * 3.0
    w.data = np.float64(5.0)
    for show in (("value",), ("value", "grad")):
        svg = draw(loss, show=show).svg()
        assert re.search(r'<text [^>]* fill="#00619A">changed since</text>', svg)


def test_an_option_that_is_none_is_refused_with_those_that_are():
    loss = example()
    with pytest.raises(ValueError, match="draw: color is 'red', and must be 'grad' or"):
        draw(loss, color="red")
    with pytest.raises(ValueError, match="draw: theme is 'neon', and must be 'light'"):
        draw(loss, theme="neon")
    with pytest.raises(ValueError, match="draw: what to show is 'name', and must be "):
        draw(loss, show=("name",))
    with pytest.raises(TypeError, match=r"draw: show is 'value'; .* \('value',\)"):
        draw(loss, show="value")


# --- in a notebook --------------------------------------------------------------------


def test_a_notebook_shows_the_picture_scrolls_it_and_has_a_text_to_fall_back_on():
    drawing = draw(Tensor(2.0, name=" class= -> x") * Tensor(3.0) + 1)
    bundle = drawing._repr_mimebundle_(include=None, exclude=None)
    assert bundle["image/svg+xml"] == drawing.svg()
    assert bundle["text/plain"] == repr(drawing) == "Drawing(4 cards, 3 edges)"
    html = bundle["text/html"]
    assert html.startswith('<div style="overflow: auto"><svg')
    assert html.endswith("</svg>\n</div>")


def test_a_notebook_says_why_there_is_no_picture():
    drawn = draw(example())
    drawing = Drawing(drawn._ways, drawn._room, too_large="draw: too many cards")
    text = drawing._repr_mimebundle_()
    assert text == {"text/plain": "Drawing(7 cards, 6 edges): draw: too many cards"}


def test_what_to_show_is_a_collection_of_names():
    with pytest.raises(TypeError, match="draw: show is 3, and must name what to show"):
        draw(Tensor(1.0), show=3)


def test_the_gradient_of_the_loss_itself_which_is_1_is_no_tint(loss):
    fills = re.findall(r"n(\d+) \[.*?fillcolor=\"(#\w+)\"", draw(loss).source)
    paper = THEMES["light"].paper
    assert fills[-1][1] == paper
    assert [fill for _, fill in fills[:-1]] != [paper] * (len(fills) - 1)
