"""Large graphs made small enough to look at: several ops in one fold, which says so.

Ops stand in the order in which the program made them, an op after its operands.
Neighbours in that order can be put into one fold without ever making a circle of
arrows, and so can a chain whose links nobody else uses. Four ways are tried, in turn,
until the picture fits: what one group made; chains of elementwise ops; what a loop
repeated; and at last everything far from the result. Nothing here recurses.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import numpy as np

from viz.picture.scene import Fold, Scene, around, arranged, innermost, settled

_LONGEST_PERIOD = 256  # ops of one round of a loop
_FEWEST_ROUNDS = 3  # that are worth a fold
_MOST_LOOPS = 8  # looked for; each costs a search
_NAMED = 3  # ops that the title of a fold names


def folded(folds: list[Fold], most: int | None) -> Scene:
    """The scene of some ops, folded until it fits.

    Args:
        folds: one per op, in the order of the program; those that are drawn, of which
            the last is one, stay alone.
        most: cards that fit; None for any number.
    """
    if most is None:
        return arranged(settled(folds))
    scene = _if_it_fits(folds, most)
    if scene is not None:
        return scene
    for put_together in (_by_group, _by_chain, _by_loop):
        for closed in put_together(folds):
            if _if_it_fits(closed, most) is not None:
                return _as_few_as_needed(folds, closed, most)
            folds = closed
    return _far_from_the_result(folds, most)


def _as_few_as_needed(folds: list[Fold], closed: list[Fold], most: int) -> Scene:
    """The scene in which as few are closed as fit, those far from the result first.

    Args:
        folds: before.
        closed: some of them put together; it fits.
        most: cards that fit.
    """
    home = {id(op): fold for fold in folds for op in fold.ops}
    inside = [
        list({id(home[id(op)]): home[id(op)] for op in f.ops}.values()) for f in closed
    ]
    several = [i for i, parts in enumerate(inside) if len(parts) > 1]

    def scene(count: int) -> Scene | None:
        shut = set(several[:count])
        parts = ([fold] if i in shut else inside[i] for i, fold in enumerate(closed))
        return _if_it_fits([fold for part in parts for fold in part], most)

    least, enough = 0, len(several)
    while enough - least > 1:
        middle = (least + enough) // 2
        least, enough = (least, middle) if scene(middle) else (middle, enough)
    found = scene(enough)
    return found if found is not None else arranged(settled(closed))


def _if_it_fits(folds: list[Fold], most: int) -> Scene | None:
    """The scene of some folds, if it has no more cards than fit."""
    if len(folds) > most:
        return None
    scene = arranged(settled(folds))
    return scene if len(scene.cards) <= most else None


# --- groups -------------------------------------------------------------------------


def _by_group(folds: list[Fold]) -> Iterator[list[Fold]]:
    """The innermost groups first, then those around them."""
    deepest = max((len(around(fold.group)) for fold in folds), default=0)
    for depth in range(deepest, 0, -1):
        folds = _without_depth(folds, depth)
        # What follows the last depth looks at titles: a group of one op has none.
        yield settled(folds) if depth == 1 else folds


def _without_depth(folds: list[Fold], depth: int) -> list[Fold]:
    """Neighbours that belong to one group, `depth` deep, in one fold."""

    def group_of(fold: Fold) -> Any:
        path = around(fold.group)
        return path[depth - 1] if len(path) >= depth and not fold.alone else fold

    found = []
    for _, members in groupby(folds, lambda fold: id(group_of(fold))):
        run = list(members)
        group = group_of(run[0])
        if group is not run[0]:
            ops = [op for fold in run for op in fold.ops]
            run = [Fold(ops, title=str(group[0]), group=group[1])]
        found += run
    return found


# --- chains -------------------------------------------------------------------------


def _by_chain(folds: list[Fold]) -> Iterator[list[Fold]]:
    """Chains of elementwise ops, each of which only the next one uses."""
    feeds = _feeds(folds)
    users: dict[int, list[int]] = {}
    for i, sources in enumerate(feeds):
        for j in sources:
            users.setdefault(j, []).append(i)
    fit = [not fold.alone and _is_elementwise(fold) for fold in folds]
    chains: dict[int, list[int]] = {}  # by the place of the last op
    for i, sources in enumerate(feeds):
        if fit[i]:
            (before, *others) = sources or {-1}
            goes_on = not others and before in chains and users[before] == [i]
            chains[i] = chains.pop(before) if goes_on else []
            chains[i].append(i)
    taken = {i for chain in chains.values() for i in chain if len(chain) > 1}
    yield [
        _chain([folds[j] for j in chains[i]]) if len(chains.get(i, ())) > 1 else fold
        for i, fold in enumerate(folds)
        if i not in taken or len(chains.get(i, ())) > 1
    ]


def _is_elementwise(fold: Fold) -> bool:
    """Whether a fold is one op that keeps the places of entries, as `np.exp` does."""
    node, *others = fold.ops
    if others or fold.title:
        return False
    function = getattr(np, node.op, None)
    if isinstance(function, np.ufunc):
        return function.signature is None  # matmul has one
    return function is None and any(
        getattr(parent, "shape", ()) == node.shape for parent in node.parents
    )


def _chain(folds: list[Fold]) -> Fold:
    return _joined(folds, _names(folds, " → "))


# --- loops --------------------------------------------------------------------------


def _by_loop(folds: list[Fold]) -> Iterator[list[Fold]]:
    """Rounds of a loop: neighbours that repeat, operands and all."""
    for _ in range(_MOST_LOOPS):
        start, period, rounds = _longest_loop(folds[:-1])
        if not rounds:
            return
        end = start + period * rounds
        names = _names(folds[start : start + period], ", ")
        title = f"({names}) × {rounds}" if period > 1 else f"{names} × {rounds}"
        folds = [*folds[:start], _joined(folds[start:end], title), *folds[end:]]
        yield folds


def _longest_loop(folds: list[Fold]) -> tuple[int, int, int]:
    """Where the loop begins that saves most folds, its period, and its rounds or 0."""
    known: dict[Any, int] = {}
    codes = np.array(
        [
            known.setdefault(_pattern(folds[i], i, feeds), len(known))
            for i, feeds in enumerate(_feeds(folds))
        ]
    )
    best = (0, 0, 0)
    for period in range(1, min(_LONGEST_PERIOD, len(codes) // _FEWEST_ROUNDS) + 1):
        start, length = _longest_run(codes[period:] == codes[:-period])
        rounds = length // period + 1
        if rounds >= _FEWEST_ROUNDS and period * rounds > best[1] * best[2]:
            best = (start, period, rounds)
    return best


def _pattern(fold: Fold, place: int, feeds: set[int]) -> Any:
    """What a fold has in common with the same one in the next round of a loop."""
    if fold.alone:
        return place  # no other is the same
    far = _LONGEST_PERIOD
    distances = tuple(sorted({min(place - i, far) for i in feeds}))
    return tuple(op.op for op in fold.ops), fold.ops[-1].shape, distances


def _longest_run(same: np.ndarray) -> tuple[int, int]:
    """Where the longest run of True begins, and its length."""
    steps = np.diff(np.concatenate([[0], same.astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    if not starts.size:
        return 0, 0
    longest = int(np.argmax(ends - starts))
    return int(starts[longest]), int(ends[longest] - starts[longest])


# --- the rest -----------------------------------------------------------------------


def _far_from_the_result(folds: list[Fold], most: int) -> Scene:
    """All that was made first in one fold, as much of it as must be."""
    kept = _near(folds, most)
    while True:
        far, near = folds[:-kept], folds[-kept:]
        found = [*_between_results(far), *near]
        scene = arranged(settled(found)) if kept == 1 else _if_it_fits(found, most)
        if scene is not None:
            return scene
        kept = max(kept * 3 // 4, 1)


def _between_results(folds: list[Fold]) -> Iterator[Fold]:
    """All in one fold; in several where results, or open ops, stand between them."""
    for alone, run in groupby(folds, lambda fold: fold.alone):
        members = list(run)
        if alone:
            yield from members
        else:
            yield _joined(members, _names(members, ", "), begins=False)


def _near(folds: list[Fold], most: int) -> int:
    """About how many of the last folds fit beside one that holds the others."""
    cards = 1
    for kept, fold in enumerate(reversed(folds)):
        cards += 1 + sum(not getattr(p, "parents", ()) for p in fold.ops[0].parents)
        if cards > most:
            return max(kept, 1)
    return max(len(folds) - 1, 1)


# --- what they share ----------------------------------------------------------------


def _feeds(folds: list[Fold]) -> list[set[int]]:
    """For each fold the places of those that its ops have operands from."""
    home = {id(op): i for i, fold in enumerate(folds) for op in fold.ops}
    return [
        {home[id(p)] for op in fold.ops for p in op.parents if id(p) in home} - {i}
        for i, fold in enumerate(folds)
    ]


def _joined(folds: list[Fold], title: str, *, begins: bool = True) -> Fold:
    """Several folds as one, in the innermost group around all of them."""
    ops = [op for fold in folds for op in fold.ops]
    return Fold(ops, title, innermost(fold.group for fold in folds), begins)


def _names(folds: list[Fold], between: str) -> str:
    """What the folds are called, the middle left out where they are many."""
    names = [fold.title or fold.ops[0].op for fold in folds]
    if len(names) > _NAMED:
        names[_NAMED - 1 : -1] = ["…"]
    return between.join(names)
