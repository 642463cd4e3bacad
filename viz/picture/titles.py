"""What several ops are called together: softmax, layer norm; else by first and last.

A title is what a person would say. A loop, and what one group made, has the label of
its scope. Of other ops the few functions that everybody knows are found by what they
compute, operand by operand: never by a guess. The rest is called by the first and the
last op.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from viz.picture.loops import Loop
from viz.picture.patterns import parts_in
from viz.picture.scene import Fold, innermost

_NUMBERED = re.compile(r"[\s_.:#-]*\d+$")


def title_of(folds: Sequence[Fold]) -> str:
    """What some folds are called together.

    Args:
        folds: in the order of the program.
    """
    names = list(_names(folds))
    if len(names) < 3:
        return " → ".join(names)
    return f"{names[0]} … {names[-1]}"


def titled_loop(loop: Loop) -> str:
    """`RK4 step · 200 rounds`: by the scope of a round, or by what it computes."""
    name = scope_of(loop) or title_of([Fold([op]) for op in loop.drawn])
    return f"{name} · {rounds(loop)}"


def unrolled(loop: Loop) -> str:
    """The same of a loop whose round is drawn, which says what it computes."""
    name = scope_of(loop)
    return f"{name} · {rounds(loop)}" if name else rounds(loop)


def rounds(loop: Loop) -> str:
    """`200 rounds`"""
    return f"{loop.count:,} rounds"


def drawn_round(loop: Loop) -> str:
    """`round 200 of 200`: the one that is drawn."""
    return f"round {len(loop.rounds):,} of {loop.count:,}"


def scope_of(loop: Loop) -> str:
    """The label that the scopes of all rounds have, but for a number at the end; ""
    where a round has no scope of its own."""
    groups = [
        innermost(op.group for op in ops if op is not None) for ops in loop.rounds
    ]
    if len(set(map(id, groups))) < len(groups):
        return ""
    labels = {str(group[0]) for group in groups if group is not None}
    named = labels if len(labels) == 1 else {_NUMBERED.sub("", x) for x in labels}
    return named.pop() if len(named) == 1 else ""


def _names(folds: Sequence[Fold]) -> Iterator[str]:
    """What folds are called one by one; what together has a name is called by it."""
    ops = [op for fold in folds if not fold.title for op in fold.ops]
    parts = list(parts_in(ops, folds, linear=True))
    ends = {id(part.ops[-1]): part.name for part in parts}
    inside = {id(op) for part in parts for op in part.ops[:-1]}
    for fold in folds:
        last = fold.ops[-1]
        if fold.title:
            yield fold.title
        elif id(last) not in inside:
            yield ends.get(id(last), last.op)
