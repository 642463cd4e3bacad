"""Optimisers: SGD, Adam and AdamW; and clip_gradients, which goes before a step.

In the formulas p is a parameter, g its gradient, and lr the learning rate.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from engine import Tensor, data_of, keep_dtype, written
from nn.checks import as_float, not_negative, under_one
from nn.optimiser import Optimiser, unique_tensors
from nn.schedules import Rate


class SGD(Optimiser):
    """Gradient descent: p - lr * g; with momentum p - lr * m, for m a running sum.

    m = momentum * m + g. B. Polyak, "Some methods of speeding up the convergence of
    iteration methods" (1964). Y. Nesterov's (1983) step is g + momentum * m. Both are
    as in I. Sutskever et al., "On the importance of initialization and momentum in deep
    learning" (2013), but with lr outside of m, as in PyTorch: when lr changes, so does
    the whole next step.

    Args:
        parameters: leaf Tensors, such as `network.parameters()`.
        lr: the learning rate, positive; or a function of the step.
        momentum: the share of m that stays, from 0 to under 1.
        nesterov: whether the step is Nesterov's; needs momentum.
        weight_decay: weight_decay * p is added to g.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        *,
        lr: Rate,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr=lr)
        self.momentum = under_one("SGD", "momentum", momentum)
        self.weight_decay = not_negative("SGD", "weight_decay", weight_decay)
        if not isinstance(nesterov, bool):
            raise TypeError(f"SGD: nesterov is {nesterov!r:.60}, and must be a bool")
        if nesterov and not self.momentum:
            raise ValueError("SGD: nesterov needs momentum, such as 0.9, and it is 0")
        self.nesterov = nesterov
        self.moment_names = ("m",) if self.momentum else ()

    def moved(
        self,
        p: Any,
        g: Any,
        moments: tuple[Any, ...],
        *,
        lr: float,
        t: int,  # noqa: ARG002
    ) -> tuple[Any, tuple[Any, ...]]:
        """p - lr * g, or with m in the place of g."""
        if self.weight_decay:
            g = g + self.weight_decay * p
        if not moments:
            return p - lr * g, ()
        m = self.momentum * moments[0] + g
        ahead = g + self.momentum * m if self.nesterov else m
        return p - lr * ahead, (m,)


class Adam(Optimiser):
    """Steps that each entry's own gradients scale: p - lr * m / (sqrt(v) + eps).

    m and v are running means of g and of g * g. Both begin at 0, so they are divided by
    what they have of the whole after t steps, 1 - beta ** t. D. Kingma and J. Ba,
    "Adam: a method for stochastic optimization" (2015), algorithm 1.

    Args:
        parameters: leaf Tensors, such as `network.parameters()`.
        lr: the learning rate, positive; or a function of the step.
        betas: the shares of m and of v that stay at a step, each from 0 to under 1.
        eps: keeps the divisor from 0; float16 needs about 1e-4.
        weight_decay: weight_decay * p is added to g.
    """

    moment_names = ("m", "v")

    def __init__(
        self,
        parameters: Iterable[Tensor],
        *,
        lr: Rate = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr=lr)
        own = type(self).__name__
        if not isinstance(betas, tuple | list) or len(betas) != 2:
            raise TypeError(f"{own}: betas is {betas!r:.60}, and must be two numbers")
        self.betas = (
            under_one(own, "beta 0", betas[0]),
            under_one(own, "beta 1", betas[1]),
        )
        self.eps = not_negative(own, "eps", eps)
        self.weight_decay = not_negative(own, "weight_decay", weight_decay)
        for p in self.parameters:
            if self.eps and not p.dtype.type(self.eps * math.sqrt(1 - self.betas[1])):
                raise ValueError(
                    f"{own}: eps is {eps}, which is 0 in {p.dtype}, the dtype of a "
                    "parameter, at the first step; take eps=1e-4"
                )

    def moved(
        self, p: Any, g: Any, moments: tuple[Any, ...], *, lr: float, t: int
    ) -> tuple[Any, tuple[Any, ...]]:
        """p - lr * m / (sqrt(v) + eps), with m and v set right for their beginning."""
        if self.weight_decay:
            g = g + self.weight_decay * p
        return self._scaled(p, g, moments, lr=lr, t=t)

    def _scaled(
        self, p: Any, g: Any, moments: tuple[Any, ...], *, lr: float, t: int
    ) -> tuple[Any, tuple[Any, ...]]:
        (m, v), (b1, b2) = moments, self.betas
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * (g * g)
        # sqrt(v / part) + eps is (sqrt(v) + eps * root) / root, and quicker so: the
        # paper's section 2, at its end.
        root = written.called(math.sqrt, 1 - b2**t)
        rate = lr * root / (1 - b1**t)
        return p - rate * m / (np.sqrt(v) + self.eps * root), (m, v)


class AdamW(Adam):
    """Adam with the decay apart: each step also subtracts lr * weight_decay * p.

    So g does not scale it. I. Loshchilov and F. Hutter, "Decoupled weight decay
    regularization" (2019), algorithm 2, with lr in the decay, as in PyTorch.

    Args:
        parameters, lr, betas, eps: as in `Adam`.
        weight_decay: the share of p, times lr, that a step takes away.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        *,
        lr: Rate = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(
            parameters, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay
        )

    def moved(
        self, p: Any, g: Any, moments: tuple[Any, ...], *, lr: float, t: int
    ) -> tuple[Any, tuple[Any, ...]]:
        """As in Adam, from (1 - lr * weight_decay) * p."""
        return self._scaled((1 - lr * self.weight_decay) * p, g, moments, lr=lr, t=t)


def _joint_norm(*gradients: Any) -> float:
    return math.hypot(*[float(np.linalg.norm(g)) for g in gradients])


def clip_gradients(parameters: Iterable[Tensor], norm: float) -> float:
    """Scale all gradients alike, so that their joint norm is at most `norm`.

    The joint norm is the root of the sum of the squares of all their entries, summed in
    float64. R. Pascanu, T. Mikolov and Y. Bengio, "On the difficulty of training
    recurrent neural networks" (2013), algorithm 1. `p.grad` is bound anew; a gradient
    that had a graph becomes a plain array. Nothing changes if the norm is small enough.

    Args:
        parameters: leaf Tensors; those without a gradient count as 0.
        norm: the largest joint norm, positive; `math.inf` only measures.

    Returns:
        The joint norm before. Look at it: if a gradient holds NaN it is NaN, and all
        gradients become NaN; if one holds infinity, or a number whose square is, it is
        infinite, and all become 0 or NaN. Nothing is raised, as in PyTorch.
    """
    norm = as_float("clip_gradients", "norm", norm)
    if not norm > 0:
        raise ValueError(f"clip_gradients: norm is {norm}, and must be positive")
    listed = unique_tensors("clip_gradients", parameters)
    wide = {
        p: np.multiply(data_of(p.grad), 1.0, dtype=np.float64)
        for p in listed
        if p.grad is not None
    }
    with np.errstate(over="ignore"):  # which is told above
        before = written.called(_joint_norm, *wide.values())
    share = written.called(_share, before, norm)
    if type(share) is not float or share != 1.0:
        with np.errstate(invalid="ignore"):  # 0 * infinity, which is told above
            for p, g in wide.items():
                p.grad = keep_dtype(g * share, p.data)
    return before


def _share(before: float, norm: float) -> float:
    """What gradients of a joint norm are multiplied by; of NaN it is NaN."""
    return 1.0 if before <= norm else norm / before
