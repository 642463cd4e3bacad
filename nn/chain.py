"""Chains of layers that are layers again: Sequential and Residual."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from engine import Tensor
from nn.layer import Layer
from nn.module import Module


class Sequential(Layer):
    """Layers, called one after the other.

    Args:
        layers: each takes what the one before gave.
        name: what the picture calls it.

    Attributes:
        layers: the list of them.
    """

    _one_link = False

    def __init__(self, *layers: Layer, name: str = "Sequential") -> None:
        self.layers = as_layers(type(self).__name__, layers)
        self.name = name

    def forward(self, inp: Any) -> Any:
        """What the first layer takes, to what the last gives."""
        for layer in self.layers:
            inp = layer(inp)
            if inp.__class__ is tuple:
                raise tuple_error(layer, inp)
        return inp

    def forget(self) -> None:
        super().forget()
        for layer in self.layers:
            layer.forget()

    def backward(self) -> None:
        """Link by link, through each of the layers."""
        if self.layers:
            backward_through(self, self.layers)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.layers))})"

    def __str__(self) -> str:
        return written_out(self, self.layers)


class Residual(Sequential):
    """What goes in, plus what the layers make of it: inp + layers(inp).

    K. He et al., "Deep residual learning for image recognition" (2015), equation 1.

    Args:
        layers: called one after the other; the last gives the shape that comes in.
        name: what the picture calls it.
    """

    _one_link = True

    def __init__(self, *layers: Layer, name: str = "Residual") -> None:
        super().__init__(*layers, name=name)

    def forward(self, inp: Any) -> Any:
        """Any shape to the same shape."""
        change = super().forward(inp)
        if inp.shape != change.shape:
            raise ValueError(
                f"{type(self).__name__}: {inp.shape} came in and the layers gave "
                f"{change.shape}; the last must give the shape that comes in"
            )
        return inp + change

    def backward(self) -> None:
        """One link: `inp` gets what comes back past the layers, and through them."""
        Layer.backward(self)


def tuple_error(layer: Layer, out: tuple[Any, ...]) -> TypeError:
    """The error for a layer that gave what the next can't take."""
    return TypeError(
        f"{layer!r} gave {len(out)} things, and the next layer takes one; "
        "nn.Recurrent(cell) calls a cell for each step, and gives its states"
    )


def written_out(module: Module, layers: list[Layer], width: int = 88) -> str:
    """The module on one line if it fits, else with a layer in each line."""
    line = repr(module)
    if len(line) <= width:
        return line
    inside = "\n".join(f"{layer}," for layer in layers)
    return f"{type(module).__name__}(\n{textwrap.indent(inside, '    ')}\n)"


def as_layers(caller: str, layers: Any) -> list[Layer]:
    """The layers in a list. Raises TypeError if one is not a Layer."""
    if not isinstance(layers, Iterable):
        raise TypeError(
            f"{caller}: layers is {layers!r:.60}, and must be a list of layers"
        )
    found = list(layers)
    for layer in found:
        if not isinstance(layer, Layer):
            cure = "subclass nn.Layer to write one"
            if isinstance(layer, list | tuple):
                cure = "put a * before a list of layers"
            elif isinstance(layer, type) and issubclass(layer, Layer):
                cure = f"call it: {layer.__name__}(...)"
            raise TypeError(f"{caller}: {layer!r:.60} is not a Layer; {cure}")
    return found


def backward_through(module: Module, chain: list[Layer]) -> None:
    """Go backward through a chain, link by link; if one fails, change no gradient."""
    for before, after in pairwise(chain):
        if after.inp is not None and after.inp is not before.out:
            raise ValueError(
                f"{type(module).__name__}.backward: the last call of {after!r} was "
                f"not on what {before!r} gave; use loss.backward()"
            )
    held = [x for layer in chain for x in (layer.inp, layer.out)]
    tensors = [x for x in (*module.parameters(), *held) if isinstance(x, Tensor)]
    gradients = [(x, x.grad) for x in tensors]
    try:
        for layer in reversed(chain):
            layer.backward()
    except BaseException:
        for x, gradient in gradients:
            x.grad = gradient
        raise
