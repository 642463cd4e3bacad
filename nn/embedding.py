"""Embedding: a row of a matrix for each id."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from engine import Tensor, op, rules, written
from nn.checks import check_rng, check_sizes, refuse_sizes
from nn.layer import Layer
from nn.module import parameter


@op()
def embedding(w, *, ids):
    """The rows w[ids], for w of shape (n, d) and integers of any shape (…): (…, d)."""
    shape = w.shape

    def put_back(g):
        """g, added to the rows of the ids"""
        return rules.scatter(g, index=ids, shape=shape)

    return w[ids], (put_back,)


class Embedding(Layer):
    """A vector for each id: of a letter, a word, a place in a sequence.

    The gradient of a row is the sum over all places where its id stands.

    Args:
        w: the vectors, one in a row, of shape (n, d); a Tensor or an array.
        name: what the picture calls it.
    """

    def __init__(self, w: Any, *, name: str = "Embedding") -> None:
        self.w, self.name = parameter(w), name
        refuse_sizes(type(self).__name__, w, "n, d")
        if self.w.ndim != 2:
            raise ValueError(
                f"{type(self).__name__}: w has shape {self.w.shape}, and must have "
                "(n, d)"
            )

    @classmethod
    def init(
        cls, n: int, d: int, *, rng: np.random.Generator, name: str = "Embedding"
    ) -> Self:
        """Random vectors: each number is normal, of mean 0 and variance 1.

        Args:
            n: how many ids there are.
            d: the length of a vector.
            rng: draws the numbers.
            name: what the picture calls it.
        """
        check_sizes(cls.__name__, n=n, d=d)
        check_rng(f"{cls.__name__}.init", rng)
        return cls(rng.standard_normal((n, d)), name=name)

    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """Ids of shape (…), or rows of zeros and a one of shape (…, n), to (…, d).

        Ids are whole numbers from 0 to n - 1; numbers of a float dtype are taken for
        rows, and multiplied by w.
        """
        n, who = self.w.shape[0], type(self).__name__
        if isinstance(inp, Tensor):
            inp_kind = inp.dtype.kind
        else:
            inp = np.asarray(inp) if isinstance(inp, int | list | tuple) else inp
            inp_kind = getattr(getattr(inp, "dtype", None), "kind", "O")
        if inp_kind in "fb" and inp.shape[-1:] == (n,):
            return inp @ self.w
        if inp_kind not in "iu":
            raise TypeError(
                f"{who}: ids of {getattr(inp, 'dtype', type(inp).__name__)} came, of "
                f"shape {getattr(inp, 'shape', ())}; they must be whole numbers "
                f"(ids.astype(int)), or rows of shape (…, {n})"
            )
        ids = inp.data if isinstance(inp, Tensor) else inp
        _check_ids(who, ids, n)
        return embedding(self.w, ids=ids)


def _check_ids(who: str, ids: Any, n: int) -> None:
    """Raise ValueError if an id is negative, or n or more."""
    if not written.is_known(ids):
        return  # they may not be known yet
    if ids.size and not 0 <= ids.min() <= ids.max() < n:
        wrong = ids[(ids < 0) | (ids >= n)][0] if ids.ndim else ids
        raise ValueError(f"{who}: id {wrong} is not from 0 to {n - 1}")
