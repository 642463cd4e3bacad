"""Frames, and the names of layers beside single cards."""

import re

import numpy as np
import pytest
from helpers.gallery import PROGRAMS

from engine import Tensor, scope
from viz import draw
from viz.picture.frame_boxes import boxes_of_frames, boxes_of_names
from viz.picture.geometry import boxes_of_cards, paper
from viz.picture.labels import _Surroundings


def scoped(ops):
    """A program of so many ops in a scope."""
    x = Tensor(np.arange(3.0), name="x")
    with scope("inside"):
        y = x
        for _ in range(ops):
            y = np.tanh(y)
    return y.sum()


@pytest.mark.parametrize("direction", ["LR", "TB"])
@pytest.mark.parametrize("ops", [1, 2, 5])
def test_a_line_is_drawn_around_several_cards_and_around_one_there_is_the_name(
    ops, direction
):
    svg = draw(scoped(ops), direction=direction).svg()
    found, cards = list(boxes_of_frames(svg)), dict(boxes_of_cards(svg))
    assert len(found) == (ops > 1)
    assert svg.count(">inside<") == 1
    for frame in found:
        inside = [i for i, box in cards.items() if box.meets(frame)]
        assert inside == [f"n{i}" for i in range(1, ops + 1)]


def test_a_frame_is_a_line_that_can_be_seen():
    svg = draw(scoped(2), theme="light").svg()
    (stroke,) = re.findall(r'<rect fill="none" stroke="(#\w+)"', svg)
    assert stroke == "#8C8C8C"  # which has a contrast of 3 on white


@pytest.mark.parametrize("name", ["exciter_network", "lesson_network", "residual"])
def test_a_name_touches_no_card_and_not_the_edge_of_the_paper(name):
    tensor, names = PROGRAMS[name]()
    svg = draw(tensor, names=names).svg()
    sheet, _ = paper(svg)
    for box in boxes_of_names(svg):
        assert sheet.left + 3 < box.left
        assert box.right < sheet.right
        assert not any(box.meets(card) for _, card in boxes_of_cards(svg))


def test_a_label_that_a_frame_runs_through_is_a_little_worse_off():
    frame = np.array([[0.0, 0.0, 100.0, 100.0]])
    around = _Surroundings([], [], frame, (-500.0, -500.0, 500.0, 500.0))
    places = np.array(
        [[10.0, 10.0, 20.0, 20.0], [95.0, 10.0, 105.0, 20.0], [200.0, 0.0, 210.0, 9.0]]
    )
    assert around._on_frames(places).tolist() == [0, 1, 0]
