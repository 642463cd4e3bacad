"""Labels lie beside their own line, and on nothing else."""

import re

import numpy as np
import pytest

from engine import Tensor
from viz import draw
from viz.picture.labels import placed

EDGE = """\
<g id="edge{n}" class="edge">
<title>n0&#45;&gt;n1</title>
<path fill="none" stroke="#000" d="M{line}"/>
<polygon points="{tip}"/>
<text text-anchor="middle" x="300.00" y="300.00" fill="#000">{text}</text>
</g>
"""
CARD = """\
<g id="node1" class="node card">
<title>n0</title>
<polygon points="{left},{top} {right},{top} {right},{bottom} {left},{bottom}"/>
</g>
"""
DOWN = {"line": "100,0C100,30 100,60 100,90", "tip": "98,90 100,95 102,90"}
ACROSS = {"line": "0,50C30,50 60,50 90,50", "tip": "90,48 95,50 90,52"}


def place(svg, n=0):
    found = re.findall(r'<text [^>]*x="([-\d.]+)" y="([-\d.]+)"', placed(svg, 10.0))
    x, y = found[n]
    return float(x), float(y)


def test_beside_a_line_that_goes_down_it_stands_at_the_right():
    x, y = place(EDGE.format(n=1, text="abc", **DOWN))
    assert 100 + 9 < x < 100 + 9 + 8  # half of three characters, and a gap
    assert 20 < y < 80


def test_above_a_line_that_goes_across_it_stands_in_the_middle():
    x, y = place(EDGE.format(n=1, text="abc", **ACROSS))
    assert x == pytest.approx(47, abs=4)
    assert 38 < y < 50


def test_where_a_card_is_in_the_way_it_goes_to_the_other_side():
    card = CARD.format(left=102, right=200, top=-10, bottom=110)
    x, _ = place(card + EDGE.format(n=1, text="abc", **DOWN))
    assert x < 100 - 9


def test_the_name_of_a_frame_is_kept_free():
    name = '<g class="cluster">\n<text x="104" y="50" fill="#000">Lin 1: Lin</text></g>'
    x, y = place(name + EDGE.format(n=1, text="abc", **DOWN), n=1)
    assert x < 100 or not 35 < y < 60


def test_two_labels_of_one_line_do_not_lie_on_each_other():
    svg = EDGE.format(n=1, text="abc", **DOWN) + EDGE.format(n=2, text="def", **DOWN)
    (x1, y1), (x2, y2) = place(svg, 0), place(svg, 1)
    assert abs(x1 - x2) >= 18 or abs(y1 - y2) >= 12


def test_a_label_makes_way_for_one_that_has_no_other_place():
    long = {"line": "100,0C100,80 100,160 100,240", "tip": "98,240 100,245 102,240"}
    short = {
        "line": "160,119C160,121 160,123 160,125",
        "tip": "158,125 160,131 162,125",
    }
    first = EDGE.format(n=1, text="abc", **long)
    second = EDGE.format(n=2, text="abcdef", **short)
    card = CARD.format(left=181, right=300, top=60, bottom=180)
    alone, (x, y) = place(first), place(card + first + second, 1)
    moved = place(card + first + second, 0)
    assert x == pytest.approx(160 - 4 - 18, abs=1)  # beside its line, not on it
    assert 115 < y < 140
    assert moved != alone
    assert moved[0] < 100 or abs(moved[1] - y) >= 12


def test_a_label_goes_where_no_frame_runs_through_it():
    label = EDGE.format(n=1, text="abc", **DOWN)
    _, y = place(label)
    frame = '<rect fill="none" x="{x}" y="{y}" width="80" height="300"/>'
    _, moved = place(frame.format(x=50, y=y - 4) + label)  # its top, at the label
    assert abs(moved - y) > 5


def test_labels_stay_where_a_move_would_make_another_one_worse():
    """The second has no place but the first's, and the first none but its own."""
    short = {"line": "100,119C100,121 100,123 100,125", "tip": "98,125 100,131 102,125"}
    beside = {
        "line": "144,119C144,121 144,123 144,125",
        "tip": "142,125 144,131 146,125",
    }
    wall = CARD.format(left=160, right=300, top=60, bottom=180)
    left = CARD.format(left=0, right=97, top=60, bottom=180)
    first = EDGE.format(n=1, text="abc", **short)
    svg = wall + left + first + EDGE.format(n=2, text="abcd", **beside)
    assert place(svg) == place(wall + left + first)


def test_an_edge_without_a_label_stays_as_it_is():
    edge = EDGE.format(n=1, text="", **DOWN).replace(
        '<text text-anchor="middle" x="300.00" y="300.00" fill="#000"></text>\n', ""
    )
    assert placed(edge, 10.0) == edge


def test_of_a_whole_picture_only_places_change():
    x = Tensor(np.ones((3, 2)), name="x")
    loss = (np.tanh(x @ Tensor(np.ones((2, 2)), name="w")) * 2.0).sum()
    svg = draw(loss).svg()
    again = placed(svg, 10.0)
    without = r' x="[-\d.]+" y="[-\d.]+"'
    assert re.sub(without, "", again) == re.sub(without, "", svg)
    assert placed(again, 10.0) == again
