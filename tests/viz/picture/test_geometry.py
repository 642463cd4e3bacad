"""Where cards and lines are, as Graphviz's SVG has it."""

import numpy as np
import pytest

from engine import Tensor
from viz import draw
from viz.picture.geometry import (
    EDGE,
    Box,
    boxes_of_cards,
    distances,
    line_of,
    paper,
)
from viz.picture.render import to_svg


def laid_out():
    a, b = Tensor(2.0, name="a"), Tensor(3.0, name="b")
    return to_svg(draw(a * b, direction="TB").source)


def test_cards_lie_on_the_paper_and_not_on_each_other():
    svg = laid_out()
    boxes = dict(boxes_of_cards(svg))
    sheet, start = paper(svg)
    assert sorted(boxes) == ["n0", "n1", "n2"]
    assert svg[:start].endswith("/>\n")
    for box in boxes.values():
        assert sheet.left < box.left < box.right < sheet.right
        assert sheet.top < box.top < box.bottom < sheet.bottom
    assert not boxes["n0"].meets(boxes["n1"])


def test_a_line_runs_from_its_tail_to_the_tip_of_its_arrow():
    svg = laid_out()
    boxes = dict(boxes_of_cards(svg))
    first = line_of(EDGE.search(svg)[0])
    assert first[0, 1] == pytest.approx(boxes["n0"].bottom, abs=1)
    assert first[-1, 1] == pytest.approx(boxes["n2"].top, abs=3)  # a border
    steps = np.hypot(*np.diff(first, axis=0).T)
    assert steps.max() < 10  # near enough to each other to measure by


def test_a_distance_is_that_of_the_nearest_point_and_0_inside():
    box = np.array([Box(0.0, 0.0, 10.0, 10.0)])
    assert distances(box, np.array([[13.0, 14.0], [50.0, 5.0]])) == [5.0]
    assert distances(box, np.array([[13.0, 14.0], [5.0, 5.0]])) == [0.0]
    assert distances(box, np.zeros((0, 2))) == [np.inf]


def test_without_paper_there_is_no_bound():
    assert paper("<svg/>") == (Box(-np.inf, -np.inf, np.inf, np.inf), 0)
