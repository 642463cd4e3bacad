"""The lesson network, trained on real data: Lin, ReLU, Lin, and the mean squared error.

    python examples/lesson_network.py

Ten measurements of a patient go in, the progression of diabetes comes out
(`diabetes.py` says where the data is from). Prints:

    Model(Lin(10 -> 16), ReLU(), Lin(16 -> 1)), 193 parameters
    error on 111 patients held out (root mean square)
        predicting the mean    80.9
        least squares          54.6
        lesson network         55.0
    what the chain rule carried, from the loss to the input:
        Mse()            inp.g (32, 1)
        Lin(16 -> 1)     inp.g (32, 16)
        ReLU()           inp.g (32, 16)
        Lin(10 -> 16)    inp.g (32, 10)
    graph of one step: out/lesson_network.png
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from diabetes import load, report
from tqdm import tqdm

from engine import Tensor
from nn import SGD, Model
from viz import draw

EPOCHS, BATCH, RATE = 60, 32, 0.02


def main(out: Path = Path("out")) -> None:
    out.mkdir(exist_ok=True)
    rng = np.random.default_rng(1)
    data = load(rng=rng)
    model = Model.init(10, 16, 1, rng=rng)
    sgd = SGD(model.parameters(), lr=RATE)
    print(f"{model}, {sum(p.size for p in model.parameters())} parameters")

    for _ in tqdm(range(EPOCHS), desc="training", unit="epoch"):
        order = rng.permutation(len(data.y))
        for batch in np.split(order, range(BATCH, len(order), BATCH)):
            sgd.zero_grad()
            loss = model(data.x[batch], data.y[batch])
            loss.backward()
            sgd.step()
    report(data, "lesson network", model.get_test_yhat(data.x_test))

    x = Tensor(data.x[:BATCH], name="x")
    loss = model(x, data.y[:BATCH])
    model.backward()  # link by link; loss.backward() gives the same
    print("what the chain rule carried, from the loss to the input:")
    for layer in (model.loss, *reversed(model.layers)):
        print(f"    {layer!r:<16} inp.g {layer.inp.g.shape}")
    path = draw(loss, direction="TB").save(out / "lesson_network.png")
    print(f"graph of one step: {path.as_posix()}")


if __name__ == "__main__":
    main()
