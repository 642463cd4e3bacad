"""The DOT graph of a picture: cards as boxes of a given size.

Everything that is drawn stands in one `graphviz.Digraph`, so that what the picture
shows can be read, saved and changed as DOT. Graphviz finds places for the cards, and
ways for the edges; what stands on a card is placed by `card_layout`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import graphviz  # type: ignore[import-untyped]  # has no hints

from viz.picture.card_layout import Layout
from viz.picture.cards import CardWords
from viz.picture.colours import THEMES, Scales, Theme, pale
from viz.picture.dot_text import label, statement, tooltip
from viz.picture.edges import BACK, EdgeWords
from viz.picture.fold_cards import listed_outputs
from viz.picture.legend import FONT_SIZE, kinds_of_label, kinds_of_lines, legend_label
from viz.picture.lines import LABEL, LABEL_WIDTH
from viz.picture.magnitudes import magnitude_of
from viz.picture.options import Options
from viz.picture.render import FRUGAL
from viz.picture.scene import (
    CONSTANT,
    FOLDED,
    LOSS,
    OPERATION,
    PARAMETER,
    REFERENCE,
    STATE,
    Edge,
)
from viz.picture.titles import rounds
from viz.words.line_breaks import in_lines
from viz.words.numbers import value_magnitude
from viz.words.text import name_label

# Graphviz measures Courier as 0.6 em a character, which is what our own font has.
FONT = "Courier"
_GRAPH_LOOK = {
    "nodesep": "0.18",
    "ranksep": "0.2",
    "pad": "0.2",
    "outputorder": "edgesfirst",  # an edge passes behind a card
}
# Curved edges that run past many ranks are what layout takes its time for: 1,350 ranks
# crossed cost 0.6 s and 3,900 cost 6.5 s; drawn frugally 0.04 and 0.17 s.
MANY_CROSSINGS = 1000
# The text of a card is written anew, in its own sizes: here it must only fit.
_CARD_LOOK = {"shape": "box", "fixedsize": "true", "fontname": FONT, "fontsize": "5"}
_EDGE_LOOK = {"fontname": FONT, "arrowsize": "0.5"}
_TIGHT = {"ranksep": "0.3"}  # where labels leave less room for themselves
# To the next round of a loop: it goes up, and moves nothing.
_BACK_LOOK = {"style": "dotted", "constraint": "false", "penwidth": "1.5"}
STRAIGHT = "8"  # the weight of an edge from op to op, which keeps chains straight
FEW = 12  # cards up to which × 1 is written
_INCH = 72  # points
_SPOILED = "3"  # the width of an edge on which NaN or ∞ came
_BORDERS = {  # kind of card -> role and width of its border, and its style
    PARAMETER: ("parameter", "1.6", "rounded,filled"),
    CONSTANT: ("constant", "0.8", "rounded,filled,dashed"),
    OPERATION: ("operation", "0.8", "rounded,filled"),
    LOSS: ("loss", "2.4", "rounded,filled"),
    REFERENCE: ("parameter", "0.5", "rounded,filled"),
    FOLDED: ("operation", "1.8", "rounded,filled"),
    STATE: ("operation", "1.8", "rounded,filled"),
}


class _Brush(NamedTuple):
    """What cards and edges are coloured by."""

    options: Options
    theme: Theme
    gradients: Scales
    values: Scales  # empty, unless values are what the fill means


def to_dot(
    cards: Sequence[CardWords],
    edges: Sequence[EdgeWords],
    options: Options,
    layouts: Mapping[str, Layout],
    *,
    backs: Sequence[Edge] = (),
    crossings: int = 0,
    width: float = 0.0,
) -> graphviz.Digraph:
    """The graph of a picture.

    Args:
        cards: the words of each card.
        edges: the words of each edge.
        options: how it is to look.
        layouts: of the cards, by ident.
        backs: as in `Scene`.
        crossings: as in `Scene`; if there are many, the layout is frugal.
        width: of the picture in points, as estimated.
    """
    brush = _brush(cards, options)
    usual = _usual(brush.theme)
    graph = _empty(brush, usual, frugal=crossings > MANY_CROSSINGS)
    for words in cards:
        layout = layouts[words.card.ident]
        attributes = _card_attributes(words, layout, brush)
        unusual = {k: v for k, v in attributes.items() if v != usual.get(k)}
        graph.body.append(statement(words.card.ident, unusual))
    whole = writes_ones(options, len(cards))
    spoiled = {(words.card, slot) for words in cards for slot in words.way}
    for edge_words in edges:
        edge = edge_words.edge
        attributes = _edge_attributes(edge_words, brush, whole=whole)
        if edge.tail.kind in (OPERATION, FOLDED, STATE):
            attributes["weight"] = STRAIGHT
        if (edge.head, edge.slot) in spoiled:
            attributes |= {"color": brush.theme.nan, "penwidth": _SPOILED}
        way = f"{edge.tail.ident} -> {edge.head.ident}"
        graph.body.append(statement(way, attributes))
    named = {back.head.held.loop: back for back in reversed(backs)}.values()
    for back in backs:
        way = f"{back.tail.ident} -> {back.head.ident}"
        is_named = options.edge_labels and back in named  # once for each loop
        label = rounds(back.head.held.loop)
        said = {"label": label, "fontcolor": brush.theme.muted} if is_named else {}
        graph.body.append(statement(way, _BACK_LOOK | said))
    if options.legend:
        kinds = dict(_kinds(cards, edges, brush))
        made_up = next((words.made_up for words in cards if words.made_up), "v1")
        text = legend_label(kinds, brush.theme, width, made_up[0])
        _add_legend(graph, text, brush.theme)
    return graph


def _brush(cards: Iterable[CardWords], options: Options) -> _Brush:
    cards = list(cards)
    # A fold of several outputs shows no values of arrays that could be named.
    named = (words for words in cards if not listed_outputs(words.card.held))
    of_values = named if options.color == "value" else ()
    return _Brush(
        options,
        THEMES[options.theme],
        Scales(words.magnitude for words in cards),
        Scales(magnitude_of(words.card, value_magnitude) for words in of_values),
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
    look |= (_TIGHT if options.tight else {}) | (FRUGAL if frugal else {})
    line = {"fontcolor": theme.gradient, "color": theme.line}
    line["fontsize"] = f"{label_size(tight=options.tight):g}"
    return graphviz.Digraph(
        graph_attr=_GRAPH_LOOK | look,
        node_attr=_CARD_LOOK | usual,
        edge_attr=_EDGE_LOOK | line,
    )


# --- cards --------------------------------------------------------------------------


def _card_attributes(words: CardWords, layout: Layout, brush: _Brush) -> dict[str, str]:
    kind = words.card.kind
    role, width, style = _BORDERS[kind]
    if kind == REFERENCE and getattr(words.card.held, "parents", False):
        role = "operation"  # it stands for an op
    attributes = {
        "label": label(line.text for line in words.lines if line.chart is None),
        "width": f"{layout.width / _INCH:.3f}",
        "height": f"{layout.height / _INCH:.3f}",
        "color": getattr(brush.theme, role),
        "penwidth": width,
        "style": style,
        "fillcolor": _fill(words, brush),
        "class": _css_class(words),
    }
    if name_label(words.name) != words.name:
        attributes["tooltip"] = tooltip(words.name)
    return attributes


def resized(card: str, layout: Layout, texts: Iterable[str]) -> str:
    """The line of a card that has got another size, and other texts."""
    size = {"width": layout.width, "height": layout.height}
    for name, points in size.items():
        card = re.sub(rf" {name}=[\d.]+", f" {name}={points / _INCH:.3f}", card)
    return re.sub(r'label="[^"]*"', lambda _: f'label="{label(texts)}"', card, count=1)


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
        magnitude = magnitude_of(card, value_magnitude)
        return brush.values.fill(magnitude, theme.value, theme.paper)
    return brush.gradients.fill(words.magnitude, theme.gradient, theme.paper)


# --- edges --------------------------------------------------------------------------


def _edge_attributes(words: EdgeWords, brush: _Brush, *, whole: bool) -> dict[str, str]:
    if not words.wanted:
        return {"color": brush.theme.constant, "style": "dashed"}
    lines = label_lines(words, whole=whole) if brush.options.edge_labels else []
    return {"label": label(lines)} if lines else {}


def label_size(*, tight: bool) -> float:
    """The size of text that the layout leaves room for: less, where it is tight; then
    labels find their own places (labels.py)."""
    return 0.4 * LABEL if tight else LABEL


def writes_ones(options: Options, cards: int) -> bool:
    """Whether a picture of so many cards says × 1."""
    return options.ones or cards <= FEW


def label_lines(words: EdgeWords, *, whole: bool) -> list[str]:
    """The label of an edge; `whole`: in a picture that is small enough for × 1."""
    if not words.wanted or not words.lines or (words.passes_on and not whole):
        return []
    first, *rest = words.lines
    lines = [*in_lines(f"{BACK}{first}", LABEL_WIDTH), *rest]
    return [f" {line} " for line in lines]  # the space keeps it clear of its line


# --- legend -------------------------------------------------------------------------


def _kinds(
    cards: Iterable[CardWords], edges: Iterable[EdgeWords], brush: _Brush
) -> Iterator[tuple[str, Scales | None]]:
    """What the legend has to explain, and its scales, whose ends some card shows."""
    options, cards = brush.options, list(cards)
    for words in cards:
        yield words.card.kind, None
        for kind in kinds_of_lines(words.lines):
            yield kind, None
        if words.made_up:
            yield "made up", None
        if words.ring:
            yield "nan", None
        if words.way:
            yield "way", None
        if words.card.kind != REFERENCE and options.color == "role":
            yield "roles", None
        if words.card.kind != REFERENCE and options.color == "value":
            yield "values", brush.values if "value" in options.show else None
    whole = writes_ones(options, len(cards))
    for edge in edges:
        if not (edge.wanted and edge.lines and options.edge_labels):
            continue
        if edge.passes_on and not whole:
            yield "ones", None
        else:
            yield from ((kind, None) for kind in kinds_of_label(" ".join(edge.lines)))
    if options.color == "grad" and any(any(words.magnitude) for words in cards):
        yield "scale", brush.gradients if "grad" in options.show else None


def _add_legend(graph: graphviz.Digraph, text: str, theme: Theme) -> None:
    graph.attr(
        label=text,
        labelloc="b",
        labeljust="l",
        fontname=FONT,
        fontsize=FONT_SIZE,
        fontcolor=theme.muted,
    )
