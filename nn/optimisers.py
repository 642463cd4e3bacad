"""Optimisers: SGD, Adam and AdamW, which step parameters against their gradients.

A step binds new data, and never writes into the old: recorded graphs, and others who
hold the array, keep the old values. In the formulas p is a parameter, g its gradient,
lr the learning rate.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from engine import Tensor, data_of, keep_dtype
from nn.checks import as_float
from nn.saving import Header, check_headers, read_arrays, write_arrays
from nn.schedules import Schedule


class Optimiser:
    """What all optimisers share; to write one, subclass it and define `moved`.

    Args:
        parameters: leaf Tensors, such as `network.parameters()`.
        lr: the learning rate, positive; or a function of the step, which counts from 0,
            such as `nn.cosine(0.1, steps=1000)`.

    Attributes:
        parameters: the list of them, each once.
        lr: may be set anew at any time.
        steps: how many were done.
    """

    # Names of the arrays that are kept for each parameter, of its shape.
    moments: tuple[str, ...] = ()

    def __init__(self, parameters: Iterable[Tensor], *, lr: float | Schedule) -> None:
        own = type(self).__name__
        if isinstance(parameters, Tensor) or not isinstance(parameters, Iterable):
            raise TypeError(
                f"{own}: parameters is {parameters!r:.60}, and must be a list of "
                "Tensors"
            )
        self.parameters = list(parameters)
        self.lr = lr if callable(lr) else as_float(own, "lr", lr)
        self.rate()
        if not self.parameters:
            raise ValueError(
                f"{own}: parameters is empty, so there is nothing to train"
            )
        for p in self.parameters:
            if not isinstance(p, Tensor) or p.parents or not p.requires_grad:
                raise TypeError(
                    f"{own}: {p!r} is not a leaf Tensor that wants a gradient"
                )
        self.parameters = list(dict.fromkeys(self.parameters))  # a shared one once
        self.kept: list[dict[str, Any]] = [{} for _ in self.parameters]

    steps: int = 0

    def rate(self) -> float:
        """The learning rate of the next step."""
        own, lr = type(self).__name__, self.lr
        if lr.__class__ is not float:
            lr = as_float(own, "lr", lr(self.steps) if callable(lr) else lr)
        if not 0 < lr < math.inf and not (callable(self.lr) and lr == 0):
            raise ValueError(f"{own}: lr is {lr}, and must be positive and finite")
        return lr

    def step(self) -> None:
        """One step; a parameter without a gradient does not move.

        Raises:
            ValueError: if a gradient does not have the shape of its parameter.
            TypeError: if a gradient is not of real numbers, or the data of a parameter
                is not an array of floats. No parameter has moved then.
        """
        lr, own = self.rate(), type(self).__name__
        for i, p in enumerate(self.parameters):
            if p.grad is not None:
                _check_step(own, p, data_of(p.grad), i)
        for p, kept in zip(self.parameters, self.kept, strict=True):
            if p.grad is not None:
                p.data = keep_dtype(
                    self.moved(p.data, data_of(p.grad), lr, kept), p.data
                )
        self.steps += 1

    def moved(self, p: Any, g: Any, lr: float, kept: dict[str, Any]) -> Any:
        """The data of a parameter after a step.

        Args:
            p, g: the data of a parameter and its gradient, of one shape; not to be
                written into.
            lr: the learning rate.
            kept: what the last step kept for this parameter, under the names in
                `moments`, and `"t"`, how often it moved; empty before the first.
        """
        raise NotImplementedError(f"{type(self).__name__} has no moved")

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to None."""
        for p in self.parameters:
            p.grad = None

    def state(self) -> dict[str, np.ndarray]:
        """What a training that goes on later needs, as named arrays.

        `steps`, and for the i-th parameter `i.t`, how often it moved, and its moments,
        such as `i.m`. The parameters themselves are the network's to save.
        """
        arrays = {"steps": np.asarray(self.steps)}
        for i, kept in enumerate(self.kept):
            arrays |= {f"{i}.{name}": _as_array(x) for name, x in kept.items()}
        return arrays

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from a state; if it does not fit, a ValueError, and nothing changes."""
        arrays = {name: _as_array(x) for name, x in state.items()}
        self._needed("the state")(
            {k: Header(x.shape, x.dtype) for k, x in arrays.items()}
        )
        self._take(arrays)

    def save(self, path: str | Path) -> None:
        """Write the state to a file that ends with .npz or .safetensors."""
        write_arrays(path, self.state())

    def load(self, path: str | Path) -> None:
        """Go on from a saved state; what does not fit is refused before it is read."""
        self._take(read_arrays(path, self._needed(path)))

    def _needed(self, path: Any) -> Any:
        """The check of a state: each parameter has all its moments, or did not move."""
        integer = Header((), np.dtype(np.int64))

        def check(found: dict[str, Header]) -> None:
            needed = {"steps": integer}
            for i, p in enumerate(self.parameters):
                if f"{i}.t" in found or any(f"{i}.{m}" in found for m in self.moments):
                    needed[f"{i}.t"] = integer
                    like = Header(p.shape, p.dtype)
                    needed |= {f"{i}.{name}": like for name in self.moments}
            check_headers(f"{type(self).__name__}.load", path, needed)(found)

        return check

    def _take(self, arrays: Mapping[str, np.ndarray]) -> None:
        self.steps = int(arrays["steps"])
        self.kept = [
            {
                "t": int(arrays[f"{i}.t"]),
                **{m: arrays[f"{i}.{m}"] for m in self.moments},
            }
            if f"{i}.t" in arrays
            else {}
            for i in range(len(self.parameters))
        ]


class SGD(Optimiser):
    """Gradient descent: p - lr * g; with momentum p - lr * m, where m is a running sum.

    m = momentum * m + g, and of Nesterov's kind the step is g + momentum * m. B. Polyak
    (1964); I. Sutskever et al., "On the importance of initialization and momentum in
    deep learning" (2013), section 2, in the form that PyTorch has, with lr outside.

    Args:
        parameters: leaf Tensors, such as `network.parameters()`.
        lr: the learning rate, or a function of the step.
        momentum: the share of m that stays, from 0 to under 1.
        nesterov: whether the step looks ahead; needs momentum.
        weight_decay: is multiplied with p and added to g.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        *,
        lr: float | Schedule,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr=lr)
        self.momentum = _share("SGD", "momentum", momentum)
        self.nesterov = nesterov
        self.weight_decay = _not_negative("SGD", "weight_decay", weight_decay)
        if nesterov and not momentum:
            raise ValueError("SGD: nesterov needs momentum, and it is 0")
        self.moments = ("m",) if momentum else ()

    def moved(self, p: Any, g: Any, lr: float, kept: dict[str, Any]) -> Any:
        if self.weight_decay:
            g = g + self.weight_decay * p
        if self.momentum:
            m = kept["m"] = self.momentum * kept["m"] + g if kept else 1 * g
            kept["t"] = kept.get("t", 0) + 1
            g = g + self.momentum * m if self.nesterov else m
        return p - lr * g


class Adam(Optimiser):
    """Steps whose size each entry's own gradients set: p - lr * m / (sqrt(v) + eps).

    m and v are running means of g and g ** 2, divided by what they lack because they
    began at 0. D. Kingma and J. Ba, "Adam: a method for stochastic optimization"
    (2015), algorithm 1.

    Args:
        parameters: leaf Tensors, such as `network.parameters()`.
        lr: the learning rate, or a function of the step.
        betas: the shares of m and of v that stay, each from 0 to under 1.
        eps: is added to sqrt(v), so that nothing is divided by 0.
        weight_decay: is multiplied with p and added to g.
    """

    moments = ("m", "v")

    def __init__(
        self,
        parameters: Iterable[Tensor],
        *,
        lr: float | Schedule = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr=lr)
        own = type(self).__name__
        if not isinstance(betas, tuple | list) or len(betas) != 2:
            raise TypeError(f"{own}: betas is {betas!r:.60}, and must be two numbers")
        self.betas = (
            _share(own, "betas[0]", betas[0]),
            _share(own, "betas[1]", betas[1]),
        )
        self.eps = _not_negative(own, "eps", eps)
        self.weight_decay = _not_negative(own, "weight_decay", weight_decay)

    def moved(self, p: Any, g: Any, lr: float, kept: dict[str, Any]) -> Any:
        if self.weight_decay:
            g = g + self.weight_decay * p
        return self._step(p, g, lr, kept)

    def _step(self, p: Any, g: Any, lr: float, kept: dict[str, Any]) -> Any:
        (b1, b2), t = self.betas, kept.get("t", 0) + 1
        m = kept["m"] = b1 * kept["m"] + (1 - b1) * g if kept else (1 - b1) * g
        v = kept["v"] = (
            b2 * kept["v"] + (1 - b2) * (g * g) if t > 1 else (1 - b2) * (g * g)
        )
        kept["t"] = t
        size = np.sqrt(v) / math.sqrt(1 - b2**t) + self.eps
        return p - lr / (1 - b1**t) * m / size


class AdamW(Adam):
    """Adam, with weight decay apart from the gradient: p is first shortened by lr times
    the decay.

    I. Loshchilov and F. Hutter, "Decoupled weight decay regularization" (2019),
    algorithm 2, in the form that PyTorch has, with the rate in the decay.

    Args:
        parameters, lr, betas, eps: as in `Adam`.
        weight_decay: lr * weight_decay * p is subtracted from p at each step.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        *,
        lr: float | Schedule = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(
            parameters, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay
        )

    def moved(self, p: Any, g: Any, lr: float, kept: dict[str, Any]) -> Any:
        return self._step((1 - lr * self.weight_decay) * p, g, lr, kept)


def clip_gradients(parameters: Iterable[Tensor], norm: float) -> float:
    """Scale all gradients down alike, if their common norm is more than `norm`.

    R. Pascanu, T. Mikolov and Y. Bengio, "On the difficulty of training recurrent
    neural networks" (2013), algorithm 1. Gradients are bound anew.

    Args:
        parameters: leaf Tensors; those without a gradient do not count.
        norm: the largest common norm, the root of the sum of all squares; positive.

    Returns:
        The norm before. If that is infinite or NaN, no gradient is changed: look at it.
    """
    limit = as_float("clip_gradients", "norm", norm)
    if not limit > 0:
        raise ValueError(f"clip_gradients: norm is {limit}, and must be positive")
    clipped = [p for p in parameters if p.grad is not None]
    squares = [float(np.linalg.norm(np.ravel(data_of(p.grad)))) for p in clipped]
    before = math.hypot(*squares)
    if limit < before < math.inf:
        for p in clipped:
            p.grad = keep_dtype(data_of(p.grad) * (limit / before), p.data)
    return before


def _as_array(x: Any) -> Any:
    """A number as an array, and an array of whatever library as it is."""
    return np.asarray(x) if isinstance(x, int | np.generic) else x


def _share(caller: str, what: str, x: Any) -> float:
    x = as_float(caller, what, x)
    if not 0 <= x < 1:
        raise ValueError(f"{caller}: {what} is {x}, and must be from 0 to under 1")
    return x


def _not_negative(caller: str, what: str, x: Any) -> float:
    x = as_float(caller, what, x)
    if not 0 <= x < math.inf:
        raise ValueError(f"{caller}: {what} is {x}, and must be at least 0 and finite")
    return x


def _check_step(caller: str, p: Tensor, grad: Any, i: int) -> None:
    """Raise if the parameter, the i-th, can't take a step against the gradient."""
    alike = grad.__class__ is p.data.__class__ is np.ndarray and grad.dtype.kind == "f"
    if alike and grad.dtype is p.data.dtype and grad.shape == p.data.shape:
        return  # as nearly always
    which = f"parameter {p.name or i!r}"
    for what, x, kinds in (("data", p.data, "f"), ("gradient", grad, "fiub")):
        dtype = getattr(x, "dtype", None) or np.dtype(type(x))
        real = getattr(dtype, "kind", "O") in kinds
        if not real or isinstance(x, np.matrix | np.ma.MaskedArray | Tensor):
            numbers = "floats" if kinds == "f" else "real numbers"
            raise TypeError(
                f"{caller}: the {what} of {which} is a {type(x).__name__} of {dtype}, "
                f"and must be a plain array of {numbers}"
            )
    shape = getattr(grad, "shape", ())
    if shape != p.shape and not any(n != n for n in shape):  # NaN: not known yet
        raise ValueError(
            f"{caller}: the gradient of {which} has shape {shape}, and must have that "
            f"of the data, {p.shape}"
        )
