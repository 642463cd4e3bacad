"""Frames: the boxes around cards that one layer or one scope made.

Every op keeps the group that it was made in, and a group the one around it: that is a
tree, of which the picture shows the branches that have cards. A parameter that only the
ops of one group use stands with them: any operand but the first, which is what a layer
is called on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from viz.picture.scene import PARAMETER, REFERENCE, Card, Scene, around, innermost

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
    outermost: list[Frame] = []
    known: dict[tuple[int, int], Frame] = {}  # a frame for each column that it is in
    for card in scene.cards:
        level, found = outermost, None
        for group in around(made_in.get(card))[:DEEPEST]:
            key = (id(group), scene.column.get(card, 0))
            found = known.get(key)
            if found is None:
                found = known[key] = Frame(str(group[0]))
                level.append(found)
            level = found.inner
        if found is not None:
            found.cards.append(card)
    return outermost


def _of_ops(cards: Iterable[Card]) -> Iterator[tuple[Card, Any]]:
    for card in cards:
        if card.kind != REFERENCE:
            yield card, getattr(card.held, "group", None)


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
