"""The DOT graph of a picture: cards in boxes, edges into slots, layers in clusters.

The one idea: everything that is drawn stands in one `graphviz.Digraph`, so that what
the picture shows can be read, saved and changed as DOT. A card is a record: Graphviz
draws the fields of one in a row or, in braces, in a column, and swaps the two when the
graph runs from left to right.

What the fields say is in cards.py, edges.py and legend.py; renderer.py makes the
picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import graphviz  # type: ignore[import-untyped]  # has no hints

from viz import colours
from viz.cards import NAMELESS, leaf_fields, op_fields, reference_text, slots
from viz.colours import Scale
from viz.edges import edge_lines, edge_magnitude
from viz.freshness import stale_ids
from viz.groups import groups
from viz.labels import as_written, escape, label, name_label, tooltip
from viz.legend import FONT_SIZE, legend_label
from viz.names import Names
from viz.numbers import FEW, has_nan, magnitude, size_of, value_magnitude
from viz.walk import CONSTANT, LOSS, OPERATION, PARAMETER, REFERENCE, Card, Edge, Walk

# Graphviz measures Courier as 0.6 em a character, which is what our own font has.
FONT = "Courier"
_GRAPH = {
    "nodesep": "0.22",
    "ranksep": "0.3",
    "pad": "0.15",
    "outputorder": "edgesfirst",  # an edge passes behind a card
}
# Curved edges that run past many ranks are what layout takes its time for: 1,350 ranks
# crossed cost 0.6 s and 3,900 cost 6.5 s; drawn frugally 0.04 and 0.17 s.
MANY_CROSSINGS = 1000
_FRUGAL = {"nslimit": "1", "nslimit1": "1", "mclimit": "0.3", "splines": "line"}
_NODE = {
    "shape": "record",
    "fontname": FONT,
    "fontsize": "11",
    "fontcolor": colours.INK,
}
_EDGE = {
    "fontname": FONT,
    "fontsize": "9",
    "fontcolor": colours.GRADIENT,
    "color": colours.GRADIENT,
    "arrowsize": "0.6",
}
_BORDERS = {  # kind of card -> colour and width of its border, and its style
    PARAMETER: (colours.PARAMETER, "2", "rounded,filled"),
    CONSTANT: (colours.CONSTANT, "1", "rounded,filled,dashed"),
    OPERATION: (colours.OPERATION, "1", "rounded,filled"),
    LOSS: (colours.LOSS, "3", "rounded,filled"),
    REFERENCE: (colours.PARAMETER, "0.5", "rounded,filled"),
}


@dataclass(frozen=True, slots=True)
class Options:
    """How a picture is to be drawn; see `viz.draw`."""

    names: Mapping[str, Any] | None
    direction: str
    show: frozenset[str]
    color: str | None
    legend: bool
    groups: bool
    edge_labels: bool


def digraph(walk: Walk, options: Options) -> graphviz.Digraph:
    """The Graphviz graph of a walk."""
    return _Painter(walk, options).paint()


class _Painter:
    def __init__(self, walk: Walk, options: Options) -> None:
        self._walk = walk
        self._options = options
        self._names = Names(options.names)
        self._names.number_the_nameless(walk.referred())
        self._stale = stale_ids(walk)
        self._scale = Scale(magnitude(card.held) for card in walk.cards)
        of_values = walk.cards if options.color == "value" else []
        self._values = Scale(value_magnitude(card.held) for card in of_values)
        self._kinds: set[str] = set()  # what the legend has to explain
        frugal = _FRUGAL if walk.crossings > MANY_CROSSINGS else {}
        self._graph = graphviz.Digraph(
            graph_attr=_GRAPH | {"rankdir": options.direction} | frugal,
            node_attr=_NODE,
            edge_attr=_EDGE,
        )

    def paint(self) -> graphviz.Digraph:
        for card in self._walk.cards:
            self._add_card(card)
        for edge in self._walk.edges:
            self._add_edge(edge)
        if self._options.groups:
            self._add_groups()
        if self._options.legend:
            self._add_legend()
        return self._graph

    # --- cards ----------------------------------------------------------------------

    def _add_card(self, card: Card) -> None:
        colour, width, style = _BORDERS[card.kind]
        self._kinds.add(card.kind)
        shown = card.kind != REFERENCE and "value" in self._options.show
        if shown and size_of(card.held) > FEW:
            self._kinds.add("array")
        attributes = {
            "label": as_written(self._record(card)),
            "color": colour,
            "penwidth": width,
            "style": style,
            "fillcolor": self._fill(card),
            "class": self._css_class(card),
        }
        if card.kind == REFERENCE:
            attributes |= {"fontsize": "9", "height": "0.25", "margin": "0.08,0.02"}
        elif has_nan(card.held):
            self._kinds.add("nan")
        full = self._names.full(card.held)
        if name_label(full) != full:
            attributes["tooltip"] = tooltip(full)
        self._graph.node(card.ident, **attributes)

    def _css_class(self, card: Card) -> str:
        """What renderer.py, or a style sheet, tells the cards apart by."""
        if card.kind == REFERENCE:
            return REFERENCE
        stale = " stale" if id(card.held) in self._stale else ""
        return f"card{stale}{' nan' if has_nan(card.held) else ''}"

    def _fill(self, card: Card) -> str:
        color = self._options.color
        if color is None or card.kind == REFERENCE:
            return colours.PAPER
        if color == "role":
            self._kinds.add("roles")
            return colours.pale(_BORDERS[card.kind][0])
        if color == "value":
            self._kinds.add("values")
            return self._values.fill(value_magnitude(card.held), colours.STALE)
        seed = card.kind in (LOSS, CONSTANT)  # the loss's own 1 says nothing
        return colours.PAPER if seed else self._scale.fill(magnitude(card.held))

    def _record(self, card: Card) -> str:
        if card.kind == REFERENCE:
            return escape(reference_text(card, self._names))
        if card.kind in (PARAMETER, CONSTANT):
            fields = leaf_fields(card, self._names, self._options.show)
            if fields == [[NAMELESS]]:
                self._kinds.add("nameless")
            return self._row(map(_field, fields))
        stale = id(card.held) in self._stale
        if stale:
            self._kinds.add("stale")
        named = slots(card.held, self._names)
        fields = op_fields(card, self._names, self._options.show, stale=stale)
        if NAMELESS in named or NAMELESS in fields[0][0]:
            self._kinds.add("nameless")
        ports = (f"<p{i}>{escape(slot)}" for i, slot in enumerate(named))
        return self._beside("|".join(ports), "|".join(map(_field, fields)))

    def _row(self, fields: Iterable[str]) -> str:
        row = "|".join(fields)
        return f"{{{row}}}" if self._options.direction == "LR" else row

    def _beside(self, ports: str, column: str) -> str:
        """Slots on the side where the edges arrive: left, or on top."""
        if self._options.direction == "LR":
            return f"{{{{{ports}}}|{{{column}}}}}"
        return f"{{{{{ports}}}|{column}}}"

    # --- edges, groups --------------------------------------------------------------

    def _add_edge(self, edge: Edge) -> None:
        side = "w" if self._options.direction == "LR" else "n"
        port = f"{edge.head.ident}:p{edge.slot}:{side}"
        lines = edge_lines(edge)
        if not lines:
            quiet = {"color": colours.CONSTANT, "style": "dashed"}
            self._graph.edge(edge.tail.ident, port, **quiet)
            return
        if self._options.edge_labels:
            self._kinds.add("edge" if lines[0].startswith("×") else "formula")
        strength = edge_magnitude(edge)
        if strength:
            self._kinds.add("width")
            if "grad" in self._options.show:
                tinted = self._options.color == "grad"
                self._kinds.add("gradient" if tinted else "sign")
        attributes = {"penwidth": self._scale.pen_width(strength)}
        if self._options.edge_labels:
            clear = [f" {line} " for line in lines]  # of what is beside it
            attributes["label"] = label(clear)
        self._graph.edge(edge.tail.ident, port, **attributes)

    def _add_groups(self) -> None:
        for i, group in enumerate(groups(self._walk)):
            with self._graph.subgraph(name=f"cluster_{i}") as box:
                box.attr(
                    label=label([name_label(group.label)]),
                    labelloc="b",  # where fewest edges pass
                    labeljust="l",
                    fontname=FONT,
                    fontsize="10",
                    fontcolor=colours.OPERATION,
                    color="#D0D0D0",
                    style="rounded",
                )
                for card in group.cards:
                    box.node(card.ident)

    def _add_legend(self) -> None:
        self._graph.attr(
            label=legend_label(self._kinds),
            labelloc="b",
            labeljust="l",
            fontname=FONT,
            fontsize=FONT_SIZE,
            fontcolor=colours.OPERATION,
        )


def _field(lines: list[str]) -> str:
    return "\\n".join(map(escape, lines))
