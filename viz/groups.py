"""Which cards stand together in one box, because one layer or one scope made them.

The one idea: every op keeps the group that it was made in (engine/recording.py), and a
group the one around it: that is a tree, of which the picture shows the branches that
have cards. A parameter that only the ops of one group use stands with them: any operand
but the first, which is what a layer is called on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from viz.boxes import around, innermost
from viz.walk import PARAMETER, REFERENCE, Card, Walk

DEEPEST = 8  # boxes in boxes; what is deeper stands in the eighth


@dataclass(slots=True)
class Group:
    """A box: its label, its cards, and the boxes in it."""

    label: str
    cards: list[Card] = field(default_factory=list)
    inner: list[Group] = field(default_factory=list)


def groups(walk: Walk) -> list[Group]:
    """The outermost groups of a picture, in walk order."""
    made_in = dict(_of_ops(walk.cards)) | dict(_of_parameters(walk))
    outermost: list[Group] = []
    known: dict[int, Group] = {}
    for card in walk.cards:
        boxes, found = outermost, None
        for pair in around(made_in.get(card))[:DEEPEST]:
            found = known.get(id(pair))
            if found is None:
                found = known[id(pair)] = Group(str(pair[0]))
                boxes.append(found)
            boxes = found.inner
        if found is not None:
            found.cards.append(card)
    return outermost


def _of_ops(cards: Iterable[Card]) -> Iterator[tuple[Card, Any]]:
    for card in cards:
        if card.kind != REFERENCE:
            yield card, getattr(card.held, "group", None)


def _of_parameters(walk: Walk) -> Iterator[tuple[Card, Any]]:
    """The leaves that want a gradient, and references to them, with the innermost group
    around all that uses them."""
    users: dict[Card, list[Any]] = {}
    for edge in walk.edges:
        if edge.tail.kind in (PARAMETER, REFERENCE) and edge.tail.held.requires_grad:
            group = None if edge.slot == 0 else edge.head.held.group
            users.setdefault(edge.tail, []).append(group)
    for card, groups_of_users in users.items():
        yield card, innermost(groups_of_users)
