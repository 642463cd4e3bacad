"""The scene: which cards and edges a picture has, before a word is written on them.

A *fold* is several ops in one card. `read` lists the ops of a graph, `arranged` gives
each op or fold its card, and each operand its edge. Cards are numbered in walk order,
operands left to right, so the same program gives the same picture, byte for byte. A
leaf is drawn once, near its first use. A use more than two ranks away gets a thin
reference card instead of a long edge: what layout costs grows steeply with the ranks
that edges cross (40 steps of a recurrent network take 20 s with long edges, and 0.02 s
without).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Number
from typing import Any

from engine import Tensor, topological_order

FAR = 2  # ranks that the edge of a leaf may cross

PARAMETER = "parameter"  # a leaf that wants a gradient
CONSTANT = "constant"  # a leaf that wants none, or a plain array or number
OPERATION = "operation"
LOSS = "loss"  # a result: an op that is drawn for its own sake
REFERENCE = "reference"  # points to what is drawn elsewhere
FOLDED = "folded"  # several ops, and leaves that only they use: its `held` is a Fold


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """Ops that stand in one card, in the order in which they were made.

    Attributes:
        ops: at least one; an op that is not folded is a fold of its own.
        title: what the card calls it; "" for an op that is not folded.
        group: the innermost group around all its ops; None if there is none.
        begins: whether the first operand of its first op is kept outside the fold.
        leaves: the operands that only its ops use, and that it hides.
        outputs: those of its ops that are used outside.
        drawn: whether it is a result.
        open: whether it is to be seen, as somebody asked.
    """

    ops: Sequence[Tensor]
    title: str = ""
    group: Any = None
    begins: bool = True
    leaves: Sequence[Any] = ()
    outputs: Sequence[Tensor] = ()
    drawn: bool = False
    open: bool = False

    @property
    def alone(self) -> bool:
        """Whether it is not put together with others."""
        return self.drawn or self.open


@dataclass(frozen=True, slots=True, eq=False)
class Card:
    """One card of the picture: a Tensor, the plain operand of an op, or a Fold."""

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


@dataclass(frozen=True, slots=True)
class Scene:
    """All cards and edges, in walk order.

    Attributes:
        results: what is drawn: the last op, and what else was asked for.
        order: all ops, folded or not, operands before what is computed from them.
        crossings: how many ranks all long edges together cross.
        column: of each card, where the picture stands in columns.
    """

    cards: list[Card]
    edges: list[Edge]
    results: list[Tensor]
    order: list[Tensor]
    crossings: int
    column: Mapping[Card, int] = field(default_factory=dict)

    def referred(self) -> list[Any]:
        """What reference cards point to, each once."""
        held = {id(c.held): c.held for c in self.cards if c.kind == REFERENCE}
        return list(held.values())


def read(*results: Tensor) -> list[Fold]:
    """The ops that some tensors were computed by, each a fold of its own.

    They stand in the order in which the program made them, so the last is a result.
    Results that were not computed stand before them.
    """
    drawn = dict.fromkeys(results)
    leaves = [x for x in drawn if not x.parents]
    ops = [node for node in topological_order(results) if node.parents]
    return [Fold([x], group=x.group, drawn=x in drawn) for x in (*leaves, *ops)]


def arranged(folds: Sequence[Fold]) -> Scene:
    """The cards and edges of ops, folded or not.

    Args:
        folds: settled, in the order of the program; the last is a result.
    """
    home = {id(op): fold for fold in folds for op in fold.ops}
    ranks = _ranked(folds, home)
    cards: list[Card] = []
    edges: list[Edge] = []
    crossings = 0
    card_of: dict[int, Card] = {}  # by the id of the Fold, or of the leaf

    def add(held: Any, kind: str) -> Card:
        cards.append(Card(f"n{len(cards)}", kind, held))
        return cards[-1]

    def tail_of(operand: Any, fold: Fold) -> Card:
        if not isinstance(operand, Tensor):
            return add(operand, CONSTANT)
        if id(operand) in home:
            return card_of[id(home[id(operand)])]
        if id(operand) not in card_of:
            card_of[id(operand)] = add(operand, _leaf_kind(operand))
        if ranks[id(fold)] - ranks[id(operand)] > FAR:
            return add(operand, REFERENCE)
        return card_of[id(operand)]

    for fold in folds:
        operands = list(_operands(fold, home))
        tails = [tail_of(operand, fold) for _, operand in operands]
        head = add(fold if fold.title else fold.ops[-1], _kind(fold))
        card_of[id(fold)] = head
        for tail, (slot, operand) in zip(tails, operands, strict=True):
            edges.append(Edge(tail, head, slot, operand))
            if tail.kind != REFERENCE and isinstance(operand, Tensor):
                start = home.get(id(operand), operand)
                crossings += ranks[id(fold)] - ranks[id(start)] - 1
    order = [op for fold in folds for op in fold.ops if op.parents]
    results = [fold.ops[-1] for fold in folds if fold.drawn]
    return Scene(cards, edges, results, order, crossings)


def _kind(fold: Fold) -> str:
    if not fold.ops[-1].parents:  # a result that was not computed
        return _leaf_kind(fold.ops[-1])
    if fold.drawn:
        return LOSS
    return FOLDED if fold.title else OPERATION


def _operands(fold: Fold, home: Mapping[int, Fold]) -> Iterator[tuple[int, Any]]:
    """What runs into the card of a fold, with its slot: of an op every operand but
    plain numbers, which stand in its title; of several ops those from outside, each
    once."""
    if not fold.title:
        parents = enumerate(fold.ops[0].parents)
        yield from ((slot, x) for slot, x in parents if not isinstance(x, Number))
        return
    hidden = {id(leaf) for leaf in fold.leaves}
    seen: dict[int, Any] = {}
    for op in fold.ops:
        for parent in op.parents:
            inside = home.get(id(parent)) is fold or id(parent) in hidden
            if not inside and not isinstance(parent, Number):
                seen.setdefault(id(parent), parent)
    yield from enumerate(seen.values())


def _ranked(folds: Sequence[Fold], home: Mapping[int, Fold]) -> dict[int, int]:
    """The rank of each fold and leaf, by its id: 0 for what nothing uses.

    Each is as late as its uses allow, one before the first of them; so an op of leaves
    alone stands where it is needed, not at the far left.
    """
    ranks: dict[int, int] = {}
    for fold in reversed(folds):
        before = ranks.setdefault(id(fold), 0) - 1
        for _, operand in _operands(fold, home):
            if isinstance(operand, Tensor):
                start = id(home.get(id(operand), operand))
                ranks[start] = min(before, ranks.get(start, before))
    return ranks


def _leaf_kind(tensor: Tensor) -> str:
    return PARAMETER if tensor.requires_grad else CONSTANT


# --- what a fold hides ----------------------------------------------------------------


def settled(folds: Sequence[Fold]) -> list[Fold]:
    """The folds with what each hides and what leaves it; one that hides nothing is an
    op."""
    home = {id(op): i for i, fold in enumerate(folds) for op in fold.ops}
    users: dict[int, set[int]] = {}
    for i, fold in enumerate(folds):
        for op in fold.ops:
            for parent in op.parents:
                users.setdefault(id(parent), set()).add(i)
    found = []
    for i, fold in enumerate(folds):
        leaves = tuple(_hidden(fold, i, home, users)) if fold.title else ()
        is_op = len(fold.ops) == 1 and not leaves
        outputs = tuple(op for op in fold.ops if users.get(id(op), set()) != {i})
        title = "" if is_op else fold.title
        found.append(replace(fold, title=title, leaves=leaves, outputs=outputs))
    return found


def _hidden(
    fold: Fold, place: int, home: Mapping[int, int], users: Mapping[int, set[int]]
) -> Iterator[Any]:
    seen: set[int] = set()
    for op in fold.ops:
        for slot, parent in enumerate(op.parents):
            if id(parent) in home or id(parent) in seen:
                continue
            is_number = isinstance(parent, Number)
            first = fold.begins and op is fold.ops[0] and slot == 0 and not is_number
            if first or (isinstance(parent, Tensor) and users[id(parent)] != {place}):
                continue
            if isinstance(parent, Tensor):
                seen.add(id(parent))
            yield parent


# --- groups ---------------------------------------------------------------------------


def innermost(groups: Iterable[Any]) -> Any:
    """The innermost group that is around all of these, or is each of them; or None."""
    distinct = list({id(group): group for group in groups}.values())
    common = around(distinct[0])
    for group in distinct[1:]:
        pairs = zip(common, around(group), strict=False)
        common = [a for a, b in pairs if a is b]
    return common[-1] if common else None


def around(group: Any) -> list[Any]:
    """The groups around a group and the group itself, the outermost first."""
    found = []
    while group is not None:
        found.append(group)
        _, group = group
    return found[::-1]
