"""The figures of a picture: its size, its text, its lines, its labels, its contrast.

Pixels are those of a page, 96 to the inch. A picture is shrunk to the column of a
README, 800 px wide, and never enlarged there; on a slide of 1920 by 1080 it is enlarged
by at most a half.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from statistics import median

import numpy as np

from helpers.yardstick.contrast import Contrast, contrasts
from helpers.yardstick.geometry import (
    Box,
    Line,
    around,
    box_of,
    crossings,
    distance,
    meet,
)
from helpers.yardstick.shapes import Group, Picture, read

README, SLIDE = 800.0, (1920.0, 1080.0)  # px
ENLARGED = 1.5  # at most, on a slide
READABLE = 4.5  # the least contrast of text (WCAG 2.2, 1.4.3)
FAR = 6.0  # points from its own line, beyond which a label is lost
_FOLD = "▣"  # what the title of a fold begins with
_SAME_END = 1.0  # points between two ends that are one
_AT_END = 8.0  # points from a common end: an arrow's length and a little
_INSIDE = 3.0  # points from the border of a card to where a line runs behind it


@dataclass(frozen=True, slots=True)
class Figures:
    """What is measured of a picture.

    Attributes:
        cards: how many.
        folds: how many of them stand for several.
        width, height: in px.
        shrink: the scale that fits it to 800 px.
        text, middle: the smallest and the median text of cards at 800 px, in px.
        label, label_middle: of labels of edges; 0 if there are none.
        tall: the height at 800 px.
        slide: the smallest text of cards and labels on a slide, in px.
        slide_middle: the median text of cards there.
        crossings: how often two edges cross.
        bare: the same, where Graphviz lays the graph out without labels; -1: unknown.
        labels: edges that bear one.
        faults: labels that are lost, and why.
        overlaps: what lies on top of what, and texts that leave their card.
        hidden: edges that run behind a card.
        contrast: the lowest of any text, the legend's too.
        faint: how many texts have less than 4.5.
    """

    cards: int
    folds: int
    width: float
    height: float
    shrink: float
    text: float
    middle: float
    label: float
    label_middle: float
    tall: float
    slide: float
    slide_middle: float
    crossings: int
    bare: int
    labels: int
    faults: list[str]
    overlaps: list[str]
    hidden: list[str]
    contrast: Contrast
    faint: int

    @property
    def smallest(self) -> float:
        """The smallest text of cards and labels at 800 px."""
        return min(self.text, self.label or self.text)


def figures(picture: Picture, *, bare: int = -1) -> Figures:
    """All that is measured of a picture.

    Args:
        picture: of which.
        bare: the crossings of a layout without labels, if known.
    """
    shrink = on_readme(picture)
    cards, labels = text_sizes(picture.cards), text_sizes(picture.edges)
    css, afar = shrink * picture.unit, on_slide(picture) * picture.unit
    seen = list(contrasts(picture))
    return Figures(
        cards=len(picture.cards),
        folds=sum(
            text.said.startswith(_FOLD) for c in picture.cards for text in c.texts
        ),
        width=picture.width,
        height=picture.height,
        shrink=shrink,
        text=css * min(cards, default=0.0),
        middle=css * median(cards or [0.0]),
        label=css * min(labels, default=0.0),
        label_middle=css * median(labels or [0.0]),
        tall=shrink * picture.height,
        slide=afar * min(cards + labels, default=0.0),
        slide_middle=afar * median(cards or [0.0]),
        crossings=crossed(picture.edges),
        bare=bare,
        labels=sum(edge.label is not None for edge in picture.edges),
        faults=list(lost_labels(picture.edges)),
        overlaps=list(overlaps(picture)),
        hidden=list(hidden(picture)),
        contrast=min(seen, default=Contrast(21.0, "")),
        faint=sum(text.ratio < READABLE for text in seen),
    )


# --- sizes --------------------------------------------------------------------------


def on_readme(picture: Picture) -> float:
    """The scale that fits a picture to the column of a README."""
    return min(1.0, README / picture.width)


def on_slide(picture: Picture) -> float:
    """The scale that fits a picture to a slide."""
    wide, high = SLIDE
    return min(ENLARGED, wide / picture.width, high / picture.height)


def text_sizes(groups: Iterable[Group]) -> list[float]:
    """The sizes of all texts of cards or edges, in units of the picture."""
    return [text.size for group in groups for text in group.texts]


# --- lines --------------------------------------------------------------------------


def crossed(edges: Iterable[Group]) -> int:
    """How often two edges cross, other than where they have an end in common."""
    lines = [edge.line for edge in edges]
    return sum(
        _is_crossing(point, a, b)
        for a, b in combinations(lines, 2)
        for point in crossings(a, b)
    )


def _is_crossing(point: np.ndarray, a: Line, b: Line) -> bool:
    """Whether lines that meet at a point do not end there together."""
    common = (
        p for p in a[[0, -1]] for q in b[[0, -1]] if np.hypot(*(p - q)) < _SAME_END
    )
    return all(np.hypot(*(point - end)) > _AT_END for end in common)


def hidden(picture: Picture) -> Iterator[str]:
    """The edges that run behind a card which they do not join."""
    inner = [(card, card.box.grown(-_INSIDE)) for card in picture.cards]
    for edge in picture.edges:
        line = edge.line
        for card, box in inner:
            free = card.title not in edge.ends and meet(box, box_of(line).grown(1))
            if free and distance(box, line) == 0:
                yield f"{edge.title} runs behind {card.title}"


def unlabelled(source: str) -> str:
    """A graph in DOT, without the labels of its edges."""

    def without(edge: re.Match[str]) -> str:
        return re.sub(
            r'(\w+)=("(?:[^"\\]|\\.)*"|[^\s\]]+) ?',
            lambda found: "" if found[1].endswith("label") else found[0],
            edge[0],
        )

    return re.sub(r"(?m)^\s*[\w:]+ -> .*$", without, source)


# --- labels and overlaps ------------------------------------------------------------


def lost_labels(edges: Iterable[Group]) -> Iterator[str]:
    """The labels that are nearer to another edge, or far from their own."""
    lines = [(edge, edge.line, box_of(edge.line)) for edge in edges]
    for edge, own, _ in lines:
        label = edge.label
        if label is None:
            continue
        to_own = distance(label, own)
        reach = label.grown(to_own)
        near = (
            line
            for other, line, box in lines
            if other is not edge and meet(reach, box.grown(1))
        )
        to_other = min((distance(label, line) for line in near), default=np.inf)
        if to_other < to_own - 0.01:
            yield f"{_said(edge)}: {to_other:.1f} to another edge, {to_own:.1f} to it"
        elif to_own > FAR:
            yield f"{_said(edge)}: {to_own:.1f} to it"


_Named = tuple[str, Box]


def overlaps(picture: Picture) -> Iterator[str]:
    """Cards on cards; labels of edges, the legend and names of frames on cards and on
    each other; texts of a card on each other, or outside it."""
    cards = [(f"card {card.title}", card.box) for card in picture.cards]
    labels = [(_said(edge), label) for edge in picture.edges if (label := edge.label)]
    labels += _named(picture.rest)
    yield from _overlapping(combinations(cards, 2))
    yield from _overlapping(combinations(labels, 2))
    yield from _overlapping((label, card) for label in labels for card in cards)
    for (name, box), card in zip(cards, picture.cards, strict=True):
        texts = _named(card)
        yield from _overlapping(combinations(texts, 2))
        inside = around([box.grown(0.5), *(text for _, text in texts)])
        if inside != box.grown(0.5):
            yield f"a text of {name} leaves it"


def _named(group: Group) -> list[_Named]:
    return [(f"text {text.said!r:.40}", text.box) for text in group.texts]


def _overlapping(pairs: Iterable[tuple[_Named, _Named]]) -> Iterator[str]:
    for (one, a), (other, b) in pairs:
        if meet(a, b):
            yield f"{one} lies on {other}"


def _said(edge: Group) -> str:
    words = " ".join(text.said for text in edge.texts)
    return f"label {words!r} of {edge.title}"


# --- drawings -----------------------------------------------------------------------


def measured(svg: str, source: str = "") -> Figures:
    """The figures of an SVG.

    Args:
        svg: the picture.
        source: the DOT that it came from, to be laid out again without labels.
    """
    from viz.picture.render import to_svg

    bare = crossed(read(to_svg(unlabelled(source))).edges) if source else -1
    return figures(read(svg), bare=bare)
