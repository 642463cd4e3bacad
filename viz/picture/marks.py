"""What is marked on cards: changed data, where NaN or ∞ began, and their way."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from engine import Tensor
from viz.picture.lines import CHANGED, MAYBE_CHANGED, STALE
from viz.picture.loops import Variable
from viz.picture.scene import REFERENCE, Card, Edge, Fold, Scene
from viz.words.trouble import Spread, spread, stale_ids, suspects


class Trouble(NamedTuple):
    """What is wrong in a graph, by the `id()` of its tensors and arrays.

    Attributes:
        stale: what no longer follows from its operands.
        changed: what was changed since something was computed from it.
        maybe_changed: what may have been.
        spread: where NaN or ∞ began, and its way.
    """

    stale: Collection[int]
    changed: Collection[int]
    maybe_changed: Collection[int]
    spread: Spread


def trouble_in(order: list[Tensor], changed: Mapping[int, bool]) -> Trouble:
    """What is wrong in a graph.

    Args:
        order: as in `stale_ids`.
        changed: what is known of it.
    """
    stale = stale_ids(order, changed)
    possible = suspects(order, changed) if stale else {}
    sure = {key for key, is_sure in possible.items() if is_sure}
    return Trouble(stale, sure, possible.keys() - sure, spread(order))


class Marks:
    """The marks of all cards of a scene.

    Args:
        scene: what there is.
        trouble: what is wrong in its graph.
    """

    def __init__(self, scene: Scene, trouble: Trouble) -> None:
        self._trouble = trouble
        self._slots: dict[Card, set[int]] = {}
        way = trouble.spread.way
        for edge in scene.edges if way else ():
            ops = _ops_of(edge)
            if any((id(edge.operand), id(op)) in way for op in ops):
                self._slots.setdefault(edge.head, set()).add(edge.slot)

    def change(self, card: Card) -> str:
        """What is said on data that was changed since, or is out of date; or ""."""
        found, words = self._trouble, (CHANGED, MAYBE_CHANGED, STALE)
        kinds = (found.changed, found.maybe_changed, found.stale)
        said = (w for w, ids in zip(words, kinds, strict=True) if _is_among(ids, card))
        return next(said, "")

    def ring(self, card: Card) -> bool:
        """Whether NaN or ∞ began there."""
        return _is_among(self._trouble.spread.began, card)

    def way(self, card: Card) -> frozenset[int]:
        """The slots through which they came; or, where only gradients have them, out of
        which they went back."""
        return frozenset(self._slots.get(card, ()))


def _ops_of(edge: Edge) -> Sequence[Any]:
    """The ops that may take the operand of an edge."""
    held = edge.head.held
    if isinstance(held, Variable):
        return [op for op, _ in held.begun]
    return (
        held.ops if isinstance(held, Fold) else [held if edge.op is None else edge.op]
    )


def _is_among(ids: Collection[int], card: Card) -> bool:
    """Whether one of the tensors of a card is among those with these ids; a reference
    says nothing of what is drawn elsewhere."""
    if card.kind == REFERENCE or not ids:
        return False
    held = card.held
    if isinstance(held, Variable):  # which stands for all rounds but the last
        return any(id(x) in ids for x in held.loop.hidden)
    if isinstance(held, Fold):
        return any(id(x) in ids for x in (*held.ops, *held.leaves))
    return id(held) in ids
