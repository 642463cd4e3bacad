"""Arrows begin and end at the borders of cards, round corners included."""

import re

import numpy as np
import pytest
from helpers.gallery import PROGRAMS

from engine import Tensor
from viz import draw
from viz.picture.arrows import touching
from viz.picture.geometry import EDGE

_NUMBER = re.compile(r"-?[\d.]+")
_CARD = re.compile(
    r'class="node [^"]*">\n<title>(\w+)</title>\n(?:<g .*\n)?((?:<path [^>]*>\n)+)'
)
_WIDTH = re.compile(r'stroke-width="([\d.]+)"')
_RING = 6.0


def points(text):
    return np.array([float(n) for n in _NUMBER.findall(text)]).reshape(-1, 2)


def outline(path):
    """Points of a chain of Bézier curves, close to each other."""
    corners = points(re.search(r' d="([^"]*)"', path)[1])
    t = np.linspace(0, 1, 60)[:, None]
    a, b, c, d = (corners[i : len(corners) - 3 + i : 3, None] for i in range(4))
    s = 1 - t
    return (s**3 * a + 3 * s * s * t * b + 3 * s * t * t * c + t**3 * d).reshape(-1, 2)


def borders(svg):
    """Of each card the outline, and how far its border reaches to the outside."""
    found = {}
    for name, paths in _CARD.findall(svg):
        width = max(float(_WIDTH.search(path)[1]) for path in paths.splitlines())
        found[name] = outline(paths.splitlines()[-1]), width / 2
    return found


def off(point, border):
    """How far a point is from the outer edge of a border."""
    line, reach = border
    ways = np.diff(line, axis=0)
    lengths = np.maximum((ways**2).sum(axis=1), 1e-9)
    along = np.clip(((point - line[:-1]) * ways).sum(axis=1) / lengths, 0, 1)
    return np.hypot(*(line[:-1] + along[:, None] * ways - point).T).min() - reach


def ends(svg):
    """Of each edge: its cards, where its line begins, and where its arrow is seen to
    end: beyond the corner of its head, whose outline has a point of its own."""
    for edge in EDGE.findall(svg):
        tail, head = re.search(r"<title>(\w+)&#45;&gt;(\w+)</title>", edge).groups()
        polygon = re.search(r"<polygon [^>]*>", edge)[0]
        width = _WIDTH.search(polygon)
        left, tip, right, _ = points(re.search(r'points="([^"]*)"', polygon)[1])
        back = (left + right) / 2
        half_angle = np.arctan2(np.hypot(*(left - right)) / 2, np.hypot(*(tip - back)))
        beyond = (float(width[1]) if width else 1.0) / 2 / np.sin(half_angle)
        seen = tip + beyond * (tip - back) / np.hypot(*(tip - back))
        yield tail, head, points(re.search(r' d="([^"]*)"', edge)[1])[0], seen


@pytest.mark.parametrize("direction", ["LR", "TB"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_every_arrow_touches_both_of_its_cards(name, direction):
    loss, names = PROGRAMS[name]()
    svg = draw(loss, names=names, direction=direction).svg()
    cards, drawn = borders(svg), list(ends(svg))
    assert drawn
    for tail, head, start, tip in drawn:
        assert abs(off(tip, cards[head])) < 0.4, (tail, head)
        assert abs(off(start, cards[tail])) < 0.4, (tail, head)


def test_an_arrow_ends_at_the_ring_of_a_card():
    loss, names = PROGRAMS["nan"]()
    svg = draw(loss, names=names).svg()
    cards = borders(svg)
    (ringed,) = (card for card, (_, reach) in cards.items() if reach == _RING / 2)
    assert ringed in {head for _, head, _, _ in ends(svg)}


def test_only_the_ends_of_a_line_move_and_not_far():
    loss, names = PROGRAMS["spring"]()
    drawing = draw(loss, names=names)
    before = drawing._graphviz_svg(drawing.source)
    lines = [
        [points(re.search(r' d="([^"]*)"', edge)[1]) for edge in EDGE.findall(svg)]
        for svg in (before, touching(before))
    ]
    steps = [b - a for a, b in zip(*lines, strict=True)]
    assert all(not step[2:-2].any() for step in steps)
    assert 2 < max(np.abs(step).max() for step in steps) < 8


@pytest.mark.parametrize("look", [{"shape": "ellipse"}, {"style": "filled"}])
def test_cards_of_a_users_own_shape_keep_their_arrows(look):
    drawing = draw(Tensor(2.0, name="a") * 3.0)
    drawing.digraph.node("extra", label="mine", **look)
    drawing.digraph.edge("n0", "extra", dir="none")
    drawing.digraph.edge("extra", "extra")
    before = drawing._graphviz_svg(drawing.source)
    own = [e for e in EDGE.findall(before) if "extra&#45;&gt;extra" in e]
    assert own[0] in touching(before)
