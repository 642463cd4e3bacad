"""What f has bound anew outside: results of the program, or an error.

A program can bind the parts of objects, lists and dicts from outside, and the data of
Tensors. What else f changes it could not do again: the function is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.compilation.copies import MODULE_NAMES
from engine.compilation.forms import Other, Refused
from engine.compilation.held import Held, parts_of
from engine.compilation.kinds import seen_in
from engine.tensor import Tensor
from engine.written.array import Writing

if TYPE_CHECKING:
    from engine.compilation.outside import Outside

_AGAIN = "which the program would not do again; return it"


class Bound(NamedTuple):
    """Something that the program binds anew in the end."""

    place: str
    value: Any
    words: str  # of an error


def counted(outside: Outside) -> frozenset[tuple[int, Any]]:
    """The numbers that f has bound anew, and that may be arguments."""
    return frozenset(
        (id(held.real), key)
        for held in outside.held
        for key, now in parts_of(held.twin)
        if type(held.before.get(key)) in (int, float)
        and now is not held.before[key]
        and (type(now) in (int, float) or isinstance(now, Writing))
    )


def bound(outside: Outside) -> list[Bound]:
    """What f has bound anew.

    Raises:
        Refused: if it was bound where a program can't.
        Other: if f warns.
    """
    _check_functions(outside)
    _check_classes(outside)
    found = [b for held in outside.held for b in _bound_in(held, outside)]
    _require_apart(outside, every=bool(found))
    _check_objects(outside)
    return found


def _bound_in(held: Held, outside: Outside) -> Iterator[Bound]:
    now, kind = dict(parts_of(held.twin)), type(held.real)
    passing: frozenset[str] = getattr(kind, "_not_parameters", frozenset())
    if kind is list and len(now) != len(held.before):
        raise Refused(
            f"compiled: f changes the length of the list {held.way.rstrip('_')!r} from "
            "outside, which the program would not do again; return what is new"
        )
    for key in held.before.keys() - now.keys():
        raise Refused(
            f"compiled: f deletes {key!r} of a {kind.__name__} from outside, which the "
            "program would not do again; delete it outside"
        )
    for key, value in now.items():
        if key in passing or (key in held.before and held.before[key] is value):
            continue
        words = f"{key!r} of a {kind.__name__}"
        if isinstance(value, Tensor):
            raise Refused(
                f"compiled: f keeps a Tensor in {words}, which the program, that has "
                "no graph, would not do again; keep its array, t.data, or return it"
            )
        part = f".{key}" if kind is Tensor else f"[{outside.words_for(key)}]"
        yield Bound(held.way + part, value, words)


def _require_apart(outside: Outside, *, every: bool) -> None:
    """What was two must not have become one: Tensors, or all that f may change."""
    ways = [
        outside.way_to(held.real)
        for held in outside.held
        if type(held.real) is Tensor
        or (every and not isinstance(held.real, FunctionType))
    ]
    if len(ways) > 1:
        names = ", ".join(ways)
        outside.lines.require(f"len({{*map(id, ({names}))}}) == {len(ways)}")


# --- where nothing may be bound -------------------------------------------------------


def _check_functions(outside: Outside) -> None:
    """Of globals, and of variables of the functions around."""
    for known in outside.globals:
        if "__warningregistry__" in known:
            raise Other("it warns")
        for name in known.keys() - set(MODULE_NAMES):
            raise Refused(f"compiled: f assigns the global {name!r}, {_AGAIN}")
    for cell, before, word in outside.cells:
        if cell.cell_contents is not before:
            raise Refused(
                f"compiled: f assigns {word!r} of the function around it, {_AGAIN}"
            )


def _check_classes(outside: Outside) -> None:
    """Of classes, and of sets and such."""
    for defined in outside.classes:
        name = defined.restored()
        if name:
            who = f"{defined.cls.__name__}.{name}"
            raise Refused(f"compiled: f assigns {who}, {_AGAIN}")
    for twin, before in outside.collections:
        if seen_in(twin) != before:
            raise Refused(
                f"compiled: f changes a {type(twin).__name__} from outside, which the "
                "program would not do again; return what is new"
            )


def _check_objects(outside: Outside) -> None:
    """Of objects that are not copied; they are as before."""
    for x, before in outside.watched:
        now = dict(vars(x))
        changed = [k for k in now if k not in before or now[k] is not before[k]]
        if changed:
            vars(x).update(before)
            for name in now.keys() - before.keys():
                del vars(x)[name]
            who = f"{changed[0]!r} of a {type(x).__name__}"
            raise Refused(f"compiled: f assigns {who}, {_AGAIN}")
