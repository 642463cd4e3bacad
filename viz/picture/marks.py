"""What is marked on cards: changed data, where NaN or ∞ began, and their way."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from viz.picture.lines import CHANGED, MAYBE_CHANGED
from viz.picture.scene import REFERENCE, Card, Fold, Scene
from viz.words.trouble import spread, stale_ids, suspects


class Marks:
    """The marks of all cards of a scene.

    Args:
        scene: what there is.
        changed: as in `stale_ids`, what is known of it.
    """

    def __init__(self, scene: Scene, changed: Mapping[int, bool]) -> None:
        stale = stale_ids(scene.order, changed)
        possible = suspects(scene.order, changed) if stale else {}
        self._changed = stale | {key for key, sure in possible.items() if sure}
        self._maybe_changed = possible.keys() - self._changed
        self._began, way = spread(scene.order)
        self._slots: dict[Card, set[int]] = {}
        for edge in scene.edges if way else ():
            ops = edge.head.held.ops if _is_fold(edge.head) else [edge.head.held]
            if any((id(edge.operand), id(op)) in way for op in ops):
                self._slots.setdefault(edge.head, set()).add(edge.slot)

    def change(self, card: Card) -> str:
        """What is said on data that was changed since; or ""."""
        if _is_among(self._changed, card):
            return CHANGED
        return MAYBE_CHANGED if _is_among(self._maybe_changed, card) else ""

    def ring(self, card: Card) -> bool:
        """Whether NaN or ∞ began there."""
        return _is_among(self._began, card)

    def way(self, card: Card) -> frozenset[int]:
        """The slots through which they came; or, where only gradients have them, out of
        which they went back."""
        return frozenset(self._slots.get(card, ()))


def _is_among(ids: Collection[int], card: Card) -> bool:
    """Whether one of the tensors of a card is among those with these ids; a reference
    says nothing of what is drawn elsewhere."""
    if card.kind == REFERENCE or not ids:
        return False
    if _is_fold(card):
        return any(id(x) in ids for x in (*card.held.ops, *card.held.leaves))
    return id(card.held) in ids


def _is_fold(card: Card) -> bool:
    return isinstance(card.held, Fold)
