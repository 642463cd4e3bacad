"""Labels are data: no name, however odd, breaks a picture or gets out of its place.

The one idea: a picture with an odd name is read back (pictures.py) and held against the
same picture with a plain one. It has the same cards, edges and texts; where the name
stands, it stands as `name_label` promises.
"""

import html.parser
import json
import re

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pictures import read

from engine import Tensor, op
from viz import draw
from viz.labels import name_label, visible
from viz.renderer import to_svg

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


@op()
def marked(x, *, mark):
    return x * 1.0, (lambda g: g,)


def graph(name, note):
    """The name as a leaf's, on a slot, in a title, as a group's and as an option."""
    a = Tensor(2.0, name=name)
    product = a * Tensor(3.0, name="b")
    product.group = (name, None)
    loss = marked(product, mark=note)
    loss.backward()
    return loss


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
    shown = name_label(name)
    words = name_label(name, 48)
    assert odd.groups == [words]
    leaf, other, product, loss = odd.cards.values()
    assert leaf.lines[0] == shown
    assert other.lines == plain.cards["n1"].lines
    assert product.lines[0] == shown
    assert product.lines[2] == f"{shown} × b"
    assert loss.lines[2:] == plain.cards["n3"].lines[2:]
    assert [edge.lines for edge in odd.edges] == [edge.lines for edge in plain.edges]
    assert odd.legend == plain.legend
    assert leaf.tooltip == ("" if shown == name else visible(name))


@pytest.mark.parametrize("name", ODD)
def test_the_dot_has_the_same_statements_and_draws_the_same(name):
    drawing = draw(graph(name, name))
    statements = r"^\t+(?:n\d+ \[|n\d+ -> n\d+:|subgraph|graph \[|node \[|edge \[)"
    plain = draw(graph("a", "m")).source
    found = re.findall(statements, drawing.source, re.M)
    assert found == re.findall(statements, plain, re.M)
    assert len(drawing.source.splitlines()) == len(plain.splitlines())
    assert to_svg(drawing.source) == to_svg(drawing.source)


@pytest.mark.parametrize("name", ODD)
def test_a_png_is_drawn_of_any_name(name):
    png = draw(graph(name, name)).png(scale=0.5)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert png[-8:-4] == b"IEND"


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


@given(names)
@settings(max_examples=60)
@example("</script><script>alert(1)</script>")
@example("x" * 10_000)
def test_a_page_has_the_same_elements_and_gives_the_name_back(name):
    plain = Elements(draw(graph("a", "m")).html())
    odd = Elements(draw(graph(name, name)).html())
    without_links = [tag for tag in odd.tags if tag not in ("a", "g")]
    assert without_links == [tag for tag in plain.tags if tag not in ("a", "g")]
    assert not set("<>&") & set(odd.facts)
    assert json.loads(odd.facts)["cards"]["n0"]["name"] == name


@given(st.dictionaries(names, st.integers(0, 2), max_size=3))
@settings(max_examples=50)
def test_names_of_variables_are_data_too(places):
    leaves = [Tensor(float(i)) for i in range(3)]
    variables = {name: leaves[i] for name, i in places.items()}
    svg = draw(leaves[0] * leaves[1] + leaves[2], names=variables).svg()
    assert len(read(svg).cards) == 5


@given(st.text(max_size=30))
@settings(max_examples=50)
def test_a_constant_that_is_a_text_is_data_too(text):
    class Odd:
        def __repr__(self):
            return text

    @op()
    def with_odd(x, odd):
        return x * 1.0, (lambda g: g, None)

    assert len(read(draw(with_odd(Tensor(1.0), Odd())).svg()).cards) == 3


def test_a_name_of_numpy_s_is_a_name():
    assert "a" in read(draw(Tensor(1.0, name=np.str_("a")) * 2).svg()).cards["n0"].lines
