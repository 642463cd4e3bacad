"""What the program dot makes: EPS in colour, with charts."""

import re
import shutil
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from helpers.gallery import PROGRAMS
from helpers.scenes import scene

from engine import Tensor
from viz import draw
from viz.picture.colours import THEMES
from viz.picture.dot import Options
from viz.picture.dot_tables import for_dot
from viz.picture.draw import draw_scene
from viz.picture.render import how_to_install


def example():
    x = Tensor((np.arange(12.0) / 4 - 1).reshape(6, 2), name="x")
    loss = (np.tanh(x) * Tensor(2.0, name="w")).sum()
    loss.backward()
    return loss


def tables(tensor, direction="LR", theme="light"):
    """The DOT for `dot`, and its cards' tables by name."""
    show = frozenset(("value", "grad", "shape"))
    options = Options(None, direction, show, "grad", theme, True, True, True)
    drawing = draw_scene(scene(tensor), options)
    source = for_dot(drawing.source, drawing._drawn.overlay)
    found = re.findall(r"(?m)^\t(n\d+) \[label=<(<TABLE.*</TABLE>)> ", source)
    return source, {name: ET.fromstring(table) for name, table in found}


def fonts(table):
    return [(f.text.replace("\xa0", " "), f.get("COLOR")) for f in table.iter("FONT")]


def sizes(table):
    return [float(f.get("POINT-SIZE")) for f in table.iter("FONT")]


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_every_card_is_a_table_of_the_same_lines_in_their_colours(direction):
    theme = THEMES["light"]
    source, found = tables(example(), direction)
    assert list(found) == ["n0", "n1", "n2", "n3", "n4"]
    assert fonts(found["n0"]) == [
        ("x (6, 2)", theme.muted),
        ("-1.0 … 1.75", theme.ink),
        ("∂ 0.2276 … 2.0", theme.gradient),
    ]
    assert fonts(found["n2"]) == [
        ("w", theme.muted),
        ("2.0", theme.ink),
        ("∂ 2.695", theme.gradient),
    ]
    title, value, gradient = sizes(found["n2"])
    assert title < value == gradient
    assert "fontname=Courier" not in source


def test_every_table_is_as_large_as_its_text_and_edges_run_from_card_to_card():
    source, found = tables(example())
    assert re.findall(r"-> ?(\S+)", source) == ["n1", "n3", "n3", "n4"]
    cards = re.findall(r"(?m)^\t(n\d) \[label=<.*> (.*)\]$", source)
    assert [name for name, _ in cards] == list(found)
    for _, look in cards:
        assert "fixedsize=false" in look
        assert not re.search(r"\b(width|height)=", look)


def test_a_heat_map_is_a_table_of_its_cells():
    _, found = tables(example())
    maps = coloured(found["n0"])
    assert [len(boxes) for boxes in maps] == [12, 19, 12, 11]  # each with its bar
    assert maps[0][11].get("BGCOLOR") == THEMES["light"].positive


def coloured(table):
    """The coloured boxes of each table inside that has any of its own."""
    boxes = (
        [box for box in inside.findall("TR/TD") if box.get("BGCOLOR")]
        for inside in table.iter("TABLE")
    )
    return [found for found in boxes if found]


def test_the_bar_of_a_map_is_as_wide_as_its_boxes_together():
    _, found = tables(example())
    for table in found["n0"].iter("TABLE"):
        boxes = table.findall("TR/TD")
        if boxes and {box.get("HEIGHT") for box in boxes} == {"4"}:
            widths = [int(box.get("WIDTH")) for box in boxes]
            assert sum(widths) == int(table.get("WIDTH")) == 40
            assert min(widths) > 0


def test_a_piece_of_a_bar_that_is_thinner_than_a_point_is_left_out():
    _, found = tables(Tensor(np.linspace(-0.004, 1.0, 9), name="x") * 1.0)
    (bar,) = [t for t in found["n0"].iter("TABLE") if t.get("HEIGHT") == "4"]
    widths = [int(box.get("WIDTH")) for box in bar.findall("TR/TD")]
    assert len(widths) == 12  # of the 13
    assert min(widths) > 0
    assert sum(widths) == int(bar.get("WIDTH"))


def test_slices_of_a_table_stand_apart():
    x = Tensor(np.arange(1.0, 55.0).reshape(2, 9, 3), name="x")
    _, found = tables(x * 1.0)
    fixed = (t for t in found["n0"].iter("TABLE") if t.get("WIDTH"))
    cells = next(t for t in fixed if len(t.findall("TR")) > 1)
    rows = [row.findall("TD") for row in cells.findall("TR")]
    assert [len(row) for row in rows] == [3 + 1 + 3] * 9
    for row in rows:
        assert [bool(box.get("BGCOLOR")) for box in row] == [
            *[True] * 3,
            False,
            *[True] * 3,
        ]
    assert int(cells.get("WIDTH")) == 6 * 7


def test_a_histogram_leaves_no_room_behind():
    x = Tensor(np.arange(100.0), name="x")
    _, found = tables(x * 1.0)
    assert [text for text, _ in fonts(found["n0"])] == [
        "x (100,)",
        "0.0 … 99.0",
        "∂ not run",
    ]


@pytest.mark.parametrize(
    "name", ["</TABLE>", '"', "a   b", "\\N", "{|}", "<b>", "&#60;"]
)
def test_a_name_is_data_there_too(name):
    _, found = tables(Tensor(2.0, name=name) * 3.0)
    shown = fonts(found["n0"])[0][0]
    assert shown == name.replace("\\", "\\\\")  # in which dot reads backslashes twice


@pytest.mark.skipif(shutil.which("dot") is None, reason="the program dot is not here")
@pytest.mark.parametrize(
    ("ending", "start"), [(".eps", b"%!PS"), (".ps", b"%!PS"), (".gif", b"GIF8")]
)
def test_dot_makes_the_file(tmp_path, ending, start, capfd):
    path = draw(example(), theme="print").save(tmp_path / f"graph{ending}")
    assert path.read_bytes().startswith(start)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("platform", "command"),
    [("darwin", "brew install"), ("win32", "winget install"), ("linux", "dnf install")],
)
def test_the_cure_is_that_of_the_system(monkeypatch, platform, command):
    monkeypatch.setattr(shutil, "which", lambda tool: tool if tool == "dnf" else None)
    assert how_to_install(platform).startswith(command)


def test_an_unknown_system_is_told_so(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda tool: None)
    assert "package manager" in how_to_install("plan9")


def test_labels_have_their_full_size_and_room_where_dot_places_them():
    for name in ("autoencoder", "batch_norm"):
        tensor, names = PROGRAMS[name]()
        drawing = draw(tensor, names=names)
        tables = for_dot(drawing.source, drawing._drawn.overlay)
        assert "xlabel" not in tables
        assert re.search(r"(?m)^\tedge \[.*fontsize=10\]", tables)
        assert tables.count("\u25c2") == drawing.source.count("\u25c2")
