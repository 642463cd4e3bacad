"""Recurrent cells: RNN, LSTM and GRU, which take an input and a state to a new state.

A cell is called once for each step of a sequence; `Recurrent` calls it for all of them.
x is a batch of inputs at one step, of shape (n, d), h the state, of (n, k). The rules
are what all cells begin with, `recurrence`, and what a cell makes of it, with the
derivatives right below.
"""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np

from engine import Tensor, data_of, op
from nn.checks import check_rng, check_sizes, refuse_sizes
from nn.layer import Layer
from nn.linear import lin
from nn.module import parameter


@op()
def recurrence(x, h, w, u, b):
    """x @ w + h @ u + b: what comes in, and what the state adds to it.

    x is of shape (n, d), h of (n, k), w of (d, m), u of (k, m) and b of (m,).
    """
    check_step("recurrence", x, h, w, u, b)
    return np.dot(x, w) + np.dot(h, u) + b, (
        lambda g: np.dot(g, w.T),
        lambda g: np.dot(g, u.T),
        lambda g: np.dot(x.T, g),
        lambda g: np.dot(h.T, g),
        lambda g: g.sum(axis=0),
    )


@op()
def lstm_memory(z, c):
    """The new memory f * c + i * a, of shape (n, k): some kept, some written.

    z is of shape (n, 4 k), as `recurrence` gives it: in this order the input gate i,
    the forget gate f, what is written a, and the output gate. Gates are sigmoids of z,
    a is the tanh. c, of shape (n, k), is the old memory.
    """
    check_gates("lstm_memory", z, c, 4)
    i, f, a, _ = columns(z, 4)
    i, f, a = gate(i), gate(f), np.tanh(a)

    def wrt_z(g):
        """g · the slopes of i, f and a"""
        of_i, of_f = g * a * i * (1 - i), g * c * f * (1 - f)
        return np.concatenate([of_i, of_f, g * i * (1 - a * a), 0 * g], axis=1)

    def wrt_c(g):
        """g · the forget gate"""
        return g * f

    return f * c + i * a, (wrt_z, wrt_c)


@op()
def lstm_state(z, c):
    """The new state o * tanh(c), of shape (n, k): what of the memory c is shown.

    z as in `lstm_memory`; the output gate o is the sigmoid of its last quarter.
    """
    check_gates("lstm_state", z, c, 4)
    *_, o = columns(z, 4)
    o, seen = gate(o), np.tanh(c)

    def wrt_z(g):
        """g · tanh(c) · the slope of the output gate"""
        none = 0 * g
        return np.concatenate([none, none, none, g * seen * o * (1 - o)], axis=1)

    def wrt_c(g):
        """g · the output gate · (1 - tanh(c) ** 2)"""
        return g * o * (1 - seen * seen)

    return o * seen, (wrt_z, wrt_c)


@op()
def gru_state(zx, zh, h):
    """The new state (1 - s) * a + s * h, of shape (n, k): the old in part, and a.

    zx and zh, of shape (n, 3 k), are what the input and the old state h add, in this
    order to the reset gate r, the update gate s, and a, which is the tanh of a sum in
    which r multiplies the part of the state. Gates are sigmoids.
    """
    for z in (zx, zh):
        check_gates("gru_state", z, h, 3)
    (xr, xs, xa), (hr, hs, ha) = columns(zx, 3), columns(zh, 3)
    r, s = gate(xr + hr), gate(xs + hs)
    a = np.tanh(xa + r * ha)

    def slopes(g):
        """To what is below r, below s, and below a."""
        below_a = g * (1 - s) * (1 - a * a)
        return below_a * ha * r * (1 - r), g * (h - a) * s * (1 - s), below_a

    def wrt_zx(g):
        """g · the slopes of r, s and a"""
        return np.concatenate(slopes(g), axis=1)

    def wrt_zh(g):
        """g · the slopes of r, s and a · r"""
        of_r, of_s, of_a = slopes(g)
        return np.concatenate([of_r, of_s, of_a * r], axis=1)

    def wrt_h(g):
        """g · the update gate"""
        return g * s

    return (1 - s) * a + s * h, (wrt_zx, wrt_zh, wrt_h)


def gate(z):
    """sigmoid(z), without overflow: at least e ** -80, of float16 e ** -11.

    In half the time of nn.sigmoid, which is precise at any z.
    """
    most = 11.0 if z.dtype.char == "e" else 80.0
    return 1 / (1 + np.exp(np.minimum(-z, most)))


def columns(z, n):
    """The columns of z in n equal parts."""
    k = z.shape[1] // n
    return [z[:, i * k : (i + 1) * k] for i in range(n)]


class _Cell(Layer):
    """What the cells share: weights w of (d, m), u of (k, m), biases b of (m,)."""

    gates = 1  # m / k

    def __init__(self, w: Any, u: Any, b: Any, *, name: str) -> None:
        self.w, self.u, self.b = map(parameter, (w, u, b))
        self.name, who = name, type(self).__name__
        refuse_sizes(who, w, "d, k")
        k = self.u.shape[0] if self.u.ndim == 2 else 0
        m = self.gates * k
        if self.u.shape != (k, m) or self.w.shape[1:] != (m,) or self.b.shape != (m,):
            times = f"{self.gates} k" if self.gates > 1 else "k"
            raise ValueError(
                f"{who}: w has shape {self.w.shape}, u {self.u.shape} and b "
                f"{self.b.shape}; they must have (d, {times}), (k, {times}) and "
                f"({times},)"
            )

    @classmethod
    def init(
        cls, d: int, k: int, *, rng: np.random.Generator, name: str | None = None
    ) -> Self:
        """Random weights, uniform from -1 / sqrt(k) to 1 / sqrt(k); zero biases.

        Args:
            d: features coming in at a step.
            k: features of the state.
            rng: draws the weights.
            name: what the picture calls it; the class's name, if None.
        """
        check_sizes(cls.__name__, d=d, k=k)
        check_rng(f"{cls.__name__}.init", rng)
        m, most = cls.gates * k, 1 / math.sqrt(max(k, 1))
        w, u = (rng.uniform(-most, most, size=(rows, m)) for rows in (d, k))
        return cls(*cls._weights(w, u, np.zeros(m)), name=name or cls.__name__)

    @classmethod
    def _weights(cls, w: Any, u: Any, b: Any) -> tuple[Any, ...]:
        return w, u, b

    def __call__(self, inp: Any, state: Any = None) -> Any:  # by its name, too
        return super().__call__(inp, state)

    def begin(self, inp: Any, name: str = "h0") -> Any:
        """The state before the first step: zeros of shape (n, k)."""
        check_input(type(self).__name__, inp, self.w)
        shape = inp.shape[0], self.u.shape[0]
        zeros = np.zeros(shape, dtype=self.w.dtype, like=data_of(inp))
        return Tensor(zeros, requires_grad=False, name=name)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.w.shape[0]} -> {self.u.shape[0]})"


class RNN(_Cell):
    """The plain cell: h = tanh(x @ w + h @ u + b).

    J. Elman, "Finding structure in time" (1990).

    Args:
        w: weights of the input, of shape (d, k); Tensors or arrays, as all of these.
        u: weights of the state, of shape (k, k).
        b: biases of shape (k,).
        name: what the picture calls it.
    """

    def __init__(self, w: Any, u: Any, b: Any, *, name: str = "RNN") -> None:
        super().__init__(w, u, b, name=name)

    def forward(self, inp: Any, state: Any = None) -> Any:
        """One step: (n, d), and the state (n, k), to the new state; zeros if None."""
        h = self.begin(inp) if state is None else state
        return np.tanh(recurrence(inp, h, self.w, self.u, self.b))


class LSTM(_Cell):
    """Long short-term memory: a state, and a memory that gates keep, write and show.

    S. Hochreiter and J. Schmidhuber, "Long short-term memory" (1997), with the forget
    gate of F. Gers, J. Schmidhuber and F. Cummins, "Learning to forget" (2000).

    Args:
        w: weights of the input, of shape (d, 4 k); Tensors or arrays, as all of these.
            The columns are, k each, of the input gate, the forget gate, what is
            written, and the output gate.
        u: weights of the state, of shape (k, 4 k).
        b: biases of shape (4 k,).
        name: what the picture calls it.
    """

    gates = 4

    def __init__(self, w: Any, u: Any, b: Any, *, name: str = "LSTM") -> None:
        super().__init__(w, u, b, name=name)

    def forward(self, inp: Any, state: Any = None) -> tuple[Any, Any]:
        """One step: (n, d), and the pair of state and memory, to the new pair.

        Both are of shape (n, k), and zeros if None.
        """
        if state is None:
            state = self.begin(inp), self.begin(inp, "c0")
        if not isinstance(state, tuple) or len(state) != 2:
            raise TypeError(
                f"LSTM: state is a {type(state).__name__}, and must be a pair: of the "
                "state and the memory, as the step before gave it"
            )
        h, c = state
        z = recurrence(inp, h, self.w, self.u, self.b)
        c = lstm_memory(z, c)
        return lstm_state(z, c), c


class GRU(_Cell):
    """A gated recurrent unit: gates mix the old state and a new one.

    K. Cho et al., "Learning phrase representations using RNN encoder-decoder" (2014),
    in the form where the reset gate multiplies the state's part of the sum, as in
    PyTorch; so this part has biases of its own.

    Args:
        w: weights of the input, of shape (d, 3 k); Tensors or arrays, as all of these.
            The columns are, k each, of the reset gate, the update gate, and the new
            state.
        u: weights of the state, of shape (k, 3 k).
        b: biases of shape (3 k,).
        c: biases of the state's part, of shape (3 k,).
        name: what the picture calls it.
    """

    gates = 3

    def __init__(self, w: Any, u: Any, b: Any, c: Any, *, name: str = "GRU") -> None:
        super().__init__(w, u, b, name=name)
        self.c = parameter(c)
        if self.c.shape != self.b.shape:
            raise ValueError(
                f"GRU: c has shape {self.c.shape}, and must have b's, {self.b.shape}"
            )

    @classmethod
    def _weights(cls, w: Any, u: Any, b: Any) -> tuple[Any, ...]:
        return w, u, b, np.zeros_like(b)

    def forward(self, inp: Any, state: Any = None) -> Any:
        """One step: (n, d), and the state (n, k), to the new state; zeros if None."""
        h = self.begin(inp) if state is None else state
        check_step("GRU", inp, h, self.w, self.u, self.b)
        zx, zh = lin(inp, self.w, self.b), lin(h, self.u, self.c)
        return gru_state(zx, zh, h)


class Recurrent(Layer):
    """A cell, called for one step of a sequence after the other.

    Args:
        cell: an RNN, LSTM or GRU, or a layer of one's own that is called so: with the
            input at a step and the state, which is None at first, it gives the new
            state; of a tuple, the first part is the output.
        last: whether only the state after the last step is given.
        name: what the picture calls it.
    """

    def __init__(
        self, cell: Layer, *, last: bool = False, name: str = "Recurrent"
    ) -> None:
        if not isinstance(cell, Layer):
            cure = "nn.LSTM.init(d, k, rng=rng) is one"
            raise TypeError(f"Recurrent: {cell!r:.60} is not a Layer; {cure}")
        self.cell, self.last, self.name = cell, last, name

    def forward(self, inp: Any) -> Any:
        """(n, t, d) to the states after each of the t steps, (n, t, k); or (n, k)."""
        if inp.ndim != 3 or not inp.shape[1]:
            raise ValueError(
                f"Recurrent: {inp.shape} came, and must be a batch of sequences of "
                "shape (n, t, d), with at least one step; one sequence is x[None]"
            )
        state, states = None, []
        for t in range(inp.shape[1]):
            state = self.cell(inp[:, t], state)
            states.append(state[0] if isinstance(state, tuple) else state)
        return states[-1] if self.last else np.stack(states, axis=1)

    def forget(self) -> None:
        super().forget()
        self.cell.forget()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.cell!r})"


def check_input(caller: str, x: Any, w: Any) -> None:
    """Raise ValueError unless x is a batch of inputs at one step."""
    if x.ndim == 2 and x.shape[1] == w.shape[0]:
        return
    cure = "; nn.Recurrent(cell) takes sequences" if x.ndim == 3 else ""
    raise ValueError(
        f"{caller}: x has shape {x.shape}, and must be a batch (n, {w.shape[0]}) at "
        f"one step{cure}"
    )


def check_step(caller: str, x: Any, h: Any, w: Any, u: Any, b: Any) -> None:
    """Raise ValueError unless the input, the state and the weights go together."""
    check_input(caller, x, w)
    if h.shape != (x.shape[0], u.shape[0]):
        raise ValueError(
            f"{caller}: the state has shape {h.shape}, and must have "
            f"{(x.shape[0], u.shape[0])}"
        )
    if u.shape[1:] != w.shape[1:] or b.shape != w.shape[1:]:
        raise ValueError(
            f"{caller}: w has shape {w.shape}, u {u.shape} and b {b.shape}; all must "
            "end alike"
        )


def check_gates(caller: str, z: Any, state: Any, n: int) -> None:
    """Raise ValueError unless z has n columns for each of the state's."""
    rows, k = state.shape if state.ndim == 2 else (0, 0)
    if state.ndim != 2 or z.shape != (rows, n * k):
        raise ValueError(
            f"{caller}: z has shape {z.shape} and the state {state.shape}; they must "
            f"be (n, {n} k) and (n, k)"
        )
