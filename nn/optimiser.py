"""The optimiser: what SGD, Adam and those of a user's own share.

A step binds new data, and never writes into the old: recorded graphs, and others who
hold the array, keep the old values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from engine import Tensor, data_of, keep_dtype, written
from nn.checks import not_negative, positive
from nn.saving import Expected, check_arrays, expected_of, read_arrays, write_arrays
from nn.schedules import Rate


class Optimiser:
    """What all optimisers share. To write one, subclass it and define `moved`.

    Args:
        parameters: leaf Tensors, such as `network.parameters()`.
        lr: the learning rate, positive; or a function of the step, which counts from
            0, such as `nn.cosine(0.1, 1000)`. A function may reach 0.

    Attributes:
        parameters: the list of them, each once.
        lr: as given; may be set anew at any time, to a number or a function.
        steps: how many were done.
    """

    # What a subclass keeps for each parameter: arrays of its shape and its dtype.
    moment_names: tuple[str, ...] = ()
    # The numbers that go on from step to step: arguments of a step that is compiled.
    _changing = frozenset({"_lr", "steps", "_moves"})

    def __init__(self, parameters: Iterable[Tensor], *, lr: Rate) -> None:
        own = type(self).__name__
        self.parameters = unique_tensors(own, parameters)
        self.lr, self.steps = lr, 0
        if not self.parameters:
            raise ValueError(
                f"{own}: parameters is empty, so there is nothing to train"
            )
        self._moves = [0 for _ in self.parameters]  # how often each has moved
        self._moments: list[tuple[Any, ...]] = [() for _ in self.parameters]

    @property
    def lr(self) -> Rate:
        return self._lr

    @lr.setter
    def lr(self, lr: Rate) -> None:
        self._lr = lr if callable(lr) else positive(type(self).__name__, "lr", lr)

    def rate(self) -> float:
        """The learning rate of the next step."""
        own, lr = type(self).__name__, self._lr
        return written.called(_rate_at, own, lr, self.steps) if callable(lr) else lr

    def step(self) -> None:
        """One step; a parameter without a gradient does not move.

        Raises:
            ValueError: if a gradient does not have the shape of its parameter.
            TypeError: if a gradient is not of real numbers, or the data of a parameter
                is not an array of floats. No parameter has moved then.
        """
        lr, own = self.rate(), type(self).__name__
        for i, parameter in enumerate(self.parameters):
            if parameter.grad is not None:
                _check_step(own, parameter, i, self._moments[i])
        for i, parameter in enumerate(self.parameters):
            if parameter.grad is None:
                continue
            p, g = parameter.data, data_of(parameter.grad)
            moments, t = self._moments[i] or self._zeros(p), self._moves[i] + 1
            new, moments = self.moved(p, g, moments, lr=lr, t=t)
            parameter.data = keep_dtype(new, p)
            self._moments[i] = tuple([keep_dtype(x, p) for x in moments])
            self._moves[i] = t
        self.steps += 1

    def moved(
        self, p: Any, g: Any, moments: tuple[Any, ...], *, lr: float, t: int
    ) -> tuple[Any, tuple[Any, ...]]:
        """The data of a parameter after a step, and its moments.

        Args:
            p, g: the data of a parameter and its gradient, of one shape. They and the
                moments are not to be written into.
            moments: what the last step returned; zeros before the first.
            lr: the learning rate.
            t: how often the parameter has moved, this step counted: 1 at the first.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define moved")

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to None."""
        for p in self.parameters:
            p.grad = None

    def state(self) -> dict[str, Any]:
        """What goes on from step to step, as named arrays, not to be written into.

        `steps`; `moves`, how often each parameter has moved; and the moments of the
        i-th parameter, such as `0.m`. What is not in it: the parameters, which the
        network saves, and what the constructor was given, such as `lr`.
        """
        arrays: dict[str, Any] = {
            "steps": np.array(self.steps, np.int64),
            "moves": np.array(self._moves, np.int64),
        }
        for i, p in enumerate(self.parameters):
            moments = self._moments[i] or self._zeros(p.data)
            for name, x in zip(self.moment_names, moments, strict=True):
                arrays[f"{i}.{name}"] = np.asarray(x) if np.isscalar(x) else x
        return arrays

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from the `state()` of an optimiser of like parameters.

        Raises:
            ValueError: if a name, a shape or a dtype is another. Nothing has changed.
        """
        what = f"{type(self).__name__}.load_state"
        if not isinstance(state, Mapping):
            raise TypeError(
                f"{what}: state is {state!r:.60}, and must be a dict as of state()"
            )
        check_arrays(expected_of(state), self._expected(), what=f"{what}: the state")
        self._take(what, state)

    def save(self, path: str | Path) -> None:
        """Write the state to a file that ends with .npz or .safetensors."""
        write_arrays(path, self.state())

    def load(self, path: str | Path) -> None:
        """Go on from a saved state; what does not fit is refused before it is read."""
        what = f"{type(self).__name__}.load"
        self._take(what, read_arrays(path, self._expected(), what=what))

    def _expected(self) -> Expected:
        return expected_of(self.state())

    def _take(self, what: str, state: Mapping[str, Any]) -> None:
        steps, moves = int(state["steps"]), [int(n) for n in state["moves"]]
        if min(steps, *moves) < 0:
            raise ValueError(f"{what}: steps is {steps} and moves {moves}: below 0")
        self.steps, self._moves = steps, moves
        self._moments = [
            tuple([state[f"{i}.{name}"] for name in self.moment_names])
            for i in range(len(moves))
        ]

    def _zeros(self, p: Any) -> tuple[Any, ...]:
        return tuple([np.zeros_like(p) for _ in self.moment_names])


def _rate_at(own: str, lr: Any, step: int) -> float:
    """What a schedule gives for a step."""
    try:
        rate = lr(step)
    except TypeError as error:
        raise TypeError(
            f"{own}: lr is {lr!r:.60}, and must be a number or a function of the "
            f"step: {error}"
        ) from error
    return not_negative(own, f"lr of step {step}", rate)


def unique_tensors(caller: str, parameters: Any) -> list[Tensor]:
    """The list of leaf Tensors, a shared one once."""
    if isinstance(parameters, Tensor) or not isinstance(parameters, Iterable):
        cure = "; network.parameters() is one"
        if isinstance(parameters, Tensor):
            cure = "; put it in a list"
        raise TypeError(
            f"{caller}: parameters is {parameters!r:.60}, and must be a list of Tensors"
            f"{cure}"
        )
    listed = list(parameters)
    for p in listed:
        if not isinstance(p, Tensor) or p.parents or not p.requires_grad:
            raise TypeError(
                f"{caller}: {p!r} is not a leaf Tensor that wants a gradient"
            )
    return list(dict.fromkeys(listed))


def _check_step(
    caller: str, parameter: Tensor, i: int, moments: tuple[Any, ...]
) -> None:
    """Raise if the i-th parameter can't take a step against its gradient."""
    p, g = parameter.data, data_of(parameter.grad)
    if moments and not _alike(moments[0].shape, p.shape):
        raise ValueError(
            f"{caller}: parameter {parameter.name or i!r} has shape {p.shape}, and had "
            f"{moments[0].shape} when it last moved; make a new {caller}"
        )
    alike = g.__class__ is p.__class__ is np.ndarray and g.dtype.kind == "f"
    if alike and g.dtype is p.dtype and g.shape == p.shape:
        return  # as nearly always
    which = f"parameter {parameter.name or i!r}"
    for what, x, kinds in (("data", p, "f"), ("gradient", g, "fiub")):
        dtype = getattr(x, "dtype", None) or np.dtype(type(x))
        real = getattr(dtype, "kind", "O") in kinds
        if not real or isinstance(x, np.matrix | np.ma.MaskedArray | Tensor):
            numbers = "floats" if kinds == "f" else "real numbers"
            raise TypeError(
                f"{caller}: the {what} of {which} is a {type(x).__name__} of {dtype}, "
                f"and must be a plain array of {numbers}"
            )
    shape = getattr(g, "shape", ())
    if not _alike(shape, p.shape):
        raise ValueError(
            f"{caller}: the gradient of {which} has shape {shape}, and must have that "
            f"of the data, {p.shape}"
        )


def _alike(shape: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Whether shapes are the same, as far as is known: NaN is a size not yet known."""
    return shape == other or any(n != n for n in shape + other)
