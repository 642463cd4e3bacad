"""Classes and objects that are not copied: what they hold must be the same.

What a method finds in globals and closure cells, and the numbers in a class or in an
object such as a configuration, are asked for in every run. Where they hold arrays the
function is refused, for these would be fixed in the program.
"""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any

from engine.compilation.kinds import (
    NUMBERS,
    functions_of,
    holds_arrays,
    is_plain,
    is_users_code,
    is_users_module,
    is_users_object,
    names_in,
)

if TYPE_CHECKING:
    from engine.compilation.outside import Outside


def look_at_object(outside: Outside, x: Any) -> None:
    """Ask for the numbers in an object, and in those that it holds."""
    if not is_users_object(x):
        return
    outside.watched.append((x, dict(vars(x))))
    look_at_class(outside, type(x))
    for name, value in tuple(vars(x).items()):
        plain = type(value) in (list, tuple, dict) and is_plain(value)
        if isinstance(value, NUMBERS) or plain or is_users_object(value):
            outside.stand_in(value, f"{outside.way_to(x)}.__dict__[{name!r}]", name)


def look_at_class(outside: Outside, kind: type) -> None:
    """Guard what the functions of a class use; refuse arrays among it."""
    for cls in kind.__mro__:
        if id(cls) in outside.seen or not is_users_module(cls.__module__):
            continue
        outside.seen.add(id(cls))
        for name, value in vars(cls).items():
            if holds_arrays(value):
                raise TypeError(
                    f"compiled: {cls.__name__}.{name} is an array of a class, which "
                    "is not looked up; keep it in the object, or pass it as an "
                    "argument"
                )
            if isinstance(value, NUMBERS) and name[:2] != "__":
                outside.stand_in(value, f"{outside.lines.bind(cls)}.{name}")
            for f in functions_of(value):
                _look_at(outside, f, f"{cls.__name__}.{name}")


def _look_at(outside: Outside, f: FunctionType, who: str) -> None:
    if id(f) in outside.seen or not is_users_code(f):
        return
    outside.seen.add(id(f))
    found = outside.lines.bind(f.__globals__, "of_module")
    for word in names_in(f.__code__):
        if word in f.__globals__:
            _look_at_value(
                outside, f.__globals__[word], f"{found}[{word!r}]", who, word
            )
    words = f.__code__.co_freevars
    for word, cell in zip(words, f.__closure__ or (), strict=True):
        way = f"{outside.lines.bind(cell, f'cell_{word}')}.cell_contents"
        _look_at_value(outside, cell.cell_contents, way, who, word)
    _look_at_value(
        outside,
        f.__defaults__,
        f"{outside.lines.bind(f)}.__defaults__",
        who,
        "a default",
    )


def _look_at_value(outside: Outside, x: Any, way: str, who: str, word: str) -> None:
    if holds_arrays(x):
        raise TypeError(
            f"compiled: {who} uses {word!r} from outside, which holds arrays; a "
            "method's own globals are not looked up: keep it in the object, or "
            "pass it as an argument"
        )
    if isinstance(x, FunctionType):
        outside.is_the_same(x, way)
        _look_at(outside, x, x.__name__)
    elif isinstance(x, type):
        look_at_class(outside, x)
    elif isinstance(x, NUMBERS) or (type(x) in (list, tuple, dict) and is_plain(x)):
        outside.stand_in(x, way, word)
