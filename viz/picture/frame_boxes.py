"""Frames, drawn around cards that have found their places.

Graphviz could keep the cards of a frame together, at the price of the whole: of a
network in layers it makes a staircase, twice as wide. So cards go where the layout
likes, and a box is drawn where it holds several cards, and none but its own. Else the
label alone stands beside or above the first op in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape, unescape
from typing import NamedTuple

import numpy as np

from viz.picture.colours import Theme
from viz.picture.frames import Frame
from viz.picture.geometry import EDGE, Box, boxes_of_cards, distances, line_of, paper
from viz.picture.scene import FOLDED, LOSS, OPERATION
from viz.words.text import name_label, width

_OPS = (OPERATION, LOSS, FOLDED)
FRAME_WIDTH = 48  # characters of a label
_SIZE = 9.0  # points of a label
_MARGIN = 4.0  # points between it and the edge of the paper
# Points between cards and the box; and above, for the label; and to its left.
_AROUND, _ABOVE, _INDENT = 7.0, 14.0, 6.0
_FRAME = re.compile(
    r'<rect fill="none" [^>]*x="([-\d.]+)" y="([-\d.]+)" '
    r'width="([\d.]+)" height="([\d.]+)"/>'
)
_NAME = re.compile(
    r'(?s)<g class="cluster">.*?<text [^>]*x="([-\d.]+)" y="([-\d.]+)"'
    r"[^>]*>([^<]*)</text>"
)


class FrameBox(NamedTuple):
    """A frame to draw.

    Attributes:
        label: its name.
        cards: the idents of the cards in it, in frames inside of it too.
        ops: those of them that an op stands on.
        inner: how many frames are inside one another in it.
    """

    label: str
    cards: frozenset[str]
    ops: frozenset[str]
    inner: int


def frame_boxes(frames: Iterable[Frame]) -> list[FrameBox]:
    """All frames, those outside first."""
    found = []
    for frame in frames:
        inside = frame_boxes(frame.inner)
        cards = {card.ident for card in frame.cards}.union(*(b.cards for b in inside))
        ops = {card.ident for card in frame.cards if card.kind in _OPS}
        depth = max((box.inner + 1 for box in inside), default=0)
        found += [
            FrameBox(frame.label, frozenset(cards), frozenset(ops), depth),
            *inside,
        ]
    return found


def framed(svg: str, frames: Iterable[FrameBox], theme: Theme) -> str:
    """The SVG with its frames, under all that was drawn."""
    frames = list(frames)
    if not frames:
        return svg
    cards = dict(boxes_of_cards(svg))
    lines = [line_of(edge) for edge in EDGE.findall(svg)]
    points = np.concatenate(lines) if lines else np.zeros((0, 2))
    within, start = paper(svg)
    around = _Surroundings(within, cards, points)
    drawn = "".join(_drawn(frame, around, theme) for frame in frames)
    return svg[:start] + drawn + svg[start:]


def boxes_of_frames(svg: str) -> Iterator[Box]:
    """Where frames stand, in an SVG that has them."""
    for found in _FRAME.findall(svg):
        left, top, width, height = map(float, found)
        yield Box(left, top, left + width, top + height)


def boxes_of_names(svg: str) -> Iterator[Box]:
    """Where the names of frames stand, in an SVG that has them."""
    for x, y, text in _NAME.findall(svg):
        left, base, shown = float(x), float(y), unescape(text)
        yield Box(left, base - _SIZE, left + _wide(shown), base + 2)


class _Surroundings(NamedTuple):
    """What was drawn: cards by ident, and points of all lines; on what paper."""

    paper: Box
    cards: dict[str, Box]
    points: np.ndarray

    def is_free(self, name: Box) -> bool:
        """Whether a name meets nothing."""
        left, right = self.paper.left + _MARGIN, self.paper.right - _MARGIN
        inside = left <= name.left and name.right <= right
        clear = distances(np.array([name]), self.points)[0] > 0
        return inside and clear and not any(map(name.meets, self.cards.values()))


def _drawn(frame: FrameBox, surroundings: _Surroundings, theme: Theme) -> str:
    cards = surroundings.cards
    own = [box for ident, box in cards.items() if ident in frame.cards]
    if not own:
        return ""
    around = Box(
        min(b.left for b in own),
        min(b.top for b in own),
        max(b.right for b in own),
        max(b.bottom for b in own),
    ).grown(_AROUND * (1 + frame.inner), _AROUND * frame.inner + _ABOVE)
    foreign = (box for ident, box in cards.items() if ident not in frame.cards)
    # A line around one card says no more than the name.
    clean = len(own) > 1 and not any(box.meets(around) for box in foreign)
    ops = [box for ident, box in cards.items() if ident in frame.ops]
    if not clean and not ops:
        return ""
    first = min(ops or own, key=lambda b: (b.top, b.left))
    above = _above(around) if clean else _above(first.grown(0, _ABOVE))
    places = above if clean else [*_beside(first), *above]
    shown, left, top = _placed(frame.label, places, surroundings)
    label = (
        f'<text xml:space="preserve" text-anchor="start" x="{left:.2f}" '
        f'y="{top + 10:.2f}" '
        f'font-family="Courier,monospace" font-size="{_SIZE:.2f}" '
        f'fill="{theme.muted}">{escape(shown)}</text>\n'
    )
    box = _rectangle(around, theme) if clean else ""
    return f'<g class="cluster">\n{box}{label}</g>\n'


_Place = tuple[float, float, float]  # x, y, and of the width what lies left of x


def _above(box: Box) -> list[_Place]:
    """Places of a name at the top of a box: at its left, its right, or beside it."""
    left, right, top = box.left, box.right, box.top
    return [
        (left + _INDENT, top, 0),
        (right - _INDENT, top, 1),
        (left, top, 1),
        (right, top, 0),
    ]


def _beside(card: Box) -> list[_Place]:
    """Places of a name beside a card, or under it: above are labels of edges."""
    left, right, top, bottom = card.left, card.right, card.top, card.bottom
    return [
        (left - _INDENT, top, 1),
        (right + _INDENT, top, 0),
        (left + _INDENT, bottom, 0),
        (right - _INDENT, bottom, 1),
    ]


def _placed(
    label: str, places: list[_Place], around: _Surroundings
) -> tuple[str, float, float]:
    """What is written of a name, and where it begins: in the first place where it meets
    no card and no line; where there is none, as short as `Lin 1` of `Lin 1: Lin(3)`."""
    whole = name_label(label, FRAME_WIDTH)
    for shown in (whole, whole.partition(": ")[0]):
        wide = _wide(shown)
        for x, top, share in places:
            left = x - share * wide
            if around.is_free(Box(left, top, left + wide, top + _ABOVE)):
                return shown, left, top
    x, top, _ = places[-4]
    return whole, x, top


def _wide(name: str) -> float:
    """Points that a name takes."""
    return 0.6 * _SIZE * width(name)


def _rectangle(box: Box, theme: Theme) -> str:
    look = f'fill="none" stroke="{theme.operation}" stroke-width="0.5" rx="10"'
    return (
        f'<rect {look} x="{box.left:.2f}" y="{box.top:.2f}" '
        f'width="{box.right - box.left:.2f}" height="{box.bottom - box.top:.2f}"/>\n'
    )
