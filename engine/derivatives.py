"""Derivatives of functions that are written in plain NumPy: grad, jacobian, hvp, ...

The function is called on fresh Tensors, the pass runs back to just these, and what
arrives there is returned. No `.grad` is read or written. A Tensor that is passed
in gets a fresh identity node, so that derivatives nest in any order, each stopping at
its own. What depends on a Tensor outside that wants a gradient is returned as a Tensor;
everything else as plain arrays.

An argument is a number, an array, or a tuple, list or dict of them (of any depth), and
its gradient has the same form.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from engine._cuts import warn_of_zero
from engine._like_function import LikeFunction
from engine._nested import directions, leaves, mapped, refilled
from engine._node import data_of
from engine._run import (
    all_rows,
    argument_places,
    arrays_in,
    as_asked_for,
    back,
    check_function,
    check_number,
    depends,
    in_form,
    reached_by,
    run_on_fresh,
    zero_like,
)
from engine._signatures import _name
from engine.recording import recording

Function = Callable[..., Any]


def grad(
    f: Function, argnums: int | Sequence[int] = 0, *, has_aux: bool = False
) -> Function:
    """The gradient of a function of one number as result.

    Args:
        f: a function of numbers and arrays, written in NumPy.
        argnums: the place of the argument to differentiate by, or several.
        has_aux: whether f returns a pair, of the number and of anything that is to be
            handed on beside it. Then the gradient comes in a pair, too.

    Returns:
        A function of the same arguments, with the name and the docstring of f: the
        gradient, in the form of the argument; a tuple of them for several. With
        `has_aux` the pair (gradient, aux), with plain data in place of Tensors.

    Raises:
        ValueError: if f returns more than one number, or does not have the argument.
        TypeError: if f returns something else, such as a bool, None or a tuple.

    Warns:
        UserWarning: if what f returned does not depend on the argument, so that the
            gradient is 0; not where derivatives nest.
    """
    return _Grad(f, argnums, has_aux)


def value_and_grad(
    f: Function, argnums: int | Sequence[int] = 0, *, has_aux: bool = False
) -> Function:
    """As `grad`, but the function returns the pair (value of f, gradient).

    With `has_aux` it returns ((value, aux), gradient).
    """
    return _ValueAndGrad(f, argnums, has_aux)


def vjp(f: Function, *x: Any) -> tuple[Any, Function]:
    """The value of f at x, and the function that carries gradients back through it.

    Args:
        f: a function of numbers and arrays; its result is one, or a tuple, list or dict
            of them.
        x: its arguments.

    Returns:
        The pair (value, pullback). `pullback(v)` takes a gradient with respect to the
        value, of its form and shapes, and returns the tuple of those with respect to x:
        v times the Jacobian of f, without forming it. It may be called again; given a
        Tensor, it returns Tensors.
    """
    check_function("vjp", f)
    run = run_on_fresh("vjp", f, tuple(range(len(x))), x, {})
    outs = arrays_in("vjp", run.out)

    def pullback(v: Any) -> tuple[Any, ...]:
        ways = [v]  # for one array the pass checks it
        if isinstance(run.out, tuple | list | dict):
            ways = directions("pullback", run.out, v, "a gradient", "the value")
        return tuple(in_form(run, reached_by(run, outs, ways)))

    return as_asked_for(run, run.out), pullback


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """The value of f at the primals, and its change along the tangents.

    The Jacobian of f times the tangents, without forming it, by two backward passes:
    the first is linear in the gradient v that it begins with, and the second
    differentiates it by v (the transpose of a transpose).

    Args:
        f: a function of numbers and arrays; its result is one, or a tuple, list or dict
            of them.
        primals: its arguments.
        tangents: a direction for each, of its form and shapes.

    Returns:
        The pair (value, tangent), of the same form and shapes.
    """
    if not isinstance(primals, Sequence) or not isinstance(tangents, Sequence):
        raise TypeError("jvp: primals and tangents must be lists, of one per argument")
    ways = directions("jvp", tuple(primals), tuple(tangents))
    check_function("jvp", f)
    run = run_on_fresh("jvp", f, tuple(range(len(primals))), tuple(primals), {})
    outs = arrays_in("jvp", run.out)
    vs = [zero_like(data_of(out)) for out in outs]
    with recording():
        rows = reached_by(run, outs, vs)
        pairs = zip(run.fresh, ways, strict=True)
        along = sum((rows[x] * t).sum() for x, t in pairs if x in rows)
    reached = {}
    if depends(along):  # else the result does not depend on the primals
        again = run.nested or any(map(depends, ways))
        reached = back([along], [None], vs, again=again)
    tangent = [reached[v] if v in reached else np.zeros_like(v.data)[()] for v in vs]
    return as_asked_for(run, run.out), refilled(run.out, tangent)


def jacobian(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """All derivatives of a function of one array, or several, as result.

    Returns:
        A function of the same arguments, with the name and the docstring of f. For a
        result of shape s and an array of shape t among the argument it returns an array
        of shape s + t: [i, j] is the derivative of the entry i of the result by the
        entry j of the argument. For a tuple, list or dict as result, one of these for
        each array in it. One backward pass is run for each entry of the result; where
        the call is compiled, one for all entries, whose products of matrices may differ
        from those of one row in their last bits.
    """
    return _Jacobian(f, argnums)


def hessian(f: Function, argnums: int = 0) -> Function:
    """The second derivatives of a function of one number as result.

    Returns:
        A function of the same arguments: for an array argument of shape t an array of
        shape t + t.
    """
    return jacobian(grad(f, argnums), argnums)


def hvp(f: Function, x: Any, v: Any) -> Any:
    """The Hessian of f at x times v, without forming it: of the form of x.

    Args:
        f: a function of one argument and one number as result.
        x: where.
        v: a direction, of the form and shapes of x.
    """

    ways = directions("hvp", x, v)

    def slope(x: Any) -> Any:
        pairs = zip(leaves(grad(f)(x)), ways, strict=True)
        return sum(np.sum(g * d) for g, d in pairs)

    return grad(slope)(x)


# --- functions that are derivatives of others -----------------------------------------


class _Derivative(LikeFunction):
    """A function of the arguments of f."""

    caller = ""

    def __init__(
        self, f: Function, argnums: int | Sequence[int], has_aux: bool = False
    ) -> None:
        self.places = argument_places(self.caller, f, argnums)
        self.argnums, self.has_aux = argnums, has_aux
        super().__init__(f)

    def _options(self) -> tuple[Any, ...]:
        return self.argnums, self.has_aux

    def __repr__(self) -> str:
        return f"<{self.caller} of {self.__name__}>"

    def chosen(self, parts: list[Any]) -> Any:
        """What belongs to the argument; a tuple where several were asked for."""
        return parts[0] if isinstance(self.argnums, int | np.integer) else tuple(parts)


class _ValueAndGrad(_Derivative):
    caller = "value_and_grad"

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return self.both(args, kwargs)

    def both(self, args: Any, kwargs: Any) -> tuple[Any, Any]:
        f = self.__wrapped__
        run = run_on_fresh(
            self.caller, f, self.places, args, kwargs, has_aux=self.has_aux
        )
        check_number(self.caller, run.out)
        reached = reached_by(run, [run.out], [None])
        arrived = not run.fresh or not reached.keys().isdisjoint(run.fresh)
        if not arrived and run.called is not None:
            warn_of_zero(self.caller, self.places, run.called, _name)
        value = as_asked_for(run, run.out)
        gradient = self.chosen(in_form(run, reached))
        return (value, run.aux) if self.has_aux else value, gradient


class _Grad(_ValueAndGrad):
    caller = "grad"

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        value, gradient = self.both(args, kwargs)
        return (gradient, value[1]) if self.has_aux else gradient


class _Jacobian(_Derivative):
    caller = "jacobian"

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        f = self.__wrapped__
        run = run_on_fresh(self.caller, f, self.places, args, kwargs)
        arrays_in(self.caller, run.out)
        return mapped(lambda out: self.chosen(all_rows(run, out)), run.out)
