"""Handwritten digits, read by a multi-layer perceptron: the loop, written by hand.

    python examples/digits_mlp.py

Learns from 1437 digits of 8 x 8 pixels and reads 360 others (`digits.py` says where
they are from). Prints:

    layer                    output   parameters
    --------------------------------------------
    layers.0  Lin(64 -> 64)  (1, 64)       4,160
    layers.1  ReLU()         (1, 64)
    layers.2  Lin(64 -> 10)  (1, 10)         650
    loss  CrossEntropy()
    --------------------------------------------
    total                                  4,810
    accuracy on 360 digits held out: 98 %
    graph of one step: out/digits_mlp.png
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from digits import load
from tqdm import tqdm

from nn import Adam, CrossEntropy, Lin, Network, ReLU, accuracy, batches
from viz import draw

EPOCHS, BATCH, RATE = 30, 32, 0.003


def main(out: Path = Path("out")) -> None:
    out.mkdir(exist_ok=True)
    rng = np.random.default_rng(0)
    data = load(rng=rng)
    network = Network(
        [Lin.init(64, 64, rng=rng), ReLU(), Lin.init(64, 10, rng=rng)], CrossEntropy()
    )
    print(network.summary(data.x[:1]))
    adam = Adam(network.parameters(), lr=RATE)

    for _ in tqdm(range(EPOCHS), desc="training", unit="epoch"):
        for x, y in batches(data.x, data.y, BATCH, rng=rng):
            adam.zero_grad()
            loss = network(x, y)
            loss.backward()
            adam.step()

    right = accuracy(network.predict(data.x_test), data.y_test)
    print(f"accuracy on 360 digits held out: {100 * right:.0f} %")
    network.zero_grad()
    loss = network(data.x[:BATCH], data.y[:BATCH])
    loss.backward()
    path = draw(loss).save(out / "digits_mlp.png")
    print(f"graph of one step: {path.as_posix()}")


if __name__ == "__main__":
    main()
