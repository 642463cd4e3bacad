"""Outside text made fit for a picture."""

import xml.etree.ElementTree as ET

import pytest

from engine import Tensor
from viz import draw
from viz.picture.dot_text import escape
from viz.words.text import NAME_WIDTH, name_label, shorten, visible

NASTY = [
    'say "hi"',
    "{a|b}",
    "<p0>port",
    "<b>bold</b>",
    "a & b &amp; &#65;",
    "back\\slash \\n \\N \\G \\l \\",
    "\\",
    "two  and   three",
    " edges ",
    "]]>",
    "</script>",
    "'; drop",
    "//a /*b*/ #c",
    "-> n0 [x=y]",
    "∂ 6.0 ▲",
    "变量 żółw Ωμέγα",
    "العربية",
    "😀",
    "\\\\n",
    "%s {} %d",
]


def texts(svg: str) -> list[str]:
    """Every text of an SVG, no-break spaces (Graphviz's runs of spaces) as spaces."""
    found = ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    return ["".join(t.itertext()).replace("\xa0", " ") for t in found]


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_a_nasty_name_shows_as_typed_on_card_title_and_frame(name, direction):
    leaf = Tensor(2.0, name=name)
    loss = leaf * Tensor(3.0, name="b")
    loss.group = (name, None)
    loss.backward()
    shown = texts(draw(loss, direction=direction).svg())
    assert shown.count(name) == 2  # leaf, frame
    assert f"L = {name} × b" in shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\nb", "a↵b"),
        ("a\tb", "a\\tb"),
        ("bell\x07", "bell\\x07"),
        ("nul\x00", "nul\\x00"),
        ("rtl\u202e", "rtl\\u202e"),
        ("lone\ud800", "lone\\ud800"),
        ("\ufffe", "\\ufffe"),
    ],
)
def test_what_draws_nothing_gets_a_visible_stand_in(name, shown):
    assert visible(name) == shown
    assert shown in texts(draw(Tensor(1.0, name=name)).svg())


def test_a_long_name_is_cut_in_the_middle_and_whole_in_the_tooltip():
    name = "start" + "x" * 10_000 + "\\end\\N"
    svg = draw(Tensor(1.0, name=name)).svg()
    short = name_label(name)
    assert len(short) == NAME_WIDTH
    assert short.startswith("startxxx")
    assert short.endswith("x\\end\\N")
    assert short in texts(svg)
    links = ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}a")
    titles = [link.get("{http://www.w3.org/1999/xlink}title") for link in links]
    assert titles == [name]


@pytest.mark.parametrize("width", [5, 6, 24])
def test_shorten_keeps_both_ends_and_the_width(width):
    assert len(shorten("abcdefgh" * 9, width)) == width
    assert shorten("ab", width) == "ab"


def test_escape_leaves_nothing_that_graphviz_reads():
    assert escape('{a|b}<c> "d" & e') == (
        "&#123;a&#124;b&#125;&#60;c&#62;&#32;&#34;d&#34;&#32;&#38;&#32;e"
    )
    assert escape("a\\n") == "a\\\\n"


def test_names_that_look_like_html_to_the_graphviz_package_stay_text():
    name = "<b>x</b>"
    assert name in texts(draw(Tensor(1.0, name=name), direction="TB").svg())
