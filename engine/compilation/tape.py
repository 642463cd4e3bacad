"""The record of a function that is compiled: stricter than that of one that is printed.

All that decides what is computed is kept: arrays from elsewhere are constants of the
program, numbers that stand alone are written by arrays that write, too, and what comes
out as a plain value, such as that of `np.array_equal`, is held to be so.
"""

from __future__ import annotations

import copy
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from engine._gradients import copied, match_to_data, read_only
from engine._node import data_of
from engine._once import waiting
from engine.compilation.exact import operands
from engine.compilation.forms import Other, Refused
from engine.compilation.writes import check_call
from engine.written.arguments import parts
from engine.written.array import Number, Writing, steps_in
from engine.written.record import Record, Step

# Functions whose plain results follow from shapes and dtypes, which are fixed.
_OF_SHAPES = frozenset(
    {"np.shape", "np.ndim", "np.size", "np.result_type", "np.common_type"}
    | {"np.iscomplexobj", "np.isrealobj", "np.can_cast", "np.min_scalar_type"}
    | {"np.einsum_path", "np.broadcast_shapes"}
)
# Functions whose results have shapes that follow from those of their arguments: the
# shape of what others return is held.
_SAME_SHAPES = """
    sum prod mean var std max min amax amin ptp any all argmax argmin cumsum cumprod
    nansum nanprod nanmean nanvar nanstd nanmax nanmin median nanmedian average quantile
    percentile sort argsort partition argpartition clip round around real imag angle
    copy reshape ravel squeeze expand_dims transpose swapaxes moveaxis rollaxis
    broadcast_to broadcast_arrays atleast_1d atleast_2d atleast_3d stack concatenate
    vstack hstack dstack column_stack flip fliplr flipud roll rot90 tile diag diagonal
    diagflat trace tril triu dot vdot inner outer matmul tensordot einsum kron cross
    diff ediff1d gradient convolve correlate interp meshgrid zeros_like ones_like
    empty_like full_like where take take_along_axis isclose nan_to_num sinc i0 polyval
    vander asarray searchsorted digitize unwrap trapezoid cov corrcoef isin append
"""
_NUMBERS = (int, float, bool, complex)
_CLOSED = frozenset(f"np.{name}" for name in _SAME_SHAPES.split())


class Tape(Record):
    """The steps of a function that is compiled.

    Attributes:
        reloads: to be called after a hook.
        called: whether something with effects is called in every run.
    """

    caller, error = "compiled", Refused
    exact = True

    def __init__(self) -> None:
        super().__init__(of_function=True)
        self._made: list[weakref.ref[Writing]] = []
        self.reloads: list[Callable[[], None]] = []  # of what a hook may change
        self._draws = 0
        self._elsewhere: list[np.ndarray] = []
        self._errors = np.geterr()
        self._generators: dict[int, np.random.Generator] = {}
        self._views: dict[int, list[Any]] = {}
        self.hooked = False  # whether a hook was called
        self.called = False  # whether something outside is called in every run

    def alive(self) -> list[Writing]:
        """The arrays that write which it has made, and that are still there."""
        return [x for made in self._made if (x := made()) is not None]

    def made(self, step: Step) -> Writing:
        """The array that writes which stands for a step."""
        array = isinstance(step.value, np.ndarray)
        writing = Writing(self, step) if array else Number(self, step)
        self._made.append(weakref.ref(writing))
        if array and step.value.base is not None:
            self._views.setdefault(_memory_of(step.value), []).append(
                weakref.ref(writing)
            )
        return writing

    def check_write(self, x: Any) -> None:
        if not isinstance(x, Writing):
            return
        step = x.step
        if step.kind in ("input", "constant", "reload", "hook", "call"):
            raise Refused(
                "compiled: f writes into an array that it was given, or has from "
                "outside; copy it first"
            )
        if step.value.base is not None:
            raise Refused(
                "compiled: f writes into a part of an array; build the new array, by "
                "np.where or np.concatenate, or write into it by x[...] = y"
            )
        views = self._views.get(id(step.value), ())
        if any(view() is not None for view in views):
            raise Refused(
                "compiled: f writes into an array of which another shows a part, which "
                "would change, too; copy one of them first"
            )

    def check_call(self, function: Any, args: Any, options: dict[str, Any]) -> None:
        check_call(function, args, options)

    def given(self, value: Any, *, kept: bool = True) -> Writing:
        """A number or an array that the program begins with."""
        step = Step("input", "", (), {}, value)
        self.steps.append(step)
        self.inputs.append(step)
        if kept and isinstance(value, np.ndarray):  # the same array, met elsewhere
            self._known[id(value)] = self.made(step)
        return self.made(step)

    def argument(self, value: Any) -> Writing:
        made = self.given(value)
        self._unnamed.add(made.step)
        return made

    def kept(self, step: Step) -> Any:
        value = step.value
        self._check_errors()
        if isinstance(value, np.ndarray) and any(
            x.value is value for x in _given_to(step)
        ):
            step.value = value = value.view()  # np.real(x) is x itself
        if type(value) in _NUMBERS and step.kind in ("operator", "number"):
            self.steps.append(step)
            if step.name == "**":
                self._hold_class(*step.args)
            return self.made(step)
        if isinstance(value, np.ndarray | np.generic):
            self.steps.append(step)
            if np.ndim(value) and self._is_open(step):
                self.steps.append(Step("shape", "", (step,), {}, value.shape))
            return self.made(step)
        if isinstance(value, tuple | list) and step.kind != "rule":
            return super().kept(step)
        self.steps.append(step)
        if step.kind == "function" and value is not None:
            self._hold(step)
        return value

    def _hold_class(self, x: Any, y: Any) -> None:
        """Of x ** y: of integers it is a float where y is negative."""
        values = [a.value if isinstance(a, Step) else a for a in (x, y)]
        if isinstance(y, Step) and all(isinstance(a, int) for a in values):
            whole = Step("operator", ">=", (y, 0), {}, y.value >= 0)
            self.steps += [whole, Step("value", "", (whole,), {}, whole.value)]

    def _check_errors(self) -> None:
        """What f ignores changes no number; what it has raise would no longer be."""
        changed = np.geterr().items() - self._errors.items()
        if any(how != "ignore" for _, how in changed):
            raise Other("it sets np.errstate")

    def _hold(self, step: Step) -> None:
        """A plain value: it follows from shapes, or it is held to be so."""
        if step.name not in _OF_SHAPES:
            self.steps.append(Step("plain", "", (step,), {}, step.value))

    def _is_open(self, step: Step) -> bool:
        """Whether the shape of what came out may depend on values."""
        if step.kind == "item":
            return self._is_open(step.args[0])
        if step.kind in ("method", "function") and any(map(_may_count, _after(step))):
            return True
        if step.kind == "index":
            index = step.args[1] if type(step.args[1]) is tuple else step.args[1:]
            return any(map(_decides_a_shape, index))
        if step.kind == "method":
            return step.name in ("nonzero", "repeat", "compress")
        if step.kind != "function" or "." in step.name[3:]:  # np.linalg, ufunc.reduce
            return step.kind == "function" and not step.name.startswith("np.")
        if step.name == "np.where":
            return len(step.args) == 1
        return step.name not in _CLOSED and not _is_ufunc(step.name)

    def _from_elsewhere(self, x: np.ndarray) -> Any:
        """An array that f has from elsewhere: a constant of the program."""
        known = self._known.get(id(x))
        if known is None or (known.step.kind == "constant" and _changed(known, x)):
            known = self.made(Step("constant", "", (), {}, x.copy("K")))
            self.steps.append(known.step)
            self._known[id(x)] = known
            self._elsewhere.append(x)  # else another may get its id
        return known

    # --- what is called outside, in every run ----------------------------------------

    def hook(self, fn: Callable[[Any], Any], g: Writing, caller: str) -> Writing:
        """A hook, which every run calls once; what it returns stands for g."""
        self.called = self.hooked = True
        step = Step("hook", caller, (g.step,), {}, g.step.value, fn)
        self.steps.append(step)
        for reload in self.reloads:
            reload()
        return self.made(step)

    def reload(self, value: Any, way: str, wish: str) -> Writing:
        """What is found at a place once more: a hook may have bound it anew."""
        step = Step("reload", way, (), {}, value)
        step.users = wish
        self.steps.append(step)
        return self.made(step)

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Writing:
        """Random numbers, which every run draws; now of a copy of the generator."""
        value = waiting(self._draws)
        if value is None:
            known = self._generators.setdefault(id(rng), copy.deepcopy(rng))
            value = known.random(shape)
        self._draws += 1
        return self.call(rng.random, (shape,), value, pure=False)

    def call(
        self, fn: Callable[..., Any], args: tuple[Any, ...], value: Any, *, pure: bool
    ) -> Any:
        """A call that every run makes; if it is not pure it has effects, as a draw."""
        self.called = self.called or not pure
        step = Step("call", "" if pure else "draw", steps_in(args), {}, value, fn)
        self.steps.append(step)
        return self.made(step)


def hooked(hook: Callable[[Any], Any], g: Any, caller: str) -> Any:
    """What a hook makes of a gradient: itself, or what is returned, of its shape."""
    given = hook(read_only(g))
    if given is None:
        return g
    given = copied(data_of(given), caller)
    if given.shape != g.shape:
        raise ValueError(
            f"{caller}: what it returned has shape {given.shape}, and must have "
            f"{g.shape}"
        )
    return match_to_data(given, g, caller)


def _changed(known: Writing, x: np.ndarray) -> bool:
    """Whether f has written into an array since it was used."""
    return known.step.value.tobytes() != x.tobytes()


def _memory_of(x: np.ndarray) -> int:
    """The array that owns what one shows."""
    while isinstance(x.base, np.ndarray):
        x = x.base
    return id(x)


def _given_to(step: Step) -> Iterator[Step]:
    """The operands of a step, or of that of which it is one of several results."""
    return operands(step.args[0] if step.kind == "item" else step)


def _after(step: Step) -> Iterator[Step]:
    """The operands but the first one: axes, counts and shapes may be among them."""
    return parts([step.args[1:], step.options])


def _may_count(x: Step) -> bool:
    """Whether it is an integer, or a row of such: an axis, a count or a shape."""
    return np.ndim(x.value) < 2 and np.asarray(x.value).dtype.kind in "iu"


def _decides_a_shape(index: Any) -> bool:
    if isinstance(index, slice):
        return any(isinstance(x, Step) for x in (index.start, index.stop, index.step))
    if isinstance(index, list | tuple):
        return any(map(_decides_a_shape, index))
    return isinstance(index, Step) and np.asarray(index.value).dtype == bool


def _is_ufunc(name: str) -> bool:
    return isinstance(getattr(np, name.removeprefix("np."), None), np.ufunc)
