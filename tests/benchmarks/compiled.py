"""How fast compiled programs are, beside NumPy by hand and jax.jit: `make bench`.

Here `ours` is the compiled function; `eager` is the same without `compiled`. As in
bench.py, contestants take turns in one process, and figures are ratios. JAX is raced if
it is installed; on one thread, as NumPy is under `make bench`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from bench import report
from training import GPT
from workloads import Contestants, expression, imported, mlp_by_hand

from engine import compiled, grad, hessian, value_and_grad
from nn import (
    LSTM,
    Adam,
    BatchNorm,
    CrossEntropy,
    Layer,
    Lin,
    Network,
    Recurrent,
    ReLU,
    lin,
    mse,
    relu,
)
from nn.training import training_step

os.environ.setdefault("JAX_ENABLE_X64", "True")
if os.environ.get("OPENBLAS_NUM_THREADS") == "1":
    os.environ.setdefault(
        "XLA_FLAGS",
        "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    )


def scalar() -> Contestants:
    """micrograd's expression at a = -4, b = 2: its value and gradients."""
    eager = value_and_grad(lambda a, b: expression(a, b, relu), (0, 1))
    fast = compiled(eager)
    runs: Contestants = {
        "ours": lambda: _flat(fast(-4.0, 2.0)),
        "Python floats by hand": lambda: _flat(expression_by_hand(-4.0, 2.0)),
        "eager": lambda: _flat(eager(-4.0, 2.0)),
    }
    if jax := imported("jax"):
        jitted = jax.jit(
            jax.value_and_grad(lambda a, b: expression(a, b, jax.nn.relu), (0, 1))
        )
        runs["jax.jit"] = lambda: _flat(jax.block_until_ready(jitted(-4.0, 2.0)))
    return runs


def expression_by_hand(a: float, b: float) -> Any:
    """Value and gradients as one writes them out, on Python's floats."""
    c = a + b
    d = a * b + b**3
    c2 = c + c + 1
    c3 = c2 + 1 + c2 - a
    s = b + a
    d2 = d + d * 2 + (s if s > 0 else 0.0)
    t = b - a
    d3 = d2 + 3 * d2 + (t if t > 0 else 0.0)
    e = c3 - d3
    f = e**2
    g = f / 2.0 + 10.0 / f
    g_e = (0.5 - 10.0 / (f * f)) * 2 * e
    g_t = -g_e if t > 0 else 0.0
    g_d2 = -4 * g_e
    g_s = g_d2 if s > 0 else 0.0
    g_d = 3 * g_d2
    g_c = 4 * g_e
    g_a = -g_e + g_c + g_d * b + g_s - g_t
    g_b = g_c + g_d * (a + 3 * b**2) + g_s + g_t
    return g, (g_a, g_b)


def mlp(d: int, h: int, n: int, dtype: type) -> Contestants:
    """An MLP d-h-1 on a batch of n: the loss and the gradients of four parameters."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(n, d)).astype(dtype), rng.normal(size=n).astype(dtype)
    shapes = ((d, h), (h,), (h, 1), (1,))
    weights = [(0.3 * rng.normal(size=s)).astype(dtype) for s in shapes]

    def loss(w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
        return mse(lin(relu(lin(x, w1, b1)), w2, b2), y)

    eager = value_and_grad(loss, (0, 1, 2, 3))
    fast = compiled(eager)
    runs: Contestants = {
        "ours": lambda: _flat(fast(*weights)),
        "NumPy by hand": lambda: mlp_by_hand(x, y, *weights),
        "eager": lambda: _flat(eager(*weights)),
    }
    if jax := imported("jax"):
        jnp = jax.numpy
        given, data = (
            [jnp.asarray(w) for w in weights],
            (jnp.asarray(x), jnp.asarray(y)),
        )

        def theirs(p: Any, x: Any, y: Any) -> Any:
            output = jnp.maximum(x @ p[0] + p[1], 0) @ p[2] + p[3]
            return ((output[:, 0] - y) ** 2).mean()

        jitted = jax.jit(jax.value_and_grad(theirs))
        runs["jax.jit"] = lambda: _flat(jax.block_until_ready(jitted(given, *data)))
    return runs


def euler() -> Contestants:
    """The gradient of 200 steps of Euler's method, on 1,000 numbers."""

    def chain(x: Any, np: Any = np) -> Any:
        for _ in range(200):
            x = x + 0.01 * np.sin(x)
        return np.sum(x)

    def by_hand() -> Any:
        xs = [x]
        for _ in range(200):
            xs.append(xs[-1] + 0.01 * np.sin(xs[-1]))
        g = np.ones(1000)
        for v in reversed(xs[:-1]):
            g = g + g * 0.01 * np.cos(v)
        return [g]

    x, eager = np.linspace(0, 1, 1000), grad(chain)
    fast = compiled(eager)
    runs: Contestants = {
        "ours": lambda: [fast(x)],
        "NumPy by hand": by_hand,
        "eager": lambda: [eager(x)],
    }
    if jax := imported("jax"):
        jitted = jax.jit(jax.grad(lambda x: chain(x, jax.numpy)))
        given = jax.numpy.asarray(x)
        runs["jax.jit"] = lambda: [jax.block_until_ready(jitted(given))]
    return runs


def second() -> Contestants:
    """The Hessian of a function of 30 variables."""

    def f(x: Any, np: Any = np) -> Any:
        return np.sum(np.sin(x[:-1]) * x[1:] ** 2) + np.exp(-np.dot(x, x))

    x, eager = np.linspace(0, 1, 30), hessian(f)
    fast = compiled(eager)
    runs: Contestants = {"ours": lambda: [fast(x)], "eager": lambda: [eager(x)]}
    if jax := imported("jax"):
        jitted = jax.jit(jax.hessian(lambda x: f(x, jax.numpy)))
        given = jax.numpy.asarray(x)
        runs["jax.jit"] = lambda: [jax.block_until_ready(jitted(given))]
    return runs


def training(build: Callable[[Any], tuple[Network, Any, Any]]) -> Contestants:
    """A step of Adam, compiled and eager, from the same parameters."""

    def contestant(wrap: Callable[..., Any]) -> Callable[[], Any]:
        network, x, y = build(np.random.default_rng(0))
        adam = Adam(network.parameters(), lr=1e-12)
        step = wrap(lambda x, y: training_step(network, adam, None, x, y))
        return lambda: [step(x, y)]

    return {"ours": contestant(compiled), "eager": contestant(lambda f: f)}


def _classifier(rng: Any, x: Any, k: int, *layers: Layer) -> tuple[Network, Any, Any]:
    return Network([*layers], CrossEntropy()), x, rng.integers(0, k, len(x))


def digits(rng: Any) -> tuple[Network, Any, Any]:
    first, last = Lin.init(64, 32, rng=rng), Lin.init(32, 10, rng=rng)
    return _classifier(rng, rng.random((32, 64)), 10, first, ReLU(), last)


def batch_norm(rng: Any) -> tuple[Network, Any, Any]:
    first, last = Lin.init(4, 8, rng=rng), Lin.init(8, 3, rng=rng)
    return _classifier(rng, rng.random((8, 4)), 3, first, BatchNorm(8), ReLU(), last)


def lstm(rng: Any) -> tuple[Network, Any, Any]:
    cell = Recurrent(LSTM.init(4, 8, rng=rng), last=True)
    x = rng.normal(size=(4, 8, 4))
    return _classifier(rng, x, 3, cell, Lin.init(8, 3, rng=rng))


def gpt(rng: Any) -> tuple[Network, Any, Any]:
    ids = rng.integers(0, 27, 16)
    return Network([GPT(rng)], CrossEntropy()), ids[:-1], ids[1:]


# name: the workload, and the ratios ours / other that we are out to reach
WORKLOADS: dict[str, tuple[Callable[[], Contestants], dict[str, float]]] = {
    "scalar expression of micrograd's README": (
        scalar,
        {"Python floats by hand": 1.5, "jax.jit": 0.2},
    ),
    "MLP 5-3-1, batch 1, float32": (
        lambda: mlp(5, 3, 1, np.float32),
        {"NumPy by hand": 1.05, "jax.jit": 0.8},
    ),
    "MLP 2-16-1, batch 100": (
        lambda: mlp(2, 16, 100, np.float64),
        {"NumPy by hand": 1.0, "jax.jit": 0.5},
    ),
    "MLP 784-50-1, batch 64, float32": (
        lambda: mlp(784, 50, 64, np.float32),
        {"NumPy by hand": 1.03, "jax.jit": 0.7},
    ),
    "MLP 784-50-1, batch 512, float32": (
        lambda: mlp(784, 50, 512, np.float32),
        {"NumPy by hand": 1.03, "jax.jit": 0.7},
    ),
    "Euler, 200 steps on 1,000 numbers": (
        euler,
        {"NumPy by hand": 1.03, "jax.jit": 2.5},
    ),
    "Hessian of 30 variables": (second, {"jax.jit": 8.0}),
    "training step: digits by an MLP": (lambda: training(digits), {}),
    "training step: batch norm, 8 examples": (lambda: training(batch_norm), {}),
    "training step: an LSTM over 8 time steps": (lambda: training(lstm), {}),
    "training step: a GPT of names": (lambda: training(gpt), {}),
}


def first_calls() -> None:
    """What it costs to record: in eager calls, and of long programs in seconds."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(8, 12, 16))
    weights = [rng.normal(size=(16, 16)) / 4 for _ in range(4)]

    def attention(wq: Any, wk: Any, wv: Any, wo: Any) -> Any:
        q, k, v = x @ wq, x @ wk, x @ wv
        scores = q @ np.swapaxes(k, -1, -2) / 4
        e = np.exp(scores - scores.max(axis=-1, keepdims=True))
        return (((e / e.sum(axis=-1, keepdims=True)) @ v @ wo) ** 2).mean()

    eager = value_and_grad(attention, (0, 1, 2, 3))
    once = min(_seconds(lambda: eager(*weights)) for _ in range(50))
    first = _seconds(lambda: compiled(eager)(*weights))
    print(f"\nfirst call, attention: {first / once:.0f} eager calls (goal: 80)")

    for n in (1_000, 10_000):

        def chain(x: Any, n: int = n) -> Any:
            for _ in range(n // 4):
                x = 0.1 + 0.5 * np.sin(x) * x
            return np.sum(x)

        long = compiled(grad(chain))
        seconds = _seconds(lambda long=long: long(np.linspace(0, 1, 10)))
        print(f"first call, {n:,} nodes: {seconds:.2f} s (goal: {6 * n / 10_000:.1f})")


def _seconds(run: Callable[[], Any]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _flat(x: Any) -> list[Any]:
    """The value and the gradients in one list."""
    value, gradients = x
    return [value, *gradients]


def main() -> None:
    print("Compiled programs, in us; then ours / other (other, us) and the goal")
    if not imported("jax"):
        print("JAX is not installed and not raced: pip install jax")
    report(WORKLOADS)
    first_calls()


if __name__ == "__main__":
    main()
