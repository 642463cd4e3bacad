"""What a person asked to see open, or folded: groups, by their labels.

A group is what one layer or one `scope` made, and its label stands on its frame. Of
`Lin 1: Lin(5 -> 3)` the part before the colon is enough.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from itertools import groupby
from typing import Any

from viz.picture.scene import Fold, around, settled
from viz.words.text import name_label

_MOST_LABELS = 8  # that a message lists


def wished(
    folds: list[Fold], opened: Collection[str], closed: Collection[str]
) -> list[Fold]:
    """The ops with those in open groups marked, and closed groups put together.

    Args:
        folds: one per op.
        opened: labels of groups that are never folded.
        closed: labels of groups that are; an open one inside stays open.

    Raises:
        ValueError: if no group has such a label, or one is in both.
    """
    if not opened and not closed:
        return folds
    labels = _labels(folds)
    for argument, wanted in (("open", opened), ("fold", closed)):
        for label in wanted:
            if not any(_is_called(known, label) for known in labels):
                raise ValueError(_unknown(argument, label, labels))
    for label in closed:
        if label in opened:
            raise ValueError(
                f"draw: {name_label(label)!r} is to be both open and folded"
            )
    folds = [replace(fold, open=_group_of(fold, opened) is not None) for fold in folds]
    found = []
    for _, run in groupby(folds, lambda fold: _key(fold, closed)):
        members = list(run)
        group = None if members[0].alone else _group_of(members[0], closed)
        if group is not None:
            ops = [op for fold in members for op in fold.ops]
            members = [Fold(ops, title=str(group[0]), group=group[1])]
        found += members
    return settled(found)


def _key(fold: Fold, labels: Collection[str]) -> int:
    group = None if fold.alone else _group_of(fold, labels)
    return id(fold if group is None else group)


def _group_of(fold: Fold, labels: Collection[str]) -> Any:
    """The outermost group around a fold that has one of the labels; or None."""
    for group in around(fold.group):
        if any(_is_called(str(group[0]), label) for label in labels):
            return group
    return None


def _is_called(known: str, label: str) -> bool:
    return label in (known, known.partition(": ")[0])


def _labels(folds: Iterable[Fold]) -> list[str]:
    """The labels of all groups, each once."""
    groups = (group for fold in folds for group in around(fold.group))
    return list(dict.fromkeys(str(group[0]) for group in groups))


def _unknown(argument: str, label: str, labels: list[str]) -> str:
    text = f"draw: {argument} names {name_label(label)!r}, and no layer and no scope "
    if not labels:
        return f"{text}is in this graph"
    listed = ", ".join(repr(name_label(known)) for known in labels[:_MOST_LABELS])
    more = len(labels) - _MOST_LABELS
    return f"{text}is called so; there are {listed}{f', … {more} more' * (more > 0)}"
