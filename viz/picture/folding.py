"""Large graphs made small enough to look at: several ops in one fold, which says so.

Ops stand in the order in which the program made them, an op after its operands.
Neighbours in that order can be put into one fold without ever making a circle of
arrows, and so can a chain whose links nobody else uses. These ways are tried, in turn,
until the picture fits: a loop is drawn once, its last round whole; what has a name
(softmax, ...) is put together; then what one group made; chains of elementwise ops;
whole loops (all in closing.py); and at last everything far from the result. Nothing
here recurses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import groupby

from viz.picture.arrange import arranged
from viz.picture.closing import by_chain, by_group, by_name, closed, drawn_once, joined
from viz.picture.loops import Loop
from viz.picture.repeats import loops_in
from viz.picture.scene import Fold, Scene, settled
from viz.picture.titles import title_of

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
            for fewer in put_together(folds):
                scene = _if_it_fits(fewer, most)
                if scene is not None:
                    return _as_few_as_needed(folds, fewer, most, scene)
                folds = fewer
        return _far_from_the_result(folds, most)

    def _steps(self) -> Iterator[_Step]:
        yield lambda folds: drawn_once(folds, self._loops)
        yield by_name
        yield by_group
        yield by_chain
        yield lambda folds: closed(folds, self._loops)

    @cached_property
    def _loops(self) -> list[Loop]:
        ops = [op for fold in self._folds for op in fold.ops]
        return loops_in(ops, {op for x in self._folds if x.alone for op in x.ops})


def _as_few_as_needed(
    folds: list[Fold], fewer: list[Fold], most: int, fits: Scene
) -> Scene:
    """The scene in which as few are closed as fit, those far from the result first.

    Args:
        folds: before.
        fewer: some of them put together; it fits.
        most: cards that fit.
        fits: the scene of these.
    """
    home = {id(op): fold for fold in folds for op in fold.ops}
    inside = [
        list({id(home[id(op)]): home[id(op)] for op in f.ops}.values()) for f in fewer
    ]
    several = [i for i, parts in enumerate(inside) if len(parts) > 1]

    def scene(count: int) -> Scene | None:
        shut = set(several[:count])
        parts = ([fold] if i in shut else inside[i] for i, fold in enumerate(fewer))
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
            yield joined(members, title_of(members), begins=False)


def _near(folds: list[Fold], most: int) -> int:
    """About how many of the last folds fit beside one that holds the others."""
    cards = 1
    for kept, fold in enumerate(reversed(folds)):
        cards += 1 + sum(not getattr(p, "parents", ()) for p in fold.ops[0].parents)
        if cards > most:
            return max(kept, 1)
    return max(len(folds) - 1, 1)
