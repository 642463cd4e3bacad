"""How long a picture takes, once the renderer is loaded: part of `make bench`.

Beside the time of the fastest of a few runs stands the goal, in ms on the machine that
it was set on. A time above its goal is marked; on a slower machine that says little.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from engine import Tensor
from nn import relu
from viz import draw

ROUNDS = 10


def expression() -> Tensor:
    """The expression of micrograd's README, after its pass."""
    a, b = Tensor(-4.0, name="a"), Tensor(2.0, name="b")
    c, d = a + b, a * b + b**3
    c = c + c + 1
    c = c + 1 + c + (-a)
    d = d + d * 2 + relu(b + a)
    d = d + 3 * d + relu(b - a)
    f = (c - d) ** 2
    g = f / 2.0 + 10.0 / f
    g.backward()
    return g


def recurrent(steps: int) -> Tensor:
    """Steps of a cell that share their weights."""
    rng = np.random.default_rng(0)
    w, u = Tensor(rng.normal(size=(3, 4)), name="w"), Tensor(np.eye(4) / 2, name="u")
    h = np.zeros((2, 4))
    for _ in range(steps):
        h = np.tanh(rng.normal(size=(2, 3)) @ w + h @ u)
    loss = h.sum()
    loss.backward()
    return loss


def tangle(ops: int, seed: int) -> Tensor:
    """Ops of operands at random, near and far."""
    rng = np.random.default_rng(seed)
    made = [Tensor(rng.normal()) for _ in range(10)]
    for _ in range(ops):
        i, j = rng.integers(0, len(made), 2)
        made.append(
            made[i] * made[j] if rng.integers(2) else np.tanh(made[i] + made[j])
        )
    loss = made[0]
    for t in made[-8:]:
        loss = loss + t
    loss.backward()
    return loss


def chain(ops: int) -> Tensor:
    t = Tensor(0.5, name="x")
    for _ in range(ops):
        t = np.tanh(t)
    t.backward()
    return t


def arrays(count: int) -> Tensor:
    """Ops on arrays of 16 x 16, each a card with two heat maps."""
    rng = np.random.default_rng(0)
    h = Tensor(rng.normal(size=(16, 16)), name="h")
    for _ in range(count // 2):
        h = np.tanh(h * rng.normal(size=(16, 16)))
    loss = h.mean()
    loss.backward()
    return loss


def best(draw_it: Callable[[], object]) -> float:
    """Seconds of the fastest of a few runs, in at most 3 s."""
    draw_it()
    times: list[float] = []
    while len(times) < ROUNDS and sum(times) < 3:
        start = time.perf_counter()
        draw_it()
        times.append(time.perf_counter() - start)
    return min(times)


def only_draw(tensor: Tensor) -> object:
    return draw(tensor, max_nodes=None)  # whose form is chosen when it is looked at


def svg(tensor: Tensor) -> str:
    return draw(tensor).svg()


def stated(tensor: Tensor) -> str:
    return draw(tensor, direction="TB").svg()


def whole_svg(tensor: Tensor) -> str:
    return draw(tensor, max_nodes=None).svg()


def png(tensor: Tensor) -> bytes:
    return draw(tensor).png(scale=1)


# What is drawn, the goal in seconds, and how. Graphs are made one at a time: what
# else is alive costs the garbage collector.
LINES: list[tuple[str, Callable[[], Tensor], float, Callable[[Tensor], object]]] = [
    ("micrograd's expression, SVG", expression, 0.033, svg),
    ("micrograd's expression, SVG, TB", expression, 0.022, stated),
    ("micrograd's expression, PNG", expression, 0.150, png),
    ("50 arrays of 16 x 16, draw alone", lambda: arrays(50), 0.08, only_draw),
    ("50 arrays of 16 x 16, SVG", lambda: arrays(50), 0.5, whole_svg),
    ("40 steps, all", lambda: recurrent(40), 0.5, whole_svg),
    ("40 steps, folded", lambda: recurrent(40), 0.5, svg),
    ("20,000 ops, folded", lambda: chain(20_000), 2.0, svg),
    *(
        (f"tangle {seed}, all", lambda seed=seed: tangle(170, seed), 3.0, whole_svg)
        for seed in range(5)
    ),
]


def main() -> None:
    print(f"{'picture':34}{'cards':>7}{'ms':>10}{'goal':>9}")
    for name, make, goal, draw_it in LINES:
        tensor = make()
        seconds = best(lambda: draw_it(tensor))  # noqa: B023  # called at once
        cards = str(draw_it(tensor)).count('class="node') or ""
        mark = "  above the goal" if seconds > goal else ""
        print(f"{name:34}{cards:>7}{seconds * 1e3:10.1f}{goal * 1e3:9.0f}{mark}")


if __name__ == "__main__":
    main()
