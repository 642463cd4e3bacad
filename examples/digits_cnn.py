"""Handwritten digits, read by a small convolutional network, with `train`.

    python examples/digits_cnn.py

Two convolutions of 3 x 3 pixels, each with a ReLU and max pooling, and a linear layer.
Of the digits that are trained on, a tenth is kept apart to see when it is enough; 360
others are read at the end. Prints:

    layer                                       output         parameters
    ---------------------------------------------------------------------
    layers.0  Conv2d(1 -> 32, 3×3, padding=1)   (1, 32, 8, 8)         320
    layers.1  ReLU()                            (1, 32, 8, 8)
    layers.2  MaxPool2d(2)                      (1, 32, 4, 4)
    layers.3  Conv2d(32 -> 64, 3×3, padding=1)  (1, 64, 4, 4)      18,496
    layers.4  ReLU()                            (1, 64, 4, 4)
    layers.5  MaxPool2d(2)                      (1, 64, 2, 2)
    layers.6  Flatten()                         (1, 256)
    layers.7  Dropout(0.3)                      (1, 256)
    layers.8  Lin(256 -> 10)                    (1, 10)             2,570
    loss  CrossEntropy()
    ---------------------------------------------------------------------
    total                                                          21,386
    accuracy on 360 digits held out: 99 %
    curves: out/digits_cnn.png
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from digits import load

from nn import (
    Adam,
    Conv2d,
    CrossEntropy,
    Dropout,
    Flatten,
    Lin,
    MaxPool2d,
    Network,
    ReLU,
    accuracy,
    cosine,
    train,
)

EPOCHS, BATCH, RATE = 40, 32, 0.003


def main(out: Path = Path("out")) -> None:
    out.mkdir(exist_ok=True)
    rng = np.random.default_rng(0)
    x, y, x_test, y_test = load(rng=rng)
    x, x_test = (a.reshape(-1, 1, 8, 8).astype(np.float32) for a in (x, x_test))
    apart = len(x) // 10
    network = Network(
        [
            Conv2d.init(1, 32, 3, rng=rng, padding=1),
            ReLU(),
            MaxPool2d(2),
            Conv2d.init(32, 64, 3, rng=rng, padding=1),
            ReLU(),
            MaxPool2d(2),
            Flatten(),
            Dropout(0.3, rng=rng),
            Lin.init(256, 10, rng=rng),
        ],
        CrossEntropy(),
    )
    for p in network.parameters():
        p.data = p.data.astype(np.float32)
    print(network.summary(x[:1]))

    steps = EPOCHS * -(-(len(x) - apart) // BATCH)
    adam = Adam(network.parameters(), lr=cosine(RATE, steps, warmup=steps // 20))
    history = train(
        network,
        (x[apart:], y[apart:]),
        adam,
        epochs=EPOCHS,
        batch_size=BATCH,
        validation=(x[:apart], y[:apart]),
        metric=accuracy,
        rng=rng,
    )
    right = accuracy(network.predict(x_test), y_test)
    print(f"accuracy on 360 digits held out: {100 * right:.0f} %")
    history.plot().savefig(out / "digits_cnn.png", dpi=125)
    print("curves: out/digits_cnn.png")


if __name__ == "__main__":
    main()
