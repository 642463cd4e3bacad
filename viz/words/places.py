"""Where the tensors and arrays are that variables hold: `ws[0]`, `params['w']`.

A walk through lists, tuples, dicts and the attributes of objects, the shortest paths
first, which are written as Python writes them. It reads what is stored, and runs nobody
else's code: no property, no `__getattr__`, no `__iter__`, no `__class__` of a proxy. It
does not look into classes, modules or functions, nor at what begins with `_`. It is
bounded, so that a notebook's large lists cost less than a millisecond.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from types import (
    BuiltinFunctionType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any, NamedTuple

import numpy as np

from engine import Tensor

MOST = 10_000  # entries that are looked at, in all
MOST_OF_ONE = 1000  # entries of one list, dict or object
DEEPEST = 6  # steps of a path
_LONGEST_KEY = 40  # characters, or bits, of a key that a name has room for
_CLOSED = (
    *(str, bytes, int, float, complex, type(None), type, ModuleType),
    *(FunctionType, BuiltinFunctionType, MethodType),
)
_STORED = (GetSetDescriptorType, MemberDescriptorType)  # made by Python, not by a user
# Not `cls.__mro__`, for which a metaclass may have a property.
_bases: Callable[[type], tuple[type, ...]] = type.__dict__["__mro__"].__get__
_namespace: Callable[[type], Mapping[str, Any]] = type.__dict__["__dict__"].__get__


class Place(NamedTuple):
    """A path from a variable, and what is there.

    Attributes:
        path: in Python.
        held: what is there.
        by_attribute: whether the path goes through an attribute of an object.
        by_number: whether it ends in the number of an entry.
    """

    path: str
    held: Any
    by_attribute: bool = False
    by_number: bool = False


def places(variables: Mapping[str, Any]) -> list[Place]:
    """The Tensors and arrays that variables hold: first the variables themselves, in
    their order, then what is in them, a shorter path before a longer one.

    An object's attributes lead to leaves only: what a layer keeps of its last call is
    in a frame with the layer's name. An entry of a list that an object keeps, such as
    `sgd.parameters[0]`, says least and comes last.
    """
    history = variables.get("_oh", places)  # in a notebook: what its cells showed
    level = [
        Place(str(name), held)
        for name, held in variables.items()
        if held is not history and not str(name).startswith("_")
    ]
    found = _Walk().along(level)
    fit = (x for x in found if not (x.by_attribute and _is_computed(x.held)))
    return sorted(fit, key=lambda x: x.by_attribute and x.by_number)


def _is_computed(held: Any) -> bool:
    return bool(getattr(held, "parents", ()))


class _Walk:
    """One walk: what it has looked into, and how many entries it may still see."""

    def __init__(self) -> None:
        self._left = MOST
        self._seen: set[int] = set()
        self._ways: dict[int, _Way | None] = {}  # by id: a class may have no hash

    def along(self, level: list[Place]) -> Iterator[Place]:
        """What is found at some places and in them, level by level."""
        for _ in range(DEEPEST + 1):
            yield from (x for x in level if self._way(x.held) is _FOUND)
            level = [inner for place in level for inner in self._inside(place)]

    def _inside(self, place: Place) -> Iterator[Place]:
        """The entries that are Tensors or arrays, or may hold some."""
        way = self._way(place.held)
        if way is None or id(place.held) in self._seen or not self._left:
            return
        self._seen.add(id(place.held))
        most = min(self._left, MOST_OF_ONE)
        try:
            entries = list(islice(way.entries(place.held), most))
        except RuntimeError:  # another thread has just changed it
            return
        self._left -= len(entries)
        by_attribute = place.by_attribute or way.step is _ATTRIBUTE
        for key, entry in entries:
            if self._way(entry) is not None and _can_be_written(key, way.step):
                path = place.path + way.step.format(key)
                yield Place(path, entry, by_attribute, type(key) is int)

    def _way(self, held: Any) -> _Way | None:
        cls = type(held)
        if id(cls) not in self._ways:
            self._ways[id(cls)] = _way_into(cls)
        return self._ways[id(cls)]


def _can_be_written(key: Any, step: str) -> bool:
    """Whether a step of a path can be read, and is meant to be."""
    if step is _ATTRIBUTE:
        public = type(key) is str and key.isidentifier() and not key.startswith("_")
        return public and len(key) <= _LONGEST_KEY
    if type(key) is tuple:
        return len(key) < 5 and all(_can_be_written(part, _ENTRY) for part in key)
    if type(key) is int:
        return key.bit_length() <= _LONGEST_KEY
    return type(key) in (bool, float) or (type(key) is str and len(key) <= _LONGEST_KEY)


# --- what an object keeps, and where --------------------------------------------------

_ENTRY, _ATTRIBUTE = "[{!r}]", ".{}"


class _Way(NamedTuple):
    """How to look into the objects of a class.

    Attributes:
        step: of the path to an entry.
        entries: what an object holds, by number, key or attribute.
    """

    step: str
    entries: Callable[[Any], Iterable[tuple[Any, Any]]]


_FOUND = _Way("", lambda _: ())  # what is looked for is not looked into


def _way_into(cls: type) -> _Way | None:
    """How to look into the objects of a class; None if there is nothing in them."""
    # issubclass and not isinstance, which asks the object for its `__class__`.
    if issubclass(cls, Tensor | np.ndarray):
        return _FOUND
    if issubclass(cls, _CLOSED):
        return None
    if issubclass(cls, dict):
        return _Way(_ENTRY, dict.items)
    if issubclass(cls, list):
        return _Way(_ENTRY, lambda held: enumerate(list.__iter__(held)))
    if not issubclass(cls, tuple):
        return _Way(_ATTRIBUTE, _attributes)
    names = next((s["_fields"] for s in _namespaces(cls) if "_fields" in s), None)
    if type(names) is tuple:  # a named tuple
        return _Way(
            _ATTRIBUTE, lambda held: zip(names, tuple.__iter__(held), strict=False)
        )
    return _Way(_ENTRY, lambda held: enumerate(tuple.__iter__(held)))


def _attributes(held: Any) -> Iterator[tuple[str, Any]]:
    """What is in the `__dict__` and the slots of an object."""
    for namespace in _namespaces(type(held)):
        own: Any = namespace.get("__dict__")
        if type(own) in _STORED:
            yield from dict.items(own.__get__(held))
        for name in namespace if "__slots__" in namespace else ():
            slot = namespace[name]
            if type(slot) is MemberDescriptorType:
                with suppress(AttributeError):  # it is empty
                    yield name, slot.__get__(held)


def _namespaces(cls: type) -> Iterator[Mapping[str, Any]]:
    """Of a class and its bases."""
    return map(_namespace, _bases(cls))
