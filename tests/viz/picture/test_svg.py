"""What is drawn over Graphviz's picture: texts in their places and sizes."""

import html
import re
import xml.etree.ElementTree as ET

import pytest
from helpers.pictures import read

from engine import Tensor
from viz import draw

SVG = "{http://www.w3.org/2000/svg}"


def product(name="a"):
    loss = Tensor(2.0, name=name) * Tensor(-3.0, name="b")
    loss.backward()
    return loss


def sizes(card):
    return [text.size for text in card.texts]


def test_a_text_that_the_user_changed_stays_and_all_others_are_ours():
    drawing = draw(product(), direction="LR")
    before = read(drawing.svg())
    drawing.digraph.node("n0", label="my own\nwords", fontsize="14")
    after = read(drawing.svg())
    assert after.cards["n0"].lines == ["my own", "words"]
    assert sizes(after.cards["n0"]) == [14.0, 14.0]
    for ident in ("n1", "n2"):
        assert after.cards[ident].lines == before.cards[ident].lines
        assert sizes(after.cards[ident]) == sizes(before.cards[ident])


def test_a_card_and_an_edge_of_the_user_s_own_are_drawn_as_they_are():
    drawing = draw(product(), direction="LR")
    drawing.digraph.node("extra", label="more")
    drawing.digraph.edge("n2", "extra", label="and")
    svg = drawing.svg()
    assert ">more</text>" in svg
    assert ">and</text>" in svg


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_every_text_of_a_card_has_its_size_and_its_part(direction):
    root = ET.fromstring(draw(product(), direction=direction).svg())
    for card in root.iter(f"{SVG}g"):
        if card.get("class") == "node card":
            found = [
                (t.get("class"), t.get("font-size")) for t in card.iter(f"{SVG}text")
            ]
            assert found == [(None, "10.00"), ("value", "13.00"), ("grad", "13.00")]


@pytest.mark.parametrize(
    "name", [" a", "a ", "   ", "a  b", "a\xa0b", "\u2003a", "\u3000", "a\tb", "\xad"]
)
def test_spaces_of_any_kind_stay_and_the_card_keeps_its_look(name):
    odd, plain = (read(draw(product(n)).svg()) for n in (name, "a"))
    assert odd.shape() == plain.shape()
    (title,) = (text for text in odd.cards["n0"].texts if text.size == 10.0)
    expected = name.replace("\xa0", " ").replace("\t", "\\t").replace("\xad", "\\xad")
    assert title.text == expected


def test_the_words_of_a_card_can_be_searched_for():
    svg = draw(product(), legend=False).svg()
    assert ">L</tspan> = a × b</text>" in svg  # the name stands out
    assert ">∂ 1.0</text>" in svg


def test_labels_of_edges_read_on_any_line_and_have_no_space_around_them():
    svg = draw(product(), direction="LR").svg()
    labels = re.findall(r'<text paint-order="stroke" [^>]*>([^<]*)</text>', svg)
    assert list(map(html.unescape, labels)) == ["◂ ×-3.0", "◂ ×2.0"]
