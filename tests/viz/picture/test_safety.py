"""Labels are data: no name, however odd, breaks a picture or gets out of its place.

A picture with an odd name is read back (pictures.py) and held against the same picture
with a plain one. It has the same cards, edges and texts; where the name stands, it
stands as `name_label` promises.
"""

import html.parser
import inspect
import itertools
import json
import re
import struct
import warnings
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from helpers.pictures import as_read, read
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine import Tensor, op, scope
from nn import Lin
from viz import draw
from viz.picture import render
from viz.words.formula import WIDTH
from viz.words.text import name_label, quoted, shorten, visible

ODD = [
    '"',
    "'",
    "{a|b}",
    "<p0>x",
    "<b>bold</b>",
    "</script><script>alert(1)</script>",
    "]]>",
    "-->",
    "<!--",
    "&#38;",
    "&amp;",
    "\\N \\G \\l \\n \\",
    "a\nb\tc\rd",
    "a   b ",
    "   ",
    "a\xa0b",
    "\u2003wide\u2003",
    "\x00\x07\x1b\x7f\x85",
    "\ud800",
    "\u202eright to left",
    "\u2028\u2029",
    "مرحبا",
    "重み",
    "e\u0301\u0327",
    "👩‍🔬",
    "∂ 6.0 ▲",
    "changed since",
    "×2.0",
    "n0 -> n1",
    "%s {0} $x `y`",
    "x" * 10_000,
    "{" * 10_000,
    "\n" * 10_000,
]
pieces = st.sampled_from(ODD[:-3]) | st.text(max_size=8)
names = st.lists(pieces, min_size=1, max_size=3).map("".join).filter(bool)


def label(name, *width):
    """What a picture promises to show of a name."""
    return as_read(name_label(name, *width))


@op()
def marked(x, *, mark):
    return x * 1.0, (lambda g: g,)


def graph(name, note):
    """The name as a leaf's, in a title, as a group's and as an option."""
    a = Tensor(2.0, name=name)
    product = a * Tensor(3.0, name="b")
    product.group = (name, None)
    loss = marked(product, mark=note)
    loss.backward()
    return loss


@pytest.mark.slow
@given(names, st.sampled_from(["LR", "TB"]))
@settings(max_examples=150)
@example('"', "LR")
@example("x" * 10_000, "LR")
@example("{" * 10_000, "TB")
def test_a_picture_with_an_odd_name_is_the_same_picture(name, direction):
    plain = read(draw(graph("a", "m"), direction=direction).svg())
    drawing = draw(graph(name, name), direction=direction)
    odd = read(drawing.svg())
    assert odd.shape() == plain.shape()
    shown = label(name)
    words = label(name, 48)
    assert odd.groups == [words]
    leaf, other, product, loss = odd.cards.values()
    assert leaf.lines[0] == shown
    assert other.lines == plain.cards["n1"].lines
    assert product.lines[0] == f"{shown} × b"
    note = shorten(quoted(name), 16)
    assert as_read(loss.lines[0]) == f"L = marked(·, mark={as_read(note)})"
    for card, same in zip(odd.cards.values(), plain.cards.values(), strict=True):
        assert card.lines[1:] == same.lines[1:]
    assert [edge.lines for edge in odd.edges] == [edge.lines for edge in plain.edges]
    assert odd.legend == plain.legend
    assert leaf.tooltip == ("" if name_label(name) == name else as_read(visible(name)))


# --- the code of a rule, the name of a layer ------------------------------------------

files = map("<rule {}>".format, itertools.count())
RULE = """
def rule(x, y):
    def back(g):
        {!r}
        return g
    return x + y, (back, lambda g: g)
"""


def odd_rule(name):
    """A rule with an odd name and an odd sentence in the docstring of a closure."""
    namespace = {}
    exec(RULE.format(f"So: {name}"), namespace)
    namespace["rule"].__name__ = name
    return op()(namespace["rule"])


def layered(name):
    """A layer, and a rule of which two results leave one scope."""
    rule = odd_rule(name)
    x, y = Tensor(np.ones((1, 2)), name="x"), Tensor(np.ones((1, 2)), name="y")
    with scope(name):
        p = rule(x, y)
        q = rule(p, y)
    loss = np.sum(Lin(np.ones((2, 1)), np.zeros(1), name=name)(p) + q)
    loss.backward()
    return loss


@pytest.mark.slow
@given(names, st.sampled_from(["LR", "TB"]), st.booleans())
@settings(max_examples=100)
@example("\x00", "LR", True)
@example("\x1e", "LR", False)
@example("x" * 10_000, "LR", False)
def test_the_names_of_rules_and_layers_and_docstrings_are_data(name, direction, legend):
    look = {"direction": direction, "legend": legend}
    picture, plain = (read(draw(layered(n), **look).svg()) for n in (name, "plain"))
    assert picture.shape() == plain.shape()
    assert picture.legend == plain.legend
    assert picture.groups == [label(name, 48)] * 2
    assert picture.cards["n2"].lines[0] == f"v1 = {label(name)}(x, y) (1, 2)"
    said = visible(inspect.cleandoc(f"So: {name}").partition("\n")[0])
    known = {"g": "∂v1", "z": "v1"}
    said = "".join(known.get(word, word) for word in re.split(r"(\W+)", said))
    said = said if len(said) <= WIDTH else f"∂v1 · ∂{name_label(name)}(x, y)/∂x"
    edges = [edge for edge in picture.edges if edge.head.ident == "n2"]
    said = re.sub(r"\s", "", as_read(f"◂{said}"))  # a long one is cut into lines
    first, second = ("".join("".join(edge.lines).split()) for edge in edges)
    assert (first, second) == (said, "◂∂v1")


@pytest.mark.slow
@given(names, st.sampled_from(["LR", "TB"]))
@settings(max_examples=100)
@example("\x00", "LR")
@example("x" * 10_000, "TB")
def test_on_folded_cards_they_are_data_too(name, direction):
    look = {"direction": direction, "max_nodes": 6}
    picture, plain = (read(draw(layered(n), **look).svg()) for n in (name, "plain"))
    assert picture.shape() == plain.shape()
    lines = [line for card in picture.cards.values() for line in card.lines]
    assert f"▣ {as_read(shorten(visible(name), 48))}" in lines
    assert sum(line.startswith(f"{label(name)} (1, 2)") for line in lines) == 2


# --- what else a picture is saved as --------------------------------------------------


def statements(source):
    """The nodes, clusters and edges that Graphviz finds in DOT, with what is set."""
    render.to_svg("graph {}")  # it is loaded
    graph = json.loads(render._graphviz.render(source, format="dot_json"))
    objects = [(o["name"], sorted(o.keys() - {"tooltip"})) for o in graph["objects"]]
    # Where a label stands, beside the line or in a card, its length may decide.
    free = {"label", "xlabel", "fontsize"}
    edges = [(e["tail"], e["head"], sorted(e.keys() - free)) for e in graph["edges"]]
    return sorted(graph), objects, edges


@pytest.mark.parametrize("make", [lambda name: graph(name, name), layered])
@pytest.mark.parametrize("name", ODD)
def test_the_dot_has_the_same_statements_and_draws_the_same(name, make, tmp_path):
    drawing = draw(make(name))
    assert statements(drawing.source) == statements(draw(make("plain")).source)
    text = drawing.save(tmp_path / "odd.dot").read_text("utf-8")
    assert render.to_svg(text) == render.to_svg(drawing.source)


@pytest.mark.parametrize("name", ODD)
def test_a_png_is_drawn_of_any_name(name):
    drawing = draw(graph(name, name))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        png = drawing.png(scale=0.5)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert png[-8:-4] == b"IEND"
    root = ET.fromstring(drawing.svg())
    points = [float(root.get(side).removesuffix("pt")) for side in ("width", "height")]
    pixels = [size * 96 / 72 * 0.5 for size in points]
    assert bool(caught) == (name in ("重み", "👩‍🔬"))  # for which stand-ins have room
    assert struct.unpack(">II", png[16:24]) == pytest.approx(pixels, abs=1)


class Elements(html.parser.HTMLParser):
    """The tags of a page, and the text of its facts."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.facts, self._inside = [], "", False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._inside = ("type", "application/json") in attrs

    def handle_data(self, data):
        self.facts += data if self._inside else ""


def kinds(page):
    """The elements of a page: not its links, and of texts in a row one."""
    found = [tag for tag in page.tags if tag not in ("a", "g")]
    return [tag for tag, _ in itertools.groupby(found)]


@given(names)
@settings(max_examples=60)
@example("</script><script>alert(1)</script>")
@example("x" * 10_000)
def test_a_page_has_the_same_elements_and_gives_the_name_back(name):
    # A wide picture has its legend in fewer lines, a long title takes two.
    plain = Elements(draw(graph("a", "m"), legend=False).html())
    odd = Elements(draw(graph(name, name), legend=False).html())
    assert kinds(odd) == kinds(plain)
    assert not set("<>&") & set(odd.facts)
    assert json.loads(odd.facts)["cards"]["n0"]["name"] == name


@given(st.dictionaries(names, st.integers(0, 2), max_size=3))
@settings(max_examples=50)
def test_names_of_variables_are_data_too(places):
    leaves = [Tensor(float(i)) for i in (3, 4, 5)]
    variables = {name: leaves[i] for name, i in places.items()}
    picture = read(draw(leaves[0] * leaves[1] + leaves[2], names=variables).svg())
    drawn = {card.lines[-2]: card.lines[:-2] for card in picture.cards.values()}
    assert len(drawn) == len(picture.cards) == 5
    for i in range(3):
        known = (n for n, place in places.items() if place == i and n[0] != "_")
        assert drawn[f"{i + 3}.0"] == [label(name) for name in known][:1]


@given(st.text(max_size=30))
@settings(max_examples=50)
@example("")
def test_a_constant_that_is_a_text_is_data_too(text):
    class Odd:
        def __repr__(self):
            return text

        def __array_function__(self, *call):  # or it would not be an operand
            return NotImplemented

    @op()
    def with_odd(x, odd):
        return x * 1.0, (lambda g: g, None)

    x = Tensor(1.0, name="x")
    assert len(read(draw(with_odd(x, Odd())).svg()).cards) == 3


def test_a_name_of_numpy_s_is_a_name():
    assert "a" in read(draw(Tensor(1.0, name=np.str_("a")) * 2).svg()).cards["n0"].lines
