"""Which things from outside are copied, looked into, compared, or refused."""

from __future__ import annotations

import dis
import functools
import sys
import threading
from argparse import Namespace
from array import array
from collections import ChainMap, UserDict, deque
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from enum import Enum
from types import FunctionType, MethodType, ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from engine._users_line import is_users
from engine.compilation.forms import PLAIN, Refused
from engine.tensor import Tensor
from engine.written.array import Writing

NUMBERS = (*PLAIN, int, float, complex, type(...), np.generic)
_COLLECTIONS = (set, frozenset, deque, list, dict, bytearray, array, ChainMap, UserDict)
_NAMESPACES = (SimpleNamespace, Namespace)
_LIBRARIES = frozenset({"engine", "nn", "viz", "numpy", "scipy", "builtins"})


def is_users_code(f: FunctionType) -> bool:
    return is_users_module(f.__module__) and is_users(f.__code__.co_filename)


def is_users_module(name: str | None) -> bool:
    top = (name or "").partition(".")[0]
    return (
        top not in _LIBRARIES and top not in sys.stdlib_module_names
    ) or top == "__main__"


def is_copied(x: Any) -> bool:
    """Whether an object can be copied by its attributes."""
    kind = type(x)
    if kind in _NAMESPACES:
        return True
    if not _is_ours(kind):
        return False
    plain = kind.__flags__ & (1 << 9) and hasattr(x, "__dict__")  # a class of Python's
    odd = isinstance(x, Enum | type) or hasattr(kind, "__del__") or iterates(x)
    odd = odd or bool(_in_slots(x))
    return bool(plain) and not odd and kind.__basicsize__ <= object.__basicsize__ + 16


def _is_ours(kind: type) -> bool:
    """Whether the objects of a class may be looked into: the user's, and nn's."""
    module = kind.__module__
    return module.partition(".")[0] == "nn" or is_users_module(module)


def is_users_object(x: Any) -> bool:
    """Whether x is an object of a class of the user's, or a bare namespace."""
    kind = type(x)
    namespace = isinstance(x, SimpleNamespace | Namespace)
    users = is_users_module(kind.__module__) and not isinstance(x, Enum | type)
    return (namespace or users) and hasattr(x, "__dict__") and not callable(x)


def iterates(x: Any) -> bool:
    return hasattr(type(x), "__next__")


def check_hidden(x: Any) -> None:
    """Raise for what gives other values each time, and can't be looked into."""
    if isinstance(x, ContextVar | threading.local) or iterates(x):
        raise Refused(
            f"compiled: f uses a {type(x).__name__} from outside, whose values are not "
            "looked up; pass what it gives as an argument"
        )


def is_around(x: Any, seen: set[int]) -> bool:
    """Whether functions of the user, or arrays, are in the closure of a library's."""
    if id(x) in seen:
        return False
    seen.add(id(x))
    if isinstance(x, FunctionType) and not is_users_code(x):
        parts = [cell.cell_contents for cell in x.__closure__ or ()]
    else:
        parts = list(x.values()) if isinstance(x, dict) else []
    inside = any(is_around(part, seen) for part in parts)
    return (
        inside or (isinstance(x, FunctionType) and is_users_code(x)) or holds_arrays(x)
    )


def is_collection(x: Any) -> bool:
    """Whether it is a set, a deque, a mapping and such, of plain parts only.

    Or an object with slots, in which are only such.
    """
    if is_users_module(type(x).__module__) and _in_slots(x):
        return all(
            map(_is_fixed, (*_in_slots(x), *getattr(x, "__dict__", {}).values()))
        )
    if not isinstance(x, _COLLECTIONS):
        return False
    parts = (*x, *x.values()) if isinstance(x, Mapping) else x
    own = getattr(x, "__dict__", {})
    maps = isinstance(x, ChainMap) and all(map(is_collection, x.maps))
    return all(map(_is_fixed, parts)) and (maps or all(map(_is_fixed, own.values())))


def seen_in(x: Any) -> str:
    """All that is in such a collection, in its order."""
    parts = (
        [*x.items()]
        if isinstance(x, Mapping)
        else [*x]
        if isinstance(x, Iterable)
        else []
    )
    parts.extend(_in_slots(x))
    return repr((parts, getattr(x, "maxlen", 0), getattr(x, "__dict__", {})))


def is_looked_into(x: Any) -> bool:
    """Whether what is in an object can be looked up in every run."""
    known = isinstance(x, (*NUMBERS, list, tuple, dict, FunctionType, MethodType))
    return known or is_collection(x) or is_copied(x)


def holds_arrays(x: Any, seen: set[int] | None = None) -> bool:
    """Whether arrays or Tensors are in x, at any depth."""
    if isinstance(x, np.ndarray | Tensor | Writing):
        return True
    if isinstance(x, (*NUMBERS, type, ModuleType, FunctionType)):
        return False
    seen = set() if seen is None else seen
    if id(x) in seen or len(seen) > 100_000:
        return False
    seen.add(id(x))
    if isinstance(x, dict):
        return any(holds_arrays(v, seen) for v in (*x.values(), *x))
    if isinstance(x, list | tuple | set | frozenset):
        return any(holds_arrays(v, seen) for v in x)
    if isinstance(x, MethodType):
        return holds_arrays(x.__self__, seen)
    if type(x).__module__ == "collections" and hasattr(x, "__iter__"):
        return any(holds_arrays(v, seen) for v in tuple(x))
    if not _is_ours(type(x)) and type(x) not in _NAMESPACES:
        return False
    values = (*getattr(x, "__dict__", {}).values(), *_in_slots(x))
    return any(holds_arrays(v, seen) for v in values)


def _in_slots(x: Any) -> list[Any]:
    names = [name for cls in type(x).__mro__ for name in _slots(cls)]
    return [getattr(x, name, None) for name in names if name[:2] != "__"]


def _slots(kind: type) -> tuple[str, ...]:
    slots = vars(kind).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def is_plain(x: Any) -> bool:
    """Whether a list, tuple or dict holds plain numbers and words only."""
    parts = (*x, *x.values()) if isinstance(x, dict) else x
    return all(_is_fixed(part) for part in parts)


def _is_fixed(x: Any) -> bool:
    """Whether it is a number, a word, or a tuple of such: nothing that changes."""
    if type(x) is tuple:
        return all(map(_is_fixed, x))
    return isinstance(x, NUMBERS)


def copied(x: Any) -> Any:
    if type(x) is dict:
        return {k: copied(v) for k, v in x.items()}
    return type(x)(map(copied, x)) if type(x) in (list, tuple) else x


def class_values(kind: type) -> Iterator[str]:
    """The attributes of a class that are no functions: defaults of its objects'."""
    for cls in kind.__mro__[:-1]:
        for name, value in vars(cls).items():
            if not callable(value) and not isinstance(
                value, property | classmethod | staticmethod
            ):
                yield name


def functions_of(value: Any) -> Iterator[FunctionType]:
    if isinstance(value, classmethod | staticmethod):
        value = value.__func__
    if isinstance(value, functools.cached_property):
        value = value.func
    parts = (value.fget, value.fset) if isinstance(value, property) else (value,)
    yield from (f for f in parts if isinstance(f, FunctionType))


def names_in(code: Any) -> Iterator[str]:
    """The globals that code looks up, and the functions in it."""
    for step in dis.get_instructions(code):
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield step.argval
    for part in code.co_consts:
        if hasattr(part, "co_names"):
            yield from names_in(part)
