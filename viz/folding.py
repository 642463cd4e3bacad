"""Large graphs made small enough to look at: several ops in one box, which says so.

The one idea: ops stand in the order in which the program made them, an op after its
operands. Neighbours in that order can be put into one box without ever making a circle
of arrows, and so can a chain whose links nobody else uses. Four ways are tried, in
turn, until the picture fits: what one group made; chains of elementwise ops; what a
loop repeated; and at last everything far from the result.

Nothing here recurses. A box itself is in boxes.py; which cards and edges the picture
then has is in walk.py, and what the card of a box says in folded.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

import numpy as np

from viz.boxes import Box, around, innermost, settle

_LONGEST_PERIOD = 256  # ops of one round of a loop
_FEWEST_ROUNDS = 3  # that are worth a box
_MOST_LOOPS = 8  # looked for; each costs a search
_NAMED = 3  # ops that the title of a box names


def folded(boxes: list[Box], fits: Callable[[list[Box]], bool], most: int) -> list[Box]:
    """The boxes, put together until they fit.

    Args:
        boxes: one per op, in the order of the program; the last is what is drawn, and
            stays alone.
        fits: whether a picture of the boxes is small enough.
        most: cards that fit.
    """
    for fold in (_by_group, _by_chain, _by_loop):
        for boxes in fold(boxes):  # noqa: B020  # each way goes on from the last
            if fits(boxes):
                return boxes
    return _far_from_the_result(boxes, fits, most)


# --- groups -------------------------------------------------------------------------


def _by_group(boxes: list[Box]) -> Iterator[list[Box]]:
    """The innermost groups first, then those around them."""
    deepest = max((len(around(box.group)) for box in boxes), default=0)
    for depth in range(deepest, 0, -1):
        boxes = _without_depth(boxes, depth)
        settle(boxes)
        yield boxes


def _without_depth(boxes: list[Box], depth: int) -> list[Box]:
    """Neighbours that belong to one group, `depth` deep, in one box."""
    result = boxes[-1]

    def group_of(box: Box) -> Any:
        path = around(box.group)
        return path[depth - 1] if len(path) >= depth and box is not result else box

    found = []
    for _, members in groupby(boxes, lambda box: id(group_of(box))):
        run = list(members)
        group = group_of(run[0])
        if group is not run[0]:
            ops = [op for box in run for op in box.ops]
            run = [Box(ops, title=str(group[0]), group=group[1])]
        found += run
    return found


# --- chains -------------------------------------------------------------------------


def _by_chain(boxes: list[Box]) -> Iterator[list[Box]]:
    """Elementwise ops of which each feeds the next alone."""
    feeds = _feeds(boxes)
    users: dict[int, list[int]] = {}
    for i, sources in enumerate(feeds):
        for j in sources:
            users.setdefault(j, []).append(i)
    fit = [box is not boxes[-1] and _is_elementwise(box) for box in boxes]
    chains: dict[int, list[int]] = {}  # by the place of the last op
    for i, sources in enumerate(feeds):
        if fit[i]:
            (before, *others) = sources or {-1}
            goes_on = not others and before in chains and users[before] == [i]
            chains[i] = [*chains.pop(before), i] if goes_on else [i]
    taken = {i for chain in chains.values() for i in chain if len(chain) > 1}
    yield [
        _chain([boxes[j] for j in chains[i]]) if len(chains.get(i, ())) > 1 else box
        for i, box in enumerate(boxes)
        if i not in taken or len(chains.get(i, ())) > 1
    ]


def _is_elementwise(box: Box) -> bool:
    """Whether a box is one op that keeps the places of entries, as `np.exp` does."""
    node, *others = box.ops
    if others or box.title:
        return False
    function = getattr(np, node.op, None)
    if isinstance(function, np.ufunc):
        return function.signature is None  # matmul has one
    return function is None and any(
        getattr(parent, "shape", ()) == node.shape for parent in node.parents
    )


def _chain(boxes: list[Box]) -> Box:
    return _joined(boxes, _names(boxes, " → "))


# --- loops --------------------------------------------------------------------------


def _by_loop(boxes: list[Box]) -> Iterator[list[Box]]:
    """Rounds of a loop: neighbours that repeat, operands and all."""
    for _ in range(_MOST_LOOPS):
        start, period, rounds = _longest_loop(boxes[:-1])
        if not rounds:
            return
        end = start + period * rounds
        names = _names(boxes[start : start + period], ", ")
        title = f"({names}) × {rounds}" if period > 1 else f"{names} × {rounds}"
        boxes = [*boxes[:start], _joined(boxes[start:end], title), *boxes[end:]]
        yield boxes


def _longest_loop(boxes: list[Box]) -> tuple[int, int, int]:
    """Where the loop begins that saves most boxes, its period, and its rounds or 0."""
    known: dict[Any, int] = {}
    codes = np.array(
        [
            known.setdefault(_kind(boxes[i], i, feeds), len(known))
            for i, feeds in enumerate(_feeds(boxes))
        ]
    )
    best = (0, 0, 0)
    for period in range(1, min(_LONGEST_PERIOD, len(codes) // _FEWEST_ROUNDS) + 1):
        start, length = _longest_run(codes[period:] == codes[:-period])
        rounds = length // period + 1
        if rounds >= _FEWEST_ROUNDS and period * rounds > best[1] * best[2]:
            best = (start, period, rounds)
    return best


def _kind(box: Box, place: int, feeds: set[int]) -> Any:
    """What a box has in common with its like in the next round of a loop."""
    far = _LONGEST_PERIOD
    distances = tuple(sorted({min(place - i, far) for i in feeds}))
    return tuple(op.op for op in box.ops), box.ops[-1].shape, distances


def _longest_run(same: np.ndarray) -> tuple[int, int]:
    """Where the longest run of True begins, and its length."""
    steps = np.diff(np.concatenate([[0], same.astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    if not starts.size:
        return 0, 0
    longest = int(np.argmax(ends - starts))
    return int(starts[longest]), int(ends[longest] - starts[longest])


# --- the rest -----------------------------------------------------------------------


def _far_from_the_result(
    boxes: list[Box], fits: Callable[[list[Box]], bool], most: int
) -> list[Box]:
    """All that was made first in one box, as much of it as must be."""
    kept = _near(boxes, most)
    while True:
        far, near = boxes[:-kept], boxes[-kept:]
        box = _joined(far, _names(far, ", "))
        box.begins = False
        found = [box, *near]
        if fits(found) or kept == 1:
            return found
        kept = max(kept * 3 // 4, 1)


def _near(boxes: list[Box], most: int) -> int:
    """About how many of the last boxes fit beside one that holds the others."""
    cards = 1
    for kept, box in enumerate(reversed(boxes)):
        cards += 1 + sum(not getattr(p, "parents", ()) for p in box.ops[0].parents)
        if cards > most:
            return max(kept, 1)
    return max(len(boxes) - 1, 1)


# --- what they share ----------------------------------------------------------------


def _feeds(boxes: list[Box]) -> list[set[int]]:
    """For each box the places of those that its ops have operands from."""
    home = {id(op): i for i, box in enumerate(boxes) for op in box.ops}
    return [
        {home[id(p)] for op in box.ops for p in op.parents if id(p) in home} - {i}
        for i, box in enumerate(boxes)
    ]


def _joined(boxes: list[Box], title: str) -> Box:
    """Several boxes as one, in the innermost group around all of them."""
    ops = [op for box in boxes for op in box.ops]
    return Box(ops, title, innermost(box.group for box in boxes))


def _names(boxes: list[Box], between: str) -> str:
    """What the boxes are called, the middle left out where they are many."""
    names = [box.title or box.ops[0].op for box in boxes]
    if len(names) > _NAMED:
        names[_NAMED - 1 : -1] = ["…"]
    return between.join(names)
