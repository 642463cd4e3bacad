"""Large graphs made small enough to look at: several ops in one fold, which says so.

Ops stand in the order in which the program made them, an op after its operands.
Neighbours in that order can be put into one fold without ever making a circle of
arrows, and so can a chain whose links nobody else uses. These ways are tried, in turn,
until the picture fits: a loop is drawn once, its last round whole; what has a name
(softmax, ...) is put together; then what one group made; chains of elementwise ops;
whole loops; and at last everything far from the result.
Nothing here recurses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np

from viz.picture.arrange import arranged
from viz.picture.loops import Loop
from viz.picture.repeats import loops_in
from viz.picture.scene import Fold, Scene, around, innermost, settled
from viz.picture.titles import Part, named_parts, title_of, titled_loop

_Step = Callable[[list[Fold]], Iterator[list[Fold]]]


def folded(folds: list[Fold], most: int | None) -> Scene:
    """The scene of some ops, folded until it fits; see `Folder`."""
    return Folder(folds).scene(most)


class Folder:
    """Folds the ops of a graph, to any number of cards.

    Args:
        folds: one per op, in the order of the program; those that are drawn, of which
            the last is one, stay alone.
    """

    def __init__(self, folds: list[Fold]) -> None:
        self._folds = folds

    def scene(self, most: int | None) -> Scene:
        """The scene, folded until it fits.

        Args:
            most: cards that fit; None for any number.
        """
        folds = self._folds
        if most is None:
            return arranged(settled(folds))
        scene = _if_it_fits(folds, most)
        if scene is not None:
            return scene
        for put_together in self._steps():
            for closed in put_together(folds):
                scene = _if_it_fits(closed, most)
                if scene is not None:
                    return _as_few_as_needed(folds, closed, most, scene)
                folds = closed
        return _far_from_the_result(folds, most)

    def _steps(self) -> Iterator[_Step]:
        yield lambda folds: _drawn_once(folds, self._loops)
        yield _by_name
        yield _by_group
        yield _by_chain
        yield lambda folds: _closed(folds, self._loops)

    @cached_property
    def _loops(self) -> list[Loop]:
        ops = [op for fold in self._folds for op in fold.ops]
        return loops_in(ops, {op for x in self._folds if x.alone for op in x.ops})


def _as_few_as_needed(
    folds: list[Fold], closed: list[Fold], most: int, fits: Scene
) -> Scene:
    """The scene in which as few are closed as fit, those far from the result first.

    Args:
        folds: before.
        closed: some of them put together; it fits.
        most: cards that fit.
        fits: the scene of what is closed.
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
        found = scene(middle)
        if found is None:
            least = middle
        else:
            enough, fits = middle, found
    return fits


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

    found, regions = [], _regions(folds)
    keys = [(id(group_of(x)), region) for x, region in zip(folds, regions, strict=True)]
    for _, members in groupby(range(len(folds)), keys.__getitem__):
        run = [folds[i] for i in members]
        group = group_of(run[0])
        if group is not run[0]:
            ops = [op for fold in run for op in fold.ops]
            run = [Fold(ops, title=str(group[0]), group=group[1])]
        found += run
    return found


# --- what has a name ------------------------------------------------------------------


def _by_name(folds: list[Fold]) -> Iterator[list[Fold]]:
    """What many call by one name, softmax or so, in the place of its last op."""
    regions = dict(zip((id(f.ops[0]) for f in folds), _regions(folds), strict=True))
    last: dict[int, Part] = {}
    hidden: set[int] = set()
    for part in named_parts(folds):
        if len({regions[id(op)] for op in part.ops}) == 1:
            last[id(part.ops[-1])] = part
            hidden |= {id(op) for op in part.ops[:-1]}
    yield [
        _named(last[id(fold.ops[0])]) if id(fold.ops[0]) in last else fold
        for fold in folds
        if id(fold.ops[0]) not in hidden
    ]


def _named(part: Part) -> Fold:
    return _joined([Fold([op], group=op.group) for op in part.ops], part.name)


# --- chains -------------------------------------------------------------------------


def _by_chain(folds: list[Fold]) -> Iterator[list[Fold]]:
    """Chains of elementwise ops, each of which only the next one uses."""
    feeds = _feeds(folds)
    users: dict[int, list[int]] = {}
    for i, sources in enumerate(feeds):
        for j in sources:
            users.setdefault(j, []).append(i)
    fit = [not fold.alone and _is_elementwise(fold) for fold in folds]
    regions = _regions(folds)
    chains: dict[int, list[int]] = {}  # by the place of the last op
    for i, sources in enumerate(feeds):
        if fit[i]:
            (before, *others) = sources or {-1}
            goes_on = not others and before in chains and users[before] == [i]
            goes_on = goes_on and regions[before] == regions[i]
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
    return _joined(folds, title_of(folds))


# --- loops --------------------------------------------------------------------------


def _drawn_once(folds: list[Fold], loops: list[Loop]) -> Iterator[list[Fold]]:
    """Loops of which the last round is drawn, and a card for each of their variables
    stands for the others."""
    for loop in loops:
        group = innermost(op.group for op in loop.hidden)
        title = titled_loop(loop)
        hidden = Fold(loop.hidden, title, group, loop=loop, unrolled=True)
        found = _in_place_of(folds, hidden) if loop.is_even else folds
        if found is not folds:
            yield found
            folds = found


def _closed(folds: list[Fold], loops: list[Loop]) -> Iterator[list[Fold]]:
    """Whole loops in one card each; those inside others first."""
    for loop in reversed(loops):
        ops = [*loop.hidden, *loop.drawn]
        group = innermost(op.group for op in ops)
        found = _in_place_of(folds, Fold(ops, titled_loop(loop), group, loop=loop))
        if found is not folds:
            yield found
            folds = found


def _in_place_of(folds: list[Fold], one: Fold) -> list[Fold]:
    """The folds, with one in place of those that hold its ops; the same ones if these
    hold others too, or there is nothing to put together."""
    ops = {id(op) for op in one.ops}
    held = [sum(id(op) in ops for op in fold.ops) for fold in folds]
    if any(0 < n < len(fold.ops) for n, fold in zip(held, folds, strict=True)):
        return folds
    places = [i for i, n in enumerate(held) if n]
    if len(places) < 2 or places[-1] - places[0] >= len(places):
        return folds
    first, last = places[0], places[-1]
    return [*folds[:first], one, *folds[last + 1 :]]


def _regions(folds: list[Fold]) -> list[tuple[int, ...]]:
    """For each fold the loops of which it is in the round that is drawn: only folds in
    the same ones are put together."""
    inside: dict[int, tuple[int, ...]] = {}
    for fold in folds:
        for op in fold.loop.drawn if fold.loop is not None and fold.unrolled else ():
            inside[id(op)] = (*inside.get(id(op), ()), id(fold.loop))
    return [inside.get(id(fold.ops[0]), ()) for fold in folds]


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
            yield _joined(members, title_of(members), begins=False)


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
