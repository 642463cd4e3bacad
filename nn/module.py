"""Modules: what has parameters.

A parameter is a leaf Tensor that wants a gradient and is kept in an attribute of a
module, or of a module, list, tuple or dict found there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine import Tensor


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
