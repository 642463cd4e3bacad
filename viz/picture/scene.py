"""The scene: which cards and edges a picture has, before a word is written on them.

A *fold* is several ops in one card. `read` lists the ops of a graph, `settled` says
what each fold hides, and arrange.py gives each op or fold its card, and each operand
its edge.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from engine import Tensor, topological_order
from viz.picture.loops import Loop, Variable

PARAMETER = "parameter"  # a leaf that wants a gradient
CONSTANT = "constant"  # a leaf that wants none, or a plain array or number
OPERATION = "operation"
LOSS = "loss"  # a result: an op that is drawn for its own sake
REFERENCE = "reference"  # points to what is drawn elsewhere
STATE = "state"  # what a round of a loop begins with: its `held` is a Variable
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
        loop: the loop of which it holds rounds: all; or all but the last, which is
            drawn, where `unrolled`.
        unrolled: whether a card for each variable of the loop stands for it.
    """

    ops: Sequence[Tensor]
    title: str = ""
    group: Any = None
    begins: bool = True
    leaves: Sequence[Any] = ()
    outputs: Sequence[Tensor] = ()
    drawn: bool = False
    open: bool = False
    loop: Loop | None = None
    unrolled: bool = False

    @property
    def alone(self) -> bool:
        """Whether it is not put together with others."""
        return self.drawn or self.open or self.unrolled


@dataclass(frozen=True, slots=True, eq=False)
class Card:
    """One card of the picture: a Tensor, the plain operand of an op, a Fold, or the
    Variable of a loop."""

    ident: str
    kind: str
    held: Any


def shown_by(card: Card) -> Sequence[Any]:
    """What a card shows: a tensor, an array or a number; the outputs of a fold; what
    the last round of a loop begins with."""
    if isinstance(card.held, Fold):
        return card.held.outputs
    return [card.held.before if isinstance(card.held, Variable) else card.held]


@dataclass(frozen=True, slots=True)
class Edge:
    """One operand of an op: from its card into the slot of the op's card.

    Attributes:
        operand: what goes along it: the Tensor, array or number; of a folded card one
            of several that it may give or take.
        op: the op that takes it, where the card of another round stands for it.
        several: those that one edge stands for, itself the first; else none.
    """

    tail: Card
    head: Card
    slot: int
    operand: Any
    op: Tensor | None = None
    several: Sequence[Edge] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """All cards and edges, in walk order.

    Attributes:
        results: what is drawn: the last op, and what else was asked for.
        order: all ops, folded or not, operands before what is computed from them.
        crossings: how many ranks all long edges together cross.
        column: of each card, where the picture stands in columns.
        backs: in a loop, from what a round makes to what the next begins with.
        loops: those of which one round is drawn, and the cards of that round and of
            their variables.
        hidden: the rounds of such a loop that are not drawn.
    """

    cards: list[Card]
    edges: list[Edge]
    results: list[Tensor]
    order: list[Tensor]
    crossings: int
    column: Mapping[Card, int] = field(default_factory=dict)
    backs: Sequence[Edge] = ()
    loops: Mapping[Loop, Collection[Card]] = field(default_factory=dict)
    hidden: Mapping[Loop, Fold] = field(default_factory=dict)

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


def users_of(ops: Iterable[Tensor]) -> dict[int, list[Tensor]]:
    """The ops that use something, by its `id()`; one that uses it twice is there
    twice."""
    users: dict[int, list[Tensor]] = {}
    for op in ops:
        for x in op.parents:
            users.setdefault(id(x), []).append(op)
    return users


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
    kept = set(map(id, _kept(fold)))
    for op in fold.ops:
        for parent in op.parents:
            if id(parent) in home or id(parent) in seen or id(parent) in kept:
                continue
            if isinstance(parent, Tensor) and users[id(parent)] != {place}:
                continue
            if isinstance(parent, Tensor):
                seen.add(id(parent))
            yield parent


def _kept(fold: Fold) -> list[Any]:
    """The operands of a fold that it does not hide, whoever uses them."""
    if fold.loop is not None and fold.unrolled:
        return [x for v in fold.loop.variables for x in v.initial]
    return list(fold.ops[0].parents[:1]) if fold.begins else []


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
