"""Layers: rules with parameters that remember their last call.

The one idea: calling a layer keeps its input and output, so that going backward can be
watched, or done by hand: `layer.backward()` reads `layer.out.g` and gives `layer.inp.g`
and the gradients of the layer's parameters. That is one link of the chain; the whole
chain at once is `loss.backward()`, with the same numbers.

The calculus is in rules.py, the pass in engine/graph.py.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from engine import Tensor
from engine.graph import backward_pass, store, topological_order
from nn.module import Module
from nn.rules import check_mask, check_weights, lin, masked_linear, mse, relu


class Layer(Module):
    """A module that computes one output from its inputs, in `forward`.

    Attributes:
        inp: the input of the last call; None before the first.
        out: the output of the last call.
        name: what the picture calls it.
    """

    inp: Any = None
    out: Any = None
    name: str = "Layer"

    _not_parameters = frozenset({"inp", "out"})

    def __call__(self, inp: Any) -> Any:
        self.inp = self.out = None  # the last call's graph goes before another is made
        out = self.forward(inp)
        self.inp, self.out = inp, out
        if type(out) is Tensor and out is not inp:
            out.group = self.name
        return out

    def forward(self, inp: Any) -> Any:
        """The output for an input; keeps nothing."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def __getstate__(self) -> dict[str, Any]:
        """What is copied and pickled: all but the last call, whose graph is not."""
        return {k: v for k, v in vars(self).items() if k not in self._not_parameters}

    def backward(self) -> None:
        """One link of the chain: from `out.g` to `inp.g` and the parameters' `g`.

        A layer with one number as output, such as a loss, begins the chain: with 1 if
        `out.g` is not there yet. A leaf adds to the gradient that it has; that of an
        interior `inp` is set, for in a chain nothing else uses it.

        Raises:
            RuntimeError: if there was no recorded call, or `out.g` is not there yet.
            ValueError: if, where the chain begins, some layer's input or output turns
                out to be used by two nodes: its gradient is a sum, which only
                `loss.backward()` adds up.
        """
        out = self.out
        if out is not None and out is self.inp:
            return  # nothing was done to it
        if not self._has_recorded(out):
            return
        if out.ndim == 0:
            self._refuse_forks(out)
        start = out if out.grad is None else _twin(out)
        inputs = [x for x in (self.inp, *self.parameters()) if isinstance(x, Tensor)]
        store(backward_pass([start], [out.grad], inputs))

    def _has_recorded(self, out: Any) -> bool:
        """Whether the last call left a graph; False if nothing wanted a gradient."""
        who = type(self).__name__
        if out is None:
            raise RuntimeError(f"{who}.backward: the layer was not called yet")
        if not isinstance(out, Tensor) or not out.requires_grad:
            wanted = getattr(self.inp, "requires_grad", False) or self.parameters()
            if wanted or np.ndim(out) == 0:
                raise RuntimeError(f"{who}.backward: the last call recorded nothing")
            return False
        if out.grad is None and out.ndim:
            raise RuntimeError(
                f"{who}.backward: out.g is not there yet; run backward() of what comes "
                "after the layer first"
            )
        return True

    def _refuse_forks(self, loss: Tensor) -> None:
        """Link by link, a gradient arrives from one side: refuse where two would."""
        users: dict[Tensor, set[Tensor]] = {}
        for node in topological_order([loss]):
            for x in node.parents:
                if isinstance(x, Tensor) and x.parents and (x.group or node.group):
                    users.setdefault(x, set()).add(node)
        for x, nodes in users.items():
            if len(nodes) > 1:
                raise ValueError(
                    f"{type(self).__name__}.backward: {x!r}, the output of "
                    f"{x.group or x.op}, feeds {len(nodes)} nodes; use "
                    "loss.backward(), which adds up what comes back from them"
                )


class Lin(Layer):
    """A linear layer: inp @ w + b.

    Args:
        w: weights of shape (d, k), a Tensor or an array.
        b: biases of shape (k,).
        name: what the picture calls it.
    """

    def __init__(self, w: Any, b: Any, *, name: str = "Lin") -> None:
        self.w, self.b = _parameter(w), _parameter(b)
        self.name = name
        check_weights(type(self).__name__, self.w, self.b)

    @classmethod
    def init(
        cls, d: int, k: int, *, rng: np.random.Generator, name: str = "Lin"
    ) -> Self:
        """Random weights of variance 2 / d, and zero biases.

        The variance keeps the size of signals through ReLU layers: K. He et al.,
        "Delving deep into rectifiers" (2015), equation 10.

        Args:
            d: features coming in.
            k: features going out.
            rng: draws the weights.
            name: what the picture calls it.
        """
        return cls(random_weights(np.ones((d, k)), rng), np.zeros(k), name=name)

    def forward(self, inp: Any) -> Any:
        """(n, d) to (n, k)."""
        return lin(inp, self.w, self.b)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({' -> '.join(map(str, self.w.shape))})"


class MaskedLinear(Lin):
    """A linear layer that leaves some of its weights out, for good.

    Args:
        w: weights of shape (d, k), a Tensor or an array.
        b: biases of shape (k,).
        mask: zeros and ones, of shape (d, k). `np.eye(k)` joins the k inputs to the k
            outputs one to one. The layer keeps a copy.
        name: what the picture calls it.
    """

    def __init__(
        self, w: Any, b: Any, *, mask: Any, name: str = "MaskedLinear"
    ) -> None:
        super().__init__(w, b, name=name)
        mask = np.asarray(mask) if isinstance(mask, list | tuple) else mask
        check_mask("MaskedLinear", mask, self.w.shape)
        self.mask = mask.astype(bool)  # a copy, which widens no float32
        if not isinstance(mask, np.ndarray):
            return
        if not isinstance(self.w.data, np.ndarray):  # to go with w, be of its library
            self.mask = np.asarray(self.mask, like=self.w.data)
        else:
            self.mask.flags.writeable = False

    @classmethod
    def init(
        cls,
        d: int,
        k: int,
        *,
        rng: np.random.Generator,
        name: str = "MaskedLinear",
        mask: Any = None,
    ) -> Self:
        """As `Lin.init`, where d is the number of inputs that the mask lets through.

        Args:
            d: features coming in.
            k: features going out.
            rng: draws the weights.
            name: what the picture calls it.
            mask: zeros and ones, of shape (d, k); one to one (d == k) if None.
        """
        if mask is None and d != k:
            raise ValueError(f"MaskedLinear: one to one needs {d} == {k}; give a mask")
        mask = np.eye(d) if mask is None else mask
        mask = np.asarray(mask) if isinstance(mask, list | tuple) else mask
        check_mask(cls.__name__, mask, (d, k))
        return cls(random_weights(mask, rng), np.zeros(k), mask=mask, name=name)

    def forward(self, inp: Any) -> Any:
        """(n, d) to (n, k)."""
        return masked_linear(inp, self.w, self.b, mask=self.mask)


class ReLU(Layer):
    """The rectifier: the larger of the input and 0, entry by entry."""

    name = "ReLU"

    def forward(self, inp: Any) -> Any:
        """Any shape to the same shape."""
        return relu(inp)

    def __repr__(self) -> str:
        return "ReLU()"


class Mse(Layer):
    """The mean squared error, a loss.

    Attributes:
        targ: the target of the last call, beside `inp` and `out`.
    """

    name = "Mse"
    targ: Any = None

    _not_parameters = frozenset({"inp", "out", "targ"})

    def __call__(self, inp: Any, targ: Any) -> Any:  # type: ignore[override]
        self.targ = targ
        return Layer.__call__(self, inp)

    def forward(self, inp: Any) -> Any:
        """(n, 1) against a `targ` of (n,), or two equal shapes, to one number."""
        return mse(inp, self.targ)

    def __repr__(self) -> str:
        return "Mse()"


def random_weights(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Normal weights where the mask is 1, of variance 2 / (its ones per column)."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"init: rng is {rng!r}; pass np.random.default_rng(seed)")
    inputs = np.maximum(mask.sum(axis=0), 1)
    return rng.standard_normal(mask.shape) * np.sqrt(2 / inputs) * mask


def _parameter(x: Any) -> Tensor:
    return x if isinstance(x, Tensor) else Tensor(x)


def _twin(node: Tensor) -> Tensor:
    """The same step of the graph without the hooks, which have run on its gradient."""
    twin = Tensor(node.data)
    twin.parents, twin.grad_fns = node.parents, node.grad_fns
    twin.rule, twin.options = node.rule, node.options
    return twin
