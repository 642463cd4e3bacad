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

from viz.cards import (
    NAMELESS,
    Field,
    Line,
    leaf_fields,
    op_fields,
    reference_text,
    slots,
)
from viz.colours import THEMES, Scale, Theme, pale
from viz.edges import edge_lines, edge_magnitude
from viz.freshness import stale_ids
from viz.groups import groups
from viz.labels import as_written, escape, label, name_label, tooltip
from viz.legend import FONT_SIZE, legend_label
from viz.names import Names
from viz.numbers import magnitude, number, value_magnitude
from viz.states import DEAD, origins
from viz.svg import Touch
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
_NODE = {"shape": "record", "fontname": FONT, "fontsize": "11"}
_EDGE = {"fontname": FONT, "fontsize": "9", "arrowsize": "0.6"}
_BORDERS = {  # kind of card -> role and width of its border, and its style
    PARAMETER: ("parameter", "2", "rounded,filled"),
    CONSTANT: ("constant", "1", "rounded,filled,dashed"),
    OPERATION: ("operation", "1", "rounded,filled"),
    LOSS: ("loss", "3", "rounded,filled"),
    REFERENCE: ("parameter", "0.5", "rounded,filled"),
}


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


def digraph(walk: Walk, options: Options) -> tuple[graphviz.Digraph, dict[str, Touch]]:
    """The Graphviz graph of a walk, and by card what svg.py adds to it."""
    painter = _Painter(walk, options)
    return painter.paint(), painter.touches


class _Painter:
    def __init__(self, walk: Walk, options: Options) -> None:
        self._walk = walk
        self._options = options
        self._theme: Theme = THEMES[options.theme]
        self._names = Names(options.names)
        self._names.number_the_nameless(walk.referred())
        self._stale = stale_ids(walk)
        self._origins = origins(walk.order)
        self.touches: dict[str, Touch] = {}
        self._scale = Scale(magnitude(card.held) for card in walk.cards)
        of_values = walk.cards if options.color == "value" else []
        self._values = Scale(value_magnitude(card.held) for card in of_values)
        self._kinds: dict[str, str] = {}  # what the legend explains, and scales' ends
        frugal = _FRUGAL if walk.crossings > MANY_CROSSINGS else {}
        self._graph = graphviz.Digraph(
            graph_attr=_GRAPH
            | {"rankdir": options.direction, "bgcolor": self._theme.paper}
            | frugal,
            node_attr=_NODE | {"fontcolor": self._theme.ink},
            edge_attr=_EDGE
            | {"fontcolor": self._theme.gradient, "color": self._theme.gradient},
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
        role, width, style = _BORDERS[card.kind]
        self._found(card.kind)
        record, lines = self._record(card)
        ring = card.kind != REFERENCE and id(card.held) in self._origins
        if ring:
            self._found("nan")
        self.touches[card.ident] = Touch(lines, ring)
        attributes = {
            "label": as_written(record),
            "color": getattr(self._theme, role),
            "penwidth": width,
            "style": style,
            "fillcolor": self._fill(card),
            "class": self._css_class(card),
        }
        if card.kind == REFERENCE:
            attributes |= {"fontsize": "9", "height": "0.25", "margin": "0.08,0.02"}
        full = self._names.full(card.held)
        if name_label(full) != full:
            attributes["tooltip"] = tooltip(full)
        self._graph.node(card.ident, **attributes)

    def _found(self, kind: str, scale: Scale | None = None) -> None:
        """Note what the legend has to explain."""
        ends = scale.ends if scale is not None else None
        self._kinds[kind] = ", from {} to {}".format(*map(number, ends)) if ends else ""

    def _css_class(self, card: Card) -> str:
        """What a style sheet tells the cards apart by."""
        if card.kind == REFERENCE:
            return REFERENCE
        return "card stale" if id(card.held) in self._stale else "card"

    def _fill(self, card: Card) -> str:
        theme, color = self._theme, self._options.color
        if color is None or card.kind == REFERENCE:
            return theme.paper
        if color == "role":
            self._found("roles")
            return pale(getattr(theme, _BORDERS[card.kind][0]), theme.paper)
        if color == "value":
            self._found("values", self._values)
            strength = value_magnitude(card.held)
            return self._values.fill(strength, theme.value, theme.paper)
        seed = card.kind in (LOSS, CONSTANT)  # the loss's own 1 says nothing
        strength = 0.0 if seed else magnitude(card.held)
        return self._scale.fill(strength, theme.gradient, theme.paper)

    def _record(self, card: Card) -> tuple[str, list[Line]]:
        """The label of a card, and its lines in the order in which they are drawn."""
        if card.kind == REFERENCE:
            text = reference_text(card, self._names)
            return escape(text), [Line(text)]
        if card.kind in (PARAMETER, CONSTANT):
            fields = leaf_fields(card, self._names, self._options.show)
            lines = self._explained([line for field in fields for line in field])
            return self._row(map(_field, fields)), lines
        stale = id(card.held) in self._stale
        named = slots(card.held, self._names)
        rows = op_fields(card, self._names, self._options.show, stale=stale)
        lines = [Line(slot) for slot in named]
        lines += [line for row in rows for field in row for line in field]
        ports = (f"<p{i}>{escape(slot)}" for i, slot in enumerate(named))
        column = "|".join(map(_beside, rows))
        return self._with_ports("|".join(ports), column), self._explained(lines)

    def _explained(self, lines: list[Line]) -> list[Line]:
        """The lines of a card, after noting what of them the legend has to explain."""
        for line in lines:
            if line.chart is not None:
                self._found(line.chart.kind)
                self._found("array")
            if line.text == NAMELESS or f"{NAMELESS} " in line.text:
                self._found("nameless")
            if line.role == "stale":
                self._found("stale")
            if line.text.startswith(DEAD):
                self._found("dead")
        return lines

    def _row(self, fields: Iterable[str]) -> str:
        row = "|".join(fields)
        return f"{{{row}}}" if self._options.direction == "LR" else row

    def _with_ports(self, ports: str, column: str) -> str:
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
            quiet = {"color": self._theme.constant, "style": "dashed"}
            self._graph.edge(edge.tail.ident, port, **quiet)
            return
        if self._options.edge_labels:
            self._found("edge" if lines[0].startswith("×") else "formula")
        strength = edge_magnitude(edge)
        if strength:
            tinted = self._options.color == "grad"
            self._found("scale" if tinted else "width", self._scale)
            if "grad" in self._options.show:
                self._found("gradient")
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
                    fontcolor=self._theme.operation,
                    color=pale(self._theme.operation, self._theme.paper),
                    style="rounded",
                )
                for card in group.cards:
                    box.node(card.ident)

    def _add_legend(self) -> None:
        self._graph.attr(
            label=legend_label(self._kinds, self._theme),
            labelloc="b",
            labeljust="l",
            fontname=FONT,
            fontsize=FONT_SIZE,
            fontcolor=self._theme.operation,
        )


def _beside(row: list[Field]) -> str:
    """The fields of one row of a column."""
    fields = "|".join(map(_field, row))
    return f"{{{fields}}}" if len(row) > 1 else fields


def _field(lines: Field) -> str:
    return "\\n".join(escape(line.text) for line in lines)
