"""Classes and objects that are not copied: what they hold must be the same.

What a method finds in globals and closure cells, and the numbers in a class or in an
object such as a configuration, are asked for in every run. Where they hold arrays the
function is refused, for these would be fixed in the program.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from operator import is_
from types import FunctionType
from typing import TYPE_CHECKING, Any

from engine.compilation.forms import Refused
from engine.compilation.kinds import (
    NUMBERS,
    functions_of,
    holds_arrays,
    is_collection,
    is_copied,
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


# What runs when an object is made or shown: not asked of one that is there.
_MAKING = frozenset({"__init__", "__new__", "__post_init__", "__init_subclass__"})
_SHOWING = frozenset({"__repr__", "__str__", "__del__"})


def look_at_class(outside: Outside, kind: type, *, makes: bool = False) -> None:
    """Guard what the functions of a class use; refuse arrays among it.

    Args:
        outside: asks.
        kind: the class, of an object that f has; or
        makes: one that f has itself, and may make objects of.
    """
    for cls in kind.__mro__:
        if not is_users_module(cls.__module__):
            continue
        if id(cls) not in outside.seen:
            outside.seen.add(id(cls))
            _hold(outside, cls)
            _look_at_own(outside, cls, vars(cls).keys() - _MAKING - _SHOWING)
        if makes:
            _look_at_own(outside, cls, vars(cls).keys() & _MAKING)


def _look_at_own(outside: Outside, cls: type, names: Collection[str]) -> None:
    """Guard those of the names that a class itself defines."""
    for name in (name for name in vars(cls) if name in names):
        value = vars(cls)[name]
        if holds_arrays(value):
            raise Refused(
                f"compiled: {cls.__name__}.{name} is an array of a class, which "
                "is not looked up; keep it in the object, or pass it as an "
                "argument"
            )
        if isinstance(value, NUMBERS) and name[:2] != "__":
            outside.stand_in(value, f"{outside.lines.bind(cls)}.{name}")
        for f in functions_of(value):
            _look_at(outside, f, f"{cls.__name__}.{name}")


class Defined:
    """What a class defines, which must be the same in every run."""

    def __init__(self, cls: type) -> None:
        own = vars(cls)
        self.cls, self.bases, self.count = cls, cls.__bases__, len(own)
        self.names = [*filter(partial(_counts, cls), own)]
        self.values = [own[name] for name in self.names]

    def stays(self) -> bool:
        own = self.cls.__dict__
        same = len(own) == self.count and self.cls.__bases__ == self.bases
        return same and all(map(is_, map(own.get, self.names), self.values))

    def restored(self) -> str:
        """The first attribute that was bound anew; it is as before."""
        for name, value in zip(self.names, self.values, strict=True):
            if self.cls.__dict__.get(name) is not value:
                setattr(self.cls, name, value)
                return name
        return ""


def _counts(cls: type, name: str) -> bool:
    """Whether an attribute of a class is the user's, and not what Python puts there."""
    value = cls.__dict__[name]
    by_python = name[:2] == name[-2:] == "__" or hasattr(cls, "_fields")
    return any(map(is_users_code, functions_of(value))) or not by_python


def _hold(outside: Outside, cls: type) -> None:
    defined = Defined(cls)
    if hasattr(cls, "_fields") and not defined.names:
        return  # what collections.namedtuple has made
    outside.classes.append(defined)
    outside.lines.require(f"{outside.lines.bind(defined.stays)}()")
    own = f"{outside.lines.bind(cls)}.__dict__"
    for name, value in zip(defined.names, defined.values, strict=True):
        plain = type(value) in (list, dict) and is_plain(value)
        if plain or is_copied(value) or is_collection(value):
            outside.stand_in(value, f"{own}[{name!r}]", name)


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


def look_at_closure(outside: Outside, f: FunctionType) -> None:
    """Guard what the user's functions in a closure of the engine's use, as rules."""
    for cell in f.__closure__ or ():
        if isinstance(cell.cell_contents, FunctionType):
            _look_at(outside, cell.cell_contents, f.__name__)


def _look_at_value(outside: Outside, x: Any, way: str, who: str, word: str) -> None:
    if holds_arrays(x):
        raise Refused(
            f"compiled: {who} uses {word!r} from outside, which holds arrays; a "
            "method's own globals are not looked up: keep it in the object, or "
            "pass it as an argument"
        )
    if isinstance(x, FunctionType):
        outside.is_the_same(x, way)
        _look_at(outside, x, x.__name__)
    elif isinstance(x, type):
        look_at_class(outside, x, makes=True)
    elif isinstance(x, NUMBERS) or (type(x) in (list, tuple, dict) and is_plain(x)):
        outside.stand_in(x, way, word)
