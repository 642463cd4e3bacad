"""Two moons, told apart by a multi-layer perceptron, and the boundary that it draws.

    python examples/two_moons.py

The points lie on two half circles that reach into each other, moved at random: the
shape that scikit-learn's `make_moons` made known. Prints:

    Network(Lin(2 -> 16), ReLU(), Lin(16 -> 16), ReLU(), Lin(16 -> 1))
    loss 0.6 in the first epoch
    accuracy 100 %
    boundary: out/two_moons.png
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from nn import Adam, BinaryCrossEntropy, Lin, Network, ReLU, accuracy, train

BLUE, ORANGE = "#0072B2", "#D55E00"


def main(out: Path = Path("out")) -> None:
    out.mkdir(exist_ok=True)
    rng = np.random.default_rng(0)
    x, y = moons(100, rng)
    layers = [
        *(Lin.init(2, 16, rng=rng), ReLU()),
        *(Lin.init(16, 16, rng=rng), ReLU()),
        Lin.init(16, 1, rng=rng),
    ]
    network = Network(layers, BinaryCrossEntropy())
    print(network)
    adam = Adam(network.parameters(), lr=0.01)
    history = train(network, (x, y), adam, epochs=60, rng=rng)
    print(f"loss {history.loss[0]:.1f} in the first epoch")
    print(f"accuracy {100 * accuracy(network.predict(x), y):.0f} %")
    plot(network, x, y).savefig(out / "two_moons.png", dpi=125)
    print("boundary: out/two_moons.png")


def moons(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """n points on each of two half circles of radius 1, and to which they belong."""
    angle = rng.uniform(0, np.pi, n)
    upper = np.column_stack([np.cos(angle), np.sin(angle)])
    lower = np.column_stack([1 - np.cos(angle), 0.5 - np.sin(angle)])
    points = np.vstack([upper, lower])
    return points + rng.normal(scale=0.1, size=points.shape), np.repeat([0, 1], n)


def plot(network: Network, x: np.ndarray, y: np.ndarray) -> Figure:
    """The points, and the probability of the lower moon everywhere in the plane."""
    across, up = np.linspace(-1.6, 2.6, 200), np.linspace(-1.2, 1.7, 140)
    plane = np.stack(np.meshgrid(across, up), axis=-1)
    logits = network.predict(plane)[..., 0]
    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    axes = figure.subplots()
    axes.contourf(
        across, up, logits, levels=[-1e9, 0, 1e9], colors=[BLUE, ORANGE], alpha=0.2
    )
    axes.contour(across, up, logits, levels=[0], colors="black", linewidths=1)
    for label, color, mark in ((0, BLUE, "o"), (1, ORANGE, "^")):
        axes.plot(*x[y == label].T, mark, color=color, markersize=5)
    axes.set(title="Where the network changes its mind", aspect="equal")
    return figure


if __name__ == "__main__":
    main()
