"""Ways to put ops together: loops, what has a name, groups, chains.

Each takes the folds of a graph, in the order of the program, and gives them with some
put together; more and more, one list after the other. Only ops of the same round of a
loop are put together, if that round is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import numpy as np

from viz.picture.loops import Loop
from viz.picture.patterns import Part, named_parts
from viz.picture.scene import Fold, around, innermost, settled
from viz.picture.titles import title_of, titled_loop

# --- groups -------------------------------------------------------------------------


def by_group(folds: list[Fold]) -> Iterator[list[Fold]]:
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


def by_name(folds: list[Fold]) -> Iterator[list[Fold]]:
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
    return joined([Fold([op], group=op.group) for op in part.ops], part.name)


# --- chains -------------------------------------------------------------------------


def by_chain(folds: list[Fold]) -> Iterator[list[Fold]]:
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
    return joined(folds, title_of(folds))


# --- loops --------------------------------------------------------------------------


def drawn_once(folds: list[Fold], loops: list[Loop]) -> Iterator[list[Fold]]:
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


def closed(folds: list[Fold], loops: list[Loop]) -> Iterator[list[Fold]]:
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


# --- what they share ----------------------------------------------------------------


def _feeds(folds: list[Fold]) -> list[set[int]]:
    """For each fold the places of those that its ops have operands from."""
    home = {id(op): i for i, fold in enumerate(folds) for op in fold.ops}
    return [
        {home[id(p)] for op in fold.ops for p in op.parents if id(p) in home} - {i}
        for i, fold in enumerate(folds)
    ]


def joined(folds: list[Fold], title: str, *, begins: bool = True) -> Fold:
    """Several folds as one, in the innermost group around all of them."""
    ops = [op for fold in folds for op in fold.ops]
    return Fold(ops, title, innermost(fold.group for fold in folds), begins)
