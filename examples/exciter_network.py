"""The Exciter network, trained on real data, with a callback inside the backward pass.

    python examples/exciter_network.py

Five measurements of a patient go in, the progression of diabetes comes out
(`diabetes.py` says where the data is from). Whenever the gradient arrives at the
Exciter, the callback notes it and asks the network, in the middle of the pass, what it
predicts for one patient. Prints:

    Lin(5 -> 3)
    Exciter(low=-10.0, high=10.0)
    MaskedLinear(3 -> 3)
    ReLU()
    Lin(3 -> 1)
    error on 111 patients held out (root mean square)
        predicting the mean    80.9
        least squares          55.8
        Exciter network        56.3
    the callback was called 660 times; what it saw:
        pass   largest |output|   largest |gradient|   prediction for a patient
           1               3.00                0.805                      -3.90
          10               3.09                0.154                      -0.47
         100               3.08                0.067                       0.78
         660               2.44                0.128                       0.59
        the patient's true value                                           0.30
    graph of one step: out/exciter_network.png
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from diabetes import load, report
from tqdm import tqdm

from nn import SGD, Exciter, ExciterNet
from viz import draw

FEATURES = ["bmi", "bp", "hdl", "ltg", "glu"]
EPOCHS, BATCH, RATE = 60, 32, 0.02


def main(out: Path = Path("out")) -> None:
    out.mkdir(exist_ok=True)
    rng = np.random.default_rng(1)
    data = load(FEATURES, rng=rng)
    seen: list[tuple[float, float, float]] = []

    def probe(layer: Exciter, grad_output: np.ndarray) -> None:
        """Called in every backward pass; returns nothing: the gradient stays."""
        (yhat,) = net.get_test_yhat(data.x_test[:1]).ravel()
        seen.append((np.abs(layer.out.data).max(), np.abs(grad_output).max(), yhat))

    net = ExciterNet.init(5, 3, 1, rng=rng, callback_fn=probe)
    sgd = SGD(net.parameters(), lr=RATE)
    print("\n".join(f"{layer}" for layer in net.layers))

    for _ in tqdm(range(EPOCHS), desc="training", unit="epoch"):
        order = rng.permutation(len(data.y))
        for batch in np.split(order, range(BATCH, len(order), BATCH)):
            sgd.zero_grad()
            loss = net(data.x[batch], data.y[batch])
            loss.backward()
            sgd.step()
    report(data, "Exciter network", net.get_test_yhat(data.x_test))

    print(f"the callback was called {len(seen)} times; what it saw:")
    print("    pass   largest |output|   largest |gradient|   prediction for a patient")
    for i in (0, 9, 99, len(seen) - 1):
        output, gradient, yhat = seen[i]
        print(f"    {i + 1:4}   {output:16.2f}   {gradient:18.3f}   {yhat:24.2f}")
    print(f"    the patient's true value {data.y_test[0]:46.2f}")

    loss = net(data.x[:BATCH], data.y[:BATCH])
    loss.backward()
    path = draw(loss, direction="TB").save(out / "exciter_network.png")
    print(f"graph of one step: {path.as_posix()}")


if __name__ == "__main__":
    main()
