"""Characters that our font lacks: each has a stand-in, and no other has."""

import random
import re
import struct
import unicodedata
import warnings
from base64 import b64decode
from pathlib import Path

import pytest

from engine import Tensor
from viz import draw
from viz.picture import glyphs, render
from viz.picture.glyphs import covered, missing_in, with_stand_ins


def pixels(text):
    """A text as a PNG shows it."""
    return render.to_png(
        '<svg width="60.00pt" height="20.00pt" xmlns="http://www.w3.org/2000/svg">'
        f'<text x="5" y="15" font-family="DejaVu Sans Mono">{text}</text></svg>',
        1.0,
    )


def drawing(name):
    L = Tensor(2.0, name=name) * Tensor(-3.0, name="b")
    L.backward()
    return draw(L)


def test_the_font_has_what_the_legend_needs_and_no_chinese():
    assert {*map(ord, "aZ09∂▲▼×·Σ→∞≈₁")} <= covered()
    assert covered().isdisjoint(map(ord, "学み한😀"))
    assert len(covered()) == 3322


def test_what_is_taken_to_be_missing_is_what_the_renderer_does_not_draw():
    missing = pixels("学")
    assert pixels("😀") == missing
    letters = [
        c
        for c in map(chr, range(0x80, 0x3400))
        if unicodedata.category(c) in ("Lu", "Ll", "Sm", "So")
        and unicodedata.normalize("NFC", c) == c
    ]
    for c in random.Random(0).sample(letters, 300):
        assert (pixels(c) != missing) == (with_stand_ins(c) == c), (c, hex(ord(c)))


def test_only_what_is_missing_is_replaced():
    assert with_stand_ins("a 学 b😀∂") == r"a \u5b66 b\U0001f600∂"
    assert with_stand_ins("学", backslash=r"\\") == r"\\u5b66"
    assert with_stand_ins("∂w ▲ × Σ é Привет λ") == "∂w ▲ × Σ é Привет λ"


def test_accents_are_kept_where_the_font_has_them():
    for text in ("e\u0301", "q\u0307\u0323", "\u1e4d", "♥\ufe0f"):
        shown = with_stand_ins(text)
        assert unicodedata.normalize("NFC", shown) == unicodedata.normalize("NFC", text)
    assert with_stand_ins("x\u20d7") == r"x\u20d7"  # an arrow above
    assert with_stand_ins("学\u0301") == "\\u5b66\u0301"


def test_an_accent_never_melts_into_markup():
    assert with_stand_ins("<text>\u0338学</text>") == "<text>\u0338\\u5b66</text>"
    for name in ("\u0338学", "<\u0338>\u0338=\u0338学", "&\u0338学;"):
        with pytest.warns(UserWarning, match="学"):
            assert drawing(name).png()


def test_missing_characters_are_found_in_texts_each_once_and_in_order():
    texts = '<text x="1">学😀</text><title>み</title><text>学<b>한</b></text>'
    svg = f'<a title="重">{texts}</a>'
    assert missing_in(svg) == "学😀한"


def test_a_png_shows_stand_ins_in_cards_wide_enough_and_the_svg_keeps_the_character():
    name = "学習率"
    drawn = drawing(name)
    with pytest.warns(UserWarning, match="png: its font"):
        png = drawn.png(scale=1)
    assert png == drawing(r"\u5b66\u7fd2\u7387").png(scale=1)
    assert name in drawn.svg()
    assert name in drawn.source
    assert name in drawn.html()


def test_one_warning_a_save_names_the_characters_and_the_users_line(tmp_path):
    drawn = drawing("学😀学")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        drawn.save(tmp_path / "x.png")
        drawn.png()
        drawn.save(tmp_path / "x.svg")
        drawn.save(tmp_path / "x.html")
        drawn.save(tmp_path / "x.dot")
        drawing("é∂").png()
    assert [Path(w.filename) for w in caught] == [Path(__file__)] * 2
    assert len({w.lineno for w in caught}) == 2
    for warning in caught:
        assert r"no 学 (\u5b66), 😀 (\U0001f600), and shows" in str(warning.message)


def test_a_warning_of_many_characters_is_short():
    many = "".join(map(chr, range(0x4E00, 0x4E14)))
    with pytest.warns(UserWarning, match=r"\\u4e07\) and 12 more, and shows") as caught:
        drawing(many).png()
    assert len(str(caught[0].message)) < 250


def test_a_notebook_is_not_warned_for_it_shows_the_svg():
    bundle = drawing("学習率学習率")._repr_mimebundle_()
    png, plain = (
        b64decode(x["image/png"]) for x in (bundle, drawing("b")._repr_mimebundle_())
    )
    assert struct.unpack(">II", png[16:24]) != struct.unpack(">II", plain[16:24])
    assert "学" in bundle["image/svg+xml"]


def test_a_dot_file_of_a_users_own_keeps_its_backslashes():
    drawn = drawing("a")
    drawn.digraph.node("extra", label=r"x\l学")
    with pytest.warns(UserWarning, match="学"):
        drawn.png()
    assert re.search(r"x\\l学", drawn.source)
    assert r"\\u5b66" in with_stand_ins(drawn.source, backslash=r"\\")
    assert glyphs.FONT_FILE.is_file()
