"""PDFs: the picture as one page of vectors and text, in our font, on any machine."""

import os
import re
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from helpers.gallery import PROGRAMS

from engine import Tensor
from viz import draw
from viz.picture import pdf
from viz.picture.colours import THEMES
from viz.picture.glyphs import with_stand_ins
from viz.picture.pdf import to_pdf
from viz.picture.render import size_of_svg

ROOT = Path(__file__).parents[3]
_BY_LETTER = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def example():
    x = Tensor((np.arange(12.0) / 4 - 1).reshape(6, 2), name="x")
    loss = (np.tanh(x) * Tensor(2.0, name="weight")).sum()
    loss.backward()
    return loss


def streams(made):
    """The parts of a PDF that are compressed."""
    parts = rb"(?s)/FlateDecode[^>]*>>\s*stream\r?\n(.*?)endstream"
    for found in re.finditer(parts, made):
        yield zlib.decompress(found[1])


def painting(made):
    """What is painted on its page."""
    return max(streams(made), key=lambda part: part.count(b" scn"))


def text(made):
    """The characters that it shows, in the order of painting."""
    (table,) = (part for part in streams(made) if b"beginbfchar" in part)
    pairs = re.findall(rb"<(\w{4})> <(\w+)>", table)
    shown = {bytes.fromhex(g.decode()): bytes.fromhex(c.decode()) for g, c in pairs}
    glyphs = re.findall(rb"(?s)\(((?:\\.|[^\\)])*)\)Tj", painting(made))
    return "".join(shown[unescaped(g)].decode("utf-16-be") for g in glyphs)


def unescaped(string):
    def one(found):
        code = found[1]
        return bytes([int(code, 8)]) if code.isdigit() else _BY_LETTER.get(code, code)

    return re.sub(rb"(?s)\\([0-7]{1,3}|.)", one, string)


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_it_is_one_page_of_the_size_of_the_picture(direction):
    drawing = draw(example(), direction=direction, font_size=14)
    made = drawing.pdf()
    assert made.startswith(b"%PDF-1.5")
    boxes = re.findall(rb"/MediaBox ?\[0 0 ([\d.]+) ([\d.]+)\]", made)
    assert len(boxes) == 1
    wide, high = size_of_svg(drawing.svg())
    assert [float(n) for n in boxes[0]] == pytest.approx([wide, high], abs=0.01)


def test_its_text_is_text_in_our_font_and_it_has_no_pixels():
    made = draw(example()).pdf()
    shown = text(made)
    for words in ("weight", "2.0", "∂ 0.2276 … 2.0", "tanh(x)", "∂: gradient"):
        assert words in shown
    assert re.findall(rb"/FontName/\w+\+(\w+)", made) == [b"DejaVuSansMono"]
    assert b"/FontFile2" in made
    assert b"/Subtype/Image" not in made


def test_the_dot_of_a_cell_is_drawn_where_it_is_the_only_one():
    data = np.ones((5, 5))
    data[2, 3] = -1.0
    round_ends = b" 1 J "
    assert round_ends in painting(draw(Tensor(data, name="x") * 1.0).pdf())
    assert round_ends not in painting(draw(Tensor(abs(data), name="x") * 1.0).pdf())


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_the_whole_page_has_the_colour_of_the_paper(theme):
    drawing = draw(example(), theme=theme)
    wide, high = size_of_svg(drawing.svg())
    paper = THEMES[theme].paper
    rgb = [int(paper[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    first = painting(drawing.pdf()).split(b"f\n")[0].decode()
    said = re.search(r"cs ([\d. ]+) scn", first)
    assert [float(n) for n in said[1].split()] == pytest.approx(rgb, abs=1e-3)
    corner = f"{wide:g} 0 l {wide:g} {high:g} l 0 {high:g} l"
    assert corner in first


@pytest.mark.parametrize("name", PROGRAMS)
def test_printed_it_is_grey(name):
    loss, names = PROGRAMS[name]()
    svg = with_stand_ins(draw(loss, names=names, theme="print").svg())
    for colour in set(re.findall(r"#([0-9a-fA-F]{6})\b", svg)):
        red, green, blue = re.findall("..", colour)
        assert red == green == blue, colour
    for colour in re.findall(rb"([\d. ]+) (?:scn|SCN)", painting(to_pdf(svg))):
        assert len(set(colour.split())) == 1, colour


def test_the_same_program_gives_the_same_file_in_every_process():
    program = """
import hashlib
from helpers.gallery import PROGRAMS
from viz import draw

for name in ("two_layers", "nan"):
    loss, names = PROGRAMS[name]()
    drawing = draw(loss, names=names)
    made = drawing.pdf()
    assert drawing.pdf() == made
    print(hashlib.sha256(made).hexdigest())
"""

    def said(seed):
        path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
        env = {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", program]
        return subprocess.run(command, env=env, capture_output=True, check=True).stdout

    assert said("1") == said("2") != b""


def test_threads_make_pdfs_at_once():
    drawings = [draw(Tensor(float(i), name="x") * 3.0) for i in range(8)]
    alone = [drawing.pdf() for drawing in drawings]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda drawing: drawing.pdf(), drawings * 4)) == alone * 4


@pytest.mark.parametrize("name", ["</svg>", '"', "#image(", "a & b", "$", "\\", "]]>"])
def test_a_name_is_data_there_too(name):
    assert name in text(draw(Tensor(2.0, name=name) * 3.0).pdf())


def test_characters_that_the_font_lacks_have_stand_ins():
    drawing = draw(Tensor(2.0, name="学") * 3.0)
    with pytest.warns(
        UserWarning, match=r"pdf: its font has no 学 \(\\u5b66\)"
    ) as said:
        made = drawing.pdf()
    assert r"\u5b66" in text(made)
    assert said[0].filename == __file__


def test_a_child_of_a_process_that_made_one_has_it_made_elsewhere(monkeypatch):
    svg = draw(example(), theme="dark").svg()
    made = to_pdf(svg, paper="#14171E")
    monkeypatch.setattr(pdf, "_threads_in", -1)
    assert to_pdf(svg, paper="#14171E") == made
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(RuntimeError, match=r"save: a forked process .* none: exit 1;"):
        to_pdf(svg)
