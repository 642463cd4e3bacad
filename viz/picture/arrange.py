"""Cards and edges: a card for each op or fold, and an edge for each operand.

Cards are numbered in walk order, operands left to right, so the same program gives the
same picture, byte for byte. A leaf is drawn once, near its first use. A use more than
two ranks away gets a thin reference card instead of a long edge: what layout costs
grows steeply with the ranks that edges cross (40 steps of a recurrent network take 20 s
with long edges, and 0.02 s without).

Of a loop that is drawn, a card for each of its variables stands for all rounds before
the last: what uses such a value elsewhere has its edge from there. Of what these rounds
made besides, the card of the last round stands for all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from numbers import Number
from typing import Any

from engine import Tensor
from viz.picture.loops import Loop, Variable
from viz.picture.scene import (
    CONSTANT,
    FOLDED,
    LOSS,
    OPERATION,
    PARAMETER,
    REFERENCE,
    STATE,
    Card,
    Edge,
    Fold,
    Scene,
)

FAR = 2  # ranks that the edge of a leaf may cross
_MANY = 12  # operands of an op, beyond which each card has one edge to it


def arranged(folds: Sequence[Fold]) -> Scene:
    """The cards and edges of ops, folded or not.

    Args:
        folds: settled, in the order of the program; the last is a result.
    """
    return _Arrangement(folds).scene()


class _Homes:
    """In which fold each op stands, or the op of the last round that stands for it."""

    def __init__(self, folds: Sequence[Fold]) -> None:
        self._folds = {id(op): fold for fold in folds for op in fold.ops}
        self._last: dict[int, Tensor] = {}  # by the op of a round that is not drawn
        self._variables: dict[int, Variable] = {}  # by what such a round made of one
        for fold in folds:
            if fold.loop is not None and fold.unrolled:
                self._add(fold.loop)

    def _add(self, loop: Loop) -> None:
        for ops in loop.rounds[:-1]:
            pairs = zip(ops, loop.drawn, strict=True)
            self._last |= {id(op): last for op, last in pairs if op is not None}
        for v in loop.variables:
            made = (ops[v.place] for ops in loop.rounds[:-1])
            self._variables |= {id(op): v for op in made if op is not None}

    def stand_in(self, op: Tensor) -> Tensor:
        """The op of a round that is drawn, for one of a round that is not."""
        while id(op) in self._last:
            op = self._last[id(op)]
        return op

    def fold(self, op: Any) -> Fold | None:
        """The fold that an op, or the one that stands for it, is in; None of a leaf."""
        return self._folds.get(id(self.stand_in(op)))

    def source(self, x: Any) -> Any:
        """Where an operand comes from: a fold, a variable of a loop, or the leaf."""
        found = self._variables.get(id(x)) or self.fold(x)
        return x if found is None else found


class _Arrangement:
    """The cards and edges of a scene, as they are made."""

    def __init__(self, folds: Sequence[Fold]) -> None:
        self._all = folds
        self._homes = _Homes(folds)
        self._ranks = _ranked(folds, self._homes)
        self._cards: list[Card] = []
        self._edges: list[Edge] = []
        self._crossings = 0
        self._known: dict[Any, Card] = {}  # by what `_key` says

    def scene(self) -> Scene:
        for fold in self._all:
            if fold.unrolled:
                self._add_variables(fold)
            else:
                self._add_fold(fold)
        loops = [fold.loop for fold in self._all if fold.loop and fold.unrolled]
        for loop in loops:
            self._edges += self._of_other_rounds(loop)
        place = {card: i for i, card in enumerate(self._cards)}
        return Scene(
            self._cards,
            sorted(self._edges, key=lambda edge: place[edge.head]),
            results=[fold.ops[-1] for fold in self._all if fold.drawn],
            order=[op for fold in self._all for op in fold.ops if op.parents],
            crossings=self._crossings,
            backs=[
                Edge(self._card_of(v.after), self._known[v], 0, v.after)
                for loop in loops
                for v in loop.variables
            ],
            loops={loop: self._cards_in(loop) for loop in loops},
            hidden={x.loop: x for x in self._all if x.loop and x.unrolled},
        )

    def _cards_in(self, loop: Loop) -> set[Card]:
        drawn = {self._card_of(op) for op in loop.drawn}
        return drawn | {self._known[v] for v in loop.variables}

    def _card_of(self, op: Tensor) -> Card:
        return self._known[id(self._homes.fold(op))]

    def _add(self, held: Any, kind: str) -> Card:
        self._cards.append(Card(f"n{len(self._cards)}", kind, held))
        return self._cards[-1]

    def _add_fold(self, fold: Fold) -> None:
        """The card of an op or a fold, after those of its operands."""
        operands = list(_operands(fold, self._homes))
        tails = [self._tail(x, fold) for _, x in operands]
        head = self._add(fold if fold.title else fold.ops[-1], _kind(fold))
        self._known[id(fold)] = head
        edges = [
            Edge(tail, head, slot, x)
            for tail, (slot, x) in zip(tails, operands, strict=True)
        ]
        self._edges += _one_per_card(edges) if len(edges) > _MANY else edges
        self._crossings += sum(
            self._ranks[id(fold)] - self._ranks[_key(self._homes.source(x))] - 1
            for tail, (_, x) in zip(tails, operands, strict=True)
            if tail.kind != REFERENCE and isinstance(x, Tensor)
        )

    def _add_variables(self, fold: Fold) -> None:
        """The cards of what a round of a loop begins with."""
        assert fold.loop is not None
        for variable in fold.loop.variables:
            initial = [x for x in variable.initial if not isinstance(x, Number)]
            tails = [self._tail(x, fold) for x in initial]
            head = self._add(variable, STATE)
            self._known[variable] = head
            for tail, x in zip(tails, initial, strict=True):
                self._edges.append(Edge(tail, head, 0, x))

    def _tail(self, x: Any, user: Fold) -> Card:
        """The card that an operand comes from; its own, if it has none yet."""
        if not isinstance(x, Tensor):
            return self._add(x, CONSTANT)
        source = self._homes.source(x)
        if source is not x:
            return self._known[_key(source)]
        if id(x) not in self._known:
            self._known[id(x)] = self._add(x, _leaf_kind(x))
        if self._ranks[id(user)] - self._ranks[id(x)] > FAR:
            return self._add(x, REFERENCE)
        return self._known[id(x)]

    def _of_other_rounds(self, loop: Loop) -> Iterator[Edge]:
        """The edges of rounds that are not drawn, where what they use from outside has
        a card that the last round does not use in that place."""
        seen = {_way(edge) for edge in self._edges}
        for op, slot, last in loop.strays:
            x = op.parents[slot]
            tail = self._known.get(_key(self._homes.source(x)))
            if tail is None:
                continue
            edge = Edge(tail, self._card_of(last), slot, x, op)
            if _way(edge) not in seen:
                seen.add(_way(edge))
                yield edge


def _way(edge: Edge) -> tuple[Card, Card, int]:
    """From where to where an edge goes: into an op by its slot."""
    slot = edge.slot if isinstance(edge.head.held, Tensor) else 0
    return edge.tail, edge.head, slot


def _key(source: Any) -> Any:
    """By which a fold, a leaf or a variable of a loop is known."""
    return source if isinstance(source, Variable) else id(source)


def _one_per_card(edges: Sequence[Edge]) -> list[Edge]:
    """The edges into what has very many operands: one from each card."""
    found: dict[Card, list[Edge]] = {}
    for edge in edges:
        found.setdefault(edge.tail, []).append(edge)
    return [
        replace(some[0], several=some) if len(some) > 1 else some[0]
        for some in found.values()
    ]


def _kind(fold: Fold) -> str:
    if not fold.ops[-1].parents:  # a result that was not computed
        return _leaf_kind(fold.ops[-1])
    if fold.drawn:
        return LOSS
    return FOLDED if fold.title else OPERATION


def _operands(fold: Fold, homes: _Homes) -> Iterator[tuple[int, Any]]:
    """What runs into the card of a fold, with its slot: of an op every operand but
    plain numbers, which stand in its title; of several ops those from outside, each
    once; of a loop what it begins with."""
    if fold.loop is not None and fold.unrolled:
        begun = (x for v in fold.loop.variables for x in v.initial)
        yield from enumerate(x for x in begun if not isinstance(x, Number))
        return
    if not fold.title:
        parents = enumerate(fold.ops[0].parents)
        yield from ((slot, x) for slot, x in parents if not isinstance(x, Number))
        return
    hidden = {id(leaf) for leaf in fold.leaves}
    seen: dict[int, Any] = {}
    for op in fold.ops:
        for x in op.parents:
            inside = id(x) in hidden or homes.source(x) is fold
            if not inside and not isinstance(x, Number):
                seen.setdefault(id(x), x)
    yield from enumerate(seen.values())


def _ranked(folds: Sequence[Fold], homes: _Homes) -> dict[Any, int]:
    """The rank of each fold, variable and leaf, by its key: 0 for what nothing uses.

    Each is as late as its uses allow, one before the first of them; so an op of leaves
    alone stands where it is needed, not at the far left.
    """
    ranks: dict[Any, int] = {}
    for fold in reversed(folds):
        for variable in fold.loop.variables if fold.loop and fold.unrolled else ():
            rank = ranks.setdefault(variable, 0)
            ranks[id(fold)] = min(rank, ranks.get(id(fold), rank))
        before = ranks.setdefault(id(fold), 0) - 1
        for _, x in _operands(fold, homes):
            if isinstance(x, Tensor):
                source = _key(homes.source(x))
                ranks[source] = min(before, ranks.get(source, before))
    return ranks


def _leaf_kind(tensor: Tensor) -> str:
    return PARAMETER if tensor.requires_grad else CONSTANT
