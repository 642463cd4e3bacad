"""How fast the engine is, beside hand-written NumPy and micrograd: `make bench`.

Every figure is a ratio within one run: the contestants take turns, round by round, and
the fastest round of each counts. The garbage collector is on, as it is in a real
program (graphs with reference cycles pay for it). `make bench` runs this twice: with
one BLAS thread, where figures repeat to a hundredth, and with as many as NumPy takes,
where waking the others adds microseconds now to the one, now to the other.
"""

from __future__ import annotations

import importlib.util
import os
import timeit
from collections.abc import Callable

import numpy as np

from engine import Tensor
from nn import SGD, Model, relu

ROUNDS = 30


def readme_expression(number: type, rectified: Callable) -> float:
    """The expression of micrograd's README, forward and backward."""
    a, b = number(-4.0), number(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + rectified(b + a)
    d += 3 * d + rectified(b - a)
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    return a.grad


def by_hand(x, y, w1, b1, w2, b2):
    """The MLP's loss and gradients, written out."""
    h = x @ w1 + b1
    a = np.maximum(h, 0)
    diff = (a @ w2 + b2)[:, 0] - y
    loss = np.mean(diff**2)
    gout = (2 * diff / len(y))[:, None]
    gh = gout @ w2.T * (h > 0)
    return float(loss), x.T @ gh, gh.sum(axis=0), a.T @ gout, gout.sum(axis=0)


def by_engine(model: Model, sgd: SGD, x: np.ndarray, y: np.ndarray) -> float:
    sgd.zero_grad()
    loss = model(x, y)
    loss.backward()
    return float(loss)


def mlp(d: int, h: int, n: int, dtype: type) -> dict[str, Callable[[], object]]:
    """One forward and backward pass of an MLP d-h-1 on a batch of n."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(n, d)).astype(dtype), rng.normal(size=n).astype(dtype)
    model = Model.init(d, h, 1, rng=rng)
    for p in model.parameters():
        p.data = p.data.astype(dtype)
    arrays = [p.data for p in model.parameters()]
    sgd = SGD(model.parameters(), lr=0.1)
    by_engine(model, sgd, x, y)
    for p, g in zip(model.parameters(), by_hand(x, y, *arrays)[1:], strict=True):
        np.testing.assert_allclose(p.grad, g, rtol=1e-3, atol=1e-5)
    return {
        "ours": lambda: by_engine(model, sgd, x, y),
        "NumPy by hand": lambda: by_hand(x, y, *arrays),
    }


def scalar() -> dict[str, Callable[[], object]]:
    contestants = {"ours": lambda: readme_expression(Tensor, relu)}
    if importlib.util.find_spec("micrograd"):
        from micrograd.engine import Value

        contestants["micrograd"] = lambda: readme_expression(Value, Value.relu)
    else:
        print('micrograd is not installed: pip install ".[bench]"')
    return contestants


def race(contestants: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Microseconds per call of each: the best of alternating rounds."""
    timers = {
        k: timeit.Timer(f, "gc.enable()", globals={"gc": __import__("gc")})
        for k, f in contestants.items()
    }
    number = max(1, int(0.01 / min(timers["ours"].repeat(5, 1))))
    best = dict.fromkeys(timers, float("inf"))
    for _ in range(ROUNDS):
        for name, timer in timers.items():
            best[name] = min(best[name], timer.timeit(number) / number * 1e6)
    return best


WORKLOADS = {
    "scalar expression of micrograd's README": scalar,
    "MLP 5-3-1, batch 1, float32": lambda: mlp(5, 3, 1, np.float32),
    "MLP 2-16-1, batch 100": lambda: mlp(2, 16, 100, np.float64),
    "MLP 784-50-1, batch 64, float32": lambda: mlp(784, 50, 64, np.float32),
    "MLP 784-50-1, batch 512, float32": lambda: mlp(784, 50, 512, np.float32),
}


def main() -> None:
    threads = os.environ.get("OPENBLAS_NUM_THREADS", "as many as it takes")
    print(f"NumPy {np.__version__}, BLAS threads: {threads}")
    print(f"{'forward and backward':42}{'ours, us':>10}   ours / other")
    for name, workload in WORKLOADS.items():
        times = race(workload())
        ours = times.pop("ours")
        ratios = ", ".join(
            f"{ours / t:.2f} of {k} ({t:.0f} us)" for k, t in times.items()
        )
        print(f"{name:42}{ours:10.1f}   {ratios or '-'}", flush=True)


if __name__ == "__main__":
    main()
