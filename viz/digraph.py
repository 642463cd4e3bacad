"""The DOT graph of a picture: cards in boxes, edges into slots, layers in clusters.

The one idea: everything that is drawn stands in one `graphviz.Digraph`, so that what
the picture shows can be read, saved and changed as DOT.

What cards and edges say is in cards.py, edges.py and legend.py; records.py writes a
card as DOT, and renderer.py makes the picture.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import graphviz  # type: ignore[import-untyped]  # has no hints

from viz.boxes import Box
from viz.cards import leaf_fields, op_fields, reference_text, slots
from viz.colours import THEMES, Scale, Theme, pale
from viz.edges import edge_lines, edge_magnitude, wants_gradient
from viz.facts import facts
from viz.folded import folded_rows, folded_slots, rows_of_outputs
from viz.freshness import stale_ids
from viz.groups import Group, groups
from viz.labels import as_written, label, name_label, tooltip
from viz.legend import FONT_SIZE, kind_of_label, kinds_of_lines, legend_label
from viz.names import Names
from viz.numbers import magnitude, value_magnitude
from viz.records import Record, leaf_record, line_record, op_record, with_room
from viz.states import origins
from viz.svg import Finish, Touch
from viz.walk import (
    CONSTANT,
    FOLDED,
    LOSS,
    OPERATION,
    PARAMETER,
    REFERENCE,
    Card,
    Edge,
    Walk,
)

# Graphviz measures Courier as 0.6 em a character, which is what our own font has.
FONT = "Courier"
GROUP_WIDTH = 48  # characters of the label of a group
_GRAPH = {
    "nodesep": "0.22",
    "ranksep": "0.3",
    "pad": "0.15",
    "outputorder": "edgesfirst",  # an edge passes behind a card
    "ordering": "in",
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
    FOLDED: ("operation", "2.5", "rounded,filled"),
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
    # By the part of a line, characters that are kept free for what a script puts there.
    room: Mapping[str, int] = field(default_factory=dict)


def digraph(walk: Walk, options: Options) -> tuple[graphviz.Digraph, Finish]:
    """The Graphviz graph of a walk, and what svg.py adds to its picture."""
    painter = _Painter(walk, options)
    return painter.paint(), painter.finish


class _Painter:
    def __init__(self, walk: Walk, options: Options) -> None:
        self._walk = walk
        self._options = options
        self._theme: Theme = THEMES[options.theme]
        self._names = Names(options.names)
        self._names.number_the_nameless(walk.referred())
        self._stale = stale_ids(walk.order)
        self._origins = origins(walk.order)
        self.finish = Finish(self._theme, options.direction == "LR")
        self._edge_lines: list[list[str]] = []  # of every edge
        self._operands: dict[Card, list[Any]] = {}
        for edge in walk.edges:
            self._operands.setdefault(edge.head, []).append(edge.operand)
        self._scale = Scale(_strongest(magnitude, card) for card in walk.cards)
        of_values = walk.cards if options.color == "value" else []
        self._values = Scale(_strongest(value_magnitude, c) for c in of_values)
        # What the legend explains, and of scales the ends:
        self._kinds: dict[str, tuple[float, float] | None] = {}
        role, width, style = _BORDERS[OPERATION]
        self._usual = {  # what is the default need not be said of each card
            "fontcolor": self._theme.ink,
            "color": getattr(self._theme, role),
            "penwidth": width,
            "style": style,
        }
        frugal = _FRUGAL if walk.crossings > MANY_CROSSINGS else {}
        self._graph = graphviz.Digraph(
            graph_attr=_GRAPH
            | {"rankdir": options.direction, "bgcolor": self._theme.paper}
            | frugal,
            node_attr=_NODE | self._usual,
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
        told = facts(self._walk, self._names, self._edge_lines)
        self.finish.facts.update(told)
        return self._graph

    # --- cards ----------------------------------------------------------------------

    def _add_card(self, card: Card) -> None:
        role, width, style = _BORDERS[card.kind]
        self._found(card.kind)
        record = self._record(card)
        for kind in kinds_of_lines(record.lines):
            self._found(kind)
        ring = card.kind != REFERENCE and self._any_in(card, self._origins)
        if ring:
            self._found("nan")
        self.finish.touches[card.ident] = Touch(record.lines, ring)
        attributes = {
            "label": as_written(record.label),
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
        told = {k: v for k, v in attributes.items() if v != self._usual.get(k)}
        self._graph.node(card.ident, **told)

    def _found(self, kind: str, scale: Scale | None = None) -> None:
        """Note what the legend has to explain."""
        self._kinds[kind] = scale.ends if scale is not None else None

    def _css_class(self, card: Card) -> str:
        """What a style sheet tells the cards apart by."""
        if card.kind == REFERENCE:
            return REFERENCE
        return "card stale" if self._any_in(card, self._stale) else "card"

    def _any_in(self, card: Card, ids: set[int]) -> bool:
        """Whether one of the tensors of a card is among those with these ids."""
        if isinstance(card.held, Box):
            return any(id(x) in ids for x in (*card.held.ops, *card.held.leaves))
        return id(card.held) in ids

    def _fill(self, card: Card) -> str:
        theme, color = self._theme, self._options.color
        if color is None or card.kind == REFERENCE:
            return theme.paper
        if color == "role":
            self._found("roles")
            return pale(getattr(theme, _BORDERS[card.kind][0]), theme.paper)
        if color == "value":
            self._found("values", self._values)
            strength = _strongest(value_magnitude, card)
            return self._values.fill(strength, theme.value, theme.paper)
        seed = card.kind in (LOSS, CONSTANT)  # the loss's own 1 says nothing
        strength = 0.0 if seed else _strongest(magnitude, card)
        return self._scale.fill(strength, theme.gradient, theme.paper)

    def _record(self, card: Card) -> Record:
        """What a card says, as a record."""
        names, show = self._names, self._options.show
        horizontal = self.finish.horizontal
        if card.kind == REFERENCE:
            return line_record(reference_text(card, names))
        if card.kind in (PARAMETER, CONSTANT):
            fields = with_room(leaf_fields(card, names, show), self._options.room)
            return leaf_record(fields, horizontal=horizontal)
        stale = self._any_in(card, self._stale)
        if not isinstance(card.held, Box):
            rows = op_fields(card, names, show, stale=stale)
            rows = [with_room(fields, self._options.room) for fields in rows]
            return op_record(slots(card.held, names), rows, horizontal=horizontal)
        return op_record(
            folded_slots(self._operands.get(card, ()), names),
            folded_rows(card.held, names, show, stale=stale),
            horizontal=horizontal,
            outputs=len(rows_of_outputs(card.held)),
        )

    # --- edges, groups --------------------------------------------------------------

    def _add_edge(self, edge: Edge) -> None:
        side = "w" if self.finish.horizontal else "n"
        port = f"{edge.head.ident}:p{edge.slot}:{side}"
        tail, lines = self._tail(edge), edge_lines(edge)
        self._edge_lines.append(lines)
        if not wants_gradient(edge):
            quiet = {"color": self._theme.constant, "style": "dashed"}
            self._graph.edge(tail, port, **quiet)
            return
        lines = lines if self._options.edge_labels else []
        if lines:
            self._found(kind_of_label(lines[0]))
        strength = edge_magnitude(edge)
        if strength:
            tinted = self._options.color == "grad"
            self._found("scale" if tinted else "width", self._scale)
            if "grad" in self._options.show:
                self._found("gradient")
        attributes = {"penwidth": self._scale.pen_width(strength)}
        if lines:
            clear = [f" {line} " for line in lines]  # of what is beside it
            attributes["label"] = label(clear)
        self._graph.edge(tail, port, **attributes)

    def _tail(self, edge: Edge) -> str:
        """Where an edge begins: a card, or the row of one output of a folded card."""
        box, ident = edge.tail.held, edge.tail.ident
        outputs = rows_of_outputs(box) if isinstance(box, Box) else []
        side = ":e" if self.finish.horizontal else ""
        rows = (i for i, output in enumerate(outputs) if output is edge.operand)
        return next((f"{ident}:o{row}{side}" for row in rows), ident)

    def _add_groups(self) -> None:
        theme = self._theme
        look = {
            "labelloc": "b",  # where fewest edges pass
            "labeljust": "l",
            "fontname": FONT,
            "fontsize": "10",
            "fontcolor": theme.operation,
            "color": pale(theme.operation, theme.paper),
            "style": "rounded",
        }
        turns = itertools.count()
        for group in groups(self._walk):
            self._add_group(group, self._graph, look, turns)

    def _add_group(
        self, group: Group, graph: graphviz.Digraph, look: dict[str, str], turns: Any
    ) -> None:
        with graph.subgraph(name=f"cluster_{next(turns)}") as box:
            box.attr(label=label([name_label(group.label, GROUP_WIDTH)]), **look)
            for card in group.cards:
                box.node(card.ident)
            for inner in group.inner:  # at most groups.DEEPEST in one another
                self._add_group(inner, box, look, turns)

    def _add_legend(self) -> None:
        self._graph.attr(
            label=legend_label(self._kinds, self._theme),
            labelloc="b",
            labeljust="l",
            fontname=FONT,
            fontsize=FONT_SIZE,
            fontcolor=self._theme.operation,
        )


def _strongest(magnitude: Callable[[Any], float], card: Card) -> float:
    """The magnitude of a card; of a folded one, that of its strongest output."""
    held = card.held.outputs if isinstance(card.held, Box) else [card.held]
    return max(map(magnitude, held), default=0.0)
