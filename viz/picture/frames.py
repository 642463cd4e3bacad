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
            path[found.outside : found.inside] = [(found.loop, drawn_round(found.loop))]
        elif card in found.beside:
            del path[found.outside :]
    return path


# --- rounds of loops ------------------------------------------------------------------


class _Round(NamedTuple):
    """The round of a loop that is drawn; it stands for its scope, if it has one.

    Attributes:
        loop: of which.
        cards: those in it, and the parameters that nothing else uses.
        beside: what all rounds use, and what they hand to the next.
        outside: how many groups are around the loop.
        inside: these, and the scope of the round.
    """

    loop: Loop
    cards: Collection[Card]
    beside: Collection[Card]
    outside: int
    inside: int


def _round(loop: Loop, cards: Collection[Card], scene: Scene) -> _Round:
    outside = len(around(innermost(op.group for op in loop.hidden)))
    deeper = len(around(innermost(op.group for op in loop.drawn))) > outside
    drawn = {card for card in cards if card.kind != STATE}
    used = {edge.tail for edge in scene.edges if edge.head in drawn} - drawn
    own = set(_own(used, drawn, loop, scene))
    beside = {*cards, *used} - drawn - own
    return _Round(loop, drawn | own, beside, outside, outside + deeper)


def _own(
    used: set[Card], drawn: Collection[Card], loop: Loop, scene: Scene
) -> Iterator[Card]:
    """The parameters that only the ops of the round use, and not as their input."""
    others = {id(x) for op in loop.hidden for x in op.parents}
    inputs = {e.tail for e in scene.edges if e.head not in drawn or not e.slot}
    for card in used - inputs:
        if card.kind in (PARAMETER, REFERENCE) and id(card.held) not in others:
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
