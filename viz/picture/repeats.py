"""Where a program repeats itself: the loops in a list of its ops.

A program writes a loop once and Python runs it, so that the same ops come again and
again at one distance, the *period*, each with operands from as far back as before.
For every period the longest such run is looked for; the loop that saves most ops counts
first, then what repeats in the rest, and in the one round of it that is drawn.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from numbers import Number
from typing import Any

import numpy as np

from engine import Tensor
from viz.picture.loops import FEWEST_ROUNDS, Loop, begun_by, loop_of
from viz.picture.scene import users_of

_LONGEST_PERIOD = 1024  # ops of one round
_FEWEST_HIDDEN = 6  # ops that a loop is worth, and
_FEWEST_APART = 24  # where no round uses what another made: it may be by chance
_MOST_LOOPS = 8  # looked for; each costs a search
_MOST_OF_IT = 0.75  # of a round: with so much it is one
_MOST_CUTS = 3  # into rounds, that are tried
_MOST_OPERANDS = 6  # of an op in a loop
_NUMBER, _NONE = -1, -2  # operands that are no op of the list; below them, leaves


def loops_in(ops: Sequence[Tensor], kept: Collection[Tensor] = ()) -> list[Loop]:
    """The loops in a program, one that saves more ops before one that saves less.

    Args:
        ops: in the order of the program.
        kept: those that are to be seen, and are in no loop.
    """
    found: list[Loop] = []
    users, place = users_of(ops), {id(op): i for i, op in enumerate(ops)}
    rest = [None if op in kept else op for op in ops]
    while len(found) < _MOST_LOOPS:
        loop = _best(rest)
        if loop is None:
            break
        after = place[id(loop.drawn[-1])] + 1
        following = ops[after : after + len(loop.drawn)]
        begun = begun_by(following, loop)
        found.append(replace(loop, begun=begun, is_even=_is_even(loop, users)))
        hidden = {id(op) for op in loop.hidden}
        first = id(loop.rounds[0][0])
        # A None keeps what stood before the loop apart from the round that stays.
        rest = [
            None if id(op) == first else op
            for op in rest
            if id(op) not in hidden or id(op) == first
        ]
    return found


def _is_even(loop: Loop, users: Mapping[int, Sequence[Tensor]]) -> bool:
    """Whether ops outside, of the same names, use what all rounds but the last made: as
    a stack of all of them does, or another loop."""
    inside = {id(op) for op in (*loop.hidden, *loop.drawn)}

    def uses(op: Tensor) -> list[str]:
        outside = (x for x in users.get(id(op), ()) if id(x) not in inside)
        return sorted(x.op for x in outside)

    columns = zip(*loop.rounds[:-1], strict=True)  # what stands in the same place
    alike = ({tuple(uses(op)) for op in ops if op is not None} for ops in columns)
    return all(len(kinds) == 1 for kinds in alike)


def _best(ops: Sequence[Tensor | None]) -> Loop | None:
    """The loop that saves most ops; None if there is none."""
    program = _Program(ops)
    best, saved = None, _FEWEST_HIDDEN - 1
    refused: list[tuple[int, int, int]] = []  # runs, and periods, that make no loop
    for period in range(1, min(_LONGEST_PERIOD, len(ops) // FEWEST_ROUNDS) + 1):
        # Two rounds of a loop are a round of it too, that saves less.
        twice = best is not None and period % len(best.rounds[0]) == 0
        run = program.run(period, saved + twice * period)
        if run is None or any(_is_multiple(run, period, other) for other in refused):
            continue
        loop = program.loop(*run, period)
        if loop is None:
            refused.append((*run, period))
        elif len(loop.hidden) > saved and (
            loop.variables or len(loop.hidden) >= _FEWEST_APART
        ):
            best, saved = loop, len(loop.hidden)
    return best


def _is_multiple(
    run: tuple[int, int], period: int, refused: tuple[int, int, int]
) -> bool:
    """Whether rounds are some of those together that were refused."""
    start, end, shorter = refused
    within = start - period <= run[0] and run[1] <= end + period
    return within and period % shorter == 0


class _Program:
    """A list of ops, as arrays that are compared with themselves at a distance."""

    def __init__(self, ops: Sequence[Tensor | None]) -> None:
        self._ops = ops
        known: dict[Any, int] = {}
        self._names = np.array([_code(_name(op, i), known) for i, op in enumerate(ops)])
        whole = (
            (i, None if op is None else op.shape)
            for i, op in zip(self._names.tolist(), ops, strict=True)
        )
        self._codes = np.array([_code(code, known) for code in whole])
        self._sources = _sources(ops)

    def run(self, period: int, saved: int) -> tuple[int, int] | None:
        """From where to where ops repeat, for longest; None if that is not long.

        Args:
            period: ops of a round.
            saved: ops that another loop saves; this one is to save more.
        """

        def longest() -> tuple[int, int]:
            start, length = _longest_run(same)
            saves = length + min(start, period)  # at most, with a first round before
            return (start, length) if length >= period and saves > saved else (0, 0)

        before, after = slice(None, -period), slice(period, None)
        same = self._codes[before] == self._codes[after]
        if not longest()[1]:
            return None
        same &= _are_alike(self._sources[before], self._sources[after], period)
        start, length = longest()
        if not length:
            return None
        first = start
        while first > max(start - period, 0) and self._may_begin(first - 1, period):
            first -= 1
        return first, start + length + period

    def loop(self, start: int, end: int, period: int) -> Loop | None:
        """The loop in a run, cut into rounds as a person would; what stands before the
        first cut is a first round that lacks some ops."""
        count = (end - start) // period
        spare = range(start, end - count * period + 1)
        cuts = sorted((*self._oddness(first, period), first) for first in spare)
        for *_, first in cuts[:_MOST_CUTS]:
            places = range(first, first + count * period, period)
            rounds = [self._ops[i : i + period] for i in places]
            loop = loop_of(rounds, self._first_round(start, first, period))
            if loop is not None:
                return loop
        return None

    def _first_round(self, start: int, end: int, period: int) -> list[Tensor | None]:
        """A round that lacks its first ops, as one does whose state is no Tensor yet;
        none if it lacks many."""
        if end - start < _MOST_OF_IT * period:
            return []
        return [*[None] * (period - end + start), *self._ops[start:end]]

    def _oddness(self, first: int, period: int) -> tuple[bool, int, bool, int]:
        """What makes it odd to begin rounds at a place: that no group begins there;
        that many values pass from a round to the next; that the first round uses other
        things than its own where the next does not; that what is another leaf in each
        round comes late."""
        cut = first + period
        here, later = self._sources[first:cut], self._sources[cut : cut + period]
        passing = np.unique(later[(later >= first) & (later < cut)])
        own = ((here != later) & (here < _NONE) & (later < _NONE)).any(axis=1)
        before, after = self._ops[cut - 1], self._ops[cut]
        joined = before is None or after is None or before.group is after.group
        lacks = bool(((later >= cut) & (here != later - period)).any())
        return joined, len(passing), lacks, int(own.argmax())

    def _may_begin(self, i: int, period: int) -> bool:
        """Whether an op may be of the first round, given the one a period later: where
        that one has operands that were made, this one may have any."""
        first, later = self._sources[i], self._sources[i + period]
        fits = _fits(first, later, period, i) | (later >= 0)
        return self._names[i] == self._names[i + period] and bool(fits.all())


def _name(op: Tensor | None, i: int) -> Any:
    """What ops of a round have in common with those of the next; no other op has the
    name of what can't be in a loop."""
    if op is None or len(op.parents) > _MOST_OPERANDS:
        return i
    return op.op, len(op.parents)


def _code(x: Any, known: dict[Any, int]) -> int:
    return known.setdefault(x, len(known))


def _sources(ops: Sequence[Tensor | None]) -> np.ndarray:
    """For each op the places of its operands in the list; a number below 0 for each
    that is not in it."""
    place = {id(op): i for i, op in enumerate(ops) if op is not None}
    found = np.full((len(ops), _MOST_OPERANDS), _NONE)
    for i, op in enumerate(ops):
        for slot, x in enumerate(op.parents[:_MOST_OPERANDS] if op is not None else ()):
            if isinstance(x, Number):
                found[i, slot] = _NUMBER
            else:
                found[i, slot] = place.setdefault(id(x), _NONE - 1 - len(place))
    return found


def _are_alike(first: np.ndarray, later: np.ndarray, period: int) -> np.ndarray:
    """Whether ops have their operands from as far back as those a period later.

    Args:
        first: places of the operands of ops, (n, operands).
        later: of those a period later.
        period: ops of a round.
    """
    at = np.arange(len(first))[:, None]
    return np.asarray(_fits(first, later, period, at).all(axis=1))


def _fits(first: np.ndarray, later: np.ndarray, period: int, at: Any) -> np.ndarray:
    """Whether operands are the same, both leaves, made a period apart, or made long
    before; `at` is the place of the op that the first ones are of."""
    made, leaves = (first >= 0) & (later >= 0), (first < _NONE) & (later < _NONE)
    distant = (at - first > 2 * period) & (at + period - later > 2 * period)
    apart = (later == first + period) | distant
    return np.asarray((first == later) | leaves | (made & apart))


def _longest_run(same: np.ndarray) -> tuple[int, int]:
    """Where the longest run of True begins, and its length."""
    steps = np.diff(np.concatenate([[0], same.astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    if not starts.size:
        return 0, 0
    longest = int(np.argmax(ends - starts))
    return int(starts[longest]), int(ends[longest] - starts[longest])
