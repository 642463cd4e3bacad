"""A box: ops that stand in one card of the picture, and what they hide.

The one idea: every op is in one box, its own if it is not folded. A box that hides
something has a title; it hides the leaves that only its ops use, and shows those of its
ops that are used outside.

Which ops share a box is decided in folding.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from numbers import Number
from typing import Any

from engine import Tensor


@dataclass(slots=True, eq=False)
class Box:
    """Ops that stand in one card, in the order in which they were made.

    Attributes:
        ops: at least one; an op that is not folded is a box of its own.
        title: what the card calls it; "" for an op that is not folded.
        group: the innermost group around all its ops; None if there is none.
        begins: whether what its first op is called on stays outside.
        leaves: the operands that only its ops use, and that it hides.
        outputs: those of its ops that are used outside.
        given: what its ops gave back, by the id of the operand; kept by edges.py.
        slopes: the derivative of its one output, likewise.
    """

    ops: list[Tensor]
    title: str = ""
    group: Any = None
    begins: bool = True
    leaves: list[Any] = field(default_factory=list)
    outputs: list[Tensor] = field(default_factory=list)
    given: dict[int, Any] | None = None
    slopes: dict[int, Any] | None = None


def settle(boxes: list[Box]) -> None:
    """Find what each box hides and what leaves it; one that hides nothing is an op."""
    home = {id(op): box for box in boxes for op in box.ops}
    users: dict[int, set[Box]] = {}
    for box in boxes:
        for op in box.ops:
            for parent in op.parents:
                users.setdefault(id(parent), set()).add(box)
    for box in boxes:
        box.leaves = list(_hidden(box, home, users)) if box.title else []
        if len(box.ops) == 1 and not box.leaves:
            box.title = ""
        box.outputs = [op for op in box.ops if users.get(id(op), set()) != {box}]


def _hidden(
    box: Box, home: dict[int, Box], users: dict[int, set[Box]]
) -> Iterator[Any]:
    seen: set[int] = set()
    for op in box.ops:
        for slot, parent in enumerate(op.parents):
            if id(parent) in home or id(parent) in seen:
                continue
            is_number = isinstance(parent, Number)
            first = box.begins and op is box.ops[0] and slot == 0 and not is_number
            if first or (isinstance(parent, Tensor) and users[id(parent)] != {box}):
                continue
            if isinstance(parent, Tensor):
                seen.add(id(parent))
            yield parent


def innermost(groups: Iterable[Any]) -> Any:
    """The innermost group that is around all of these, or is each of them; or None."""
    distinct = list({id(group): group for group in groups}.values())
    common = around(distinct[0])
    for group in distinct[1:]:
        pairs = zip(common, around(group), strict=False)
        common = [a for a, b in pairs if a is b]
    return common[-1] if common else None


def around(group: Any) -> list[Any]:
    """The groups around a group and the group itself, the outermost first."""
    found = []
    while group is not None:
        found.append(group)
        _, group = group
    return found[::-1]
