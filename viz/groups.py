"""Which cards stand together in one box, because one layer made them.

The one idea: a group is what one call of a layer made. Ops that carry the same label
and feed one another are one group, and a parameter that only they use stands with them:
any operand but the first, which is what the layer is called on. A layer that is called
again gets another box: Graphviz could not draw boxes that interleave.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from engine import Tensor
from viz.walk import PARAMETER, REFERENCE, Card, Walk


@dataclass(slots=True)
class Group:
    """The label of a layer, and the cards in its box."""

    label: str
    cards: list[Card] = field(default_factory=list)


def groups(walk: Walk) -> list[Group]:
    """The groups of a picture, in walk order."""
    found: list[Group] = []
    of_card: dict[Card, Group] = {}
    operands = _operands(walk)
    for card in walk.cards:
        label = _label(card)
        if not label:
            continue
        near = (of_card.get(tail) for tail in operands.get(card, ()))
        group = next((g for g in near if g is not None and g.label == label), None)
        if group is None:
            group = Group(label)
            found.append(group)
        of_card[card] = group
    of_card |= _parameters(walk, of_card)
    for card in walk.cards:
        if card in of_card:
            of_card[card].cards.append(card)
    return found


def _label(card: Card) -> str:
    is_op = isinstance(card.held, Tensor) and bool(card.held.parents)
    return (card.held.group or "") if is_op and card.kind != REFERENCE else ""


def _operands(walk: Walk) -> dict[Card, list[Card]]:
    operands: dict[Card, list[Card]] = {}
    for edge in walk.edges:
        operands.setdefault(edge.head, []).append(edge.tail)
    return operands


def _parameters(walk: Walk, of_card: dict[Card, Group]) -> dict[Card, Group]:
    """The leaves that want a gradient and feed one group only; references too."""
    users: dict[Card, list[Group | None]] = {}
    for edge in walk.edges:
        tail = edge.tail
        if edge.slot == 0:  # what a layer is called on is no part of it
            users.setdefault(tail, []).append(None)
        elif tail.kind in (PARAMETER, REFERENCE) and tail.held.requires_grad:
            users.setdefault(tail, []).append(of_card.get(edge.head))
    return {
        card: first
        for card, (first, *rest) in users.items()
        if first is not None and all(other is first for other in rest)
    }
