"""Frames: the boxes around cards that one layer or one scope made.

Every op keeps the group that it was made in, and a group the one around it: that is a
tree, of which the picture shows the branches that have cards. A parameter that only the
ops of one group use stands with them: any operand but the first, which is what a layer
is called on. The round of a loop that is drawn has a frame too, `round 200 of 200`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from viz.picture.loops import Loop
from viz.picture.scene import (
    PARAMETER,
    REFERENCE,
    STATE,
    Card,
    Edge,
    Scene,
    around,
    innermost,
)
from viz.picture.titles import drawn_round

DEEPEST = 8  # frames in frames; what is deeper stands in the eighth


@dataclass(slots=True)
class Frame:
    """A frame: its label, its cards, and the frames in it."""

    label: str
    cards: list[Card] = field(default_factory=list)
    inner: list[Frame] = field(default_factory=list)


def frames(scene: Scene) -> list[Frame]:
    """The outermost frames of a picture, in walk order."""
    made_in = dict(_of_ops(scene.cards)) | dict(_of_parameters(scene))
    rounds = [_round(loop, cards, scene) for loop, cards in scene.loops.items()]
    outermost: list[Frame] = []
    known: dict[tuple[int, int], Frame] = {}  # a frame for each column that it is in
    for card in scene.cards:
        level, found = outermost, None
        for held, label in _path(card, made_in.get(card), rounds)[:DEEPEST]:
            key = (id(held), scene.column.get(card, 0))
            found = known.get(key)
            if found is None:
                found = known[key] = Frame(label)
                level.append(found)
            level = found.inner
        if found is not None:
            found.cards.append(card)
    return outermost


def _path(card: Card, group: Any, rounds: Iterable[_Round]) -> list[tuple[Any, str]]:
    """The groups and loops around a card, the outermost first, and their labels."""
    path = [(held, str(held[0])) for held in around(group)]
    for found in rounds:
        if card in found.cards:
            inside = len(path) if card.kind == STATE else found.inside
            path[found.outside : inside] = [(found.loop, drawn_round(found.loop))]
    return path


# --- rounds of loops ------------------------------------------------------------------


class _Round(NamedTuple):
    """The round of a loop that is drawn; it stands for its scope, if it has one.

    Attributes:
        loop: of which.
        cards: those in it, and the parameters that only they use.
        outside: how many groups are around the loop.
        inside: these, and the scope of the round.
    """

    loop: Loop
    cards: Collection[Card]
    outside: int
    inside: int


def _round(loop: Loop, cards: Collection[Card], scene: Scene) -> _Round:
    outside = len(around(innermost(op.group for op in loop.hidden)))
    own = len(around(innermost(op.group for op in loop.drawn)))
    inside = outside + (own > outside)
    return _Round(loop, {*cards, *_parameters_of(cards, scene)}, outside, inside)


def _parameters_of(cards: Collection[Card], scene: Scene) -> Iterator[Card]:
    """The parameters that only these cards use, and not as their input."""
    uses: dict[Card, list[Edge]] = {}
    for edge in scene.edges:
        if edge.tail.kind in (PARAMETER, REFERENCE):
            uses.setdefault(edge.tail, []).append(edge)
    for card, edges in uses.items():
        if all(edge.head in cards and edge.slot for edge in edges):
            yield card


# --- groups ---------------------------------------------------------------------------


def _of_ops(cards: Iterable[Card]) -> Iterator[tuple[Card, Any]]:
    for card in cards:
        if card.kind != REFERENCE:
            held = card.held.before if card.kind == STATE else card.held
            yield card, getattr(held, "group", None)


def _of_parameters(scene: Scene) -> Iterator[tuple[Card, Any]]:
    """The leaves that want a gradient, and references to them, with the innermost group
    around all that uses them."""
    users: dict[Card, list[Any]] = {}
    for edge in scene.edges:
        if edge.tail.kind in (PARAMETER, REFERENCE) and edge.tail.held.requires_grad:
            group = None if edge.slot == 0 else edge.head.held.group
            users.setdefault(edge.tail, []).append(group)
    for card, groups in users.items():
        yield card, innermost(groups)
