"""Modules: what has parameters.

A parameter is a leaf Tensor that wants a gradient and is kept in an attribute of a
module, or of a module, list, tuple or dict found there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from engine import Tensor

_MOST_SHAPES = 3  # of parameters, that a module is called by


class Module:
    """Something with parameters: a layer, a network, or a nest of both."""

    _not_parameters: frozenset[str] = frozenset()  # attributes that hold other Tensors

    def parameters(self) -> list[Tensor]:
        """The parameters in the order of the attributes, each once."""
        return list(dict.fromkeys(_parameters_in(self, set())))

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to None."""
        for parameter in self.parameters():
            parameter.grad = None

    def __repr__(self) -> str:
        """The class and its sizes: `Dense(5 -> 8)`."""
        return f"{type(self).__name__}({_sizes([p.shape for p in self.parameters()])})"


def _sizes(shapes: list[tuple[int, ...]]) -> str:
    """Features in and out if there is one matrix, and biases; else the shapes."""
    matrices = [shape for shape in shapes if len(shape) == 2]
    if len(matrices) == 1 and all(len(shape) < 3 for shape in shapes):
        d, k = matrices[0]
        if (d,) in shapes and (k,) not in shapes:  # the biases of w @ inp
            d, k = k, d
        return f"{d} -> {k}"
    words = [str(math.prod(s) if len(s) < 2 else s) for s in shapes]
    if len(words) > _MOST_SHAPES:
        words[_MOST_SHAPES - 1 :] = [f"… {len(words) - _MOST_SHAPES + 1} more"]
    return ", ".join(words)


def _parameters_in(value: Any, seen: set[int]) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        if value.requires_grad and not value.parents:
            yield value
        return
    if not isinstance(value, Module | list | tuple | dict) or id(value) in seen:
        return
    seen.add(id(value))  # modules may refer to each other
    for part in _parts(value):
        yield from _parameters_in(part, seen)


def _parts(value: Any) -> list[Any]:
    if isinstance(value, Module):
        return [v for k, v in vars(value).items() if k not in value._not_parameters]
    return list(value.values() if isinstance(value, dict) else value)
