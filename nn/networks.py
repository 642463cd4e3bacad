"""The two networks that the project starts from: Model and ExciterNet.

A network is a list of layers and a loss. Going backward by hand is that list in
reverse, link by link.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

import numpy as np

from engine import Tensor
from nn.activations import ReLU
from nn.chain import as_layers, backward_through, tuple_error, written_out
from nn.exciter import Callback, Exciter
from nn.layer import Layer
from nn.linear import Lin, MaskedLinear
from nn.losses import Mse
from nn.module import Module, name_parameters


class Network(Module):
    """A chain of layers, and the loss at its end.

    Args:
        layers: called one after the other.
        loss: called with the last output and the target; `Mse()` if None.
    """

    def __init__(self, layers: Iterable[Layer], loss: Layer | None = None) -> None:
        self.layers = as_layers(type(self).__name__, layers)
        self.loss = Mse() if loss is None else loss
        as_layers(type(self).__name__, [self.loss])
        name_parameters(self)

    def __call__(self, x: Any, targ: Any) -> Any:
        """The loss for a batch.

        Args:
            x: the examples, of shape (n, d), or whatever the first layer takes.
            targ: the targets, of shape (n,) or that of the output, or what the loss
                takes.
        """
        for layer in (*self.layers, self.loss):
            if layer.out is not None:
                layer.forget()  # all at once: no two graphs alive together
        for layer in self.layers:
            x = layer(x)
            if x.__class__ is tuple:
                raise tuple_error(layer, x)
        return self.loss(x, targ)

    def backward(self) -> None:
        """The chain rule, link by link: the loss first, then the layers in reverse.

        If a link fails, every gradient is as it was before the call.
        """
        backward_through(self, [*self.layers, self.loss])

    def predict(self, x: Any) -> Any:
        """The last layer's output for a batch, as an array; no target is needed.

        Nothing is recorded, the layers are in the state of `eval()`, and keep their
        last call, so that it may be called in the middle of a backward pass.

        Args:
            x: the examples, of shape (n, d), or whatever the first layer takes.
        """
        with self.evaluating():
            for layer in self.layers:
                x = layer.forward(x)
                if x.__class__ is tuple:
                    raise tuple_error(layer, x)
        return x.data if isinstance(x, Tensor) else x

    def get_test_yhat(self, x: Any) -> Any:
        """`predict`, by the name that it has in the lesson."""
        return self.predict(x)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.layers))})"

    def __str__(self) -> str:
        """On one line if it fits, else with a layer in each line."""
        return written_out(self, self.layers)


class Model(Network):
    """The lesson network, a multi-layer perceptron: Lin, ReLU, Lin, and Mse.

    Args:
        w1: weights of shape (d, h); Tensors or arrays, as all of these.
        b1: biases of shape (h,).
        w2: weights of shape (h, k).
        b2: biases of shape (k,).
    """

    def __init__(self, w1: Any, b1: Any, w2: Any, b2: Any) -> None:
        super().__init__([Lin(w1, b1, name="Lin 1"), ReLU(), Lin(w2, b2, name="Lin 2")])

    @classmethod
    def init(cls, d: int, h: int, k: int, *, rng: np.random.Generator) -> Self:
        """Random weights, as `Lin.init` draws them, for d features and h hidden units.

        Args:
            d: features coming in.
            h: hidden units.
            k: outputs.
            rng: draws the weights.
        """
        first, second = Lin.init(d, h, rng=rng), Lin.init(h, k, rng=rng)
        return cls(*named(first, "1"), *named(second, "2"))


class ExciterNet(Network):
    """Lin, Exciter, MaskedLinear, ReLU, Lin, and Mse: the second network.

    Args:
        lin1: from d features to h.
        exciter: the clamp with the callback.
        masked: from h to h.
        lin2: from h to k outputs.
    """

    def __init__(
        self, lin1: Lin, exciter: Exciter, masked: MaskedLinear, lin2: Lin
    ) -> None:
        super().__init__([lin1, exciter, masked, ReLU(), lin2])
        self.exciter = exciter

    @classmethod
    def init(
        cls,
        d: int = 5,
        h: int = 3,
        k: int = 1,
        *,
        rng: np.random.Generator,
        callback_fn: Callback | None = None,
        low: float = -10.0,
        high: float = 10.0,
    ) -> Self:
        """Random weights, as `Lin.init` draws them; the masked layer is one to one.

        Args:
            d: features coming in.
            h: hidden units.
            k: outputs.
            rng: draws the weights.
            callback_fn, low, high: as in `Exciter`.
        """
        lin1 = Lin.init(d, h, rng=rng, name="Lin 1")
        masked = MaskedLinear.init(h, h, rng=rng)
        lin2 = Lin.init(h, k, rng=rng, name="Lin 2")
        named(lin1, "1"), named(masked, "m"), named(lin2, "2")
        return cls(lin1, Exciter(callback_fn, low=low, high=high), masked, lin2)


def named(layer: Lin, suffix: str) -> tuple[Tensor, Tensor]:
    """The layer's parameters, called w and b with a suffix, for the picture."""
    layer.w.name, layer.b.name = f"w{suffix}", f"b{suffix}"
    return layer.w, layer.b
