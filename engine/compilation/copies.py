"""Copies of functions and modules, which look up what they use when they ask for it.

A copy of a function has the same code. Its globals are a dict that asks for each name,
and its closure has cells of its own, with what stands in for what is in the real ones.
"""

from __future__ import annotations

import builtins
import contextlib
import functools
import sys
import weakref
from collections.abc import Callable
from types import CellType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

from engine import recording
from engine._users_line import is_pythons, is_users
from engine.compilation.classes import look_at_closure
from engine.compilation.forms import Other, Refused
from engine.compilation.kinds import is_around, is_copied, is_plain, is_users_code

if TYPE_CHECKING:
    from engine.compilation.outside import Outside

_CACHED = type(functools.lru_cache(print))
# Where decorators of Python and of the engine are: what they make is copied, too.
_AROUND = frozenset({contextlib.__file__, recording.__file__})
MODULE_NAMES = (*("__name__", "__package__", "__spec__", "__builtins__", "__file__"),)


def copy_to_record(outside: Outside, f: Callable[..., Any]) -> Callable[..., Any]:
    """The function to be recorded, which finds copies outside."""
    outside.remember(f, f, outside.lines.bind(f))
    return copy_of(outside, f) or f


def copy_of(outside: Outside, x: Any) -> Any:
    """A copy of a function or a module, or of an object with arrays; None of others."""
    if isinstance(x, FunctionType):
        return _copy_of_function(outside, x)
    if isinstance(x, MethodType):
        return _copy_of_method(outside, x)
    if isinstance(x, functools.partial):
        return _copy_of_partial(outside, x)
    if isinstance(x, ModuleType):
        return copy_of_module(outside, x)
    if isinstance(x, _CACHED):
        return Cached(outside, x, outside.way_to(x))
    if isinstance(x, weakref.ref):
        return _copy_of_weak(outside, x)
    if hasattr(type(x), "with_function"):  # grad(f), compiled(f)
        f = x.__wrapped__
        return x.with_function(outside.stand_in(f, outside.lines.bind(f)))
    return outside.object(x) if is_copied(x) else None


def _copy_of_function(outside: Outside, f: FunctionType) -> Callable[..., Any]:
    """A function that is copied when it is called: before that it uses nothing."""
    if not is_users_code(f) and f.__code__.co_filename not in _AROUND:
        _check_library(f)
        look_at_closure(outside, f)
        return f
    name = outside.way_to(f)
    code = outside.lines.bind(f.__code__, f"code_of_{f.__name__}")
    outside.lines.require(f"{name}.__code__ is {code}")
    copies: list[FunctionType] = []

    @functools.wraps(f)
    def stand_in(*args: Any, **kwargs: Any) -> Any:
        if not copies:
            copies.append(_copied(outside, f))
        return copies[0](*args, **kwargs)

    outside.remember(f, stand_in, name)
    outside.attributes(f, stand_in, name)
    return stand_in


def _copied(outside: Outside, f: FunctionType) -> FunctionType:
    name = outside.way_to(f)
    known = Globals(outside, f.__globals__)
    outside.globals.append(known)
    cells = tuple(CellType() for _ in f.__closure__ or ())
    twin = FunctionType(f.__code__, known, f.__name__, None, cells or None)
    if f.__defaults__:
        given = outside.stand_in(f.__defaults__, f"{name}.__defaults__", "default")
        twin.__defaults__ = given
    if f.__kwdefaults__:
        given = outside.stand_in(f.__kwdefaults__, f"{name}.__kwdefaults__", "default")
        twin.__kwdefaults__ = given
    words = f.__code__.co_freevars
    for word, cell, copy in zip(words, f.__closure__ or (), cells, strict=True):
        try:
            value = cell.cell_contents
        except ValueError:  # nothing is in it yet
            continue
        way = f"{outside.lines.bind(cell, f'cell_{word}')}.cell_contents"
        copy.cell_contents = made = outside.stand_in(value, way, word)
        outside.cells.append((copy, made, word))
    return twin


def _copy_of_method(outside: Outside, x: MethodType) -> Any:
    name = outside.way_to(x)
    of = outside.stand_in(x.__self__, f"{name}.__self__", "self")
    f = outside.stand_in(x.__func__, f"{name}.__func__")
    return MethodType(f, of)


def _copy_of_partial(outside: Outside, x: functools.partial[Any]) -> Any:
    name = outside.way_to(x)
    f = outside.stand_in(x.func, outside.lines.bind(x.func))
    args = [
        outside.stand_in(part, f"{name}.args[{i}]", f"arg_{i}")
        for i, part in enumerate(x.args)
    ]
    options = outside.stand_in(x.keywords, f"{name}.keywords", "option")
    twin = functools.partial(f, *args, **options)
    outside.attributes(x, twin, name)
    return twin


def _copy_of_weak(outside: Outside, x: weakref.ref[Any]) -> Any:
    twin = outside.stand_in(x(), f"{outside.way_to(x)}()")
    try:
        return x if twin is None else weakref.ref(twin)
    except TypeError:
        return x


def _check_library(f: FunctionType) -> None:
    """A function of Python's own library, around one of the user's, keeps what it has.

    Raises:
        Other: for such a function.
    """
    if is_pythons(f.__code__.co_filename) and is_around(f, set()):
        raise Other(f"{f.__name__} is called by way of {f.__code__.co_filename}")


def is_users_file(x: ModuleType) -> bool:
    """Whether a module is of a file of the user's, and not the program itself."""
    return is_users(getattr(x, "__file__", None) or "") and x.__name__ != "__main__"


def copy_of_module(outside: Outside, x: ModuleType) -> Any:
    if not is_users_file(x):
        return x
    name = outside.way_to(x)
    twin = Module(outside, x, name)
    outside.remember(x, twin, name)
    return twin


class Cached:
    """A function behind `lru_cache`: every run asks it for the same object."""

    def __init__(self, outside: Outside, real: Any, way: str) -> None:
        self._outside, self._real, self._way = outside, real, way

    def __call__(self, *args: Any, **options: Any) -> Any:
        if not is_plain((*args, *options.values())):
            raise Refused(
                f"compiled: f gives {self._real.__name__} arrays or what holds them, "
                "and it keeps what it has once computed (lru_cache); give it plain "
                "numbers from outside, or call its __wrapped__"
            )
        bind = self._outside.lines.bind
        words = [*map(bind, args), *(f"{k}={bind(v)}" for k, v in options.items())]
        way = f"{self._way}({', '.join(words)})"
        return self._outside.stand_in(self._real(*args, **options), way)


class Globals(dict[str, Any]):
    """The globals of a copied function: each name is looked up when it asks for it."""

    def __init__(self, outside: Outside, real: dict[str, Any]) -> None:
        super().__init__({k: real[k] for k in MODULE_NAMES if k in real})
        self["__builtins__"] = {**vars(builtins), "__import__": self._imported}
        self._outside, self._real = outside, real
        self._asked: dict[str, Any] = {}

    def __missing__(self, name: str) -> Any:
        if name in self._asked:
            return self._asked[name]
        lines = self._outside.lines
        way = lines.bind(self._real, "of_module")
        if name not in self._real:
            lines.require(f"{name!r} not in {way}")
            raise KeyError(name)
        made = self._outside.stand_in(self._real[name], f"{way}[{name!r}]", name)
        self._asked[name] = made
        return made

    def _imported(self, name: str, *args: Any, **options: Any) -> Any:
        """A module that f imports itself."""
        module = builtins.__import__(name, *args, **options)
        if not is_users_file(module):
            return module
        way = f"{self._outside.lines.bind(sys.modules, 'modules')}[{module.__name__!r}]"
        return self._outside.stand_in(module, way, module.__name__)

    def forget(self) -> None:
        self._asked.clear()
        self.pop("__builtins__", None)


class Module(ModuleType):
    """A module of the user's: each name is looked up when it is asked for."""

    def __init__(self, outside: Outside, real: ModuleType, way: str) -> None:
        super().__init__(real.__name__)
        self.__dict__["_known"] = (outside, real, way)

    def __getattribute__(self, name: str) -> Any:
        if name in ("__dict__", "__class__"):
            return super().__getattribute__(name)
        outside, real, way = super().__getattribute__("__dict__")["_known"]
        if not hasattr(real, name):
            outside.lines.require(f"not hasattr({way}, {name!r})")
        return outside.stand_in(getattr(real, name), f"{way}.{name}", name)

    def __setattr__(self, name: str, value: Any) -> None:
        raise Refused(
            f"compiled: f assigns {name!r} of the module {self.__name__}, which the "
            "program would not do again; return it"
        )


def restored(x: Any, originals: dict[int, Any]) -> Any:
    """A function over copies, as one over what they were made of."""
    if id(x) in originals:
        return originals[id(x)]
    if isinstance(x, weakref.ref):
        at = x()
        return weakref.ref(originals[id(at)]) if id(at) in originals else x
    if isinstance(x, MethodType):
        return MethodType(
            restored(x.__func__, originals), restored(x.__self__, originals)
        )
    if isinstance(x, functools.partial):
        args = [restored(a, originals) for a in x.args]
        options = {k: restored(v, originals) for k, v in x.keywords.items()}
        return functools.partial(restored(x.func, originals), *args, **options)
    if not isinstance(x, FunctionType):
        return x
    real = x.__globals__._real if isinstance(x.__globals__, Globals) else x.__globals__
    cells = tuple(
        CellType(restored(cell.cell_contents, originals))
        for cell in x.__closure__ or ()
    )
    made = FunctionType(x.__code__, real, x.__name__, x.__defaults__, cells or None)
    made.__kwdefaults__ = x.__kwdefaults__
    return made
