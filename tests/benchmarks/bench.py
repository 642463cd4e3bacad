"""How fast the engine is, beside hand-written NumPy and its peers: `make bench`.

Every figure is a ratio within one run: the contestants take turns, round by round, in
an order that is drawn anew (threads of one go on spinning, garbage of one is collected
in the time of the next), and the fastest round of each counts. The garbage collector is
on, as it is in a real program (graphs with reference cycles pay for it). `make bench`
runs this twice: with one BLAS thread, where figures repeat to a hundredth, and with as
many as NumPy takes, where waking the others adds microseconds now to the one, now to
the other. That the allocator keeps what a round frees (engine/_memory.py) serves all.

The workloads are in workloads.py, and steps of training in training.py; what a long
graph and a large batch cost in memory is measured by memory.py.
"""

from __future__ import annotations

import gc
import os
import random
import timeit
from collections.abc import Callable

import numpy as np
from training import digits_cnn, digits_mlp, gpt, lstm, moons
from workloads import Contestants, absent, elementwise, imported, mlp, scalar

ROUNDS, SECONDS = 40, 6.0  # at least; of all contestants of a workload together

Workloads = dict[str, tuple[Callable[[], Contestants], dict[str, float]]]

# name: the workload, and the ratios ours / other that we are out to reach
WORKLOADS: Workloads = {
    "scalar expression of micrograd's README": (
        scalar,
        {"micrograd": 0.8, "PyTorch": 0.3},
    ),
    "MLP 5-3-1, batch 1, float32": (
        lambda: mlp(5, 3, 1, np.float32),
        {"NumPy by hand": 2.0, "PyTorch": 0.4},
    ),
    "MLP 2-16-1, batch 100": (
        lambda: mlp(2, 16, 100, np.float64),
        {"NumPy by hand": 1.5, "PyTorch": 0.4},
    ),
    "MLP 784-50-1, batch 64, float32": (
        lambda: mlp(784, 50, 64, np.float32),
        {"NumPy by hand": 1.05, "PyTorch": 0.5},
    ),
    "MLP 784-50-1, batch 512, float32": (
        lambda: mlp(784, 50, 512, np.float32),
        {"NumPy by hand": 1.02, "PyTorch": 1.0},
    ),
    "MLP 784-50-1, batch 20000, float32": (
        lambda: mlp(784, 50, 20_000, np.float32),
        {"NumPy by hand": 1.02, "PyTorch": 1.0},
    ),
    "8 elementwise ops on 10^6 float32": (
        elementwise,
        {"NumPy by hand": 1.1, "PyTorch": 1.5},
    ),
    "training step: digits by an MLP": (digits_mlp, {"PyTorch": 0.8}),
    "training step: digits by a CNN, float32": (digits_cnn, {"PyTorch": 2.0}),
    "training step: a GPT of names": (gpt, {"PyTorch": 0.8}),
    "training step: an LSTM over 16 time steps": (lstm, {}),
    "micrograd's moons demo, scalar by scalar": (moons, {"micrograd": 0.8}),
}


def agree(contestants: Contestants) -> None:
    """Raise unless all give the same numbers."""
    ours = contestants["ours"]()
    for name, run in contestants.items():
        for a, b in zip(ours, run(), strict=True):
            a, b = np.asarray(a), np.asarray(b)
            np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4, err_msg=name)


def race(contestants: Contestants) -> dict[str, float]:
    """Microseconds per call of each: the best of alternating rounds."""
    timers = {
        k: timeit.Timer(f, "gc.enable()", globals={"gc": gc})
        for k, f in contestants.items()
    }
    # Of long runs a few, or the fastest would be one that left its garbage to others.
    number = max(4, int(0.005 / min(timers["ours"].repeat(5, 1))))
    best = dict.fromkeys(timers, float("inf"))
    rounds, start = 0, timeit.default_timer()
    order, rng = list(timers), random.Random(0)
    while rounds < ROUNDS or timeit.default_timer() - start < SECONDS:
        rng.shuffle(order)  # or one always comes after what another leaves behind
        for name in order:
            best[name] = min(best[name], timers[name].timeit(number) / number * 1e6)
        rounds += 1
    return best


def cell(ours: float, other: float | None, goal: float | None) -> str:
    """The ratio, the other's time, and the goal with a sign where it is missed."""
    if other is None:
        return "-"
    ratio = f"{ours / other:.2f} ({other:.{0 if other > 10 else 2}f})"
    if goal is None:
        return ratio
    return f"{ratio} {'<=' if round(ours / other, 2) <= goal else 'NOT <='} {goal}"


def main() -> None:
    threads = os.environ.get("OPENBLAS_NUM_THREADS")
    if (torch := imported("torch")) and threads:
        torch.set_num_threads(int(threads))
    print(f"NumPy {np.__version__}, BLAS threads: {threads or 'as many as it takes'}")
    print("Forward and backward, in us; then ours / other (other, us) and the goal")
    for name in absent():
        extra = "parity" if name == "PyTorch" else "bench"
        print(f'{name} is not installed and not raced: pip install ".[{extra}]"')
    report(WORKLOADS)


def report(workloads: Workloads) -> None:
    """Race each workload, and print what came of it."""
    for name, (workload, goals) in workloads.items():
        contestants = workload()
        agree(contestants)
        times = race(contestants)
        ours = times["ours"]
        print(f"\n{name}: {ours:.1f} us")
        for peer in [name for name in times if name != "ours"]:
            print(f"  {peer:22} {cell(ours, times[peer], goals.get(peer))}", flush=True)


if __name__ == "__main__":
    main()
