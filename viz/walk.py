"""Which cards and edges the picture of a tensor has, before a word is written on them.

The one idea: the cards are listed in walk order, operands left to right, and numbered
as they come; so the same program gives the same picture, byte for byte. A leaf is drawn
once, near its first use. A use more than two ranks away gets a thin reference card
instead of a long edge: what layout costs grows steeply with the ranks that edges cross
(40 steps of a recurrent network take 20 s with long edges, and 0.02 s without).

Which ops share a card, where there are too many, is decided in folding.py. What a card
says is in cards.py, what an edge says in edges.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from engine import Tensor, topological_order
from viz.boxes import Box, settle
from viz.folding import folded

FAR = 2  # ranks that the edge of a leaf may cross

PARAMETER = "parameter"  # a leaf that wants a gradient
CONSTANT = "constant"  # a leaf that wants none, or a plain array or number
OPERATION = "operation"
LOSS = "loss"  # the op that is drawn
REFERENCE = "reference"  # points to a leaf that is drawn elsewhere
FOLDED = "folded"  # several ops, and leaves that only they use: its `held` is a Box


@dataclass(frozen=True, slots=True, eq=False)
class Card:
    """One box of the picture: a Tensor, the plain operand of an op, or a Box of ops."""

    ident: str
    kind: str
    held: Any


@dataclass(frozen=True, slots=True)
class Edge:
    """One operand of an op: from its card into the slot of the op's card.

    Attributes:
        operand: what goes along it: the Tensor, array or number; of a folded card one
            of several that it may give or take.
    """

    tail: Card
    head: Card
    slot: int
    operand: Any


@dataclass(slots=True)
class Walk:
    """All cards and edges, in walk order."""

    cards: list[Card] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    order: list[Tensor] = field(default_factory=list)  # all ops, folded or not
    crossings: int = 0  # of ranks, by edges that run past some

    def referred(self) -> list[Any]:
        """The leaves that reference cards point to, each once."""
        leaves = {id(c.held): c.held for c in self.cards if c.kind == REFERENCE}
        return list(leaves.values())


def walk(tensor: Tensor, most: int | None = None) -> Walk:
    """The cards and edges of everything that `tensor` was computed from.

    Args:
        tensor: what is drawn.
        most: cards beyond which ops are folded; None for any number.
    """
    ops = [node for node in topological_order([tensor]) if node.parents]
    if not ops:
        kind = _leaf_kind(tensor)
        return Walk(cards=[Card("n0", kind, tensor)])
    boxes = [Box([op], group=op.group) for op in ops]
    if most is None:
        return _Walker(boxes).walk()
    walks = [_Walker(boxes).walk()] if len(boxes) <= most else []

    def fits(boxes: list[Box]) -> bool:
        walks[:] = [_Walker(boxes).walk()] if len(boxes) <= most else []
        return bool(walks) and len(walks[0].cards) <= most

    if not walks or len(walks[0].cards) > most:
        boxes = folded(boxes, fits, most)
    return walks[0] if walks else _Walker(boxes).walk()


class _Walker:
    def __init__(self, boxes: list[Box]) -> None:
        settle(boxes)
        self._boxes = boxes
        self._home = {id(op): box for box in boxes for op in box.ops}
        self._ranks = self._ranked()
        self._cards: dict[int, Card] = {}  # by the id of the Box, or of the leaf
        self._walk = Walk(order=[op for box in boxes for op in box.ops])

    def walk(self) -> Walk:
        for box in self._boxes:
            operands = list(self._operands(box))
            tails = [self._tail(operand, box) for operand in operands]
            head = self._add(box.ops[-1] if not box.title else box, self._kind(box))
            self._cards[id(box)] = head
            for slot, (tail, operand) in enumerate(zip(tails, operands, strict=True)):
                self._walk.edges.append(Edge(tail, head, slot, operand))
                self._walk.crossings += self._ranks_between(operand, box, tail)
        return self._walk

    def _kind(self, box: Box) -> str:
        if box is self._boxes[-1]:
            return LOSS
        return FOLDED if box.title else OPERATION

    def _operands(self, box: Box) -> Iterator[Any]:
        """What runs into the card of a box: all operands of an op, in order; of a
        folded box those from outside, each once."""
        if not box.title:
            yield from box.ops[0].parents
            return
        hidden = {id(leaf) for leaf in box.leaves}
        seen: set[int] = set()
        for op in box.ops:
            for parent in op.parents:
                inside = self._home.get(id(parent)) is box or id(parent) in hidden
                if not inside and id(parent) not in seen:
                    seen.add(id(parent))
                    yield parent

    def _tail(self, operand: Any, box: Box) -> Card:
        if not isinstance(operand, Tensor):
            return self._add(operand, CONSTANT)
        home = self._home.get(id(operand))
        if home is not None:
            return self._cards[id(home)]
        card = self._cards.get(id(operand))
        if card is None:
            card = self._cards[id(operand)] = self._add(operand, _leaf_kind(operand))
        if self._ranks[id(box)] - self._ranks[id(operand)] > FAR:
            return self._add(operand, REFERENCE)
        return card

    def _ranks_between(self, operand: Any, box: Box, tail: Card) -> int:
        if tail.kind == REFERENCE or not isinstance(operand, Tensor):
            return 0
        start = self._home.get(id(operand), operand)
        return self._ranks[id(box)] - self._ranks[id(start)] - 1

    def _add(self, held: Any, kind: str) -> Card:
        card = Card(f"n{len(self._walk.cards)}", kind, held)
        self._walk.cards.append(card)
        return card

    def _ranked(self) -> dict[int, int]:
        """The rank of each box and leaf, by its id: 0 for the last, below 0 before.

        Each is as late as its uses allow, one before the first of them; so an op of
        leaves alone stands where it is needed, not at the far left.
        """
        ranks = {id(self._boxes[-1]): 0}
        for box in reversed(self._boxes):
            before = ranks[id(box)] - 1
            for operand in self._operands(box):
                if isinstance(operand, Tensor):
                    start = id(self._home.get(id(operand), operand))
                    ranks[start] = min(before, ranks.get(start, before))
        return ranks


def _leaf_kind(tensor: Tensor) -> str:
    return PARAMETER if tensor.requires_grad else CONSTANT
