"""Frames, drawn around cards that have found their places.

Graphviz could keep the cards of a frame together, at the price of the whole: of a
network in layers it makes a staircase, twice as wide. So cards go where the layout
likes, and a box is drawn where it holds no card but its own. Else the label alone
stands above the first op in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape, unescape
from typing import NamedTuple

from viz.picture.colours import Theme, pale
from viz.picture.frames import Frame
from viz.picture.scene import FOLDED, LOSS, OPERATION
from viz.words.text import name_label

_OPS = (OPERATION, LOSS, FOLDED)
FRAME_WIDTH = 48  # characters of a label
_SIZE = 9.0  # points of a label
_AROUND, _ABOVE = (
    7.0,
    14.0,
)  # points between cards and the box; and above, for the label
_NODE = re.compile(
    r'(?s)<g id="\w+" class="node [^"]*">\n<title>(\w+)</title>(.*?)</g>'
)
_START = re.compile(r'(?s)<g id="graph0".*?<polygon [^>]*/>\n')  # the paper
_NAME = re.compile(
    r'(?s)<g class="cluster">.*?<text [^>]*x="([-\d.]+)" y="([-\d.]+)"'
    r"[^>]*>([^<]*)</text>"
)
_SHAPE = re.compile(r' (?:d|points)="([^"]*)"')


class Box(NamedTuple):
    """A rectangle: its corners, in points."""

    left: float
    top: float
    right: float
    bottom: float

    def grown(self, by: float, above: float) -> Box:
        return Box(self.left - by, self.top - above, self.right + by, self.bottom + by)

    def meets(self, other: Box) -> bool:
        """Whether two have a point in common."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
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
    cards = dict(boxes_of_cards(svg)) if frames else {}
    drawn = "".join(_drawn(frame, cards, theme) for frame in frames)
    start = _START.search(svg)
    return svg[: start.end()] + drawn + svg[start.end() :] if start else svg


def boxes_of_cards(svg: str) -> Iterator[tuple[str, Box]]:
    """The ident and the border of every card."""
    for ident, inside in _NODE.findall(svg):
        shape = _SHAPE.search(inside)
        numbers = [float(n) for n in re.findall(r"-?[\d.]+", shape[1] if shape else "")]
        if numbers:
            xs, ys = numbers[::2], numbers[1::2]
            yield ident, Box(min(xs), min(ys), max(xs), max(ys))


def boxes_of_names(svg: str) -> Iterator[Box]:
    """Where the names of frames stand, in an SVG that has them."""
    for x, y, text in _NAME.findall(svg):
        left, base, shown = float(x), float(y), unescape(text)
        yield Box(left, base - _SIZE, left + 0.6 * _SIZE * len(shown), base + 2)


def _drawn(frame: FrameBox, cards: dict[str, Box], theme: Theme) -> str:
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
    clean = not any(box.meets(around) for box in foreign)
    ops = [box for ident, box in cards.items() if ident in frame.ops]
    if not clean and not ops:
        return ""
    first = min(ops or own, key=lambda b: (b.top, b.left))
    place = around if clean else first.grown(0, _ABOVE)
    shown = escape(name_label(frame.label, FRAME_WIDTH))
    label = (
        f'<text xml:space="preserve" text-anchor="start" x="{place.left + 6:.2f}" '
        f'y="{place.top + 10:.2f}" '
        f'font-family="Courier,monospace" font-size="{_SIZE:.2f}" '
        f'fill="{theme.muted}">{shown}</text>\n'
    )
    box = _rectangle(around, theme) if clean else ""
    return f'<g class="cluster">\n{box}{label}</g>\n'


def _rectangle(box: Box, theme: Theme) -> str:
    look = f'fill="none" stroke="{pale(theme.operation, theme.paper)}" rx="10"'
    return (
        f'<rect {look} x="{box.left:.2f}" y="{box.top:.2f}" '
        f'width="{box.right - box.left:.2f}" height="{box.bottom - box.top:.2f}"/>\n'
    )
