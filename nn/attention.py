"""Attention: each place of a sequence takes what it needs from the others.

A. Vaswani et al., "Attention is all you need" (2017), section 3.2. Its equation 1,
softmax(Q K^T / sqrt(d)) V, is three rules here, so that the picture shows the weights:
attention_scores, softmax, attend. Heads are slices of the features: with 4 heads of 16
features, the first head has the first 4.
"""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np

from engine import Tensor, data_of, op
from nn.activations import softmax
from nn.checks import check_rng, count, refuse_sizes
from nn.layer import Layer
from nn.module import parameter


@op()
def attention_scores(q, k, *, heads):
    """How well each query goes with each key: q @ k.T / sqrt(d / heads), head by head.

    q is of shape (…, t, d), k of (…, s, d); the value of (…, heads, t, s).
    """
    check_heads("attention_scores", q, k, heads)
    scale = 1 / math.sqrt(q.shape[-1] // heads)
    queries, keys = split(q, heads), split(k, heads)

    def wrt_q(g):
        """g @ k · scale, head by head"""
        return joined(scale * (g @ keys))

    def wrt_k(g):
        """g.T @ q · scale, head by head"""
        return joined(scale * (g.swapaxes(-1, -2) @ queries))

    return (scale * queries) @ keys.swapaxes(-1, -2), (wrt_q, wrt_k)


@op()
def attend(weights, v):
    """What each place takes of the values: weights @ v, head by head.

    weights is of shape (…, heads, t, s), v of (…, s, d); the value of (…, t, d).
    """
    if weights.ndim < 3 or v.ndim < 2 or weights.shape[-1] != v.shape[-2]:
        raise ValueError(
            f"attend: weights have shape {weights.shape} and v {v.shape}; they must be "
            "(…, heads, t, s) and (…, s, d)"
        )
    heads = weights.shape[-3]
    values = split(v, heads)

    def wrt_weights(g):
        """g @ v.T, head by head"""
        return split(g, heads) @ values.swapaxes(-1, -2)

    def wrt_v(g):
        """weights.T @ g, head by head"""
        return joined(weights.swapaxes(-1, -2) @ split(g, heads))

    return joined(weights @ values), (wrt_weights, wrt_v)


def split(x, heads):
    """(…, t, d) to (…, heads, t, d / heads)."""
    return x.reshape(*x.shape[:-1], heads, x.shape[-1] // heads).swapaxes(-2, -3)


def joined(x):
    """(…, heads, t, d / heads) to (…, t, d)."""
    *stack, heads, t, d = x.shape
    return x.swapaxes(-2, -3).reshape(*stack, t, heads * d)


def causal_mask(scores: Any) -> Tensor:
    """-inf where the key, in a column, comes after the query, in a row; else 0.

    Added to scores of shape (…, t, s), which softmax then makes 0 there.
    """
    (t, s), like = scores.shape[-2:], data_of(scores)
    later = np.arange(s, like=like) > np.arange(t, like=like)[:, None]
    mask = np.where(later, -np.inf, 0.0).astype(scores.dtype)
    return Tensor(mask, requires_grad=False, name="causal mask")


class Attention(Layer):
    """Multi-head attention, without biases.

    Of one sequence it is self-attention; of two, `attention(x, context)`, queries come
    from x, keys and values from the context.

    Args:
        wq, wk, wv, wo: weights of shape (d, d), Tensors or arrays: of queries, keys,
            values, and of the output.
        heads: how many; d is a multiple.
        causal: whether a place sees only itself and those before it.
        name: what the picture calls it.
    """

    def __init__(
        self,
        wq: Any,
        wk: Any,
        wv: Any,
        wo: Any,
        *,
        heads: int,
        causal: bool = False,
        name: str = "Attention",
    ) -> None:
        who = type(self).__name__
        self.wq, self.wk, self.wv, self.wo = map(parameter, (wq, wk, wv, wo))
        count(who, "heads", heads)
        for word in ("wq", "wk", "wv", "wo"):
            w = getattr(self, word)
            refuse_sizes(who, w, "d, heads=heads")
            d = self.wq.shape[0]
            if w.shape != (d, d):
                raise ValueError(
                    f"{who}: {word} has shape {w.shape}, and must have {(d, d)}, as "
                    "all four weights"
                )
        if d % heads:
            raise ValueError(f"{who}: {d} features can't be cut into {heads} heads")
        self.heads, self.causal, self.name = heads, causal, name

    @classmethod
    def init(
        cls,
        d: int,
        *,
        heads: int,
        causal: bool = False,
        rng: np.random.Generator,
        name: str = "Attention",
    ) -> Self:
        """Random weights: normal, of mean 0 and variance 1 / d.

        Args:
            d: features, in and out.
            heads, causal, name: as above.
            rng: draws the weights.
        """
        count(cls.__name__, "d", d)
        check_rng(f"{cls.__name__}.init", rng)
        drawn = rng.standard_normal((4, d, d)) / math.sqrt(d)
        return cls(*drawn, heads=heads, causal=causal, name=name)

    def __call__(self, inp: Any, context: Any = None) -> Any:  # by its name, too
        return super().__call__(inp, context)

    def forward(self, inp: Any, context: Any = None) -> Any:
        """(t, d) or (n, t, d) to the same shape; `context` has (s, d) or (n, s, d)."""
        source = inp if context is None else context
        for word, x in (("inp", inp), ("context", source)):
            if x.ndim < 2 or x.shape[-1] != self.wq.shape[0]:
                raise ValueError(
                    f"{type(self).__name__}: {word} has shape {x.shape}, and must have "
                    f"(t, {self.wq.shape[0]}), or more axes before these"
                )
        if not source.shape[-2]:
            raise ValueError(
                f"{type(self).__name__}: of shape {source.shape} there is no place to "
                "look at"
            )
        q, k, v = inp @ self.wq, source @ self.wk, source @ self.wv
        scores = attention_scores(q, k, heads=self.heads)
        if self.causal:
            scores = scores + causal_mask(scores)
        return attend(softmax(scores), v) @ self.wo

    def __repr__(self) -> str:
        causal = ", causal" if self.causal else ""
        return f"{type(self).__name__}({self.wq.shape[0]}, {self.heads} heads{causal})"


def check_heads(caller: str, q: Any, k: Any, heads: int) -> None:
    """Raise ValueError unless q and k have features that `heads` divides."""
    count(caller, "heads", heads)
    if min(q.ndim, k.ndim) < 2 or q.shape[-1] != k.shape[-1]:
        raise ValueError(
            f"{caller}: q has shape {q.shape} and k {k.shape}; they must be (…, t, d) "
            "and (…, s, d)"
        )
    if q.shape[-1] % heads:
        raise ValueError(
            f"{caller}: {q.shape[-1]} features can't be cut into {heads} heads"
        )
