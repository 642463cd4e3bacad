"""A tall picture in columns: cut between ranks where few edges pass.

A long chain drawn from top to bottom is too tall to be read where it is looked at. Cut
into parts that stand side by side, it is read like a page: down a column, then down the
next. An edge from one column into another begins at a reference card, `h ↗`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from viz.picture.loops import Variable
from viz.picture.scene import REFERENCE, Card, Fold, Scene

_WHOLE = 300  # edges that a cut through a loop counts for
_SLACK = 0.2  # of the height of a column, that a cut may lie above or below its place


def ranks_of(scene: Scene) -> dict[Card, int]:
    """The rank of each card, 0 at the top: one above the first that it runs into."""
    ranks = dict.fromkeys(scene.cards, 0)
    for edge in reversed(scene.edges):
        ranks[edge.tail] = min(ranks[edge.tail], ranks[edge.head] - 1)
    top = min(ranks.values(), default=0)
    return {card: rank - top for card, rank in ranks.items()}


def in_columns(scene: Scene, heights: Sequence[float], columns: int) -> Scene:
    """The scene, cut into columns.

    Args:
        scene: whole.
        heights: of the ranks, from the top.
        columns: at least 2.
    """
    ranks = ranks_of(scene)
    cuts = _cuts(scene, ranks, heights, columns)
    column = {card: sum(rank >= cut for cut in cuts) for card, rank in ranks.items()}
    for edge in reversed(scene.edges):  # a leaf stands where it is first used
        if not _has_operands(edge.tail):
            column[edge.tail] = column[edge.head]
    cards, edges = list(scene.cards), []
    for edge in scene.edges:
        tail, head = edge.tail, edge.head
        if column[tail] != column[head]:
            held = edge.operand if tail.kind != REFERENCE else tail.held
            tail = Card(f"n{len(cards)}", REFERENCE, held)
            column[tail] = column[head]
            cards.append(tail)
        edges.append(replace(edge, tail=tail))
    return replace(scene, cards=cards, edges=edges, column=column)


def _has_operands(card: Card) -> bool:
    is_several = isinstance(card.held, Fold | Variable)
    return is_several or bool(getattr(card.held, "parents", ()))


def _cuts(
    scene: Scene, ranks: Mapping[Card, int], heights: Sequence[float], columns: int
) -> list[int]:
    """The ranks at which columns begin, but for the first."""
    passing = [0] * (len(heights) + 1)  # edges that pass from above a rank into it
    for edge in scene.edges:
        for rank in range(ranks[edge.tail] + 1, ranks[edge.head] + 1):
            passing[rank] += 1
    for back in scene.backs:  # a loop stays in one column
        for rank in range(ranks[back.head] + 1, ranks[back.tail] + 1):
            passing[rank] += _WHOLE
    total, cuts = sum(heights), list[int]()
    for i in range(1, columns):
        place = total * i / columns
        slack = _SLACK * total / columns
        best: tuple[float, float, int] | None = None
        above = 0.0
        for rank, height in enumerate(heights):
            near = abs(above - place)
            if rank > (cuts[-1] if cuts else 0):
                far = near > slack
                found = (passing[rank] + 1000.0 * far * near / total, near, rank)
                best = min(best, found) if best else found
            above += height
        if best is None:
            break
        cuts.append(best[2])
    return cuts
