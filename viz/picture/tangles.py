"""Lines that cross, and labels that lie on other lines: layouts that have fewer.

Graphviz makes room for labels before it orders the cards of a rank; with other room it
finds another order. Where edges cross, or a label has no good place, a few ways to give
room are tried, and at last a label goes into the card that its edge runs into. The one
with the fewest faults is kept, if the picture can be read as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import NamedTuple

import graphviz  # type: ignore[import-untyped]  # has no hints
import numpy as np

from viz.picture.card_layout import laid_out
from viz.picture.dot import resized
from viz.picture.fit import Room
from viz.picture.geometry import EDGE, line_of
from viz.picture.labels import Crowded
from viz.picture.lines import LABEL, aside_lines
from viz.picture.render import size_of_svg, to_svg
from viz.picture.svg import Overlay, crowded_labels

_MANY = 2000  # points of all lines: beyond, it takes long to look at them
_HOPELESS = 12  # faults that other room does not mend
_GAPS = (
    "0.3",
    "0.5",
    "0.6",
)  # inches between ranks that leave no other room for labels
_NEARLY = 0.95  # of the score: as large, to the eye
_LABEL = re.compile(r'x?label="[^"]*" ?')
_OF_STRUCK = 0.2  # faults of a label that its own line runs through
_SAME_END = 1.0  # points between two ends that are one
_AT_END = 8.0  # points: so near to a common end, lines do not cross


class Aside(NamedTuple):
    """What the label of an edge says, for the card that the edge runs into.

    Attributes:
        card: its ident.
        lines: the label, with the operand that it is about: `◂ xc: ∂xhat / std`.
    """

    card: str
    lines: list[str]


class _Layout(NamedTuple):
    """A layout by Graphviz.

    Attributes:
        graph: in DOT.
        overlay: what stands on and around the cards.
        svg: what Graphviz made of the graph.
        crowded: the edges whose labels have no good place.
        crossings: of edges.
        score: as `Room` has it.
    """

    graph: graphviz.Digraph
    overlay: Overlay
    svg: str
    crowded: Crowded
    crossings: int
    score: float

    @property
    def faults(self) -> int:
        """Crossings, and labels that are lost."""
        return self.crossings + len(self.crowded.lost)

    @property
    def rank(self) -> float:
        """What is least for the best layout."""
        return self.faults + _OF_STRUCK * len(self.crowded.struck)


def untangled(
    graph: graphviz.Digraph,
    svg: str,
    overlay: Overlay,
    room: Room,
    asides: Sequence[Aside],
) -> tuple[graphviz.Digraph, str, Overlay]:
    """The graph, SVG and overlay of the layout with the fewest faults.

    Args:
        graph: of a picture.
        svg: what Graphviz made of it.
        overlay: what stands on and around its cards.
        room: where it will be looked at.
        asides: of each edge.
    """

    def tried(graph: graphviz.Digraph, overlay: Overlay, svg: str = "") -> _Layout:
        svg = svg or to_svg(str(graph.source))
        crowded, crossed = crowded_labels(svg, overlay), crossings(_lines(svg))
        return _Layout(
            graph, overlay, svg, crowded, crossed, room.score(*size_of_svg(svg))
        )

    if sum(map(len, _lines(svg))) > _MANY:
        return graph, svg, overlay
    first = best = tried(graph, overlay, svg)
    if first.faults > _HOPELESS:
        return graph, svg, overlay
    found = [first]
    for change in (_in_full_size, *map(_outside, _GAPS)):
        if best.faults:
            found.append(tried(*change(first)))
            best = _better(best, found[-1], room)
    for layout in found:
        if layout.crowded.lost and layout.crossings < best.faults:
            best = _better(best, tried(*_in_cards(layout, asides)), room)
    return best.graph, best.svg, best.overlay


def _lines(svg: str) -> list[np.ndarray]:
    return [line_of(edge) for edge in EDGE.findall(svg)]


def _better(best: _Layout, other: _Layout, room: Room) -> _Layout:
    """The one with fewer faults, if it is readable, or nearly as large as the best."""
    is_readable = best.score >= room.least
    least = room.least if is_readable else _NEARLY * best.score
    return other if other.rank < best.rank and other.score >= least else best


# --- other room for labels ------------------------------------------------------------

_Changed = tuple[graphviz.Digraph, Overlay]


def _in_full_size(layout: _Layout) -> _Changed:
    """Where labels had less room: those that lie on other things get all they need."""
    graph = layout.graph.copy()
    places = _lines_of_edges(graph)
    for i in (places[edge] for edge in layout.crowded.lost):
        graph.body[i] = graph.body[i].replace("]\n", f" fontsize={LABEL:g}]\n")
    return graph, layout.overlay


def _outside(gap: str) -> Callable[[_Layout], _Changed]:
    """Labels get room between ranks, and are put beside their lines afterwards."""

    def change(layout: _Layout) -> _Changed:
        graph = layout.graph.copy()
        graph.graph_attr["ranksep"] = gap
        for i in _lines_of_edges(graph):
            graph.body[i] = graph.body[i].replace("[label=", "[xlabel=")
        return graph, layout.overlay

    return change


def _in_cards(layout: _Layout, asides: Sequence[Aside]) -> _Changed:
    """Labels that fit nowhere stand in the cards that their edges run into."""
    graph, cards = layout.graph.copy(), dict(layout.overlay.cards)
    body, places = graph.body, _lines_of_edges(graph)
    for edge in layout.crowded.lost:
        body[places[edge]] = _LABEL.sub("", body[places[edge]])
        if edge >= len(asides):  # back to the next round: the loop's card has its words
            continue
        ident, lines = asides[edge]
        rows = [*cards[ident].rows, [aside_lines(lines)]]
        cards[ident] = cards[ident]._replace(rows=rows, layout=laid_out(rows))
        i = next(i for i, card in enumerate(body) if card.startswith(f"\t{ident} ["))
        body[i] = resized(body[i], cards[ident].layout, cards[ident].texts)
    return graph, layout.overlay._replace(cards=cards)


def _lines_of_edges(graph: graphviz.Digraph) -> list[int]:
    """Where the edges are in the body of a graph."""
    return [i for i, line in enumerate(graph.body) if " -> " in line]


# --- lines that cross -----------------------------------------------------------------


def crossings(lines: Sequence[np.ndarray]) -> int:
    """How often lines cross, other than where they have an end in common."""
    boxes = [(*line.min(axis=0), *line.max(axis=0)) for line in lines]
    return sum(
        _crossings(lines[i], lines[j])
        for i, j in combinations(range(len(lines)), 2)
        if boxes[i][0] <= boxes[j][2]
        and boxes[j][0] <= boxes[i][2]
        and boxes[i][1] <= boxes[j][3]
        and boxes[j][1] <= boxes[i][3]
    )


def _crossings(a: np.ndarray, b: np.ndarray) -> int:
    """How often two lines cross: steps of each that go from one side of a step of the
    other to its other side."""
    p, r = a[:-1, None], np.diff(a, axis=0)[:, None]
    q, s = b[None, :-1], np.diff(b, axis=0)[None]
    of_a = (_turn(s, p - q) < 0) != (_turn(s, p + r - q) < 0)
    of_b = (_turn(r, q - p) < 0) != (_turn(r, q + s - p) < 0)
    steps, _ = np.nonzero(of_a & of_b)
    ends = [x for x in a[[0, -1]] for y in b[[0, -1]] if np.hypot(*(x - y)) < _SAME_END]
    return sum(all(np.hypot(*(a[i] - end)) > _AT_END for end in ends) for i in steps)


def _turn(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The cross product: above 0 if b lies to one side of a, below 0 to the other."""
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])
