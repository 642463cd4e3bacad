"""What a function uses from outside: its closure cells, globals, and what is in them.

It is recorded as a copy, whose cells and globals give arrays that write for arrays, and
copies for what holds arrays. So each thing that it asks for is known by the way to it,
and every run of the program goes that way again: an array is an argument; a number, a
flag, a function or a module must be the same, or another program is recorded.

Of an object that holds arrays or Tensors a copy is recorded, too. What f binds anew in
it, and in Tensors, is a result of the program, which binds it in the object itself.
"""

from __future__ import annotations

import copy
from types import CellType, FunctionType, SimpleNamespace
from typing import Any

import numpy as np

from engine.compilation.classes import Defined, look_at_class, look_at_object
from engine.compilation.copies import Globals, copy_of, restored
from engine.compilation.draws import Draws
from engine.compilation.forms import (
    Other,
    Refused,
    dtype_of,
    is_named_tuple,
    layout_of,
)
from engine.compilation.held import Held, part_of, parts_of, set_part
from engine.compilation.kinds import (
    NUMBERS,
    check_hidden,
    class_values,
    copied,
    holds_arrays,
    is_collection,
    is_looked_into,
    is_plain,
    seen_in,
)
from engine.compilation.lines import Lines, Same, same_objects
from engine.compilation.tape import Tape
from engine.tensor import Tensor
from engine.written.array import Writing


class Outside:
    """What a function uses from outside, while it is recorded.

    Args:
        tape: records.
        lines: get the look-ups and what must be so.
        changing: numbers that are arguments: the ids of what holds them, and the keys.
    """

    def __init__(
        self,
        tape: Tape,
        lines: Lines,
        changing: frozenset[tuple[int, Any]] = frozenset(),
    ) -> None:
        self._changing = changing
        self.tape, self.lines = tape, lines
        self.held: list[Held] = []
        self.inputs: dict[Any, str] = {}  # the step of an array -> its variable
        self._known: dict[int, tuple[Any, Any, str]] = {}
        self.globals: list[Globals] = []
        self.cells: list[tuple[CellType, Any, str]] = []
        self.draws = Draws()
        self.classes: list[Defined] = []
        self.collections: list[tuple[Any, str]] = []
        self.seen: set[int] = set()
        self.watched: list[tuple[Any, dict[str, Any]]] = []  # objects, as they were
        tape.reloads.append(self._reload)

    # --- one thing --------------------------------------------------------------------

    def stand_in(self, x: Any, way: str, wish: str = "", changing: bool = False) -> Any:
        """What f gets for a value that it asks for.

        Args:
            x: the value.
            way: the expression by which the program comes to it.
            wish: what it may be called.
            changing: whether it may be another number in the next call.
        """
        if isinstance(x, NUMBERS):
            return self._number(x, way, wish, changing)
        if id(x) in self._known:
            _, twin, before = self._known[id(x)]
            if way != before:
                self.lines.require(f"{way} is {before}")
            return twin
        return self._new(x, way, wish, changing)

    def _new(self, x: Any, way: str, wish: str, changing: bool) -> Any:
        if isinstance(x, np.ndarray):
            return self._array(x, way, wish)
        if isinstance(x, Writing):
            raise Other("a recording is inside another one")
        if type(x) is Tensor:
            return self._tensor(x, way, wish)
        if type(x) in (list, tuple, dict) or is_named_tuple(type(x)):
            return self._container(x, way, wish, changing)
        self.is_the_same(x, way)
        if isinstance(x, type):
            look_at_class(self, x, makes=True)
            return x
        check_hidden(x)
        self.draws.look_at(x)
        twin = copy_of(self, x)
        if twin is not None:
            self.remember(x, twin, self.way_to(x))
            return twin
        if is_collection(x):
            return self._collection(x, self.way_to(x))
        if holds_arrays(x):
            raise Refused(
                f"compiled: f uses a {type(x).__name__} from outside that holds arrays "
                "and can't be looked into; pass its arrays as arguments"
            )
        look_at_object(self, x)
        return x

    def attributes(self, x: Any, twin: Any, name: str) -> None:
        """Those of a function: the same, and what f binds anew in them is bound."""
        own = f"{name}.__dict__"
        if vars(x):
            own = self.lines.local(own, "of_function")
            self.lines.require(f"len({own}) == {len(vars(x))}")
        else:
            self.lines.require(f"not {own}")
        for key, part in tuple(vars(x).items()):
            vars(twin)[key] = self.stand_in(part, f"{own}[{key!r}]", key)
        if isinstance(x, FunctionType) and "__wrapped__" not in vars(x):
            vars(twin).pop("__wrapped__", None)  # that of functools.wraps
        held = Held(x, twin, own)
        held.before = dict(vars(twin))
        self.held.append(held)

    def _collection(self, x: Any, name: str) -> Any:
        """A set, a deque and such, of plain numbers and words: it must be the same."""
        known = self.lines.bind(seen_in(x), "seen")
        self.lines.require(f"{self.lines.bind(seen_in)}({name}) == {known}")
        twin = copy.copy(x)
        self.remember(x, twin, name)
        self.collections.append((twin, seen_in(x)))
        return twin

    def remember(self, x: Any, twin: Any, way: str) -> None:
        """What stands in for an object, and how the program comes to it."""
        self._known[id(x)] = x, twin, way

    def way_to(self, x: Any) -> str:
        """How the program comes to an object."""
        return self._known[id(x)][2]

    def is_the_same(self, x: Any, way: str) -> str:
        """The name of an object, which the program must find there again."""
        name = self.lines.bind(x)
        if name != way:
            self.lines.require(f"{way} is {name}")
        self.remember(x, x, name)
        return name

    def _number(self, x: Any, way: str, wish: str, changing: bool) -> Any:
        if changing and type(x) in (int, float):
            name = self.lines.local(way, wish or "number")
            self.lines.require(f"{name}.__class__ is {type(x).__name__}")
            return self._input(x, name)
        if isinstance(x, np.generic) and x.dtype.kind in "iuf" and not self.tape.hooked:
            return self._data(x, way, wish or "number")
        if self.tape.hooked:
            why = "it asks for a number after a hook, which may have changed it"
            raise Other(why, told=True)
        if x is None or x is True or x is False:
            self.lines.require(f"{way} is {x}")
            return x
        known, is_it = self.lines.bind(x), self.lines.bind(Same(x), "same")
        self.lines.require(f"({way} is {known} or {is_it}({way}))")
        return x

    def _input(self, x: Any, name: str) -> Writing:
        made = self.tape.given(x)
        self.inputs[made.step] = name
        made.step.users = name
        return made

    def _array(self, x: Any, way: str, wish: str) -> Writing:
        if self.tape.hooked:  # which may have bound another one
            dtype_of(x)
            twin = self.tape.reload(x, way, wish or "array")
            self.remember(x, twin, way)
            return twin
        name = self.lines.local(way, wish or "array")
        self.lines.require(*fits(self.lines, name, x))
        twin = self._input(x, name)
        self.remember(x, twin, name)
        return twin

    def _tensor(self, x: Tensor, way: str, wish: str) -> Tensor:
        own = x.name or wish or "tensor"
        name = self.lines.local(way, f"{own}_tensor")
        kind = self.lines.bind(Tensor)
        self.lines.require(
            f"{name}.__class__ is {kind}",
            f"{name}.requires_grad is {x.requires_grad}",
        )
        hooks = tuple((x._hooks or {}).values())
        if hooks:
            known = self.lines.bind(hooks, "hooks")
            self.lines.require(f"tuple(({name}._hooks or {{}}).values()) == {known}")
        else:
            self.lines.require(f"not {name}._hooks")
        twin = Tensor(0.0, requires_grad=x.requires_grad, name=x.name)
        self.remember(x, twin, name)
        twin._hooks = x._hooks
        twin.data = self._data(x.data, f"{name}.data", own)
        twin.grad = self._data(x.grad, f"{name}.grad", f"g_{own}")
        held = Held(x, twin, name)
        held.before = {"data": twin.data, "grad": twin.grad}
        self.held.append(held)
        return twin

    def _data(self, x: Any, way: str, wish: str) -> Any:
        """The data or gradient of a Tensor: an argument, a scalar of NumPy, too."""
        if not isinstance(x, np.generic):
            return self.stand_in(x, way, wish)
        dtype_of(x)
        name = self.lines.local(way, wish)
        self.lines.require(f"{name}.__class__ is {self.lines.bind(type(x))}")
        return self._input(x, name)

    # --- what holds others ------------------------------------------------------------

    def _container(self, x: Any, way: str, wish: str, changing: bool) -> Any:
        keys = x if isinstance(x, dict) else range(len(x))
        counts = any((id(x), key) in self._changing for key in keys)
        if len(x) and not changing and not counts and is_plain(x):
            is_it = self.lines.bind(Same(copied(x)), f"same_{wish}")
            self.lines.require(f"{is_it}({way})")
            return self._held(x, copied(x), way)
        name = self.lines.local(way, f"{wish}_" if wish else "parts")
        kind = self.lines.bind(type(x))
        self.lines.require(f"{name}.__class__ is {kind}", f"len({name}) == {len(x)}")
        if isinstance(x, dict):
            self.lines.require(*keys_fit(self.lines, name, x))
        if isinstance(x, tuple):
            parts = [
                self.stand_in(part, f"{name}[{i}]", f"{wish}_{i}", changing)
                for i, part in enumerate(x)
            ]
            twin = type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
            self.remember(x, twin, name)
            return twin
        twin = type(x)()
        self.remember(x, twin, name)
        for key, part in x.items() if isinstance(x, dict) else enumerate(x):
            place = self.lines.literal(key)
            counts = changing or (id(x), key) in self._changing
            made = self.stand_in(part, f"{name}[{place}]", f"{wish}_{key}", counts)
            if type(key) is Tensor:
                key = self.stand_in(key, self.lines.bind(key))
            if isinstance(x, dict):
                twin[key] = made
            else:
                twin.append(made)
        return self._held(x, twin, name)

    def _held(self, x: Any, twin: Any, way: str) -> Any:
        """The copy of a list or a dict, whose parts f may bind anew."""
        self.remember(x, twin, way)
        if not isinstance(x, tuple):
            held = Held(x, twin, way)
            held.before = dict(parts_of(twin))
            self.held.append(held)
        return twin

    def object(self, x: Any) -> Any:
        """A copy of an object: its attributes are looked up."""
        kind = type(x)
        look_at_class(self, kind)
        twin = kind() if kind is SimpleNamespace else object.__new__(kind)
        name = self.way_to(x)
        self.lines.require(f"{name}.__class__ is {self.lines.bind(kind)}")
        self.remember(x, twin, name)
        own = self.lines.local(f"{name}.__dict__", f"of_{name}")
        passing: frozenset[str] = getattr(kind, "_not_parameters", frozenset())
        changing: frozenset[str] = getattr(kind, "_changing", frozenset())
        if passing:
            absent = [a for a in class_values(kind) if a not in vars(x)]
            absent = [a for a in absent if a not in passing and a[:2] != "__"]
            if absent:
                names = self.lines.bind(frozenset(absent), "defaults")
                self.lines.require(f"{names}.isdisjoint({own})")
        else:
            self.lines.require(f"len({own}) == {len(vars(x))}")
        quiet = not passing and not holds_arrays(x)
        for key, part in tuple(vars(x).items()):
            if key in passing:
                continue
            way = f"{own}[{key!r}]"
            if quiet and not is_looked_into(part):
                self.lines.require(f"{way} is {self.lines.bind(part)}")
                vars(twin)[key] = part
            else:
                counts = key in changing or (id(x), key) in self._changing
                vars(twin)[key] = self.stand_in(part, way, key, counts)
        held = Held(x, twin, own)
        held.before = dict(vars(twin))
        self.held.append(held)
        return twin

    # --- afterwards -------------------------------------------------------------------

    def _reload(self) -> None:
        """After a hook, which may bind anew: what f looks up then, it finds anew."""
        for held in self.held:
            for key, before in held.before.items():
                if not isinstance(before, Writing) or part_of(held, key) is not before:
                    continue
                step = before.step
                if step not in self.inputs:
                    continue
                way = (
                    f"{held.way}.{key}"
                    if type(held.real) is Tensor
                    else f"{held.way}[{key!r}]"
                )
                again = self.tape.reload(step.value, way, step.users)
                held.before[key] = again
                set_part(held, key, again)

    def words_for(self, key: Any) -> str:
        """A key of a dict in Python's words: of a copy the real one."""
        for real, twin, _ in self._known.values():
            if twin is key:
                key = real
        return self.lines.literal(key)

    def real(self, x: Any) -> Any:
        """What a copy was made of; of a function over copies one over the real ones."""
        originals = {id(twin): real for real, twin, _ in self._known.values()}
        return restored(x, originals)

    def forget(self) -> None:
        """Let go of all copies."""
        for held in self.held:
            if type(held.twin) is Tensor:
                held.twin.data, held.twin.grad = np.float64(0.0), None
            elif isinstance(held.twin, list | dict):
                held.twin.clear()
            else:
                vars(held.twin).clear()
            held.before.clear()
        for known in self.globals:
            known.forget()
        for cell, _, _ in self.cells:
            del cell.cell_contents
        self._known.clear()
        self.cells.clear()
        self.held.clear()
        self.globals.clear()


def fits(lines: Lines, name: str, x: np.ndarray) -> tuple[str, ...]:
    """Conditions that an array is of the same class, dtype and shape."""
    dtype, array = lines.bind(dtype_of(x), x.dtype.name), lines.bind(np.ndarray)
    if type(x) is not np.ndarray:
        raise Other(f"an array is a {type(x).__name__}")
    layout = layout_of(x)
    lies = f"{name}.flags.c_contiguous" if x.ndim > 1 else ""
    return (
        f"{name}.__class__ is {array}",
        f"{name}.dtype is {dtype}",
        f"{name}.shape == {x.shape}",
        *([f"{name}.strides == {layout}"] if layout else [lies] if lies else []),
    )


def keys_fit(lines: Lines, name: str, x: dict[Any, Any]) -> tuple[str, ...]:
    """Conditions that a dict has the same keys in the same order; 1 is not True."""
    keys = lines.bind(tuple(x), "keys")
    if all(type(key) is str for key in x):
        return (f"tuple({name}) == {keys}",)
    if not is_plain(x.keys()):
        return (f"{lines.bind(same_objects)}(tuple({name}), {keys})",)
    return (f"{lines.bind(Same(tuple(x)), 'same_keys')}(tuple({name}))",)
