"""A loop: rounds of ops that repeat, each of which begins with what the last one made.

A program unrolls its loops, and the graph has every round. Of such rounds one says what
all of them do: the picture draws the last one whole, and a card for each *variable* of
the loop: what a round hands to the next. Where rounds repeat is found in repeats.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Number
from typing import Any, NamedTuple

import numpy as np

from engine import Tensor, data_of

FEWEST_ROUNDS = 4  # that are a loop

Round = Sequence[Tensor | None]


@dataclass(frozen=True)
class Variable:
    """What a round of a loop hands to the next; a loop has one for a place.

    Attributes:
        place: of the op that computes it, among the ops of a round.
        uses: place and slot of the operands in which the next round takes it.
        loop: of which.
    """

    place: int
    uses: tuple[tuple[int, int], ...]
    loop: Loop

    @property
    def before(self) -> Tensor:
        """What the last round begins with."""
        return _there(self.loop.rounds[-2][self.place])

    @property
    def after(self) -> Tensor:
        """What the last round makes of it."""
        return _there(self.loop.rounds[-1][self.place])

    @property
    def values(self) -> list[Tensor]:
        """What each round made of it, the first one's first."""
        rounds = [*self.loop.rounds, self.loop.begun or [None] * (self.place + 1)]
        return [op for ops in rounds if (op := ops[self.place]) is not None]

    @property
    def begun(self) -> list[tuple[Tensor, int]]:
        """The ops of the first round that take what it begins with, and their slots."""
        first = self.loop.rounds[0]
        uses = ((first[place], slot) for place, slot in self.uses)
        return [(op, slot) for op, slot in uses if op is not None]

    @property
    def initial(self) -> list[Any]:
        """What the loop begins with, each once; of what is not in the graph nothing."""
        found = (op.parents[slot] for op, slot in self.begun)
        return list({id(x): x for x in found}.values())


@dataclass(frozen=True, eq=False)
class Loop:
    """Rounds of a loop.

    Attributes:
        rounds: the ops of each, in the order of the program; all rounds have the same,
            but the first one may lack some, which are None there.
        begun: one more round, of which the result needs only some ops: these, in their
            places; the others are None.
        is_even: whether outside the loop all rounds are used alike.
    """

    rounds: Sequence[Round]
    begun: Round = ()
    is_even: bool = True

    @property
    def count(self) -> int:
        """How many rounds there are."""
        return len(self.rounds) + any(op is not None for op in self.begun)

    @property
    def variables(self) -> list[Variable]:
        """What a round hands to the next, in the order of the program; not kept, or
        each would keep the other alive."""
        uses: dict[int, list[tuple[int, int]]] = {}
        for link in sorted(_links(self.rounds[1:3])[1]):
            if link.before:
                uses.setdefault(link.source, []).append((link.place, link.slot))
        return [Variable(place, tuple(uses[place]), self) for place in sorted(uses)]

    @cached_property
    def hidden(self) -> list[Tensor]:
        """The ops of all rounds but the last."""
        return [op for ops in self.rounds[:-1] for op in ops if op is not None]

    @cached_property
    def drawn(self) -> list[Tensor]:
        """The ops of the last round."""
        return list(map(_there, self.rounds[-1]))

    @cached_property
    def strays(self) -> list[tuple[Tensor, int, Tensor]]:
        """The operands from outside of rounds that are not drawn, where the last round
        has another one in that place: op, slot, and the op in the last round."""
        inside = {id(op) for ops in self.rounds for op in ops if op is not None}
        begun = {(id(op), slot) for v in self.variables for op, slot in v.begun}
        return [
            (op, slot, last)
            for ops in self.rounds[:-1]
            for op, last in zip(ops, self.drawn, strict=True)
            if op is not None
            for slot, x in enumerate(op.parents)
            if isinstance(x, Tensor)
            and x is not last.parents[slot]
            and id(x) not in inside
            and (id(op), slot) not in begun
        ]


def _there(op: Tensor | None) -> Tensor:
    assert op is not None  # only the first round may lack ops
    return op


def loop_of(rounds: Sequence[Round], first: Round = ()) -> Loop | None:
    """The loop of some rounds, but for a first one that does something else; None if
    they do not make one.

    Args:
        rounds: of as many ops each, that have the same names, place by place.
        first: a round before them that may lack some ops.
    """
    if any(op is not None for op in first):
        rounds = [first, *rounds]
    links = _links(rounds)
    usual = links[2] if len(rounds) > 2 else set()
    known = all(link.before < 2 for link in usual)
    if not known or any(others != usual for others in links[3:]):
        return None
    while rounds and not _begins(rounds[0], links[0], usual):
        rounds, links = rounds[1:], links[1:]
    return Loop(rounds) if len(rounds) >= FEWEST_ROUNDS else None


def begun_by(following: Iterable[Tensor], loop: Loop) -> Round:
    """What ops that follow a loop do of one more round, in their places; () if they
    make none of what a round hands to the next.

    Args:
        following: in the order of the program.
        loop: before them.
    """
    found: list[Tensor | None] = [None] * len(loop.drawn)
    taken = dict(zip(map(id, loop.rounds[-2]), loop.drawn, strict=True))
    first = 0
    for op in following:
        places = range(first, len(found))
        alike = (i for i in places if _does_the_same(op, loop.drawn[i], taken))
        place = next(alike, None)
        if place is None:
            break
        found[place] = taken[id(loop.drawn[place])] = op
        first = place + 1
    goes_on = any(found[variable.place] is not None for variable in loop.variables)
    return found if goes_on else ()


def _does_the_same(op: Tensor, model: Tensor, taken: Mapping[int, Tensor]) -> bool:
    """Whether an op is what the next round has in place of one of the last.

    Args:
        op: after the loop.
        model: of the last round.
        taken: what the next round has for operands of the last, by their `id()`.
    """
    if (op.op, op.shape, len(op.parents)) != (
        model.op,
        model.shape,
        len(model.parents),
    ):
        return False
    return all(
        x is taken.get(id(y), y) or _are_data(x, y)
        for x, y in zip(op.parents, model.parents, strict=True)
    )


def _are_data(x: Any, y: Any) -> bool:
    """Whether both are equal numbers, or arrays of one shape that want no gradient."""
    if isinstance(x, Number) or isinstance(y, Number):
        return type(x) is type(y) and bool(x == y)
    wanted = getattr(x, "requires_grad", False) or getattr(y, "requires_grad", False)
    return not wanted and np.shape(data_of(x)) == np.shape(data_of(y))


class _Link(NamedTuple):
    """An operand that the same loop computed.

    Attributes:
        place: of the op, in its round.
        slot: of the operand.
        before: by how many rounds.
        source: the place of the op that computed it, in that round.
    """

    place: int
    slot: int
    before: int
    source: int


def _links(rounds: Sequence[Round]) -> list[set[_Link]]:
    """For each round the operands that the loop computed."""
    known = {
        id(op): (i, place)
        for i, ops in enumerate(rounds)
        for place, op in enumerate(ops)
        if op is not None
    }
    return [
        {
            _Link(place, slot, i - known[id(x)][0], known[id(x)][1])
            for place, op in enumerate(ops)
            for slot, x in enumerate(op.parents if op is not None else ())
            if id(x) in known
        }
        for i, ops in enumerate(rounds)
    ]


def _begins(first: Round, links: set[_Link], usual: set[_Link]) -> bool:
    """Whether a first round uses its own values as the others do."""
    present = {place for place, op in enumerate(first) if op is not None}
    inside = {x for x in usual if not x.before and {x.place, x.source} <= present}
    return inside == {x for x in links if not x.before}
