"""The two networks that the project starts from: Model and ExciterNet.

A network is a list of layers and a loss. Going backward by hand is that list in
reverse, link by link.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any, Self

import numpy as np

from engine import Tensor, no_grad
from nn.exciter import Callback, Exciter
from nn.layer import Layer
from nn.layers import Lin, MaskedLinear, Mse, ReLU
from nn.module import Module


class Network(Module):
    """A chain of layers, and the loss at its end.

    Args:
        layers: called one after the other.
        loss: called with the last output and the target; `Mse()` if None.
    """

    def __init__(self, layers: Iterable[Layer], loss: Mse | None = None) -> None:
        caller = type(self).__name__
        if not isinstance(layers, Iterable):
            raise TypeError(
                f"{caller}: layers is {layers!r:.60}, and must be a list of layers"
            )
        self.layers = list(layers)
        self.loss = Mse() if loss is None else loss
        for layer in (*self.layers, self.loss):
            if not isinstance(layer, Layer):
                raise TypeError(
                    f"{caller}: {layer!r:.60} is not a Layer; subclass nn.Layer to "
                    "write one"
                )

    def __call__(self, x: Any, targ: Any) -> Any:
        """The loss for a batch.

        Args:
            x: the examples, of shape (n, d).
            targ: the targets, of shape (n,) or that of the output.
        """
        for layer in self.layers:
            layer.inp = layer.out = None  # all at once: no two graphs alive together
        self.loss.inp = self.loss.out = None
        for layer in self.layers:
            x = layer(x)
        return self.loss(x, targ)

    def backward(self) -> None:
        """The chain rule, link by link: the loss first, then the layers in reverse.

        If a link fails, every gradient is as it was before the call.
        """
        chain = [*self.layers, self.loss]
        for before, after in pairwise(chain):
            if after.inp is not None and after.inp is not before.out:
                raise ValueError(
                    f"{type(self).__name__}.backward: the last call of {after!r} was "
                    f"not on what {before!r} gave; use loss.backward()"
                )
        held = [x for layer in chain for x in (layer.inp, layer.out)]
        tensors = [x for x in (*self.parameters(), *held) if isinstance(x, Tensor)]
        gradients = [(x, x.grad) for x in tensors]
        try:
            for layer in reversed(chain):
                layer.backward()
        except BaseException:
            for x, gradient in gradients:
                x.grad = gradient
            raise

    def get_test_yhat(self, x: Any) -> np.ndarray:
        """The prediction for a batch, as an array.

        Nothing is recorded, and the layers keep their last call, so that it may be
        called in the middle of a backward pass.

        Args:
            x: the examples, of shape (n, d).
        """
        with no_grad():
            for layer in self.layers:
                x = layer.forward(x)
        return x.data if isinstance(x, Tensor) else x

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.layers))})"


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
