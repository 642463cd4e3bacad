"""Which cards and edges the picture of a tensor has, before a word is written on them.

The one idea: the cards are listed in walk order, operands left to right, and numbered
as they come; so the same program gives the same picture, byte for byte. A leaf is drawn
once, near its first use. A use more than two ranks away gets a thin reference card
instead of a long edge: what layout costs grows steeply with the ranks that edges cross
(40 steps of a recurrent network take 20 s with long edges, and 0.02 s without).

What a card says is in cards.py, what an edge says in edges.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine import Tensor, topological_order

FAR = 2  # ranks that the edge of a leaf may cross

PARAMETER = "parameter"  # a leaf that wants a gradient
CONSTANT = "constant"  # a leaf that wants none, or a plain array or number
OPERATION = "operation"
LOSS = "loss"  # the op that is drawn
REFERENCE = "reference"  # points to a leaf that is drawn elsewhere


@dataclass(frozen=True, slots=True, eq=False)
class Card:
    """One box of the picture: a Tensor, or the plain operand of an op."""

    ident: str
    kind: str
    held: Any


@dataclass(frozen=True, slots=True)
class Edge:
    """One operand of an op: from its card into the slot of the op's card."""

    tail: Card
    head: Card
    slot: int


@dataclass(slots=True)
class Walk:
    """All cards and edges, in walk order."""

    cards: list[Card] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    order: list[Tensor] = field(default_factory=list)  # operands before results
    crossings: int = 0  # of ranks, by edges that run past some

    def referred(self) -> list[Any]:
        """The leaves that reference cards point to, each once."""
        leaves = {id(c.held): c.held for c in self.cards if c.kind == REFERENCE}
        return list(leaves.values())


def walk(tensor: Tensor) -> Walk:
    """The cards and edges of everything that `tensor` was computed from."""
    order = topological_order([tensor]) or [tensor]
    return _Walker(tensor, order).walk()


class _Walker:
    def __init__(self, root: Tensor, order: list[Tensor]) -> None:
        self._root = root
        self._order = order
        self._ranks = _ranks(order)
        self._cards: dict[int, Card] = {}  # by the id of the Tensor
        self._walk = Walk(order=order)

    def walk(self) -> Walk:
        for node in self._order:
            if node.parents:
                self._add_op(node)
        if not self._walk.cards:
            self._add(self._root, _leaf_kind(self._root))
        return self._walk

    def _add_op(self, node: Tensor) -> None:
        tails = [self._operand(parent, node) for parent in node.parents]
        head = self._add(node, LOSS if node is self._root else OPERATION)
        self._walk.edges += [Edge(tail, head, i) for i, tail in enumerate(tails)]
        self._walk.crossings += sum(self._ranks_between(tail, head) for tail in tails)

    def _operand(self, parent: Any, node: Tensor) -> Card:
        if not isinstance(parent, Tensor):
            return self._add(parent, CONSTANT)
        card = self._cards.get(id(parent)) or self._add(parent, _leaf_kind(parent))
        is_leaf = card.kind in (PARAMETER, CONSTANT)
        if is_leaf and self._ranks[id(node)] - self._ranks[id(parent)] > FAR:
            return self._add(parent, REFERENCE)
        return card

    def _ranks_between(self, tail: Card, head: Card) -> int:
        if tail.kind == REFERENCE or not isinstance(tail.held, Tensor):
            return 0
        return self._ranks[id(head.held)] - self._ranks[id(tail.held)] - 1

    def _add(self, held: Any, kind: str) -> Card:
        card = Card(f"n{len(self._walk.cards)}", kind, held)
        self._walk.cards.append(card)
        if isinstance(held, Tensor) and kind != REFERENCE:
            self._cards[id(held)] = card
        return card


def _leaf_kind(tensor: Tensor) -> str:
    return PARAMETER if tensor.requires_grad else CONSTANT


def _ranks(order: list[Tensor]) -> dict[int, int]:
    """The rank of each tensor, by its id: 0 for the last, below 0 what comes before.

    Each is as late as its uses allow, one before the first of them; so an op of leaves
    alone stands where it is needed, not at the far left.
    """
    ranks = {id(order[-1]): 0}
    for node in reversed(order):
        before = ranks[id(node)] - 1
        for parent in node.parents:
            if isinstance(parent, Tensor):
                ranks[id(parent)] = min(before, ranks.get(id(parent), before))
    return ranks
