"""The DOT graph of a picture: cards in boxes, edges into slots, frames as clusters.

Everything that is drawn stands in one `graphviz.Digraph`, so that what the picture
shows can be read, saved and changed as DOT.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import graphviz  # type: ignore[import-untyped]  # has no hints

from engine import Tensor
from viz.picture.cards import CardWords, largest_magnitude
from viz.picture.colours import THEMES, Scale, Theme, pale
from viz.picture.dot_records import record
from viz.picture.dot_text import as_written, label, tooltip
from viz.picture.edges import EdgeWords
from viz.picture.frames import Frame
from viz.picture.legend import FONT_SIZE, kind_of_label, kinds_of_lines, legend_label
from viz.picture.render import FRUGAL
from viz.picture.scene import (
    CONSTANT,
    FOLDED,
    LOSS,
    OPERATION,
    PARAMETER,
    REFERENCE,
    Edge,
)
from viz.words.numbers import value_magnitude
from viz.words.text import name_label

# Graphviz measures Courier as 0.6 em a character, which is what our own font has.
FONT = "Courier"
FRAME_WIDTH = 48  # characters of the label of a frame
_GRAPH_LOOK = {
    "nodesep": "0.22",
    "ranksep": "0.3",
    "pad": "0.15",
    "outputorder": "edgesfirst",  # an edge passes behind a card
    "ordering": "in",
}
# Curved edges that run past many ranks are what layout takes its time for: 1,350 ranks
# crossed cost 0.6 s and 3,900 cost 6.5 s; drawn frugally 0.04 and 0.17 s.
MANY_CROSSINGS = 1000
_CARD_LOOK = {"shape": "record", "fontname": FONT, "fontsize": "11"}
_EDGE_LOOK = {"fontname": FONT, "fontsize": "9", "arrowsize": "0.6"}
_BORDERS = {  # kind of card -> role and width of its border, and its style
    PARAMETER: ("parameter", "2", "rounded,filled"),
    CONSTANT: ("constant", "1", "rounded,filled,dashed"),
    OPERATION: ("operation", "1", "rounded,filled"),
    LOSS: ("loss", "3", "rounded,filled"),
    REFERENCE: ("parameter", "0.5", "rounded,filled"),
    FOLDED: ("operation", "2.5", "rounded,filled"),
}

Ends = tuple[float, float] | None  # of a scale; None if it has none


@dataclass(frozen=True, slots=True)
class Options:
    """How a picture is to be drawn; see `viz.draw`."""

    names: Mapping[str, Any] | None
    direction: str
    show: frozenset[str]
    color: str | None
    theme: str
    legend: bool
    groups: bool
    edge_labels: bool
    # Part of a line -> characters that it takes at least, for what a script puts there.
    min_widths: Mapping[str, int] = field(default_factory=dict)

    @property
    def horizontal(self) -> bool:
        """Whether the graph runs from left to right."""
        return self.direction == "LR"


class _Brush(NamedTuple):
    """What cards and edges are coloured by."""

    options: Options
    theme: Theme
    gradients: Scale
    values: Scale  # empty, unless values are what the fill means


def to_dot(
    cards: Sequence[CardWords],
    edges: Sequence[EdgeWords],
    frames: Iterable[Frame],
    options: Options,
    *,
    crossings: int = 0,
) -> graphviz.Digraph:
    """The graph of a picture.

    Args:
        cards: the words of each card.
        edges: the words of each edge.
        frames: the outermost ones.
        options: how it is to look.
        crossings: as in `Scene`; if there are many, the layout is frugal.
    """
    brush = _brush(cards, options)
    usual = _usual(brush.theme)
    graph = _empty(brush, usual, frugal=crossings > MANY_CROSSINGS)
    for words in cards:
        attributes = _card_attributes(words, brush)
        graph.node(
            words.card.ident,
            **{k: v for k, v in attributes.items() if v != usual.get(k)},
        )
    outputs = {words.card: words.outputs for words in cards}
    for edge_words in edges:
        edge = edge_words.edge
        port = f"{edge.head.ident}:p{edge.slot}:{_side(options, 'w', 'n')}"
        tail = _tail(edge, outputs[edge.tail], options)
        graph.edge(tail, port, **_edge_attributes(edge_words, brush))
    _add_frames(frames, graph, brush.theme)
    if options.legend:
        _add_legend(graph, dict(_kinds(cards, edges, brush)), brush.theme)
    return graph


def _brush(cards: Iterable[CardWords], options: Options) -> _Brush:
    cards = list(cards)
    of_values = cards if options.color == "value" else []
    return _Brush(
        options,
        THEMES[options.theme],
        Scale(words.magnitude for words in cards),
        Scale(largest_magnitude(value_magnitude, words.card) for words in of_values),
    )


def _usual(theme: Theme) -> dict[str, str]:
    """The looks of most cards: the defaults of the graph."""
    role, width, style = _BORDERS[OPERATION]
    border = getattr(theme, role)
    return {
        "fontcolor": theme.ink,
        "color": border,
        "penwidth": width,
        "style": style,
    }


def _empty(brush: _Brush, usual: dict[str, str], *, frugal: bool) -> graphviz.Digraph:
    """A graph without cards."""
    options, theme = brush.options, brush.theme
    look = {"rankdir": options.direction, "bgcolor": theme.paper}
    return graphviz.Digraph(
        graph_attr=_GRAPH_LOOK | look | (FRUGAL if frugal else {}),
        node_attr=_CARD_LOOK | usual,
        edge_attr=_EDGE_LOOK | {"fontcolor": theme.gradient, "color": theme.gradient},
    )


def _side(options: Options, horizontal: str, vertical: str) -> str:
    return horizontal if options.horizontal else vertical


# --- cards --------------------------------------------------------------------------


def _card_attributes(words: CardWords, brush: _Brush) -> dict[str, str]:
    kind = words.card.kind
    role, width, style = _BORDERS[kind]
    attributes = {
        "label": as_written(record(words, horizontal=brush.options.horizontal)),
        "color": getattr(brush.theme, role),
        "penwidth": width,
        "style": style,
        "fillcolor": _fill(words, brush),
        "class": _css_class(words),
    }
    if kind == REFERENCE:
        attributes |= {"fontsize": "9", "height": "0.25", "margin": "0.08,0.02"}
    if name_label(words.name) != words.name:
        attributes["tooltip"] = tooltip(words.name)
    return attributes


def _css_class(words: CardWords) -> str:
    """The class by which a style sheet finds the card."""
    if words.card.kind == REFERENCE:
        return REFERENCE
    return "card stale" if words.stale else "card"


def _fill(words: CardWords, brush: _Brush) -> str:
    theme, color, card = brush.theme, brush.options.color, words.card
    if color is None or card.kind == REFERENCE:
        return theme.paper
    if color == "role":
        return pale(getattr(theme, _BORDERS[card.kind][0]), theme.paper)
    if color == "value":
        magnitude = largest_magnitude(value_magnitude, card)
        return brush.values.fill(magnitude, theme.value, theme.paper)
    seed = card.kind in (LOSS, CONSTANT)  # the loss's own 1 says nothing
    magnitude = 0.0 if seed else words.magnitude
    return brush.gradients.fill(magnitude, theme.gradient, theme.paper)


# --- edges --------------------------------------------------------------------------


def _edge_attributes(words: EdgeWords, brush: _Brush) -> dict[str, str]:
    if not words.wanted:
        return {"color": brush.theme.constant, "style": "dashed"}
    attributes = {"penwidth": brush.gradients.pen_width(words.magnitude)}
    if words.lines and brush.options.edge_labels:
        # The space on each side keeps the label clear of its line.
        attributes["label"] = label(f" {line} " for line in words.lines)
    return attributes


def _tail(edge: Edge, outputs: Sequence[Tensor], options: Options) -> str:
    """Where an edge begins: a card, or the row of one of a fold's outputs."""
    side = _side(options, ":e", "")
    rows = (i for i, output in enumerate(outputs) if output is edge.operand)
    ident = edge.tail.ident
    return next((f"{ident}:o{row}{side}" for row in rows), ident)


# --- frames and legend --------------------------------------------------------------


def _add_frames(frames: Iterable[Frame], graph: graphviz.Digraph, theme: Theme) -> None:
    look = {
        "labelloc": "b",  # where fewest edges pass
        "labeljust": "l",
        "fontname": FONT,
        "fontsize": "10",
        "fontcolor": theme.operation,
        "color": pale(theme.operation, theme.paper),
        "style": "rounded",
    }
    count = itertools.count()
    for frame in frames:
        _add_frame(frame, graph, look, count)


def _add_frame(
    frame: Frame,
    graph: graphviz.Digraph,
    look: dict[str, str],
    count: Iterator[int],
) -> None:
    with graph.subgraph(name=f"cluster_{next(count)}") as box:
        box.attr(label=label([name_label(frame.label, FRAME_WIDTH)]), **look)
        for card in frame.cards:
            box.node(card.ident)
        for inner in frame.inner:  # at most frames.DEEPEST in one another
            _add_frame(inner, box, look, count)


def _kinds(
    cards: Iterable[CardWords], edges: Iterable[EdgeWords], brush: _Brush
) -> Iterator[tuple[str, Ends]]:
    """What the legend has to explain, and of scales the ends."""
    options = brush.options
    for words in cards:
        yield words.card.kind, None
        for kind in kinds_of_lines(words.lines):
            yield kind, None
        if words.ring:
            yield "nan", None
        if words.card.kind != REFERENCE and options.color == "role":
            yield "roles", None
        if words.card.kind != REFERENCE and options.color == "value":
            yield "values", brush.values.ends
    for edge in edges:
        if edge.wanted and edge.lines and options.edge_labels:
            yield kind_of_label(edge.lines[0]), None
        if edge.magnitude:
            kind = "scale" if options.color == "grad" else "width"
            yield kind, brush.gradients.ends
            if "grad" in options.show:
                yield "gradient", None


def _add_legend(graph: graphviz.Digraph, kinds: dict[str, Ends], theme: Theme) -> None:
    graph.attr(
        label=legend_label(kinds, theme),
        labelloc="b",
        labeljust="l",
        fontname=FONT,
        fontsize=FONT_SIZE,
        fontcolor=theme.operation,
    )
