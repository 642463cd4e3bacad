"""Whether operations are recorded, what they belong to, and whether they are watched.

There is a single state, kept per thread and per asyncio task (a ContextVar); op.py
reads it at every op. It is `False` inside `no_grad()`. Otherwise it is the Group that a
`scope` or a layer has opened, or None, and every node keeps it: naming the parts of a
program costs its ops nothing. The picture draws a box around each group. Inside
`debug()` or `lines()` it is a Watched, which holds the group.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Literal, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


# What made some nodes: its label (anything that str() makes a name of), and the group
# around it or None. Every entrance makes a pair of its own, compared by `is`; a class
# with two fields would cost three times as much, in every call of every layer.
Group = tuple[Any, Any]


class Watched:
    """The state inside `debug()`, where all is checked, or `lines()`, where the line of
    each op is noted; around the group."""

    __slots__ = ("checks", "group")

    def __init__(self, group: Group | None, *, checks: bool) -> None:
        self.group, self.checks = group, checks


State = Group | Watched | Literal[False] | None

_state: ContextVar[State] = ContextVar("recording", default=None)
# (state, what is outside it), where what is outside is such a pair again, or None.
_outer: ContextVar[Any] = ContextVar("outer", default=None)
state = _state.get
_RUN_LATER = (
    inspect.isgeneratorfunction,
    inspect.iscoroutinefunction,
    inspect.isasyncgenfunction,
)


def is_recording() -> bool:
    """Whether an operation on Tensors would be recorded here."""
    return state() is not False


class _Context:
    """A change of the state for a `with` block or a function; undone on every way out.

    What was before is kept beside the state, not in the object, which may be entered by
    several threads, and inside itself.
    """

    __slots__ = ()

    def _inside(self, before: State) -> State:
        raise NotImplementedError

    def __enter__(self) -> None:
        before = state()
        _outer.set((before, _outer.get()))
        _state.set(self._inside(before))

    def __exit__(self, *exception: object) -> None:
        entered = _outer.get()
        if entered is not None:  # else a generator was entered in another context
            before, rest = entered
            _state.set(before)
            _outer.set(rest)

    def __call__(self, fn: Callable[P, T]) -> Callable[P, T]:
        name = type(self).__name__
        if not callable(fn):
            raise TypeError(f"{name}: decorates functions, got {fn!r}")
        if any(runs_later(fn) for runs_later in _RUN_LATER):
            raise TypeError(
                f"{name}: {fn.__name__} runs after the decorator has returned; "
                f"use 'with {name}():' inside it"
            )

        @functools.wraps(fn)
        def wrapped(*args: Any, **kwargs: Any) -> T:
            with self:
                return fn(*args, **kwargs)

        return wrapped


def _refuse(context: _Context, misplaced: tuple[Any, ...]) -> None:
    if misplaced:
        name = type(context).__name__
        raise TypeError(f"{name} takes no arguments; decorate with @{name}()")


class recording(_Context):
    """Record inside the `with` block (or decorated function), whatever is outside."""

    __slots__ = ()

    def __init__(self, *misplaced: Any) -> None:
        _refuse(self, misplaced)

    def _inside(self, before: State) -> State:
        return _group_outside() if before is False else before


class no_grad(recording):
    """Record nothing inside the `with` block (or the decorated function).

    What is computed there from Tensors is a Tensor that wants no gradient. The state
    from before is restored on every way out, exceptions included.
    """

    __slots__ = ()

    def _inside(self, before: State) -> State:  # noqa: ARG002  # whatever it is
        return False


class scope(_Context):
    """Say what the nodes made inside the `with` block (or function) belong to.

    A picture draws a box around them, and folds them into one card when there are too
    many. Each entrance is a group of its own; scopes nest. It is only a name:
    gradients do not change, and inside `no_grad()` nothing is recorded.

    Args:
        label: what the picture calls the group: a name, or an object whose class has a
            `__str__` that gives one, which is called when the picture is drawn. The
            nodes hold the label: one that holds nodes itself makes a cycle.

    Raises:
        TypeError: if the label is empty, or `str()` makes no name of it.
    """

    __slots__ = ("_label",)

    def __init__(self, label: object) -> None:
        if not _makes_a_name(label):
            raise TypeError(
                f"scope: label is {label!r:.60}, and must be a name such as 'encoder', "
                "or an object with a __str__ that gives one"
            )
        self._label = label

    def _inside(self, before: State) -> State:
        return before if before is False else _grouped(self._label, before)


def _makes_a_name(label: object) -> bool:
    if isinstance(label, str | bytes):
        return isinstance(label, str) and label != ""
    return type(label).__str__ is not object.__str__  # else it is <X object at 0x...>


class debug(_Context):
    """Check all that is recorded inside the `with` block (or decorated function).

    Every op raises at once where it makes a NaN or an infinity of finite operands. A
    backward pass, inside the block or later, raises where a gradient does, and where an
    array was changed in place after an op recorded inside the block had used it: an
    operand, an index or other option, or a value. The error names the op, the shapes
    and your line. A NaN that comes in with the data raises nothing; `viz.draw` rings
    it. One that a hook or a sum makes in the gradient of a leaf is found inside the
    block only.

    Everything is checked, so it is slow; outside the block it costs nothing.

    Raises:
        FloatingPointError: in an op or a pass, where a NaN or an infinity appears.
        RuntimeError: in a pass, where an array was changed.
    """

    __slots__ = ()

    def __init__(self, *misplaced: Any) -> None:
        _refuse(self, misplaced)

    def _inside(self, before: State) -> State:
        return before if before is False else Watched(group_of(before), checks=True)


class lines(_Context):
    """Note the line of your program for each op recorded inside the `with` block.

    The page of a picture and that of `steps` then show it: `train.py:12` and what
    stands there. An op takes about 2 µs more, so it is not done by default; outside the
    block it costs nothing. Inside `debug()`, which notes lines too, all is checked as
    before. It is also a decorator.
    """

    __slots__ = ()

    def __init__(self, *misplaced: Any) -> None:
        _refuse(self, misplaced)

    def _inside(self, before: State) -> State:
        if before is False or isinstance(before, Watched):
            return before
        return Watched(before, checks=False)


def is_checking() -> bool:
    """Whether we are inside `debug()`."""
    now = state()
    return isinstance(now, Watched) and now.checks


def group_of(state: Any) -> Group | None:
    """The group that a state stands for, where there is recording."""
    return state.group if state.__class__ is Watched else state


def _grouped(label: Any, around: Any) -> State:
    """The state in a group inside another; what is watched stays so."""
    if around.__class__ is Watched:
        return Watched((label, around.group), checks=around.checks)
    return label, around


def _group_outside() -> State:
    """The state around the `no_grad()` that we are in, if any."""
    around = _outer.get()
    while around is not None:
        before, around = around
        if before is not False:
            return before
    return None
